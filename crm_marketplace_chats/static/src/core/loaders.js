import { Component, xml } from "@odoo/owl";
import { LazyComponent } from "@web/core/assets";
import { registry } from "@web/core/registry";

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
