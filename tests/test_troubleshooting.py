"""docs/troubleshooting.md has a cure for each sentence in which the product says that something does not work."""

import re

import said

from devtools.paths import ROOT

PAGE = ROOT / "docs" / "troubleshooting.md"
ROW = re.compile(r"^\| (.+?) \| (.+) \|$", re.MULTILINE)


def rows():
    return [(text, cure) for text, cure in ROW.findall(PAGE.read_text()) if text != "on the screen"]


def test_each_text_has_its_cure():
    on_page = {text for text, _cure in rows()}
    assert len(said.russian()) > 120
    assert not said.russian() - on_page, "without a cure in docs/troubleshooting.md"
    assert not on_page - said.russian(), "the product no longer says this"


def test_each_text_stands_once_and_the_cure_says_something():
    texts = [text for text, _cure in rows()]
    assert not [text for text in texts if texts.count(text) > 1]
    assert not [text for text, cure in rows() if len(cure) < 3 or cure == text]


def test_links_lead_somewhere():
    """From page to page of docs, README and the pictures."""
    broken = []
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append((page.name, target))
    assert not broken
