import { priceLabel } from "@crm_marketplace_chats/chats/common/format";
import { safeUrl } from "@crm_marketplace_chats/chats/common/text_parts";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/** Other cars in stock; an offer of one goes into the draft of this chat, to be sent by the manager. */
export class SimilarCars extends Component {
    static template = "crm_marketplace_chats.SimilarCars";
    static props = { cars: Array, conversation: Object };

    setup() {
        this.chats = useChats();
        this.notification = useService("notification");
        this.state = useState({ busyId: false });
        this.priceLabel = priceLabel;
        this.safeUrl = safeUrl;
    }

    offerHint({ title }) {
        return _t("Offer %s", title);
    }

    async offer(car) {
        const { chats } = this.env;
        const { id } = this.props.conversation;
        this.state.busyId = car.id;
        const offer = await chats.attempt(() => chats.api.offer(id, car.id));
        this.state.busyId = false;
        if (offer) {
            chats.drafts.get(id).append(offer);
            chats.isDrawerOpen = false;
            this.notification.add(
                _t("The offer stands in the message field: read it and send it."),
                {
                    type: "info",
                }
            );
        }
    }
}
