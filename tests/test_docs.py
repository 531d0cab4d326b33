"""What the pages for developers say is so: the example of a marketplace, the keys' card, the changelog."""

import re
import sys

from devtools.paths import ADDON_DIR, ROOT
from devtools.workspace import manifest

DOCS = ROOT / "docs"


def client_class():
    """`base.MarketplaceClient`, which needs no Odoo."""
    sys.path.insert(0, str(ADDON_DIR))
    try:
        from marketplaces.base import MarketplaceClient
    finally:
        sys.path.remove(str(ADDON_DIR))
    return MarketplaceClient


def test_the_example_of_a_marketplace_is_the_one_that_the_tests_add():
    page = (DOCS / "marketplace.md").read_text()
    example = (ADDON_DIR / "tests" / "bazaar.py").read_text()
    quoted = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(quoted) == 3
    assert not [code for code in quoted if code not in example]
    common = (ADDON_DIR / "tests" / "common.py").read_text()
    assert "patch.dict(base._registry, clients)" in common
    assert "BazaarClient" in common


def test_all_promises_of_a_client_are_named():
    page = (DOCS / "marketplace.md").read_text()
    table = re.findall(r"^\| (`.+?) \|", page, re.MULTILINE)
    named = {name for row in table for name in re.findall(r"`(\w+)`", row)}
    assert named == client_class().__abstractmethods__


def test_the_card_of_keys():
    card = (ADDON_DIR / "static" / "src" / "chats" / "screen" / "keys" / "keys_dialog.js").read_text()
    keys = re.findall(r'\[\[(.*?)\], _t\("(.*?)"\)\]', card)
    assert len(keys) > 15
    page = (DOCS / "employee.md").read_text()
    for names, meaning in keys:
        named = ", ".join(
            f"`{key}`" for key in re.findall(r'["`]([^"`]+)["`]', names.replace("${ALT}", "Alt"))
        )
        assert f"| {named} | {meaning} |" in page


def test_changelog():
    """The newest version is the manifest's; newest first, each with its day; what migrates is in it."""
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.MULTILINE)
    versions = [version for version, _day in headings if version != "Unreleased"]
    assert versions[0] == manifest()["version"]
    assert versions == sorted(versions, key=lambda one: [*map(int, one.split("."))], reverse=True)
    assert all(day for version, day in headings if version != "Unreleased")
    assert {path.name for path in (ADDON_DIR / "migrations").iterdir() if path.is_dir()} <= set(versions)
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
