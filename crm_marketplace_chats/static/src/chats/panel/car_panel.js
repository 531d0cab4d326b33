import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { priceLabel, shortTime } from "@crm_marketplace_chats/chats/common/format";
import { ClientCard } from "@crm_marketplace_chats/chats/deal/client/client_card";
import { MarketplaceMark } from "@crm_marketplace_chats/chats/common/mark/mark";
import { safeUrl } from "@crm_marketplace_chats/chats/common/text_parts";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, status, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useBus, useService } from "@web/core/utils/hooks";
import { KeepLast } from "@web/core/utils/concurrency";
import { PhotoStrip } from "./photos/photo_strip";
import { SimilarCars } from "./similar/similar_cars";

/** Everything the CRM knows about the car, the client and the deal of one conversation. */
export class CarPanel extends Component {
    static template = "crm_marketplace_chats.CarPanel";
    static components = {
        ClientCard,
        Dropdown,
        DropdownItem,
        MarketplaceMark,
        PhotoStrip,
        SimilarCars,
    };
    static props = { conversation: Object, isDrawer: Boolean, close: Function };

    setup() {
        this.chats = useChats();
        // It belongs to one chat, from its making to its end, and may have to tell it after that.
        this.id = this.props.conversation.id;
        this.action = useService("action");
        this.notification = useService("notification");
        /** @type {{status: "loading"|"ready"|"failed", data: Object, failure: string, busy: string}} */
        this.state = useState({ status: "loading", data: {}, failure: "", busy: "" });
        // What was shown of this chat before stands there at once, and is brought up to date.
        const known = this.chats.panels.get(this.id);
        if (known) {
            this.show(known);
        }
        this.lastAsked = new KeepLast();
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

    /** Whoever goes on to the next chat does not wait for this one's car. */
    async load() {
        await this.env.chats.opening;
        if (status(this) === "destroyed") {
            return;
        }
        try {
            this.show(await this.lastAsked.add(this.env.chats.api.panel(this.id)));
        } catch (error) {
            this.state.failure = failureText(error);
            this.state.status = "failed";
        }
    }

    show(data) {
        Object.assign(this.state, { data, status: "ready" });
        this.env.chats.panels.set(this.id, data);
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

    onClientChanged(panel) {
        this.state.data = panel;
    }

    makeVehicle() {
        return this.make("vehicle", () => this.chats.api.makeVehicle(this.id));
    }

    async make(what, action) {
        this.state.busy = what;
        const answer = await this.chats.attempt(action);
        if (answer?.panel) {
            this.show(answer.panel);
        }
        this.state.busy = "";
    }

    /** Only offered to those who may change cars. */
    setStatus(status) {
        return this.make("status", () => this.chats.api.setVehicleStatus(this.id, status));
    }

    statusHint({ status_label }) {
        return _t("Status: %s. Change it", status_label);
    }

    copyHint({ label, value }) {
        return _t("Copy %(label)s %(value)s", { label, value });
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
