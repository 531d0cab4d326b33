import {
    defineChatsModels,
    mockChatsServer,
    openChats,
    receive,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { FRONT_SLOT } from "@crm_marketplace_chats/chats/common/front";
import { toClock, toHours } from "@crm_marketplace_chats/chats/notice/notice_dialog";
import { ring } from "@crm_marketplace_chats/notice/ring";
import { click, contains } from "@mail/../tests/mail_test_helpers";
import {
    advanceTime,
    animationFrame,
    beforeEach,
    describe,
    expect,
    queryFirst,
    test,
    waitFor,
} from "@odoo/hoot";
import { browser } from "@web/core/browser/browser";
import {
    getService,
    makeMockEnv,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
    serverState,
} from "@web/../tests/web_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";

describe.current.tags("desktop");
defineChatsModels();

/** What the browser was asked to show, and what was heard. */
let shown, sounds;

beforeEach(() => {
    shown = [];
    sounds = [];
    patchWithCleanup(browser, {
        Notification: class {
            static permission = "granted";
            constructor(title, options) {
                shown.push({ title, ...options });
            }
        },
    });
});

const notice = (id, values = {}) => ({
    conversation_id: id,
    loud: [serverState.userId],
    silent: [],
    ...values,
});

/** @param {{isFocused: boolean, isMain?: boolean}} where the user is */
async function stage({ isFocused, isMain = true, front = null }) {
    const env = await makeMockEnv();
    patchWithCleanup(document, { hasFocus: () => isFocused });
    patchWithCleanup(env.services.presence, { isOdooFocused: () => isFocused });
    patchWithCleanup(env.services.multi_tab, { isOnMainTab: async () => isMain });
    patchWithCleanup(env.services["mail.sound_effects"], { play: (name) => sounds.push(name) });
    front
        ? browser.localStorage.setItem(FRONT_SLOT, front)
        : browser.localStorage.removeItem(FRONT_SLOT);
    receive({
        "marketplace.conversation": [
            {
                id: 1,
                buyer_name: "Oleg",
                car_title: "Haval",
                last_message_preview: "Is it there?",
                last_message_kind: "text",
            },
            {
                id: 2,
                buyer_name: "Maria",
                car_title: false,
                last_message_preview: false,
                last_message_kind: "voice",
            },
        ],
    });
    await advanceTime(3000);
    return env;
}

async function rung(env, ...notices) {
    await ring(env, notices);
    await animationFrame();
}

describe("ring", () => {
    test("away from Odoo: a notification of the browser for each chat, one sound", async () => {
        const env = await stage({ isFocused: false });
        await rung(env, notice(1), notice(2));
        expect(shown.map(({ title, body, tag }) => [title, body, tag])).toEqual([
            ["Oleg · Haval", "Is it there?", "crm_marketplace_chats.1"],
            ["Maria", "Voice message", "crm_marketplace_chats.2"],
        ]);
        expect(sounds).toEqual(["new-message"]);
    });

    test("what is not for this user is neither heard nor seen", async () => {
        const env = await stage({ isFocused: false });
        await rung(env, notice(1, { loud: [serverState.userId + 1] }));
        expect([shown, sounds]).toEqual([[], []]);
    });

    test("without sound, for who wants none", async () => {
        const env = await stage({ isFocused: false });
        await rung(env, notice(1, { loud: [], silent: [serverState.userId] }));
        expect(shown).toHaveLength(1);
        expect(sounds).toEqual([]);
    });

    test("only one tab makes a sound and asks the browser", async () => {
        const env = await stage({ isFocused: false, isMain: false });
        await rung(env, notice(1));
        expect([shown, sounds]).toEqual([[], []]);
    });

    test("nothing for the chat that is in front, a sound for another one", async () => {
        const env = await stage({ isFocused: true, front: "1" });
        await rung(env, notice(1));
        expect([shown, sounds]).toEqual([[], []]);
        await rung(env, notice(2));
        expect([shown, sounds]).toEqual([[], ["new-message"]]);
    });

    test("on another page of Odoo: one of Odoo's own notifications", async () => {
        mockChatsServer();
        const env = await stage({ isFocused: true });
        await mountWithCleanup(MainComponentsContainer, { noMainContainer: true });
        await rung(env, notice(1));
        await waitFor(".o_notification:contains(Is it there?)");
        expect(shown).toEqual([]);
        expect(sounds).toEqual(["new-message"]);
    });

    test("a chat that a colleague gives is told of on the Chats screen too", async () => {
        mockChatsServer();
        const env = await stage({ isFocused: true, front: "list" });
        await mountWithCleanup(MainComponentsContainer, { noMainContainer: true });
        await rung(env, notice(1, { reason: "assigned", author: "Anna" }));
        await waitFor(".o_notification:contains(Anna has given you this chat)");
    });

    test("a chat that a rule gives is told of elsewhere; on the Chats screen it stands in the list", async () => {
        mockChatsServer();
        const given = { reason: "assigned", author: false };
        const env = await stage({ isFocused: true, front: "list" });
        await mountWithCleanup(MainComponentsContainer, { noMainContainer: true });
        await rung(env, notice(1, given));
        expect(".o_notification").toHaveCount(0);
        browser.localStorage.removeItem(FRONT_SLOT);
        await rung(env, notice(1, given));
        await waitFor(".o_notification:contains(This chat is yours now)");
    });

    test("a flock of messages is one sound", async () => {
        const env = await stage({ isFocused: false });
        await rung(env, notice(1));
        await rung(env, notice(2));
        expect(sounds).toHaveLength(1);
        await advanceTime(2500);
        await rung(env, notice(1));
        expect(sounds).toHaveLength(2);
    });
});

test("the number stands in the tab's title", async () => {
    mockChatsServer();
    await makeMockEnv();
    getService("title").setParts({ one: "Chats" });
    getService("crm_marketplace_chats.counter").accept({
        waiting: 3,
        mine: 0,
        unowned: 3,
        unprocessed: 3,
    });
    expect(getService("title").current).toBe("(3) Chats");
    getService("crm_marketplace_chats.counter").accept({
        waiting: 0,
        mine: 0,
        unowned: 0,
        unprocessed: 0,
    });
    expect(getService("title").current).toBe("Chats");
});

test("everybody chooses what he wants to hear", async () => {
    mockChatsServer();
    const written = [];
    onRpc("res.users", "read", () => [
        {
            id: serverState.userId,
            chats_notify: "mine",
            chats_sound: true,
            chats_quiet_from: 21.5,
            chats_quiet_to: 8,
        },
    ]);
    onRpc("res.users", "write", ({ args }) => {
        written.push(args[1]);
        return true;
    });
    await openChats();
    await click(".o_mchats_notices");
    await contains("#mchats_notify_mine:checked");
    expect(queryFirst(".modal input[type='time']").value).toBe("21:30");
    await click("#mchats_notify_all");
    await click("#mchats_sound");
    await click(".modal-footer .btn-primary");
    await contains(".modal", { count: 0 });
    expect(written).toEqual([
        { chats_notify: "all", chats_sound: false, chats_quiet_from: 21.5, chats_quiet_to: 8 },
    ]);
});

test("times of a day go there and back", () => {
    for (const clock of ["00:00", "08:05", "21:30", "23:59"]) {
        expect(toClock(toHours(clock))).toBe(clock);
    }
});
