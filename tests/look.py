"""What a page may be wrong in: findings of axe-core, what lies over what, what is too wide."""

from pathlib import Path

import axe_playwright_python

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
# Ours on the page: the screen, and what it opens above it.
OURS = (".o_mchats", ".o_popover", ".o_dialog", ".o_bottom_sheet")
RUN = """async (ours) => {
    const include = ours.filter((one) => document.querySelector(one)).map((one) => [one]);
    const { violations } = await axe.run({ include }, { resultTypes: ["violations"] });
    return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(({ id, nodes }) =>
        nodes.map(({ target, html, failureSummary }) => ({ id, html, place: target.join(" "), why: failureSummary }))
    );
}"""
# Odoo's navigation says of each item of a dropdown whether it is selected, which a menu's item cannot be.
ODOOS = "ARIA attribute is not allowed: aria-selected="

COVERED = """() => {
    const name = (element) => element.getAttribute("aria-label") || element.textContent.trim() || element.className;
    const shown = (element) => {
        const { width, height } = element.getBoundingClientRect();
        return width && height && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    };
    const clip = (element) => {
        // What is left of it within the panes that scroll.
        let { left, right, top, bottom } = element.getBoundingClientRect();
        for (let pane = element.parentElement; pane; pane = pane.parentElement) {
            if (getComputedStyle(pane).overflow !== "visible") {
                const box = pane.getBoundingClientRect();
                [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
                [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
            }
        }
        return right - left > 8 && bottom - top > 8 ? [(left + right) / 2, (top + bottom) / 2] : null;
    };
    return [...document.querySelectorAll(".o_mchats :is(button, a[href], input, textarea, [role=option])")]
        .filter((element) => shown(element) && !element.closest(".o_mchats_jumps"))
        .filter((element) => {
            const middle = clip(element);
            const hit = middle && document.elementFromPoint(...middle);
            return hit && !element.contains(hit) && !hit.contains(element);
        })
        .map(name);
}"""
SIDEWAYS = """() => Math.max(
    document.documentElement.scrollWidth, document.body.scrollWidth, document.querySelector(".o_mchats").scrollWidth
) - document.documentElement.clientWidth"""


def findings(page):
    """Return what axe-core calls serious or critical in our part of the page, each in a line."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE)
    # A menu that is just fading in has no contrast yet.
    page.evaluate("() => Promise.allSettled(document.getAnimations().filter((one) =>"
                  " one.effect.getTiming().iterations !== Infinity).map((one) => one.finished))")  # fmt: skip
    found = page.evaluate(RUN, OURS)
    return [
        f"{one['id']}: {one['place']}: {' '.join(one['why'].split())}"
        for one in found
        if ODOOS not in one["why"]
    ]


def covered(page):
    """Return the names of what could be clicked if nothing else lay over its middle."""
    return page.evaluate(COVERED)


def sideways(page):
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate(SIDEWAYS)
