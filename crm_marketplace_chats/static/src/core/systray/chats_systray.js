import { countLabel } from "@crm_marketplace_chats/core/counter_service";
import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** The number of unprocessed chats, in sight on every page. */
export class ChatsSystray extends Component {
    static template = "crm_marketplace_chats.ChatsSystray";
    static props = [];

    setup() {
        this.store = useService("mail.store");
        this.action = useService("action");
        this.countLabel = countLabel;
    }

    get title() {
        const count = this.store.marketplace_chats_unprocessed;
        return count ? _t("Chats, unprocessed: %s", countLabel(count)) : _t("Chats");
    }

    open() {
        this.action.doAction("crm_marketplace_chats.action_chats", { clearBreadcrumbs: true });
    }
}

// 26 puts it to the left of the messaging menu (25).
registry
    .category("systray")
    .add("crm_marketplace_chats.systray", { Component: ChatsSystray }, { sequence: 26 });
