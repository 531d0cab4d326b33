import { shortTime } from "@crm_marketplace_chats/chats/common/format";
import { MarketplaceMark } from "@crm_marketplace_chats/chats/common/mark/mark";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, status, useEffect, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { useService } from "@web/core/utils/hooks";
import { DealApi } from "../deal_api";
import { useDealChanges } from "../deal_changes";

/** What is known of the person: numbers and where they are from, who it may be, and what else there is of him. */
export class ClientCard extends Component {
    static template = "crm_marketplace_chats.ClientCard";
    static components = { MarketplaceMark };
    static props = {
        conversation: Object,
        partnerId: [Number, Boolean],
        onChanged: Function,
        reload: Function,
    };

    setup() {
        this.chats = useChats();
        this.action = useService("action");
        this.api = new DealApi(this.chats.api);
        /** @type {{client: Object|undefined, isBusy: boolean}} */
        this.state = useState({ client: undefined, isBusy: false });
        useEffect(
            () => {
                this.load();
            },
            () => [this.props.partnerId]
        );
        useDealChanges(
            () => this.id,
            () => Promise.all([this.load(), this.props.reload()])
        );
    }

    get id() {
        return this.props.conversation.id;
    }

    /** Without an answer the card stays as it is; the next message or the next opening asks again. */
    async load() {
        await this.chats.opening;
        if (status(this) === "destroyed") {
            return;
        }
        try {
            this.state.client = await this.api.client(this.id);
        } catch {
            this.state.client ??= undefined;
        }
    }

    /** @param {Object} other another chat of the same person */
    label(other) {
        const when = other.last_message_at
            ? shortTime(deserializeDateTime(other.last_message_at), this.chats.now)
            : "";
        return [other.car_title || other.buyer_name, when].filter(Boolean).join(" · ");
    }

    async act(action) {
        this.state.isBusy = true;
        const answer = await this.chats.attempt(action);
        this.state.isBusy = false;
        if (answer) {
            this.state.client = answer.client;
            this.props.onChanged(answer.panel);
        }
    }

    decide(linkId, decision) {
        return this.act(() => this.api.decideClient(this.id, linkId, decision));
    }

    makeClient(phone) {
        return this.act(() => this.api.makeClient(this.id, phone));
    }

    openLead(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.lead",
            res_id: id,
            views: [[false, "form"]],
        });
    }
}
