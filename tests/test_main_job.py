"""The main job: a buyer writes, a manager sees it at once, looks at the car, answers, ticks."""

import pytest
from chats_page import ChatsPage
from dealership import Marketplace, plain, until
from playwright.sync_api import expect

CAR = "SEV-0001"
CAR_VIN, CAR_PRICE = "XZGFF06A0SA104217", "2 199 000 ₽"
# How long a delivery may take from the buyer's click to the manager's screen.
AT_ONCE = 5_000


@pytest.mark.parametrize(
    ("marketplace", "deliveries"),
    [("avito", True), ("avito", False), ("autoru", False)],
    ids=["avito-delivered", "avito-pulled", "autoru-pulled"],
)
def test_a_buyer_is_answered_and_another_one_ticked(
    marketplace, deliveries, dealership, simulator, page_as, request
):
    shop, channel = Marketplace(simulator, marketplace), dealership.channel(marketplace)
    channel.deliveries(deliveries)
    request.addfinalizer(lambda: channel.deliveries(False))
    first, second = f"Главный {request.node.callspec.id}", f"Второй {request.node.callspec.id}"
    await_car(channel, shop.listing(CAR)["id"])

    screen = ChatsPage.of(page_as, "anna")
    before = dealership.counts("anna")["unprocessed"]
    screen.expect_number(before)

    # A buyer writes: the row appears without a reload, and the number grows.
    asked = shop.say(name=first, item_id=shop.listing(CAR)["id"], text="Здравствуйте, ещё в наличии?")
    if not deliveries:
        channel.await_message(asked["chat_id"], asked["message_id"])
    expect(screen.row(first)).to_be_visible(timeout=AT_ONCE)
    expect(screen.row(first)).to_contain_text("Здравствуйте, ещё в наличии?")
    expect(screen.row(first)).to_contain_text("Haval Jolion")
    screen.expect_number(before + 1)

    # Opening the chat does not process it.
    screen.open(first)
    expect(screen.bubble("Здравствуйте, ещё в наличии?")).to_be_visible()
    see_and_close_the_car(screen)
    screen.expect_number(before + 1)

    # The template is filled in, goes out once, and the chat is processed.
    screen.page.get_by_role("button", name="В наличии, цена").click()
    expect(screen.text).not_to_have_value("")
    answer = screen.text.input_value()
    assert "Добрый день! Да, Haval Jolion" in plain(answer)
    assert f"Цена {CAR_PRICE}." in plain(answer)
    screen.send.click()
    expect(screen.bubble("Добрый день!")).to_be_visible()
    screen.expect_number(before)
    until("the answer at the marketplace", lambda: shop.sent(asked["chat_id"], answer))
    expect(screen.bubble("Добрый день!").locator("[data-state=sent]")).to_be_visible()
    assert [one["text"] for one in shop.messages(asked["chat_id"], "out")] == [answer]

    # Another one is ticked: read at the marketplace, and the number goes down.
    other = shop.say(name=second, text="Спасибо, я подумаю")
    if not deliveries:
        channel.await_message(other["chat_id"], other["message_id"])
    screen.expect_number(before + 1)
    screen.open(second)
    screen.expect_number(before + 1)
    assert not shop.messages(other["chat_id"])[0]["read"]
    expect(screen.done).to_have_text("Прочитано")
    screen.done.click()
    screen.expect_number(before)
    until("read at the marketplace", lambda: shop.messages(other["chat_id"])[0]["read"])
    assert not shop.messages(other["chat_id"], "out")


def await_car(channel, listing_id):
    """Wait until the listing is joined to the car in stock: the listings come by a job of their own."""
    domain = [
        ["channel_id", "=", channel.id],
        ["external_id", "=", str(listing_id)],
        ["vehicle_id", "!=", False],
    ]
    if not channel.admin("marketplace.listing", "search_count", domain):
        channel.wake("listings")
    until("the listing's car", lambda: channel.admin("marketplace.listing", "search_count", domain))


def see_and_close_the_car(screen):
    expect(screen.panel).to_contain_text(CAR_VIN)
    assert CAR_PRICE in plain(screen.panel.inner_text())
    screen.car.click()
    expect(screen.panel).to_have_count(0)
    screen.car.click()
    expect(screen.panel).to_contain_text(CAR_VIN)
    screen.car.click()
    expect(screen.panel).to_have_count(0)


def test_autoru_delivers_and_takes_the_answer_at_its_hook(dealership, simulator, page_as, request):
    keys = {"token": "hook-token", "login": "hook@example.ru", "password": "hook-password"}
    account = simulator.control("POST", "/accounts", {"marketplace": "autoru", "name": "Крючок", **keys})
    shop = Marketplace(simulator, "autoru", account["account"])
    anna = dealership.admin("res.users", "search", [["login", "=", "anna"]])
    channel = dealership.new_channel(
        marketplace="autoru",
        base_url=simulator.autoru_url,
        autoru_mode="webhook",
        autoru_token=keys["token"],
        autoru_chat_id="hook-chat-id",
        autoru_hook_url=f"{simulator.autoru_url}/api/1.x/aggregators/auto/hook",
        user_ids=[[6, 0, anna]],
    )
    request.addfinalizer(channel.archive)
    cabinet = {"url": channel.read("webhook_url")["webhook_url"], "chat_id": "hook-chat-id", **shop.account}
    simulator.control("POST", "/autoru/webhook", cabinet)
    screen = ChatsPage.of(page_as, "anna")
    before = dealership.counts("anna")["unprocessed"]

    asked = shop.say(name="Пишет через крючок", text="Торг уместен?")
    row = screen.page.locator(".o_mchats_row").filter(has_text="Торг уместен?")
    expect(row).to_be_visible(timeout=AT_ONCE)
    screen.expect_number(before + 1)
    row.click()
    expect(screen.bubble("Торг уместен?")).to_be_visible()
    screen.write("Уместен, приезжайте 🙂")
    until("the answer at Auto.ru", lambda: shop.sent(asked["chat_id"], "Уместен, приезжайте 🙂"))
    expect(screen.bubble("Уместен, приезжайте").locator("[data-state=sent]")).to_be_visible()
    assert len(shop.messages(asked["chat_id"], "out")) == 1
    screen.expect_number(before)


@pytest.mark.parametrize("marketplace", ["avito", "autoru"])
def test_an_answer_from_the_marketplaces_own_app_processes_the_chat(
    marketplace, dealership, simulator, page_as
):
    shop, channel = Marketplace(simulator, marketplace), dealership.channel(marketplace)
    name, label = f"Из приложения {marketplace}", {"avito": "Avito", "autoru": "Auto.ru"}[marketplace]
    asked = shop.say(name=name, text="Сколько владельцев?")
    channel.await_message(asked["chat_id"], asked["message_id"])
    screen = ChatsPage.of(page_as, "anna")
    before = dealership.counts("anna")["unprocessed"]
    screen.open(name)
    screen.expect_number(before)

    answered = shop.reply(asked["chat_id"], "Один владелец, отвечаю с телефона")
    # Auto.ru tells of answers only in the full list, which the pull reads every five minutes.
    channel.await_message(asked["chat_id"], answered, {"avito": "pull", "autoru": "reconcile"}[marketplace])
    ours = screen.bubble("отвечаю с телефона")
    expect(ours).to_be_visible()
    expect(ours.locator(".o_mchats_author")).to_have_text(f"из приложения {label}")
    screen.expect_number(before - 1)
    expect(screen.done).to_be_disabled()
    assert [one["direction"] for one in channel.messages(asked["chat_id"])] == ["in", "out"]
