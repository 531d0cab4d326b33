import {
    MarketplaceChannel,
    MarketplaceConversation,
    VersionedRecord,
} from "@crm_marketplace_chats/core/records";
import { reactive } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";

/** Sent on the environment's bus when something came by itself that may move a conversation in the list. */
export const CONVERSATION_CHANGED = "CHATS:CONVERSATION-CHANGED";

/**
 * Counts the changes by which rows of a list come, go and move. Whoever watches this one number need not watch a dozen
 * fields of each conversation that is loaded.
 */
export const rowMoves = reactive({ count: 0 });

/**
 * A record takes nothing older than what it holds. An answer may come after a note of the bus that knows more, or from a
 * replica that is behind; the version of the row decides (models/marketplace_versioned.py).
 */
patch(VersionedRecord.prototype, {
    update(data) {
        // Versions are numbers of 32 bits that begin anew some day: their distance tells which is the later one.
        if (
            data?.version !== undefined &&
            this.version !== undefined &&
            ((data.version - this.version) | 0) < 0
        ) {
            return;
        }
        super.update(data);
    },
});

patch(VersionedRecord, {
    /** A server that was restored from a copy begins with lower numbers: after each break of the line any will do. */
    forgetVersions() {
        for (const record of Object.values(this.records)) {
            record.version = undefined;
        }
    },
});

patch(MarketplaceChannel.prototype, {
    /** Whether messages may be missing without anybody having done anything wrong on this screen. */
    get isTroubled() {
        return this.active && (this.state === "refused" || Boolean(this.is_behind));
    },

    /** Without its channel no conversation is shown. */
    update(data) {
        const before = this.name;
        super.update(data);
        if (this.name !== before) {
            rowMoves.count++;
        }
    },
});

patch(MarketplaceConversation.prototype, {
    /** Stands among those that wait: as `queued_since` on the server. */
    get isQueued() {
        return Boolean(this.due_since || (this.is_unprocessed && !this.snoozed_until));
    },

    /** False as long as nothing but its id came along with a message, or its channel is still on its way. */
    get isKnown() {
        return Boolean(this.channel_id?.name);
    },

    /** What may move it in the list. */
    get changedBy() {
        return `${this.countedBy} ${+this.last_message_at}`;
    },

    /** What decides about its row: by model/views.js. */
    get placedBy() {
        return `${this.changedBy} ${+this.waiting_since} ${this.is_noise} ${this.channel_id?.id} ${
            this.isKnown
        }`;
    },

    delete() {
        super.delete();
        rowMoves.count++;
    },

    update(data) {
        const { changedBy: before, placedBy } = this;
        super.update(data);
        if (this.placedBy !== placedBy) {
            rowMoves.count++;
        }
        const { bus, services } = this.store.env;
        // An answer that brings its own numbers is no news.
        if (this.changedBy !== before && !services["crm_marketplace_chats.counter"].isQuiet) {
            bus.trigger(CONVERSATION_CHANGED);
        }
    },
});

/** Lives on when the screen is closed: the line may break meanwhile. */
export const chatsVersionsService = {
    dependencies: ["bus_service", "mail.store"],
    start(env, { bus_service: bus, "mail.store": store }) {
        function forget() {
            store["marketplace.conversation"].forgetVersions();
            store["marketplace.message"].forgetVersions();
        }
        // Before the screen was fetched, nobody has watched the line.
        forget();
        bus.addEventListener("BUS:RECONNECT", forget);
    },
};

registry.category("services").add("crm_marketplace_chats.versions", chatsVersionsService);
