"""The screen for everybody: axe-core, the keyboard alone, 200 % zoom, right-to-left, a phone in the hand."""

import re

import pytest
from chats_page import ChatsPage
from dealership import Marketplace, until
from look import covered, findings, sideways
from playwright.sync_api import expect

SIZES = {"desk": (1440, 900), "laptop": (1024, 768), "phone": (390, 844)}
PHONE = {"viewport": SIZES["phone"], "has_touch": True, "is_mobile": True}
ZOOMED = (720, 450)  # what is left of 1440x900 at 200 %
NAME = "Доступный Чат"
MENU = ".o-dropdown--menu, .o_bottom_sheet"


@pytest.fixture(scope="module")
def chat(dealership, simulator):
    """A chat about a car of ours, with a few lines both ways: its number."""
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    said = shop.say(
        name=NAME, item_id=shop.listing("SEV-0001")["id"], text="Здравствуйте, ещё продаёте?", ago=7200
    )
    shop.reply(said["chat_id"], "Здравствуйте! Да, приезжайте")
    said |= shop.say(chat_id=said["chat_id"], type="image")
    said |= shop.say(chat_id=said["chat_id"], text="А торг возможен?")
    return channel.await_message(said["chat_id"], said["message_id"])


@pytest.fixture
def written(dealership, simulator):
    """written(name, ago) -> a new chat at Avito: its number in Odoo."""
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")

    def write(name, ago):
        said = shop.say(name=name, item_id=shop.listing("SEV-0001")["id"], text=f"Пишет {name}", ago=ago)
        return channel.await_message(said["chat_id"], said["message_id"])

    return write


def expect_whole(page):
    """Nothing to click lies under something else, as soon as what loads is there; nothing is too wide."""
    until(f"nothing is covered, as {covered(page)} was", lambda: not covered(page), seconds=10)
    assert sideways(page) == 0


def menu(screen):
    """The dropdown that is open: a popover, on a phone a sheet from below."""
    return screen.page.locator(MENU).last


def opened(screen, button):
    """Open the dropdown of that button and return it."""
    screen.page.locator(button).click()
    expect(menu(screen)).to_be_visible()
    return menu(screen)


def closed(screen):
    """Close what is open above the screen."""
    screen.page.keyboard.press("Escape")
    expect(screen.page.locator(f"{MENU}, .o_dialog, .o_popover")).to_have_count(0)


def list_states(screen):
    """Bring the list into each of its states, one after another; give their names."""
    page = screen.page
    yield "list"
    opened(screen, ".o_mchats_filter_button")
    yield "filters"
    closed(screen)
    screen.row(NAME).focus()
    page.keyboard.press("x")
    expect(page.locator(".o_mchats_selection")).to_be_visible()
    yield "selection"
    page.get_by_role("button", name="Снять выбор").click()
    page.locator(".o_mchats_notices").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "notices"
    closed(screen)
    page.locator(".o_mchats_view[data-view=waiting]").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "keys"
    closed(screen)


