"""Bad input of every kind has a clear result on screen, in Russian, and nothing is lost."""

import pytest
from chats_page import ChatsPage
from dealership import Marketplace
from playwright.sync_api import expect

from devtools.system import free_port

HACK = "document.title='взломано'"
SCRIPT = f'<script>{HACK}</script><img src=x onerror="{HACK}"><b>жирно</b>'
LONG_NAME = "Константинопольский-Преображенский " * 7
AVITO = {"marketplace": "avito", "avito_client_id": "demo", "avito_client_secret": "demo-secret"}
AUTORU = {
    "marketplace": "autoru",
    "autoru_token": "demo-token",
    "autoru_login": "demo@example.ru",
    "autoru_password": "demo-password",
}


@pytest.fixture
def channel_of(dealership, request):
    """channel_of(**values) -> a channel that the test's end puts away."""

    def made(**values):
        channel = dealership.new_channel(**values)
        request.addfinalizer(channel.archive)
        return channel

    return made


@pytest.mark.parametrize(
    ("keys", "words", "state"),
    [
        (AVITO | {"avito_client_secret": "wrong-secret"}, "Avito не принимает ключи", "refused"),
        (AUTORU | {"autoru_password": "wrong"}, "Auto.ru не принимает", "refused"),
        (
            AVITO | {"avito_client_id": "no-messenger", "avito_client_secret": "s"},
            "нет оплаченного доступа",
            "refused",
        ),
        (AVITO | {"base_url": "closed"}, "Avito недоступен", "failing"),
        (AUTORU | {"base_url": "closed"}, "Auto.ru недоступен", "failing"),
    ],
    ids=["avito-wrong", "autoru-wrong", "no-messenger", "avito-unreachable", "autoru-unreachable"],
)
def test_the_check_of_a_channel_says_what_is_wrong(keys, words, state, channel_of, simulator, page_as):
    addresses = {"avito": simulator.avito_url, "autoru": simulator.autoru_url}
    if keys.get("avito_client_id") == "no-messenger":
        account = {"marketplace": "avito", "client_id": "no-messenger", "client_secret": "s"}
        simulator.control("POST", "/accounts", {**account, "messenger": False})
    closed = f"http://127.0.0.1:{free_port()}"
    address = closed if keys.get("base_url") else addresses[keys["marketplace"]]
    channel = channel_of(**{**keys, "base_url": address})
    page = page_as("admin", path=f"/odoo/action-crm_marketplace_chats.action_channel/{channel.id}")
    page.get_by_role("button", name="Проверить подключение").first.click()
    expect(page.locator(".o_notification").filter(has_text=words)).to_be_visible()
    assert channel.read("state")["state"] == state
    assert not [
        key
        for key in keys.values()
        if "secret" in key and key in channel.read("check_report")["check_report"]
    ]


def test_strange_buyers_and_messages_are_shown_as_they_are(dealership, simulator, page_as):
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    wishes = {
        SCRIPT[:60]: {"text": SCRIPT},
        LONG_NAME.strip(): {"text": "Имя длиннее экрана"},
        "🚗 Эмодзи 👨‍👩‍👧‍👦": {"text": "😀" * 300},
        "Без объявления": {"text": "Я вообще спросить", "item_id": None},
        "Неведомый вид": {"type": "unknown"},
        "{{7*7}} %s %(x)s": {"text": "${7*7} {{ self }} %d"},
        "‮вонсис": {"text": "\u202eтекст справа налево\u0007\u200b конец"},
    }
    for name, wish in wishes.items():
        said = shop.say(name=name, **wish)
        channel.await_message(said["chat_id"], said["message_id"])
    screen = ChatsPage.of(page_as, "anna")
    title = screen.page.title()

    open_row(screen, "document.title")
    expect(screen.bubble("document.title").locator(".o_mchats_text")).to_have_text(SCRIPT)
    assert screen.thread.locator("script, b").count() == 0
    open_row(screen, "Имя длиннее экрана")
    assert no_sideways_scroll(screen.page)
    open_row(screen, "😀😀😀")
    expect(screen.page.locator(".o_mchats_header h2")).to_have_text("🚗 Эмодзи 👨‍👩‍👧‍👦")
    open_row(screen, "Я вообще спросить")
    expect(screen.panel).to_contain_text("Этот чат не о конкретной машине")
    screen.open("Неведомый вид")
    expect(screen.thread).to_contain_text("Такие сообщения здесь пока не показываются")
    open_row(screen, "${7*7}")
    expect(screen.page.locator(".o_mchats_header h2")).to_have_text("{{7*7}} %s %(x)s")
    open_row(screen, "справа налево")
    assert screen.page.title() == title
    assert "взломано" not in title


def open_row(screen, text):
    screen.page.locator(".o_mchats_row").filter(has_text=text).click()
    expect(screen.thread.locator(".o_mchats_bubble").first).to_be_visible()


def no_sideways_scroll(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("marketplace", ["avito", "autoru"])
def test_an_empty_and_an_endless_reply_stay_where_they_are(marketplace, dealership, simulator, page_as):
    shop, channel = Marketplace(simulator, marketplace), dealership.channel(marketplace)
    name = f"Пусто и много {marketplace}"
    said = shop.say(name=name, text="Жду ответа")
    channel.await_message(said["chat_id"], said["message_id"])
    screen = ChatsPage.of(page_as, "anna")
    screen.open(name)

    expect(screen.send).to_be_disabled()
    for nothing in ("", "   ", "\n \n"):
        screen.text.fill(nothing)
        expect(screen.send).to_be_disabled()
        screen.text.press("Enter")
    screen.text.fill("ж" * 10_000)
    expect(screen.send).to_have_text("Отправить частями")  # not without being asked to
    expect(screen.page.locator(".o_mchats_counter")).to_contain_text("10000 / 1000")
    expect(screen.page.locator(".o_mchats_counter")).to_contain_text("9000")
    screen.text.press("Enter")
    expect(screen.text).to_have_value("ж" * 10_000)
    assert no_sideways_scroll(screen.page)

    # The draft outlives a reload; shortened, it goes out whole.
    screen.page.reload()
    expect(screen.text).to_have_value("ж" * 10_000)
    fits = "ж" * 999 + "🙂"
    screen.text.fill(fits)
    screen.send.click()
    expect(screen.bubble("жжж").locator("[data-state=sent]")).to_be_visible()
    assert [one["text"] for one in shop.messages(said["chat_id"], "out")] == [fits]
