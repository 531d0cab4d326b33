import { Component } from "@odoo/owl";

const FOLDER = "/crm_marketplace_chats/static/src/img/marketplaces";

/** The sign of a marketplace. Another one is one more picture in the folder. */
export class MarketplaceMark extends Component {
    static template = "crm_marketplace_chats.MarketplaceMark";
    static props = { marketplace: String, label: { type: String, optional: true } };

    get src() {
        return `${FOLDER}/${encodeURIComponent(this.props.marketplace)}.svg`;
    }
}
