import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";

/** When the client comes for a test drive: the free times of the next days. */
export class VisitDialog extends Component {
    static template = "crm_marketplace_chats.VisitDialog";
    static components = { Dialog };
    static props = { car: String, load: Function, confirm: Function, close: Function };

    setup() {
        this.state = useState({
            days: [],
            date: "",
            start: "",
            minutes: 0,
            employee: "",
            failure: "",
            isBusy: false,
        });
        onWillStart(() => this.load());
    }

    async load() {
        try {
            const { days, minutes, employee } = await this.props.load();
            Object.assign(this.state, { days, minutes, employee, date: days[0]?.date || "" });
        } catch (error) {
            this.state.failure = failureText(error);
        }
    }

    get day() {
        return this.state.days.find(({ date }) => date === this.state.date);
    }

    get slot() {
        return this.day?.slots.find(({ start }) => start === this.state.start);
    }

    chooseDay(date) {
        Object.assign(this.state, { date, start: "" });
    }

    async confirm() {
        this.state.isBusy = true;
        const done = await this.props.confirm(this.state.start);
        this.state.isBusy = false;
        if (done) {
            this.props.close();
        }
    }
}
