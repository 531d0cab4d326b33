"""The part of `./dev translations` that needs Python packages; runs inside the virtual environment."""

import sys

import polib

from devtools.paths import ADDON, ADDON_DIR

#: Names of the demo's cars, which are not for translation: they are Russian as they are.
DEMO = "product.template,name:"
RUSSIAN = {
    "Language": "ru",
    "Plural-Forms": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : "
    "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
}


def terms(exported):
    """Return the addon's own entries of an export, as polib's file."""
    found = polib.pofile(exported)
    for entry in list(found):
        if all(DEMO in place for place, _line in entry.occurrences):
            found.remove(entry)
    for volatile in ("POT-Creation-Date", "PO-Revision-Date"):
        found.metadata.pop(volatile, None)
    return found


def merge(exported):
    """Write the template and the Russian file; what was translated stays. Return the texts without a translation."""
    folder = ADDON_DIR / "i18n"
    known = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in polib.pofile(folder / "ru.po")}
    found = terms(exported)
    found.save(folder / f"{ADDON}.pot")
    found.metadata.update(RUSSIAN)
    for entry in found:
        entry.msgstr = known.get((entry.msgctxt, entry.msgid), "")
    found.save(folder / "ru.po")
    return [entry.msgid for entry in found if not entry.msgstr]


if __name__ == "__main__":
    untranslated = merge(sys.argv[1])
    for text in untranslated:
        print(f"no Russian yet: {text!r}")
    sys.exit(bool(untranslated))
