import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { countCharacters } from "./split_text";

/** How much of each end of a part is shown. */
const SHOWN = 40;

/** As how many messages a long text will go, and where it is cut. */
export class PartsPreview extends Component {
    static template = "crm_marketplace_chats.PartsPreview";
    static props = { parts: Array };

    get title() {
        return _t("Goes as %s messages", this.props.parts.length);
    }

    length(part) {
        return countCharacters(part);
    }

    ends(part) {
        const letters = [...part.replace(/\s+/g, " ")];
        return letters.length <= 2 * SHOWN
            ? letters.join("")
            : `${letters.slice(0, SHOWN).join("")} … ${letters.slice(-SHOWN).join("")}`;
    }
}
