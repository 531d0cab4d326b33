import { onMounted, onPatched, onWillPatch, onWillUnmount, reactive } from "@odoo/owl";

/** This close to the end counts as being at the end. */
const NEAR = 48;
/** Pages are asked for this long before their place comes into sight; not yet when a chat has just been opened. */
const AHEAD = 400;

/**
 * Where a thread is scrolled to: at the first unread message or the end when it opens, at the end as long as the user
 * is there, at a message that somebody wants to see; else what the user reads stays where it is, whatever comes, goes
 * or grows above it.
 *
 * @param {Object} refs
 * @param {{el: HTMLElement}} refs.scroll the scrolling element
 * @param {{el: HTMLElement}} refs.content what grows in it
 * @param {Object} hooks
 * @param {() => boolean} hooks.isOpening whether the newest messages are still to come
 * @param {() => boolean} hooks.isCut whether newer messages than those shown exist
 * @param {() => void} hooks.onEnd the newest message is on screen
 * @param {() => void} hooks.onNearStart the first message that is loaded comes near
 * @param {() => void} hooks.onNearEnd the last one does
 */
export function useThreadScroll({ scroll, content }, hooks) {
    const { isOpening, isCut, onEnd } = hooks;
    /**
     * Watched by what shows it, not by the thread: the messages are not drawn again because somebody scrolls.
     *
     * @type {{isAtEnd: boolean, divider: "above"|"below"|"shown"|"none"}}
     */
    const state = reactive({ isAtEnd: true, divider: "none" });
    let isPlaced = false;
    let judgedAt = 0;
    /** @type {{id: string, top: number}|undefined} the first message on screen, and how far below the edge */
    let anchor;

    const find = (id) => scroll.el.querySelector(`[data-message="${id}"]`);

    /** Messages stand one below the other, so halving finds the first that reaches into the window. */
    function firstShown() {
        const messages = scroll.el.querySelectorAll("[data-message]");
        const { scrollTop } = scroll.el;
        let [low, high] = [0, messages.length];
        while (low < high) {
            const middle = (low + high) >> 1;
            const { offsetTop, offsetHeight } = messages[middle];
            [low, high] = offsetTop + offsetHeight > scrollTop ? [low, middle] : [middle + 1, high];
        }
        const shown = messages[low];
        return shown && { id: shown.dataset.message, top: shown.offsetTop - scrollTop };
    }

    function dividerPlace() {
        const divider = scroll.el.querySelector(".o_mchats_divider");
        if (!divider) {
            return "none";
        }
        const top = divider.offsetTop - scroll.el.scrollTop;
        return top < 0 ? "above" : top > scroll.el.clientHeight ? "below" : "shown";
    }

    function judge() {
        const { scrollTop, clientHeight, scrollHeight } = scroll.el;
        const distanceToEnd = scrollHeight - scrollTop - clientHeight;
        judgedAt = scrollTop;
        anchor = firstShown();
        state.isAtEnd = !isCut() && distanceToEnd < NEAR;
        state.divider = dividerPlace();
        if (!isPlaced) {
            return;
        }
        if (state.isAtEnd) {
            onEnd();
        }
        if (scrollTop < AHEAD) {
            hooks.onNearStart();
        }
        if (distanceToEnd < AHEAD) {
            hooks.onNearEnd();
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

    /** Puts an element at that part of the window's height. */
    function show(element, part) {
        scroll.el.scrollTop = element.offsetTop - scroll.el.clientHeight * part;
        judge();
    }

    function place() {
        const divider = scroll.el.querySelector(".o_mchats_divider");
        isPlaced = !isOpening();
        if (isPlaced && divider) {
            show(divider, 1 / 4);
        } else {
            toEnd();
        }
    }

    /** What was first on screen is where it was. */
    function restore() {
        const element = anchor && find(anchor.id);
        const moved = element ? element.offsetTop - scroll.el.scrollTop - anchor.top : 0;
        if (moved) {
            scroll.el.scrollTop += moved;
        }
        judge();
    }

    /** @param {number} id a message that is there */
    function toMessage(id) {
        const element = find(id);
        isPlaced = true;
        show(element, 1 / 3);
        element.classList.add("o_mchats_flash");
        element.addEventListener("animationend", () => element.classList.remove("o_mchats_flash"), {
            once: true,
        });
    }

    function settle() {
        if (!isPlaced) {
            place();
        } else if (state.isAtEnd && !isCut()) {
            toEnd();
        } else {
            restore();
        }
    }

    const observer = new ResizeObserver(() => isPlaced && (staysAtEnd() ? toEnd() : restore()));
    onMounted(() => {
        observer.observe(content.el);
        observer.observe(scroll.el);
        place();
    });
    onWillUnmount(() => observer.disconnect());
    onWillPatch(() => {
        if (isPlaced && !staysAtEnd()) {
            anchor = firstShown();
        }
    });
    onPatched(settle);
    return { state, toEnd, toMessage, onScroll: judge };
}
