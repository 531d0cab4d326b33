import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, status, useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useBus, useService } from "@web/core/utils/hooks";
import { DealApi } from "../deal_api";
import { useDealChanges } from "../deal_changes";
import { PlanDialog } from "../plan/plan_dialog";
import { VisitDialog } from "../visit/visit_dialog";

/** Where the deal stands, what comes next in it, and what can be planned: one line above the conversation. */
export class DealBar extends Component {
    static template = "crm_marketplace_chats.DealBar";
    static props = { conversation: Object };

    setup() {
        this.chats = useChats();
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.api = new DealApi(this.chats.api);
        /** @type {{deal: Object|undefined, isBusy: boolean}} */
        this.state = useState({ deal: undefined, isBusy: false });
        useEffect(
            () => {
                this.load();
            },
            () => [this.props.conversation.lead_id]
        );
        useDealChanges(
            () => this.id,
            () => this.load()
        );
        useBus(this.chats.bus, "REFRESH", () => this.load());
    }

    get id() {
        return this.props.conversation.id;
    }

    /** The bar is no reason for a message: without an answer it shows what can be done, and the next refresh asks again. */
    async load() {
        await this.chats.opening;
        if (status(this) === "destroyed") {
            return;
        }
        try {
            this.state.deal = await this.api.deal(this.id);
        } catch {
            this.state.deal ??= { lead: false, activities: [], visits: [] };
        }
    }

    get activity() {
        return this.state.deal?.activities[0];
    }

    get visit() {
        return this.state.deal?.visits[0];
    }

    get stageTitle() {
        const { name, responsible } = this.state.deal.lead;
        return responsible ? `${name} · ${responsible}` : name;
    }

    async act(action) {
        this.state.isBusy = true;
        const answer = await this.chats.attempt(action);
        this.state.isBusy = false;
        this.state.deal = answer?.deal || this.state.deal;
        return answer;
    }

    makeLead() {
        return this.act(() => this.api.makeLead(this.id));
    }

    finish(activity) {
        return this.act(() => this.api.finish(this.id, activity.id));
    }

    openLead() {
        return this.openForm("crm.lead", this.state.deal.lead.id);
    }

    openForm(resModel, resId) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: resModel,
            res_id: resId,
            views: [[false, "form"]],
        });
    }

    plan(kind) {
        this.dialog.add(PlanDialog, {
            title: kind === "call" ? _t("Plan a call") : _t("Plan a meeting"),
            makesLead: !this.props.conversation.lead_id,
            confirm: (wish) => this.act(() => this.api.plan(this.id, { kind, ...wish })),
        });
    }

    bookVisit() {
        const { id } = this;
        const { chats } = this.env;
        this.dialog.add(VisitDialog, {
            car: this.props.conversation.car_title || "",
            load: () => this.api.slots(id),
            confirm: async (start) => {
                const answer = await this.act(() => this.api.book(id, start));
                if (answer?.text) {
                    // The client is told by the employee: the text waits to be looked at.
                    const draft = chats.drafts.get(id);
                    draft.setText([draft.text.trim(), answer.text].filter(Boolean).join("\n\n"));
                }
                return answer;
            },
        });
    }
}
