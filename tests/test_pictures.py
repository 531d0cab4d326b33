"""The pictures of README, docs and the addon's page: scenes of the demo's data, at which the screen must be whole.

`./dev test tests/test_pictures.py --write-pictures` puts them where they are shown; without it they are kept with the
screenshots alone, so that a scene that can no longer be set up is noticed.
"""

import pytest
from chats_page import ChatsPage
from look import sideways
from playwright.sync_api import expect

from devtools.paths import ADDON_DIR, SCREENSHOTS

PICTURES = ADDON_DIR / "static" / "description"
LARGEST = 350_000  # bytes
DESK, PHONE = (1440, 900), (390, 844)
BUYER = "Артём Вячеславович"


@pytest.fixture
def picture(request):
    """picture(screen, name): what the screen shows now is that picture."""
    folder = PICTURES if request.config.getoption("--write-pictures") else SCREENSHOTS

    def take(screen, name):
        expect(screen.page.locator(".placeholder-glow, .fa-spin")).to_have_count(0)
        screen.page.wait_for_function(
            "[...document.images].every((image) => image.complete || image.loading === 'lazy')"
        )
        assert sideways(screen.page) == 0
        folder.mkdir(parents=True, exist_ok=True)
        taken = screen.page.screenshot(path=folder / f"{name}.png", animations="disabled", caret="hide")
        assert 15_000 < len(taken) < LARGEST

    return take


def the_buyer(screen):
    """Open the chat that the pictures show, wherever it stands by now."""
    screen.view("all")
    screen.page.get_by_label("Поиск по чатам").fill(BUYER)
    expect(screen.page.locator(".o_mchats_row")).to_have_count(1)
    screen.open(BUYER)
    if screen.page.get_by_role("button", name="Очистить поиск").count():
        screen.page.get_by_role("button", name="Очистить поиск").click()
        screen.view("waiting")
        expect(screen.page.locator(".o_mchats_row").nth(3)).to_be_visible()


def test_a_chat_and_its_car(page_as, picture):
    screen = ChatsPage.of(page_as, "anna", viewport=DESK)
    the_buyer(screen)
    expect(screen.panel.locator(".o_mchats_price")).to_be_visible()
    picture(screen, "chats-1440")


def test_the_queue_with_filters_and_a_selection(page_as, picture):
    screen = ChatsPage.of(page_as, "anna", viewport=DESK)
    for place in (1, 2, 4):
        screen.page.locator(".o_mchats_row").nth(place).focus()
        screen.page.keyboard.press("x")
    expect(screen.page.get_by_role("toolbar", name="Выбранные чаты")).to_contain_text("3")
    screen.page.locator(".o_mchats_filter_button").click()
    expect(screen.page.locator(".o_mchats_filter_menu")).to_be_visible()
    picture(screen, "chats-queue")


def test_templates(page_as, picture):
    screen = ChatsPage.of(page_as, "anna", viewport=DESK)
    the_buyer(screen)
    screen.page.locator(".o_mchats_templates").click()
    expect(screen.page.locator(".o_mchats_template_preview")).to_be_visible()
    picture(screen, "chats-templates")


def test_a_phone(page_as, picture):
    screen = ChatsPage.of(page_as, "anna", viewport=PHONE, has_touch=True, is_mobile=True)
    the_buyer(screen)
    expect(screen.send).to_be_in_viewport()
    picture(screen, "chats-390")
