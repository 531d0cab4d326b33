import { clockTime } from "@crm_marketplace_chats/chats/common/format";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { escapeRegExp } from "@web/core/utils/strings";

/** An internal note between the messages of a chat. */
export class NoteBubble extends Component {
    static template = "crm_marketplace_chats.NoteBubble";
    static props = { message: Object, isFirst: Boolean, /** Its day, in digits. */ date: String };

    setup() {
        this.chats = useChats();
        this.state = useState({ isBusy: false });
    }

    get message() {
        return this.props.message;
    }

    get heading() {
        const { author } = this.message;
        return author ? _t("Note of %s", author.name) : _t("Note");
    }

    get isOwn() {
        return this.message.author?.id === user.userId;
    }

    get time() {
        return clockTime(this.message.sent_at);
    }

    get fullTime() {
        return `${this.props.date} ${this.time}`;
    }

    /** @returns {{text: string, isMention: boolean}[]} */
    get parts() {
        const names = (this.message.data?.mentions || []).map(({ name }) =>
            escapeRegExp(`@${name}`)
        );
        const body = this.message.body || "";
        if (!names.length) {
            return [{ text: body, isMention: false }];
        }
        return body
            .split(new RegExp(`(${names.join("|")})`))
            .map((text, index) => ({ text, isMention: index % 2 === 1 }));
    }

    async delete() {
        this.state.isBusy = true;
        await this.chats.attempt(() => this.chats.api.deleteNote(this.message.id));
        this.state.isBusy = false;
    }
}
