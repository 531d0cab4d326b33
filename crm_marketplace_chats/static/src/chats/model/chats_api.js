import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";

const CONVERSATION = "marketplace.conversation";
const MESSAGE = "marketplace.message";
const FILTER = "marketplace.filter";

/** The server could not take a picture; the message is for the user. */
export class UploadError extends Error {}

/**
 * Everything the Chats screen asks the server, one method per call of the contract in docs/architecture.md. Records
 * go into the store on their way, so that nobody else has to think of them.
 *
 * It uses the services of the environment, not of a component: a reply has to arrive also when the screen is closed
 * meanwhile.
 */
export class ChatsApi {
    constructor({ orm, http, "mail.store": store, "crm_marketplace_chats.counter": counter }) {
        this.orm = orm;
        this.store = store;
        this.http = http;
        this.counter = counter;
    }

    async call(model, method, args, kwargs) {
        const answer = await this.orm.silent.call(model, method, args, kwargs);
        if (answer?.store) {
            this.insert(answer);
        }
        return answer;
    }

    /**
     * Takes an answer of the server into the store.
     *
     * @param {{store: Object, counts?: Object}} answer with `counts`, the records in it need no counting again
     */
    insert({ store, counts }) {
        this.counter.isQuiet = Boolean(counts);
        try {
            this.store.insert(store);
        } finally {
            this.counter.isQuiet = false;
        }
        if (counts) {
            this.counter.accept(counts);
        }
    }

    start() {
        return this.call(CONVERSATION, "chats_start", []);
    }

    /** @param {boolean} isOn begins or ends one's own shift */
    shift(isOn) {
        return this.call(CONVERSATION, "chats_shift", [isOn]);
    }

    /**
     * @param {Object} query
     * @param {"waiting"|"mine"|"unowned"|"snoozed"|"all"} query.view
     * @param {number[]|false} query.channel_ids
     * @param {string} query.search
     * @param {Object} query.filters see filters.js
     * @param {number|false} query.after id of the last row held
     * @param {number} query.limit
     */
    list(query) {
        return this.call(CONVERSATION, "chats_list", [], query);
    }

    /**
     * @param {Object} page
     * @param {number|false} [page.before] id of a message, as `after` and `around`; at most one of them
     * @param {number} page.limit
     */
    thread(id, page) {
        return this.call(CONVERSATION, "chats_thread", [[id]], page);
    }

    pictures(id) {
        return this.call(CONVERSATION, "chats_pictures", [[id]]);
    }

    /**
     * @param {boolean} [reply.isSplit] a text over the limit goes as several messages
     * @param {number} [reply.hold] seconds in which it can be taken back
     * @param {number[]} [reply.templateIds] the quick replies in it
     */
    post(id, { body, key, attachmentIds, isSplit = false, hold = 0, templateIds = [] }) {
        return this.call(CONVERSATION, "chats_post", [[id]], {
            body,
            key,
            attachment_ids: attachmentIds,
            split: isSplit,
            hold,
            template_ids: templateIds,
        });
    }

    undo(id, key) {
        return this.call(CONVERSATION, "chats_undo", [[id]], { key });
    }

    release(id, key) {
        return this.call(CONVERSATION, "chats_release", [[id]], { key });
    }

    tick(id, lastMessageId) {
        return this.call(CONVERSATION, "chats_tick", [[id]], { last_message_id: lastMessageId });
    }

    /** As `assignMany` and `snooze`: answers `{done, undone: [{id, reason}]}` too. */
    tickMany(ids, lastMessageIds) {
        return this.call(CONVERSATION, "chats_tick_many", [ids], {
            last_message_ids: lastMessageIds,
        });
    }

    assignMany(ids, userId) {
        return this.call(CONVERSATION, "chats_assign_many", [ids], { user_id: userId });
    }

    /** @param {string|false} until a preset's name, a moment in UTC, false: end it now */
    snooze(ids, until, lastMessageIds) {
        return this.call(CONVERSATION, "chats_snooze", [ids], {
            until,
            last_message_ids: lastMessageIds,
        });
    }

