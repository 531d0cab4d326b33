"""A reply reaches the marketplace once, whatever happens on the way; what cannot be sent says so."""

import io
import uuid

import pytest
from chats_page import ChatsPage
from dealership import SEND_TEXT, Marketplace, until
from PIL import Image
from playwright.sync_api import expect

BOTH = pytest.mark.parametrize("marketplace", ["avito", "autoru"])
LABEL = {"avito": "Avito", "autoru": "Auto.ru"}


@pytest.fixture
def open_chat(dealership, simulator, page_as, request):
    """open_chat(marketplace) -> (shop, channel, chat's id there, number here, Anna's screen with it open)."""

    def opened(marketplace):
        shop, channel = Marketplace(simulator, marketplace), dealership.channel(marketplace)
        name = f"Отправка {request.node.name}"
        chat_id, number = new_chat(shop, channel, name)
        screen = ChatsPage.of(page_as, "anna")
        screen.open(name)
        return shop, channel, chat_id, number, screen

    yield opened
    simulator.control("POST", "/faults", {"clear": True})


def new_chat(shop, channel, name):
    said = shop.say(name=name, text="Здравствуйте!")
    return said["chat_id"], channel.await_message(said["chat_id"], said["message_id"])


def test_a_picture_and_a_text_arrive(open_chat):
    shop, _, chat_id, _, screen = open_chat("avito")
    picture = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(picture, "PNG")
    file = {"name": "салон.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    screen.page.locator(".o_mchats_composer input[type=file]").set_input_files(file)
    expect(screen.page.locator(".o_mchats_upload img")).to_be_visible()
    screen.text.fill("Вот фото салона")
    expect(screen.send).to_be_enabled()
    screen.send.click()
    until("both at the marketplace", lambda: len(shop.messages(chat_id, "out")) == 2)
    assert [(one["type"], one["text"]) for one in shop.messages(chat_id, "out")] == [
        ("image", None),
        ("text", "Вот фото салона"),
    ]
    expect(screen.thread.locator(".o_mchats_out[data-kind=image] img")).to_be_visible()
    expect(screen.thread.locator(".o_mchats_out [data-state=sent]")).to_have_count(2)
    expect(screen.page.locator(".o_mchats_upload")).to_have_count(0)


def test_autoru_offers_no_pictures_where_it_takes_none(open_chat):
    *_, screen = open_chat("autoru")
    expect(screen.text).to_be_visible()
    expect(screen.page.get_by_role("button", name="Прикрепить фото")).to_have_count(0)


@BOTH
def test_a_double_click_and_a_repeated_request_send_once(marketplace, open_chat, dealership):
    shop, channel, chat_id, number, screen = open_chat(marketplace)
    screen.text.fill("Один раз")
    screen.send.dblclick()
    expect(screen.bubble("Один раз").locator("[data-state=sent]")).to_be_visible()
    key = str(uuid.uuid4())
    rows = {tuple(dealership.post("anna", number, "И это один раз", key)["ids"]) for _ in range(3)}
    assert len(rows) == 1
    channel.await_state(rows.pop()[0], "sent", "read")
    assert [one["text"] for one in shop.messages(chat_id, "out")] == ["Один раз", "И это один раз"]
    ours = [one["body"] for one in channel.messages(chat_id) if one["direction"] == "out"]
    assert ours == ["Один раз", "И это один раз"]


def test_a_sick_marketplace_gets_every_reply_once(dealership, simulator, open_chat):
    """Lines that break before and after the work, refusals for a while: each reply arrives, and no reply twice."""
    *_, screen = open_chat("avito")
    faults = {
        "avito": ("drop_before", "drop_after", "error_after", "unavailable", "rate_limited_retry_after"),
        "autoru": ("drop_before", "drop_after", "unavailable", "html_error"),
    }
    posted = []
    for marketplace, names in faults.items():
        shop, channel = Marketplace(simulator, marketplace), dealership.channel(marketplace)
        for name in names:
            chat_id, number = new_chat(shop, channel, f"{name} {marketplace}")
            # Auto.ru names the room in the body alone, so there a fault meets whoever comes first.
            path = rf"/chats/{chat_id}/messages$" if marketplace == "avito" else SEND_TEXT["autoru"]["path"]
            shop.fault(name, times=1, path=path, method="POST")
            (message,) = dealership.post("anna", number, f"Ответ при {name}", str(uuid.uuid4()))["ids"]
            posted.append((shop, channel, chat_id, message, f"Ответ при {name}"))
    for shop, channel, chat_id, message, text in posted:
        until_sent(dealership, channel, message)
        assert shop.sent(chat_id, text) == 1, text
        ours = [one for one in channel.messages(chat_id) if one["direction"] == "out"]
        assert [(one["body"], one["state"] in ("sent", "read")) for one in ours] == [(text, True)]
    screen.view("mine")
    screen.open("drop_after avito")
    expect(screen.bubble("Ответ при drop_after").locator(".o_mchats_tick")).to_be_visible()
    expect(screen.bubble("Ответ при drop_after").locator(".o_mchats_author")).to_have_text("Анна Ковалёва")


def until_sent(dealership, channel, message):
    """Wait for it, hurrying what pauses after a failure, as an administrator would by hand."""

    def sent():
        row = channel.admin("marketplace.message", "read", [message], ["state", "error"])[0]
        assert row["state"] != "failed", row
        return row["state"] in ("sent", "read")

    def hurry():
        dealership.run_due_jobs()
        channel.wake("send")

    until(f"message {message} is sent", sent, seconds=90, nudge=hurry)


@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
def test_an_unknown_outcome_is_shown_as_such_until_it_is_known(fault, open_chat, dealership):
    shop, channel, chat_id, _, screen = open_chat("avito")
    shop.fault(fault, times=1, **SEND_TEXT["avito"])
    # Nor can be looked: so the state stays for a while.
    shop.fault("unavailable", method="GET", path=rf"/chats/{chat_id}/messages")
    screen.write("Дошло или нет?")
    bubble = screen.bubble("Дошло или нет?")
    expect(bubble).to_contain_text("Avito не ответил")
    assert shop.sent(chat_id, "Дошло или нет?") == (fault == "drop_after")
    shop.no_faults()
    message = next(one["id"] for one in channel.messages(chat_id) if one["direction"] == "out")
    until_sent(dealership, channel, message)
    expect(bubble.locator("[data-state=sent]")).to_be_visible()
    assert shop.sent(chat_id, "Дошло или нет?") == 1
    assert len(shop.messages(chat_id, "out")) == 1


def test_wrong_keys_are_said_and_the_reply_can_be_repeated_after(open_chat, request):
    shop, channel, chat_id, _, screen = open_chat("avito")
    request.addfinalizer(shop.no_faults)
    screen.text.fill("С неверным ключом")
    # The dealer has withdrawn the keys at Avito, and this reply is the first to find out.
    shop.fault("invalid_client")
    shop.revoke()
    screen.text.press("Enter")
    bubble = screen.bubble("С неверным ключом")
    expect(bubble.locator(".o_mchats_problem")).to_contain_text("ключ", timeout=40_000)
    expect(bubble.get_by_role("button", name="Повторить")).to_be_visible()
    expect(screen.page.locator(".o_mchats_obstacle")).to_contain_text("ключ")
    assert shop.messages(chat_id, "out") == []

    shop.no_faults()
    channel.write(avito_client_secret="demo-secret")
    until("the channel works", lambda: channel.read("state")["state"] == "connected", nudge=channel.pull)
    expect(screen.page.locator(".o_mchats_obstacle")).to_have_count(0)
    bubble.get_by_role("button", name="Повторить").click()
    expect(bubble.locator("[data-state=sent]")).to_be_visible()
    assert [one["text"] for one in shop.messages(chat_id, "out")] == ["С неверным ключом"]
