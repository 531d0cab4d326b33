import { ChatsScreen } from "@crm_marketplace_chats/chats/screen/chats_screen";
import { mailModels } from "@mail/../tests/mail_test_helpers";
import { mockDate } from "@odoo/hoot";
import { omit } from "@web/core/utils/objects";
import {
    defineModels,
    defineParams,
    getService,
    makeServerError,
    models,
    mountWithCleanup,
    onRpc,
    serverState,
} from "@web/../tests/web_test_helpers";

class MarketplaceConversation extends models.Model {
    _name = "marketplace.conversation";
}

class MarketplaceFilter extends models.Model {
    _name = "marketplace.filter";
}

class MarketplaceMessage extends models.Model {
    _name = "marketplace.message";
}

export function defineChatsModels() {
    defineParams({ suite: "mail" }, "replace");
    return defineModels({
        ...mailModels,
        MarketplaceConversation,
        MarketplaceFilter,
        MarketplaceMessage,
    });
}

export const CHANNEL = {
    id: 1,
    name: "Avito North",
    marketplace: "avito",
    marketplace_label: "Avito",
    state: "connected",
    state_message: "",
    active: true,
    can_send_text: true,
    can_send_images: true,
    text_limit: 1000,
    image_limit: 1000000,
    image_types: ["image/jpeg", "image/png"],
    block_reasons: ["spam", "other"],
};

const CONVERSATION = {
    channel_id: 1,
    marketplace: "avito",
    car_title: "Haval Jolion 1.5 AMT, 2025",
    thumb_url: false,
    last_message_preview: "Hello",
    last_message_kind: "text",
    last_message_direction: "in",
    last_message_state: "received",
    unread_count: 0,
    is_unprocessed: false,
    waiting_since: false,
    snoozed_until: false,
    due_since: false,
    last_message_id: false,
    responsible: false,
    is_noise: false,
    is_blocked: false,
    url: "https://www.avito.ru/profile/messenger/channel/1",
    vehicle_id: false,
    listing_id: false,
    lead_id: false,
    has_gap: false,
};

const MESSAGE = {
    direction: "in",
    kind: "text",
    body: "Hello",
    author: false,
    state: "received",
    error: false,
    is_noise: false,
    key: false,
    data: {},
    media_state: false,
    attachments: [],
};

const PANEL = {
    vehicle: {
        id: 3,
        title: "Haval Jolion 1.5 AMT",
        subtitle: "Premium · 2025",
        status: "in_stock",
        status_label: "In stock",
        price: 2199000,
        price_seen: 2249000,
        photos: [],
        tags: ["New"],
        groups: [
            { label: "Specifications", rows: [{ label: "VIN", value: "LGW123", copy: true }] },
        ],
        description: "",
        equipment: [],
    },
    listing: false,
    prices: [],
    similar: [],
    listings: [],
    others: [],
    client: { name: "Oleg", partner_id: false, phone: false },
    lead: false,
};

/** @param {number} minutes @returns {string} as the server writes a moment */
export function ago(minutes) {
    return luxon.DateTime.utc().minus({ minutes }).toFormat("yyyy-MM-dd HH:mm:ss");
}

/** What stands at the other end of the contract (docs/architecture.md): rows, and a log of what was asked. */
export class ChatsServer {
    channels = [CHANNEL];
    conversations = [];
    messages = [];
    templates = [];
    values = { price: "price", mileage: "mileage" };
    templatePictures = [];
    panel = PANEL;
    deal = { lead: false, can_make_lead: true, activities: [], visits: [] };
    client = { phones: [], suggestions: [], joined: false, conversations: [], leads: [] };
    counts = { waiting: 0, mine: 0, unowned: 0, snoozed: 0, unprocessed: 0 };
    employees = [{ id: 77, name: "Anna Kovaleva" }];
    filters = [];
    hits = {};
    /** @type {Object<number, string>} conversation -> why an action on many does not work for it */
    refusals = {};
    pageSize = 50;
    /** @type {{method: string, ids: number[], kwargs: Object}[]} */
    calls = [];
    /** @type {Object<string, string>} method -> what it fails with, once */
    failures = {};
    /** @type {Object<string, Promise>} method -> what its answer waits for */
    delays = {};

    /** @param {Object} values `id` and what is not ordinary */
    conversation(values) {
        this.conversations.push({
            ...CONVERSATION,
            buyer_name: `Client ${values.id}`,
            last_message_at: ago(10 + values.id),
            ...values,
        });
    }