    filterChoices() {
        return this.call(CONVERSATION, "chats_filter_choices", []);
    }

    /** @returns {Promise<string[]>} makes and models that clients ask about */
    cars(text) {
        return this.call(CONVERSATION, "chats_cars", [], { text });
    }

    saveFilter(name, view, query) {
        return this.call(FILTER, "chats_save", [], { name, view, query });
    }

    removeFilter(id) {
        return this.call(FILTER, "chats_remove", [[id]]);
    }

    /** @param {string} [note] what the colleague has to know */
    assign(id, userId, note = "") {
        return this.call(CONVERSATION, "chats_assign", [[id]], {
            user_id: userId,
            ...(note && { note }),
        });
    }

    note(id, { body, key, mentionIds }) {
        return this.call(CONVERSATION, "chats_note", [[id]], {
            body,
            key,
            mention_ids: mentionIds,
        });
    }

    deleteNote(messageId) {
        return this.call(MESSAGE, "chats_delete_note", [[messageId]]);
    }

    /** Whom a note can mention. */
    colleagues(id) {
        return this.call(CONVERSATION, "chats_colleagues", [[id]]);
    }

    /** Also when the page is being left at this moment, and never waits for an answer. */
    gone(id) {
        const params = {
            model: CONVERSATION,
            method: "chats_presence",
            args: [[id]],
            kwargs: { state: "gone", context: user.context },
        };
        return browser.fetch(`/web/dataset/call_kw/${CONVERSATION}/chats_presence`, {
            method: "POST",
            keepalive: true,
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ jsonrpc: "2.0", method: "call", params }),
        });
    }

    /** @param {"looking"|"typing"} state */
    presence(id, state) {
        return this.call(CONVERSATION, "chats_presence", [[id]], { state });
    }

    assignees(id) {
        return this.call(CONVERSATION, "chats_assignees", [[id]]);
    }

    templates(id) {
        return this.call(CONVERSATION, "chats_templates", [[id]]);
    }

    block(id, reason) {
        return this.call(CONVERSATION, "chats_block", [[id]], { reason });
    }

    /** @returns {Promise<Object[]>} as `upload` gives them */
    templatePictures(id, templateId) {
        return this.call(CONVERSATION, "chats_template_pictures", [[id]], {
            template_id: templateId,
        });
    }

    panel(id) {
        return this.call(CONVERSATION, "chats_panel", [[id]]);
    }

    /** @returns {Promise<{text: string, picture: Object|false}>} what offers another car */
    offer(id, vehicleId) {
        return this.call(CONVERSATION, "chats_offer", [[id], vehicleId]);
    }

    setVehicleStatus(id, status) {
        return this.call(CONVERSATION, "chats_vehicle_status", [[id], status]);
    }

    makeVehicle(id) {
        return this.call(CONVERSATION, "chats_make_vehicle", [[id]]);
    }

    makeLead(id) {
        return this.call(CONVERSATION, "chats_make_lead", [[id]]);
    }

    retry(messageId) {
        return this.call(MESSAGE, "chats_retry", [[messageId]]);
    }

    delete(messageId) {
        return this.call(MESSAGE, "chats_delete", [[messageId]]);
    }

    cancel(messageId) {
        return this.call(MESSAGE, "chats_cancel", [[messageId]]);
    }

    /**
     * @param {number} id conversation
     * @param {File} file
     * @returns {Promise<{id: number, name: string, mimetype: string, url: string}>}
     * @throws {UploadError}
     */
    async upload(id, file) {
        let answer;
        try {
            answer = await this.http.post(`/crm_marketplace_chats/upload/${id}`, {
                file,
                csrf_token: odoo.csrf_token,
            });
        } catch (error) {
            // The browser's own failures (no line, a proxy's error page) come without a type to tell them apart.
            throw new UploadError(_t("The picture could not be uploaded. Try again."), {
                cause: error,
            });
        }
        if (answer.error) {
            throw new UploadError(answer.error);
        }
        return answer;
    }
}
