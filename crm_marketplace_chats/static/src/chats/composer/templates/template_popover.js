import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { useAutofocus } from "@web/core/utils/hooks";

/** Every quick reply with its text as the client would get it, to be found by a few letters. */
export class TemplatePopover extends Component {
    static template = "crm_marketplace_chats.TemplatePopover";
    static props = { templates: Object, onSelect: Function, close: Function };

    setup() {
        useAutofocus({ refName: "search" });
        this.templates = useState(this.props.templates);
        this.items = useRef("items");
        this.state = useState({ search: "", active: 0 });
        useEffect(
            () => {
                this.items.el?.querySelector(".active")?.scrollIntoView({ block: "nearest" });
            },
            () => [this.state.active]
        );
    }

    /** @returns {{category: string, templates: Object[]}[]} in the server's order */
    get groups() {
        const groups = new Map();
        for (const template of this.found) {
            const category = template.category || "";
            groups.set(category, [...(groups.get(category) || []), template]);
        }
        return [...groups].map(([category, templates]) => ({ category, templates }));
    }

    get found() {
        const words = this.state.search.toLowerCase().split(/\s+/).filter(Boolean);
        return this.templates.items.filter(({ name, shortcut, body }) => {
            const text = `${name} ${shortcut || ""} ${body}`.toLowerCase();
            return words.every((word) => text.includes(word));
        });
    }

    get shown() {
        return this.groups.flatMap(({ templates }) => templates);
    }

    isActive(template) {
        return this.shown[this.state.active]?.id === template.id;
    }

    onInput() {
        this.state.active = 0;
    }

    onKeydown(ev) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[ev.key];
        const { length } = this.shown;
        if (step && length) {
            ev.preventDefault();
            this.state.active = (this.state.active + step + length) % length;
        } else if (ev.key === "Enter" && length) {
            ev.preventDefault();
            this.props.onSelect(this.shown[this.state.active]);
        }
    }
}
