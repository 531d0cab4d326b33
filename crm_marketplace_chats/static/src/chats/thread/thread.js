import { dayLabel } from "@crm_marketplace_chats/chats/common/format";
import { NoteBubble } from "@crm_marketplace_chats/chats/note/note_bubble";
import { Message } from "@crm_marketplace_chats/chats/thread/message/message";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, useEffect, useRef } from "@odoo/owl";
import { threadItems } from "./thread_items";
import { useThreadScroll } from "./thread_scroll";

/** The messages of the open conversation. */
export class Thread extends Component {
    static template = "crm_marketplace_chats.Thread";
    static components = { Message, NoteBubble };
    static props = { conversation: Object, thread: Object };

    setup() {
        this.chats = useChats();
        this.dayLabel = dayLabel;
        this.scrollRef = useRef("scroll");
        this.top = useRef("top");
        this.scroll = useThreadScroll(
            { scroll: this.scrollRef, content: useRef("content") },
            {
                isOpening: () => this.thread.isOpening,
                hasNewer: () => this.thread.hasNewer,
                onEnd: () => this.thread.see(),
            }
        );
        this.bottom = useRef("bottom");
        useEffect(
            (bottom, root) => {
                if (!bottom) {
                    return;
                }
                const observer = new IntersectionObserver(
                    ([entry]) => entry.isIntersecting && this.thread.loadNewer(),
                    { root, rootMargin: "400px" }
                );
                observer.observe(bottom);
                return () => observer.disconnect();
            },
            () => [this.bottom.el, this.scrollRef.el, this.thread.newestId]
        );
        useEffect(
            (hitId, isOpening) => {
                if (hitId && !isOpening) {
                    this.scroll.place();
                }
            },
            () => [this.thread.hitId, this.thread.isOpening]
        );
        useEffect(
            (top, root) => {
                if (!top) {
                    return;
                }
                const observer = new IntersectionObserver(
                    ([entry]) => entry.isIntersecting && this.thread.loadOlder(),
                    { root, rootMargin: "400px" }
                );
                observer.observe(top);
                return () => observer.disconnect();
            },
            () => [this.top.el, this.scrollRef.el, this.thread.oldestId]
        );
        // Once answered or ticked, what was new is new no more, also when the buyer goes on writing.
        useEffect(
            (isUnprocessed) => {
                if (!isUnprocessed) {
                    this.thread.dividerId = false;
                }
            },
            () => [this.props.conversation.is_unprocessed]
        );
        // What we wrote ourselves is always looked at.
        useEffect(
            (ours) => {
                if (ours) {
                    this.toEnd();
                }
            },
            () => [this.newestHeld?.state === "queued" && this.newestHeld.id]
        );
    }

    get thread() {
        return this.props.thread;
    }

    get newestHeld() {
        return this.thread.held.at(-1);
    }

    /** Also from an old stretch, which has to be left for the newest messages. */
    async toEnd() {
        if (this.thread.hasNewer) {
            await this.chats.loadThread(this.thread.id);
        }
        this.scroll.toEnd();
    }

    get items() {
        return threadItems(this.thread.messages, this.thread.dividerId);
    }
}
