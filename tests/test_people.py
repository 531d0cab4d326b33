"""Two managers on one chat: each sees what the other does, and hears of what is his."""

import re

import pytest
from chats_page import ChatsPage
from dealership import Marketplace, until
from playwright.sync_api import expect

#: Keeps what a page would have shown outside of its window; the machine of a test has no place for it.
NOTIFICATIONS = """
window.shown = [];
window.Notification = class {
    static permission = "granted";
    static async requestPermission() { return "granted"; }
    constructor(title, options) { window.shown.push({ title, ...options }); }
    close() {}
};
"""
#: Whether the page's live line is up.
LISTENING = "() => odoo.__WOWL_DEBUG__?.root.env.services.bus_service.workerState === 'CONNECTED'"


@pytest.fixture
def chat(dealership, simulator, request):
    """A new buyer at Avito: what the simulator says of him, his chat's number in Odoo, and his name."""
    name = f"Клиент {request.node.name[5:25]}"
    said = Marketplace(simulator, "avito").say(name=name, text="Здравствуйте, в наличии?")
    number = dealership.channel("avito").await_message(said["chat_id"], said["message_id"])
    return said, number, name


def presence(screen):
    return screen.page.locator(".o_mchats_header .o_mchats_presence")


def test_who_looks_and_who_writes(chat, page_as):
    _, _, name = chat
    anna, ivan = ChatsPage.of(page_as, "anna"), ChatsPage.of(page_as, "ivan")
    anna.open(name)
    expect(presence(anna)).to_have_count(0)
    ivan.open(name)
    # Each learns of the other, though one of them came first.
    expect(presence(anna)).to_have_text("Иван смотрит")
    expect(presence(ivan)).to_have_text("Анна смотрит")
    ivan.text.press_sequentially("Добрый день")
    expect(presence(anna)).to_have_text("Иван пишет")
    expect(anna.row(name).locator(".o_mchats_presence_typing")).to_be_visible()

    # Whoever is about to answer at the same time is asked.
    anna.text.fill("Здравствуйте!")
    anna.text.press("Enter")
    guard = anna.page.locator(".o_mchats_guard")
    expect(guard).to_contain_text(re.compile(r"Иван.* сейчас пишет в этом чате"))
    guard.get_by_role("button", name="Отменить").click()
    expect(anna.text).to_have_value("Здравствуйте!")

    ivan.page.locator(".o_mchats_row:not(.o_mchats_row_open)").first.click()
    expect(presence(anna)).to_have_count(0)


def test_taking_over_and_handing_over(chat, dealership, simulator, page_as):
    said, number, name = chat
    shop = Marketplace(simulator, "avito")
    anna, ivan = ChatsPage.of(page_as, "anna"), ChatsPage.of(page_as, "ivan")
    anna.open(name)
    ivan.open(name)
    take = anna.page.locator(".o_mchats_take")
    expect(take).to_have_text("Взять себе")
    take.click()
    expect(take).to_have_count(0)
    header = ivan.page.locator(".o_mchats_title")
    expect(header).to_contain_text(re.compile("ведёт Анна"))

    # Another's chat is asked about before the first answer, and not again.
    ivan.text.fill("Это Иван")
    ivan.text.press("Enter")
    guard = ivan.page.locator(".o_mchats_guard")
    expect(guard).to_contain_text("Ответить всё равно?")
    guard.get_by_role("button", name="Ответить").click()
    expect(ivan.bubble("Это Иван")).to_be_visible()
    until("Ivan's answer", lambda: shop.sent(said["chat_id"], "Это Иван"))
    ivan.write("И ещё раз")
    expect(guard).to_have_count(0)

    # Ivan takes it, and gives it back with a note.
    ivan.page.locator(".o_mchats_take").click()
    expect(anna.page.locator(".o_mchats_title")).to_contain_text(re.compile("ведёт Иван"))
    anna.page.goto("/odoo/crm")
    anna.page.wait_for_function(LISTENING)
    ivan.page.locator(".o_mchats_assign").click()
    ivan.page.locator(".o_mchats_hand_over_item").click()
    dialog = ivan.page.get_by_role("dialog")
    dialog.locator("select").select_option(label="Анна Ковалёва")
    dialog.locator("textarea").fill("Просит скидку")
    dialog.get_by_role("button", name="Передать").click()
    expect(dialog).to_have_count(0)
    notification = anna.page.locator(".o_notification")
    expect(notification).to_contain_text("передал")
    notification.get_by_role("button", name="Открыть чат").click()
    expect(anna.page.locator(".o_mchats_internal")).to_contain_text("Просит скидку")
    told = dealership.rpc("anna")(
        "mail.message", "search_count", [["model", "=", "marketplace.conversation"], ["res_id", "=", number]]
    )
    assert told == 1, "Ivan took it himself; only Anna was given it"
    assert all("скидку" not in message["text"] for message in shop.messages(said["chat_id"]))


