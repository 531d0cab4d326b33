import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { browser } from "@web/core/browser/browser";
import { Model } from "./model";

/**
 * Replies that the server holds for some seconds. When the time is over the server is told so; it would find out by
 * itself too, but later.
 */
export class HeldReplies extends Model {
    /** @type {{conversationId: number, key: string, text: string, pictures: Object[], templateIds: number[],
     *  until: number}[]} the newest last; `until` in milliseconds of this browser's clock */
    replies = [];

    constructor(api, drafts, notification) {
        super();
        this.api = api;
        this.drafts = drafts;
        this.notification = notification;
    }

    get last() {
        return this.replies.at(-1);
    }

    /** @param {Object} reply as a draft gives it away */
    add(reply, seconds) {
        const held = { ...reply, until: Date.now() + seconds * 1000 };
        this.replies.push(held);
        browser.setTimeout(() => this.release(held), seconds * 1000);
    }

    /** @returns {boolean} whether it was still there */
    forget({ key }) {
        const before = this.replies.length;
        this.replies = this.replies.filter((held) => held.key !== key);
        return this.replies.length < before;
    }

    async release(held) {
        if (!this.forget(held)) {
            return;
        }
        try {
            await this.api.release(held.conversationId, held.key);
        } catch {
            // The send job looks for what is due each minute; there is nothing here that the user could do.
        }
    }

    /** @returns {Promise<boolean>} whether it could be taken back; its content is in the draft again */
    async undo(held) {
        this.forget(held);
        try {
            await this.api.undo(held.conversationId, held.key);
        } catch (error) {
            this.notification.add(failureText(error), { type: "danger" });
            return false;
        }
        this.drafts.get(held.conversationId).takeBack(held);
        return true;
    }
}
