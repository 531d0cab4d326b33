import {
    defineChatsModels,
    mockChatsServer,
    openChats,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { user } from "@web/core/user";
import { click, contains, insertText } from "@mail/../tests/mail_test_helpers";
import {
    advanceTime,
    animationFrame,
    Deferred,
    describe,
    expect,
    press,
    test,
    waitFor,
} from "@odoo/hoot";

describe.current.tags("desktop");
defineChatsModels();

const INPUT = ".o_mchats_input";
async function openTwo(prepare = () => {}) {
    const server = mockChatsServer();
    server.waiting(1, 30, { buyer_name: "Oleg" });
    server.waiting(2, 20, { buyer_name: "Maria" });
    server.message(1, 1);
    server.message(2, 2);
    prepare(server);
    await openChats(1);
    await contains("[data-message='1']");
    return server;
}

test("Enter sends, Shift+Enter begins a new line", async () => {
    const server = await openTwo();
    await insertText(INPUT, "One");
    await press(["Shift", "Enter"]);
    expect(server.called("chats_post")).toHaveLength(0);
    await press("Enter");
    await contains("[data-message] .o_mchats_text", { text: "One" });
    expect(INPUT).toHaveValue("");
    const [{ ids, kwargs }] = server.called("chats_post");
    expect(ids).toEqual([1]);
    expect(kwargs.body).toBe("One");
    expect(kwargs.key).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(kwargs.attachment_ids).toEqual([]);
});

test("Ctrl+Enter sends for those who like it so; Enter is a new line then", async () => {
    patchWithCleanup(user, { settings: { id: 1, chats_send_key: "ctrl_enter" } });
    const server = await openTwo();
    await insertText(INPUT, "One");
    await press("Enter");
    expect(server.called("chats_post")).toHaveLength(0);
    await press(["Control", "Enter"]);
    await contains("[data-message] .o_mchats_text", { text: "One" });
});

test("the habit is changed beside the field, and kept on the server", async () => {
    onRpc("set_res_users_settings", ({ kwargs }) => {
        expect.step(kwargs.new_settings);
        return kwargs.new_settings;
    });
    const server = await openTwo();
    await click(".o_mchats_habits");
    await click(".dropdown-item:contains('Ctrl + Enter')");
    await expect.waitForSteps([{ chats_send_key: "ctrl_enter" }]);
    await insertText(INPUT, "One");
    await press("Enter");
    expect(server.called("chats_post")).toHaveLength(0);
});

test("nothing is sent that has no text", async () => {
    const server = await openTwo();
    await insertText(INPUT, "   ");
    await press("Enter");
    expect(".o_mchats_send").not.toBeEnabled();
    expect(server.called("chats_post")).toHaveLength(0);
});

test("a draft survives a switch and a reload", async () => {
    await openTwo();
    await insertText(INPUT, "For Oleg");
    await click(".o_mchats_row[data-id='2']");
    await contains("[data-message='2']");
    expect(INPUT).toHaveValue("");
    await insertText(INPUT, "For Maria");
    await click(".o_mchats_row[data-id='1']");
    await contains("[data-message='1']");
    expect(INPUT).toHaveValue("For Oleg");
    // Another screen knows nothing but what the browser has kept.
    await openChats(2);
    await contains(`${INPUT}:last`);
    await contains("[data-message='2']");
    expect(`${INPUT}:last`).toHaveValue("For Maria");
});

test("after a lost answer the same text is the same message, another text is another one", async () => {
    const server = await openTwo((server) => {
        server.failures.chats_post = "The line broke.";
    });
    await insertText(INPUT, "Hello");
    await press("Enter");
    await contains(".o_mchats_field .o_mchats_problem", { text: "The line broke." });
    expect(INPUT).toHaveValue("Hello");
    server.failures.chats_post = "The line broke again.";
    await click(".o_mchats_send");
    await contains(".o_mchats_field .o_mchats_problem", { text: "The line broke again." });
    await insertText(INPUT, "!");
    await contains(".o_mchats_field .o_mchats_problem", { count: 0 });
    await click(".o_mchats_send");
    await contains(".o_mchats_out");
    const keys = server.called("chats_post").map(({ kwargs }) => kwargs.key);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(".o_mchats_out").toHaveCount(1);
});

test("a reply goes where it was typed, whatever is opened meanwhile", async () => {
    const answer = new Deferred();
    const server = await openTwo((server) => {
        server.delays.chats_post = answer;
    });
    await insertText(INPUT, "For Oleg");
    await press("Enter");
    await click(".o_mchats_row[data-id='2']");
    await contains("[data-message='2']");
    await insertText(INPUT, "Being written to Maria");
    answer.resolve();
    await animationFrame();
    expect(server.called("chats_post")[0].ids).toEqual([1]);
    expect(INPUT).toHaveValue("Being written to Maria");
    expect(".o_mchats_out").toHaveCount(0);
    await click(".o_mchats_row[data-id='1']");
    await contains(".o_mchats_out", { text: "For Oleg" });
    expect(INPUT).toHaveValue("");
});

test("what takes long shows that it is working", async () => {
    const answer = new Deferred();
    await openTwo((server) => {
        server.delays.chats_post = answer;
    });
    await insertText(INPUT, "Hello");
    await press("Enter");
    await advanceTime(100);
    expect(".o_mchats_send .fa-spin").toHaveCount(0);
    await advanceTime(150);
    expect(".o_mchats_send .fa-spin").toHaveCount(1);
    answer.resolve();
    await contains(".o_mchats_send .fa-spin", { count: 0 });
});

test("the marketplace's limit: counted as the server counts, nothing is cut off", async () => {
    const server = await openTwo((server) => {
        server.channels = [{ ...server.channels[0], text_limit: 5 }];
    });
    await insertText(INPUT, "Hi 👍👍");
    expect(".o_mchats_counter").toHaveText("5 / 5");
    expect(".o_mchats_send").toBeEnabled();
    await insertText(INPUT, "!!");
    expect(".o_mchats_counter").toHaveText("Too long by 2: 7 / 5");
    await press("Enter");
    expect(server.called("chats_post")).toHaveLength(0);
    expect(INPUT).toHaveValue("Hi 👍👍!!");
    // Several messages only because somebody says so.
    await contains(".o_mchats_parts li", { count: 2 });
    await click(".o_mchats_send", { text: "Send in parts" });
    await contains(INPUT, { value: "" });
    expect(server.called("chats_post")[0].kwargs.split).toBe(true);
});

test("a dead channel says so instead of taking a text", async () => {
    await openTwo((server) => {
        server.channels = [
            {
                ...server.channels[0],
                state: "refused",
                state_message: "Avito refuses the keys.",
                can_send_text: false,
            },
        ];
    });
    await contains(".o_mchats_obstacle", { text: "Avito refuses the keys." });
    expect(INPUT).toHaveCount(0);
});

test("a chat that is closed for writing says so", async () => {
    await openTwo((server) => {
        server.conversations[0].is_blocked = true;
    });
    await waitFor(".o_mchats_obstacle:contains(nothing can be written in this chat)");
    expect(INPUT).toHaveCount(0);
});
