import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { VIEWS } from "@crm_marketplace_chats/chats/model/views";
import { MarketplaceMark } from "@crm_marketplace_chats/chats/common/mark/mark";
import { NoticeDialog } from "@crm_marketplace_chats/chats/notice/notice_dialog";
import { countLabel } from "@crm_marketplace_chats/core/counter_service";
import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useListKeys } from "./list_keys";
import { ConversationRow } from "./row/conversation_row";
import { useSteadyScroll } from "./steady_scroll";

const SEARCH_MS = 250;

/** Search, views and channels over the conversations themselves. */
export class ConversationList extends Component {
    static template = "crm_marketplace_chats.ConversationList";
    static components = { ConversationRow, MarketplaceMark };
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
        this.keys = useListKeys(this.scroll, (id) => this.open(id));
        useSteadyScroll(this.scroll, ".o_mchats_row");
        this.useMore();
        this.useSearchRefresh();
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
        const count = this.counter.counts[view.id];
        return count ? countLabel(count) : "";
    }

    /** The next page is asked for before the user reaches the end of this one. */
    useMore() {
        useEffect(
            (end, root) => {
                if (!end) {
                    return;
                }
                const observer = new IntersectionObserver(
                    ([entry]) => entry.isIntersecting && this.list.more(),
                    { root, rootMargin: "400px" }
                );
                observer.observe(end);
                return () => observer.disconnect();
            },
            () => [this.end.el, this.scroll.el, this.list.ids.length]
        );
    }

    /** What a search finds is for the server to say: a change asks it again. */
    useSearchRefresh() {
        const refresh = useDebounced(() => this.list.search && this.list.refresh(), SEARCH_MS);
        useEffect(
            () => {
                if (this.list.search) {
                    refresh();
                }
            },
            () => [this.counter.changes]
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

    clearSearch() {
        this.input.search = "";
        this.chats.changeList((list) => list.setSearch(""));
    }

    showAll() {
        this.input.search = "";
        this.chats.changeList((list) => {
            list.search = "";
            list.channelIds = [];
            list.setView(VIEWS.at(-1));
        });
    }

    open(id) {
        this.chats.open(id);
    }
}