def test_a_note_stays_in_the_house(chat, dealership, simulator, page_as):
    said, _, name = chat
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    anna, ivan = ChatsPage.of(page_as, "anna"), ChatsPage.of(page_as, "ivan")
    before = dealership.counts("ivan")
    anna.open(name)
    anna.page.locator(".o_mchats_note_switch").click()
    note = anna.page.locator(".o_mchats_note_input")
    expect(note).to_be_focused()
    note.press_sequentially("Второй ключ есть? @Ива")
    mentions = anna.page.locator(".o_mchats_mentions .o-mail-NavigableList-item")
    expect(mentions).to_have_count(1)
    note.press("Enter")
    note.press_sequentially("глянь")
    note.press("Enter")
    expect(note).to_have_count(0)
    expect(anna.page.locator(".o_mchats_internal")).to_contain_text("Второй ключ есть?")
    notification = ivan.page.locator(".o_notification")
    expect(notification).to_contain_text("упоминает вас")
    notification.get_by_role("button", name="Открыть чат").click()
    expect(ivan.page.locator(".o_mchats_internal .o_mchats_mention")).to_be_visible()
    expect(ivan.page.locator(".o_mchats_internal .o_mchats_delete")).to_have_count(0)

    # It is no answer, and the marketplace never hears of it, though the queue is at work.
    assert dealership.counts("ivan") == before
    expect(anna.row(name).locator(".o_mchats_unread")).to_have_text("1")
    anna.write("Да, в наличии")
    until("the answer", lambda: shop.sent(said["chat_id"], "Да, в наличии"))
    assert [message["text"] for message in shop.messages(said["chat_id"], "out")] == ["Да, в наличии"]
    channel.pull()
    anna.page.locator(".o_mchats_internal .o_mchats_delete").click()
    expect(ivan.page.locator(".o_mchats_internal")).to_have_count(0)
    assert "note" not in [message["direction"] for message in channel.messages(said["chat_id"])]


def test_what_is_heard_away_from_the_chat(chat, dealership, simulator, page_as):
    said, number, name = chat
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    page_as.expect_error("Push API")  # which the browser of a test lacks

    def page(login, path):
        opened = page_as(login, path="/web/login")
        opened.add_init_script(NOTIFICATIONS)
        opened.goto(path)
        return opened

    def write(text):
        more = shop.say(chat_id=said["chat_id"], text=text)
        channel.await_message(said["chat_id"], more["message_id"])

    def shown(of):
        """What that browser has shown of this chat; others may be written in meanwhile."""
        told = of.evaluate("() => window.shown.map(({ title, body, tag }) => ({ title, body, tag }))")
        return [one for one in told if one["tag"] == f"crm_marketplace_chats.{number}"]

    # Anna has the chat in front: she hears nothing. Ivan is elsewhere: his browser tells him, once for the chat.
    anna, ivan = page("anna", f"/odoo/chats/{number}"), page("ivan", "/odoo/chats")
    expect(anna.locator(".o_mchats_bubble").first).to_be_visible()
    expect(ivan.locator(".o_mchats_row").first).to_be_visible()
    expect(ivan).to_have_title(re.compile(r"^\(\d+\) "))
    number_of = dealership.counts("ivan")["unprocessed"]
    expect(ivan).to_have_title(re.compile(rf"^\({number_of}\) "))
    picture = ivan.locator("link[rel~=icon]")
    until("a number on the tab's picture", lambda: picture.get_attribute("href").startswith("data:"))
    ivan.evaluate("() => { document.hasFocus = () => false; window.dispatchEvent(new Event('blur')); }")
    write("Ау, есть кто?")
    # The chat's first message may have rung before.
    until("Ivan's notification", lambda: [one["body"] for one in shown(ivan)][-1:] == ["Ау, есть кто?"])
    assert shown(ivan)[-1]["tag"] == f"crm_marketplace_chats.{number}"
    assert name in shown(ivan)[-1]["title"]
    expect(anna.locator(".o_mchats_bubble").last).to_contain_text("Ау, есть кто?")
    assert shown(anna) == []
    expect(anna.locator(".o_notification").filter(has_text="Ау, есть кто?")).to_have_count(0)

    # Whoever wants to hear of his own chats alone is left in peace.
    ivan_id = dealership.admin("res.users", "search", [["login", "=", "ivan"]])[0]
    dealership.rpc("ivan")("res.users", "write", [ivan_id], {"chats_notify": "mine"})
    try:
        heard = len(shown(ivan))
        write("И снова я")
        expect(anna.locator(".o_mchats_bubble").last).to_contain_text("И снова я")
        expect(ivan.locator(".o_mchats_row").filter(has_text="И снова я")).to_be_visible()
        assert len(shown(ivan)) == heard
    finally:
        dealership.rpc("ivan")("res.users", "write", [ivan_id], {"chats_notify": "mine_unowned"})
