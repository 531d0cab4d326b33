import {
    priceLabel,
    shortTime,
    waitLabel,
    waitLevel,
} from "@crm_marketplace_chats/chats/common/format";
import { makeMessageKey } from "@crm_marketplace_chats/chats/common/message_key";
import { safeUrl, textParts } from "@crm_marketplace_chats/chats/common/text_parts";
import { describe, expect, test } from "@odoo/hoot";
import { makeMockEnv, patchWithCleanup } from "@web/../tests/web_test_helpers";

describe.current.tags("headless");

const now = luxon.DateTime.fromISO("2026-11-22T12:50:00");

test("waiting times", async () => {
    await makeMockEnv();
    const waited = (minutes) => now.minus({ minutes });
    expect(waitLabel(waited(0), now)).toBe("< 1 min");
    expect(waitLabel(waited(14), now)).toBe("14 min");
    expect(waitLabel(waited(74), now)).toBe("1 h 14 min");
    expect(waitLabel(waited(120), now)).toBe("2 h");
    expect(waitLabel(waited(60 * 50), now)).toBe("2 d");
});

test("the level of a wait follows the server's moments alone", () => {
    const moment = (minutes) => now.plus({ minutes });
    const level = (amber, goal) =>
        waitLevel({ amber_at: moment(amber), goal_at: moment(goal) }, now);
    expect(level(1, 2)).toBe("ok");
    expect(level(0, 2)).toBe("soon");
    expect(level(-2, 0)).toBe("late");
    expect(waitLevel({ amber_at: undefined, goal_at: undefined }, now)).toBe("ok");
});

test("the shortest time that tells when", async () => {
    await makeMockEnv();
    expect(shortTime(now.minus({ hours: 1 }), now)).toBe(
        now.minus({ hours: 1 }).toLocaleString(luxon.DateTime.TIME_SIMPLE)
    );
    expect(shortTime(now.minus({ hours: 13 }), now)).toBe("yesterday");
    expect(shortTime(now.minus({ days: 3 }), now)).toBe("Thu");
    expect(shortTime(false, now)).toBe("");
    expect(shortTime(undefined, now)).toBe("");
});

test("prices are whole roubles", async () => {
    await makeMockEnv();
    expect(priceLabel(2199000)).toBe("2,199,000 ₽");
});

test("links in a text, without the end of the sentence", () => {
    expect(textParts("no link")).toEqual([{ text: "no link" }]);
    expect(textParts("")).toEqual([]);
    expect(textParts("(see https://auto.ru/a_b?c=1).")).toEqual([
        { text: "(see " },
        { text: "https://auto.ru/a_b?c=1", href: "https://auto.ru/a_b?c=1" },
        { text: ")." },
    ]);
    expect(textParts("WWW.avito.ru!")).toEqual([
        { text: "WWW.avito.ru", href: "https://WWW.avito.ru" },
        { text: "!" },
    ]);
    expect(textParts("http://").every(({ href }) => !href)).toBe(true);
});

test("addresses a browser may follow", () => {
    expect(safeUrl("https://www.avito.ru/1")).toBe("https://www.avito.ru/1");
    for (const url of [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "//evil",
        "/odoo",
        "",
        false,
        undefined,
    ]) {
        expect(safeUrl(url)).toBe(false);
    }
});

test("a key is a UUID also where the browser makes none", () => {
    patchWithCleanup(crypto, { randomUUID: undefined });
    const key = makeMessageKey();
    expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(makeMessageKey()).not.toBe(key);
});
