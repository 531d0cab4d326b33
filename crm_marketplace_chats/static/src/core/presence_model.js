import { Record, fields } from "@mail/core/common/record";

/** What a colleague does in a chat at this moment. It comes to pages with the Chats screen, and grows old by itself. */
export class MarketplacePresence extends Record {
    static _name = "marketplace.presence";
    static id = "id";

    /** @type {string} conversation and user */
    id;
    /** @type {number} plain, so that it makes no conversation of which nothing else is known */
    conversation_id;
    /** @type {{id: number, name: string}} */
    user;
    /** @type {"looking"|"typing"|"gone"} */
    state;
    /** @type {number} milliseconds, by this browser's clock */
    heardAt;
    /** Another one with each note. */
    number = fields.Attr(0, {
        onUpdate() {
            this.heardAt = Date.now();
        },
    });
}
MarketplacePresence.register();
