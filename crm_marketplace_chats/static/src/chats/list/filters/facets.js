import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { withValue } from "@crm_marketplace_chats/chats/model/filters";
import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** What the list is narrowed to, each with a way to remove it. */
export class Facets extends Component {
    static template = "crm_marketplace_chats.Facets";
    static props = {};

    setup() {
        this.chats = useChats();
    }

    get facets() {
        const { filters } = this.chats.list;
        return this.chats.filterChoices
            .filter(({ name }) => name in filters)
            .map(({ name, label, options = [] }) => ({
                name,
                label,
                removal: _t("Remove the filter %s", label),
                values: [filters[name]]
                    .flat()
                    .map(
                        (value) => options.find((option) => option.value === value)?.label ?? value
                    )
                    .join(", "),
            }));
    }

    remove(name) {
        this.chats.changeList((list) => list.setFilters(withValue(list.filters, name, undefined)));
    }
}
