"""What only a person decides: who a client is, which car a listing is about, whom to shut out; and the lead that a rule
makes without one."""

from chats_page import ChatsPage
from dealership import until
from playwright.sync_api import expect

CAR = "SEV-0006"
PHONES = {"Пётр Первый": "+79123450001", "Пётр Второй": "+79123450002"}


def field(channel, model, number, name):
    return channel.admin(model, "read", [number], [name])[0][name]


def test_a_doubtful_client_is_told_apart_and_can_be_taken_back(shop, avito, page_as):
    """Two numbers in one text: neither contact is joined by itself."""
    for name, phone in PHONES.items():
        avito.admin("res.partner", "create", [{"name": name, "phone": phone}])
    text = f"Мой {PHONES['Пётр Первый']}, жены {PHONES['Пётр Второй']}"
    said = shop.say(name="Двойной Номер", item_id=shop.listing(CAR)["id"], text=text)
    number = avito.await_message(said["chat_id"], said["message_id"])
    screen = ChatsPage.of(page_as, "anna")
    screen.open("Двойной Номер")
    avito.wake("clients")
    maybe = screen.panel.locator(".o_mchats_client_maybe")
    expect(maybe).to_have_count(2)
    assert not field(avito, "marketplace.conversation", number, "partner_id")

    maybe.filter(has_text="Пётр Второй").get_by_role("button", name="Это он").click()
    joined = screen.panel.locator(".o_mchats_client_joined")
    expect(joined).to_be_visible()
    assert field(avito, "marketplace.conversation", number, "partner_id")[1] == "Пётр Второй"
    joined.get_by_role("button", name="Отменить").click()
    expect(joined).to_have_count(0)
    assert not field(avito, "marketplace.conversation", number, "partner_id")


def test_a_suggested_car_is_accepted(shop, avito, page_as, request):
    """A listing without the dealer's number: the car that its title, year and price speak for, and the chats follow."""
    key = str(shop.listing(CAR)["id"])
    domain = [["channel_id", "=", avito.id], ["external_id", "=", key]]
    until(
        "the listing's car",
        lambda: avito.admin("marketplace.listing", "search", [*domain, ["vehicle_id", "!=", False]]),
    )
    listing = avito.admin("marketplace.listing", "search_read", domain, ["vehicle_id", "feed_id", "title"])[0]
    number, car = listing["id"], listing["vehicle_id"][0]

    def write(**values):
        avito.admin("marketplace.listing", "write", [number], values)

    request.addfinalizer(lambda: write(feed_id=listing["feed_id"], vehicle_id=car))
    write(feed_id="nobody's", vin=False, vehicle_id=False)
    said = shop.say(name="Про Неизвестный", item_id=int(key), text="Что за машина?")
    chat = avito.await_message(said["chat_id"], said["message_id"])
    until(
        "the suggestion",
        lambda: field(avito, "marketplace.listing", number, "suggested_vehicle_id"),
        nudge=lambda: avito.wake("listings"),
    )
    page = page_as("admin", path="/odoo/action-crm_marketplace_chats.action_listing_without_car")
    row = page.locator(".o_data_row").filter(has_text=listing["title"]).first
    expect(row.locator("[name=suggestion_evidence]")).to_contain_text("в названии")
    row.locator("button[name=action_accept_suggestion]").click()
    until("the listing's car", lambda: field(avito, "marketplace.listing", number, "vehicle_id"))
    assert field(avito, "marketplace.listing", number, "vehicle_id")[0] == car
    assert field(avito, "marketplace.conversation", chat, "vehicle_id")[0] == car


def test_a_client_is_shut_out_with_a_reason(shop, avito, page_as):
    said = shop.say(name="Надоедливый", text="Купи, купи, купи")
    avito.await_message(said["chat_id"], said["message_id"])
    screen = ChatsPage.of(page_as, "anna")
    screen.open("Надоедливый")
    screen.page.locator(".o_mchats_more").click()
    screen.page.get_by_role("menuitem", name="Спам").click()
    screen.page.get_by_role("button", name="Заблокировать").click()
    expect(screen.page.locator(".o_mchats_obstacle")).to_be_visible()
    until(
        "Avito knows",
        lambda: next(chat["blocked"] for chat in shop.chats() if chat["id"] == said["chat_id"]),
        nudge=lambda: avito.wake("send"),
    )


def test_a_lead_comes_by_the_rule_and_not_without_it(shop, avito, page_as, request):
    before = field(avito, "marketplace.channel", avito.id, "lead_rule")
    request.addfinalizer(lambda: avito.write(lead_rule=before))
    screen = ChatsPage.of(page_as, "anna")
    for rule, name in (("message", "Правило Включено"), ("never", "Правило Выключено")):
        avito.write(lead_rule=rule)
        said = shop.say(name=name, item_id=shop.listing(CAR)["id"], text="Здравствуйте, в наличии?")
        number = avito.await_message(said["chat_id"], said["message_id"])
        until(
            "the rules have looked",
            lambda number=number: not field(avito, "marketplace.conversation", number, "rules_pending"),
            nudge=lambda: avito.wake("clients"),
        )
        screen.open(name)
        expect(
            screen.page.locator(".o_mchats_deal_stage" if rule == "message" else ".o_mchats_deal_new")
        ).to_be_visible()
        assert bool(field(avito, "marketplace.conversation", number, "lead_id")) == (rule == "message")
