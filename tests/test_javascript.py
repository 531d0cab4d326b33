"""JavaScript is checked by Odoo's own settings (`web/tooling`, and what its tests add), with the versions they name."""

import json
import re

import pytest

from devtools.javascript_env import SETTINGS


@pytest.fixture(scope="module")
def odoos(workspace):
    """odoos(path) -> that file of Odoo's addons, read as JSON; commas before a bracket are Odoo's own."""

    def read(path):
        folder = next(folder for folder in workspace.odoo.addons if (folder / path).exists())
        return json.loads(re.sub(r",(\s*[\]}])", r"\1", (folder / path).read_text()))

    return read


def test_rules(odoos):
    ours = json.loads((SETTINGS / "eslintrc.json").read_text())
    tooling, tests = odoos("web/tooling/_eslintrc.json"), odoos("test_lint/tests/eslintrc")
    assert ours["rules"] == {
        **tooling["rules"],
        **tests["rules"],
        "prettier/prettier": tooling["rules"]["prettier/prettier"],
    }
    for part in ("extends", "parserOptions", "env", "globals"):
        assert ours[part] == tooling[part], part


def test_versions_are_those_that_odoo_names(odoos):
    named = odoos("web/tooling/_package.json")["devDependencies"]
    pinned = json.loads((SETTINGS / "package.json").read_text())["devDependencies"]
    for name, version in pinned.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert version.split(".")[0] == named[name].lstrip("^").split(".")[0], name
    lock = (SETTINGS / "package-lock.json").read_text()
    assert '"resolved"' not in lock, "no address of a registry: npm's option omit-lockfile-registry-resolved"
