/**
 * A text in parts, so that what was searched for can be marked without ever treating the text as markup.
 *
 * @param {string} text
 * @param {string} wanted
 * @returns {{text: string, isHit: boolean}[]}
 */
export function markedParts(text, wanted) {
    const start = wanted ? text.toLowerCase().indexOf(wanted.toLowerCase()) : -1;
    if (start < 0) {
        return [{ text, isHit: false }];
    }
    const end = start + wanted.length;
    return [
        { text: text.slice(0, start), isHit: false },
        { text: text.slice(start, end), isHit: true },
        { text: text.slice(end), isHit: false },
    ].filter((part) => part.text);
}
