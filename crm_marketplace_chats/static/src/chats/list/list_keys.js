import { onWillUnmount, reactive, toRaw } from "@odoo/owl";
import { batched } from "@web/core/utils/timing";

/** Letters by their place, so that they work in any layout: in the Russian one J and K type О and Л. */
const STEPS = { ArrowDown: 1, KeyJ: 1, ArrowUp: -1, KeyK: -1 };

/**
 * Walking through the rows of a list by keyboard: one of them can be reached by Tab, the arrows go on from there.
 *
 * @param {{el: HTMLElement}} scroll
 * @param {import("@crm_marketplace_chats/chats/model/chats_model").ChatsModel} chats
 * @param {Object} actions
 * @param {(id: number) => void} actions.open
 * @param {(id: number, isRange: boolean) => void} actions.select
 */
export function useListKeys(scroll, chats, { open, select }) {
    /** The row that Tab leads to: `{[id]: true}`. */
    const tabStop = reactive({});
    let focused;
    let isOver = false;

    /** It stays at the row that had the focus last, else it is that of the open chat, else the first. */
    function settle({ list, openId }) {
        const ids = new Set(list.rows.map(({ id }) => id));
        moveTo([focused, openId].find((id) => ids.has(id)) ?? ids.values().next().value);
    }

    function moveTo(id) {
        for (const other of Object.keys(toRaw(tabStop)).filter((one) => one !== String(id))) {
            delete tabStop[other];
        }
        if (id) {
            tabStop[id] = true;
        }
    }

    // Outside of drawing, so that a chat that is opened does not draw the list anew.
    const watched = reactive(
        toRaw(chats),
        batched(() => !isOver && settle(watched))
    );
    settle(watched);
    onWillUnmount(() => (isOver = true));

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
        onFocusin(ev) {
            focused = Number(ev.target.closest("[role='option']")?.dataset.id);
            settle(toRaw(chats));
        },
        focusFirst: () => rows()[0]?.focus(),
        tabStop,
    };
}
