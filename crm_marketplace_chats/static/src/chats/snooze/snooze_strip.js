import { untilLabel } from "@crm_marketplace_chats/chats/common/format";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { _t } from "@web/core/l10n/translation";
import { SnoozeItems } from "./snooze_menu";

/** Under the header of a chat: that it is put off and until when, or that it has come back. */
export class SnoozeStrip extends Component {
    static template = "crm_marketplace_chats.SnoozeStrip";
    static props = { conversation: Object };

    setup() {
        this.chats = useChats();
    }

    get conversation() {
        return this.props.conversation;
    }

    get text() {
        const { snoozed_until, due_since } = this.conversation;
        if (snoozed_until) {
            return _t("Snoozed until %s", untilLabel(snoozed_until, this.chats.now));
        }
        return due_since ? _t("Has returned from snooze: answer or mark as read") : "";
    }
}

/** In the header of a chat. */
export class SnoozeButton extends Component {
    static template = "crm_marketplace_chats.SnoozeButton";
    static components = { Dropdown, SnoozeItems };
    static props = { conversation: Object };

    setup() {
        this.chats = useChats();
    }

    get conversation() {
        return this.props.conversation;
    }
}
