import { browser } from "@web/core/browser/browser";

/** Resolves when what has changed so far is on the screen; in a tab that nobody sees, when somebody does. */
export function painted() {
    return new Promise((resolve) => {
        browser.requestAnimationFrame(() => browser.setTimeout(resolve));
    });
}
