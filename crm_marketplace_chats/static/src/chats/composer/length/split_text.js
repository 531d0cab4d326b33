/** Marketplaces count characters as JSON Schema does, by code points: an emoji is one, not two. */
export function countCharacters(text) {
    return [...text].length;
}

/**
 * Foretells how the server will cut a text that is too long for one message. It must say the same as `split_text` in
 * models/marketplace_conversation_writing.py; the tests of both hold the same examples.
 *
 * @param {string} text
 * @param {number} limit characters of one message
 * @returns {string[]}
 */
export function splitText(text, limit) {
    const parts = [];
    let rest = [...text];
    while (rest.length > limit) {
        const head = rest.slice(0, limit + 1);
        const half = Math.floor(limit / 2);
        const cut = [head.lastIndexOf("\n"), head.lastIndexOf(" "), limit].find((at) => at >= half);
        parts.push(rest.slice(0, cut).join("").trimEnd());
        rest = [...rest.slice(cut).join("").trimStart()];
    }
    return [...parts, rest.join("")].filter(Boolean);
}
