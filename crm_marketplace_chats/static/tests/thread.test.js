import {
    ago,
    defineChatsModels,
    mockChatsServer,
    openChats,
    receive,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { ACCESS_CHANGED } from "@crm_marketplace_chats/core/counter_service";
import { click, contains } from "@mail/../tests/mail_test_helpers";
import {
    animationFrame,
    Deferred,
    describe,
    expect,
    press,
    queryAll,
    queryAllTexts,
    queryFirst,
    test,
    waitFor,
    waitUntil,
} from "@odoo/hoot";
import { getService } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");
defineChatsModels();

const bubble = (id) => `[data-message='${id}']`;

/** One chat, opened, with these messages (ids 1, 2, …). */
async function openWith(...messages) {
    const server = mockChatsServer();
    server.waiting(1, 5, { buyer_name: "Oleg", unread_count: 1 });
    messages.forEach((values, index) => server.message(1, index + 1, values));
    await openChats(1);
    await contains("[data-message]", { count: messages.length });
    return server;
}

test("a stranger's markup is shown as he typed it", async () => {
    const body = "<img src=x onerror=alert(1)><script>alert(1)</script> <b>bold</b>";
    await openWith(
        { body },
        { kind: "system", body },
        { body: "ok", data: { quote: { text: body } } }
    );
    expect(`${bubble(1)} .o_mchats_text`).toHaveText(body);
    expect(`${bubble(2)}`).toHaveText(body);
    expect(`${bubble(3)} .o_mchats_quote span`).toHaveText(body);
    expect(".o_mchats_messages script, .o_mchats_messages b, .o_mchats_messages img").toHaveCount(
        0
    );
});

test("only safe addresses become links", async () => {
    await openWith(
        { body: "Look: https://auto.ru/1, and www.avito.ru." },
        { body: "javascript:alert(1) data:text/html,x" },
        {
            kind: "listing",
            body: "",
            data: {
                listing: { title: "Bad", url: "javascript:alert(1)", image_url: "javascript:1" },
            },
        },
        { kind: "link", body: "", data: { link: { title: "Good", url: "https://example.com/" } } }
    );
    expect(`${bubble(1)} a:first`).toHaveAttribute("href", "https://auto.ru/1");
    expect(`${bubble(1)} a:first`).toHaveAttribute("rel", "noopener noreferrer nofollow");
    expect(`${bubble(1)} a:last`).toHaveAttribute("href", "https://www.avito.ru");
    expect(`${bubble(2)} a`).toHaveCount(0);
    expect(`${bubble(3)} a`).toHaveCount(0);
    expect(`${bubble(3)} img`).toHaveCount(0);
    expect(`${bubble(4)} a`).toHaveAttribute("href", "https://example.com/");
});

test("every kind has its face", async () => {
    const photo = { id: 9, name: "photo.jpg", mimetype: "image/jpeg", url: "/web/image/9" };
    const sound = { id: 10, name: "voice.mp4", mimetype: "audio/mp4", url: "/web/content/10" };
    await openWith(
        { kind: "image", body: "", attachments: [photo], media_state: "done" },
        { kind: "voice", body: "", attachments: [sound], media_state: "done" },
        { kind: "call", body: "", data: { call: { missed: true, seconds: 21 } } },
        {
            kind: "location",
            body: "",
            data: { location: { lat: 55.75, lon: 37.61, title: "Moscow" } },
        },
        { kind: "deleted", body: "" },
        { kind: "sticker-of-tomorrow", body: "", data: { unknown: { type: "sticker" } } },
        { kind: "image", body: "", media_state: "failed" }
    );
    expect(`${bubble(1)} img`).toHaveAttribute("data-src", "/web/image/9");
    expect(`${bubble(2)} audio`).toHaveAttribute("src", "/web/content/10");
    expect(`${bubble(3)} .o_mchats_missed .o_mchats_call_title`).toHaveText("Missed call");
    expect(`${bubble(3)} .o_mchats_call_detail`).toHaveText(/waited 21 s/);
    expect(`${bubble(4)} a`).toHaveAttribute(
        "href",
        "https://yandex.ru/maps/?pt=37.61,55.75&z=16&l=map"
    );
    expect(`${bubble(5)} .o_mchats_text`).toHaveText("The message was deleted");
    expect(`${bubble(6)}`).toHaveText(/cannot be shown here yet/);
    expect(`${bubble(6)} a`).toHaveAttribute(
        "href",
        "https://www.avito.ru/profile/messenger/channel/1"
    );
    expect(`${bubble(7)}`).toHaveText(/could not be fetched/);
});

test("a photo opens in Odoo's file viewer", async () => {
    const photo = { id: 9, name: "photo.jpg", mimetype: "image/jpeg", url: "/web/image/9" };
    await openWith({ kind: "image", body: "", attachments: [photo], media_state: "done" });
    await click(`${bubble(1)} .o_mchats_pictures button`);
    await contains(".o-FileViewer img[data-src], .o-FileViewer img");
});

test("who wrote it, and how far it came", async () => {
    const anna = { id: 77, name: "Anna Kovaleva" };
    await openWith(
        { direction: "out", author: anna, state: "queued" },
        { direction: "out", author: anna, state: "sent" },
        { direction: "out", author: anna, state: "read" },
        { direction: "out", state: "read" },
        {
            direction: "out",
            author: anna,
            state: "unknown",
            error: "Avito did not answer. Checking…",
        },
        { direction: "out", author: anna, state: "failed", error: "Avito refused the text." }
    );
    expect(queryAllTexts(".o_mchats_author")).toEqual([
        "Anna Kovaleva",
        "from the Avito app",
        "Anna Kovaleva",
    ]);
    expect(`${bubble(1)} .o_mchats_tick_queued`).toHaveCount(1);
    expect(`${bubble(2)} .o_mchats_tick_sent`).toHaveCount(1);
    expect(`${bubble(3)} .o_mchats_tick_read`).toHaveCount(1);
    expect(`${bubble(5)} .o_mchats_problem`).toHaveText("Avito did not answer. Checking…");
    expect(`${bubble(5)} .o_mchats_problem button`).toHaveCount(0);
    expect(`${bubble(6)} .o_mchats_problem`).toHaveText(/Avito refused the text/);
});

test("a failed message is sent again, a queued one is cancelled", async () => {
    const server = await openWith(
        { direction: "out", state: "failed", error: "No." },
        { direction: "out", state: "queued" }
    );
    await click(`${bubble(1)} .o_mchats_problem button`);
    await contains(`${bubble(1)} .o_mchats_tick_queued`);
    expect(server.called("chats_retry")[0].ids).toEqual([1]);
    queryFirst(`${bubble(2)} .o_mchats_queued button`).click();
    await contains(bubble(2), { count: 0 });
    expect(server.called("chats_cancel")[0].ids).toEqual([2]);
});

test("days and the line over the first unread message", async () => {
    const server = mockChatsServer();
    server.waiting(1, 5, { unread_count: 2 });
    server.message(1, 1, { sent_at: ago(1500) });
    server.message(1, 2, { sent_at: ago(8) });
    server.message(1, 3, { sent_at: ago(7), is_noise: true });
    server.message(1, 4, { sent_at: ago(6) });
    await openChats(1);
    await contains("[data-message]", { count: 4 });
    expect(queryAllTexts(".o_mchats_day")).toEqual(["Yesterday", "Today"]);
    await contains(".o_mchats_divider + [data-message='2']");
    receive({ "marketplace.conversation": [{ id: 1, is_unprocessed: false, unread_count: 0 }] });
    await contains(".o_mchats_divider", { count: 0 });
    receive({ "marketplace.conversation": [{ id: 1, is_unprocessed: true, unread_count: 1 }] });
    await animationFrame();
    expect(".o_mchats_divider").toHaveCount(0);
});

test("whatever is asked anew about the open chat, its line stays", async () => {
    const server = mockChatsServer();
    server.waiting(1, 5, { unread_count: 1 });
    server.message(1, 1);
    await openChats(1);
    await contains(".o_mchats_divider + [data-message='1']");
    const answer = new Deferred();
    server.delays.chats_thread = answer;
    getService("mail.store").env.bus.trigger(ACCESS_CHANGED);
    await waitUntil(() => server.called("chats_thread").length === 2);
    await animationFrame();
    expect(".o_mchats_divider").toHaveCount(1);
    answer.resolve();
    await animationFrame();
    expect(".o_mchats_divider").toHaveCount(1);
});

test("a new message of the open chat appears by itself", async () => {
    await openWith({});
    receive({
        "marketplace.message": [
            {
                id: 50,
                conversation_id: 1,
                direction: "in",
                kind: "text",
                body: "And now?",
                sent_at: ago(0),
                state: "received",
                data: {},
                attachments: [],
            },
        ],
    });
    await contains("[data-message]", { count: 2 });
    expect(`${bubble(50)} .o_mchats_text`).toHaveText("And now?");
});

test("somebody who reads further up is not pulled down", async () => {
    const server = mockChatsServer();
    server.conversation({ id: 1 });
    for (let id = 1; id <= 40; id++) {
        server.message(1, id, { sent_at: ago(500 - id) });
    }
    await openChats(1);
    await contains("[data-message]", { count: 40 });
    const scroll = queryFirst(".o_mchats_thread");
    scroll.scrollTop = 200;
    await contains(".o_mchats_to_end");
    const place = scroll.scrollTop;
    server.message(1, 99, { sent_at: ago(0) });
    receive({ "marketplace.message": [server.messages.at(-1)] });
    await contains(".o_mchats_to_end_new", { text: "new messages" });
    expect(scroll.scrollTop).toBe(place);
    await click(".o_mchats_to_end");
    await contains(".o_mchats_to_end", { count: 0 });
});

test("the tick says up to which message it was meant", async () => {
    const server = await openWith({}, {});
    await click(".o_mchats_done");
    await contains(".o_mchats_done:disabled");
    expect(server.called("chats_tick")).toEqual([
        { method: "chats_tick", ids: [1], kwargs: { last_message_id: 2 } },
    ]);
});

test("what arrived out of sight is not ticked", async () => {
    const server = mockChatsServer();
    server.waiting(1, 5);
    for (let id = 1; id <= 40; id++) {
        server.message(1, id, { sent_at: ago(500 - id) });
    }
    await openChats(1);
    await contains("[data-message]", { count: 40 });
    queryFirst(".o_mchats_thread").scrollTop = 0;
    await contains(".o_mchats_to_end");
    server.message(1, 99, { sent_at: ago(0) });
    receive({ "marketplace.message": [server.messages.at(-1)] });
    await animationFrame();
    await click(".o_mchats_done");
    expect(server.called("chats_tick")[0].kwargs).toEqual({ last_message_id: 40 });
});

test("a chat that cannot be loaded says so and tries again", async () => {
    const server = mockChatsServer();
    server.waiting(1, 5);
    server.message(1, 1);
    server.failures.chats_thread = "The database is asleep.";
    await openChats();
    await click(".o_mchats_row");
    await waitFor(".o_mchats_messages [role='alert']:contains(The database is asleep.)");
    await click(".o_mchats_messages [role='alert'] button");
    await contains("[data-message]", { count: 1 });
});

/** A chat of 500 messages, opened; pages of 50. */
async function openLong(values) {
    const server = mockChatsServer();
    server.conversation({ id: 1, ...values });
    for (let id = 1; id <= 500; id++) {
        server.message(1, id, { sent_at: ago(5000 - id) });
    }
    await openChats(1);
    await contains("[data-message]", { count: 50 });
    return server;
}

const PATIENCE = { timeout: 3000 };
const shown = () => queryAll("[data-message]").map((element) => Number(element.dataset.message));

test("older messages come when the user scrolls up, and nothing jumps", async () => {
    const server = await openLong();
    const scroll = queryFirst(".o_mchats_thread");
    expect(scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight).toBeLessThan(2);
    scroll.scrollTop = 10;
    const top = queryFirst(bubble(451)).getBoundingClientRect().top;
    await contains("[data-message]", { count: 100 });
    expect(server.called("chats_thread").at(-1).kwargs.before).toBe(451);
    expect(Math.abs(queryFirst(bubble(451)).getBoundingClientRect().top - top)).toBeLessThan(2);
});

test("a long chat never holds more than a window of it, and leads back to its end", async () => {
    await openLong();
    const scroll = queryFirst(".o_mchats_thread");
    const { records } = getService("mail.store")["marketplace.message"];
    while (!shown().includes(1)) {
        const [first] = shown();
        scroll.scrollTop = 0;
        await waitUntil(() => shown()[0] < first, PATIENCE);
        expect(shown().length).toBeLessThan(201);
        expect(Object.keys(records).length).toBeLessThan(201);
    }
    expect(shown()).toEqual([...Array(200).keys()].map((index) => index + 1));
    scroll.scrollTop = scroll.scrollHeight;
    await waitUntil(() => shown().at(-1) >= 250, PATIENCE);
    expect(shown().length).toBe(200);
    await click(".o_mchats_to_end");
    await waitUntil(() => shown().at(-1) === 500, PATIENCE);
    expect(shown().length).toBe(50);
    await contains(".o_mchats_to_end", { count: 0 });
});

test("what arrives while somebody reads further up is no part of what he reads", async () => {
    const server = await openLong();
    const scroll = queryFirst(".o_mchats_thread");
    while (shown().includes(500)) {
        const [first] = shown();
        scroll.scrollTop = 0;
        await waitUntil(() => shown()[0] < first, PATIENCE);
    }
    server.message(1, 501, { sent_at: ago(0) });
    receive({ "marketplace.message": [server.messages.at(-1)] });
    await contains(".o_mchats_to_end_new");
    expect(shown()).not.toInclude(501);
    await click(".o_mchats_to_end");
    await waitUntil(() => shown().at(-1) === 501, PATIENCE);
});

test("the number leads to the first unread message, however far up", async () => {
    const server = await openLong({ is_unprocessed: true, unread_count: 80 });
    await contains(".o_mchats_to_unread", { text: "80" });
    await press("alt+u");
    await animationFrame();
    await contains(".o_mchats_divider + [data-message='421']");
    expect(server.called("chats_thread").some(({ kwargs }) => kwargs.around === 421)).toBe(true);
    await contains(".o_mchats_to_unread", { count: 0 });
});

test("a quote leads to what it quotes, also where that is not loaded", async () => {
    const server = mockChatsServer();
    server.conversation({ id: 1, buyer_name: "Oleg" });
    for (let id = 1; id <= 200; id++) {
        server.message(1, id, { sent_at: ago(5000 - id) });
    }
    const quote = { text: "Message 3", direction: "in" };
    server.message(1, 201, { data: { quote }, quoted_id: 3 });
    server.message(1, 202, { data: { quote }, quoted_id: false });
    await openChats(1);
    expect(await waitFor(`${bubble(201)} button.o_mchats_quote cite`)).toHaveText("Oleg");
    expect(`${bubble(202)} button.o_mchats_quote`).toHaveCount(0);
    await click(`${bubble(201)} .o_mchats_quote`);
    await contains(`${bubble(3)}.o_mchats_flash`);
    expect(`${bubble(201)}`).toHaveCount(0);
});

test("the viewer leafs through all pictures of the chat", async () => {
    const server = await openLong();
    for (const id of [1, 250, 500]) {
        const attachments = [
            { id, name: `${id}.jpg`, mimetype: "image/jpeg", url: `/web/image/${id}` },
        ];
        Object.assign(server.messages[id - 1], { kind: "image", attachments, media_state: "done" });
    }
    receive({ "marketplace.message": [server.messages[499]] });
    await click(`${bubble(500)} .o_mchats_pictures button`);
    await contains(".o-FileViewer-headerButton, .o-FileViewer", { text: "500.jpg" });
    await press("ArrowRight");
    await animationFrame();
    await contains(".o-FileViewer", { text: "1.jpg" });
    await press("Escape");
    await contains(".o-FileViewer", { count: 0 });
    expect(".o_mchats_thread").toHaveCount(1);
});

test("an answer that comes late does not cover what is newer", async () => {
    const server = await openWith({ direction: "out", state: "queued", version: 100 });
    const late = { ...server.messages[0] };
    receive({ "marketplace.message": [{ ...late, state: "sent", version: 101 }] });
    await contains(`${bubble(1)} .o_mchats_tick_sent`);
    receive({ "marketplace.message": [late] });
    await animationFrame();
    expect(`${bubble(1)} .o_mchats_tick_sent`).toHaveCount(1);
    receive({ "marketplace.message": [{ ...late, state: "read", version: 101 }] });
    await contains(`${bubble(1)} .o_mchats_tick_read`);
    // The numbers begin anew after 2 ** 32.
    getService("mail.store")["marketplace.message"].forgetVersions();
    receive({ "marketplace.message": [{ ...late, state: "sent", version: 2 ** 32 - 5 }] });
    await contains(`${bubble(1)} .o_mchats_tick_sent`);
    receive({ "marketplace.message": [{ ...late, state: "read", version: 3 }] });
    await contains(`${bubble(1)} .o_mchats_tick_read`);
});
