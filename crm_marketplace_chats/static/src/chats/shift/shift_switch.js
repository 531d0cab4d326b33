import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, useState } from "@odoo/owl";

/** «On shift»: whether chats are given to this employee. Not shown where chats are not distributed. */
export class ShiftSwitch extends Component {
    static template = "crm_marketplace_chats.ShiftSwitch";
    static props = {};

    setup() {
        this.chats = useChats();
        this.state = useState({ isBusy: false });
    }

    async toggle() {
        this.state.isBusy = true;
        const { chats } = this;
        const answer = await chats.attempt(() => chats.api.shift(!chats.isOnShift));
        if (answer) {
            chats.isOnShift = answer.on_shift;
        }
        this.state.isBusy = false;
    }
}
