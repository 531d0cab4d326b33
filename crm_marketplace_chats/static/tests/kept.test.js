import {
    ago,
    defineChatsModels,
    mockChatsServer,
    openChats,
    receive,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { KEPT_CHATS } from "@crm_marketplace_chats/chats/model/chats_model";
import { click, contains } from "@mail/../tests/mail_test_helpers";
import {
    advanceTime,
    animationFrame,
    describe,
    expect,
    keyDown,
    keyUp,
    pointerDown,
    pointerUp,
    queryAll,
    queryFirst,
    test,
    waitUntil,
} from "@odoo/hoot";
import { getService, MockServer } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");
defineChatsModels();

const MISSED = "crm_marketplace_chats.messages_missed";
const held = () => Object.values(getService("mail.store")["marketplace.message"].records);
const shown = () => queryAll("[data-message]").map((element) => Number(element.dataset.message));

describe("memory", () => {
    test("of chats that were opened long ago nothing but the row is kept", async () => {
        const server = mockChatsServer();
        const count = KEPT_CHATS + 3;
        for (let id = 1; id <= count; id++) {
            server.conversation({ id });
            server.message(id, id);
        }
        server.pageSize = 100;
        await openChats();
        await click(".o_mchats_view[data-view='all']");
        await contains(".o_mchats_row", { count });
        for (let id = 1; id <= count; id++) {
            queryFirst(`.o_mchats_row[data-id='${id}']`).click();
            await contains(`[data-message='${id}']`);
        }
        expect(
            held()
                .map(({ id }) => id)
                .sort((a, b) => a - b)
        ).toEqual([...Array(KEPT_CHATS).keys()].map((index) => index + 4));
        const asked = server.called("chats_thread").length;
        queryFirst(".o_mchats_row[data-id='1']").click();
        await contains("[data-message='1']");
        expect(server.called("chats_thread").length).toBe(asked + 1);
        expect(held()).toHaveLength(KEPT_CHATS);
    });

    test("what notes bring of chats that nobody has opened is let go", async () => {
        const server = mockChatsServer();
        server.waiting(1, 30);
        server.waiting(2, 20);
        server.message(1, 1);
        await openChats(1);
        await contains("[data-message='1']");
        server.message(2, 2);
        receive({ "marketplace.message": [server.messages.at(-1)] });
        expect(held()).toHaveLength(2);
        await advanceTime(31000);
        expect(held().map(({ id }) => id)).toEqual([1]);
        await click(".o_mchats_row[data-id='2']");
        await contains("[data-message='2']");
    });
});

describe("messages that did not come along with their note", () => {
    /** A chat with messages 1 to 5; 6 and 7 were stored in a large batch, 8 came by itself. */
    async function openWithHole() {
        const server = mockChatsServer();
        server.waiting(1, 30);
        server.waiting(2, 20);
        for (let id = 1; id <= 5; id++) {
            server.message(1, id, { sent_at: ago(60 - id) });
        }
        server.message(2, 20);
        await openChats(1);
        await contains("[data-message]", { count: 5 });
        return server;
    }

    function store(server) {
        for (const id of [6, 7, 8]) {
            server.message(1, id, { sent_at: ago(60 - id) });
        }
        MockServer.env["bus.bus"]._sendone("broadcast", MISSED, {
            chats: [{ id: 1, since: ago(54), until: ago(53) }],
        });
        receive({ "marketplace.message": [server.messages.at(-1)] });
    }

    test("the open chat gets them at once", async () => {
        store(await openWithHole());
        await contains("[data-message]", { count: 8 });
        expect(shown()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    test("what is older than what is shown leaves that where it is", async () => {
        const server = await openWithHole();
        const first = queryFirst("[data-message='1']");
        server.messages.unshift({ ...server.messages[0], id: 90, sent_at: ago(100) });
        MockServer.env["bus.bus"]._sendone("broadcast", MISSED, {
            chats: [{ id: 1, since: ago(100), until: ago(99) }],
        });
        await contains("[data-message]", { count: 6 });
        expect(shown()).toEqual([90, 1, 2, 3, 4, 5]);
        expect(queryFirst("[data-message='1']")).toBe(first);
        expect(server.called("chats_thread").at(-1).kwargs.before).toBe(1);
    });

    test("another one has no hole when it is opened again", async () => {
        const server = await openWithHole();
        await click(".o_mchats_row[data-id='2']");
        await contains("[data-message='20']");
        store(server);
        await click(".o_mchats_row[data-id='1']");
        await contains("[data-message]", { count: 8 });
        expect(shown()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });
});

describe("a chat that is about to be opened", () => {
    async function openList() {
        const server = mockChatsServer();
        server.waiting(1, 30);
        server.waiting(2, 20);
        server.message(1, 1);
        server.message(2, 2);
        await openChats();
        await contains(".o_mchats_row", { count: 2 });
        return server;
    }

    const row = (id) => `.o_mchats_row[data-id='${id}']`;
    const asked = (server) => server.called("chats_thread").map(({ ids }) => ids[0]);

    test("its messages are asked for while the button is down, and once", async () => {
        const server = await openList();
        await pointerDown(row(2));
        await waitUntil(() => held().length);
        expect(asked(server)).toEqual([2]);
        expect("[data-message]").toHaveCount(0);
        await pointerUp(row(2));
        await contains("[data-message='2']");
        expect(asked(server)).toEqual([2]);
        await click(row(1));
        await contains("[data-message='1']");
        await click(row(2));
        await contains("[data-message='2']");
        expect(asked(server)).toEqual([2, 1, 2]);
    });

    test("whoever keeps the button down for long gets what is true then", async () => {
        const server = await openList();
        await pointerDown(row(2));
        await waitUntil(() => held().length);
        server.message(2, 3);
        await advanceTime(2000);
        await pointerUp(row(2));
        await contains("[data-message='3']");
        expect(asked(server)).toEqual([2, 2]);
    });

    test("selecting asks for nothing", async () => {
        const server = await openList();
        await click(`${row(1)} .o_mchats_box`);
        await contains(".o_mchats_selection");
        await keyDown("Shift");
        await pointerDown(row(2));
        await pointerUp(row(2));
        await keyUp("Shift");
        await contains(".o_mchats_row[aria-checked='true']", { count: 2 });
        await pointerDown(row(1), { button: 2 });
        await animationFrame();
        expect(asked(server)).toEqual([]);
    });
});
