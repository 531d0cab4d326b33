import { reactive } from "@odoo/owl";

const AsyncFunction = (async () => {}).constructor;

/**
 * A part of the screen's state. Its asynchronous methods run as nobody's: called through a component's reactive they
 * would, after the answer, note for that component what they read. It may be destroyed by then, and whoever notes it
 * holds it, with its elements, as long as the model lives.
 */
export class Model {
    constructor() {
        const methods = Object.getOwnPropertyDescriptors(this.constructor.prototype);
        for (const [name, { value }] of Object.entries(methods)) {
            if (value instanceof AsyncFunction) {
                this[name] = value.bind(reactive(this));
            }
        }
    }
}
