import { Component, xml } from "@odoo/owl";
import { LazyComponent } from "@web/core/assets";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** Stands for the wall of the head of sales in the action registry; the wall itself is fetched when it is opened. */
export class BoardLoader extends Component {
    static template = xml`
        <LazyComponent bundle="'crm_marketplace_chats.assets_board'"
                       Component="'crm_marketplace_chats.Board'" props="props"/>`;
    static components = { LazyComponent };
    static props = { ...standardActionServiceProps };
}

registry.category("actions").add("crm_marketplace_chats.board", BoardLoader);
