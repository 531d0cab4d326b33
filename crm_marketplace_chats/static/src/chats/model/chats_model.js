import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { painted } from "@crm_marketplace_chats/chats/common/painted";
import { EventBus, markRaw, reactive, toRaw, useEnv, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { groupBy } from "@web/core/utils/arrays";
import { ChatsApi } from "./chats_api";
import { Drafts } from "./drafts";
import { FILTERS } from "./filters";
import { HeldReplies } from "./held_replies";
import { ListModel } from "./list_model";
import { Model } from "./model";
import { Selection } from "./selection";
import { ThreadModel } from "./thread_model";
import { WritingHabits } from "./writing_habits";

const PANEL_SLOT = "crm_marketplace_chats.panel";
/** So many chats are shown again without waiting for the server; what others hold is let go. */
export const KEPT_CHATS = 50;

/** The state of the Chats screen: which conversation is open, and the parts that know the rest. */
export class ChatsModel extends Model {
    /** @type {number[]} */
    channelIds = [];
    /** @type {number|false} */
    openId = false;
    /** The same as a mark, `{[id]: true}`: a row of the list watches its own. */
    front = {};
    /** What the user has to be told about the whole screen. */
    notice = "";
    /** Why the screen could not start. */
    failure = "";
    /** The moment that times are shown against; one clock for the whole screen. */
    now = luxon.DateTime.now();
    isLive = true;
    isTicking = false;
    /** Something is being done to the selected chats. */
    isDoing = false;
    /** @type {{id: number, name: string}[]} colleagues who use the same channels, once they are asked for */
    employees = [];
    /** Settled when the messages of the chat that was opened last are on screen: all else about it waits so long. */
    opening = Promise.resolve();
    /** @type {{id: number, name: string, view: string}[]} own filters */
    savedFilters = [];
    /** @type {boolean|null} whether chats are given to this user; null where they are given to nobody */
    isOnShift = null;

    constructor(env) {
        super();
        const { services } = env;
        this.notification = services.notification;
        this.store = services["mail.store"];
        this.counter = services["crm_marketplace_chats.counter"];
        this.api = markRaw(new ChatsApi(services));
        this.drafts = markRaw(new Drafts(this.api));
        this.heldReplies = reactive(new HeldReplies(this.api, this.drafts, this.notification));
        this.habits = reactive(new WritingHabits());
        this.list = reactive(new ListModel(this.api, this.store));
        this.selection = reactive(new Selection(this.list));
        /** @type {Map<number, ThreadModel>} those that were opened last, the open one at the end */
        this.threads = new Map();
        /** @type {Map<number, Object>} what the car panel showed last, by conversation */
        this.panels = markRaw(new Map());
        this.isPanelWanted = browser.localStorage.getItem(PANEL_SLOT) !== "closed";
        this.isDrawerOpen = false;
        /** "REFRESH": what has failed before may try again */
        this.bus = markRaw(new EventBus());
    }

    get channels() {
        return this.channelIds
            .map((id) => this.store["marketplace.channel"].get(id))
            .filter(Boolean);
    }

    get activeChannels() {
        return this.channels.filter(({ active }) => active);
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

    /**
     * A chat that is not held is asked for when the button goes down on its row: the click comes some 80 ms later. With
     * that it counts as read, as its texts have left the server.
     */
    prepare(id) {
        if (!this.threads.has(id)) {
            const thread = new ThreadModel(this.api, this.store, id);
            this.threads.set(id, thread);
            thread.prepare();
        }
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
            const { channel_ids, filters, on_shift } = await this.api.start();
            this.channelIds = channel_ids;
            this.savedFilters = filters;
            this.isOnShift = on_shift ?? null;
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
        const thread = this.threads.get(id) ?? new ThreadModel(this.api, this.store, id);
        this.threads.delete(id);
        this.threads.set(id, thread);
        this.bringToFront(id);
        this.letGo();
        this.notice = "";
        this.isDrawerOpen = false;
        this.list.keep(this.conversation);
        thread.dividerId = false;
        this.opening = this.loadThread(id, hitId).then(painted);
        await this.opening;
    }

    /** A screen may stay open for days: of chats that were opened long ago it keeps nothing but their rows. */
    letGo() {
        for (const [id, thread] of [...this.threads].slice(0, -KEPT_CHATS)) {
            thread.showOnly([]);
            this.threads.delete(id);
            this.panels.delete(id);
        }
    }

    /** Notes bring the messages of all chats: those of a chat that is not kept are not needed. */
    letGoUnopened() {
        const messages = Object.values(toRaw(this.store)["marketplace.message"].records);
        const unneeded = messages.filter(
            ({ conversation_id }) => !this.threads.has(conversation_id?.id)
        );
        this.store.MAKE_UPDATE(() => unneeded.forEach((message) => message.delete()));
    }

    /** @param {{id: number, since: string, until: string}[]} missed chats with messages that did not come along */
    catchUp(missed) {
        for (const { id, since, until } of missed) {
            this.threads.get(id)?.miss(deserializeDateTime(since), deserializeDateTime(until));
        }
        if (missed.some(({ id }) => id === this.openId)) {
            this.thread.catchUp();
        }
    }

    async loadThread(id, hitId = false) {
        const thread = this.threads.get(id);
        thread.isOpening = true;
        thread.hitId = hitId;
        await (hitId ? thread.goTo(hitId) : thread.enter());
        thread.arrive();
        if (this.openId !== id) {
            return;
        }
        if (thread.status === "unreachable") {
            this.threads.delete(id);
            this.close();
            this.notice = _t("This chat no longer exists, or it is not open to you.");
            return;
        }
        thread.see();
        if (!this.list.kept) {
            this.list.keep(this.conversation);
        }
    }

    /** The open chat was removed, or taken from this user: it leaves the screen, and that is said. */
    closeIfGone() {
        if (this.openId && this.thread?.status === "ready" && !this.conversation) {
            this.threads.delete(this.openId);
            this.close();
            this.notice = _t("This chat no longer exists, or it is not open to you.");
        }
    }

    /** @param {(list: ListModel) => void} change another view, another filter */
    changeList(change) {
        change(this.list);
        this.selection.clear();
        this.list.keep(this.conversation);
    }

    /**
     * The marks come first, so that both rows are drawn before the chat itself takes the focus: with nothing left to
     * change after that, the browser looks at the style of the page once.
     *
     * @param {number|false} id
     */
    bringToFront(id) {
        delete this.front[this.openId];
        if (id) {
            this.front[id] = true;
        }
        this.openId = id;
    }

    close() {
        this.bringToFront(false);
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

    /** Opens the chat that waits longest behind the open one, with what the list is narrowed to. */
    async openNextWaiting() {
        const next = this.nextWaitingHere() ?? (await this.nextWaitingAnywhere());
        if (next) {
            await this.open(next);
        } else if (next === false) {
            this.notification.add(_t("Nobody else is waiting for an answer."), { type: "info" });
        }
    }

    nextWaitingHere() {
        if (this.list.view.id !== "waiting") {
            return undefined;
        }
        const { rows } = this.list;
        const open = rows.findIndex(({ id }) => id === this.openId);
        const others = [...rows.slice(open + 1), ...rows.slice(0, Math.max(open, 0))];
        return others.find(({ isQueued }) => isQueued)?.id;
    }

    /** @returns {Promise<number|false|undefined>} false: there is none; undefined: nobody could tell */
    async nextWaitingAnywhere() {
        const query = { ...this.list.query, view: "waiting", search: "", after: false, limit: 2 };
        const answer = await this.attempt(() => this.api.list(query));
        return answer && (answer.ids.find((id) => id !== this.openId) ?? false);
    }

    // -------------------------------------------------------- filters

    /** What the list can be narrowed to, with the values to choose from. */
    get filterChoices() {
        const marketplaces = new Map(
            this.channels.map((channel) => [channel.marketplace, channel.marketplace_label])
        );
        const options = {
            marketplaces: [...marketplaces].map(([value, label]) => ({ value, label })),
            user_ids: [
                { value: 0, label: _t("Nobody") },
                ...this.employees.map(({ id, name }) => ({ value: id, label: name })),
            ],
        };
        return FILTERS.map((filter) => ({
            ...filter,
            options: options[filter.name] ?? filter.options,
        }));
    }

    async loadEmployees() {
        const answer = await this.attempt(() => this.api.filterChoices());
        this.employees = answer?.employees ?? this.employees;
    }

    /** @returns {Promise<boolean>} whether it is kept */
    async saveFilter(name) {
        const { view, ...query } = this.list.query;
        const filters = await this.attempt(() => this.api.saveFilter(name, view, query));
        this.savedFilters = filters ?? this.savedFilters;
        this.list.savedId = filters?.find((saved) => saved.name === name)?.id ?? this.list.savedId;
        return Boolean(filters);
    }

    async removeFilter(id) {
        this.savedFilters =
            (await this.attempt(() => this.api.removeFilter(id))) ?? this.savedFilters;
    }

    /** One click shows it, the next one everything. */
    toggleSaved(saved) {
        if (saved.filters?.user_ids) {
            this.loadEmployees();
        }
        this.changeList((list) =>
            list.savedId === saved.id ? list.widen() : list.apply(saved, this.channelIds)
        );
    }

    // -------------------------------------------------------- one chat or many

    /** @param {string|false} until for the open chat, see `ChatsApi.snooze` */
    async snooze(until) {
        const { conversation, thread } = this;
        const seen = thread.seenId || conversation.last_message_id;
        const answer = await this.attempt(() => this.api.snooze([conversation.id], until, [seen]));
        this.tellUndone(answer?.undone ?? []);
    }

    /**
     * Does one thing to all selected chats, in one request. Those for which it did not work stay selected.
     *
     * @param {(api: ChatsApi, ids: number[], seen: (number|false)[]) => Promise<Object>} action `seen`: the newest
     *      message of each, as the list shows it
     */
    async doToSelected(action) {
        const { rows } = this.selection;
        this.isDoing = true;
        const answer = await this.attempt(() =>
            action(
                this.api,
                rows.map(({ id }) => id),
                rows.map(({ last_message_id }) => last_message_id)
            )
        );
        this.isDoing = false;
        if (answer) {
            this.selection.reduce(answer.undone.map(({ id }) => id));
            this.tellUndone(answer.undone);
        }
    }

    /** @param {{id: number, reason: string}[]} undone */
    tellUndone(undone) {
        for (const [reason, chats] of Object.entries(groupBy(undone, "reason"))) {
            const names = chats.map(
                ({ id }) => this.store["marketplace.conversation"].get(id)?.buyer_name
            );
            this.notification.add(reason, {
                type: "warning",
                title: _t("Not done: %s", names.filter(Boolean).join(", ")),
            });
        }
    }

    /** Everything that may have been missed while the line was down. */
    async refresh() {
        this.bus.trigger("REFRESH");
        await Promise.all([this.loadChannels(), this.list.refresh(), this.thread?.load()]);
    }

    /** Somebody changed who may use which channel: what is no longer ours leaves the screen at once. */
    async renewAccess() {
        this.panels.clear();
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
        const isOpenQuestion = conversation?.is_unprocessed || conversation?.due_since;
        if (!isOpenQuestion || !thread.seenId || this.isTicking) {
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
