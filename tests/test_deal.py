"""The deal from the chat: a lead by one click, a test drive, and what the other clients of a sold car are told."""

import pytest
from chats_page import ChatsPage
from dealership import Marketplace, plain, until
from playwright.sync_api import expect

NAME, CAR, PHONE = "Сделка Покупкина", "SEV-0004", "8 (912) 345-67-89"
OFFER = "Елена, этот автомобиль продан, но есть такой же белый. Показать?"


@pytest.fixture
def talk(dealership, simulator):
    """A buyer who asks about a car of ours and leaves a number: (marketplace, channel, chat there, chat in Odoo)."""
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    said = shop.say(name=NAME, item_id=shop.listing(CAR)["id"], text=f"Ещё продаёте? Мой номер {PHONE}")
    number = channel.await_message(said["chat_id"], said["message_id"])
    await_car(channel, number)
    return shop, channel, said["chat_id"], number


def await_car(channel, number):
    channel.wake("listings")

    def car():
        return channel.admin("marketplace.conversation", "read", [number], ["vehicle_id"])[0]["vehicle_id"]

    until("the chat's car", car)


def test_lead_test_drive_and_offer(talk, dealership, page_as, request):
    shop, channel, chat_id, number = talk
    screen = ChatsPage.of(page_as, "anna")
    screen.open(NAME)
    see_the_client(screen, channel)
    make_the_lead(screen, channel, number)
    plan_a_call(screen)
    book_a_test_drive(screen, shop, chat_id)
    offer_what_is_like_it(page_as, dealership, channel, number, request)
    until(
        "the offer at Avito",
        lambda: shop.sent(chat_id, OFFER),
        seconds=90,
        nudge=lambda: channel.wake("offers"),
    )
    assert shop.sent(chat_id, OFFER) == 1
    expect(screen.bubble(OFFER)).to_be_visible()


def see_the_client(screen, channel):
    """A contact is made of the number the buyer has typed, with where it is from; it can be taken back."""
    channel.wake("clients")
    number = screen.panel.locator(".o_mchats_client_phone")
    expect(number).to_be_visible()
    assert "9123456789" in "".join(filter(str.isdecimal, number.inner_text()))
    expect(screen.panel.locator(".o_mchats_client_joined")).to_be_visible()


def make_the_lead(screen, channel, number):
    screen.page.locator(".o_mchats_deal_new").click()
    expect(screen.page.locator(".o_mchats_deal_stage")).to_be_visible()
    chat = channel.admin("marketplace.conversation", "read", [number], ["lead_id", "vehicle_id"])[0]
    lead = channel.admin("crm.lead", "read", [chat["lead_id"][0]], ["source_id", "marketplace_vehicle_id"])[0]
    assert (lead["source_id"][1], lead["marketplace_vehicle_id"]) == ("Avito", chat["vehicle_id"])


def plan_a_call(screen):
    screen.page.locator(".o_mchats_deal_call").click()
    screen.page.locator(".o_mchats_plan_confirm").click()
    expect(screen.page.locator(".o_dialog")).to_have_count(0)
    expect(screen.page.locator(".o_mchats_deal_next .fa-phone")).to_be_visible()


def book_a_test_drive(screen, shop, chat_id):
    screen.page.locator(".o_mchats_deal_visit").click()
    slot = screen.page.locator(".o_mchats_slot").first
    time = plain(slot.inner_text())
    slot.click()
    screen.page.locator(".o_mchats_visit_confirm").click()
    expect(screen.page.locator(".o_dialog")).to_have_count(0)
    expect(screen.page.locator(".o_mchats_deal_next .fa-car")).to_be_visible()
    expect(screen.text).not_to_have_value("")
    text = screen.text.input_value()
    assert time in text, "the confirmation waits to be looked at"
    assert not shop.messages(chat_id, "out")
    screen.text.press("Enter")
    until("the confirmation at Avito", lambda: shop.sent(chat_id, text))


def offer_what_is_like_it(page_as, dealership, channel, number, request):
    """The head of sales sells the car, looks at what its clients will be told, and sends it to one of them."""
    car = channel.admin("marketplace.conversation", "read", [number], ["vehicle_id"])[0]["vehicle_id"][0]
    request.addfinalizer(
        lambda: channel.admin("product.template", "write", [car], {"vehicle_status": "in_stock"})
    )
    channel.admin("product.template", "write", [car], {"vehicle_status": "sold"})
    page = page_as("admin", path=f"/odoo/cars/{car}")
    page.locator("button[name=action_offer]").click()
    row = page.locator(".o_field_one2many .o_data_row").filter(has_text=NAME)
    expect(row).to_be_visible()
    others = [["offer_id.vehicle_id", "=", car], ["conversation_id", "!=", number], ["state", "=", "draft"]]
    lines = channel.admin("marketplace.offer.line", "search", others)
    channel.admin("marketplace.offer.line", "write", lines, {"is_selected": False})
    page.reload()
    row.locator("[name=text]").click()
    row.locator("[name=text] textarea").fill(OFFER)
    if not row.locator("[name=is_selected] input").is_checked():
        row.locator("[name=is_selected] input").check()
    page.locator(".o_form_button_save").click()
    expect(page.locator(".o_form_button_save")).to_be_hidden()
    expect(page.locator("[name=selected_count]")).to_have_text("1")
    page.locator("button[name=action_send]").click()
    page.locator(".modal-footer .btn-primary").click()
    expect(page.locator("button[name=action_send]")).to_be_hidden()
