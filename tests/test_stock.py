"""The stock comes by itself: the dealer's feed is read by a click, its report tells of each car, and a chat finds its
car in it."""

import pytest
from chats_page import ChatsPage
from dealership import Marketplace, plain, until
from playwright.sync_api import expect

# A car that the feed alone brings: the demo's stock does not know it.
CAR, VIN = "SEV-0011", "X4XTX194500Y58371"


@pytest.fixture
def feed(dealership, simulator):
    """A feed of Auto.ru's format that nobody has read yet; it is archived in the end."""
    values = {"name": "Выгрузка", "url": f"{simulator.autoru_url}/feed/stock.xml", "next_run_at": False}
    values["patience"] = 1
    (number,) = dealership.admin("marketplace.feed", "create", [values])
    yield number
    simulator.control("POST", "/stock", {})
    simulator.control("POST", "/faults", {"clear": True})
    dealership.admin("marketplace.feed", "write", [number], {"active": False})


def test_read_by_a_click_and_found_by_a_chat(feed, dealership, simulator, page_as):
    shop, channel = Marketplace(simulator, "autoru"), dealership.channel("autoru")
    page = page_as("admin", path=f"/odoo/feeds/{feed}")
    read_now(page, dealership, feed, "done")
    page.get_by_role("row").filter(has_text="Auto.ru").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("row").filter(has_text=VIN)).to_contain_text("BMW X3 2020")
    expect(dialog.get_by_role("row").filter(has_text=VIN)).to_contain_text("Новый")

    asked = shop.say(name="Покупатель из выгрузки", item_id=shop.listing(CAR)["id"], text="BMW ещё продаёте?")
    channel.await_message(asked["chat_id"], asked["message_id"])
    screen = ChatsPage.of(page_as, "anna")
    screen.open("Покупатель из выгрузки")
    expect(screen.panel).to_contain_text(VIN)
    assert "4 690 000 ₽" in plain(screen.panel.inner_text())


def test_a_broken_and_a_shrunken_feed(feed, dealership, simulator, page_as):
    page = page_as("admin", path=f"/odoo/feeds/{feed}")
    read_now(page, dealership, feed, "done")
    simulator.control("POST", "/faults", {"name": "feed_broken", "marketplace": "autoru", "times": 1})
    read_now(page, dealership, feed, "failed")
    expect(page.locator(".o_form_view").get_by_role("alert")).to_contain_text("повреждён")

    hidden = [f"SEV-{number:04d}" for number in range(1, 9)]
    simulator.control("POST", "/stock", {"hidden": hidden})
    read_now(page, dealership, feed, "held")
    expect(page.locator(".o_form_view").get_by_role("alert")).to_contain_text("8")
    expect(page.get_by_role("button", name="Этих автомобилей больше нет")).to_be_visible()
    assert on_sale(dealership, hidden) == 8

    simulator.control("POST", "/stock", {"hidden": ["SEV-0011"]})
    read_now(page, dealership, feed, "done")
    assert on_sale(dealership, [*hidden, "SEV-0011"]) == 8
    simulator.control("POST", "/stock", {})
    read_now(page, dealership, feed, "done")
    assert on_sale(dealership, [*hidden, "SEV-0011"]) == 9


def read_now(page, dealership, feed, state):
    """Press the button, wait for the reading to end in that state, and see it on the page, which refreshes itself."""

    def last_run():
        return dealership.admin("marketplace.feed", "read", [feed], ["last_run_id", "state"])[0]

    before = last_run()["last_run_id"]
    page.get_by_role("button", name="Прочитать сейчас").click()

    def ended():
        now = last_run()
        return now["last_run_id"] != before and now["state"] != "running" and now["state"]

    assert until("the feed's reading", ended, nudge=dealership.run_due_jobs) == state
    expect(page.locator("[name=state] .o_arrow_button_current[aria-checked=true]")).to_have_attribute(
        "data-value", state
    )
    expect(page.get_by_role("button", name="Прочитать сейчас")).to_be_visible()


def on_sale(dealership, numbers):
    """How many of these cars are not archived."""
    return dealership.admin("product.template", "search_count", [["vehicle_external_id", "in", numbers]])
