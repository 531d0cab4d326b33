import { Component, onWillRender, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus } from "@web/core/utils/hooks";
import { findTemplates, TemplateChoice } from "./template_finder";
import { optionId, TemplateList } from "./template_list";

const LIST_ID = "o_mchats_template_popover_list";

/** Every quick reply, found by a few letters; beside the list the marked one as the client would get it. */
export class TemplatePopover extends Component {
    static template = "crm_marketplace_chats.TemplatePopover";
    static components = { TemplateList };
    static props = {
        templates: Object,
        canSendPictures: Boolean,
        /** text that can be kept as a template; nothing: no such button */
        text: String,
        onSelect: Function,
        onSaveText: Function,
        onShowOwn: Function,
        close: Function,
    };

    setup() {
        useAutofocus({ refName: "search" });
        this.listId = LIST_ID;
        this.templates = useState(this.props.templates);
        this.state = useState({ search: "" });
        this.choice = useState(
            new TemplateChoice(() => findTemplates(this.templates.items, this.state.search))
        );
        onWillRender(() => (this.chosen = this.choice.chosen));
    }

    get activeId() {
        return optionId(LIST_ID, this.chosen);
    }

    get missing() {
        return _t(
            "Not known here: %s. Its place will be marked in the message.",
            this.chosen.missing.join(", ")
        );
    }

    onInput() {
        this.choice.active = 0;
    }

    onKeydown(ev) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[ev.key];
        if (!this.chosen || ev.isComposing) {
            return;
        }
        if (step) {
            ev.preventDefault();
            this.choice.step(step);
        } else if (ev.key === "Enter") {
            ev.preventDefault();
            this.props.onSelect(this.choice.chosen);
        }
    }
}
