import { dayLabel } from "@crm_marketplace_chats/chats/common/format";
import { NoteBubble } from "@crm_marketplace_chats/chats/note/note_bubble";
import { Picture } from "@crm_marketplace_chats/chats/common/picture";
import { Message } from "@crm_marketplace_chats/chats/thread/message/message";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, useEffect, useRef } from "@odoo/owl";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { threadDays } from "./thread_items";
import { ThreadJumps } from "./thread_jumps";
import { useThreadScroll } from "./thread_scroll";

/** The messages of the open conversation. */
export class Thread extends Component {
    static template = "crm_marketplace_chats.Thread";
    static components = { Message, NoteBubble, ThreadJumps };
    static props = { conversation: Object, thread: Object };

    setup() {
        this.chats = useChats();
        this.fileViewer = useFileViewer();
        this.dayLabel = dayLabel;
        this.scrollRef = useRef("scroll");
        this.scroll = useThreadScroll(
            { scroll: this.scrollRef, content: useRef("content") },
            {
                isOpening: () => this.thread.isOpening,
                isCut: () => this.thread.hasNewer,
                onEnd: () => this.thread.see(),
                // What has failed is tried again by hand.
                onNearStart: () => this.thread.failure || this.thread.loadOlder(),
                onNearEnd: () => this.thread.failure || this.thread.loadNewer(),
            }
        );
        useEffect(
            (id) => {
                if (id) {
                    this.thread.goalId = false;
                    this.scroll.toMessage(id);
                }
            },
            () => [this.thread.goalId]
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
            () => [this.thread.queuedLastId]
        );
    }

    get thread() {
        return this.props.thread;
    }

    getDays() {
        return threadDays(this.thread.messages, this.thread.dividerId);
    }

    async toEnd() {
        await this.thread.goToNewest();
        if (this.scrollRef.el) {
            this.scroll.toEnd();
        }
    }

    /** Shows a message of this chat, e.g. one that is quoted. */
    goTo(id) {
        return this.thread.goTo(id);
    }

    /** All pictures of the chat can be leafed through, also those that are not loaded. */
    async openPicture(attachment) {
        const { thread } = this;
        const loaded = thread.messages
            .filter(({ kind }) => kind === "image")
            .flatMap(({ attachments }) => attachments || []);
        const all = thread.isWhole
            ? loaded
            : await this.chats.attempt(() => this.chats.api.pictures(thread.id));
        const pictures = (all || loaded).map((picture) => new Picture(picture));
        this.fileViewer.open(
            pictures.find(({ id }) => id === attachment.id) ?? new Picture(attachment),
            pictures
        );
    }
}
