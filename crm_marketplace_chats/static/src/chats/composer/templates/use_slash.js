import { useState } from "@odoo/owl";
import { findTemplates, TemplateChoice } from "./template_finder";
import { optionId } from "./template_list";

/** A slash at the beginning of a word, and what was typed after it. */
const SLASH = /(?:^|\s)\/([\p{L}\p{N}_-]*)$/u;
const LIST_ID = "o_mchats_slash_list";
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/**
 * Quick replies offered while a slash and a few letters are typed in the message.
 *
 * @param {{el: HTMLTextAreaElement}} textarea
 * @param {{items: Object[]}} templates
 * @param {(template: Object, start: number, end: number) => void} onSelect to be put in the place of the slash and
 *  its letters
 */
export function useSlash(textarea, templates, onSelect) {
    const slash = useState({
        listId: LIST_ID,
        /** @type {string|null} what was typed after the slash */
        typed: null,
        /** Where the slash stands that the user wants to be left alone with. */
        dismissedAt: -1,
        choice: new TemplateChoice(() =>
            slash.typed === null ? [] : findTemplates(templates.items, slash.typed)
        ),
        get isOpen() {
            return slash.typed !== null && slash.choice.getFound().length > 0;
        },
        get activeId() {
            return slash.isOpen ? optionId(LIST_ID, slash.choice.chosen) : undefined;
        },
        /** To be called whenever the text or the cursor has changed. */
        look() {
            const { value, selectionStart, selectionEnd } = textarea.el;
            const match = value.slice(0, selectionStart).match(SLASH);
            const start = match ? selectionStart - match[1].length - 1 : -1;
            if (start !== slash.dismissedAt) {
                slash.dismissedAt = -1;
            }
            const isWanted = match && selectionStart === selectionEnd && slash.dismissedAt < 0;
            const typed = isWanted ? match[1] : null;
            if (typed !== slash.typed) {
                Object.assign(slash, { typed });
                slash.choice.active = 0;
            }
        },
        close() {
            slash.typed = null;
        },
        select(template = slash.choice.chosen) {
            const end = textarea.el.selectionStart;
            const start = end - slash.typed.length - 1;
            slash.close();
            onSelect(template, start, end);
        },
        /** @returns {boolean} whether the key was for the list */
        onKeydown(ev) {
            if (
                !slash.isOpen ||
                ev.isComposing ||
                ev.ctrlKey ||
                ev.metaKey ||
                ev.altKey ||
                ev.shiftKey
            ) {
                return false;
            }
            if (STEPS[ev.key]) {
                slash.choice.step(STEPS[ev.key]);
            } else if (ev.key === "Enter" || ev.key === "Tab") {
                slash.select();
            } else if (ev.key === "Escape") {
                slash.dismissedAt = textarea.el.selectionStart - slash.typed.length - 1;
                slash.close();
            } else {
                return false;
            }
            ev.preventDefault();
            ev.stopPropagation();
            return true;
        },
    });
    return slash;
}
