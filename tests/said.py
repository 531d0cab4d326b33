"""What the product says to an employee or an administrator when something does not work, read from its code."""

import ast
import re
from functools import cache

import polib
from lxml import etree

from devtools.paths import ADDON_DIR

SOURCES = sorted(path for path in ADDON_DIR.rglob("*.py") if "tests" not in path.parts)
SCREEN = ADDON_DIR / "static" / "src"
#: Tables of sentences by their file; of what a check finds, only what is no good news.
TABLES = {"reasons.py": ("REASONS", "FINDINGS"), "marketplace_feed_reasons.py": ("REASONS", "REMARKS")}
TRANSLATES = ("_", "_t", "_lt")
#: Functions whose sentences are returned to the screen, not raised.
RETURNING = ("upload", "_obstacle", "chats_assign_many", "_bulk_answer", "_written_meanwhile")
PLACE = re.compile(r"%\(\w+\)s|%s")
BUTTONS = {"Try again", "Send again", ":"}


def texts():
    """Return all of them in English."""
    return {
        text
        for collect in (from_tables, from_exceptions, from_constraints, from_javascript, from_templates)
        for text in collect()
    }


def russian():
    """Return the Russian texts as on the screen, `…` in the place of names and numbers."""
    return {shown(translations()[text]) for text in texts()}


@cache
def translations():
    return {entry.msgid: entry.msgstr for entry in polib.pofile(ADDON_DIR / "i18n" / "ru.po")}


def shown(text):
    return " ".join(PLACE.sub("…", text).replace("%%", "%").split())


@cache
def tree(path):
    return ast.parse(path.read_text())


def translated(node):
    """The texts that are translated within a piece of code."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or not call.args or not isinstance(call.args[0], ast.Constant):
            continue
        name = getattr(call.func, "attr", None) or getattr(call.func, "id", None)
        if name in TRANSLATES:
            yield call.args[0].value


def bad_findings():
    """Codes of a check's findings that are warnings or errors."""
    found = set()
    for path in SOURCES:
        found |= set(re.findall(r'Finding\(\s*(?:"warning"|"error"|level), "(\w+)"', path.read_text()))
    return found


def from_tables():
    bad = bad_findings()
    for path in SOURCES:
        for node in tree(path).body:
            name = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
            if name not in TABLES.get(path.name, ()):
                continue
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if name != "FINDINGS" or key.value in bad:
                    yield from translated(value)


def from_exceptions():
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Raise) or getattr(node, "name", "") in RETURNING:
                yield from translated(node)


def from_constraints():
    """Odoo shows a constraint's message to whoever has violated it."""
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            name = isinstance(node, ast.Call) and getattr(node.func, "attr", "")
            if name in ("Constraint", "UniqueIndex"):
                yield from map(sentence, node.args[1:])


def sentence(node):
    """A constraint's message; numbers that are put into it are found in its translation."""
    if isinstance(node, ast.Constant):
        return node.value
    parts = (re.escape(one.value) if isinstance(one, ast.Constant) else r"\d+" for one in node.values)
    pattern = re.compile("".join(parts))
    return next(text for text in translations() if pattern.fullmatch(text))


def from_javascript():
    wrong = re.compile(r'type: "(?:warning|danger)"|\.(?:notice|failure) = |get obstacle\(\)')
    quoted = re.compile(r'_t\(\s*"((?:[^"\\]|\\.)*)"')
    for path in sorted(SCREEN.rglob("*.js")):
        source = path.read_text()
        if path.name == "failure.js":
            yield from quoted.findall(source)
        for part in re.split(r";\n(?=\S|\s*\n)|\n    }\n", source):
            if wrong.search(part):
                yield from quoted.findall(part)


def from_templates():
    for path in sorted(SCREEN.rglob("*.xml")):
        for node in etree.parse(path).iter(etree.Element):
            if node.get("role") == "alert":
                words = {" ".join(text.split()) for text in node.itertext()}
                yield from words - BUTTONS - {""}
