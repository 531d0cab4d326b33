import { countLabel } from "@crm_marketplace_chats/core/counter_service";
import { useEffect } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { NavBar } from "@web/webclient/navbar/navbar";

/** The menus that lead to the chats and carry their number. */
const CHATS_MENUS = new Set([
    "crm_marketplace_chats.menu_root",
    "crm_marketplace_chats.menu_chats",
    "crm_marketplace_chats.menu_crm_chats",
]);

patch(NavBar.prototype, {
    setup() {
        super.setup();
        this.mailStore = useService("mail.store");
        // The bar decides which sections fit by their width, and a badge is part of it.
        useEffect(
            () => {
                this.adapt();
            },
            () => [String(this.mailStore.marketplace_chats_unprocessed).length]
        );
    },

    /** @param {{xmlid: string}} menu */
    chatsBadge(menu) {
        const count = this.mailStore.marketplace_chats_unprocessed;
        return count && CHATS_MENUS.has(menu.xmlid) ? countLabel(count) : "";
    },
});
