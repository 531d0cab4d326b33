"""Reading a chat and offering a car, on the real system: long chats, pictures, the car panel, and what goes wrong."""

import pytest
from chats_page import ChatsPage
from dealership import Marketplace, until
from playwright.sync_api import expect

LONG = "Длинный Разговор"
FIRST_SHOWN = """() => {
    const scroll = document.querySelector(".o_mchats_thread");
    const edge = scroll.getBoundingClientRect().top;
    const shown = [...scroll.querySelectorAll("[data-message]")].find(
        (message) => message.getBoundingClientRect().bottom > edge
    );
    return [shown.dataset.message, shown.getBoundingClientRect().top - edge];
}"""


def top_of(page, message):
    """How far below the edge of the thread a message stands."""
    edge = page.locator(".o_mchats_thread").bounding_box()["y"]
    return page.locator(f'[data-message="{message}"]').bounding_box()["y"] - edge


@pytest.fixture(scope="module")
def long_chat(dealership, simulator, odoo):
    """A chat with 400 older messages, written straight into the database: its number."""
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    said = shop.say(name=LONG, item_id=shop.listing("SEV-0001")["id"], text="Последнее слово")
    number = channel.await_message(said["chat_id"], said["message_id"])
    odoo.query(
        "insert into marketplace_message (channel_id, conversation_id, external_id, direction, kind, body, sent_at,"
        " state, is_noise, attempts, readings)"
        f" select {channel.id}, {number}, 'long-' || n, case when n % 3 = 0 then 'out' else 'in' end, 'text',"
        " 'Сообщение № ' || n || repeat(' и ещё несколько слов', n % 5), now() - (500 - n) * interval '1 hour',"
        " case when n % 3 = 0 then 'sent' else 'received' end, false, 0, 0 from generate_series(1, 400) n"
    )
    return number


def test_older_pages_come_without_a_jump(long_chat, page_as):
    screen = ChatsPage.of(page_as, "anna", path=f"/odoo/chats/{long_chat}")
    page = screen.page
    expect(screen.bubble("Последнее слово")).to_be_in_viewport()
    messages = screen.thread.locator("[data-message]")
    expect(messages.nth(29)).to_be_attached()
    first_page = messages.count()
    page.evaluate("document.querySelector('.o_mchats_thread').scrollTop = 300")
    message, before = page.evaluate(FIRST_SHOWN)
    until("an older page", lambda: messages.count() > first_page)
    assert abs(top_of(page, message) - before) < 2
    until("the window is full", lambda: page.evaluate(
        "() => { const thread = document.querySelector('.o_mchats_thread'); thread.scrollTop = 0;"
        " return !thread.textContent.includes('Последнее слово') }"
    ))  # fmt: skip
    assert messages.count() <= 200
    page.locator(".o_mchats_to_end").click()
    expect(screen.bubble("Последнее слово")).to_be_in_viewport()


def test_pictures_in_the_viewer(dealership, simulator, page_as):
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    said = shop.say(name="Фото Графова", type="image")
    said = shop.say(chat_id=said["chat_id"], type="image")
    channel.await_message(said["chat_id"], said["message_id"])
    screen = ChatsPage.of(page_as, "anna")
    screen.open("Фото Графова")
    channel.wake("media")
    pictures = screen.thread.locator(".o_mchats_pictures img")
    expect(pictures).to_have_count(2)
    pictures.first.click()
    viewer = screen.page.locator(".o-FileViewer")
    shown = viewer.locator("img.o-FileViewer-viewImage")
    first = shown.get_attribute("src")
    screen.page.keyboard.press("ArrowRight")
    expect(shown).not_to_have_attribute("src", first)
    screen.page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(screen.text).to_be_visible()


def test_a_similar_car_is_offered_with_this_marketplace_s_link(dealership, simulator, page_as):
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    said = shop.say(name="Выбор Похожев", item_id=shop.listing("SEV-0001")["id"], text="А другие есть?")
    channel.await_message(said["chat_id"], said["message_id"])
    screen = ChatsPage.of(page_as, "anna")
    screen.open("Выбор Похожев")
    car = screen.panel.locator(".o_mchats_similar_car").filter(has_text="Открыть объявление").first
    link = car.get_by_role("link").get_attribute("href")
    car.get_by_role("button").click()
    until("the offer in the field", lambda: link in screen.text.input_value())
    assert shop.messages(said["chat_id"], "out") == [], "nothing is sent before the manager says so"
    offer = screen.text.input_value()
    screen.send.click()
    until(
        "the offer at the marketplace",
        lambda: shop.sent(said["chat_id"], offer),
        nudge=dealership.run_due_jobs,
    )


def test_rights_taken_away(dealership, simulator, page_as):
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    said = shop.say(name="Отнятый Чат", text="Здравствуйте")
    channel.await_message(said["chat_id"], said["message_id"])
    screen = ChatsPage.of(page_as, "ivan")
    screen.open("Отнятый Чат")
    employees = channel.read("user_ids")["user_ids"]
    (ivan,) = dealership.admin("res.users", "search", [["login", "=", "ivan"]])
    try:
        channel.write(user_ids=[[6, 0, [one for one in employees if one != ivan]]])
        expect(screen.page.get_by_text("Этого чата больше нет или он вам недоступен.")).to_be_visible()
        expect(screen.row("Отнятый Чат")).to_have_count(0)
        expect(screen.text).to_have_count(0)
    finally:
        channel.write(user_ids=[[6, 0, employees]])


def test_two_tabs(long_chat, page_as):
    first = ChatsPage.of(page_as, "anna", path=f"/odoo/chats/{long_chat}")
    second = ChatsPage(first.page.context.new_page())
    second.page.goto(f"/odoo/chats/{long_chat}")
    expect(second.text).to_be_visible()
    first.text.fill("Черновик из первой вкладки")
    expect(second.text).to_have_value("Черновик из первой вкладки")
    second.write("Ответ из второй вкладки")
    expect(first.bubble("Ответ из второй вкладки")).to_be_visible()
    expect(first.text).to_have_value("")


def test_a_woken_computer_asks_at_once(long_chat, page_as):
    screen = ChatsPage.of(page_as, "anna", path=f"/odoo/chats/{long_chat}")
    expect(screen.bubble("Последнее слово")).to_be_visible()
    asked = []
    screen.page.on("request", lambda request: asked.append(request.url))
    screen.page.evaluate("window.dispatchEvent(new Event('online'))")
    until("asked for the list and the chat", lambda: {url.split("/")[-1] for url in asked} >= {
        "chats_start", "chats_list", "chats_thread"})  # fmt: skip
