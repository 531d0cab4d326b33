"""A database of the previous version becomes one of this version: nothing is lost, and it looks like a new one.

`upgraded/` holds that version as `git archive` gave it (docs/releasing.md); it is installed and used by its own code.
"""

import json
import re
import tarfile
from pathlib import Path

import pytest

from devtools.paths import ADDON, LOGS
from devtools.workspace import manifest

FOLDER = Path(__file__).with_name("upgraded")
DEALERSHIP = FOLDER / "dealership.py"
#: What a database is made of, apart from rows: columns, indexes and constraints of the addon's own tables.
SCHEMA = {
    "columns": """select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
        from information_schema.columns where table_schema = 'public' and table_name like 'marketplace_%'""",
    "indexes": "select indexdef from pg_indexes where tablename like 'marketplace_%'",
    "constraints": """select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        from pg_constraint where conrelid::regclass::text like 'marketplace_%'""",
    "cron": """select d.name, c.active from ir_cron c join ir_model_data d on d.model = 'ir.cron' and d.res_id = c.id
        where d.module = 'crm_marketplace_chats'""",
    "rules": """select d.name, r.active, r.domain_force from ir_rule r join ir_model_data d
        on d.model = 'ir.rule' and d.res_id = r.id where d.module = 'crm_marketplace_chats'""",
}


def version(text):
    return tuple(map(int, text.split(".")))


@pytest.fixture
def before(tmp_path):
    """The folder of addons with the newest version that is older than this one."""
    versions = [path.name.removesuffix(".tar.xz") for path in FOLDER.glob("*.tar.xz")]
    newest = max((one for one in versions if version(one) < version(manifest()["version"])), key=version)
    with tarfile.open(FOLDER / f"{newest}.tar.xz") as archive:
        archive.extractall(tmp_path / "before", filter="data")
    assert f'"version": "{newest}"' in (tmp_path / "before" / ADDON / "__manifest__.py").read_text()
    return tmp_path / "before"


@pytest.fixture
def told(workspace, tmp_path):
    """told(database, *options): what the dealership of that database tells of itself."""

    def tell(database, *options):
        answer = tmp_path / "told.json"
        name = "the dealership of before"
        workspace.script(database, DEALERSHIP, *options, log="upgraded.log", name=name, TOLD=str(answer))
        return json.loads(answer.read_text())

    return tell


def schema(workspace, database):
    return {
        part: sorted(workspace.server.query(query, database=database).splitlines())
        for part, query in SCHEMA.items()
    }


def complaints(log):
    """Lines of a log that are worse than information."""
    return re.findall(r"^.* (?:WARNING|ERROR|CRITICAL) .*$", (LOGS / log).read_text(), re.MULTILINE)


def test_nothing_is_lost_by_an_upgrade(workspace, odoo, before, told):
    older = f"--addons-path={','.join(map(str, [*workspace.odoo.addons, before]))}"
    with workspace.scratch_without_addon() as database:
        workspace.install(database, "-i", ADDON, older, log="upgraded-install.log", name="the version before")
        of_before = told(database, older)
        workspace.install(database, "-u", ADDON, log="upgraded.log", name="the upgrade")
        assert complaints("upgraded.log") == []
        now = told(database)
        assert [
            one for one in of_before.pop("marketplace.template") if one not in now["marketplace.template"]
        ] == []
        assert {part: now[part] for part in of_before} == of_before
        assert schema(workspace, database) == schema(workspace, odoo.db)
    assert of_before["settings"][0]["client_id"] == "client-of-before"
    assert of_before["settings"][1]["login"] == "salon@example.ru"
    assert of_before["numbers"]["olga"] == {"waiting": [4, 4], "mine": [2, 2]}
