import {
    defineChatsModels,
    mockChatsServer,
    receive,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { ChatsApi } from "@crm_marketplace_chats/chats/model/chats_api";
import { contains } from "@mail/../tests/mail_test_helpers";
import { advanceTime, describe, expect, queryFirst, test } from "@odoo/hoot";
import {
    defineMenus,
    getService,
    makeMockEnv,
    mountWithCleanup,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

describe.current.tags("desktop");
defineChatsModels();

async function startCounter() {
    const server = mockChatsServer();
    server.env = await makeMockEnv();
    getService("mail.store").marketplace_chats_access = true;
    return server;
}

const unprocessed = () => getService("mail.store").marketplace_chats_unprocessed;

test("the server is asked, once for a flock of changes and at most once a second", async () => {
    const server = await startCounter();
    server.counts = { waiting: 7, mine: 1, unowned: 2, unprocessed: 7 };
    receive({
        "marketplace.conversation": [
            { id: 1, is_unprocessed: true },
            { id: 2, is_unprocessed: true },
        ],
    });
    await advanceTime(200);
    expect(server.called("chats_counts")).toHaveLength(0);
    receive({ "marketplace.conversation": [{ id: 3, is_unprocessed: true }] });
    await advanceTime(150);
    expect(server.called("chats_counts")).toHaveLength(1);
    expect(unprocessed()).toBe(7);
    receive({ "marketplace.conversation": [{ id: 3, is_unprocessed: false }] });
    await advanceTime(400);
    expect(server.called("chats_counts")).toHaveLength(1);
    await advanceTime(700);
    expect(server.called("chats_counts")).toHaveLength(2);
});

test("a change that the numbers do not depend on asks nothing", async () => {
    const server = await startCounter();
    receive({
        "marketplace.conversation": [
            { id: 1, is_unprocessed: true, responsible: { id: 7, name: "Anna" } },
        ],
    });
    await advanceTime(2000);
    expect(server.called("chats_counts")).toHaveLength(1);
    receive({
        "marketplace.conversation": [
            { id: 1, last_message_preview: "Hm", responsible: { id: 7, name: "Anna" } },
        ],
    });
    await advanceTime(2000);
    expect(server.called("chats_counts")).toHaveLength(1);
    receive({ "marketplace.conversation": [{ id: 1, responsible: { id: 8, name: "Ivan" } }] });
    await advanceTime(2000);
    expect(server.called("chats_counts")).toHaveLength(2);
});

test("somebody without the chats is never asked for", async () => {
    const server = await startCounter();
    getService("mail.store").marketplace_chats_access = false;
    receive({ "marketplace.conversation": [{ id: 1, is_unprocessed: true }] });
    await advanceTime(2000);
    expect(server.called("chats_counts")).toHaveLength(0);
});

test("an answer that brings its own numbers asks for none", async () => {
    const server = await startCounter();
    new ChatsApi(server.env.services).insert({
        store: { "marketplace.conversation": [{ id: 1, is_unprocessed: true }] },
        counts: { waiting: 4, mine: 0, unowned: 4, unprocessed: 4 },
    });
    await advanceTime(2000);
    expect(server.called("chats_counts")).toHaveLength(0);
    expect(unprocessed()).toBe(4);
});

test("the number stands in the systray and beside the menu", async () => {
    defineMenus([
        {
            id: 1,
            name: "Chats",
            appID: 1,
            xmlid: "crm_marketplace_chats.menu_root",
            children: [
                {
                    id: 2,
                    name: "Chats",
                    appID: 1,
                    xmlid: "crm_marketplace_chats.menu_chats",
                    children: [],
                },
                {
                    id: 3,
                    name: "Cars",
                    appID: 1,
                    xmlid: "crm_marketplace_chats.menu_cars",
                    children: [],
                },
            ],
        },
    ]);
    await startCounter();
    await mountWithCleanup(WebClient);
    getService("menu").setCurrentMenu(1);
    getService("crm_marketplace_chats.counter").accept({
        waiting: 4,
        mine: 0,
        unowned: 0,
        unprocessed: 4,
    });
    await contains(".o_mchats_systray .badge", { text: "4" });
    // Beside the menu it is drawn by the style sheet.
    const drawn = (menu) =>
        getComputedStyle(
            queryFirst(`.o_menu_sections [data-menu-xmlid='crm_marketplace_chats.${menu}']`),
            "::after"
        ).content;
    expect(drawn("menu_chats")).toBe('"4"');
    expect(drawn("menu_cars")).toBe("none");
    getService("crm_marketplace_chats.counter").accept({
        waiting: 100,
        mine: 0,
        unowned: 0,
        unprocessed: 100,
    });
    await contains(".o_mchats_systray .badge", { text: "99+" });
    getService("crm_marketplace_chats.counter").accept({
        waiting: 0,
        mine: 0,
        unowned: 0,
        unprocessed: 0,
    });
    await contains(".o_mchats_systray .badge", { count: 0 });
    expect(drawn("menu_chats")).toBe("none");
});
