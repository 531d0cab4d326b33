"""The addon's page in Apps: what Odoo's sanitizer lets through, pictures that are there, Russian and English."""

from lxml import html
from PIL import Image

from devtools.paths import ADDON_DIR

FOLDER = ADDON_DIR / "static" / "description"
ALLOWED = {"section", "div", "h1", "h3", "p", "ul", "li", "img", "a"}
ATTRIBUTES = {"class", "style", "id", "lang", "src", "alt", "href"}


def page():
    return html.fragments_fromstring((FOLDER / "index.html").read_text())


def elements():
    return [element for part in page() for element in part.iter()]


def test_nothing_that_is_taken_out():
    assert {element.tag for element in elements()} <= ALLOWED
    assert {name for element in elements() for name in element.attrib} <= ATTRIBUTES
    assert not [link for part in page() for _e, _a, link, _p in part.iterlinks() if ":" in link]


def test_pictures():
    pictures = [element for element in elements() if element.tag == "img"]
    assert len(pictures) >= 5
    for picture in pictures:
        assert picture.get("alt")
        assert Image.open(FOLDER / picture.get("src")).width >= 390
    shown = {picture.get("src") for picture in pictures}
    assert {path.name for path in FOLDER.glob("chats*.png")} == shown
    assert Image.open(FOLDER / "icon.png").width >= 100


def test_both_languages():
    languages = {part.get("lang"): part.text_content() for part in page()}
    assert "Чаты → Настройка → Каналы" in languages["ru"]
    assert "Chats → Configuration → Channels" in languages["en"]
