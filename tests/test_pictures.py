"""The pictures of the Chats screen in README, docs and the addon's page, each a scene of the demo's dealership.

`./dev test tests/test_pictures.py tests/test_views.py --write-pictures` puts them where they are shown; without it they
are kept with the screenshots alone, so that a scene that can no longer be set up is noticed.
"""

import pytest
from chats_page import ChatsPage
from dealership import Marketplace, until
from playwright.sync_api import expect

DESK, LAPTOP, PHONE = (1440, 900), (1024, 768), (390, 844)
BUYER, CAR = "Олег Савельев", "SEV-0003"
ASKED = "Здравствуйте! Camry ещё в наличии?"
ANSWERED = "Олег, добрый день! Да, приезжайте посмотреть."
OWN_CAR = "А мою возьмёте в трейд-ин? 2017 год"


@pytest.fixture(scope="module")
def story(dealership, simulator):
    """A buyer has asked, Anna has answered, and the buyer goes on."""
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    said = shop.say(name=BUYER, item_id=shop.listing(CAR)["id"], text=ASKED, ago=600)
    number = channel.await_message(said["chat_id"], said["message_id"])
    dealership.post("anna", number, ANSWERED, "picture-of-anna-s-answer")
    until("Anna's answer", lambda: shop.sent(said["chat_id"], ANSWERED), nudge=dealership.run_due_jobs)
    shop.simulator.control("POST", "/avito/read", {"chat_id": said["chat_id"]})
    for wish in ({"text": OWN_CAR}, {"type": "image"}, {"type": "voice"}):
        said |= shop.say(chat_id=said["chat_id"], **wish)
    channel.await_message(said["chat_id"], said["message_id"])


@pytest.fixture
def screen_of(page_as, story):
    """screen_of(viewport) -> Anna's screen with the story's chat open, the list as it waits."""

    def look(viewport, **device):
        screen = ChatsPage.of(page_as, "anna", viewport=viewport, **device)
        screen.view("mine")
        screen.open(BUYER)
        if viewport != PHONE:
            screen.view("waiting")
            expect(screen.page.locator(".o_mchats_row").nth(3)).to_be_visible()
        expect(screen.thread.locator("img").last).to_be_visible()
        expect(screen.thread.get_by_role("separator")).to_have_text("новые сообщения")
        expect(screen.page.locator(".o_mchats_quick_reply").first).to_be_visible()
        return screen

    return look


def test_a_chat_and_its_car(screen_of, pictures):
    screen = screen_of(DESK)
    expect(screen.panel.locator(".o_mchats_price")).to_be_visible()
    pictures.take(screen.page, "chats-1440")
    screen.page.locator(".o_mchats_templates").click()
    expect(screen.page.locator(".o_mchats_template_preview")).to_be_visible()
    pictures.take(screen.page, "chats-templates")


def test_the_queue_with_filters_and_a_selection(screen_of, pictures):
    screen = screen_of(DESK)
    for place in (1, 2, 4):
        screen.page.locator(".o_mchats_row").nth(place).focus()
        screen.page.keyboard.press("x")
    expect(screen.page.get_by_role("toolbar", name="Выбранные чаты")).to_contain_text("3")
    screen.page.locator(".o_mchats_filter_button").click()
    expect(screen.page.locator(".o_mchats_filter_menu")).to_be_visible()
    pictures.take(screen.page, "chats-queue")


def test_a_laptop(screen_of, pictures):
    pictures.take(screen_of(LAPTOP).page, "chats-1024")


def test_a_phone(screen_of, pictures):
    screen = screen_of(PHONE, has_touch=True, is_mobile=True)
    expect(screen.send).to_be_in_viewport()
    pictures.take(screen.page, "chats-390")
