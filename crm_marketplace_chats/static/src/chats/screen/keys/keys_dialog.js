import { NamedDialog } from "@crm_marketplace_chats/chats/common/dialog/named_dialog";
import { Component } from "@odoo/owl";
import { isMacOS } from "@web/core/browser/feature_detection";
import { _t } from "@web/core/l10n/translation";

/** Odoo's overlay key: hotkeys are said with "Alt", which is the control key on a Mac. */
const ALT = isMacOS() ? "Ctrl" : "Alt";

const KEYS = [
    [["↑", "↓"], _t("Move through the list (also K and J)")],
    [["Enter"], _t("Open the chat and write")],
    [[`${ALT} + ↑`, `${ALT} + ↓`], _t("Open the previous or the next chat from anywhere")],
    [[`${ALT} + Enter`], _t("Open the next chat that waits for an answer")],
    [[`${ALT} + Q`], _t("Search")],
    [[`${ALT} + F`], _t("Filters")],
    [["X", "Shift + X"], _t("Select the chat, or all from the last selected one")],
    [[`${ALT} + M`], _t("Mark as read")],
    [[`${ALT} + Z`], _t("Snooze")],
    [[`${ALT} + I`], _t("Show or hide the car")],
    [[`${ALT} + T`], _t("Templates")],
    [["/"], _t("Quick replies by letters")],
    [[`${ALT} + E`], _t("Emoji")],
    [[`${ALT} + U`, `${ALT} + J`], _t("To the first unread message, to the newest one")],
    [[`${ALT} + G`], _t("Choose who is responsible")],
    [[`${ALT} + N`], _t("Internal note")],
    [["Enter", "Ctrl + Enter"], _t("Send the message")],
    [[`${ALT} + B`], _t("Take back the message that has not left yet")],
    [["Shift + Enter"], _t("New line")],
    [["Esc"], _t("Close what is on top, go back to the list")],
    [["?"], _t("This card")],
];

/** The card of keys. */
export class KeysDialog extends Component {
    static template = "crm_marketplace_chats.KeysDialog";
    static components = { Dialog: NamedDialog };
    static props = { close: Function };

    setup() {
        this.keys = KEYS;
    }
}
