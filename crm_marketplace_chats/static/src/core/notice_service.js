import { loadBundle } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { effect } from "@web/core/utils/reactive";

/** Where a browser keeps which chat is in front in one of its tabs: an id, or "list". */
export const FRONT_SLOT = "crm_marketplace_chats.front";

/** What has to run on every page for notices and the number on the tab; the rest is fetched when there is something to tell. */
export const chatsNoticeService = {
    dependencies: ["bus_service", "title", "crm_marketplace_chats.counter"],
    start(env, { bus_service: bus, title, "crm_marketplace_chats.counter": counter }) {
        async function tell(how, ...args) {
            await loadBundle("crm_marketplace_chats.assets_notice");
            odoo.loader.modules.get("@crm_marketplace_chats/notice/" + how)[how](...args);
        }

        let shown = 0;
        bus.subscribe("crm_marketplace_chats.notice", ({ notices }) => tell("ring", env, notices));
        effect(
            ({ counts: { unprocessed } }) => {
                title.setCounters({ marketplace_chats: unprocessed });
                if (unprocessed !== shown) {
                    shown = unprocessed;
                    tell("favicon", unprocessed);
                }
            },
            [counter]
        );
        // A push also comes to a browser that is awake: it has heard already, by its own line.
        const { serviceWorker } = browser.navigator;
        serviceWorker?.addEventListener("message", ({ data }) => {
            const { type, payload } = data || {};
            if (
                type === "notification-display-request" &&
                payload.model?.includes("crm_marketplace_chats.") &&
                bus.workerState === "CONNECTED"
            ) {
                serviceWorker.controller?.postMessage({
                    type: "notification-display-response",
                    payload,
                });
            }
        });
    },
};

registry.category("services").add("crm_marketplace_chats.notice", chatsNoticeService);
