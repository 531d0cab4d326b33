import {
    defineChatsModels,
    mockChatsServer,
    openChats,
    receive,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { HEARTBEAT_MS, SETTLE_MS } from "@crm_marketplace_chats/chats/presence/presence";
import { click, contains, insertText } from "@mail/../tests/mail_test_helpers";
import { advanceTime, animationFrame, beforeEach, describe, expect, press, test } from "@odoo/hoot";
import { browser } from "@web/core/browser/browser";
import { serverState } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");
defineChatsModels();
beforeEach(() => browser.sessionStorage.clear());

const INPUT = ".o_mchats_input";
const NOTE = ".o_mchats_note_input";
const GUARD = ".o_mchats_guard";
const ANNA = { id: 77, name: "Anna Kovaleva" };

let number = 0;

/** Anna does something in a chat. */
function hear(conversationId, state, who = ANNA) {
    receive({
        "marketplace.presence": [
            {
                id: `${conversationId}/${who.id}`,
                conversation_id: conversationId,
                user: who,
                state,
                number: ++number,
            },
        ],
    });
}

async function openOne(values = {}) {
    const server = mockChatsServer();
    server.waiting(1, 30, { buyer_name: "Oleg", ...values });
    server.waiting(2, 20, { buyer_name: "Maria" });
    server.message(1, 1);
    server.message(2, 2);
    await openChats(1);
    await contains("[data-message='1']");
    return server;
}

const said = (server) =>
    server.called("chats_presence").map(({ ids, kwargs }) => `${ids[0]} ${kwargs.state}`);

describe("presence", () => {
    test("who looks and who writes, in the header and in the list", async () => {
        await openOne();
        hear(1, "looking");
        await contains(".o_mchats_header .o_mchats_presence", { text: "Anna is looking" });
        hear(1, "typing");
        await contains(".o_mchats_header .o_mchats_presence_typing", { text: "Anna is writing" });
        hear(2, "looking");
        await contains(
            ".o_mchats_row[data-id='2'] .o_mchats_presence_short[aria-label='Anna is looking']"
        );
        hear(1, "looking", { id: 78, name: "Ivan Petrov" });
        hear(1, "looking");
        await contains(".o_mchats_header .o_mchats_presence", { text: "Anna, Ivan are looking" });
        hear(1, "gone");
        await contains(".o_mchats_header .o_mchats_presence", { text: "Ivan is looking" });
    });

    test("oneself is not shown", async () => {
        await openOne();
        hear(1, "typing", { id: serverState.userId, name: "Mitchell Admin" });
        await animationFrame();
        expect(".o_mchats_presence").toHaveCount(0);
    });

    test("whoever is not heard of any more is forgotten", async () => {
        await openOne();
        hear(1, "typing");
        await contains(".o_mchats_header .o_mchats_presence", { text: "Anna is writing" });
        await advanceTime(10_500);
        await contains(".o_mchats_header .o_mchats_presence", { text: "Anna is looking" });
        await advanceTime(55_000);
        await contains(".o_mchats_presence", { count: 0 });
    });

    test("one tells of oneself: on opening, from time to time, while typing, on leaving", async () => {
        const server = await openOne();
        await advanceTime(SETTLE_MS);
        expect(said(server)).toEqual(["1 looking"]);
        await advanceTime(HEARTBEAT_MS);
        expect(said(server)).toEqual(["1 looking", "1 looking"]);
        await insertText(INPUT, "Good day to you");
        expect(said(server).slice(2)).toEqual(["1 typing"]);
        await advanceTime(3500);
        await insertText(INPUT, "!");
        expect(said(server).slice(2)).toEqual(["1 typing", "1 typing"]);
        await click(".o_mchats_row[data-id='2']");
        await contains("[data-message='2']");
        await advanceTime(SETTLE_MS);
        expect(said(server).slice(4)).toEqual(["1 gone", "2 looking"]);
    });

    test("whoever passes by is in no chat, whoever writes there is at once", async () => {
        const server = await openOne();
        await advanceTime(SETTLE_MS);
        await click(".o_mchats_row[data-id='2']");
        await click(".o_mchats_row[data-id='1']");
        await advanceTime(SETTLE_MS);
        expect(said(server).filter((one) => one.startsWith("2"))).toEqual([]);
        await click(".o_mchats_row[data-id='2']");
        await contains("[data-message='2']");
        await insertText(INPUT, "!");
        expect(said(server).slice(-2)).toEqual(["1 gone", "2 typing"]);
    });

    test("a newcomer is greeted, once", async () => {
        const server = await openOne();
        await advanceTime(4000);
        hear(1, "looking");
        await advanceTime(4500);
        expect(said(server)).toEqual(["1 looking", "1 looking"]);
        hear(1, "looking");
        await advanceTime(4500);
        expect(said(server)).toHaveLength(2);
    });
});

describe("owner", () => {
    test("one click takes a chat", async () => {
        const server = await openOne();
        await click(".o_mchats_take", { text: "Take" });
        expect(server.called("chats_assign")[0].kwargs.user_id).toBe(serverState.userId);
    });

    test("one's own chat is not to be taken, a colleague's is", async () => {
        await openOne({ responsible: { id: serverState.userId, name: "Mitchell Admin" } });
        expect(".o_mchats_take").toHaveCount(0);
        receive({ "marketplace.conversation": [{ id: 1, responsible: ANNA }] });
        await contains(".o_mchats_take", { text: "Take over" });
    });

    test("handing over with a note", async () => {
        const server = await openOne();
        await click(".o_mchats_assign");
        await click(".o_mchats_hand_over_item");
        await contains(".o_mchats_hand_over");
        expect(".modal-footer .btn-primary").not.toBeEnabled();
        await insertText(".o_mchats_hand_over textarea", "Wants a test drive");
        await click(".modal-footer .btn-primary");
        await contains(".o_mchats_hand_over", { count: 0 });
        expect(server.called("chats_assign")[0].kwargs).toEqual({
            user_id: 77,
            note: "Wants a test drive",
        });
    });
});

describe("guard", () => {
    test("a colleague's chat is asked about once", async () => {
        const server = await openOne({ responsible: ANNA });
        await insertText(INPUT, "Hello");
        await press("Enter");
        await contains(GUARD, { text: "Anna Kovaleva answers this chat. Answer all the same?" });
        expect(server.called("chats_post")).toHaveLength(0);
        await click(`${GUARD} button`, { text: "Answer" });
        await contains(".o_mchats_out", { text: "Hello" });
        await insertText(INPUT, "Again");
        await press("Enter");
        await contains(".o_mchats_out", { text: "Again" });
        expect(GUARD).toHaveCount(0);
    });

    test("whoever thinks better of it keeps his text", async () => {
        const server = await openOne({ responsible: ANNA });
        await insertText(INPUT, "Hello");
        await press("Enter");
        await click(`${GUARD} button`, { text: "Cancel" });
        await contains(GUARD, { count: 0 });
        expect(INPUT).toHaveValue("Hello");
        expect(server.called("chats_post")).toHaveLength(0);
        await press("Enter");
        await contains(GUARD);
    });

    test("taking it first", async () => {
        const server = await openOne({ responsible: ANNA });
        await insertText(INPUT, "Hello");
        await press("Enter");
        await click(`${GUARD} button`, { text: "Take it myself" });
        await contains(".o_mchats_out", { text: "Hello" });
        expect(server.called("chats_assign")[0].kwargs.user_id).toBe(serverState.userId);
    });

    test("where somebody writes at this moment", async () => {
        await openOne();
        hear(1, "typing");
        await contains(".o_mchats_header .o_mchats_presence_typing");
        await insertText(INPUT, "Hello");
        await press("Enter");
        await contains(GUARD, {
            text: "Anna Kovaleva is writing here at this moment. Answer all the same?",
        });
        await contains(`${GUARD} button`, { count: 2 });
    });

    test("nobody is asked about his own chat", async () => {
        const server = await openOne({
            responsible: { id: serverState.userId, name: "Mitchell Admin" },
        });
        await insertText(INPUT, "Hello");
        await press("Enter");
        await contains(".o_mchats_out");
        expect(server.called("chats_post")).toHaveLength(1);
    });
});

describe("notes", () => {
    test("a note has a field of its own and is no reply", async () => {
        const server = await openOne({ responsible: ANNA });
        await insertText(INPUT, "For the client");
        await click(".o_mchats_note_switch");
        await contains(NOTE);
        expect(INPUT).toHaveCount(0);
        await insertText(NOTE, "Between us");
        await press("Enter");
        await contains(".o_mchats_internal", { text: "Between us" });
        expect(".o_mchats_internal .o_mchats_author").toHaveText("Note of Mitchell Admin");
        expect(GUARD).toHaveCount(0);
        expect(INPUT).toHaveValue("For the client");
        expect(server.called("chats_post")).toHaveLength(0);
        expect(server.called("chats_note")[0].kwargs.body).toBe("Between us");
    });

    test("a begun note is still a note after a switch", async () => {
        await openOne();
        await click(".o_mchats_note_switch");
        await insertText(NOTE, "Between us");
        await click(".o_mchats_row[data-id='2']");
        await contains("[data-message='2']");
        expect(NOTE).toHaveCount(0);
        await click(".o_mchats_row[data-id='1']");
        await contains(NOTE, { value: "Between us" });
        await click(".o_mchats_note_back");
        await contains(INPUT, { value: "" });
    });

    test("colleagues are mentioned by a few letters", async () => {
        const server = await openOne();
        await click(".o_mchats_note_switch");
        await insertText(NOTE, "Ask @pet");
        await contains(".o_mchats_mentions .o-mail-NavigableList-item", {
            count: 1,
            text: "Ivan Petrov",
        });
        await press("Enter");
        await contains(NOTE, { value: "Ask @Ivan Petrov " });
        await insertText(NOTE, "please");
        await press("Enter");
        await contains(".o_mchats_internal .o_mchats_mention", { text: "@Ivan Petrov" });
        expect(server.called("chats_note")[0].kwargs.mention_ids).toEqual([78]);
    });

    test("what fails says so and keeps the text", async () => {
        const server = await openOne();
        server.failures.chats_note = "The line broke.";
        await click(".o_mchats_note_switch");
        await insertText(NOTE, "Between us");
        await press("Enter");
        await contains(".o_mchats_note_field .o_mchats_problem", { text: "The line broke." });
        expect(NOTE).toHaveValue("Between us");
        await press("Enter");
        await contains(".o_mchats_internal");
        const [first, second] = server.called("chats_note").map(({ kwargs }) => kwargs.key);
        expect(second).toBe(first);
    });

    test("only one's own note can be deleted", async () => {
        const server = mockChatsServer();
        server.waiting(1, 30);
        server.message(1, 1, { direction: "note", author: ANNA, body: "Hers" });
        server.message(1, 2, {
            direction: "note",
            author: { id: serverState.userId, name: "Me" },
            body: "Mine",
        });
        await openChats(1);
        await contains(".o_mchats_internal", { count: 2 });
        expect(".o_mchats_internal .o_mchats_delete").toHaveCount(1);
        await click("[data-message='2'] .o_mchats_delete");
        await contains(".o_mchats_internal", { count: 1 });
        expect(server.called("chats_delete_note")[0].ids).toEqual([2]);
    });

    test("a note can be written where the client cannot be answered", async () => {
        await openOne({ is_blocked: true });
        await contains(".o_mchats_obstacle");
        await click(".o_mchats_note_switch");
        await contains(NOTE);
    });
});
