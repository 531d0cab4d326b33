import { loadBundle } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { effect } from "@web/core/utils/reactive";
import { reactive } from "@odoo/owl";

const OURS = "crm_marketplace_chats";
/** Changes come in flocks: wait for the rest of the flock, and never ask more often than once a second. */
const SETTLE_MS = 300;
const MIN_INTERVAL_MS = 1000;
/** The server answers with at most this number; it stands for "or more". */
const MOST = 100;
/** Sent on the environment's bus when the channels this user may use have changed. */
export const ACCESS_CHANGED = "CHATS:ACCESS-CHANGED";

/** @param {number} [count] @returns {string} empty for none */
export function countLabel(count) {
    return count >= MOST ? `${MOST - 1}+` : String(count || "");
}

/**
 * The numbers beside «Чаты», on every page. They are counted by the server alone, because only the server knows
 * everything this user may see: a change makes this service ask again, nothing is ever added up here.
 */
class ChatsCounter {
    /** {waiting, mine, unowned, snoozed, unprocessed} */
    counts = {};
    /** What is inserted meanwhile brings its own numbers, or is no news. */
    isQuiet = false;
    askedAt = 0;

    constructor(store, orm) {
        this.store = store;
        this.orm = orm;
    }

    /** Asks for the numbers soon, unless that is already planned. */
    invalidate() {
        if (this.isQuiet || this.timer || !this.store.marketplace_chats_access) {
            return;
        }
        const delay = Math.max(SETTLE_MS, this.askedAt + MIN_INTERVAL_MS - Date.now());
        this.timer = browser.setTimeout(() => this.ask(), delay);
    }

    async ask() {
        this.timer = undefined;
        this.askedAt = Date.now();
        try {
            this.accept(await this.orm.silent.call("marketplace.conversation", "chats_counts", []));
        } catch {
            // The old numbers stay. The next change or the next reconnection asks again, and a dialog about a
            // background question would only be in the way of somebody working on another page.
        }
    }

    /** @param {Object<string, number>} counts */
    accept(counts) {
        Object.assign(this.counts, counts);
        this.store.marketplace_chats_unprocessed = counts.unprocessed;
    }
}

/** Calls a function of the same name as its file in src/notice, which is fetched when there is something to tell. */
async function tell(how, ...args) {
    await loadBundle(OURS + ".assets_notice");
    odoo.loader.modules.get(`@${OURS}/notice/${how}`)[how](...args);
}

/** Shows the number where no component of ours is: beside the menus (menu_badge.scss), in the tab's title and picture. */
function showOutside(count, env) {
    document.documentElement.style.setProperty(
        "--mchats-count",
        count ? `"${countLabel(count)}"` : ""
    );
    // The bar decides anew which of its menus fit.
    env.bus.trigger("MENUS:APP-CHANGED");
    env.services.title.setCounters({ marketplace_chats: count });
    tell("favicon", count);
}

registry.category("services").add(OURS + ".counter", {
    dependencies: ["mail.store", "orm", "bus_service", "title"],
    start(env, { "mail.store": store, orm, bus_service: bus }) {
        const counter = reactive(new ChatsCounter(store, orm));
        // The page brings this first number, and whether the user may use the chats at all (`marketplace_chats_access`).
        counter.counts.unprocessed = store.marketplace_chats_unprocessed || 0;
        let shown = 0;
        effect(
            ({ counts: { unprocessed } }) => {
                if (unprocessed !== shown) {
                    shown = unprocessed;
                    showOutside(unprocessed, env);
                }
            },
            [counter]
        );
        bus.addEventListener("BUS:RECONNECT", () => counter.invalidate());
        // When the employees of a channel change, its notes move to another bus channel: whoever may still listen has
        // to subscribe anew, and the server decides again to what.
        bus.subscribe(OURS + ".access_changed", () => {
            bus.forceUpdateChannels();
            counter.invalidate();
            env.bus.trigger(ACCESS_CHANGED);
        });
        bus.subscribe(OURS + ".conversations_gone", ({ ids }) => {
            ids.forEach((id) => store["marketplace.conversation"].get(id)?.delete());
            counter.invalidate();
        });
        bus.subscribe(OURS + ".notice", ({ notices }) => tell("ring", env, notices));
        // A page that mail's service worker does not reach has nothing to tell it.
        if (browser.navigator.serviceWorker?.controller) {
            tell("awake", bus);
        }
        return counter;
    },
});