    waiting(id, minutes, values) {
        this.conversation({
            id,
            is_unprocessed: true,
            unread_count: 1,
            waiting_since: ago(minutes),
            // A goal of an hour, in a dealership that never closes.
            amber_at: ago(minutes - 15),
            goal_at: ago(minutes - 60),
            last_message_at: ago(minutes),
            ...values,
        });
    }

    message(conversationId, id, values) {
        this.messages.push({
            ...MESSAGE,
            id,
            conversation_id: conversationId,
            sent_at: ago(60 - id),
            body: `Message ${id}`,
            ...values,
        });
    }

    called(method) {
        return this.calls.filter((call) => call.method === method);
    }

    /** @returns {Object[]} */
    find(ids) {
        return this.conversations.filter(({ id }) => ids.includes(id));
    }

    // What the methods of the contract answer.

    chats_start() {
        return {
            store: { "marketplace.channel": this.channels },
            counts: this.counts,
            channel_ids: this.channels.map(({ id }) => id),
            user_lang: "en_US",
            filters: this.filters,
        };
    }

    chats_list(ids, { view, search, after, filters }) {
        const matches = {
            waiting: (row) => (row.is_unprocessed && !row.snoozed_until) || row.due_since,
            snoozed: (row) => row.snoozed_until,
            mine: (row) => row.responsible?.id === serverState.userId,
            unowned: (row) => !row.responsible,
            all: () => true,
        }[view];
        const moment =
            {
                waiting: (row) => row.waiting_since || row.due_since,
                snoozed: (row) => row.snoozed_until,
            }[view] ?? ((row) => row.last_message_at);
        const sign = ["waiting", "snoozed"].includes(view) ? 1 : -1;
        const rows = this.conversations
            .filter(
                (row) =>
                    matches(row) &&
                    (!search || row.buyer_name.includes(search) || this.hits[row.id])
            )
            .filter((row) => !filters?.car || row.car_title.includes(filters.car))
            .sort((a, b) => moment(a).localeCompare(moment(b)) * sign || (a.id - b.id) * sign);
        const start = rows.findIndex(({ id }) => id === after) + 1;
        const page = rows.slice(start, start + this.pageSize);
        return {
            ids: page.map(({ id }) => id),
            has_more: start + this.pageSize < rows.length,
            counts: this.counts,
            hits: search ? this.hits : {},
            store: { "marketplace.conversation": page },
        };
    }

    chats_counts() {
        return this.counts;
    }

    chats_thread([id], { before, after, around }) {
        const all = this.messages.filter((message) => message.conversation_id === id);
        const [row] = this.find([id]);
        const place = (messageId) => all.findIndex((message) => message.id === messageId);
        const size = this.pageSize;
        let end = all.length;
        if (before) {
            end = place(before);
        } else if (after) {
            end = Math.min(end, place(after) + 1 + size);
        } else if (around) {
            end = Math.min(end, place(around) + 1 + Math.floor(size / 2));
        }
        const start = after ? place(after) + 1 : Math.max(0, end - size);
        const page = all.slice(start, end);
        const fromBuyer = all.filter(({ direction, is_noise }) => direction === "in" && !is_noise);
        return {
            ids: page.map((message) => message.id),
            has_more: start > 0,
            has_newer: end < all.length,
            unread_id: (row?.unread_count && fromBuyer.at(-row.unread_count)?.id) || false,
            store: {
                "marketplace.conversation": [row].filter(Boolean),
                "marketplace.message": page,
            },
        };
    }

    chats_pictures([id]) {
        return this.messages
            .filter((message) => message.conversation_id === id && message.kind === "image")
            .flatMap((message) => message.attachments);
    }

    chats_post([id], { body, key }) {
        let message = this.messages.find((other) => other.key === key);
        if (!message) {
            const newest = Math.max(0, ...this.messages.map((other) => other.id));
            this.message(id, newest + 1, {
                direction: "out",
                body,
                key,
                state: "queued",
                sent_at: ago(0),
                author: { id: serverState.userId, name: "Mitchell Admin" },
            });
            message = this.messages.at(-1);
        }
        return { ids: [message.id], store: { "marketplace.message": [message] } };
    }

    chats_tick([id]) {
        const [row] = this.find([id]);
        Object.assign(row, {
            is_unprocessed: false,
            unread_count: 0,
            waiting_since: false,
            due_since: false,
        });
        return { store: { "marketplace.conversation": [row] } };
    }

    chats_assign([id], { user_id }) {
        const [row] = this.find([id]);
        row.responsible = user_id && { id: user_id, name: "Anna Kovaleva" };
        return { store: { "marketplace.conversation": [row] } };
    }

