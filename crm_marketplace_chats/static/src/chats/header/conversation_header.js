import { BlockItems } from "@crm_marketplace_chats/chats/block/block_items";
import { MarketplaceMark } from "@crm_marketplace_chats/chats/common/mark/mark";
import { PresenceSign } from "@crm_marketplace_chats/chats/presence/presence_sign";
import { safeUrl } from "@crm_marketplace_chats/chats/common/text_parts";
import { SnoozeButton } from "@crm_marketplace_chats/chats/snooze/snooze_strip";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { HandOverDialog } from "./hand_over/hand_over_dialog";

/** Who is spoken with, about which car, and what can be done with the whole conversation. */
export class ConversationHeader extends Component {
    static template = "crm_marketplace_chats.ConversationHeader";
    static components = {
        BlockItems,
        Dropdown,
        DropdownItem,
        MarketplaceMark,
        PresenceSign,
        SnoozeButton,
    };
    static props = {
        conversation: Object,
        thread: Object,
        isPanelOpen: Boolean,
        togglePanel: Function,
    };

    setup() {
        this.chats = useChats();
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.ui = useService("ui");
        this.userId = user.userId;
        this.state = useState({ assignees: [] });
    }

    get conversation() {
        return this.props.conversation;
    }

    get name() {
        return this.conversation.buyer_name || _t("Client without a name");
    }

    get subtitle() {
        const { channel_id: channel, responsible } = this.conversation;
        const label = channel.marketplace_label;
        const name = channel.name.includes(label) ? channel.name : `${label} · ${channel.name}`;
        const leader = responsible ? _t("led by %s", responsible.name) : _t("nobody responsible");
        return `${name} · ${leader}`;
    }

    get canTick() {
        const { is_unprocessed, due_since } = this.conversation;
        return Boolean((is_unprocessed || due_since) && this.props.thread.seenId);
    }

    get marketplaceUrl() {
        return safeUrl(this.conversation.url);
    }

    async loadAssignees() {
        const assignees = await this.chats.attempt(() =>
            this.chats.api.assignees(this.conversation.id)
        );
        this.state.assignees = assignees || [];
    }

    /** What taking this chat is called, or nothing where it is the user's own. */
    get takeLabel() {
        const { responsible } = this.conversation;
        if (responsible?.id === this.userId) {
            return "";
        }
        return responsible ? _t("Take over") : _t("Take");
    }

    get colleagues() {
        return this.state.assignees.filter(({ id }) => id !== this.userId);
    }

    handOver() {
        this.dialog.add(HandOverDialog, {
            chats: this.chats,
            conversationId: this.conversation.id,
            colleagues: this.colleagues,
        });
    }

    isResponsible(assignee) {
        return assignee.id === this.conversation.responsible?.id;
    }

    openForm(resModel, resId) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: resModel,
            res_id: resId,
            views: [[false, "form"]],
        });
    }
}
