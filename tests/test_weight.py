"""What a page loads for the chats, and when."""

from chats_page import ChatsPage
from dealership import Marketplace
from playwright.sync_api import expect

SCREEN = "crm_marketplace_chats.assets_chats"


def test_the_screen_is_fetched_when_it_is_opened(dealership, simulator, page_as):
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    page = page_as("anna", path="/web/login")
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto("/odoo/crm")
    badge = page.locator(".o_mchats_systray")
    expect(badge).to_be_visible()

    # What comes over the bus meanwhile, of which the screen is not there yet, is counted; the page goes on.
    before = dealership.counts("anna")["unprocessed"]
    said = shop.say(name="Ранний Покупатель", text="Уже открыто?")
    channel.await_message(said["chat_id"], said["message_id"])
    expect(badge.locator(".badge")).to_have_text(str(before + 1))
    assert not [url for url in fetched if SCREEN in url]

    badge.get_by_role("button").click()
    screen = ChatsPage(page)
    screen.open("Ранний Покупатель")
    expect(screen.bubble("Уже открыто?")).to_be_visible()
    assert [url for url in fetched if SCREEN in url]
