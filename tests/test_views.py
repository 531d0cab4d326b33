"""The pages around the chats, as an administrator and a head of sales see them: each opens, tells what it is there for,
and is a picture of docs (see test_pictures.py).
"""

import pytest
from dealership import Marketplace, until
from pictures import DOCS
from playwright.sync_api import expect

DESK = (1280, 800)
#: A car that several clients ask about, and one that the feed is not to tell of: another test is to find it new.
CAR, LEFT_OUT = "SEV-0004", "SEV-0011"
LOWER = 120_000
BUYER = "Наталья Орлова"
ANSWERED = "Наталья, здравствуйте! Да, полный. Завтра в 12:00 удобно?"


@pytest.fixture
def page(page_as):
    return page_as("admin", viewport=DESK)


@pytest.fixture
def show(page, pictures):
    """show(path, name, *texts): open that page; when it tells these texts it is a picture of docs."""

    def open_and_take(path, name, *texts):
        if path:
            page.goto(path)
        for text in texts:
            expect(page.locator(".o_action_manager").get_by_text(text).first).to_be_visible()
        pictures.take(page, name, DOCS)

    return open_and_take


@pytest.fixture
def feed(dealership, simulator):
    """A feed that has been read once; it is archived in the end."""
    simulator.control("POST", "/stock", {"hidden": [LEFT_OUT]})
    values = {
        "name": "Выгрузка для Auto.ru",
        "url": f"{simulator.autoru_url}/feed/stock.xml",
        "next_run_at": False,
    }
    (number,) = dealership.admin("marketplace.feed", "create", [values])
    dealership.admin("marketplace.feed", "action_load", [number])

    def read():
        return dealership.admin("marketplace.feed", "read", [number], ["state"])[0]["state"] == "done"

    until("the feed is read", read, nudge=dealership.run_due_jobs)
    yield number
    dealership.admin("marketplace.feed", "write", [number], {"active": False})
    simulator.control("POST", "/stock", {})


@pytest.fixture(scope="module")
def asked(dealership, simulator):
    """A chat about a car of ours: its number."""
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    text = "Добрый день! Монжаро полный привод? Можно записаться на тест-драйв?"
    said = shop.say(name=BUYER, item_id=shop.listing(CAR)["id"], text=text, ago=900)
    number = channel.await_message(said["chat_id"], said["message_id"])
    dealership.post("ivan", number, ANSWERED, "picture-of-ivan-s-answer")
    until("Ivan's answer", lambda: shop.sent(said["chat_id"], ANSWERED), nudge=dealership.run_due_jobs)
    said |= shop.say(chat_id=said["chat_id"], text="Да, буду с мужем")
    channel.await_message(said["chat_id"], said["message_id"])
    channel.wake("listings")

    def car():
        return channel.admin("marketplace.conversation", "read", [number], ["vehicle_id"])[0]["vehicle_id"]

    until("the chat's car", car)
    return number


def test_channel_and_connection(show, dealership):
    channel = dealership.channel("avito")
    show(
        f"/odoo/action-crm_marketplace_chats.action_channel/{channel.id}", "channel", "Проверить подключение"
    )
    show("/odoo/chats-connection", "connection", "Avito · Север", "Auto.ru · Север")


def test_feed(show, feed):
    show(f"/odoo/feeds/{feed}", "feed", "Прочитать сейчас")


def test_lead_and_offer(show, page, dealership, asked, request):
    dealership.rpc("ivan")("marketplace.conversation", "chats_make_lead", [asked])
    chat = dealership.admin("marketplace.conversation", "read", [asked], ["lead_id", "vehicle_id"])[0]
    page.goto(f"/odoo/crm.lead/{chat['lead_id'][0]}")
    page.locator(".o_notebook").get_by_role("tab", name="Чат").click()
    show(None, "lead", "Да, буду с мужем")

    car = chat["vehicle_id"][0]
    (before,) = dealership.admin("product.template", "read", [car], ["list_price"])
    request.addfinalizer(
        lambda: dealership.admin("product.template", "write", [car], {"list_price": before["list_price"]})
    )
    dealership.admin("product.template", "write", [car], {"list_price": before["list_price"] - LOWER})
    page.goto(f"/odoo/cars/{car}")
    page.locator("button[name=action_offer]").click()
    show(None, "offer", BUYER)


def test_reports_and_board(show, asked):
    show("/odoo/chats-answer-times", "answer-times", "Итого")
    show("/odoo/chats-board", "board", "Анна Ковалёва")
