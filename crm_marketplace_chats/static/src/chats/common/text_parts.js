/**
 * A stranger's text in parts that a template can show without ever treating it as markup.
 */

const LINK = /\b(?:https?:\/\/|www\.)[^\s<>"'«»]+/gi;
/** What ends a sentence rather than an address. */
const TAIL = /[.,!?;:)\]}…]+$/;

/**
 * @param {string|false|undefined} value an address of somebody else's making
 * @returns {string|false} the address if a browser may follow it, else false
 */
export function safeUrl(value) {
    if (!value || !URL.canParse(value)) {
        return false;
    }
    return ["http:", "https:"].includes(new URL(value).protocol) ? value : false;
}

/**
 * @param {string} text
 * @returns {{text: string, href?: string}[]}
 */
export function textParts(text) {
    const parts = [];
    let end = 0;
    for (const match of text.matchAll(LINK)) {
        const shown = match[0].replace(TAIL, "");
        const href = safeUrl(shown.toLowerCase().startsWith("www.") ? `https://${shown}` : shown);
        if (!href) {
            continue;
        }
        if (match.index > end) {
            parts.push({ text: text.slice(end, match.index) });
        }
        parts.push({ text: shown, href });
        end = match.index + shown.length;
    }
    if (end < text.length) {
        parts.push({ text: text.slice(end) });
    }
    return parts;
}
