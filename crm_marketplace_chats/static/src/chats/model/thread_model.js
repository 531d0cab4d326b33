import { failureText, isOutOfReach } from "@crm_marketplace_chats/chats/common/failure";
import { compareMessages } from "@crm_marketplace_chats/core/message_model";

const PAGE = 50;

/**
 * The messages of one conversation, as far back as they were loaded. The store holds the messages; this knows from
 * which one on they are complete, and what of it the user has seen.
 */
export class ThreadModel {
    /** @type {"loading"|"ready"|"failed"|"unreachable"} */
    status = "loading";
    failure = "";
    hasMore = false;
    isLoadingOlder = false;
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
        const first = this.hasMore ? this.store["marketplace.message"].get(this.oldestId) : false;
        return first ? this.held.filter((message) => compareMessages(message, first) >= 0) : this.held;
    }

    get isEmpty() {
        return !this.messages.length;
    }

    /** Loads the newest page; what was loaded before stays when the two meet. */
    async load() {
        const known = new Set(this.held.map(({ id }) => id));
        const wasLoaded = this.status === "ready";
        await this.ask(false, ({ ids, has_more }) => {
            if (!wasLoaded || !ids.some((id) => known.has(id))) {
                this.oldestId = ids[0] ?? false;
                this.hasMore = has_more;
            }
            this.status = "ready";
        });
    }

    /** Remembers where the unread ones begin, as they were when the user came. */
    markUnread() {
        const unread = this.conversation?.unread_count || 0;
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
        await this.ask(this.oldestId, ({ ids, has_more }) => {
            this.oldestId = ids[0] ?? this.oldestId;
            this.hasMore = has_more;
        });
        this.isLoadingOlder = false;
    }

    async ask(before, accept) {
        try {
            const answer = await this.api.thread(this.id, before, PAGE);
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

    /** Everything that is loaded now has been on screen. */
    see() {
        this.seenId = this.messages.at(-1)?.id ?? false;
    }

    get hasUnseen() {
        return !this.isEmpty && this.messages.at(-1).id !== this.seenId;
    }
}