def chat_states(screen):
    """Bring an open chat into each of its states, one after another; give their names."""
    page = screen.page
    screen.open(NAME)
    expect(screen.bubble("А торг возможен?")).to_be_visible()
    if not screen.panel.count():
        yield "chat"
        screen.car.click()
    expect(screen.panel.locator("h3")).to_be_visible()
    yield "panel"
    if screen.panel.locator(".o_mchats_panel_close").count():
        screen.panel.get_by_role("button", name="Закрыть").click()
    for name, button in {
        "snooze": ".o_mchats_snooze",
        "more": ".o_mchats_more",
        "habits": ".o_mchats_habits",
    }.items():
        opened(screen, button)
        yield name
        closed(screen)
    page.locator(".o_mchats_templates").click()
    expect(page.locator(".o_mchats_template").first).to_be_visible()
    yield "templates"
    page.keyboard.press("Escape")
    expect(page.locator(".o_mchats_template")).to_have_count(0)
    screen.text.press_sequentially("/")
    expect(page.locator(".o_mchats_template").first).to_be_visible()
    yield "quick replies"
    page.keyboard.press("Escape")
    screen.text.fill("")
    page.locator(".o_mchats_note_switch").click()
    expect(page.locator(".o_mchats_note_input")).to_be_visible()
    yield "note"
    page.locator(".o_mchats_note_back").click()
    opened(screen, ".o_mchats_snooze").locator(".dropdown-item").filter(has_text="…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "own moment"


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious(size, chat, page_as):
    screen = ChatsPage.of(page_as, "anna", viewport=SIZES[size])
    expect(screen.row(NAME)).to_be_visible()
    found = {}
    for states in (list_states, chat_states):
        for state in states(screen):
            found[state] = findings(screen.page)
    assert len(found) > 12
    assert not any(found.values()), "\n".join(f"{state}: {one}" for state in found for one in found[state])


def test_a_chat_without_a_mouse(written, dealership, simulator, page_as):
    shop = Marketplace(simulator, "avito")
    names = ["Без Мыши Один", "Без Мыши Два", "Без Мыши Три"]
    chats = [written(name, ago=10 * 86400 - place) for place, name in enumerate(names)]
    answered = dealership.admin("marketplace.conversation", "read", chats[0], ["external_id"])
    page = page_as("anna", path="/odoo/chats")
    screen = ChatsPage(page)
    expect(screen.row(names[2])).to_be_visible()
    heading = page.locator(".o_mchats_header h2")

    # From the top of the page to the list by Tab alone, and into the chat that waits longest.
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.locator(".o_mchats_row:focus").count():
            break
    expect(page.locator(".o_mchats_row:focus")).to_be_visible()
    while page.locator(".o_mchats_row:focus .o_mchats_name").inner_text() != names[0]:
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(heading).to_have_text(names[0])
    expect(screen.text).to_be_focused()

    # A quick reply by «/», filled with this car, and off it goes.
    page.keyboard.type("/")
    expect(page.locator(".o_mchats_slash .o_mchats_template.active")).to_be_visible()
    page.keyboard.press("Enter")
    expect(screen.text).to_have_value(re.compile(r"\S{3}"))
    answer = screen.text.input_value()
    assert not answer.startswith("/")
    page.keyboard.press("Enter")
    until("the answer", lambda: shop.sent(answered[0]["external_id"], answer), nudge=dealership.run_due_jobs)

    # The next that waits: tick it, snooze it. Another one by the search.
    page.keyboard.press("Alt+Enter")
    expect(heading).to_have_text(names[1])
    page.keyboard.press("Alt+m")
    expect(screen.done).to_be_disabled()
    page.keyboard.press("Alt+z")
    expect(menu(screen)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".o_mchats_snooze_strip")).to_contain_text("Отложен")
    page.keyboard.press("Alt+q")
    page.keyboard.type(names[2])
    expect(page.locator(".o_mchats_row")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".o_mchats_row:focus")).to_contain_text(names[2])
    page.keyboard.press("Enter")
    expect(heading).to_have_text(names[2])


def test_the_card_of_keys_is_complete(chat, page_as):
    screen = ChatsPage.of(page_as, "anna")
    screen.open(NAME)
    hotkeys = screen.page.locator(".o_mchats [data-hotkey]")
    letters = hotkeys.evaluate_all("(all) => all.map((one) => one.dataset.hotkey.toUpperCase())")
    assert len(letters) > 6
    assert len(set(letters)) == len(letters), "one letter for two things"
    screen.row(NAME).focus()
    screen.page.keyboard.press("?")
    expect(screen.page.get_by_role("dialog").locator("kbd").first).to_be_visible()
    keys = screen.page.get_by_role("dialog").locator("kbd").all_inner_texts()
    combinations = [key for key in keys if key.startswith("Alt")]
    assert len(set(combinations)) == len(combinations), "one key for two things"
    assert {f"Alt + {letter}" for letter in letters} <= set(keys)
    assert {"/", "X", "?", "Esc", "Alt + Enter", "Shift + Enter"} <= set(keys)


def test_zoomed_to_200_percent(chat, page_as):
    screen = ChatsPage.of(page_as, "anna", viewport=ZOOMED)
    expect(screen.row(NAME)).to_be_visible()
    for state in list_states(screen):
        assert sideways(screen.page) == 0, state
    expect_whole(screen.page)
    screen.open(NAME)
    for needed in (screen.text, screen.send, screen.done):
        expect(needed).to_be_in_viewport(ratio=0.99)
    assert screen.thread.bounding_box()["height"] > 90
    expect_whole(screen.page)
    for state in chat_states_without_list(screen):
        assert sideways(screen.page) == 0, state
    screen.page.get_by_role("button", name="Назад к списку").click()
    expect(screen.row(NAME)).to_be_visible()


