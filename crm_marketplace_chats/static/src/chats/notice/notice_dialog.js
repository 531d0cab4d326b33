import { NamedDialog } from "@crm_marketplace_chats/chats/common/dialog/named_dialog";
import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

const FIELDS = ["chats_notify", "chats_sound", "chats_quiet_from", "chats_quiet_to"];

const CHOICES = [
    ["all", _t("all chats")],
    ["mine_unowned", _t("mine and unowned")],
    ["mine", _t("mine alone")],
    ["none", _t("nothing")],
];

/** @param {number} hours as Odoo keeps a time of the day @returns {string} as an input of time has it */
export function toClock(hours) {
    const minutes = Math.round(hours * 60);
    return [Math.floor(minutes / 60), minutes % 60]
        .map((part) => String(part).padStart(2, "0"))
        .join(":");
}

/** @param {string} clock @returns {number} */
export function toHours(clock) {
    const [hours, minutes] = clock.split(":").map(Number);
    return (hours || 0) + (minutes || 0) / 60;
}

/** What the user wants to hear of the chats; the same stands in Odoo's own preferences. */
export class NoticeDialog extends Component {
    static template = "crm_marketplace_chats.NoticeDialog";
    static components = { Dialog: NamedDialog };
    static props = { close: Function };

    setup() {
        this.orm = useService("orm");
        this.permission = useState(useService("mail.notification.permission"));
        this.choices = CHOICES;
        this.state = useState({ choice: "", sound: true, from: "00:00", to: "00:00" });
        onWillStart(async () => {
            const [values] = await this.orm.read("res.users", [user.userId], FIELDS);
            Object.assign(this.state, {
                choice: values.chats_notify,
                sound: values.chats_sound,
                from: toClock(values.chats_quiet_from),
                to: toClock(values.chats_quiet_to),
            });
        });
    }

    async save() {
        const { choice, sound, from, to } = this.state;
        await this.orm.write("res.users", [user.userId], {
            chats_notify: choice,
            chats_sound: sound,
            chats_quiet_from: toHours(from),
            chats_quiet_to: toHours(to),
        });
        this.props.close();
    }
}
