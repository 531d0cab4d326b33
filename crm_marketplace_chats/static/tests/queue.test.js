import {
    ago,
    defineChatsModels,
    mockChatsServer,
    openChats,
    receive,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { click, contains, insertText } from "@mail/../tests/mail_test_helpers";
import {
    advanceTime,
    animationFrame,
    describe,
    expect,
    press,
    queryAllTexts,
    queryFirst,
    test,
    waitFor,
} from "@odoo/hoot";

describe.current.tags("desktop");
defineChatsModels();

const names = () => queryAllTexts(".o_mchats_name");
const row = (id) => `.o_mchats_row[data-id='${id}']`;
const view = (id) => `.o_mchats_view[data-view='${id}']`;

/** A server with this many waiting chats, the first one longest; the message 10 × id is the last of each. */
function queue(count) {
    const server = mockChatsServer();
    for (let id = 1; id <= count; id++) {
        server.waiting(id, 100 - id, { buyer_name: `Client ${id}`, last_message_id: 10 * id });
        server.message(id, 10 * id);
    }
    return server;
}

describe("snooze", () => {
    test("a chat that is put off leaves the waiting ones and says until when", async () => {
        const server = queue(2);
        await openChats(1);
        await contains(row(2));
        await click(".o_mchats_snooze");
        await click(".o-dropdown-item", { text: "Until tomorrow 9:00" });
        await waitFor(".o_mchats_snooze_strip:contains(Snoozed until 2:50)");
        expect(server.called("chats_snooze")[0]).toMatchObject({
            ids: [1],
            kwargs: { until: "tomorrow", last_message_ids: [10] },
        });
        // The open one keeps its place until another is opened.
        expect(names()).toEqual(["Client 1", "Client 2"]);
        await contains(`${row(1)} .o_mchats_snoozed`);
        await click(row(2));
        await contains(row(1), { count: 0 });
        await click(view("snoozed"));
        await contains(row(1));
        expect(names()).toEqual(["Client 1"]);
    });

    test("it is brought back by hand", async () => {
        const server = queue(1);
        server.conversations[0].snoozed_until = ago(-60);
        await openChats(1);
        await click(".o_mchats_snooze_strip .btn");
        await contains(".o_mchats_snooze_strip", { count: 0 });
        expect(server.called("chats_snooze")[0].kwargs.until).toBe(false);
        await contains(row(1));
    });

    test("what has returned is marked, stands among the waiting ones and can be ticked", async () => {
        const server = mockChatsServer();
        server.conversation({
            id: 1,
            buyer_name: "Answered",
            due_since: ago(5),
            last_message_id: 10,
        });
        server.message(1, 10, { direction: "out" });
        await openChats(1);
        await contains(`${row(1)} .o_mchats_due`);
        await waitFor(".o_mchats_snooze_strip:contains(Has returned from snooze)");
        await click(".o_mchats_done:enabled");
        await contains(".o_mchats_snooze_strip", { count: 0 });
        expect(server.called("chats_tick")).toHaveLength(1);
    });

    test("it comes back by a note of the server", async () => {
        const server = queue(2);
        server.conversations[0].snoozed_until = ago(-60);
        await openChats();
        await contains(row(2));
        expect(names()).toEqual(["Client 2"]);
        Object.assign(server.conversations[0], { snoozed_until: false, due_since: ago(0) });
        receive({ "marketplace.conversation": server.find([1]) });
        await animationFrame();
        expect(names()).toEqual(["Client 1", "Client 2"]);
    });

    test("an own moment goes to the server in UTC", async () => {
        const server = queue(1);
        await openChats(1);
        await click(".o_mchats_snooze");
        await click(".o-dropdown-item", { text: "Own date and time…" });
        await click(".modal .btn-primary:enabled");
        await contains(".o_mchats_snooze_strip");
        expect(server.called("chats_snooze")[0].kwargs.until).toBe("2026-11-23 09:00:00");
    });
});

describe("selection", () => {
    test("by box, Shift and x; one request; those that refuse stay selected and are named", async () => {
        const server = queue(5);
        server.refusals[2] = "The client has written meanwhile.";
        await openChats();
        await contains(".o_mchats_row", { count: 5 });
        await click(`${row(1)} .o_mchats_box`);
        await contains(".o_mchats_selection", { text: "Selected: 1" });
        await click(row(3), { shiftKey: true });
        await contains(".o_mchats_selection", { text: "Selected: 3" });
        queryFirst(row(5)).focus();
        await press("x", { code: "KeyX" });
        await contains(".o_mchats_selection", { text: "Selected: 4" });
        await press("x", { code: "KeyX" });
        await contains(".o_mchats_selection", { text: "Selected: 3" });
        expect(".o_mchats_header").toHaveCount(0, { message: "selecting opens nothing" });
        expect(row(2)).toHaveAttribute("aria-checked", "true");
        await click(".o_mchats_selection [aria-label='Mark as read']");
        await waitFor(".o_notification:contains(Client 2):contains(written meanwhile)");
        await contains(".o_mchats_selection", { text: "Selected: 1" });
        expect(server.called("chats_tick_many").map(({ ids, kwargs }) => [ids, kwargs])).toEqual([
            [[1, 2, 3], { last_message_ids: [10, 20, 30] }],
        ]);
        expect(names()).toEqual(["Client 2", "Client 4", "Client 5"]);
    });

    test("assign and snooze", async () => {
        const server = queue(3);
        await openChats();
        await click(`${row(1)} .o_mchats_box`);
        await click(`${row(2)} .o_mchats_box`);
        await click(".o_mchats_selection [aria-label='Who is responsible']");
        await click(".o-dropdown-item", { text: "Anna Kovaleva" });
        await contains(".o_mchats_selection", { count: 0 });
        expect(server.called("chats_assign_many")[0]).toMatchObject({
            ids: [1, 2],
            kwargs: { user_id: 77 },
        });
        await click(`${row(3)} .o_mchats_box`);
        await click(".o_mchats_selection [aria-label='Snooze']");
        await click(".o-dropdown-item", { text: "For 2 hours" });
        await contains(row(3), { count: 0 });
        expect(server.called("chats_snooze")[0]).toMatchObject({
            ids: [3],
            kwargs: { until: "two_hours" },
        });
    });

    test("Esc and another view clear it; what has left the list is not counted", async () => {
        const server = queue(3);
        await openChats();
        await click(`${row(1)} .o_mchats_box`);
        await click(`${row(2)} .o_mchats_box`);
        await contains(".o_mchats_selection", { text: "Selected: 2" });
        Object.assign(server.conversations[0], {
            is_unprocessed: false,
            unread_count: 0,
            waiting_since: false,
        });
        receive({ "marketplace.conversation": server.find([1]) });
        await contains(".o_mchats_selection", { text: "Selected: 1" });
        await press("Escape");
        await contains(".o_mchats_selection", { count: 0 });
        await click(`${row(2)} .o_mchats_box`);
        await click(view("all"));
        await contains(".o_mchats_selection", { count: 0 });
    });
});

describe("filters", () => {
    const choose = (text) => click(".o_mchats_filter_menu .o-dropdown-item", { text });
    const asked = (server) => server.called("chats_list").at(-1).kwargs.filters;

    test("they combine, stand as facets and are removed one by one", async () => {
        const server = queue(2);
        await openChats();
        await contains(row(1));
        await click(".o_mchats_filter_button");
        await choose("Calls");
        await choose("1 hour");
        await choose("Nobody");
        await choose("Anna Kovaleva");
        await contains(".o_mchats_facet", { count: 3 });
        expect(asked(server)).toEqual({ kind: "call", waiting: 60, user_ids: [0, 77] });
        expect(queryAllTexts(".o_mchats_facet")).toEqual([
            "Responsible: Nobody, Anna Kovaleva",
            "Kind: Calls",
            "Waits longer than: 1 hour",
        ]);
        await choose("Calls");
        await choose("Nobody");
        await contains(".o_mchats_facet", { count: 2 });
        expect(asked(server)).toEqual({ waiting: 60, user_ids: [77] });
        await click(".o_mchats_facet .btn[aria-label='Remove the filter Responsible']");
        await click(".o_mchats_facet .btn");
        await contains(".o_mchats_facet", { count: 0 });
        expect(asked(server)).toEqual({});
    });

    test("the server is asked again when something changes; the open chat stays", async () => {
        const server = queue(2);
        server.conversations[0].car_title = "Geely";
        await openChats();
        await contains(row(1));
        await click(".o_mchats_filter_button");
        await insertText(".o_mchats_filter_menu .o-autocomplete--input", "Hav");
        await advanceTime(300);
        await click(".o_mchats_filter_menu .o-autocomplete--dropdown-item", {
            text: "Haval Jolion",
        });
        await contains(".o_mchats_facet", { text: "Car: Haval Jolion" });
        await contains(row(1), { count: 0 });
        await click(row(2));
        await contains("[data-message='20']");
        Object.assign(server.conversations[1], {
            is_unprocessed: false,
            unread_count: 0,
            waiting_since: false,
        });
        const before = server.called("chats_list").length;
        receive({ "marketplace.conversation": server.find([2]) });
        await animationFrame();
        await advanceTime(300);
        expect(server.called("chats_list").length).toBe(before + 1);
        expect(names()).toEqual(["Client 2"]);
    });

    test("an own filter is saved, shown by one click, deleted", async () => {
        const server = queue(1);
        await openChats();
        await contains(row(1));
        await click(".o_mchats_filter_button");
        await choose("Calls");
        await insertText(".o_mchats_filter_save input", "My calls");
        await click(".o_mchats_filter_save .btn:enabled");
        await contains(".o_mchats_saved.active", { text: "My calls" });
        expect(server.called("chats_save")[0].kwargs).toMatchObject({
            name: "My calls",
            view: "waiting",
            query: { channel_ids: false, search: "", filters: { kind: "call" } },
        });
        await click(".o_mchats_saved .btn", { text: "My calls" });
        await contains(".o_mchats_facet", { count: 0 });
        expect(view("all")).toHaveClass("active");
        await click(".o_mchats_saved .btn", { text: "My calls" });
        await contains(".o_mchats_facet", { text: "Kind: Calls" });
        expect(view("waiting")).toHaveClass("active");
        await click(".o_mchats_saved [aria-label='Delete the filter My calls']");
        await contains(".o_mchats_saved", { count: 0 });
    });
});

describe("search", () => {
    test("the hit stands in the row as text and opens in its place", async () => {
        const server = mockChatsServer();
        server.pageSize = 10;
        server.conversation({ id: 1, buyer_name: "Oleg" });
        for (let id = 1; id <= 40; id++) {
            server.message(1, id);
        }
        server.hits = {
            1: { message_id: 12, label: false, before: "… and <i>", hit: "Credit", after: "</i>?" },
        };
        await openChats();
        await insertText(".o_mchats_search input", "credit");
        await advanceTime(300);
        await click(view("all"));
        await contains(`${row(1)} .o_mchats_preview`, { text: "… and <i>Credit</i>?" });
        expect(`${row(1)} mark`).toHaveText("Credit");
        expect(`${row(1)} .o_mchats_preview i:not(.fa)`).toHaveCount(0);
        await click(row(1));
        await contains("[data-message='12'].o_mchats_hit");
        expect(server.called("chats_thread")[0].kwargs.around).toBe(12);
    });

    test("names and cars are marked where they stand", async () => {
        const server = mockChatsServer();
        server.conversation({ id: 1, buyer_name: "Maria", car_title: "Marauder" });
        await openChats();
        await insertText(".o_mchats_search input", "Mar");
        await advanceTime(300);
        await click(view("all"));
        await contains(`${row(1)} mark`, { count: 2 });
        expect(queryAllTexts(`${row(1)} mark`)).toEqual(["Mar", "Mar"]);
    });
});

describe("the next one", () => {
    test("Alt+Enter opens the next that waits, around the end, also from the text", async () => {
        queue(3);
        await openChats(2);
        await contains("[data-message='20']");
        queryFirst(".o_mchats_input").focus();
        await press(["alt", "enter"]);
        await contains(".o_mchats_title h2", { text: "Client 3" });
        await press(["alt", "enter"]);
        await contains(".o_mchats_title h2", { text: "Client 1" });
        expect(".o_mchats_bubble").toHaveCount(1, { message: "nothing was sent" });
    });

    test("from another view the server says who waits longest; or that nobody does", async () => {
        const server = queue(2);
        server.conversation({ id: 9, buyer_name: "Done" });
        await openChats(9);
        await click(view("all"));
        await contains(row(9));
        await press(["alt", "enter"]);
        await contains(".o_mchats_title h2", { text: "Client 1" });
        server.conversations = server.find([1]);
        await press(["alt", "enter"]);
        await waitFor(".o_notification:contains(Nobody else is waiting)");
    });
});
