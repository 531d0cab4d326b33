import { ACCESS_CHANGED } from "@crm_marketplace_chats/core/counter_service";
import { WORKER_STATE } from "@bus/workers/websocket_worker";
import { onMounted, onWillUnmount, useEnv, useExternalListener } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { useBus, useService } from "@web/core/utils/hooks";

/** The server has stored more messages at once than it sends along. */
const MISSED = "crm_marketplace_chats.messages_missed";
/** A line that comes back within this time is not worth a word. */
const GRACE_MS = 4000;
export const POLL_MS = 15000;
const CLOCK_MS = 30000;
/** Whoever was away for longer than this sees at once what he has missed. */
const AWAY_MS = 10000;
/** A clock that stood still for longer than this was asleep with its computer. */
const ASLEEP_MS = 2 * CLOCK_MS;
/** Whether the channels keep up is looked at this often. */
const CHANNELS_MS = 60000;

/**
 * Keeps a screen up to date: by the bus, and by asking where the bus is down.
 *
 * @param {import("./chats_model").ChatsModel} chats
 */
export function useLiveLine(chats) {
    const bus = useService("bus_service");
    let grace, poll;

    function lost() {
        grace ??= browser.setTimeout(() => {
            chats.isLive = false;
            poll = browser.setInterval(() => chats.refresh(), POLL_MS);
            chats.refresh();
        }, GRACE_MS);
    }

    function stop() {
        browser.clearTimeout(grace);
        browser.clearInterval(poll);
        grace = poll = undefined;
    }

    function found() {
        if (grace) {
            stop();
            chats.isLive = true;
            chats.refresh();
        }
    }

    useBus(bus, "BUS:DISCONNECT", lost);
    function judge(state) {
        if (state === WORKER_STATE.CONNECTED) {
            found();
        } else if (state === WORKER_STATE.DISCONNECTED) {
            lost();
        }
    }

    useBus(bus, "BUS:WORKER_STATE_UPDATED", ({ detail }) => judge(detail));
    onMounted(() => judge(bus.workerState));
    const catchUp = ({ chats: missed }) => chats.catchUp(missed);
    bus.subscribe(MISSED, catchUp);
    useBus(useEnv().bus, ACCESS_CHANGED, () => chats.renewAccess());
    const channels = browser.setInterval(() => chats.loadChannels(), CHANNELS_MS);
    let hiddenAt = 0;

    function wake() {
        chats.now = luxon.DateTime.now();
        chats.refresh();
    }

    useExternalListener(browser, "online", wake);
    useExternalListener(document, "visibilitychange", () => {
        if (document.visibilityState === "hidden") {
            hiddenAt = Date.now();
        } else if (Date.now() - hiddenAt > AWAY_MS) {
            wake();
        }
    });
    // Drafts lie in the browser, so its other tabs change them too.
    useExternalListener(browser, "storage", (ev) => chats.drafts.onStorage(ev));
    const clock = browser.setInterval(() => {
        const now = luxon.DateTime.now();
        if (now - chats.now > ASLEEP_MS) {
            wake();
        }
        chats.now = now;
        chats.letGoUnopened();
    }, CLOCK_MS);
    onWillUnmount(() => {
        stop();
        bus.unsubscribe(MISSED, catchUp);
        browser.clearInterval(clock);
        browser.clearInterval(channels);
    });
}
