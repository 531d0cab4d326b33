import { STATES } from "@crm_marketplace_chats/chats/common/kinds";
import { Component } from "@odoo/owl";

/** How far a message of ours has come. */
export class Tick extends Component {
    static template = "crm_marketplace_chats.Tick";
    static props = { state: String };

    get info() {
        return STATES[this.props.state];
    }
}
