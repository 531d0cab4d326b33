import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus } from "@web/core/utils/hooks";

/** The question over the field, before somebody else's chat is answered. */
export class AnswerGuard extends Component {
    static template = "crm_marketplace_chats.AnswerGuard";
    static props = { guard: Object };

    setup() {
        useAutofocus({ refName: "post" });
    }

    get question() {
        const { kind, user } = this.props.guard.obstacle;
        return kind === "responsible"
            ? _t("%s answers this chat. Answer all the same?", user.name)
            : _t("%s is writing here at this moment. Answer all the same?", user.name);
    }

    get canTake() {
        return this.props.guard.obstacle.kind === "responsible";
    }

    onKeydown(ev) {
        if (ev.key === "Escape") {
            ev.stopPropagation();
            this.props.guard.answer("no");
        }
    }
}
