import { fields, Record } from "@mail/core/common/record";

/** One account of the dealer at one marketplace, as far as the screen has to know it. */
export class MarketplaceChannel extends Record {
    static _name = "marketplace.channel";
    static id = "id";

    /** @type {number} */
    id;
    /** @type {string} */
    name;
    /** @type {boolean} */
    active;
    /** @type {"avito"|"autoru"|string} */
    marketplace;
    /** @type {string} */
    marketplace_label;
    /** @type {"draft"|"connected"|"failing"|"refused"} */
    state;
    /** @type {string} */
    state_message;
    /** @type {boolean} */
    can_send_text;
    /** @type {boolean} */
    can_send_images;
    /** @type {number} */
    text_limit;
    /** @type {number} largest picture, in bytes */
    image_limit;
    /** @type {string[]} types of pictures that are taken */
    image_types;
    /** @type {string[]} why a client can be shut out; none: the marketplace has no such thing */
    block_reasons;
    last_success_at = fields.Datetime();
    /** @type {boolean} not asked with success for minutes */
    is_behind;

    /** Whether messages may be missing without anybody having done anything wrong on this screen. */
    get isTroubled() {
        return this.active && (this.state === "refused" || Boolean(this.is_behind));
    }
}
MarketplaceChannel.register();
