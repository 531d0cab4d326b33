import { onWillUnmount } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

const CHANGED = "crm_marketplace_chats.deal_changed";

/**
 * Calls back when the server says that there is something new about client or deal of a chat. The note holds nothing
 * else: what this user may know of it is asked for.
 *
 * @param {() => number} getId the chat that is shown
 * @param {() => void} onChanged
 */
export function useDealChanges(getId, onChanged) {
    const bus = useService("bus_service");
    const listen = ({ conversation_id: id }) => id === getId() && onChanged();
    bus.subscribe(CHANGED, listen);
    onWillUnmount(() => bus.unsubscribe(CHANGED, listen));
}
