import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { useAutofocus } from "@web/core/utils/hooks";

const { DateTime } = luxon;

/** Which day, and what about: for a call or a meeting. */
export class PlanDialog extends Component {
    static template = "crm_marketplace_chats.PlanDialog";
    static components = { Dialog };
    static props = { title: String, makesLead: Boolean, confirm: Function, close: Function };

    setup() {
        this.today = DateTime.local().toISODate();
        this.state = useState({ date: this.day(1), note: "", isBusy: false });
        useAutofocus({ refName: "confirm" });
    }

    day(days) {
        return DateTime.local().plus({ days }).toISODate();
    }

    get isValid() {
        return Boolean(this.state.date) && this.state.date >= this.today;
    }

    async confirm() {
        this.state.isBusy = true;
        const { date, note } = this.state;
        const done = await this.props.confirm({ date, note: note.trim() });
        this.state.isBusy = false;
        if (done) {
            this.props.close();
        }
    }
}
