"""The Russian translation has the texts of the addon, all of them and no others (lint sees that each is translated)."""

import polib

from devtools import translations
from devtools.merge_terms import terms
from devtools.paths import ADDON_DIR


def keys(entries):
    return {(entry.msgctxt, entry.msgid) for entry in entries if not entry.obsolete}


def test_the_translation_is_up_to_date(workspace, odoo, tmp_path):
    exported = tmp_path / "exported.pot"
    translations.export(workspace, odoo.db, exported)
    ours, theirs = keys(terms(exported)), keys(polib.pofile(ADDON_DIR / "i18n" / "ru.po"))
    assert not ours - theirs, "run `./dev translations`, and translate"
    assert not theirs - ours, "no longer in the addon: run `./dev translations`"
