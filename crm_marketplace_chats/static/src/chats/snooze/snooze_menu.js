import { Component } from "@odoo/owl";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { SnoozeDialog } from "./snooze_dialog";

/** Moments that have a name; the server knows when they are in the user's time zone. */
const PRESETS = [
    { id: "two_hours", label: _t("For 2 hours") },
    { id: "tomorrow", label: _t("Until tomorrow 9:00") },
    { id: "friday", label: _t("Until Friday 9:00") },
];

/** What a menu offers for putting chats off. */
export class SnoozeItems extends Component {
    static template = "crm_marketplace_chats.SnoozeItems";
    static components = { DropdownItem };
    static props = {
        /** @type {(until: string|false) => any} a preset, a moment in UTC, false: end it */
        snooze: Function,
        isSnoozed: { type: Boolean, optional: true },
    };

    setup() {
        this.dialog = useService("dialog");
        this.presets = PRESETS;
    }

    choose() {
        this.dialog.add(SnoozeDialog, { snooze: this.props.snooze });
    }
}
