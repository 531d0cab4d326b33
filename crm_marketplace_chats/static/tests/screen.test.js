import {
    defineChatsModels,
    mockChatsServer,
    openChats,
    receive,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { lockWebsocketConnect } from "@bus/../tests/bus_test_helpers";
import { click, contains, patchUiSize, SIZES } from "@mail/../tests/mail_test_helpers";
import {
    advanceTime,
    animationFrame,
    describe,
    expect,
    press,
    queryFirst,
    test,
    waitFor,
} from "@odoo/hoot";
import {
    getService,
    makeServerError,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { session } from "@web/session";

describe.current.tags("desktop");
defineChatsModels();

function oneChat(values) {
    const server = mockChatsServer();
    server.waiting(1, 30, { buyer_name: "Oleg", ...values });
    server.message(1, 1);
    return server;
}

test("the make and model open and close the car, and the browser remembers it", async () => {
    const server = oneChat();
    await openChats(1);
    await contains(".o_mchats_panel h3", { text: "Haval Jolion 1.5 AMT" });
    expect(".o_mchats_price b").toHaveText(/2.199.000.₽/);
    expect(".o_mchats_price em").toHaveText("saw a higher price");
    expect(".o_mchats_car_button").toHaveAttribute("aria-expanded", "true");
    await click(".o_mchats_car_button");
    await contains(".o_mchats_panel", { count: 0 });
    expect(localStorage.getItem("crm_marketplace_chats.panel")).toBe("closed");
    await click(".o_mchats_car_button");
    await contains(".o_mchats_panel h3");
    expect(server.called("chats_panel")).toHaveLength(2);
});

test("the car is asked for again when the chat gets another one", async () => {
    const server = oneChat();
    await openChats(1);
    await contains(".o_mchats_panel h3");
    server.panel = {
        ...server.panel,
        vehicle: { ...server.panel.vehicle, title: "Geely Monjaro" },
    };
    receive({ "marketplace.conversation": [{ id: 1, vehicle_id: 9 }] });
    await contains(".o_mchats_panel h3", { text: "Geely Monjaro" });
});

test("a panel that cannot be loaded says so and tries again", async () => {
    const server = oneChat();
    server.failures.chats_panel = "The database is asleep.";
    await openChats(1);
    await waitFor(".o_mchats_panel [role='alert']:contains(The database is asleep.)");
    await click(".o_mchats_panel [role='alert'] button");
    await contains(".o_mchats_panel h3");
});

test("on a narrow screen the car is a drawer that Esc closes", async () => {
    oneChat();
    patchWithCleanup(browser, {
        matchMedia: () => Object.assign(new EventTarget(), { matches: true }),
    });
    await openChats(1);
    await contains("[data-message]");
    await contains(".o_mchats_panel", { count: 0 });
    await click(".o_mchats_car_button");
    await contains(".o_mchats_drawer");
    await press("Escape");
    await contains(".o_mchats_drawer", { count: 0 });
});

test("on a phone: one pane at a time", async () => {
    oneChat();
    patchUiSize({ size: SIZES.SM });
    await openChats();
    await contains(".o_mchats_row");
    expect(".o_mchats_conversation").toHaveCount(0);
    await click(".o_mchats_row");
    await contains(".o_mchats_conversation [data-message]");
    expect(".o_mchats_list").toHaveCount(0);
    await click(".o_mchats_car_button");
    await contains(".o_mchats_drawer h3");
    await click(".o_mchats_panel_close button");
    await click(".o_mchats_back");
    await contains(".o_mchats_row");
    expect(".o_mchats_conversation").toHaveCount(0);
});

test("who is responsible", async () => {
    const server = oneChat();
    await openChats(1);
    await waitFor(".o_mchats_title:contains(nobody responsible)");
    await click(".o_mchats_assign");
    await click(".o-dropdown-item", { text: "Anna Kovaleva" });
    await waitFor(".o_mchats_title:contains(led by Anna Kovaleva)");
    expect(server.called("chats_assign")[0].kwargs).toEqual({ user_id: 77 });
});

test("a chat that is gone says so and shows the list", async () => {
    oneChat();
    onRpc("chats_thread", () => {
        throw makeServerError({ type: "AccessError", message: "No." });
    });
    await openChats(999);
    await waitFor(
        ".o_mchats_strip:contains(This chat no longer exists, or it is not open to you.)"
    );
    await contains(".o_mchats_row");
    await waitFor(".o_mchats_conversation:contains(Choose a chat on the left)");
});

test("a screen that cannot start says so and tries again", async () => {
    const server = oneChat();
    server.failures.chats_start = "The database is asleep.";
    await openChats();
    await waitFor(".o_mchats_nothing:contains(The database is asleep.)");
    await click(".o_mchats_nothing button");
    await contains(".o_mchats_row");
});

test("without the live line the screen says so, asks every 15 s, and catches up when the line is back", async () => {
    const server = oneChat();
    lockWebsocketConnect();
    await openChats(1);
    await contains("[data-message]");
    const bus = getService("bus_service");
    bus.trigger("BUS:WORKER_STATE_UPDATED", "DISCONNECTED");
    await advanceTime(1000);
    expect(".o_mchats_strip").toHaveCount(0);
    await advanceTime(4000);
    await waitFor(".o_mchats_strip:contains(No live connection, refreshing every 15 s)");
    server.waiting(2, 10, { buyer_name: "Missed by the bus" });
    const asked = server.called("chats_list").length;
    await advanceTime(15000);
    await contains(".o_mchats_row", { count: 2 });
    expect(server.called("chats_list").length).toBe(asked + 1);
    server.failures.chats_panel = "The database is asleep.";
    await click(".o_mchats_row[data-id='2']");
    await waitFor(".o_mchats_panel [role='alert']");
    // Answered meanwhile, without a note.
    Object.assign(server.conversations[1], { is_unprocessed: false });
    bus.trigger("BUS:WORKER_STATE_UPDATED", "CONNECTED");
    await contains(".o_mchats_strip", { count: 0 });
    await contains(".o_mchats_panel h3");
    await click(".o_mchats_row[data-id='1']");
    await contains(".o_mchats_row", { count: 1 });
});

test("the card of hotkeys", async () => {
    oneChat();
    await openChats();
    await contains(".o_mchats_row");
    queryFirst(".o_mchats_row").focus();
    await press("?");
    await contains(".o_mchats_keys");
});

test("Alt with the arrows walks through the chats from anywhere", async () => {
    const server = oneChat();
    server.waiting(2, 10, { buyer_name: "Maria" });
    server.message(2, 2);
    await openChats(1);
    await contains(".o_mchats_input:focus");
    await press(["alt", "arrowdown"]);
    await contains(".o_mchats_title h2", { text: "Maria" });
    await press(["alt", "arrowup"]);
    await contains(".o_mchats_title h2", { text: "Oleg" });
});

test("a similar car goes into the draft, and is not sent", async () => {
    const server = mockChatsServer();
    server.waiting(1, 5);
    server.panel = {
        ...server.panel,
        similar: [
            {
                id: 7,
                title: "Haval F7",
                detail: "White",
                price: 2300000,
                thumb_url: false,
                listing_url: false,
            },
        ],
        prices: [
            { at: "2026-11-20 10:00:00", price: 2249000 },
            { at: "2026-11-21 10:00:00", price: 2199000 },
        ],
    };
    onRpc("chats_offer", ({ args }) => {
        expect.step(`offer ${args[1]}`);
        return {
            text: "Another car: Haval F7",
            picture: { id: 5, name: "f7.jpg", mimetype: "image/jpeg", url: "/web/image/5" },
        };
    });
    await openChats(1);
    await contains(".o_mchats_prices dd", { count: 2 });
    await contains(".o_mchats_similar_car", { text: "No listing at this marketplace" });
    await click(".o_mchats_similar_car button");
    await contains("textarea.o_mchats_input:value(Another car: Haval F7)");
    await contains(".o_mchats_upload", { count: 1 });
    expect.verifySteps(["offer 7"]);
    expect(server.called("chats_post")).toEqual([]);
});

test("a chat that is removed while it is open leaves the screen, and that is said", async () => {
    const server = mockChatsServer();
    server.waiting(1, 5);
    server.message(1, 1);
    await openChats(1);
    await contains("[data-message]", { count: 1 });
    receive({ "marketplace.conversation": [{ id: 1, _DELETE: true }] });
    await contains(".o_mchats_strip", {
        text: "This chat no longer exists, or it is not open to you.",
    });
    await contains("textarea.o_mchats_input", { count: 0 });
});

test("back on the line, everything is asked for at once", async () => {
    const server = mockChatsServer();
    server.waiting(1, 5);
    await openChats(1);
    await contains(".o_mchats_row", { count: 1 });
    const before = server.called("chats_list").length;
    window.dispatchEvent(new Event("online"));
    await animationFrame();
    expect(server.called("chats_list").length).toBe(before + 1);
});

test("a draft follows what another tab has written, but does not lose what is written here", async () => {
    const server = mockChatsServer();
    server.waiting(1, 5);
    await openChats(1);
    const field = "textarea.o_mchats_input";
    await contains(field);
    const slot = `crm_marketplace_chats.draft.${session.db}.${user.userId}.1`;
    const stored = (text) => text && JSON.stringify({ text, pictures: [], key: "" });
    const tell = (oldText, newText) =>
        window.dispatchEvent(
            new StorageEvent("storage", {
                key: slot,
                oldValue: stored(oldText),
                newValue: stored(newText),
            })
        );
    tell(null, "Hello");
    await contains(`${field}:value(Hello)`);
    tell("Something else", "There");
    await contains(".o_mchats_warning", { text: "Another tab has changed this draft." });
    expect(field).toHaveValue("Hello");
    await click(".o_mchats_warning button");
    await contains(`${field}:value(There)`);
});
