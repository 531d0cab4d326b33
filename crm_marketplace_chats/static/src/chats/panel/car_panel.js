import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { priceLabel, shortTime } from "@crm_marketplace_chats/chats/common/format";
import { MarketplaceMark } from "@crm_marketplace_chats/chats/common/mark/mark";
import { safeUrl } from "@crm_marketplace_chats/chats/common/text_parts";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useBus, useService } from "@web/core/utils/hooks";
import { PhotoStrip } from "./photos/photo_strip";

/** Everything the CRM knows about the car, the client and the deal of one conversation. */
export class CarPanel extends Component {
    static template = "crm_marketplace_chats.CarPanel";
    static components = { MarketplaceMark, PhotoStrip };
    static props = { conversation: Object, isDrawer: Boolean, close: Function };

    setup() {
        this.chats = useChats();
        this.action = useService("action");
        this.notification = useService("notification");
        /** @type {{status: "loading"|"ready"|"failed", data: Object, failure: string, busy: string}} */
        this.state = useState({ status: "loading", data: {}, failure: "", busy: "" });
        this.priceLabel = priceLabel;
        this.safeUrl = safeUrl;
        useEffect(
            () => {
                this.load();
            },
            () => {
                const { vehicle_id, listing_id, lead_id } = this.conversation;
                return [vehicle_id, listing_id, lead_id];
            }
        );
        useBus(this.chats.bus, "REFRESH", () => this.state.status === "failed" && this.load());
    }

    get conversation() {
        return this.props.conversation;
    }

    async load() {
        try {
            this.state.data = await this.chats.api.panel(this.conversation.id);
            this.state.status = "ready";
        } catch (error) {
            this.state.failure = failureText(error);
            this.state.status = "failed";
        }
    }

    retry() {
        this.state.status = "loading";
        return this.load();
    }

    get photos() {
        const { vehicle, listing } = this.state.data;
        if (vehicle) {
            return vehicle.photos;
        }
        return listing?.thumb_url ? [{ url: listing.thumb_url, full_url: listing.thumb_url }] : [];
    }

    /** What the client saw may be another price than today's. */
    priceNote({ price, price_seen }) {
        if (!price || !price_seen || price === price_seen) {
            return "";
        }
        return price_seen > price ? _t("saw a higher price") : _t("saw a lower price");
    }

    when(serialized) {
        return serialized ? shortTime(deserializeDateTime(serialized), this.chats.now) : "";
    }

    async copy(value) {
        await browser.navigator.clipboard.writeText(value);
        this.notification.add(_t("Copied: %s", value), { type: "success" });
    }

    makeLead() {
        return this.make("lead", () => this.chats.api.makeLead(this.conversation.id));
    }

    makeVehicle() {
        return this.make("vehicle", () => this.chats.api.makeVehicle(this.conversation.id));
    }

    async make(what, action) {
        this.state.busy = what;
        const answer = await this.chats.attempt(action);
        this.state.data = answer?.panel || this.state.data;
        this.state.busy = "";
    }

    openForm(resModel, resId) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: resModel,
            res_id: resId,
            views: [[false, "form"]],
        });
    }
}
