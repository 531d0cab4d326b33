import {
    defineChatsModels,
    mockChatsServer,
    openChats,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { click, contains, insertText } from "@mail/../tests/mail_test_helpers";
import { advanceTime, animationFrame, Deferred, describe, expect, press, queryFirst, test, waitFor } from "@odoo/hoot";
import { onRpc } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");
defineChatsModels();

const INPUT = ".o_mchats_input";
const TEMPLATES = [
    { id: 1, name: "In stock", shortcut: "stock", category: false, body: "Yes, the Haval is here.", missing: [] },
    { id: 2, name: "Price", shortcut: "price", category: false, body: "It costs {price}.", missing: ["Price"] },
    { id: 3, name: "Way", shortcut: "way", category: "Visit", body: "We are at Dorozhnaya, 12.", missing: [] },
];

async function openTwo(prepare = () => {}) {
    const server = mockChatsServer();
    server.waiting(1, 30, { buyer_name: "Oleg" });
    server.waiting(2, 20, { buyer_name: "Maria" });
    server.message(1, 1);
    server.message(2, 2);
    server.templates = TEMPLATES;
    prepare(server);
    await openChats(1);
    await contains("[data-message='1']");
    return server;
}

test("Enter sends, Shift+Enter begins a new line", async () => {
    const server = await openTwo();
    await insertText(INPUT, "One");
    await press("Shift+Enter");
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
    await click(".o_mchats_send", { text: "Send in parts" });
    await contains(INPUT, { value: "" });
    expect(server.called("chats_post")[0].kwargs.split).toBe(true);
});

test("a template is inserted where the cursor is", async () => {
    await openTwo();
    await insertText(INPUT, "Hello! Bye");
    queryFirst(INPUT).setSelectionRange(7, 7);
    await click(".o_mchats_quick_reply", { text: "In stock" });
    expect(INPUT).toHaveValue("Hello! Yes, the Haval is here.Bye");
});

test("a template with a hole in it is refused, and says what is missing", async () => {
    await openTwo();
    await click(".o_mchats_quick_reply", { text: "Price" });
    await waitFor(".o_notification:contains(not known here: Price)");
    expect(INPUT).toHaveValue("");
});

test("templates are found by a few letters and chosen by keyboard", async () => {
    await openTwo();
    await click(".o_mchats_templates");
    await contains(".o_mchats_template", { count: 3 });
    await insertText(".o_mchats_template_list input", "doro");
    await contains(".o_mchats_template", { count: 1 });
    await press("Enter");
    await contains(".o_mchats_template_list", { count: 0 });
    expect(INPUT).toHaveValue("We are at Dorozhnaya, 12.");
});

test("pictures: uploaded first, shown, sent by their ids", async () => {
    onRpc("/crm_marketplace_chats/upload/1", () => ({
        id: 33,
        name: "salon.png",
        mimetype: "image/png",
        url: "/web/image/33",
    }));
    const server = await openTwo();
    const file = new File(["x"], "salon.png", { type: "image/png" });
    const transfer = new DataTransfer();
    transfer.items.add(file);
    const input = queryFirst(".o_mchats_field input[type='file']");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
    await contains(".o_mchats_upload img[alt='salon.png']");
    await contains(".o_mchats_upload .fa-spin", { count: 0 });
    await click(".o_mchats_send");
    await contains(".o_mchats_upload", { count: 0 });
    expect(server.called("chats_post")[0].kwargs.attachment_ids).toEqual([33]);
});

test("a picture that is refused says why and can be removed", async () => {
    onRpc("/crm_marketplace_chats/upload/1", () => ({ error: "This file is not a picture." }));
    await openTwo();
    const transfer = new DataTransfer();
    transfer.items.add(new File(["x"], "bad.png", { type: "image/png" }));
    const input = queryFirst(".o_mchats_field input[type='file']");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
    await contains(".o_mchats_uploads .o_mchats_problem", { text: "bad.png: This file is not a picture." });
    await insertText(INPUT, "Text");
    expect(".o_mchats_send").not.toBeEnabled();
    await click(".o_mchats_upload_remove");
    await contains(".o_mchats_send:enabled");
});

test("a dead channel says so instead of taking a text", async () => {
    await openTwo((server) => {
        server.channels = [
            { ...server.channels[0], state: "refused", state_message: "Avito refuses the keys.", can_send_text: false },
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
