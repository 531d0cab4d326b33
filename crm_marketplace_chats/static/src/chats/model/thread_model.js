import { failureText, isOutOfReach } from "@crm_marketplace_chats/chats/common/failure";
import { compareMessages } from "@crm_marketplace_chats/core/records";
import { markRaw } from "@odoo/owl";
import { Model } from "./model";

/** Messages asked for, and shown, when a chat is opened: more than a screen holds, as few as are drawn in no time. */
export const FIRST = 30;
const PAGE = 50;
/** Messages on screen at once. What lies further away is let go, and asked for again when somebody scrolls there. */
export const WINDOW = 200;
/** The click follows its press within this time (ms), or what the press has asked for is asked again. */
const PRESS_MS = 1000;

/**
 * A window on the messages of one conversation. The store holds the messages; this knows between which two of them
 * they are complete, and what of it the user has seen.
 */
export class ThreadModel extends Model {
    /** @type {"loading"|"ready"|"failed"|"unreachable"} */
    status = "loading";
    failure = "";
    /** Whether there are messages before, and after, those of the window. */
    hasMore = false;
    hasNewer = false;
    isLoadingOlder = false;
    isLoadingNewer = false;
    /** The user came just now and the newest messages are on their way. */
    isOpening = false;
    /** @type {number|false} first and last message of the window, as far as there are others beyond them */
    oldestId = false;
    newestId = false;
    /** @type {number|false} the first unread message, as the server says */
    unreadId = false;
    /** @type {number|false} the same when the chat was opened: there the line is drawn */
    dividerId = false;
    /** @type {number|false} the message that somebody wants to see now */
    goalId = false;
    /** @type {number|false} the one that a search has found: it stays marked */
    hitId = false;
    /** @type {{id: number, sent_at: luxon.DateTime}|undefined} the newest one that was on screen */
    seen = undefined;
    /** @type {{until: number, loading: Promise<void>}|undefined} the newest page, asked for before the user has come */
    prepared = undefined;
    /** Which question the window waits for: an answer to an older one comes too late. */
    question = 0;

    constructor(api, store, id) {
        super();
        this.api = api;
        this.store = store;
        this.id = id;
    }

    get conversation() {
        return this.store["marketplace.conversation"].get(this.id);
    }

    get held() {
        return (this.conversation?.messages ?? []).filter(({ state }) => state !== "canceled");
    }

    /** @returns {Object[]} oldest first, without a hole */
    get messages() {
        const messages = this.store["marketplace.message"];
        const first = this.hasMore && messages.get(this.oldestId);
        const last = this.hasNewer && messages.get(this.newestId);
        const { held } = this;
        const start = first ? held.findIndex((one) => compareMessages(one, first) >= 0) : 0;
        const end = last ? held.findLastIndex((one) => compareMessages(one, last) <= 0) : Infinity;
        return start < 0 ? [] : held.slice(start, end + 1);
    }

    /** @returns {number|false} a message of ours that has just been written, where it is the newest one */
    get queuedLastId() {
        const all = this.conversation?.messages ?? [];
        for (let index = all.length - 1; index >= 0; index--) {
            const { id, state } = all[index];
            if (state !== "canceled") {
                return state === "queued" && id;
            }
        }
        return false;
    }

    /** Back to the newest page at once, as far as it is held: the user comes anew. */
    rewind() {
        if (this.hasNewer) {
            this.status = "loading";
            this.hasNewer = false;
            this.showOnly([]);
        } else if (this.status === "ready") {
            this.keepNewest(FIRST);
        }
    }

    prepare() {
        this.prepared = { until: Date.now() + PRESS_MS, loading: this.load() };
    }

    /** The user comes, to the newest page. */
    async enter() {
        const { prepared } = this;
        this.prepared = undefined;
        if (prepared && Date.now() < prepared.until && this.status !== "failed") {
            if (this.status !== "loading") {
                this.arrive();
            }
            await prepared.loading;
        } else {
            this.rewind();
            await this.load();
        }
    }

    /** Loads the newest page; what was loaded before stays when the two meet. */
    async load() {
        const known = new Set(this.held.map(({ id }) => id));
        const wasLoaded = this.status === "ready";
        await this.ask({ limit: FIRST }, ({ ids, has_more }) => {
            // Somebody who reads further up stays there.
            if (!this.hasNewer && !(wasLoaded && ids.some((id) => known.has(id)))) {
                this.oldestId = ids[0] ?? false;
                this.hasMore = has_more;
            }
            this.status = "ready";
        });
    }

    async loadOlder() {
        if (!this.hasMore || this.isLoadingOlder) {
            return;
        }
        this.isLoadingOlder = true;
        const before = this.oldestId;
        await this.ask({ before }, ({ ids, has_more }) => {
            if (this.oldestId === before) {
                this.oldestId = ids[0] ?? before;
                this.hasMore = has_more;
                this.keepOldest(WINDOW);
            }
        });
        this.isLoadingOlder = false;
    }

