import { fields } from "@mail/core/common/record";
import { compareMessages } from "./message_model";
import { VersionedRecord } from "./versioned_record";

/** One dialogue with one buyer about one listing. Every number in it is the server's. */
export class MarketplaceConversation extends VersionedRecord {
    static _name = "marketplace.conversation";
    static id = "id";

    /** @type {number} */
    id;
    channel_id = fields.One("marketplace.channel");
    messages = fields.Many("marketplace.message", {
        inverse: "conversation_id",
        sort: compareMessages,
    });
    /** @type {string} */
    marketplace;
    /** @type {string} */
    buyer_name;
    /** @type {string} */
    car_title;
    /** @type {string|false} */
    thumb_url;
    last_message_at = fields.Datetime();
    /** @type {string} */
    last_message_preview;
    /** @type {string} */
    last_message_kind;
    /** @type {"in"|"out"|"note"} */
    last_message_direction;
    /** @type {string} */
    last_message_state;
    /** @type {number} */
    unread_count;
    /** @type {boolean} */
    is_unprocessed;
    waiting_since = fields.Datetime();
    /** From when on the wait is shown amber, and red: moments of working time. */
    amber_at = fields.Datetime();
    goal_at = fields.Datetime();
    snoozed_until = fields.Datetime();
    /** Returned from snooze and not answered since. */
    due_since = fields.Datetime();
    /** @type {number} the newest message, as the row shows it */
    last_message_id;
    /** @type {{id: number, name: string}|false} */
    responsible;
    /** @type {boolean} */
    is_noise;
    /** @type {boolean} */
    is_blocked;
    /** @type {string|false} address of this chat at the marketplace */
    url;
    /** @type {number|false} */
    vehicle_id;
    /** @type {number|false} */
    listing_id;
    /** @type {number|false} */
    lead_id;
    /** @type {boolean} the marketplace did not give the whole history */
    has_gap;

    /** What the server counts by: when it changes, the numbers on screen may be old. */
    countedBy = fields.Attr("", {
        compute() {
            return `${this.is_unprocessed} ${+this.due_since} ${+this.snoozed_until} ${this.responsible?.id}`;
        },
        eager: true,
        onUpdate() {
            this.store.env.services["crm_marketplace_chats.counter"]?.invalidate();
        },
    });

    /** What may move it in the list. */
    changedBy = fields.Attr("", {
        compute() {
            return `${this.countedBy} ${+this.last_message_at}`;
        },
        eager: true,
        onUpdate() {
            this.store.env.services["crm_marketplace_chats.counter"]?.noteChange();
        },
    });

    /** Stands among those that wait: as `queued_since` on the server. */
    get isQueued() {
        return Boolean(this.due_since || (this.is_unprocessed && !this.snoozed_until));
    }

    /** False as long as nothing but its id came along with a message, or its channel is still on its way. */
    get isKnown() {
        return Boolean(this.channel_id?.name);
    }
}
MarketplaceConversation.register();
