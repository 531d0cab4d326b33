import {
    defineChatsModels,
    mockChatsServer,
    openChats,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { splitText } from "@crm_marketplace_chats/chats/composer/length/split_text";
import { click, contains, insertText } from "@mail/../tests/mail_test_helpers";
import { advanceTime, animationFrame, describe, expect, press, test, waitFor } from "@odoo/hoot";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { user } from "@web/core/user";

describe.current.tags("desktop");
defineChatsModels();

const INPUT = ".o_mchats_input";
/** Text, limit, parts: the same examples as in tests/test_send.py. */
const SPLITS = [
    ["", 10, []],
    ["short", 10, ["short"]],
    ["0123456789", 10, ["0123456789"]],
    ["one two three four", 10, ["one two", "three four"]],
    ["first line\nsecond line", 14, ["first line", "second line"]],
    ["x".repeat(25), 10, ["x".repeat(10), "x".repeat(10), "x".repeat(5)]],
    [`a ${"b".repeat(12)}`, 10, ["a bbbbbbbb", "bbbb"]],
];

async function open(seconds = "5") {
    patchWithCleanup(user, { settings: { id: 1, chats_undo_time: seconds } });
    const server = mockChatsServer();
    server.waiting(1, 30, { buyer_name: "Oleg" });
    server.waiting(2, 20, { buyer_name: "Maria" });
    server.message(1, 1);
    server.message(2, 2);
    await openChats(1);
    await contains("[data-message='1']");
    return server;
}

async function say(text) {
    await insertText(INPUT, text);
    await press("Enter");
    await contains(INPUT, { value: "" });
}

test("held by the server, taken back into the field", async () => {
    const server = await open();
    await say("Wrong chat");
    expect(server.called("chats_post")[0].kwargs.hold).toBe(5);
    await contains(".o_mchats_held", { text: "The message for Oleg has not left yet" });
    await insertText(INPUT, "meanwhile");
    await click(".o_mchats_undo");
    await contains(".o_mchats_held", { count: 0 });
    expect(INPUT).toHaveValue("Wrong chat\nmeanwhile");
    expect(server.called("chats_undo")[0].kwargs.key).toBe(
        server.called("chats_post")[0].kwargs.key
    );
    await contains(".o_mchats_out", { count: 0 });
    // What is sent now is another message.
    await press("Enter");
    await contains(INPUT, { value: "" });
    const [first, second] = server.called("chats_post").map(({ kwargs }) => kwargs.key);
    expect(first).not.toBe(second);
});

test("when the time is over the server is told, and the bar goes", async () => {
    const server = await open();
    await say("Yes");
    await advanceTime(2000);
    expect(".o_mchats_held").toHaveCount(1);
    expect(server.called("chats_release")).toHaveLength(0);
    await advanceTime(3100);
    await animationFrame();
    expect(".o_mchats_held").toHaveCount(0);
    expect(server.called("chats_release")).toHaveLength(1);
});

test("sent now: once", async () => {
    const server = await open();
    await say("Yes");
    await click(".o_mchats_held .btn-link");
    await contains(".o_mchats_held", { count: 0 });
    await advanceTime(6000);
    expect(server.called("chats_release")).toHaveLength(1);
});

test("taken back from another chat, which it leads back to", async () => {
    await open();
    await say("For Oleg");
    await click(".o_mchats_row[data-id='2']");
    await contains("[data-message='2']");
    await click(".o_mchats_undo");
    await contains("[data-message='1']");
    await contains(INPUT, { value: "For Oleg" });
});

test("too late: it is said, and the field stays empty", async () => {
    const server = await open();
    await say("Gone");
    server.failures.chats_undo = "It is too late: the message is on its way.";
    await click(".o_mchats_undo");
    await waitFor(".o_notification:contains(It is too late)");
    expect(INPUT).toHaveValue("");
});

test("who does not want it has no bar", async () => {
    const server = await open("0");
    await say("Yes");
    expect(server.called("chats_post")[0].kwargs.hold).toBe(0);
    expect(".o_mchats_held").toHaveCount(0);
});

test("a long text is cut as the server cuts it", () => {
    for (const [text, limit, parts] of SPLITS) {
        expect(splitText(text, limit)).toEqual(parts);
    }
});
