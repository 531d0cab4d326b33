import { useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";

const slot = (id) => `crm_marketplace_chats.note.${id}`;

/** What was begun as a note of a chat, until the tab is closed. */
export const noteDrafts = {
    get: (id) => browser.sessionStorage.getItem(slot(id)) || "",
    set: (id, text) =>
        text
            ? browser.sessionStorage.setItem(slot(id), text)
            : browser.sessionStorage.removeItem(slot(id)),
};

/**
 * Whether a note is written instead of a reply. A note has a field of its own, so that no text that was meant for
 * colleagues is ever in the field for the client.
 *
 * @param {() => Object} getConversation
 */
export function useNote(getConversation) {
    const note = useState({
        isOn: Boolean(noteDrafts.get(getConversation().id)),
        open: () => (note.isOn = true),
        close: () => (note.isOn = false),
    });
    return note;
}
