import { FRONT_SLOT } from "@crm_marketplace_chats/chats/common/front";
import { onMounted, onWillUnmount, useEffect, useExternalListener } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { useService } from "@web/core/utils/hooks";
import { makePresence } from "./presence";

const CHANNEL = "crm_marketplace_chats.presence";

/**
 * Tells colleagues which chat this user has in front, and hears of theirs, as long as the Chats screen is shown.
 *
 * @param {import("@crm_marketplace_chats/chats/model/chats_model").ChatsModel} chats
 * @param {{el: HTMLElement}} root
 * @returns {import("./presence").Presence}
 */
export function usePresence(chats, root) {
    const bus = useService("bus_service");
    const presence = makePresence(chats.api, chats.store);

    function judge() {
        // A page that is being left is hidden, but can still have the focus.
        const isVisible = document.visibilityState === "visible";
        presence.show(isVisible && chats.openId);
        if (isVisible && document.hasFocus()) {
            browser.localStorage.setItem(FRONT_SLOT, chats.openId || "list");
        } else {
            leave();
        }
    }

    function leave() {
        browser.localStorage.removeItem(FRONT_SLOT);
    }

    function onInput(ev) {
        if (ev.target.matches(".o_mchats_input")) {
            ev.target.value ? presence.type() : presence.endTyping();
        }
    }

    useEffect(judge, () => [chats.openId]);
    useExternalListener(document, "visibilitychange", judge);
    useExternalListener(window, "focus", judge);
    useExternalListener(window, "blur", judge);
    useExternalListener(window, "pagehide", () => {
        presence.show(false);
        leave();
    });
    // The browser may bring the page back as it was.
    useExternalListener(window, "pageshow", judge);
    onMounted(() => {
        bus.addChannel(CHANNEL);
        presence.start();
        root.el.addEventListener("input", onInput, { capture: true });
    });
    onWillUnmount(() => {
        bus.deleteChannel(CHANNEL);
        presence.stop();
        leave();
    });
    return presence;
}
