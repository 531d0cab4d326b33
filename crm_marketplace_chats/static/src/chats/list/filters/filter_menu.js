import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { toggled, withValue } from "@crm_marketplace_chats/chats/model/filters";
import { Component, useState } from "@odoo/owl";
import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { CheckboxItem } from "@web/core/dropdown/checkbox_item";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";
import { _t } from "@web/core/l10n/translation";
import { useChildRef } from "@web/core/utils/hooks";

/** The button beside the search, and what it opens: everything the list can be narrowed to, and own filters. */
export class FilterMenu extends Component {
    static template = "crm_marketplace_chats.FilterMenu";
    static components = { AutoComplete, CheckboxItem, Dropdown };
    static props = {};

    setup() {
        this.chats = useChats();
        this.menu = useDropdownState();
        this.menuRef = useChildRef();
        this.state = useState({ name: "" });
    }

    /** Fields have no place in a menu, which is what a dropdown says it is: here each group of choices is one. */
    sayWhatItIs() {
        this.menuRef.el.setAttribute("role", "dialog");
        this.menuRef.el.setAttribute("aria-label", _t("Filters"));
    }

    get list() {
        return this.chats.list;
    }

    get isNarrowed() {
        return Object.keys(this.list.filters).length > 0;
    }

    get carSources() {
        return [
            {
                options: async (text) => {
                    const cars = text
                        ? await this.chats.attempt(() => this.chats.api.cars(text))
                        : [];
                    return (cars ?? []).map((label) => ({
                        label,
                        onSelect: () => this.setCar(label),
                    }));
                },
            },
        ];
    }

    isOn(filter, value) {
        const now = this.list.filters[filter.name];
        return filter.isMany ? Boolean(now?.includes(value)) : now === value;
    }

    toggle(filter, value) {
        const filters = toggled(this.list.filters, filter, value);
        this.chats.changeList((list) => list.setFilters(filters));
    }

    setCar(text) {
        const filters = withValue(this.list.filters, "car", text.trim());
        this.chats.changeList((list) => list.setFilters(filters));
    }

    async save() {
        const name = this.state.name.trim();
        if (name && (await this.chats.saveFilter(name))) {
            this.state.name = "";
            this.menu.close();
        }
    }

    onNameKeydown(ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            this.save();
        }
    }
}
