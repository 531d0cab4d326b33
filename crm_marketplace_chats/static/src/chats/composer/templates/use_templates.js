import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { status, useComponent, useEffect, useState } from "@odoo/owl";
import { useBus } from "@web/core/utils/hooks";

/**
 * The quick replies, filled in for a conversation; filled in anew when it becomes about something else.
 *
 * @param {() => Object} getConversation
 * @returns {{status: "loading"|"ready"|"failed", items: Object[], values: Object<string, string>, failure: string,
 *  load: () => Promise<void>}} values: labels of what a template may name
 */
export function useTemplates(getConversation) {
    const chats = useChats();
    const component = useComponent();
    const templates = useState({
        status: "loading",
        items: [],
        values: {},
        failure: "",
        async load() {
            templates.status = templates.items.length ? "ready" : "loading";
            await chats.opening;
            if (status(component) === "destroyed") {
                return;
            }
            try {
                const { items, values } = await chats.api.templates(getConversation().id);
                Object.assign(templates, { items, values, status: "ready" });
            } catch (error) {
                templates.failure = failureText(error);
                templates.status = "failed";
            }
        },
    });
    useEffect(
        () => {
            templates.load();
        },
        () => {
            const { id, vehicle_id, listing_id, lead_id } = getConversation();
            return [id, vehicle_id, listing_id, lead_id];
        }
    );
    useBus(chats.bus, "REFRESH", () => templates.status === "failed" && templates.load());
    return templates;
}
