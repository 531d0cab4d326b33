import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { toRaw } from "@odoo/owl";
import { Model } from "./model";
import { rowMoves } from "./records";
import { comparator, VIEWS } from "./views";

const PAGE = 50;

/**
 * The list on the left. The server says which conversations belong to it, page by page; from then on the records in
 * the store keep it in order, and a conversation that begins to match while the screen is open appears by itself.
 */
export class ListModel extends Model {
    view = VIEWS[0];
    /** @type {number[]} empty: all channels */
    channelIds = [];
    search = "";
    /** What else it is narrowed to, see filters.js. */
    filters = {};
    /** @type {number|false} the own filter that all of this comes from */
    savedId = false;
    /** @type {Object<number, Object>} where in a chat the search has found its text */
    hits = {};
    /** @type {number[]} ids the server gave, in its order */
    ids = [];
    hasMore = false;
    /** @type {"loading"|"ready"|"failed"} */
    status = "loading";
    failure = "";
    isLoadingMore = false;
    /** @type {{id: number, key: number}|undefined} the open row: it keeps its place when it stops matching */
    kept = undefined;
    /** Counts how often a row that had stopped matching was let go. */
    releases = 0;
    moves = rowMoves;
    /** @type {{causes: any[], rows: Object[]}} `rows` as they were found last, and of what that was a result */
    found = { causes: [], rows: [] };
    /** @type {Map<number, string>} matching by what is known here, but left out by the server: until they change. It is
     * replaced, never written into, as all that `rows` depend on. */
    gone = new Map();
    /** Answers to an older question are dropped. */
    question = 0;

    constructor(api, store) {
        super();
        this.api = api;
        this.store = store;
    }

    get query() {
        return {
            view: this.view.id,
            channel_ids: this.channelIds.length ? [...this.channelIds] : false,
            search: this.search,
            filters: { ...this.filters },
        };
    }

    /** Which chats belong to it is for the server alone to say. */
    get isAsked() {
        return Boolean(this.search || Object.keys(this.filters).length);
    }

    get isNarrowed() {
        return this.isAsked || this.channelIds.length > 0;
    }

    /**
     * Found anew only where something has changed that they depend on: whoever reads this watches those few things,
     * not each field of each conversation.
     *
     * @returns {Object[]} conversations, as they are to be shown; the same array as long as nothing has moved
     */
    get rows() {
        const { moves, releases, view, channelIds, search, filters, ids, hasMore, gone } = this;
        const causes = [
            moves.count,
            releases,
            view,
            channelIds,
            search,
            filters,
            ids,
            hasMore,
            gone,
        ].map(toRaw);
        const plain = toRaw(this);
        if (causes.some((cause, index) => cause !== plain.found.causes[index])) {
            plain.found = { causes, rows: plain.findRows() };
        }
        return plain.found.rows;
    }

    findRows() {
        const records = this.store["marketplace.conversation"];
        if (this.isAsked) {
            return this.ids.map((id) => records.get(id)).filter((row) => row?.isKnown);
        }
        const entries = Object.values(records.records)
            .filter((conversation) => this.shows(conversation))
            .map((conversation) => ({
                conversation,
                id: conversation.id,
                key: this.orderKey(conversation),
            }))
            .sort(comparator(this.view.order));
        return this.untilLastLoaded(entries).map(({ conversation }) => conversation);
    }

    /** Further down there may be others the server has not given yet: nothing is shown beyond the last one it gave. */
    untilLastLoaded(entries) {
        if (!this.hasMore) {
            return entries;
        }
        const loaded = new Set(this.ids);
        return entries.slice(0, entries.findLastIndex(({ id }) => loaded.has(id)) + 1);
    }

    shows(conversation) {
        const { channelIds, gone } = this;
        return (
            conversation.isKnown &&
            (!channelIds.length || channelIds.includes(conversation.channel_id.id)) &&
            (conversation.id === this.kept?.id ||
                (this.view.matches(conversation) &&
                    gone.get(conversation.id) !== conversation.changedBy))
        );
    }

    orderKey(conversation) {
        return conversation.id === this.kept?.id && !this.view.matches(conversation)
            ? this.kept.key
            : this.view.order.key(conversation);
    }