    async loadNewer() {
        if (!this.hasNewer || this.isLoadingNewer) {
            return;
        }
        this.isLoadingNewer = true;
        const after = this.newestId;
        await this.ask({ after }, ({ ids, has_newer }) => {
            if (this.newestId === after) {
                this.newestId = ids.at(-1) ?? after;
                this.hasNewer = has_newer;
                this.keepNewest(WINDOW);
            }
        });
        this.isLoadingNewer = false;
    }

    /** Shows the message of that id, wherever in the chat it stands. */
    async goTo(id) {
        if (this.status !== "ready" || !this.messages.some((message) => message.id === id)) {
            await this.move({ around: id });
        }
        this.goalId = this.store["marketplace.message"].get(id) ? id : false;
    }

    /**
     * Messages have come that were not sent along: from there on what is held has holes, so the window ends before, or
     * begins behind them.
     *
     * @param {luxon.DateTime} since the moment of the oldest of them
     * @param {luxon.DateTime} until of the newest
     */
    miss(since, until) {
        if (this.status !== "ready") {
            return;
        }
        const { messages } = this;
        const last = messages.findLast(({ sent_at }) => sent_at < since);
        if (messages.length && messages[0].sent_at > until) {
            this.hasMore = true;
            this.oldestId = messages[0].id;
        } else if (last) {
            this.hasNewer = true;
            this.newestId = last.id;
        } else {
            this.status = "loading";
            this.showOnly([]);
        }
    }

    /** Brings what `miss` has cut off. */
    catchUp() {
        if (this.hasNewer) {
            return this.loadNewer();
        }
        return this.status === "loading" ? this.load() : undefined;
    }

    /** Shows the newest messages. */
    async goToNewest() {
        if (this.hasNewer) {
            await this.move({});
        }
    }

    /** The window lies somewhere else from now on. */
    async move(page) {
        const question = ++this.question;
        await this.ask(page, ({ ids, has_more, has_newer }) => {
            if (question === this.question) {
                Object.assign(this, { hasMore: has_more, hasNewer: has_newer, status: "ready" });
                this.oldestId = ids[0] ?? false;
                this.newestId = ids.at(-1) ?? false;
                this.showOnly(this.messages);
            }
        });
    }

    async ask(page, accept) {
        try {
            const answer = await this.api.thread(this.id, { limit: PAGE, ...page });
            this.failure = "";
            this.unreadId = answer.unread_id;
            accept(answer);
            this.arrive();
        } catch (error) {
            this.failure = failureText(error);
            if (isOutOfReach(error)) {
                this.status = "unreachable";
            } else if (this.status !== "ready") {
                this.status = "failed";
            }
        }
    }

    keepNewest(count) {
        const { messages } = this;
        if (messages.length > count) {
            this.oldestId = messages.at(-count).id;
            this.hasMore = true;
            this.showOnly(messages.slice(-count));
        }
    }

    keepOldest(count) {
        const { messages } = this;
        if (messages.length > count) {
            this.newestId = messages[count - 1].id;
            this.hasNewer = true;
            this.showOnly(messages.slice(0, count));
        }
    }

    /** Lets go of all other messages, so that reading a long chat to its beginning does not fill the memory. */
    showOnly(messages) {
        const kept = new Set(messages.map(({ id }) => id));
        this.store.MAKE_UPDATE(() => {
            for (const message of [...(this.conversation?.messages ?? [])]) {
                if (!kept.has(message.id)) {
                    message.delete();
                }
            }
        });
    }

    /**
     * What the user has come for is there; where the unread ones begin stays as it is now. In one step with the
     * messages, so that they are drawn once.
     */
    arrive() {
        if (this.isOpening) {
            this.isOpening = false;
            this.dividerId = this.unreadId;
        }
    }

    /** Everything that is loaded now has been on screen. */
    see() {
        const { messages } = this;
        const newest = messages.at(-1);
        if (!newest || this.hasNewer) {
            return;
        }
        if (newest.id !== this.seenId) {
            this.seen = markRaw({ id: newest.id, sent_at: newest.sent_at });
        }
        // Where somebody stays at the end of a busy chat, what he has read long ago leaves at the top.
        if (messages.length > WINDOW + PAGE) {
            this.keepNewest(WINDOW);
        }
    }

    get seenId() {
        return this.seen?.id ?? false;
    }

    get hasUnseen() {
        const newest = this.held.at(-1);
        return Boolean(newest && (!this.seen || compareMessages(newest, this.seen) > 0));
    }

    /** Whether the window shows all there is. */
    get isWhole() {
        return this.status === "ready" && !this.hasMore && !this.hasNewer;
    }
}
