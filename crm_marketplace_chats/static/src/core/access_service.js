import { registry } from "@web/core/registry";

/** Sent on the environment's bus when the channels this user may use have changed. */
export const ACCESS_CHANGED = "CHATS:ACCESS-CHANGED";

/**
 * When the employees of a channel change, its notes move to another bus channel: whoever may still listen has to
 * subscribe anew, and the server decides again to what.
 */
export const chatsAccessService = {
    dependencies: ["bus_service", "crm_marketplace_chats.counter", "mail.store"],
    start(env, { bus_service: bus, "crm_marketplace_chats.counter": counter, "mail.store": store }) {
        bus.subscribe("crm_marketplace_chats.access_changed", () => {
            bus.forceUpdateChannels();
            counter.invalidate();
            env.bus.trigger(ACCESS_CHANGED);
        });
        bus.subscribe("crm_marketplace_chats.conversations_gone", ({ ids }) => {
            for (const id of ids) {
                store["marketplace.conversation"].get(id)?.delete();
            }
            counter.invalidate();
        });
    },
};

registry.category("services").add("crm_marketplace_chats.access", chatsAccessService);
