import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { EventBus, markRaw, reactive, useEnv, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { ChatsApi } from "./chats_api";
import { Drafts } from "./drafts";
import { HeldReplies } from "./held_replies";
import { ListModel } from "./list_model";
import { ThreadModel } from "./thread_model";
import { WritingHabits } from "./writing_habits";

const PANEL_SLOT = "crm_marketplace_chats.panel";

/** The state of the Chats screen: which conversation is open, and the parts that know the rest. */
export class ChatsModel {
    /** @type {number[]} */
    channelIds = [];
    /** @type {number|false} */
    openId = false;
    /** What the user has to be told about the whole screen. */
    notice = "";
    /** Why the screen could not start. */
    failure = "";
    /** The moment that times are shown against; one clock for the whole screen. */
    now = luxon.DateTime.now();
    isLive = true;
    isTicking = false;

    constructor(env) {
        const { services } = env;
        this.notification = services.notification;
        this.store = services["mail.store"];
        this.counter = services["crm_marketplace_chats.counter"];
        this.api = markRaw(new ChatsApi(services));
        this.drafts = markRaw(new Drafts(this.api));
        this.heldReplies = reactive(new HeldReplies(this.api, this.drafts, this.notification));
        this.habits = reactive(new WritingHabits());
        this.list = reactive(new ListModel(this.api, this.store));
        /** @type {Map<number, ThreadModel>} those that were opened */
        this.threads = new Map();
        this.isPanelWanted = browser.localStorage.getItem(PANEL_SLOT) !== "closed";
        this.isDrawerOpen = false;
        /** "REFRESH": what has failed before may try again */
        this.bus = markRaw(new EventBus());
    }

    get channels() {
        return this.channelIds.map((id) => this.store["marketplace.channel"].get(id)).filter(Boolean);
    }

    /** Channels from which messages may be missing. */
    get troubledChannels() {
        return this.channels.filter((channel) => channel.isTroubled);
    }

    get conversation() {
        return this.openId ? this.store["marketplace.conversation"].get(this.openId) : undefined;
    }

    get thread() {
        return this.threads.get(this.openId);
    }

    async start(conversationId) {
        await Promise.all([
            this.list.load(),
            this.loadChannels(),
            conversationId && this.open(conversationId),
        ]);
    }

    /** Nothing can be shown without the channels: every conversation is one of theirs. */
    async loadChannels() {
        try {
            this.channelIds = (await this.api.start()).channel_ids;
            this.failure = "";
        } catch (error) {
            this.failure = this.channelIds.length ? "" : failureText(error);
        }
    }

    /**
     * Opens a conversation. Opening does not process it.
     *
     * @param {number|false} [hitId] a message that the search has found, to be shown in its place
     */
    async open(id, hitId = false) {
        if (!this.threads.has(id)) {
            this.threads.set(id, new ThreadModel(this.api, this.store, id));
        }
        this.openId = id;
        this.notice = "";
        this.isDrawerOpen = false;
        this.list.keep(this.conversation);
        await this.loadThread(id, hitId);
    }

    async loadThread(id, hitId = false) {
        const thread = this.threads.get(id);
        thread.isOpening = true;
        thread.dividerId = false;
        thread.hitId = hitId;
        if (hitId) {
            await thread.goTo(hitId);
        } else {
            thread.rewind();
            await thread.load();
        }
        thread.isOpening = false;
        if (this.openId !== id) {
            return;
        }
        if (thread.status === "unreachable") {
            this.threads.delete(id);
            this.close();
            this.notice = _t("This chat no longer exists, or it is not open to you.");
            return;
        }
        thread.markUnread();
        thread.see();
        if (!this.list.kept) {
            this.list.keep(this.conversation);
        }
    }

    /** @param {(list: ListModel) => void} change another view, another filter */
    changeList(change) {
        change(this.list);
        this.list.keep(this.conversation);
    }

    close() {
        this.openId = false;
        this.isDrawerOpen = false;
        this.list.keep(undefined);
    }

    /** @param {1|-1} step opens the next or the previous row of the list */
    openNeighbour(step) {
        const ids = this.list.rows.map(({ id }) => id);
        const index = ids.indexOf(this.openId);
        const next = ids[index < 0 ? 0 : index + step];
        if (next) {
            this.open(next);
        }
    }

    /** Everything that may have been missed while the line was down. */
    async refresh() {
        this.bus.trigger("REFRESH");
        await Promise.all([this.loadChannels(), this.list.refresh(), this.thread?.load()]);
    }

    /** Somebody changed who may use which channel: what is no longer ours leaves the screen at once. */
    async renewAccess() {
        await this.loadChannels();
        for (const conversation of Object.values(this.store["marketplace.conversation"].records)) {
            if (!this.channelIds.includes(conversation.channel_id?.id)) {
                conversation.delete();
            }
        }
        this.list.channelIds = this.list.channelIds.filter((id) => this.channelIds.includes(id));
        await Promise.all([this.list.load(), this.openId && this.loadThread(this.openId)]);
    }

    async tick() {
        const { conversation, thread } = this;
        if (!conversation?.is_unprocessed || !thread.seenId || this.isTicking) {
            return;
        }
        this.isTicking = true;
        await this.attempt(() => this.api.tick(conversation.id, thread.seenId));
        this.isTicking = false;
    }

    /** @param {number|false} userId */
    assign(userId) {
        return this.attempt(() => this.api.assign(this.openId, userId));
    }

    /**
     * Does something whose failure is told in a notification.
     *
     * @returns {Promise<Object|undefined>} the server's answer, nothing after a failure
     */
    async attempt(action) {
        try {
            return await action();
        } catch (error) {
            this.notification.add(failureText(error), { type: "danger" });
        }
    }

    /** @param {boolean} isDrawer a drawer is opened for the moment, a column is remembered */
    togglePanel(isDrawer) {
        if (isDrawer) {
            this.isDrawerOpen = !this.isDrawerOpen;
            return;
        }
        this.isPanelWanted = !this.isPanelWanted;
        browser.localStorage.setItem(PANEL_SLOT, this.isPanelWanted ? "open" : "closed");
    }
}

/** @returns {ChatsModel} the state of the screen this component is part of */
export function useChats() {
    return useState(useEnv().chats);
}
