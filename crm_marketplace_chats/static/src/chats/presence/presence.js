import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";

/** How often one says that one is still there, and that one is writing. */
export const HEARTBEAT_MS = 25000;
const TYPING_MS = 3000;
/** What is not heard of for so long is over: the browser has died, the line is down. */
const LIFE_MS = { looking: 60000, typing: 8000 };
const SWEEP_MS = 2000;

/** Who else is in the chats, and telling them that we are. */
export class Presence {
    /** @type {number|false} the chat that this user has in front */
    openId = false;
    typedAt = 0;
    saidAt = 0;
    /** Ids of those whom we have met in the open chat. */
    met = new Set();

    constructor(api, store) {
        this.api = api;
        this.store = store;
    }

    get records() {
        return Object.values(this.store["marketplace.presence"].records);
    }

    /** @returns {{user: {id: number, name: string}, state: string}[]} colleagues in a chat, those who write first */
    others(conversationId) {
        return this.records
            .filter(
                (record) =>
                    record.conversation_id === conversationId &&
                    record.user.id !== user.userId &&
                    record.state !== "gone"
            )
            .sort((a, b) => (a.state < b.state) - (a.state > b.state) || a.user.id - b.user.id);
    }

    /** @param {number|false} id the chat that is in front from now on */
    show(id) {
        if (id === this.openId) {
            return;
        }
        if (this.openId) {
            this.say("gone");
        }
        Object.assign(this, { openId: id, typedAt: 0, met: new Set() });
        browser.clearInterval(this.heartbeat);
        if (id) {
            this.say("looking");
            this.heartbeat = browser.setInterval(() => this.say(this.isTyping ? "typing" : "looking"), HEARTBEAT_MS);
        }
    }

    get isTyping() {
        return Date.now() - this.typedAt < LIFE_MS.typing;
    }

    /** The user has pressed a key in the field of the open chat. */
    type() {
        if (this.openId && Date.now() - this.typedAt > TYPING_MS) {
            this.typedAt = Date.now();
            this.say("typing");
        }
    }

    /** The text has been sent or given up. */
    endTyping() {
        if (this.isTyping) {
            this.typedAt = 0;
            this.say("looking");
        }
    }

    async say(state) {
        this.saidAt = Date.now();
        try {
            await this.api.presence(this.openId, state);
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
        this.greet();
    }

    /** A newcomer does not know of us yet; who has heard of us this moment does. */
    greet() {
        const here = this.openId ? this.others(this.openId).map(({ user }) => user.id) : [];
        const isNew = here.some((id) => !this.met.has(id));
        here.forEach((id) => this.met.add(id));
        if (isNew && Date.now() - this.saidAt > SWEEP_MS) {
            this.say("looking");
        }
    }

    start() {
        this.sweeper = browser.setInterval(() => this.sweep(), SWEEP_MS);
    }

    stop() {
        this.show(false);
        browser.clearInterval(this.sweeper);
    }
}

/** @returns {Presence} */
export function makePresence(api, store) {
    return reactive(new Presence(api, store));
}
