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
    queryAll,
    queryAllTexts,
    queryFirst,
    test,
    waitFor,
} from "@odoo/hoot";
import { serverState } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");
defineChatsModels();

const names = () => queryAllTexts(".o_mchats_name");

test("a row says who, when, about what and how long he has been waiting", async () => {
    const server = mockChatsServer();
    server.waiting(1, 23, {
        buyer_name: "Oleg",
        unread_count: 3,
        last_message_preview: "Still for sale?",
    });
    server.counts = { waiting: 1, mine: 0, unowned: 100, unprocessed: 1 };
    await openChats();
    await contains(".o_mchats_row", { count: 1 });
    expect(".o_mchats_row .o_mchats_name").toHaveText("Oleg");
    expect(".o_mchats_row .o_mchats_car").toHaveText("Haval Jolion 1.5 AMT, 2025");
    expect(".o_mchats_row .o_mchats_preview").toHaveText("Still for sale?");
    expect(".o_mchats_row .o_mchats_unread").toHaveText("3");
    expect(".o_mchats_row .o_mchats_wait").toHaveText("23 min");
    expect(".o_mchats_row .o_mchats_wait").toHaveClass("o_mchats_wait_soon");
    expect(".o_mchats_view[data-view='waiting'] b").toHaveText("1");
    expect(".o_mchats_view[data-view='unowned'] b").toHaveText("99+");
});

test("the waiting time goes on by itself", async () => {
    const server = mockChatsServer();
    server.waiting(1, 14);
    await openChats();
    await contains(".o_mchats_wait_ok", { text: "14 min" });
    await advanceTime(61000);
    await contains(".o_mchats_wait_soon", { text: "15 min" });
});

test("our own last word shows how far it came and who is responsible", async () => {
    const server = mockChatsServer();
    server.conversation({
        id: 1,
        last_message_direction: "out",
        last_message_state: "read",
        last_message_preview: "Come and see",
        responsible: { id: serverState.userId, name: "Anna Kovaleva" },
    });
    await openChats();
    await click(".o_mchats_view[data-view='all']");
    await contains(".o_mchats_row", { count: 1 });
    expect(".o_mchats_preview").toHaveText("You: Come and see");
    expect(".o_mchats_preview .o_mchats_tick_read").toHaveCount(1);
    expect(".o_mchats_who").toHaveText("Anna");
});

test("what a message without text is called", async () => {
    const server = mockChatsServer();
    server.waiting(1, 5, { last_message_preview: "", last_message_kind: "voice" });
    await openChats();
    await contains(".o_mchats_preview", { text: "Voice message" });
});

test("the longest wait first; the newest first in the other views", async () => {
    const server = mockChatsServer();
    server.waiting(1, 5, { buyer_name: "Short" });
    server.waiting(2, 90, { buyer_name: "Long" });
    server.conversation({ id: 3, buyer_name: "Answered", last_message_at: ago(1) });
    await openChats();
    await contains(".o_mchats_row", { count: 2 });
    expect(names()).toEqual(["Long", "Short"]);
    await click(".o_mchats_view[data-view='all']");
    await contains(".o_mchats_row", { count: 3 });
    expect(names()).toEqual(["Answered", "Short", "Long"]);
});

test("a new message moves its row to the top, a new conversation appears", async () => {
    const server = mockChatsServer();
    server.conversation({ id: 1, buyer_name: "First", last_message_at: ago(5) });
    server.conversation({ id: 2, buyer_name: "Second", last_message_at: ago(50) });
    await openChats();
    await click(".o_mchats_view[data-view='all']");
    await contains(".o_mchats_row", { count: 2 });
    receive({
        "marketplace.conversation": [
            { id: 2, last_message_at: ago(0), last_message_preview: "And now?" },
        ],
    });
    await animationFrame();
    expect(names()).toEqual(["Second", "First"]);
    server.conversation({ id: 3, buyer_name: "Third", last_message_at: ago(-1) });
    receive({ "marketplace.conversation": server.find([3]) });
    await animationFrame();
    expect(names()).toEqual(["Third", "Second", "First"]);
});

