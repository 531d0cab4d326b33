"""The addon's page in Apps: what Odoo's sanitizer lets through, pictures that are there, Russian and English."""

import subprocess

from lxml import html
from PIL import Image

from devtools.paths import ADDON_DIR, PYTHON

FOLDER = ADDON_DIR / "static" / "description"
SANITIZE = "import sys; from odoo.tools import html_sanitize; print(html_sanitize(sys.stdin.read()))"


def page(text=None):
    return html.fragments_fromstring(text or (FOLDER / "index.html").read_text())


def elements(text=None):
    return [element for part in page(text) for element in part.iter()]


def test_odoo_takes_nothing_out(workspace):
    """Apps shows what `html_sanitize` leaves of it."""
    text = (FOLDER / "index.html").read_text()
    command = [PYTHON, "-c", SANITIZE]
    left = subprocess.run(
        command, input=text, env=workspace.environment, capture_output=True, text=True, check=True
    ).stdout
    shown, written = ([(one.tag, dict(one.attrib)) for one in elements(part)] for part in (left, text))
    assert shown == written
    assert not [link for part in page() for _element, _name, link, _at in part.iterlinks() if ":" in link]


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
