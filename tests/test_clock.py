"""Answer times from the outside: the clock of a chat, the text outside working hours, chats that find their people,
and what the head of sales sees of it."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from chats_page import ChatsPage
from dealership import until
from playwright.sync_api import expect

CLOSED_TEXT = "Мы закрыты и ответим вам {{opening}}."


@pytest.fixture
def channel(dealership, request):
    """The channel of Avito; its hours and rules are put back in the end."""
    channel = dealership.channel("avito")
    request.addfinalizer(lambda: channel.write(calendar_id=False, autoreply_active=False, goal_minutes=15))
    return channel


def hours(dealership, name, attendances):
    """A calendar by Moscow's clock; `attendances`: day of the week, from, to."""
    rows = [
        [0, 0, {"name": f"{day} {start}", "dayofweek": str(day), "hour_from": start, "hour_to": end}]
        for day, start, end in attendances
    ]
    values = {"name": name, "tz": "Europe/Moscow", "attendance_ids": [[5, 0, 0], *rows]}
    return dealership.admin("resource.calendar", "create", [values])[0]


def test_closed(dealership, channel, shop, page_as):
    """Whoever writes while nobody is there gets one text with the real opening, and still waits."""
    # One hour a week, three days from now: closed, whenever this test runs.
    opening = datetime.now(ZoneInfo("Europe/Moscow")) + timedelta(days=3)
    template = dealership.admin("marketplace.template", "create", [{"name": "Закрыто", "body": CLOSED_TEXT}])[
        0
    ]
    channel.write(
        calendar_id=hours(dealership, "Редко", [(opening.weekday(), 9, 10)]),
        autoreply_template_id=template,
        autoreply_active=True,
    )
    screen = ChatsPage.of(page_as, "anna")
    asked = shop.say(name="Ночной Клиент", text="Вы ещё открыты?")
    channel.await_message(asked["chat_id"], asked["message_id"])
    until(
        "the text at the marketplace",
        lambda: shop.messages(asked["chat_id"], "out"),
        nudge=lambda: (channel.wake("rules"), channel.wake("send")),
    )
    again = shop.say(chat_id=asked["chat_id"], text="Ау")
    channel.await_message(asked["chat_id"], again["message_id"])
    channel.wake("rules")
    (told,) = shop.messages(asked["chat_id"], "out")
    assert told["text"].startswith(f"Мы закрыты и ответим вам {opening.day} ")
    assert told["text"].endswith(" в 9:00.")
    # He waits all the same, and nobody is late before the opening.
    row = screen.row("Ночной Клиент")
    expect(row).to_contain_text("Ау")
    expect(row.locator(".o_mchats_wait_ok")).to_be_visible()
    screen.open("Ночной Клиент")
    expect(screen.thread.locator(".o_mchats_author").last).to_have_text("автоматически")


def test_late_given_and_on_the_board(dealership, channel, shop, page_as, request):
    """A chat is given to somebody who is there, is shown late by the goal, and stands on the wall and in the report."""
    channel.write(
        calendar_id=hours(dealership, "Круглосуточно", [(day, 0, 24) for day in range(7)]), goal_minutes=1
    )
    rule = dealership.admin(
        "marketplace.rule",
        "create",
        [{"name": "По очереди", "strategy": "turn", "channel_ids": [channel.id]}],
    )
    request.addfinalizer(lambda: dealership.admin("marketplace.rule", "unlink", rule))
    ivan = ChatsPage.of(page_as, "ivan")
    shift = ivan.page.get_by_role("switch", name="На смене")
    expect(shift).to_be_checked()
    shift.click()
    expect(shift).not_to_be_checked()
    request.addfinalizer(lambda: dealership.rpc("ivan")("marketplace.conversation", "chats_shift", True))

    asked = shop.say(name="Дневной Клиент", item_id=shop.listing("SEV-0001")["id"], text="Сколько стоит?")
    number = channel.await_message(asked["chat_id"], asked["message_id"])

    def responsible():
        found = dealership.admin("marketplace.conversation", "read", [number], ["user_id"])[0]["user_id"]
        return found and found[1]

    until("somebody responsible", responsible, nudge=lambda: channel.wake("rules"))
    assert responsible() == "Анна Ковалёва"

    board = page_as("admin", path="/odoo/chats-board")
    expect(board.get_by_role("heading", name="Ждут сейчас")).to_be_visible()
    waiting = dealership.admin("marketplace.turn", "chats_board")["waiting"]
    expect(board.locator("[data-figure=waiting] strong")).to_have_text(str(waiting))
    expect(board.locator("tr", has_text="Иван Петров")).to_contain_text("не на месте")
    board.get_by_role("button", name="Во весь экран").click()
    board.wait_for_function("document.fullscreenElement?.matches('.o_mchats_board')")
    board.get_by_role("button", name="Во весь экран").click()
    board.wait_for_function("!document.fullscreenElement")
    expect(ivan.row("Дневной Клиент").locator(".o_mchats_wait_soon, .o_mchats_wait_late")).to_be_visible(
        timeout=90_000
    )

    dealership.post("anna", number, "2 199 000 ₽", str(uuid4()))
    report = page_as("admin", path="/odoo/chats-answer-times")
    expect(report.locator("div.o_pivot")).to_contain_text("Анна Ковалёва")