test("what a colleague answered leaves the waiting ones at once, the open one stays until another is opened", async () => {
    const server = mockChatsServer();
    server.waiting(1, 30, { buyer_name: "Open" });
    server.waiting(2, 20, { buyer_name: "Other" });
    server.waiting(3, 10, { buyer_name: "Third" });
    server.message(1, 1);
    await openChats();
    await click(".o_mchats_row[data-id='1']");
    await contains("[data-message='1']");
    const answered = { is_unprocessed: false, unread_count: 0, waiting_since: false };
    server.find([1, 2]).forEach((row) => Object.assign(row, answered));
    receive({ "marketplace.conversation": server.find([1, 2]) });
    await animationFrame();
    expect(names()).toEqual(["Open", "Third"]);
    await click(".o_mchats_row[data-id='3']");
    await contains(".o_mchats_row", { count: 1 });
    expect(names()).toEqual(["Third"]);
});

test("the next page is asked for behind the last row; nothing is shown beyond what was loaded", async () => {
    const server = mockChatsServer();
    server.pageSize = 20;
    for (let id = 1; id <= 45; id++) {
        server.waiting(id, 1000 - id, { buyer_name: `Client ${id}` });
    }
    await openChats();
    await contains(".o_mchats_row", { count: 20 });
    // One that waits less than all the loaded ones is further down than what is shown.
    server.waiting(99, 2, { buyer_name: "Far below" });
    receive({ "marketplace.conversation": server.find([99]) });
    await animationFrame();
    expect(".o_mchats_row").toHaveCount(20);
    queryFirst(".o_mchats_rows").scrollTop = 100000;
    await contains(".o_mchats_row", { count: 40 });
    expect(server.called("chats_list").at(-1).kwargs.after).toBe(20);
    queryFirst(".o_mchats_rows").scrollTop = 100000;
    await contains(".o_mchats_row", { count: 46 });
    expect(queryAll(".o_mchats_name").at(-1).textContent).toBe("Far below");
});

test("searching is the server's work and follows what changes", async () => {
    const server = mockChatsServer();
    server.conversation({ id: 1, buyer_name: "Oleg" });
    server.conversation({ id: 2, buyer_name: "Maria" });
    await openChats();
    await insertText(".o_mchats_search input", "Mar");
    await click(".o_mchats_view[data-view='all']");
    await advanceTime(300);
    await contains(".o_mchats_row", { count: 1 });
    expect(server.called("chats_list").at(-1).kwargs).toMatchObject({ search: "Mar", view: "all" });
    server.conversation({ id: 3, buyer_name: "Marina" });
    receive({ "marketplace.conversation": server.find([3]) });
    await advanceTime(300);
    await contains(".o_mchats_row", { count: 2 });
});

test("channels filter together", async () => {
    const server = mockChatsServer();
    server.channels = [
        server.channels[0],
        { ...server.channels[0], id: 2, name: "Auto.ru", marketplace: "autoru" },
    ];
    server.waiting(1, 5);
    server.waiting(2, 6, { channel_id: 2, marketplace: "autoru", buyer_name: "From Auto.ru" });
    await openChats();
    await contains(".o_mchats_row", { count: 2 });
    await click(".o_mchats_chip", { text: "Auto.ru" });
    await contains(".o_mchats_row", { count: 1, text: "From Auto.ru" });
    expect(server.called("chats_list").at(-1).kwargs.channel_ids).toEqual([2]);
});

test("an empty list says something kind, a failed one says what failed and tries again", async () => {
    const server = mockChatsServer();
    server.failures.chats_list = "The database is asleep.";
    await openChats();
    await waitFor(".o_mchats_list_failure:contains(The database is asleep.)");
    await click(".o_mchats_list_failure button");
    await waitFor(".o_mchats_list .o_mchats_nothing:contains(Nobody is waiting for an answer.)");
});

test("by keyboard: arrows walk, Enter opens", async () => {
    const server = mockChatsServer();
    server.waiting(1, 30, { buyer_name: "First" });
    server.waiting(2, 20, { buyer_name: "Second" });
    server.message(2, 5);
    await openChats();
    await contains(".o_mchats_row", { count: 2 });
    queryFirst(".o_mchats_row[tabindex='0']").focus();
    await press("ArrowDown");
    expect(document.activeElement).toHaveAttribute("data-id", "2");
    await press("Enter");
    await contains(".o_mchats_title h2", { text: "Second" });
    await contains(".o_mchats_input:focus");
});
