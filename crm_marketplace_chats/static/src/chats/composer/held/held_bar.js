import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";

/** The last reply that can still be taken back, in whichever chat it was written. */
export class HeldBar extends Component {
    static template = "crm_marketplace_chats.HeldBar";
    static props = { held: Object };

    setup() {
        this.chats = useChats();
        this.state = useState({ now: Date.now() });
        const clock = browser.setInterval(() => (this.state.now = Date.now()), 250);
        onWillUnmount(() => browser.clearInterval(clock));
    }

    get buyer() {
        const { conversationId } = this.props.held;
        return this.chats.store["marketplace.conversation"].get(conversationId)?.buyer_name;
    }

    get text() {
        return _t("The message for %s has not left yet", this.buyer);
    }

    get seconds() {
        const left = Math.max(0, Math.ceil((this.props.held.until - this.state.now) / 1000));
        return _t("%s s", left);
    }

    async undo() {
        const { chats } = this.env;
        const { conversationId } = this.props.held;
        if ((await chats.heldReplies.undo(this.props.held)) && chats.openId !== conversationId) {
            chats.open(conversationId);
        }
    }
}
