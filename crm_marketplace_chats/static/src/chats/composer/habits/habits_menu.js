import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, useState } from "@odoo/owl";
import { CheckboxItem } from "@web/core/dropdown/checkbox_item";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { _t } from "@web/core/l10n/translation";

const CHOICES = [
    {
        name: "chats_send_key",
        title: _t("Send by"),
        options: [
            ["enter", "Enter"],
            ["ctrl_enter", "Ctrl + Enter"],
        ],
    },
    {
        name: "chats_undo_time",
        title: _t("Take back a message"),
        options: [
            ["0", _t("Never: it leaves at once")],
            ["5", _t("For 5 seconds")],
            ["10", _t("For 10 seconds")],
        ],
    },
];

/** How this user likes to write; also in his preferences. */
export class HabitsMenu extends Component {
    static template = "crm_marketplace_chats.HabitsMenu";
    static components = { CheckboxItem, Dropdown };
    static props = {};

    setup() {
        this.chats = useChats();
        this.habits = useState(this.chats.habits);
        this.choices = CHOICES;
    }

    choose(name, value) {
        this.chats.attempt(() => this.habits.set(name, value));
    }
}
