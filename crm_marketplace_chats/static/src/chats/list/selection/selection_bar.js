import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { SnoozeItems } from "@crm_marketplace_chats/chats/snooze/snooze_menu";
import { Component } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";

/** What can be done with all the chats that are ticked off. */
export class SelectionBar extends Component {
    static template = "crm_marketplace_chats.SelectionBar";
    static components = { Dropdown, DropdownItem, SnoozeItems };
    static props = {};

    setup() {
        this.chats = useChats();
    }

    get label() {
        return _t("Selected: %s", this.chats.selection.count);
    }

    tick() {
        return this.chats.doToSelected((api, ids, seen) => api.tickMany(ids, seen));
    }

    assign(userId) {
        return this.chats.doToSelected((api, ids) => api.assignMany(ids, userId));
    }

    snooze(until) {
        return this.chats.doToSelected((api, ids, seen) => api.snooze(ids, until, seen));
    }
}
