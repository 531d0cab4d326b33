import { firstName, shortTime, waitLabel, waitLevel } from "@crm_marketplace_chats/chats/common/format";
import { KIND_LABELS } from "@crm_marketplace_chats/chats/common/kinds";
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
        isOpen: Boolean,
        isTabStop: Boolean,
        now: Object,
        open: Function,
    };

    setup() {
        this.countLabel = countLabel;
    }

    get conversation() {
        return this.props.conversation;
    }

    get name() {
        return this.conversation.buyer_name || _t("Client without a name");
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
        return this.conversation.is_unprocessed && this.conversation.waiting_since;
    }

    get wait() {
        const { waiting_since } = this.conversation;
        return {
            label: waitLabel(waiting_since, this.props.now),
            level: waitLevel(waiting_since, this.props.now),
        };
    }

    get responsible() {
        return this.conversation.responsible ? firstName(this.conversation.responsible.name) : "";
    }
}
