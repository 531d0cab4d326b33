import { _t } from "@web/core/l10n/translation";
import { omit } from "@web/core/utils/objects";

/**
 * What the list can be narrowed to, beside views, channels and the search: the names and values that `chats_list`
 * takes as `filters`. A filter of several values matches any of them; "car" is what has been typed.
 */
export const FILTERS = [
    { name: "marketplaces", label: _t("Marketplace"), isMany: true },
    { name: "user_ids", label: _t("Responsible"), isMany: true },
    {
        name: "kind",
        label: _t("Kind"),
        options: [
            { value: "chat", label: _t("Chats") },
            { value: "call", label: _t("Calls") },
        ],
    },
    {
        name: "waiting",
        label: _t("Waits longer than"),
        options: [
            { value: 15, label: _t("15 minutes") },
            { value: 60, label: _t("1 hour") },
            { value: 1440, label: _t("1 day") },
        ],
    },
    {
        name: "last",
        label: _t("Last message"),
        options: [
            { value: "today", label: _t("Today") },
            { value: "week", label: _t("In 7 days") },
        ],
    },
    { name: "car", label: _t("Car") },
];

/** Filters that go on narrowing as time passes. */
const BY_TIME = ["waiting", "last"];

/** @returns {Object} `filters` with this value switched on or off; nothing is left of an empty filter */
export function toggled(filters, { name, isMany }, value) {
    const old = filters[name];
    let now = old === value ? undefined : value;
    if (isMany) {
        now = old?.includes(value) ? old.filter((one) => one !== value) : [...(old ?? []), value];
    }
    return withValue(filters, name, now?.length === 0 ? undefined : now);
}

export function withValue(filters, name, value) {
    const others = omit(filters, name);
    return value === undefined || value === "" ? others : { ...others, [name]: value };
}

export function dependsOnTime(filters) {
    return BY_TIME.some((name) => name in filters);
}
