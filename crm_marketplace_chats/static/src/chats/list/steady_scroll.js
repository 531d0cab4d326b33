import { onPatched, onWillPatch } from "@odoo/owl";

/**
 * Keeps what the user looks at where it is, when rows come, go and change places. At the very top the list stays at
 * the top, so that what is new is seen.
 *
 * @param {{el: HTMLElement}} scroll the scrolling element
 * @param {string} selector of its rows, which carry `data-id`
 * @param {() => any[]} getRows another array when rows may have come, gone or moved: only then is anything measured
 */
export function useSteadyScroll(scroll, selector, getRows) {
    let before = new Map();
    let shown;

    const rows = () => [...scroll.el.querySelectorAll(`${selector}[data-id]`)];

    onWillPatch(() => {
        before.clear();
        if (shown === getRows()) {
            return;
        }
        shown = getRows();
        const { scrollTop, clientHeight } = scroll.el;
        const isVisible = (row) =>
            row.offsetTop + row.offsetHeight > scrollTop &&
            row.offsetTop < scrollTop + clientHeight;
        before = new Map(
            scrollTop
                ? rows()
                      .filter(isVisible)
                      .map((row) => [row.dataset.id, row.offsetTop])
                : []
        );
    });

    onPatched(() => {
        if (!before.size) {
            return;
        }
        // A row that changed its own place says nothing: what most of them did is what the user would feel.
        const moves = rows()
            .filter((row) => before.has(row.dataset.id))
            .map((row) => row.offsetTop - before.get(row.dataset.id))
            .sort((a, b) => a - b);
        const move = moves[Math.floor(moves.length / 2)];
        if (move) {
            scroll.el.scrollTop += move;
        }
    });
}
