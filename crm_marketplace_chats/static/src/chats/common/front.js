/** Where a browser keeps which chat is in front in one of its tabs: an id, or "list". */
export const FRONT_SLOT = "crm_marketplace_chats.front";
