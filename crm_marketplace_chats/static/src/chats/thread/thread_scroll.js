import { onMounted, onPatched, onWillPatch, onWillUnmount, useState } from "@odoo/owl";

/** This close to the end counts as being at the end. */
const NEAR = 48;

/**
 * Where a thread is scrolled to: at the message that was searched for, at the first unread one or the end when it opens, at the end as long as the user
 * is there, and exactly where it was when older messages come in above or pictures grow.
 *
 * @param {Object} refs
 * @param {{el: HTMLElement}} refs.scroll the scrolling element
 * @param {{el: HTMLElement}} refs.content what grows in it
 * @param {Object} hooks
 * @param {() => boolean} hooks.isOpening whether the messages to be shown first are still to come
 * @param {() => boolean} hooks.hasNewer whether the thread goes on behind what is loaded
 * @param {() => void} hooks.onEnd the newest message is on screen
 */
export function useThreadScroll({ scroll, content }, { isOpening, hasNewer, onEnd }) {
    const state = useState({ isAtEnd: true });
    let isPlaced = false;
    let judgedAt = 0;
    let before;

    const firstShown = () => scroll.el.querySelector("[data-message]")?.dataset.message;

    function judge() {
        const { scrollTop, clientHeight, scrollHeight } = scroll.el;
        judgedAt = scrollTop;
        state.isAtEnd = !hasNewer() && scrollHeight - scrollTop - clientHeight < NEAR;
        if (isPlaced && state.isAtEnd) {
            onEnd();
        }
    }

    /** Also when the user has just scrolled up and the browser has not said so yet. */
    function staysAtEnd() {
        if (scroll.el.scrollTop < judgedAt - 1) {
            judge();
        }
        return state.isAtEnd;
    }

    function toEnd() {
        scroll.el.scrollTop = scroll.el.scrollHeight;
        judge();
    }

    function place() {
        const target = scroll.el.querySelector(".o_mchats_hit") ?? scroll.el.querySelector(".o_mchats_divider");
        isPlaced = !isOpening();
        if (isPlaced && target) {
            scroll.el.scrollTop = target.offsetTop - scroll.el.clientHeight / 4;
            judge();
        } else {
            toEnd();
        }
    }

    function settle() {
        if (!isPlaced) {
            place();
        } else if (before.isAtEnd) {
            toEnd();
        } else if (before.first && before.first !== firstShown()) {
            scroll.el.scrollTop = scroll.el.scrollHeight - before.distanceToEnd;
        }
    }

    const observer = new ResizeObserver(() => isPlaced && staysAtEnd() && toEnd());
    onMounted(() => {
        observer.observe(content.el);
        observer.observe(scroll.el);
        place();
    });
    onWillUnmount(() => observer.disconnect());
    onWillPatch(() => {
        before = {
            isAtEnd: staysAtEnd(),
            first: firstShown(),
            distanceToEnd: scroll.el.scrollHeight - scroll.el.scrollTop,
        };
    });
    onPatched(settle);
    return { state, toEnd, place, onScroll: judge };
}