def chat_states_without_list(screen):
    """The same as `chat_states`, where the open chat has taken the list's place."""
    screen.page.get_by_role("button", name="Назад к списку").click()
    yield from chat_states(screen)
    closed(screen)


@pytest.mark.parametrize("size", ["laptop", "phone"])
def test_right_to_left(size, chat, page_as):
    """Odoo turns its own styles with a program that few servers have; ours turn with the direction alone."""
    screen = ChatsPage.of(page_as, "anna", viewport=SIZES[size])
    page = screen.page
    page.add_style_tag(content="body, .o_web_client, .o_action_manager { direction: rtl !important; }")

    def box(locator):
        expect(locator).to_be_visible()
        return locator.bounding_box()

    expect(screen.row(NAME)).to_be_visible()
    expect_whole(page)
    picture, name = (
        box(screen.row(NAME).locator(".o_mchats_picture")),
        box(screen.row(NAME).locator(".o_mchats_name")),
    )
    assert picture["x"] > name["x"]

    screen.open(NAME)
    client, ours = box(screen.bubble("А торг возможен?")), box(screen.bubble("Да, приезжайте"))
    assert client["x"] + client["width"] > ours["x"] + ours["width"]
    assert client["x"] > ours["x"]
    assert box(screen.send)["x"] < box(screen.page.locator(".o_mchats_templates"))["x"]
    expect_whole(page)


def test_the_same_powers_on_a_phone(chat, dealership, page_as):
    screen = ChatsPage.of(page_as, "anna", **PHONE)
    page = screen.page
    row = screen.row(NAME)
    expect(row).to_be_visible()
    opened(screen, ".o_mchats_filter_button")
    closed(screen)

    # Several at once, by a finger.
    row.locator(".o_mchats_box").tap()
    bar = page.get_by_role("toolbar", name="Выбранные чаты")
    expect(bar).to_contain_text("1")
    for power in ("Отметить прочитанным", "Ответственный", "Отложить"):
        expect(bar.get_by_role("button", name=power)).to_be_in_viewport(ratio=0.99)
    bar.get_by_role("button", name="Снять выбор").tap()
    expect(bar).to_have_count(0)

    # Everything about one chat.
    row.tap()
    expect(screen.text).to_be_visible()
    for power in (screen.done, screen.send, screen.car, screen.page.locator(".o_mchats_snooze")):
        expect(power).to_be_in_viewport(ratio=0.99)
    expect_whole(page)
    opened(screen, ".o_mchats_more").get_by_text("Анна Ковалёва").tap()
    until(
        "assigned",
        lambda: dealership.admin("marketplace.conversation", "read", [chat], ["user_id"])[0]["user_id"],
    )
    expect(page.locator(".o_mchats_deal_new, .o_mchats_deal_stage")).to_be_in_viewport(ratio=0.99)
    for power in ("Передать", "Горячие клавиши"):
        expect(opened(screen, ".o_mchats_more").get_by_text(re.compile(power))).to_be_attached()
        closed(screen)
    opened(screen, ".o_mchats_snooze")
    closed(screen)
    page.locator(".o_mchats_templates").tap()
    page.locator(".o_mchats_template").first.tap()
    expect(screen.text).to_have_value(re.compile(r"\S{3}"))
    screen.text.fill("")
    page.locator(".o_mchats_note_switch").tap()
    page.locator(".o_mchats_note_input").fill("Заметка с телефона")
    page.locator(".o_mchats_note_save").tap()
    expect(screen.bubble("Заметка с телефона")).to_be_visible()

    # The car: price, similar cars to offer.
    screen.car.tap()
    expect(screen.panel.locator(".o_mchats_price")).to_be_in_viewport()
    screen.panel.locator(".o_mchats_similar_car button").first.tap()
    expect(screen.text).to_have_value(re.compile(r"\S{3}"))
    screen.text.fill("")
