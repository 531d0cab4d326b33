import { Component, onWillUnmount, xml } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

export const REFRESH_MS = 3000;

/** In a form: what a job does with the record is seen while it does it. What somebody is changing is left alone. */
export class LiveRecord extends Component {
    static template = xml``;
    static props = { ...standardWidgetProps };

    setup() {
        const timer = browser.setInterval(() => this.refresh(), REFRESH_MS);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    async refresh() {
        const { record } = this.props;
        if (document.visibilityState === "visible" && !(await record.isDirty())) {
            await record.load();
        }
    }
}

registry.category("lazy_components").add("crm_marketplace_chats.LiveRecord", LiveRecord);
