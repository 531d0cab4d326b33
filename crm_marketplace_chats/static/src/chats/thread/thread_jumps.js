import { Component } from "@odoo/owl";

/** The ways to what is out of sight: the first unread message, the newest one. */
export class ThreadJumps extends Component {
    static template = "crm_marketplace_chats.ThreadJumps";
    static props = {
        thread: Object,
        conversation: Object,
        /** see `useThreadScroll` */
        place: Object,
        goTo: Function,
        toEnd: Function,
    };

    get place() {
        return this.props.place;
    }

    get thread() {
        return this.props.thread;
    }

    /** @returns {""|"above"|"below"} where the unread messages begin, when that is out of sight */
    get unreadPlace() {
        const { dividerId, hasMore } = this.thread;
        const { divider } = this.place;
        if (!dividerId || !this.props.conversation.unread_count || divider === "shown") {
            return "";
        }
        // Not even loaded: it lies further up, unless the window lies there already.
        return divider === "none" ? (hasMore ? "above" : "") : divider;
    }
}
