import { Component, xml } from "@odoo/owl";
import { LazyComponent } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { countLabel } from "./counter_service";

// The ways that lead from any page to what is ours. One file: each more costs every page of Odoo some hundred bytes.

const OURS = "crm_marketplace_chats.";

/**
 * @param {string} bundle
 * @param {string} name in the registry of lazy components
 * @returns {typeof Component} stands for a component that is fetched when it is shown, with whatever props that takes
 */
function loaderOf(bundle, name) {
    return class extends Component {
        static template = xml`<LazyComponent bundle="bundle" Component="name" props="props"/>`;
        static components = { LazyComponent };
        static props = ["*"];
        bundle = OURS + bundle;
        name = OURS + name;
    };
}

registry
    .category("actions")
    .add(OURS + "chats", loaderOf("assets_chats", "ChatsScreen"))
    .add(OURS + "board", loaderOf("assets_board", "Board"));

registry.category("fields").add("chats_template_body", {
    component: loaderOf("assets_chats", "TemplateBody"),
    extractProps: ({ placeholder }) => ({ placeholder }),
});

registry.category("view_widgets").add("chats_live", {
    component: loaderOf("assets_live", "LiveRecord"),
});

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
        this.action.doAction(OURS + "action_chats", { clearBreadcrumbs: true });
    }
}

// 26 puts it to the left of the messaging menu (25).
registry.category("systray").add(OURS + "systray", { Component: ChatsSystray }, { sequence: 26 });
