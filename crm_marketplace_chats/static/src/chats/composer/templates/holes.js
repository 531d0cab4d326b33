/** As models/marketplace_template_values.py writes and reads them. */
const PLACEHOLDER = /\{\{\s*(\w+)\s*(?:\|[^{}]*)?\}\}/g;

/**
 * The places of a text that wait for a value. The server sends no text that has one.
 *
 * @param {string} text
 * @param {Object<string, string>} values labels of all values, by name
 * @returns {{start: number, end: number, label: string}[]}
 */
export function findHoles(text, values) {
    return [...text.matchAll(PLACEHOLDER)]
        .filter(([, name]) => name in values)
        .map(({ 0: place, 1: name, index }) => ({
            start: index,
            end: index + place.length,
            label: values[name],
        }));
}
