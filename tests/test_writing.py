"""Writing: quick replies by a slash, several pictures, a moment to take back, the key that sends, a hole refused."""

import io

import pytest
from chats_page import ChatsPage
from dealership import Marketplace, plain, until
from PIL import Image
from playwright.sync_api import expect

CAR = "SEV-0001"
SLASH = ".o_mchats_slash .o_mchats_template"


@pytest.fixture
def open_chat(dealership, simulator, page_as, request):
    """open_chat(name, **wish) -> (shop, chat's id there, Anna's screen with it open). At Avito."""

    def opened(name, **wish):
        shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
        said = shop.say(name=name, text="Здравствуйте!", **wish)
        channel.await_message(said["chat_id"], said["message_id"])
        screen = ChatsPage.of(page_as, "anna")
        screen.open(name)
        return shop, said["chat_id"], screen

    yield opened
    habits(dealership, chats_send_key="enter", chats_undo_time="0")


def habits(dealership, **values):
    """Set how Anna likes to write, as in her preferences."""
    anna = dealership.rpc("anna")
    anna("res.users", "write", anna("res.users", "search", [["login", "=", "anna"]]), values)


def picture(kind, color):
    file = io.BytesIO()
    Image.new("RGB", (320, 240), color).save(file, kind)
    return {
        "name": f"{color}.{kind.lower()}",
        "mimeType": f"image/{kind.lower()}",
        "buffer": file.getvalue(),
    }


def sent(shop, chat_id):
    return [(one["type"], one["text"]) for one in shop.messages(chat_id, "out")]


def test_a_template_by_a_slash_with_the_values_of_the_car(open_chat, simulator):
    listing = Marketplace(simulator, "avito").listing(CAR)["id"]
    shop, chat_id, screen = open_chat("Пишет про косую черту", item_id=listing)
    page = screen.page
    expect(page.locator(".o_mchats_quick_reply").first).to_be_visible()
    screen.text.press_sequentially("/price")
    expect(page.locator(SLASH).first).to_contain_text("/price")
    screen.text.press("Enter")
    expect(page.locator(SLASH)).to_have_count(0)
    answer = screen.text.input_value()
    assert "Haval Jolion" in answer and "₽" in plain(answer) and "/price" not in answer
    screen.text.press("Enter")
    until("the answer at the marketplace", lambda: shop.sent(chat_id, answer))


def test_a_hole_is_marked_and_never_sent(open_chat):
    """A chat about no car: its price is not known."""
    shop, chat_id, screen = open_chat("Без машины", item_id=None)
    expect(screen.page.locator(".o_mchats_quick_reply").first).to_be_visible()
    screen.text.press_sequentially("/price")
    screen.text.press("Tab")
    expect(screen.page.locator(".o_mchats_hole").first).to_be_visible()
    selected = screen.text.evaluate("(el) => el.value.slice(el.selectionStart, el.selectionEnd)")
    assert selected.startswith("{{")
    screen.text.press("Enter")
    screen.send.click()
    expect(screen.text).not_to_have_value("")
    assert sent(shop, chat_id) == []
    screen.text.fill("Цену уточню и напишу")
    screen.text.press("Enter")
    until("what was written over it", lambda: shop.sent(chat_id, "Цену уточню и напишу"))


def test_several_pictures_in_their_order(open_chat):
    """Another format is turned into one that the marketplace takes, before it leaves the browser."""
    shop, chat_id, screen = open_chat("Просит фото")
    page = screen.page
    files = [picture("PNG", "teal"), picture("WEBP", "orange"), picture("JPEG", "navy")]
    page.locator(".o_mchats_composer input[type=file]").set_input_files(files)
    expect(page.locator(".o_mchats_upload img[src^='/web/image']")).to_have_count(3)
    expect(page.locator(".o_mchats_upload img").nth(1)).to_have_attribute("alt", "orange.jpg")
    page.locator(".o_mchats_upload").nth(2).focus()
    page.keyboard.press("Control+ArrowLeft")
    expect(page.locator(".o_mchats_upload img").nth(1)).to_have_attribute("alt", "navy.jpeg")
    page.keyboard.press("Delete")
    expect(page.locator(".o_mchats_upload")).to_have_count(2)
    screen.text.fill("Вот они")
    screen.send.click()
    until("all at the marketplace", lambda: len(shop.messages(chat_id, "out")) == 3)
    assert sent(shop, chat_id) == [("image", None), ("image", None), ("text", "Вот они")]


def test_a_message_is_taken_back_and_another_one_leaves_by_itself(open_chat, dealership):
    habits(dealership, chats_undo_time="5")
    shop, chat_id, screen = open_chat("Передумал")
    screen.write("Не то")
    expect(screen.page.locator(".o_mchats_held")).to_be_visible()
    screen.page.keyboard.press("Alt+b")
    expect(screen.text).to_have_value("Не то")
    expect(screen.bubble("Не то")).to_have_count(0)
    screen.text.fill("То самое")
    screen.text.press("Enter")
    expect(screen.page.locator(".o_mchats_held")).to_be_visible()
    until("the right one at the marketplace", lambda: shop.sent(chat_id, "То самое"))
    expect(screen.page.locator(".o_mchats_held")).to_have_count(0)
    assert sent(shop, chat_id) == [("text", "То самое")]


def test_ctrl_enter_by_choice(open_chat):
    shop, chat_id, screen = open_chat("Две строки")
    page = screen.page
    page.locator(".o_mchats_habits").click()
    with page.expect_response("**/set_res_users_settings"):
        page.locator(".o-dropdown-item", has_text="Ctrl + Enter").click()
    page.keyboard.press("Escape")
    page.reload()
    screen.text.fill("Первая")
    screen.text.press("Enter")
    screen.text.press_sequentially("вторая")
    assert sent(shop, chat_id) == []
    screen.text.press("Control+Enter")
    until("both lines at once", lambda: shop.sent(chat_id, "Первая\nвторая"))
