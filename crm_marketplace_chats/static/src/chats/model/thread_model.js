import { failureText, isOutOfReach } from "@crm_marketplace_chats/chats/common/failure";
import { compareMessages } from "@crm_marketplace_chats/core/message_model";

const PAGE = 50;

/**
 * The messages of one conversation, as far as they were loaded: the newest ones back to some point, or a stretch
 * around one that a search has found. The store holds the messages; this knows from which one to which they are
 * complete, and what of it the user has seen.
 */
export class ThreadModel {
    /** @type {"loading"|"ready"|"failed"|"unreachable"} */
    status = "loading";
    failure = "";
    hasMore = false;
    isLoadingOlder = false;
    /** The stretch we hold ends before the newest message: it was read around one that was found. */
    hasNewer = false;
    isLoadingNewer = false;
    /** @type {number|false} with `hasNewer`, the newest message of the stretch */
    newestId = false;
    /** @type {number|false} the message that a search has found */
    hitId = false;
    /** The user came just now and the newest messages are on their way. */
    isOpening = false;
    /** @type {number|false} the oldest message of the unbroken stretch we hold */
    oldestId = false;
    /** @type {number|false} the first one that was unread when the chat was opened */
    dividerId = false;
    /** @type {number|false} the newest one that was on screen */
    seenId = false;

    constructor(api, store, id) {
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
        const records = this.store["marketplace.message"];
        const first = this.hasMore ? records.get(this.oldestId) : false;
        const last = this.hasNewer ? records.get(this.newestId) : false;
        return this.held.filter(
            (message) =>
                (!first || compareMessages(message, first) >= 0) &&
                (!last || compareMessages(message, last) <= 0)
        );
    }

    get isEmpty() {
        return !this.messages.length;
    }

    /** Loads the newest page; what was loaded before stays when the two meet. */
    async load() {
        const known = new Set((this.hasNewer ? this.messages : this.held).map(({ id }) => id));
        const wasLoaded = this.status === "ready";
        await this.ask({ before: false }, ({ ids, has_more }) => {
            if (!wasLoaded || !ids.some((id) => known.has(id))) {
                this.oldestId = ids[0] ?? false;
                this.hasMore = has_more;
            }
            this.hasNewer = false;
            this.hitId = false;
            this.status = "ready";
        });
    }

    /** Asks again, quietly; whoever reads an old stretch stays there. */
    async refresh() {
        if (!this.hasNewer) {
            await this.load();
        }
    }

    /** @param {number} hitId a message that a search has found: it is shown with what stands around it */
    async loadAround(hitId) {
        await this.ask({ around: hitId }, ({ ids, has_more, has_newer }) => {
            this.oldestId = ids[0];
            this.hasMore = has_more;
            this.newestId = ids.at(-1);
            this.hasNewer = has_newer;
            this.hitId = hitId;
            this.status = "ready";
        });
    }

    /** Remembers where the unread ones begin, as they were when the user came. */
    markUnread() {
        const unread = this.hasNewer ? 0 : this.conversation?.unread_count || 0;
        const fromBuyer = this.messages.filter(
            ({ direction, kind, is_noise }) =>
                direction === "in" && kind !== "deleted" && !is_noise
        );
        this.dividerId = unread ? fromBuyer.at(-Math.min(unread, fromBuyer.length))?.id : false;
    }

    async loadOlder() {
        if (!this.hasMore || this.isLoadingOlder) {
            return;
        }
        this.isLoadingOlder = true;
        await this.ask({ before: this.oldestId }, ({ ids, has_more }) => {
            this.oldestId = ids[0] ?? this.oldestId;
            this.hasMore = has_more;
        });
        this.isLoadingOlder = false;
    }

    async loadNewer() {
        if (!this.hasNewer || this.isLoadingNewer) {
            return;
        }
        this.isLoadingNewer = true;
        await this.ask({ after: this.newestId }, ({ ids, has_newer }) => {
            this.newestId = ids.at(-1) ?? this.newestId;
            this.hasNewer = has_newer;
        });
        this.isLoadingNewer = false;
    }

    /** @param {{before?: number|false, after?: number, around?: number}} where the page lies */
    async ask(where, accept) {
        try {
            const answer = await this.api.thread(this.id, { ...where, limit: PAGE });
            this.failure = "";
            accept(answer);
        } catch (error) {
            this.failure = failureText(error);
            if (isOutOfReach(error)) {
                this.status = "unreachable";
            } else if (this.status !== "ready") {
                this.status = "failed";
            }
        }
    }

    /** Everything that is loaded now has been on screen; the end of an old stretch is not the newest message. */
    see() {
        if (!this.hasNewer) {
            this.seenId = this.messages.at(-1)?.id ?? false;
        }
    }

    get hasUnseen() {
        return !this.hasNewer && !this.isEmpty && this.messages.at(-1).id !== this.seenId;
    }
}
