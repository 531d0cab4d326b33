import { browser } from "@web/core/browser/browser";

/**
 * A web push also comes to a browser that is awake and has heard already, by its own line. mail's service worker asks
 * the pages before it shows one.
 *
 * @param {Object} bus the service that keeps that line
 */
export function awake(bus) {
    const { serviceWorker } = browser.navigator;
    serviceWorker.addEventListener("message", ({ data }) => {
        if (
            data?.type === "notification-display-request" &&
            data.payload.model?.includes("crm_marketplace_chats.") &&
            bus.workerState === "CONNECTED"
        ) {
            serviceWorker.controller?.postMessage({
                type: "notification-display-response",
                payload: data.payload,
            });
        }
    });
}
