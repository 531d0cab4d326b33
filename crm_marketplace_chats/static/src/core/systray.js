import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { countLabel } from "./counter_service";

/** The number of unprocessed chats, in sight on every page. */
class ChatsSystray extends Component {
    static template = xml`
        <div t-if="store.marketplace_chats_access" class="o_mchats_systray d-flex">
            <button class="o_nav_entry" t-on-click="open" t-att-title="title" t-att-aria-label="title">
                <i class="fa fa-lg fa-car" aria-hidden="true"/>
                <span t-if="count" class="badge rounded-pill" t-esc="count"/>
            </button>
        </div>`;
    static props = [];

    setup() {
        this.store = useService("mail.store");
        this.action = useService("action");
    }

    get count() {
        return countLabel(this.store.marketplace_chats_unprocessed);
    }

    get title() {
        return this.count ? _t("Chats, unprocessed: %s", this.count) : _t("Chats");
    }

    open() {
        this.action.doAction("crm_marketplace_chats.action_chats", { clearBreadcrumbs: true });
    }
}

// 26 puts it to the left of the messaging menu (25).
registry
    .category("systray")
    .add("crm_marketplace_chats.systray", { Component: ChatsSystray }, { sequence: 26 });