    /** Does something to each of these chats but those that refuse. */
    many(ids, change) {
        const done = ids.filter((id) => !this.refusals[id]);
        this.find(done).forEach(change);
        return {
            done,
            undone: ids
                .filter((id) => this.refusals[id])
                .map((id) => ({ id, reason: this.refusals[id] })),
            store: { "marketplace.conversation": this.find(ids) },
            counts: this.counts,
        };
    }

    chats_tick_many(ids) {
        return this.many(ids, (row) => this.chats_tick([row.id]));
    }

    chats_assign_many(ids, { user_id }) {
        return this.many(ids, (row) => this.chats_assign([row.id], { user_id }));
    }

    chats_snooze(ids, { until }) {
        return this.many(ids, (row) => {
            row.snoozed_until = until && ago(-120);
            row.due_since = false;
        });
    }

    chats_filter_choices() {
        return { employees: this.employees };
    }

    chats_cars() {
        return ["Haval Jolion"];
    }

    chats_save(ids, { name, view, query }) {
        this.filters = [...this.filters, { id: this.filters.length + 1, name, view, ...query }];
        return this.filters;
    }

    chats_remove([id]) {
        this.filters = this.filters.filter((saved) => saved.id !== id);
        return this.filters;
    }

    chats_assignees() {
        return [{ id: 77, name: "Anna Kovaleva" }];
    }

    chats_colleagues() {
        return [
            { id: 77, name: "Anna Kovaleva" },
            { id: 78, name: "Ivan Petrov" },
        ];
    }

    chats_presence() {
        return null;
    }

    chats_note([id], { body, key, mention_ids }) {
        const newest = Math.max(0, ...this.messages.map((other) => other.id));
        this.message(id, newest + 1, {
            direction: "note",
            body,
            key,
            sent_at: ago(0),
            author: { id: serverState.userId, name: "Mitchell Admin" },
            data: {
                mentions: this.chats_colleagues().filter((one) => mention_ids.includes(one.id)),
            },
        });
        const message = this.messages.at(-1);
        return { ids: [message.id], store: { "marketplace.message": [message] } };
    }

    chats_delete_note([id]) {
        this.messages = this.messages.filter((message) => message.id !== id);
        return { store: { "marketplace.message": [{ id, _DELETE: true }] } };
    }

    chats_undo([id], { key }) {
        const messages = this.messages.filter((message) => message.key === key);
        for (const message of messages) {
            message.state = "canceled";
        }
        return {
            store: { "marketplace.conversation": this.find([id]), "marketplace.message": messages },
        };
    }

    chats_release() {
        return true;
    }

    chats_templates() {
        return { items: this.templates, values: this.values };
    }

    chats_template_pictures() {
        return this.templatePictures;
    }

    chats_panel() {
        return this.panel;
    }

    chats_deal() {
        return this.deal;
    }

    chats_client() {
        return this.client;
    }

    chats_retry([id]) {
        const message = this.messages.find((other) => other.id === id);
        Object.assign(message, { state: "queued", error: false });
        return { store: { "marketplace.message": [message] } };
    }

    chats_cancel([id]) {
        const message = this.messages.find((other) => other.id === id);
        message.state = "canceled";
        return { store: { "marketplace.message": [message] } };
    }
}

const METHODS = Object.getOwnPropertyNames(ChatsServer.prototype).filter((name) =>
    name.startsWith("chats_")
);

/** @returns {ChatsServer} answering from now on; the clock stands at 12:50 of a Sunday */
export function mockChatsServer() {
    mockDate("2026-11-22 12:50:00", 0);
    const server = new ChatsServer();
    for (const method of METHODS) {
        onRpc(method, async ({ args, kwargs }) => {
            const values = omit(kwargs, "context");
            server.calls.push({ method, ids: args[0], kwargs: values });
            await server.delays[method];
            const message = server.failures[method];
            if (message) {
                delete server.failures[method];
                throw makeServerError({ message });
            }
            return JSON.parse(JSON.stringify(server[method](args[0], values)));
        });
    }
    return server;
}

/** @param {number} [resId] conversation to open at once */
export function openChats(resId) {
    return mountWithCleanup(ChatsScreen, { props: { action: {}, resId } });
}

/** @returns {Object} a quick reply as the server gives it */
export function template(values) {
    return {
        name: `Template ${values.id}`,
        shortcut: false,
        category: false,
        is_own: false,
        lang: false,
        pictures: [],
        body: `Text ${values.id}`,
        missing: [],
        ...values,
    };
}

/** As if a note came by the bus. */
export function receive(data) {
    getService("mail.store").insert(JSON.parse(JSON.stringify(data)));
}
