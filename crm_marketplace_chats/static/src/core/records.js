import { fields, Record } from "@mail/core/common/record";

// A store makes its models once, with the page, and what is written of an unknown one is lost: so the models are here,
// with the fields that have to work. Everything else that the server sends is kept as it comes, and what only the
// screen asks of a record is in chats/model/records.js.

/** Oldest first; the id decides between two of the same second. */
export function compareMessages(a, b) {
    return (a.sent_at ?? 0) - (b.sent_at ?? 0) || a.id - b.id;
}

/**
 * A record that knows the version of the row that it was made from.
 *
 * @property {number|undefined} version undefined until something with a version came
 */
export class VersionedRecord extends Record {
    static id = "id";
}

/**
 * One account of the dealer at one marketplace, as far as the screen has to know it.
 *
 * @property {number} id
 * @property {string} name
 * @property {boolean} active
 * @property {"avito"|"autoru"|string} marketplace
 * @property {string} marketplace_label
 * @property {"draft"|"connected"|"failing"|"refused"} state
 * @property {string} state_message
 * @property {boolean} can_send_text
 * @property {boolean} can_send_images
 * @property {number} text_limit
 * @property {number} image_limit largest picture, in bytes
 * @property {string[]} image_types types of pictures that are taken
 * @property {string[]} block_reasons why a client can be shut out; none: the marketplace has no such thing
 * @property {boolean} is_behind not asked with success for minutes
 */
export class MarketplaceChannel extends Record {
    static _name = "marketplace.channel";
    static id = "id";

    last_success_at = fields.Datetime();
}
MarketplaceChannel.register();

/**
 * One dialogue with one buyer about one listing. Every number in it is the server's.
 *
 * @property {number} id
 * @property {string} marketplace
 * @property {string} buyer_name
 * @property {string} car_title
 * @property {string|false} thumb_url
 * @property {string} last_message_preview
 * @property {string} last_message_kind
 * @property {"in"|"out"|"note"} last_message_direction
 * @property {string} last_message_state
 * @property {number} last_message_id the newest message, as the row shows it
 * @property {number} unread_count
 * @property {boolean} is_unprocessed
 * @property {{id: number, name: string}|false} responsible
 * @property {boolean} is_noise
 * @property {boolean} is_blocked
 * @property {string|false} url address of this chat at the marketplace
 * @property {number|false} vehicle_id
 * @property {number|false} listing_id
 * @property {number|false} lead_id
 * @property {boolean} has_gap the marketplace did not give the whole history
 */
export class MarketplaceConversation extends VersionedRecord {
    static _name = "marketplace.conversation";

    channel_id = fields.One("marketplace.channel");
    messages = fields.Many("marketplace.message", {
        inverse: "conversation_id",
        sort: compareMessages,
    });
    last_message_at = fields.Datetime();
    waiting_since = fields.Datetime();
    /** From when on the wait is shown amber, and red: moments of working time. */
    amber_at = fields.Datetime();
    goal_at = fields.Datetime();
    snoozed_until = fields.Datetime();
    /** Returned from snooze and not answered since. */
    due_since = fields.Datetime();

    /** What the server counts by. */
    get countedBy() {
        return `${this.is_unprocessed} ${+this.due_since} ${+this.snoozed_until} ${
            this.responsible?.id
        }`;
    }

    /** When it changes, the numbers on screen may be old. */
    counted = fields.Attr("", {
        compute() {
            return this.countedBy;
        },
        eager: true,
        onUpdate() {
            this.store.env.services["crm_marketplace_chats.counter"]?.invalidate();
        },
    });
}
MarketplaceConversation.register();

/**
 * One entry of a conversation.
 *
 * @property {number} id
 * @property {"in"|"out"|"note"} direction
 * @property {string} kind
 * @property {string} body
 * @property {{id: number, name: string}|false} author false on an outgoing one: typed in the marketplace's own app
 * @property {"received"|"queued"|"sending"|"sent"|"read"|"failed"|"unknown"} state
 * @property {string|false} error
 * @property {boolean} is_noise
 * @property {boolean} is_auto sent outside working hours by itself
 * @property {string|false} key
 * @property {Object} data what belongs to its kind (see docs/architecture.md)
 * @property {boolean} can_delete it can be deleted at the client's too
 * @property {boolean} delete_pending its deletion is on its way
 * @property {number|false} quoted_id the message that this one quotes, where we hold it
 * @property {false|"pending"|"done"|"failed"} media_state
 * @property {{id: number, name: string, mimetype: string, url: string}[]} attachments
 */
class MarketplaceMessage extends VersionedRecord {
    static _name = "marketplace.message";

    conversation_id = fields.One("marketplace.conversation", { inverse: "messages" });
    sent_at = fields.Datetime();
}
MarketplaceMessage.register();

/**
 * What a colleague does in a chat at this moment. It comes to pages with the Chats screen, and grows old by itself.
 *
 * @property {string} id conversation and user
 * @property {number} conversation_id plain, so that it makes no conversation of which nothing else is known
 * @property {{id: number, name: string}} user
 * @property {"looking"|"typing"|"gone"} state
 * @property {number} heardAt milliseconds, by this browser's clock
 */
class MarketplacePresence extends Record {
    static _name = "marketplace.presence";
    static id = "id";

    /** Another one with each note. */
    number = fields.Attr(0, {
        onUpdate() {
            this.heardAt = Date.now();
        },
    });
}
MarketplacePresence.register();
