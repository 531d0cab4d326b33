import { Board, REFRESH_MS } from "@crm_marketplace_chats/board/board";
import { advanceTime, animationFrame, beforeEach, describe, expect, test } from "@odoo/hoot";
import { makeServerError, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { defineChatsModels } from "./chats_test_helpers";

describe.current.tags("desktop");
defineChatsModels();

const FIGURES = {
    waiting: 3,
    late: 1,
    unowned: 2,
    oldest: { since: "2026-11-22 12:10:00", buyer: "Oleg", car: "Haval Jolion" },
    answered: 12,
    quick_percent: 67,
    money: 5000000,
    people: [
        { id: 1, name: "Anna", on_shift: true, waiting: 2, answered: 8 },
        { id: 2, name: "Ivan", on_shift: false, waiting: 0, answered: 4 },
    ],
    at: "2026-11-22 12:50:00",
};
let figures;
let asked;

beforeEach(() => {
    figures = FIGURES;
    asked = 0;
    onRpc("chats_board", () => {
        asked++;
        if (figures) {
            return figures;
        }
        throw makeServerError({ message: "asleep" });
    });
});

const open = () => mountWithCleanup(Board, { props: { action: {} } });
const tile = (name) => `[data-figure=${name}]`;

test("the figures of the server, as they are", async () => {
    await open();
    expect(`${tile("waiting")} strong`).toHaveText("3");
    expect(tile("waiting")).toHaveClass("o_mchats_board_bad");
    expect(`${tile("oldest")} strong`).toHaveText("40 min");
    expect(`${tile("oldest")} p`).toHaveText("Oleg · Haval Jolion");
    expect(`${tile("quick")} strong`).toHaveText("67 %");
    expect(`${tile("money")} strong`).toHaveText("5,000,000 ₽");
    expect("tbody tr").toHaveCount(2);
    expect("tbody tr:eq(1)").toHaveText(/Ivan not there\s+0\s+4/);
});

test("nobody waits, nobody was answered yet", async () => {
    figures = {
        ...FIGURES,
        waiting: 0,
        late: 0,
        unowned: 0,
        oldest: false,
        answered: 0,
        quick_percent: false,
        money: 0,
    };
    await open();
    expect(tile("waiting")).toHaveClass("o_mchats_board_good");
    expect(`${tile("oldest")} strong`).toHaveText("–");
    expect(`${tile("quick")} strong`).toHaveText("–");
});

test("it asks by itself, once each time, and keeps old figures while it cannot", async () => {
    await open();
    expect(asked).toBe(1);
    figures = { ...FIGURES, waiting: 7 };
    await advanceTime(REFRESH_MS);
    await animationFrame();
    expect(asked).toBe(2);
    expect(`${tile("waiting")} strong`).toHaveText("7");
    figures = false;
    await advanceTime(REFRESH_MS);
    await animationFrame();
    expect(`${tile("waiting")} strong`).toHaveText("7");
    expect(".o_mchats_board_stale").toHaveText(/No connection/);
    figures = FIGURES;
    await advanceTime(REFRESH_MS);
    await animationFrame();
    expect(".o_mchats_board_stale").toHaveCount(0);
    expect(`${tile("waiting")} strong`).toHaveText("3");
});
