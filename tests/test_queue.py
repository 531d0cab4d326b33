"""Working through the queue in a real browser: snooze, filters, search, many chats at once."""

import re

import pytest
from chats_page import ChatsPage
from dealership import Marketplace
from playwright.sync_api import expect

SIZES = {"desk": (1440, 900), "phone": (390, 844)}


@pytest.fixture
def avito(simulator):
    return Marketplace(simulator, "avito")


@pytest.fixture
def written(avito, dealership):
    """written(name, text, ...) -> numbers in Odoo of a new chat at Avito and of its last message."""

    def write(name, *texts, ago=60):
        channel = dealership.channel("avito")
        said = avito.say(name=name, text=texts[0], ago=ago)
        for text in texts[1:]:
            said |= avito.say(chat_id=said["chat_id"], text=text)
        return channel.await_message(said["chat_id"], said["message_id"]), said["chat_id"]

    return write


def number(screen, view):
    place = screen.page.locator(f".o_mchats_view[data-view={view}] b")
    return int(place.inner_text()) if place.count() else 0


def bulk(screen, name):
    return screen.page.get_by_role("toolbar", name="Выбранные чаты").get_by_role("button", name=name)


def item(screen, text):
    return screen.page.locator(".o-dropdown--menu .dropdown-item, .o_bottom_sheet .dropdown-item").filter(
        has_text=text
    )


@pytest.mark.parametrize("size", SIZES)
def test_snooze_and_return_with_the_clients_message(size, written, avito, dealership, page_as):
    name = f"Отложен {size}"
    _chat, remote = written(name, "Подумаю до завтра")
    screen = ChatsPage.of(page_as, "anna", viewport=SIZES[size])
    before = dealership.counts("anna")
    screen.open(name)
    screen.page.get_by_role("button", name="Отложить", exact=True).click()
    item(screen, "До завтра 9:00").click()
    strip = screen.page.locator(".o_mchats_snooze_strip")
    expect(strip).to_contain_text(re.compile(r"Отложен до завтра 0?9:00"))
    if size == "phone":
        screen.page.get_by_role("button", name="Назад к списку").click()
    waiting = before["waiting"] - 1
    expect(screen.page.locator(".o_mchats_view[data-view=waiting] b")).to_have_text(str(waiting))
    assert dealership.counts("anna")["unprocessed"] == waiting
    screen.view("snoozed")
    expect(screen.row(name).locator(".o_mchats_snoozed")).to_contain_text("завтра")

    said = avito.say(chat_id=remote, text="Передумал, беру сегодня")
    dealership.channel("avito").await_message(remote, said["message_id"])
    expect(screen.row(name)).to_have_count(0 if size == "phone" else 1)
    screen.view("waiting")
    expect(screen.row(name).locator(".o_mchats_preview")).to_contain_text("беру сегодня")
    expect(screen.page.locator(".o_mchats_view[data-view=waiting] b")).to_have_text(str(before["waiting"]))


def test_return_at_its_time(written, dealership, page_as, odoo):
    name = "Вернётся Сам"
    chat, _remote = written(name, "Напишите через час")
    screen = ChatsPage.of(page_as, "anna")
    screen.open(name)
    screen.write("Хорошо, напишу")
    screen.page.keyboard.press("Alt+z")
    item(screen, "На 2 часа").click()
    expect(screen.page.locator(".o_mchats_snooze_strip")).to_contain_text("Отложен до")
    # The time passes; the scheduled action is woken as its trigger would wake it.
    odoo.workspace.server.query(
        f"update marketplace_conversation set snoozed_until = now() at time zone 'utc' where id = {chat};"
        " update ir_cron_trigger set call_at = now() at time zone 'utc' where call_at > now() at time zone 'utc'",
        database=odoo.db,
    )
    dealership.run_due_jobs()
    # At the latest with the regular run, where the workers are busy with other jobs.
    expect(screen.page.locator(".o_mchats_snooze_strip")).to_contain_text(
        "Вернулся из отложенных", timeout=90_000
    )
    expect(screen.row(name).locator(".o_mchats_due")).to_be_visible()
    screen.done.click()
    expect(screen.page.locator(".o_mchats_snooze_strip")).to_have_count(0)


