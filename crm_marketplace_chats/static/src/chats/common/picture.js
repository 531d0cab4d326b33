import { FileModel } from "@web/core/file_viewer/file_model";

/** A picture as Odoo's file viewer wants it, wherever it lies. */
export class Picture extends FileModel {
    /** @param {{id?: number|string, name?: string, mimetype?: string, url: string}} picture */
    constructor({ id, name, mimetype, url }) {
        super();
        this.id = id;
        this.name = name || "";
        this.mimetype = mimetype || "image/jpeg";
        this.route = url;
    }

    get urlRoute() {
        return this.route;
    }

    get urlQueryParams() {
        return {};
    }
}
