import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { Component } from "@odoo/owl";
import { ConversationRow } from "../row/conversation_row";

/**
 * The rows of the list. Which of them is open, selected or reached by Tab each row watches for itself, so that opening
 * a chat draws two rows and not hundreds.
 */
export class ConversationRows extends Component {
    static template = "crm_marketplace_chats.ConversationRows";
    static components = { ConversationRow };
    static props = {
        /** @type {Object[]} the same array as long as nothing has moved */
        rows: Array,
        keys: Object,
        open: Function,
        prepare: Function,
        select: Function,
    };

    setup() {
        this.chats = useChats();
    }

    get list() {
        return this.chats.list;
    }
}
