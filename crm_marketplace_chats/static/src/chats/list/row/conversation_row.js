import {
    firstName,
    shortTime,
    untilLabel,
    waitLabel,
    waitLevel,
} from "@crm_marketplace_chats/chats/common/format";
import { KIND_LABELS } from "@crm_marketplace_chats/chats/common/kinds";
import { markedParts } from "@crm_marketplace_chats/chats/common/marked";
import { MarketplaceMark } from "@crm_marketplace_chats/chats/common/mark/mark";
import { Tick } from "@crm_marketplace_chats/chats/common/tick/tick";
import { PresenceSign } from "@crm_marketplace_chats/chats/presence/presence_sign";
import { countLabel } from "@crm_marketplace_chats/core/counter_service";
import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** One conversation in the list. */
export class ConversationRow extends Component {
    static template = "crm_marketplace_chats.ConversationRow";
    static components = { MarketplaceMark, PresenceSign, Tick };
    static props = {
        conversation: Object,
        /** Marks of the rows that are open and reached by Tab: `{[id]: true}`. Each row watches its own. */
        front: Object,
        tabStop: Object,
        /** @type {Set<number>} */
        picked: Object,
        now: Object,
        open: Function,
        /** The button goes down on the row: most likely it is opened in a moment. */
        prepare: Function,
        /** @type {(id: number, isRange: boolean) => void} */
        select: Function,
        /** What is searched for: marked where the row shows it. */
        search: String,
        /** Where in the chat it was found, see `chats_list`. */
        hit: { type: Object, optional: true },
    };

    setup() {
        this.countLabel = countLabel;
    }

    get conversation() {
        return this.props.conversation;
    }

    get isOpen() {
        return Boolean(this.props.front[this.conversation.id]);
    }

    get isTabStop() {
        return Boolean(this.props.tabStop[this.conversation.id]);
    }

    get isSelected() {
        return this.props.picked.has(this.conversation.id);
    }

    get name() {
        return this.marked(this.conversation.buyer_name || _t("Client without a name"));
    }

    get car() {
        return this.marked(this.conversation.car_title || "");
    }

    marked(text) {
        return markedParts(text, this.props.search);
    }

    onMousedown(ev) {
        if (ev.shiftKey) {
            // Selecting a range of rows selects none of their text.
            ev.preventDefault();
        } else if (ev.button === 0 && !this.isSelecting(ev)) {
            this.props.prepare(this.conversation.id);
        }
    }

    /** A click opens; with Shift, or on the box, it selects. */
    isSelecting(ev) {
        return ev.shiftKey || ev.target.closest(".o_mchats_box");
    }

    onClick(ev) {
        if (this.isSelecting(ev)) {
            this.props.select(this.conversation.id, ev.shiftKey);
        } else {
            this.props.open(this.conversation.id);
        }
    }

    get isOurs() {
        return this.conversation.last_message_direction === "out";
    }

    get preview() {
        const { last_message_preview, last_message_kind } = this.conversation;
        return last_message_preview || KIND_LABELS[last_message_kind] || "";
    }

    get time() {
        return shortTime(this.conversation.last_message_at, this.props.now);
    }

    get isWaiting() {
        const { is_unprocessed, waiting_since, snoozed_until } = this.conversation;
        return is_unprocessed && waiting_since && !snoozed_until;
    }

    get wait() {
        const { waiting_since } = this.conversation;
        return {
            label: waitLabel(waiting_since, this.props.now),
            level: waitLevel(this.conversation, this.props.now),
        };
    }

    get snoozedUntil() {
        const { snoozed_until } = this.conversation;
        return snoozed_until ? untilLabel(snoozed_until, this.props.now) : "";
    }

    get responsible() {
        return this.conversation.responsible ? firstName(this.conversation.responsible.name) : "";
    }
}
