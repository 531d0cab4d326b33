import { firstName } from "@crm_marketplace_chats/chats/common/format";
import { Component, useEnv, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** Colleagues who look at a chat or write in it. */
export class PresenceSign extends Component {
    static template = "crm_marketplace_chats.PresenceSign";
    static props = { conversationId: Number, isShort: { type: Boolean, optional: true } };

    setup() {
        this.presence = useState(useEnv().presence);
    }

    get others() {
        return this.presence.others(this.props.conversationId);
    }

    get isTyping() {
        return this.others[0].state === "typing";
    }

    /** Those who write; where nobody does, those who look. */
    get text() {
        const { state } = this.others[0];
        const names = this.others
            .filter((other) => other.state === state)
            .map(({ user }) => firstName(user.name));
        if (names.length > 1) {
            const all = names.join(", ");
            return state === "typing" ? _t("%s are writing", all) : _t("%s are looking", all);
        }
        return state === "typing" ? _t("%s is writing", names[0]) : _t("%s is looking", names[0]);
    }
}