    /** The open conversation stays in its place also when it is answered; the one before is let go. */
    keep(conversation) {
        const plain = toRaw(this);
        const before = plain.kept && this.store["marketplace.conversation"].get(plain.kept.id);
        // As long as it matches, nobody sees that a row is kept: so no row is drawn anew for it.
        plain.kept =
            conversation && this.view.matches(conversation)
                ? { id: conversation.id, key: this.view.order.key(conversation) }
                : undefined;
        if (before && !this.view.matches(before)) {
            this.releases++;
        }
    }

    setView(view) {
        this.view = view;
        return this.narrow();
    }

    setFilters(filters) {
        this.filters = filters;
        return this.narrow();
    }

    /** @param {{id: number, view: string, channel_ids: number[], search: string, filters: Object}} saved */
    apply(saved, channelIds) {
        this.view = VIEWS.find(({ id }) => id === saved.view) ?? VIEWS[0];
        this.channelIds = (saved.channel_ids || []).filter((id) => channelIds.includes(id));
        this.search = saved.search || "";
        this.filters = saved.filters || {};
        this.savedId = saved.id;
        return this.restart();
    }

    /** Shows all there is. */
    widen() {
        this.search = "";
        this.channelIds = [];
        this.filters = {};
        return this.setView(VIEWS.at(-1));
    }

    /** Begins anew with what was chosen by hand. */
    narrow() {
        this.savedId = false;
        return this.restart();
    }

    toggleChannel(id) {
        this.channelIds = this.channelIds.includes(id)
            ? this.channelIds.filter((other) => other !== id)
            : [...this.channelIds, id];
        return this.narrow();
    }

    setSearch(text) {
        const search = text.trim();
        const isNarrowed = Boolean(this.search && search);
        this.search = search;
        // While somebody is still typing, what was found so far stays until there is something better.
        return isNarrowed ? this.load() : this.narrow();
    }

    restart() {
        this.kept = undefined;
        this.ids = [];
        this.hasMore = false;
        return this.load();
    }

    /** Loads the first page and shows that it is doing so. */
    async load() {
        this.status = "loading";
        await this.ask({ after: false, limit: PAGE }, (answer) => {
            this.ids = answer.ids;
            this.hits = answer.hits;
            this.hasMore = answer.has_more;
            this.gone = new Map();
            this.status = "ready";
        });
    }

    /** Asks again for the first page, quietly; what was loaded further down stays. A failure leaves all as it is. */
    async refresh() {
        const before = this.ids;
        await this.ask({ after: false, limit: PAGE }, (answer) => {
            const isWhole = before.length <= PAGE || !answer.has_more;
            const ids = this.withKept(answer.ids, before);
            this.ids = isWhole ? ids : [...new Set([...ids, ...before])];
            this.hits = { ...this.hits, ...answer.hits };
            this.hasMore = isWhole ? answer.has_more : this.hasMore;
            this.status = "ready";
            this.noteGone(answer);
        });
    }

    /** The open chat keeps its place in an asked list too. */
    withKept(ids, before) {
        const id = this.kept?.id;
        const place = this.isAsked && !ids.includes(id) ? before.indexOf(id) : -1;
        return place < 0 ? ids : ids.toSpliced(place, 0, id);
    }

    /** The store may hold rows that matched when the line broke: what the server leaves out is not shown. */
    noteGone(answer) {
        this.gone = new Map();
        const given = new Set(answer.ids);
        const rows = this.isAsked ? [] : this.rows;
        const last = rows.findLastIndex(({ id }) => given.has(id));
        const range = answer.has_more ? rows.slice(0, last) : rows;
        const left = range.filter(({ id }) => !given.has(id));
        this.gone = new Map(left.map(({ id, changedBy }) => [id, changedBy]));
    }

    async more() {
        const rows = this.rows.filter((row) => this.view.matches(row));
        if (!this.hasMore || this.isLoadingMore || !rows.length) {
            return;
        }
        this.isLoadingMore = true;
        await this.ask({ after: rows.at(-1).id, limit: PAGE }, (answer) => {
            this.ids = [...new Set([...this.ids, ...answer.ids])];
            this.hits = { ...this.hits, ...answer.hits };
            this.hasMore = answer.has_more;
        });
        this.isLoadingMore = false;
    }

    async ask(page, accept) {
        const question = ++this.question;
        try {
            const answer = await this.api.list({ ...this.query, ...page });
            if (question === this.question) {
                this.failure = "";
                accept(answer);
            }
        } catch (error) {
            if (question === this.question) {
                this.failure = failureText(error);
                this.status = this.ids.length ? "ready" : "failed";
            }
        }
    }
}
