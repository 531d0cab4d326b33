"""The screen at three sizes, in Russian, and by keyboard alone."""

import re

import pytest
from chats_page import ChatsPage
from dealership import Marketplace, until
from playwright.sync_api import expect

SIZES = {"desk": (1440, 900), "laptop": (1024, 768), "phone": (390, 844)}
NAME = "Экран Проверкин"
# What is Latin in a Russian interface as well: marks, keys, units of the trade.
LATIN = {"Avito", "Auto", "ru", "VIN", "CRM", "Alt", "Ctrl", "Shift", "Enter", "Esc", "ChatId"}
# What people and marketplaces have written is theirs.
WRITTEN = (
    ".o_mchats_name, .o_mchats_car, .o_mchats_preview, .o_mchats_who, .o_mchats_text, .o_mchats_quote, h2, h3,"
    " .o_mchats_car_button span, .o_mchats_panel_subtitle, .o_mchats_facts dd, .o_mchats_equipment,"
    " .o_mchats_template_body, .o_mchats_template_text, .o_mchats_card_text, .o_mchats_person, kbd, .oe_topbar_name,"
    " .o_mchats_similar b, .o_mchats_similar small"
)
TEXTS = """(written) => {
    const skipped = (node) => node.closest(written + ", script, style");
    const texts = [];
    for (const root of document.querySelectorAll(".o_mchats, .o_main_navbar, .o_dialog, .o_popover")) {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            if (!skipped(walker.currentNode.parentElement)) texts.push(walker.currentNode.textContent);
        }
        for (const name of ["placeholder", "aria-label", "title"]) {
            for (const element of root.querySelectorAll(`[${name}]`)) {
                const isData = element.matches(
                    ".o_mchats_car_button, .o_mchats_quick_reply, .o_mchats_title *, .o_mchats_similar button"
                );
                if (!skipped(element) && !isData) texts.push(element.getAttribute(name));
            }
        }
    }
    return texts.map((text) => text.trim()).filter(Boolean);
}"""


def english(page):
    """Return the words of the interface that are not Russian."""
    texts = page.evaluate(TEXTS, WRITTEN)
    assert len(texts) > 10
    return {word for text in texts for word in re.findall(r"[A-Za-z]{2,}", text)} - LATIN


def sideways(page):
    """Return what is wider than the window, as far as it makes the page scroll to the side."""
    return page.evaluate(
        "() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth,"
        " document.querySelector('.o_mchats').scrollWidth) - document.documentElement.clientWidth"
    )


@pytest.fixture(scope="module")
def chat(dealership, simulator):
    """A chat with a car and a few lines: (channel, its number, its id at the marketplace)."""
    shop, channel = Marketplace(simulator, "autoru"), dealership.channel("autoru")
    long = "Очень длинноесловобезпробелов" * 8
    said = shop.say(name=NAME, item_id=shop.listing("SEV-0001")["id"], text=f"Здравствуйте! {long}")
    shop.reply(said["chat_id"], "Здравствуйте, слушаю вас")
    said |= shop.say(chat_id=said["chat_id"], text="https://auto.ru/cars/used/sale/" + "x" * 150)
    return channel, channel.await_message(said["chat_id"], said["message_id"]), said["chat_id"]


@pytest.mark.parametrize("size", SIZES)
def test_it_fits_and_is_russian(size, chat, page_as):
    screen = ChatsPage.of(page_as, "anna", viewport=SIZES[size])
    expect(screen.row(NAME)).to_be_visible()
    assert (sideways(screen.page), english(screen.page)) == (0, set())

    screen.open(NAME)
    expect(screen.thread.locator(".o_mchats_bubble").last).to_be_visible()
    assert (sideways(screen.page), english(screen.page)) == (0, set())
    if size == "desk":
        expect(screen.panel).to_be_visible()
    else:
        expect(screen.panel).to_have_count(0)
        screen.car.click()
    expect(screen.panel).to_contain_text("XZGFF06A0SA104217")
    assert (sideways(screen.page), english(screen.page)) == (0, set())
    if size != "desk":
        screen.panel.get_by_role("button", name="Закрыть").click()
        expect(screen.panel).to_have_count(0)

    screen.page.locator(".o_mchats_templates").click()
    expect(screen.page.locator(".o_mchats_template").first).to_be_visible()
    assert (sideways(screen.page), english(screen.page)) == (0, set())
    screen.page.keyboard.press("Escape")
    if size == "phone":
        screen.page.get_by_role("button", name="Назад к списку").click()
        expect(screen.row(NAME)).to_be_visible()
        expect(screen.text).to_have_count(0)


def test_a_shift_without_a_mouse(chat, dealership, simulator, page_as):
    shop, channel = Marketplace(simulator, "autoru"), dealership.channel("autoru")
    names = ["Клавиша Первая", "Клавиша Вторая"]
    ids = {}
    for name in names:
        said = shop.say(name=name, text=f"Я {name}", ago=3)
        ids[name] = said["chat_id"]
        channel.await_message(said["chat_id"], said["message_id"])
    page = page_as("anna", path="/odoo/chats")
    screen = ChatsPage(page)
    expect(screen.row(names[1])).to_be_visible()

    # Find one, walk to it, open it, answer.
    page.keyboard.press("Alt+q")
    page.keyboard.type("Клавиша")
    expect(page.locator(".o_mchats_row")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    first = page.locator(".o_mchats_row:focus .o_mchats_name").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".o_mchats_header h2")).to_have_text(first)
    expect(screen.text).to_be_focused()
    page.keyboard.type("Первая строка")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("вторая строка")
    page.keyboard.press("Enter")
    until("the answer", lambda: shop.sent(ids[first], "Первая строка\nвторая строка"))
    expect(screen.text).to_be_focused()

    # The next chat from within the field, a template, the car, the tick.
    second = next(name for name in names if name != first)
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".o_mchats_header h2")).to_have_text(second)
    page.keyboard.press("Alt+t")
    templates = page.locator(".o_mchats_template_list")
    expect(templates.locator("input")).to_be_focused()
    page.keyboard.type("телефон")
    expect(templates.locator(".o_mchats_template")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(templates).to_have_count(0)
    expect(screen.text).not_to_have_value("")
    expect(screen.panel).to_be_visible()
    page.keyboard.press("Alt+i")
    expect(screen.panel).to_have_count(0)
    page.keyboard.press("Alt+m")
    until("read at the marketplace", lambda: shop.messages(ids[second])[0]["read"])
    assert shop.messages(ids[second], "out") == []

    # The card of the keys.
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Горячие клавиши")
    assert english(page) == set()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
