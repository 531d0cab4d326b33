import { fields } from "@mail/core/common/record";
import { VersionedRecord } from "./versioned_record";

/** Oldest first; the id decides between two of the same second. */
export function compareMessages(a, b) {
    return (a.sent_at ?? 0) - (b.sent_at ?? 0) || a.id - b.id;
}

/** One entry of a conversation. `data` holds what belongs to its kind (see docs/architecture.md). */
export class MarketplaceMessage extends VersionedRecord {
    static _name = "marketplace.message";
    static id = "id";

    /** @type {number} */
    id;
    conversation_id = fields.One("marketplace.conversation", { inverse: "messages" });
    /** @type {"in"|"out"|"note"} */
    direction;
    /** @type {string} */
    kind;
    /** @type {string} */
    body;
    sent_at = fields.Datetime();
    /** @type {{id: number, name: string}|false} false on an outgoing one: typed in the marketplace's own app */
    author;
    /** @type {"received"|"queued"|"sending"|"sent"|"read"|"failed"|"unknown"} */
    state;
    /** @type {string|false} */
    error;
    /** @type {boolean} */
    is_noise;
    /** @type {boolean} sent outside working hours by itself */
    is_auto;
    /** @type {string|false} */
    key;
    /** @type {Object} */
    data;
    /** @type {boolean} it can be deleted at the client's too */
    can_delete;
    /** @type {boolean} its deletion is on its way */
    delete_pending;
    /** @type {number|false} the message that this one quotes, where we hold it */
    quoted_id;
    /** @type {false|"pending"|"done"|"failed"} */
    media_state;
    /** @type {{id: number, name: string, mimetype: string, url: string}[]} */
    attachments;
}
MarketplaceMessage.register();
