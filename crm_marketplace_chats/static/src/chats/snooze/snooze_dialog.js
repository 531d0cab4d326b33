import { NamedDialog } from "@crm_marketplace_chats/chats/common/dialog/named_dialog";
import { Component, useState } from "@odoo/owl";
import { DateTimeInput } from "@web/core/datetime/datetime_input";
import { serializeDateTime } from "@web/core/l10n/dates";

/** Asks for the moment at which a chat comes back. */
export class SnoozeDialog extends Component {
    static template = "crm_marketplace_chats.SnoozeDialog";
    static components = { DateTimeInput, Dialog: NamedDialog };
    static props = { snooze: Function, close: Function };

    setup() {
        this.now = luxon.DateTime.now();
        const inADay = this.now
            .plus({ days: 1 })
            .set({ hour: 9, minute: 0, second: 0, millisecond: 0 });
        this.state = useState({ moment: inADay });
    }

    get isAhead() {
        return Boolean(this.state.moment && this.state.moment > luxon.DateTime.now());
    }

    change(moment) {
        this.state.moment = moment;
    }

    confirm() {
        this.props.snooze(serializeDateTime(this.state.moment));
        this.props.close();
    }
}
