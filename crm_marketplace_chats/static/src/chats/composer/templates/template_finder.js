/** How well a template answers what was typed: the first that fits decides. */
const RANKS = [
    ({ shortcut }, text) => shortcut === text,
    ({ shortcut }, text) => shortcut.startsWith(text),
    ({ name }, text) => name.startsWith(text),
    ({ name }, text) => name.includes(text),
];

/**
 * Templates in which all words of a text occur; the best answer first, else in the server's order.
 *
 * @param {Object[]} templates
 * @param {string} typed
 * @returns {Object[]}
 */
export function findTemplates(templates, typed) {
    const text = typed.trim().toLowerCase();
    if (!text) {
        return templates;
    }
    const words = text.split(/\s+/);
    return templates
        .map((template) => {
            const { name, shortcut, body, category } = template;
            const known = { name: name.toLowerCase(), shortcut: (shortcut || "").toLowerCase() };
            const all = `${known.name} ${known.shortcut} ${category || ""} ${body}`.toLowerCase();
            const rank = RANKS.findIndex((fits) => fits(known, text));
            return { template, all, rank: rank < 0 ? RANKS.length : rank };
        })
        .filter(({ all }) => words.every((word) => all.includes(word)))
        .sort((a, b) => a.rank - b.rank)
        .map(({ template }) => template);
}

/**
 * Under their headings; those without a category first.
 *
 * @returns {{category: string, templates: Object[]}[]}
 */
export function groupTemplates(templates) {
    const groups = new Map([["", []]]);
    for (const template of templates) {
        const category = template.category || "";
        groups.set(category, [...(groups.get(category) || []), template]);
    }
    return [...groups]
        .map(([category, members]) => ({ category, templates: members }))
        .filter((group) => group.templates.length);
}

/**
 * A list of templates that is walked through by keys, while the cursor stays in a text field.
 */
export class TemplateChoice {
    active = 0;

    /** @param {() => Object[]} getFound in the best order */
    constructor(getFound) {
        this.getFound = getFound;
    }

    get groups() {
        return groupTemplates(this.getFound());
    }

    get shown() {
        return this.groups.flatMap(({ templates }) => templates);
    }

    get chosen() {
        return this.shown[Math.min(this.active, this.shown.length - 1)];
    }

    step(step) {
        const { length } = this.shown;
        this.active = (Math.min(this.active, length - 1) + step + length) % length;
    }
}
