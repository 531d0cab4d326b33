import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { reactive } from "@odoo/owl";

/** Changes come in flocks: wait for the rest of the flock, and never ask more often than once a second. */
const SETTLE_MS = 300;
const MIN_INTERVAL_MS = 1000;
/** The server answers with at most this number; it stands for "or more". */
const MOST = 100;

/** @param {number} count */
export function countLabel(count) {
    return count >= MOST ? `${MOST - 1}+` : String(count);
}

/**
 * The numbers beside «Чаты», on every page. They are counted by the server alone, because only the server knows
 * everything this user may see: a change makes this service ask again, nothing is ever added up here.
 */
export class ChatsCounter {
    counts = { waiting: 0, mine: 0, unowned: 0, snoozed: 0, unprocessed: 0 };
    /** Counting goes on around a known set of numbers: what is inserted meanwhile is no news. */
    isQuiet = false;
    askedAt = 0;
    /** Grows with every change of a conversation that came by itself. */
    changes = 0;

    constructor(store, orm) {
        this.store = store;
        this.orm = orm;
        this.timer = undefined;
    }

    noteChange() {
        if (!this.isQuiet) {
            this.changes++;
        }
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
        browser.clearTimeout(this.timer);
        this.timer = undefined;
        this.askedAt = Date.now();
        try {
            this.accept(
                await this.orm.silent.call("marketplace.conversation", "chats_counts", [])
            );
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

    /**
     * Takes an answer of the server into the store.
     *
     * @param {{store: Object, counts?: Object}} answer with `counts`, the records in it need no counting again
     */
    insert({ store, counts }) {
        this.isQuiet = Boolean(counts);
        try {
            this.store.insert(store);
        } finally {
            this.isQuiet = false;
        }
        if (counts) {
            this.accept(counts);
        }
    }
}

export const chatsCounterService = {
    dependencies: ["mail.store", "orm", "bus_service"],
    start(env, { "mail.store": store, orm, bus_service: bus }) {
        const counter = reactive(new ChatsCounter(store, orm));
        counter.counts.unprocessed = store.marketplace_chats_unprocessed;
        bus.addEventListener("BUS:RECONNECT", () => {
            store["marketplace.conversation"].forgetVersions();
            store["marketplace.message"].forgetVersions();
            counter.invalidate();
        });
        return counter;
    },
};

registry.category("services").add("crm_marketplace_chats.counter", chatsCounterService);
