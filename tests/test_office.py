"""What an administrator sees and does beside the chats: keys that are refused, a client who wants to be forgotten."""

import io
import json
import time
import zipfile

import pytest
from chats_page import ChatsPage
from dealership import until
from playwright.sync_api import expect

from devtools.paths import SCREENSHOTS


@pytest.fixture
def look(request):
    """look(page, name): keep a picture, for whoever wants to see it."""

    def kept(page, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{request.node.name}-{name}.png")

    return kept


def test_refused_keys_are_told_to_everybody_concerned(dealership, avito, page_as, request, look):
    """A red strip for those who answer, an activity and the cure for those who have the keys; gone by itself."""
    request.addfinalizer(lambda: avito.write(avito_client_secret="demo-secret"))
    screen = ChatsPage.of(page_as, "anna")
    strip = screen.page.locator(".o_mchats_strip[role=alert]")
    expect(strip).to_have_count(0)
    avito.write(avito_client_secret="wrong")
    until("the keys refused", lambda: avito.read("state")["state"] == "refused", nudge=avito.pull)
    expect(strip).to_contain_text("Avito не принимает ключи")
    look(screen.page, "strip")

    connection = page_as("admin", path="/odoo/chats-connection")
    card = connection.locator(".o_kanban_record").filter(has_text="Avito").first
    expect(card.get_by_role("alert")).to_contain_text("не принимает ключи")
    expect(card).to_contain_text("Последние ошибки")
    look(connection, "connection")
    form = page_as("admin", path=f"/odoo/action-crm_marketplace_chats.action_channel/{avito.id}")
    activity = form.locator(".o-mail-Activity")
    expect(activity).to_contain_text("не принимает ключи")
    look(form, "activity")

    avito.write(avito_client_secret="demo-secret")
    until("the channel works", lambda: avito.read("state")["state"] == "connected", nudge=avito.pull)
    expect(strip).to_have_count(0)
    form.reload()
    expect(form.locator(".o-mail-Chatter")).to_be_visible()
    expect(activity).to_have_count(0)


def test_a_client_gets_his_data_and_is_forgotten(dealership, avito, shop, page_as, look):
    """Exported, then erased: from the open screen of an employee too, and no pull brings it back."""
    asked = shop.say(name="Забытый Клиент", text="Мой номер 8 912 345-67-01, перезвоните")
    number = avito.await_message(asked["chat_id"], asked["message_id"])
    screen = ChatsPage.of(page_as, "anna")
    screen.open("Забытый Клиент")
    expect(screen.bubble("перезвоните")).to_be_visible()
    waiting = int(screen.view_number.inner_text())

    form = page_as("admin", path=f"/odoo/chats-list/{number}")
    with form.expect_download() as download:
        form.get_by_role("button", name="Выгрузить данные клиента").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        told = json.loads(archive.read("client.json"))
    assert told["chats"][0]["messages"][0]["body"] == "Мой номер 8 912 345-67-01, перезвоните"

    form.get_by_role("button", name="Удалить данные клиента").click()
    wizard = form.get_by_role("dialog")
    expect(wizard.get_by_role("row").filter(has_text="Забытый Клиент")).to_be_visible()
    wizard.get_by_label("Основание").fill("Письмо № 7 от 20.11.2026")
    expect(wizard.locator("[name=message_count]")).to_have_text("1")
    look(form, "wizard")
    wizard.get_by_role("button", name="Удалить", exact=True).click()
    expect(wizard).to_have_count(0)
    expect(form.locator(".o_form_view")).to_contain_text("Письмо № 7 от 20.11.2026")
    look(form, "record")
    expect(screen.bubble("перезвоните")).to_have_count(0)
    screen.expect_number(waiting - 1)
    look(screen.page, "screen")

    # Both sides keep whole seconds: what is written within the one of the erasure counts as erased.
    erased = time.time()
    until("the next second", lambda: time.time() > erased + 1)
    again = shop.say(chat_id=asked["chat_id"], text="Я передумал")
    avito.await_message(asked["chat_id"], again["message_id"])
    assert [message["body"] for message in avito.messages(asked["chat_id"])] == ["Я передумал"]


def test_a_chat_goes_when_it_was_kept_long_enough(dealership, avito, shop, page_as, request, look):
    """An administrator says for how long; the scheduled action erases, also from the open screen of an employee."""
    request.addfinalizer(lambda: avito.write(keep_months=0))
    asked = shop.say(name="Давний Клиент", text="Ещё актуально?")
    number = avito.await_message(asked["chat_id"], asked["message_id"])
    shop.reply(asked["chat_id"], "Уже продана")
    waits = [("id", "=", number), ("is_unprocessed", "=", True)]
    until(
        "the reply from the app",
        lambda: not dealership.admin("marketplace.conversation", "search_count", waits),
        nudge=avito.pull,
    )
    # Longer ago than anything that other tests have written.
    for table, column, key in (
        ("marketplace_message", "sent_at", "conversation_id"),
        ("marketplace_conversation", "last_message_at", "id"),
    ):
        dealership.odoo.query(
            f"UPDATE {table} SET {column} = {column} - interval '121 months' WHERE {key} = {number}"
        )
    screen = ChatsPage.of(page_as, "anna", path=f"/odoo/chats/{number}")
    expect(screen.bubble("Ещё актуально?")).to_be_visible()

    form = page_as("admin", path=f"/odoo/action-crm_marketplace_chats.action_channel/{avito.id}")
    form.get_by_role("tab", name="Хранение данных").click()
    form.get_by_label("Хранить чаты без сделки, месяцев").fill("120")
    look(form, "keeping")
    form.locator(".o_form_button_save").click()
    until("the months saved", lambda: avito.read("keep_months")["keep_months"] == 120)
    action = [("code", "=", "model._erase_outdated()")]
    dealership.admin("ir.cron", "method_direct_trigger", dealership.admin("ir.cron", "search", action))
    expect(screen.bubble("Ещё актуально?")).to_have_count(0)
    (record,) = dealership.admin(
        "marketplace.erasure",
        "search_read",
        [("origin", "=", "retention")],
        ["conversation_count", "message_count"],
    )
    assert (record["conversation_count"], record["message_count"]) == (1, 2)
