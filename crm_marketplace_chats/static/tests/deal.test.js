import {
    defineChatsModels,
    mockChatsServer,
    openChats,
    receive,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { click, contains } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import { onRpc } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");
defineChatsModels();

const LEAD = { id: 5, name: "Oleg", stage: "Negotiation", state: "pending", responsible: "Anna" };
const CALL = {
    id: 8,
    name: "Call",
    icon: "fa-phone",
    date: "Nov 24",
    is_late: true,
    is_today: false,
};

function oneChat(deal = {}) {
    const server = mockChatsServer();
    server.waiting(1, 30, { buyer_name: "Oleg" });
    server.message(1, 1);
    Object.assign(server.deal, deal);
    return server;
}

test("stage and next activity stand above the chat, and follow the lead", async () => {
    const server = oneChat({ lead: LEAD, activities: [CALL] });
    await openChats(1);
    await contains(".o_mchats_deal_stage", { text: "Negotiation" });
    await contains(".o_mchats_deal_late", { text: "Call, Nov 24" });
    Object.assign(server.deal, { lead: { ...LEAD, stage: "Lost", state: "lost" }, activities: [] });
    receive({ "marketplace.conversation": [{ id: 1, lead_id: 5 }] });
    await contains(".o_mchats_deal_stage[data-state=lost]", { text: "Lost" });
    await contains(".o_mchats_deal_late", { count: 0 });
});

test("a call is planned for tomorrow unless another day is chosen", async () => {
    oneChat({ lead: LEAD });
    const planned = [];
    onRpc("chats_plan", ({ kwargs }) => {
        planned.push([kwargs.kind, kwargs.date, kwargs.note]);
        return { deal: { lead: LEAD, activities: [CALL], visits: [] } };
    });
    await openChats(1);
    await click(".o_mchats_deal_call");
    await click(".o_mchats_plan_confirm");
    await contains(".o_mchats_deal_next", { text: "Call, Nov 24" });
    expect(planned).toEqual([["call", "2026-11-23", ""]]);
});

test("the confirmation of a test drive goes into the message field, behind what was typed", async () => {
    const server = oneChat({ lead: LEAD });
    const slot = { start: "2026-11-23 09:00:00", label: "12:00", car: true };
    onRpc("chats_visit_slots", () => ({
        days: [{ date: "2026-11-23", label: "Mon", slots: [slot] }],
        minutes: 60,
        employee: "Anna",
    }));
    onRpc("chats_visit_book", ({ kwargs }) => ({
        deal: { ...server.deal, visits: [{ id: 3, label: "Mon, 12:00", start: kwargs.start }] },
        text: "You are booked",
    }));
    await openChats(1);
    await contains("textarea.o_mchats_input");
    const field = document.querySelector("textarea.o_mchats_input");
    field.value = "Hello!";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await click(".o_mchats_deal_visit");
    await contains(".o_mchats_visit_confirm:disabled");
    await click(".o_mchats_slot");
    await contains(".o_dialog .alert-warning");
    await click(".o_mchats_visit_confirm");
    await contains(".o_mchats_deal_next", { text: "Mon, 12:00" });
    await contains("textarea.o_mchats_input", { value: "Hello!\n\nYou are booked" });
    expect(server.called("chats_post")).toHaveLength(0);
});

test("who the client may be is decided by the employee", async () => {
    const server = oneChat();
    const suggestion = { id: 4, name: "Oleg Ivanov", phone: false, reasons: ["same account"] };
    server.client.suggestions = [suggestion];
    const decided = [];
    onRpc("chats_decide_client", ({ kwargs }) => {
        decided.push([kwargs.link_id, kwargs.decision]);
        const client = { ...server.panel.client, name: "Oleg Ivanov", partner_id: 9 };
        server.client = {
            ...server.client,
            suggestions: [],
            joined: { id: 4, automatic: false, reasons: [] },
        };
        return { client: server.client, panel: { ...server.panel, client } };
    });
    await openChats(1);
    await contains(".o_mchats_client_maybe", { text: "same account" });
    await click(".o_mchats_client_maybe .btn-secondary");
    await contains(".o_mchats_client_joined");
    await contains(".o_mchats_client_maybe", { count: 0 });
    expect(decided).toEqual([[4, "confirm"]]);
});
