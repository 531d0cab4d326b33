import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

const REASONS = {
    spam: _t("Spam"),
    fraud: _t("Fraud"),
    abuse: _t("Insults"),
    other: _t("Another reason"),
};

/** Items of a menu: shut the client out at the marketplace, for the reasons it knows. */
export class BlockItems extends Component {
    static template = "crm_marketplace_chats.BlockItems";
    static components = { DropdownItem };
    static props = { conversation: Object };

    setup() {
        this.chats = useChats();
        this.dialog = useService("dialog");
    }

    get reasons() {
        const { channel_id, is_blocked } = this.props.conversation;
        const known = is_blocked ? [] : channel_id.block_reasons;
        return known.map((id) => ({ id, label: REASONS[id] }));
    }

    ask({ id, label }) {
        const { conversation } = this.props;
        this.dialog.add(ConfirmationDialog, {
            title: _t("Shut the client out: %s", label),
            body: _t(
                "%(client)s will not be able to write to you at %(marketplace)s any more. This cannot be undone from here.",
                {
                    client: conversation.buyer_name,
                    marketplace: conversation.channel_id.marketplace_label,
                }
            ),
            confirmLabel: _t("Shut out"),
            confirmClass: "btn-danger",
            confirm: () => this.chats.attempt(() => this.chats.api.block(conversation.id, id)),
            cancel: () => {},
        });
    }
}
