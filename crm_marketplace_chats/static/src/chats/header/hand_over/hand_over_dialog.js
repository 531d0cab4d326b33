import { NamedDialog } from "@crm_marketplace_chats/chats/common/dialog/named_dialog";
import { Component, useState } from "@odoo/owl";
import { useAutofocus } from "@web/core/utils/hooks";

/** Gives a chat to a colleague together with what he has to know. */
export class HandOverDialog extends Component {
    static template = "crm_marketplace_chats.HandOverDialog";
    static components = { Dialog: NamedDialog };
    static props = { close: Function, chats: Object, conversationId: Number, colleagues: Array };

    setup() {
        useAutofocus({ refName: "note" });
        this.state = useState({ userId: this.props.colleagues[0]?.id, note: "", isBusy: false });
    }

    get isReady() {
        return Boolean(this.state.userId && this.state.note.trim() && !this.state.isBusy);
    }

    choose(ev) {
        this.state.userId = Number(ev.target.value);
    }

    async handOver() {
        const { chats, conversationId, close } = this.props;
        this.state.isBusy = true;
        const answer = await chats.attempt(() =>
            chats.api.assign(conversationId, this.state.userId, this.state.note.trim())
        );
        this.state.isBusy = false;
        if (answer) {
            close();
        }
    }
}