def test_filters_are_combined_saved_and_removed(written, page_as):
    written("Фильтр Первый", "Есть вопрос", ago=30 * 60)
    written("Фильтр Второй", "Есть вопрос", ago=3 * 60 * 60)
    screen = ChatsPage.of(page_as, "ivan")
    expect(screen.row("Фильтр Первый")).to_be_visible()
    screen.page.get_by_role("button", name="Фильтры").click()
    item(screen, "1 час").click()
    expect(screen.row("Фильтр Первый")).to_have_count(0)
    expect(screen.row("Фильтр Второй")).to_be_visible()
    item(screen, "Никто").click()
    facets = screen.page.locator(".o_mchats_facet")
    expect(facets).to_have_text(["Ответственный: Никто", "Ждёт дольше: 1 час"])
    screen.page.get_by_label("Название фильтра").fill("Забытые")
    screen.page.keyboard.press("Enter")
    saved = screen.page.locator(".o_mchats_saved")
    expect(saved).to_have_class(re.compile("active"))
    facets.first.get_by_role("button").click()
    expect(facets).to_have_count(1)

    screen.page.reload()
    expect(saved).to_contain_text("Забытые")
    saved.get_by_text("Забытые").click()
    expect(facets).to_have_count(2)
    expect(screen.row("Фильтр Второй")).to_be_visible()
    saved.get_by_role("button").last.click()
    expect(saved).to_have_count(0)


def test_a_hit_is_shown_and_opened_in_its_place(written, page_as):
    name = "Поиск Вдалеке"
    written(name, "Интересует <b>бирюзовый</b> цвет", *(f"Ещё строка {line}" for line in range(70)))
    screen = ChatsPage.of(page_as, "anna")
    screen.page.get_by_label("Поиск по чатам").fill("бирюзов")
    row = screen.row(name)
    expect(row.locator("mark")).to_have_text("бирюзов")
    expect(row.locator(".o_mchats_preview")).to_contain_text("Интересует <b>бирюзовый</b> цвет")
    row.click()
    hit = screen.thread.locator(".o_mchats_hit")
    expect(hit).to_contain_text("бирюзовый")
    expect(hit).to_be_in_viewport()
    screen.page.get_by_role("button", name="К последнему сообщению").click()
    expect(screen.bubble("Ещё строка 69")).to_be_in_viewport()


def test_several_at_once_and_the_next_one_by_key(written, dealership, page_as):
    names = [f"Сразу {number}" for number in ("Один", "Два", "Три", "Четыре")]
    chats = {
        name: written(name, "Здравствуйте", ago=24 * 60 * 60 - place)[0] for place, name in enumerate(names)
    }
    screen = ChatsPage.of(page_as, "anna")
    for name in names:
        expect(screen.row(name)).to_be_visible()
    screen.row(names[0]).hover()
    screen.row(names[0]).locator(".o_mchats_box").click()
    screen.row(names[2]).click(modifiers=["Shift"])
    expect(screen.page.locator(".o_mchats_selection")).to_contain_text("Выбрано: 3")
    bulk(screen, "Ответственный").click()
    item(screen, "Иван Петров").click()
    expect(screen.page.locator(".o_mchats_selection")).to_have_count(0)
    for name in names[:3]:
        expect(screen.row(name).locator(".o_mchats_unread")).to_be_visible()

    screen.row(names[0]).focus()
    screen.page.keyboard.press("x")
    screen.row(names[1]).focus()
    screen.page.keyboard.press("x")
    bulk(screen, "Отметить прочитанным").click()
    for name in names[:2]:
        expect(screen.row(name)).to_have_count(0)
    read = dealership.admin(
        "marketplace.conversation", "read", list(chats.values()), ["is_unprocessed", "user_id"]
    )
    assert [row["is_unprocessed"] for row in read] == [False, False, True, True]
    assert [bool(row["user_id"]) for row in read] == [True, True, True, False]

    screen.open(names[2])
    screen.text.fill("Черновик")
    screen.page.keyboard.press("Alt+Enter")
    expect(screen.page.locator(".o_mchats_header h2")).to_have_text(names[3])
    expect(screen.text).to_have_value("")
