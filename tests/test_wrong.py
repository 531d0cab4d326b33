"""When things go wrong while the Chats screen is open: the server restarts, a channel is switched off, a chat goes."""

import pytest
from chats_page import ChatsPage
from dealership import Dealership, Marketplace, until
from odoo_server import own_server
from pages import Pages
from playwright.sync_api import expect

from devtools import demo

HALF = "Здравствуйте! Машина в наличии, а про торг я"
GONE = "Этого чата больше нет или он вам недоступен."


@pytest.fixture
def restartable(workspace, simulator, browser, request):
    """The demo's dealership on a server that can be killed: (server, page_as)."""

    def make(workspace, database):
        workspace.ensure(database)
        demo.seed(workspace, database, "http://127.0.0.1", simulator)

    with own_server(workspace, "restart", make) as server:
        page_as = Pages(browser, server, request.node.name)
        yield server, page_as
        page_as.close()
        assert not page_as.unexpected()
        assert not server.errors()


@pytest.fixture
def chat(dealership, simulator):
    """chat(name) -> number of a new chat of that buyer, at Avito."""
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")

    def begin(name):
        said = shop.say(name=name, text="Здравствуйте")
        return channel.await_message(said["chat_id"], said["message_id"])

    return begin


def test_the_server_restarts_under_a_half_written_reply(restartable, simulator):
    server, page_as = restartable
    shop, dealership = Marketplace(simulator, "avito"), Dealership(server)
    dealership.channel("autoru").archive()  # the other server of this run needs what it may ask there
    said = shop.say(name="Перезапуск Серверов", text="Ещё продаёте?")
    dealership.channel("avito").await_message(said["chat_id"], said["message_id"])
    screen = ChatsPage.of(page_as, "anna")
    screen.open("Перезапуск Серверов")
    screen.text.fill(HALF)
    page_as.expect_error(
        "ConnectionLostError|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|WebSocket"
    )
    server.kill()
    strip = screen.page.get_by_text("Нет связи в реальном времени")
    expect(strip).to_be_visible()
    expect(screen.text).to_have_value(HALF)
    meanwhile = shop.say(chat_id=said["chat_id"], text="Вы тут?")
    server.start()
    dealership = Dealership(server)
    dealership.channel("avito").await_message(meanwhile["chat_id"], meanwhile["message_id"])
    expect(screen.bubble("Вы тут?")).to_be_visible()
    expect(strip).to_have_count(0)
    expect(screen.text).to_have_value(HALF)
    answer = f"{HALF} подумаю"
    screen.write(answer)
    until(
        "the reply at the marketplace",
        lambda: shop.sent(said["chat_id"], answer),
        nudge=dealership.run_due_jobs,
    )
    assert shop.sent(said["chat_id"], answer) == 1


def test_a_channel_switched_off_closes_the_field(dealership, chat, page_as):
    number, channel = chat("Закрытый Канал"), dealership.channel("avito")
    screen = ChatsPage.of(page_as, "anna")
    screen.open("Закрытый Канал")
    screen.text.fill(HALF)
    try:
        channel.archive()
        expect(screen.page.locator(".o_mchats_obstacle")).to_contain_text("Канал выключен.")
        expect(screen.text).to_have_count(0)
        expect(screen.bubble("Здравствуйте")).to_be_visible()
        expect(screen.page.locator(".o_mchats_strip")).to_have_count(0)
        opened_anew = ChatsPage.of(page_as, "anna", path=f"/odoo/chats/{number}")
        expect(opened_anew.page.locator(".o_mchats_obstacle")).to_contain_text("Канал выключен.")
    finally:
        channel.write(active=True)
    expect(screen.text).to_have_value(HALF)


def test_a_deleted_chat_leaves_open_screens(dealership, chat, page_as):
    number = chat("Удалённый Разговор")
    screen = ChatsPage.of(page_as, "anna")
    elsewhere = page_as("anna", path="/odoo/discuss")
    badge = elsewhere.locator(".o_mchats_systray .badge")
    before = str(dealership.counts("anna")["unprocessed"])
    expect(badge).to_have_text(before)
    screen.open("Удалённый Разговор")
    dealership.admin("marketplace.conversation", "unlink", [number])
    expect(screen.page.get_by_text(GONE)).to_be_visible()
    expect(screen.row("Удалённый Разговор")).to_have_count(0)
    expect(screen.text).to_have_count(0)
    expect(badge).not_to_have_text(before)
