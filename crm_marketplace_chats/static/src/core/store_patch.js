import { Store } from "@mail/core/common/store_service";
import { patch } from "@web/core/utils/patch";

patch(Store.prototype, {
    setup() {
        super.setup(...arguments);
        /** Whether the user may use the chats at all. */
        this.marketplace_chats_access = false;
        /** Unprocessed chats this user may see, at most 100. */
        this.marketplace_chats_unprocessed = 0;
    },
});
