import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { dependsOnTime } from "@crm_marketplace_chats/chats/model/filters";
import { CONVERSATION_CHANGED } from "@crm_marketplace_chats/chats/model/records";
import { VIEWS } from "@crm_marketplace_chats/chats/model/views";
import { MarketplaceMark } from "@crm_marketplace_chats/chats/common/mark/mark";
import { NoticeDialog } from "@crm_marketplace_chats/chats/notice/notice_dialog";
import { countLabel } from "@crm_marketplace_chats/core/counter_service";
import { ShiftSwitch } from "@crm_marketplace_chats/chats/shift/shift_switch";
import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useBus, useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useListKeys } from "./list_keys";
import { Facets } from "./filters/facets";
import { FilterMenu } from "./filters/filter_menu";
import { ConversationRows } from "./rows/conversation_rows";
import { SelectionBar } from "./selection/selection_bar";
import { useSteadyScroll } from "./steady_scroll";

const SEARCH_MS = 250;

/** Search, views and channels over the conversations themselves. */
export class ConversationList extends Component {
    static template = "crm_marketplace_chats.ConversationList";
    static components = {
        ConversationRows,
        Facets,
        FilterMenu,
        MarketplaceMark,
        SelectionBar,
        ShiftSwitch,
    };
    static props = {};

    setup() {
        this.chats = useChats();
        this.counter = useService("crm_marketplace_chats.counter");
        this.dialog = useService("dialog");
        this.views = VIEWS;
        this.countLabel = countLabel;
        this.input = useState({ search: this.list.search });
        this.scroll = useRef("scroll");
        this.end = useRef("end");
        this.search = useDebounced(
            () => this.chats.changeList((list) => list.setSearch(this.input.search)),
            SEARCH_MS
        );
        this.keys = useListKeys(this.scroll, this.chats, {
            open: (id) => this.open(id),
            select: (id, isRange) => this.select(id, isRange),
        });
        useSteadyScroll(this.scroll, ".o_mchats_row", () => this.list.rows);
        this.useMore();
        this.useAskedRefresh();
        // The field follows what was chosen elsewhere, e.g. an own filter.
        useEffect(
            (search) => {
                if (search !== this.input.search.trim()) {
                    this.input.search = search;
                }
            },
            () => [this.list.search]
        );
    }

    chooseNotices() {
        this.dialog.add(NoticeDialog);
    }

    get list() {
        return this.chats.list;
    }

    get emptyText() {
        return this.list.view.empty;
    }

    count(view) {
        return countLabel(this.counter.counts[view.id]);
    }

    /** The next page is asked for before the user reaches the end of this one. */
    useMore() {
        useEffect(
            (end, root) => {
                if (!end) {
                    return;
                }
                const observer = new IntersectionObserver(
                    // A slow page is told several at once, the last one is how it is now.
                    (entries) => entries.at(-1).isIntersecting && this.list.more(),
                    { root, rootMargin: "400px" }
                );
                observer.observe(end);
                return () => observer.disconnect();
            },
            // Also when an answer was dropped because another question was newer: the end is still in sight.
            () => [this.end.el, this.scroll.el, this.list.ids.length, this.list.isLoadingMore]
        );
    }

    /** What a search or a filter finds is for the server to say: a change asks it again, and so does time. */
    useAskedRefresh() {
        const refresh = useDebounced(() => this.list.isAsked && this.list.refresh(), SEARCH_MS);
        useBus(this.env.bus, CONVERSATION_CHANGED, refresh);
        useEffect(
            () => {
                if (this.list.isAsked) {
                    refresh();
                }
            },
            () => [dependsOnTime(this.list.filters) && +this.chats.now]
        );
    }

    onSearchKeydown(ev) {
        if (ev.key === "ArrowDown") {
            ev.preventDefault();
            this.keys.focusFirst();
        } else if (ev.key === "Enter") {
            this.search.cancel();
            this.chats.changeList((list) => list.setSearch(this.input.search));
        }
    }

    deletionLabel(saved) {
        return _t("Delete the filter %s", saved.name);
    }

    clearSearch() {
        this.input.search = "";
        this.chats.changeList((list) => list.setSearch(""));
    }

    showAll() {
        this.chats.changeList((list) => list.widen());
    }

    open(id) {
        this.chats.open(id, this.hitId(id));
    }

    prepare(id) {
        if (!this.hitId(id)) {
            this.env.chats.prepare(id);
        }
    }

    /** @returns {number|false|undefined} the message that the search has found in that chat */
    hitId(id) {
        return this.list.search ? this.list.hits[id]?.message_id : false;
    }

    /** @param {boolean} isRange from the row selected last to this one */
    select(id, isRange) {
        if (isRange) {
            this.chats.selection.extend(id);
        } else {
            this.chats.selection.toggle(id);
        }
    }
}
