import { reactive, toRaw } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { groupBy } from "@web/core/utils/arrays";
import { batched } from "@web/core/utils/timing";

/** How often one says that one is still there, and that one is writing. */
export const HEARTBEAT_MS = 25000;
const TYPING_MS = 3000;
/** Whoever only passes by is in no chat; and what the chat itself needs is asked for first. */
export const SETTLE_MS = 400;
/** What is not heard of for so long is over: the browser has died, the line is down. */
const LIFE_MS = { looking: 60000, typing: 8000 };
const SWEEP_MS = 2000;

function recordsOf(store) {
    return Object.values(store["marketplace.presence"].records);
}

/** Who else is in the chats, and telling them that we are. */
export class Presence {
    /** @type {number|false} the chat that this user has in front */
    openId = false;
    typedAt = 0;
    saidAt = 0;
    /** @type {number|false} the chat that colleagues were told of last */
    saidId = false;
    isOver = false;
    /** Ids of those whom we have met in the open chat. */
    met = new Set();
    /** @type {Object<number, {user: Object, state: string}[]>} see `others`; each sign watches its own chat alone */
    present = {};

    constructor(api, store) {
        this.api = api;
        this.store = store;
    }

    get records() {
        return recordsOf(this.store);
    }

    /** @returns {{user: {id: number, name: string}, state: string}[]} colleagues in a chat, those who write first */
    others(conversationId) {
        return this.present[conversationId] ?? [];
    }

    /** Sorts what is known by chat. Where nothing has changed nothing is touched, so nothing is drawn anew. */
    sort(records) {
        const colleagues = records
            .filter((record) => record.user.id !== user.userId && record.state !== "gone")
            .sort((a, b) => (a.state < b.state) - (a.state > b.state) || a.user.id - b.user.id)
            .map(({ conversation_id, user, state }) => ({ conversation_id, user, state }));
        const present = groupBy(colleagues, "conversation_id");
        const known = toRaw(this.present);
        for (const id of Object.keys({ ...known, ...present })) {
            if (!present[id]) {
                delete this.present[id];
            } else if (JSON.stringify(present[id]) !== JSON.stringify(known[id])) {
                this.present[id] = present[id];
            }
        }
    }

    /** @param {number|false} id the chat that is in front from now on */
    show(id) {
        if (id === this.openId) {
            return;
        }
        Object.assign(this, { openId: id, typedAt: 0, met: new Set() });
        browser.clearTimeout(this.settling);
        browser.clearInterval(this.heartbeat);
        if (id) {
            this.settling = browser.setTimeout(() => this.settle(), SETTLE_MS);
        } else {
            this.leave();
        }
    }

    settle() {
        this.tell();
        this.heartbeat = browser.setInterval(() => this.tell(), HEARTBEAT_MS);
    }

    /** Says where one is, and what one does there. */
    tell() {
        this.leave();
        this.say(this.isTyping ? "typing" : "looking");
    }

    /** Says that one is gone from the chat that others were told of last. */
    leave() {
        if (this.saidId && this.saidId !== this.openId) {
            this.say("gone", this.saidId);
        }
    }

    get isTyping() {
        return Date.now() - this.typedAt < LIFE_MS.typing;
    }

    /** The user has pressed a key in the field of the open chat. */
    type() {
        if (this.openId && Date.now() - this.typedAt > TYPING_MS) {
            this.typedAt = Date.now();
            this.tell();
        }
    }

    /** The text has been sent or given up. */
    endTyping() {
        if (this.isTyping) {
            this.typedAt = 0;
            this.tell();
        }
    }

    async say(state, id = this.openId) {
        this.saidAt = Date.now();
        this.saidId = state === "gone" ? false : id;
        try {
            await (state === "gone" ? this.api.gone(id) : this.api.presence(id, state));
        } catch {
            // Whether colleagues know of us is not worth a word: the next heartbeat tries again.
        }
    }

    /** Forgets who has not been heard of, and greets who has just come. */
    sweep() {
        const now = Date.now();
        for (const record of this.records) {
            if (record.state === "gone" || now - record.heardAt > LIFE_MS.looking) {
                this.met.delete(record.id);
                record.delete();
            } else if (record.state === "typing" && now - record.heardAt > LIFE_MS.typing) {
                record.state = "looking";
            }
        }
        this.sort(this.records);
        this.greet();
    }

    /** A newcomer does not know of us yet; who has heard of us this moment does. */
    greet() {
        const here = this.openId ? this.others(this.openId).map(({ user }) => user.id) : [];
        const isNew = here.some((id) => !this.met.has(id));
        here.forEach((id) => this.met.add(id));
        if (isNew && Date.now() - this.saidAt > SWEEP_MS) {
            this.tell();
        }
    }

    start() {
        const sort = () => !this.isOver && this.sort(recordsOf(watched));
        const watched = reactive(this.store, batched(sort));
        sort();
        this.sweeper = browser.setInterval(() => this.sweep(), SWEEP_MS);
    }

    stop() {
        this.isOver = true;
        this.show(false);
        browser.clearInterval(this.sweeper);
    }
}

/** @returns {Presence} */
export function makePresence(api, store) {
    return reactive(new Presence(api, store));
}
