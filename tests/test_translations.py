"""The Russian translation has the texts of the addon, all of them and no others (lint sees that each is translated)."""

from pathlib import Path

import polib

from devtools.paths import ADDON, ADDON_DIR, PYTHON
from devtools.process import run


def terms(path):
    return {(entry.msgctxt, entry.msgid) for entry in polib.pofile(path) if not entry.obsolete}


def test_the_translation_is_up_to_date(workspace, odoo, tmp_path):
    exported = tmp_path / "exported.pot"
    options = ["-c", workspace.config, "-d", odoo.db, "-l", "pot", "-o", exported, ADDON]
    run(
        "odoo i18n export",
        [PYTHON, "-m", "odoo", "i18n", "export", *options],
        env=workspace.environment,
        log="i18n.log",
    )
    translation = terms(ADDON_DIR / "i18n" / "ru.po")
    demo = "".join(path.read_text() for path in Path(ADDON_DIR, "demo").glob("*.xml"))
    missing = {term for term in terms(exported) - translation if term[1] not in demo}
    assert not missing, "export them with `odoo i18n export`, and translate"
    assert not translation - terms(exported), "no longer in the addon"
