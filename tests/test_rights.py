"""Ivan may use Avito alone: nothing of Auto.ru reaches him, by whatever road he asks."""

import pytest
from chats_page import ChatsPage
from dealership import Marketplace
from odoo_server import OdooError
from playwright.sync_api import expect

SECRET = "Только для Анны 7781"
CLOSED = "Этого чата больше нет или он вам недоступен."


@pytest.fixture(scope="module")
def hidden(dealership, simulator):
    """A waiting chat of Auto.ru: (channel, number in Odoo, name at the marketplace)."""
    channel = dealership.channel("autoru")
    said = Marketplace(simulator, "autoru").say(name="Невидимка", text=SECRET)
    number = channel.await_message(said["chat_id"], said["message_id"])
    return channel, number, said["chat_id"]


def test_he_sees_none_of_it_on_screen(hidden, dealership, page_as):
    _, number, _ = hidden
    screen = ChatsPage.of(page_as, "ivan")
    screen.expect_number(dealership.counts("ivan")["unprocessed"])
    assert dealership.counts("ivan")["unprocessed"] < dealership.counts("anna")["unprocessed"]
    expect(screen.page.locator(".o_mchats_channels")).to_have_count(0)
    for view in ("all", "unowned", "waiting"):
        screen.view(view)
        expect(screen.page.locator(".o_mchats_row").first).to_be_visible()
        expect(screen.row("Невидимка")).to_have_count(0)
        expect(screen.page.locator(".o_mchats_list img[alt='Auto.ru']")).to_have_count(0)

    screen.page.locator(".o_mchats_list input").fill("7781")
    expect(screen.page.get_by_text("Здесь ничего не найдено.")).to_be_visible()

    screen.page.goto(f"/odoo/chats/{number}")
    expect(screen.page.get_by_text(CLOSED)).to_be_visible()
    expect(screen.page.get_by_text(SECRET)).to_have_count(0)


def test_nothing_comes_to_his_open_screen(hidden, dealership, simulator, page_as):
    channel, _, chat_id = hidden
    heard = []
    ivan, anna = ChatsPage.of(page_as, "ivan"), ChatsPage.of(page_as, "anna")
    ivan.view("all")
    ivan.page.on("response", lambda response: heard.append(response.url))
    number = dealership.counts("ivan")["unprocessed"]

    said = Marketplace(simulator, "autoru").say(chat_id=chat_id, text=f"{SECRET} и ещё")
    channel.await_message(chat_id, said["message_id"])
    # Anna's screen proves that the note was sent; a later note of Avito that Ivan's line works.
    expect(anna.row("Невидимка")).to_contain_text(f"{SECRET} и ещё")
    avito = dealership.channel("avito")
    open_one = Marketplace(simulator, "avito").say(name="Для обоих", text="Добрый день")
    avito.await_message(open_one["chat_id"], open_one["message_id"])
    expect(ivan.row("Для обоих")).to_be_visible()
    ivan.expect_number(number + 1)
    expect(ivan.page.get_by_text(SECRET)).to_have_count(0)
    held = ivan.page.evaluate(
        "() => Object.values(odoo.__WOWL_DEBUG__.root.env.services['mail.store']['marketplace.conversation'].records)"
        ".map((record) => record.marketplace)"
    )
    assert set(held) == {"avito"}


def test_no_road_of_rpc_leads_there(hidden, dealership):
    channel, number, _ = hidden
    ivan = dealership.rpc("ivan")
    everything = ivan("marketplace.conversation", "search_read", [], ["marketplace", "external_id"])
    assert {row["marketplace"] for row in everything} == {"avito"}
    listed = ivan("marketplace.conversation", "chats_list", view="all", search="7781")
    assert listed["ids"] == []
    listed = ivan("marketplace.conversation", "chats_list", view="all", channel_ids=[channel.id])
    assert listed["ids"] == []
    started = ivan("marketplace.conversation", "chats_start")
    assert channel.id not in started["channel_ids"]
    message = dealership.admin("marketplace.message", "search", [["conversation_id", "=", number]])[0]
    assert ivan("marketplace.message", "search", [["id", "=", message]]) == []

    refused = [
        ("marketplace.conversation", "read", [number], ["buyer_name"]),
        ("marketplace.conversation", "write", [number], {"user_id": False}),
        ("marketplace.conversation", "chats_thread", [number]),
        ("marketplace.conversation", "chats_panel", [number]),
        ("marketplace.conversation", "chats_templates", [number]),
        ("marketplace.conversation", "chats_assignees", [number]),
        ("marketplace.conversation", "chats_post", [number], "Нет", "0123456789abcdef"),
        ("marketplace.conversation", "chats_tick", [number], message),
        ("marketplace.conversation", "chats_assign", [number], False),
        ("marketplace.conversation", "chats_make_lead", [number]),
        ("marketplace.conversation", "chats_make_vehicle", [number]),
        ("marketplace.message", "read", [message], ["body"]),
        ("marketplace.message", "chats_retry", [message]),
        ("marketplace.message", "chats_cancel", [message]),
        ("marketplace.channel", "read", [channel.id], ["name"]),
        ("marketplace.channel", "action_check", [channel.id]),
        ("marketplace.channel", "read", [dealership.channel("avito").id], ["avito_client_id"]),
    ]
    for model, method, *args in refused:
        with pytest.raises(OdooError) as refusal:
            ivan(model, method, *args)
        assert refusal.value.name == "odoo.exceptions.AccessError", (model, method, refusal.value)
        assert SECRET not in refusal.value.message
    assert dealership.rpc("anna")("marketplace.conversation", "read", [number], ["is_unprocessed"])[0][
        "is_unprocessed"
    ]
