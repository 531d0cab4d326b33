import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { makeMessageKey } from "@crm_marketplace_chats/chats/common/message_key";
import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { session } from "@web/session";
import { UploadError } from "./chats_api";
import { Model } from "./model";

let nextUpload = 1;

/**
 * What is being written to one buyer: it belongs to the conversation, not to the screen, and outlives both a switch
 * and a reload.
 */
export class Draft extends Model {
    text = "";
    /**
     * @type {{local: number, id?: number, name: string, url: string, mimetype?: string, failure?: string}[]} a
     *  picture without `id` is on its way to the server, or has failed on it
     */
    pictures = [];
    /** @type {number[]} the quick replies that were put into it */
    templateIds = [];
    /** Names this very content; another content gets another key. */
    key = "";
    isSending = false;
    failure = "";
    /** @type {string} what another tab has made of it, while something else is written here */
    rival = "";
    /** @type {string|null} what lies in the browser's storage, as far as this tab knows */
    stored = null;

    constructor(api, conversationId) {
        super();
        this.api = api;
        this.conversationId = conversationId;
        this.slot = `crm_marketplace_chats.draft.${session.db}.${user.userId}.${conversationId}`;
    }

    restore(stored = browser.localStorage.getItem(this.slot)) {
        const { text, pictures, key, templateIds } = JSON.parse(stored || "{}");
        this.rival = "";
        this.stored = stored;
        this.pictures = [];
        Object.assign(this, { text: text || "", key: key || "", templateIds: templateIds || [] });
        this.addUploaded(pictures || []);
    }

    save() {
        const pictures = this.pictures
            .filter(({ id }) => id)
            .map(({ id, name, mimetype, url }) => ({ id, name, mimetype, url }));
        if (!this.text && !pictures.length) {
            this.stored = null;
            browser.localStorage.removeItem(this.slot);
            return;
        }
        const { text, key, templateIds } = this;
        this.stored = JSON.stringify({ text, pictures, key, templateIds });
        browser.localStorage.setItem(this.slot, this.stored);
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

    /** @param {number} id of a quick reply that was put into the text */
    noteTemplate(id) {
        this.templateIds = [...new Set([...this.templateIds, id])];
        this.touch();
    }

    /**
     * Adds to what is written already.
     *
     * @param {{text: string, picture: Object|false}} addition with a picture that lies at the server
     */
    append({ text, picture }) {
        this.text = [this.text.trimEnd(), text].filter(Boolean).join("\n\n");
        if (picture) {
            this.addUploaded([picture]);
        }
        this.touch();
    }

    /** Another content: what may have been stored under the old key is another message. */
    touch() {
        this.key = "";
        this.failure = "";
        this.save();
    }

    /**
     * Another tab has changed it. The same is shown here, unless something else was being written: then the user
     * decides.
     *
     * @param {{oldValue: string|null, newValue: string|null}} change
     */
    follow({ oldValue, newValue }) {
        const textOf = (stored) => JSON.parse(stored || "{}").text || "";
        if (newValue === this.stored || this.isSending || this.isUploading) {
            return;
        }
        if (this.text && ![textOf(oldValue), textOf(newValue)].includes(this.text)) {
            this.rival = newValue || "";
            return;
        }
        this.restore(newValue);
    }

    /** What the other tab has made of it counts. */
    takeRival() {
        this.restore(this.rival);
        this.save();
    }

    /**
     * @param {File} file a picture
     * @param {(file: File) => Promise<File>} fit makes it such as the marketplace takes it
     */
    async addPicture(file, fit) {
        const local = nextUpload++;
        this.pictures.push({ local, name: file.name, url: URL.createObjectURL(file), file, fit });
        await this.upload(local);
    }

    /** @param {{id: number, name: string, mimetype: string, url: string}[]} pictures that the server has already */
    addUploaded(pictures) {
        this.pictures.push(...pictures.map((picture) => ({ ...picture, local: nextUpload++ })));
    }

    async upload(local) {
        const picture = this.pictures.find((other) => other.local === local);
        const { file, fit, url } = picture;
        picture.failure = "";
        try {
            Object.assign(picture, await this.api.upload(this.conversationId, await fit(file)));
            URL.revokeObjectURL(url);
        } catch (error) {
            if (!(error instanceof UploadError)) {
                throw error;
            }
            picture.failure = error.message;
        }
        this.touch();
    }

    /** @param {-1|1} step towards the beginning or the end */
    movePicture(local, step) {
        const index = this.pictures.findIndex((picture) => picture.local === local);
        const other = this.pictures[index + step];
        if (other) {
            this.placePicture(step > 0 ? other.local : local, step > 0 ? local : other.local);
        }
    }

    /** @param {number} [before] the picture before which it shall stand; nothing: at the end */
    placePicture(local, before) {
        const picture = this.pictures.find((other) => other.local === local);
        const others = this.pictures.filter((other) => other !== picture);
        const index = others.findIndex((other) => other.local === before);
        others.splice(index < 0 ? others.length : index, 0, picture);
        this.pictures = others;
        this.touch();
    }

    removePicture(local) {
        this.pictures = this.pictures.filter((other) => other.local !== local);
        this.touch();
    }

    /**
     * @param {Object} [options]
     * @param {boolean} [options.isSplit] as several messages, where one would be too long
     * @param {number} [options.hold] seconds in which it can be taken back
     * @returns {Promise<Object|false>} what the server has taken, or nothing
     */
    async send({ isSplit = false, hold = 0 } = {}) {
        this.key ||= makeMessageKey();
        this.isSending = true;
        this.failure = "";
        this.save();
        const { conversationId, text, pictures, key, templateIds } = this;
        try {
            await this.api.post(conversationId, {
                body: text.trim(),
                key,
                attachmentIds: pictures.map(({ id }) => id),
                isSplit,
                hold,
                templateIds,
            });
        } catch (error) {
            this.failure = failureText(error);
            return false;
        } finally {
            this.isSending = false;
        }
        Object.assign(this, { text: "", pictures: [], key: "", templateIds: [] });
        this.save();
        return { conversationId, text, pictures, key, templateIds };
    }

    /** Puts back what was sent and taken back; what was written meanwhile stands after it. */
    takeBack({ text, pictures, templateIds }) {
        this.text = [text, this.text].filter(Boolean).join("\n");
        this.pictures = [...pictures, ...this.pictures];
        this.templateIds = [...templateIds, ...this.templateIds];
        this.touch();
    }
}

/** The drafts of all conversations. */
export class Drafts {
    constructor(api) {
        this.api = api;
        /** @type {Map<number, Draft>} */
        this.byConversation = new Map();
    }

    /** @param {StorageEvent} ev of another tab */
    onStorage(ev) {
        for (const draft of this.byConversation.values()) {
            if (draft.slot === ev.key) {
                draft.follow(ev);
            }
        }
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
