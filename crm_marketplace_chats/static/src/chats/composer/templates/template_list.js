import { Component, useEffect, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** Quick replies under their headings, one of them marked. The keys are held by a text field elsewhere. */
export class TemplateList extends Component {
    static template = "crm_marketplace_chats.TemplateList";
    static props = {
        id: String,
        /** as `groupTemplates` gives them: a new array where something has changed, so that this is drawn anew */
        groups: Array,
        chosen: Object,
        onSelect: Function,
    };

    setup() {
        this.root = useRef("root");
        useEffect(
            () => {
                this.root.el?.querySelector(".active")?.scrollIntoView({ block: "nearest" });
            },
            () => [this.props.chosen.id]
        );
    }

    optionId(template) {
        return optionId(this.props.id, template);
    }

    isActive(template) {
        return this.props.chosen.id === template.id;
    }

    missing({ missing }) {
        return _t("Not known here: %s", missing.join(", "));
    }

    pictures({ pictures }) {
        return _t("%s pictures", pictures.length);
    }
}

export function optionId(listId, template) {
    return template && `${listId}_${template.id}`;
}
