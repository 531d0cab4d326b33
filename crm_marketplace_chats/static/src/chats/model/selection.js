/** The chats that are ticked off in the list, for doing one thing to all of them. */
export class Selection {
    /** @type {Set<number>} */
    picked = new Set();
    /** @type {number|undefined} where a range begins */
    anchor = undefined;

    /** @param {import("./list_model").ListModel} list */
    constructor(list) {
        this.list = list;
    }

    /** @returns {Object[]} those that are still in the list, in its order */
    get rows() {
        return this.picked.size ? this.list.rows.filter(({ id }) => this.picked.has(id)) : [];
    }

    get count() {
        return this.rows.length;
    }

    has(id) {
        return this.picked.has(id);
    }

    toggle(id) {
        if (!this.picked.delete(id)) {
            this.picked.add(id);
        }
        this.anchor = id;
    }

    /** Picks everything from the row that was picked last to this one. */
    extend(id) {
        const ids = this.list.rows.map((row) => row.id);
        const from = ids.indexOf(this.anchor);
        if (from < 0) {
            this.toggle(id);
            return;
        }
        const to = ids.indexOf(id);
        for (const one of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) {
            this.picked.add(one);
        }
    }

    /** @param {number[]} ids */
    reduce(ids) {
        this.picked = new Set(ids);
    }

    clear() {
        this.picked = new Set();
        this.anchor = undefined;
    }
}
