import { Component, xml } from "@odoo/owl";
import { LazyComponent } from "@web/core/assets";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** Stands for the Chats screen in the action registry; the screen itself is fetched when it is opened. */
export class ChatsLoader extends Component {
    static template = xml`
        <LazyComponent bundle="'crm_marketplace_chats.assets_chats'"
                       Component="'crm_marketplace_chats.ChatsScreen'" props="props"/>`;
    static components = { LazyComponent };
    static props = { ...standardActionServiceProps };
}

registry.category("actions").add("crm_marketplace_chats.chats", ChatsLoader);
