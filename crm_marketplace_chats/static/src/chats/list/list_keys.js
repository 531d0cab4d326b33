import { useState } from "@odoo/owl";

/** Letters by their place, so that they work in any layout: in the Russian one J and K type О and Л. */
const STEPS = { ArrowDown: 1, KeyJ: 1, ArrowUp: -1, KeyK: -1 };

/**
 * Walking through the rows of a list by keyboard: one of them can be reached by Tab, the arrows go on from there.
 *
 * @param {{el: HTMLElement}} scroll
 * @param {Object} actions
 * @param {(id: number) => void} actions.open
 * @param {(id: number, isRange: boolean) => void} actions.select
 */
export function useListKeys(scroll, { open, select }) {
    const state = useState({ focused: false });

    const rows = () => [...scroll.el.querySelectorAll("[role='option']")];

    function onKeydown(ev) {
        if (ev.altKey || ev.ctrlKey || ev.metaKey) {
            return;
        }
        const row = ev.target.closest("[role='option']");
        const step = STEPS[ev.key] || STEPS[ev.code];
        if (row && step) {
            ev.preventDefault();
            const all = rows();
            all[all.indexOf(row) + step]?.focus();
        } else if (row && ["Enter", " "].includes(ev.key)) {
            ev.preventDefault();
            open(Number(row.dataset.id));
        } else if (row && ev.code === "KeyX") {
            ev.preventDefault();
            select(Number(row.dataset.id), ev.shiftKey);
        }
    }

    return {
        onKeydown,
        onFocusin: (ev) => (state.focused = Number(ev.target.closest("[role='option']")?.dataset.id)),
        focusFirst: () => rows()[0]?.focus(),
        /** @returns {number|undefined} the row that Tab leads to */
        tabStop(conversations, openId) {
            const has = (id) => conversations.some((conversation) => conversation.id === id);
            return [state.focused, openId].find(has) ?? conversations[0]?.id;
        },
    };
}
