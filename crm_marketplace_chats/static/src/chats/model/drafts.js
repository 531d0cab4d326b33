import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { makeMessageKey } from "@crm_marketplace_chats/chats/common/message_key";
import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { session } from "@web/session";
import { UploadError } from "./chats_api";

let nextUpload = 1;

/**
 * What is being written to one buyer: it belongs to the conversation, not to the screen, and outlives both a switch
 * and a reload.
 */
export class Draft {
    text = "";
    /**
     * @type {{local: number, id?: number, name: string, url: string, mimetype?: string, failure?: string}[]} a
     *  picture without `id` is on its way to the server, or has failed on it
     */
    pictures = [];
    /** Names this very content; another content gets another key. */
    key = "";
    isSending = false;
    failure = "";

    constructor(api, conversationId) {
        this.api = api;
        this.conversationId = conversationId;
        this.slot = `crm_marketplace_chats.draft.${session.db}.${user.userId}.${conversationId}`;
    }

    restore() {
        const { text, pictures, key } = JSON.parse(browser.localStorage.getItem(this.slot) || "{}");
        Object.assign(this, { text: text || "", key: key || "" });
        this.pictures = (pictures || []).map((picture) => ({ ...picture, local: nextUpload++ }));
    }

    save() {
        const pictures = this.pictures
            .filter(({ id }) => id)
            .map(({ id, name, mimetype, url }) => ({ id, name, mimetype, url }));
        if (!this.text && !pictures.length) {
            browser.localStorage.removeItem(this.slot);
            return;
        }
        const { text, key } = this;
        browser.localStorage.setItem(this.slot, JSON.stringify({ text, pictures, key }));
    }

    get isEmpty() {
        return !this.text.trim() && !this.pictures.length;
    }

    get isUploading() {
        return this.pictures.some(({ id, failure }) => !id && !failure);
    }

    setText(text) {
        this.text = text;
        this.touch();
    }

    /** Another content: what may have been stored under the old key is another message. */
    touch() {
        this.key = "";
        this.failure = "";
        this.save();
    }

    /** @param {File} file a picture */
    async addPicture(file) {
        const local = nextUpload++;
        this.pictures.push({ local, name: file.name, url: URL.createObjectURL(file), file });
        await this.upload(local);
    }

    async upload(local) {
        const picture = this.pictures.find((other) => other.local === local);
        const { file, url } = picture;
        picture.failure = "";
        try {
            Object.assign(picture, await this.api.upload(this.conversationId, file));
            URL.revokeObjectURL(url);
        } catch (error) {
            if (!(error instanceof UploadError)) {
                throw error;
            }
            picture.failure = error.message;
        }
        this.touch();
    }

    removePicture(local) {
        this.pictures = this.pictures.filter((other) => other.local !== local);
        this.touch();
    }

    /**
     * @param {boolean} [isSplit] as several messages, where one would be too long
     * @returns {Promise<boolean>} whether the server has taken it
     */
    async send(isSplit = false) {
        this.key ||= makeMessageKey();
        this.isSending = true;
        this.failure = "";
        this.save();
        try {
            await this.api.post(this.conversationId, {
                body: this.text.trim(),
                key: this.key,
                attachmentIds: this.pictures.map(({ id }) => id),
                isSplit,
            });
        } catch (error) {
            this.failure = failureText(error);
            return false;
        } finally {
            this.isSending = false;
        }
        Object.assign(this, { text: "", pictures: [], key: "" });
        this.save();
        return true;
    }
}

/** The drafts of all conversations. */
export class Drafts {
    constructor(api) {
        this.api = api;
        /** @type {Map<number, Draft>} */
        this.byConversation = new Map();
    }

    /** @param {number} conversationId */
    get(conversationId) {
        if (!this.byConversation.has(conversationId)) {
            const draft = reactive(new Draft(this.api, conversationId));
            draft.restore();
            this.byConversation.set(conversationId, draft);
        }
        return this.byConversation.get(conversationId);
    }
}
