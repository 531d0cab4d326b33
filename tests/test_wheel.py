"""The addon as a wheel (whool, as OCA makes them): all of it is in, and found where pip has put it."""

import email
import subprocess
import zipfile

import pytest

from devtools.paths import ADDON, ADDON_DIR, PYTHON, ROOT, VENV
from devtools.process import output
from devtools.workspace import manifest

BUILD = "import sys, whool.buildapi; print(whool.buildapi.build_wheel(sys.argv[1]))"
FIND = f"""
from odoo.modules.module import Manifest, initialize_sys_path
initialize_sys_path()
import odoo.addons.{ADDON}.marketplaces as found
print(Manifest.for_addon("{ADDON}").path, found.__file__, sep="\\n")
"""
#: What opens the demo and the stand-ins. (Those of the tests open nothing at all.)
KEYS = ("demo-secret", "demo-token", "demo-password", "BEGIN PRIVATE KEY", "BEGIN RSA PRIVATE KEY")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    status, told, errors = output([PYTHON, "-c", BUILD, folder], cwd=ADDON_DIR)
    assert not status, errors
    return folder / told.splitlines()[-1]


@pytest.fixture(scope="module")
def content(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def part(content, ending):
    return next(value for name, value in content.items() if name.endswith(ending))


def test_every_file_is_in(content):
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ADDON_DIR, text=True).split("\0")
    ours = {f"odoo/addons/{ADDON}/{name}" for name in listed if name and name != "pyproject.toml"}
    assert {name for name in content if ".dist-info/" not in name} == ours
    for folder in ("static/src", "static/description", "i18n", "data", "migrations", "views", "security"):
        assert any(name.startswith(f"odoo/addons/{ADDON}/{folder}/") for name in content), folder
    for name in manifest()["data"] + manifest()["demo"]:
        assert f"odoo/addons/{ADDON}/{name}" in content


def test_metadata(wheel, content):
    metadata = email.message_from_string(part(content, ".dist-info/METADATA").decode())
    assert metadata["Name"] == f"odoo-addon-{ADDON}"
    assert metadata["Version"] == manifest()["version"]
    assert metadata["License"] == "LGPL-3"
    assert metadata["Summary"] == manifest()["summary"]
    assert metadata.get_all("Requires-Dist") == ["odoo==19.0.*"]
    assert metadata.get_payload() == (ADDON_DIR / "README.md").read_text()
    assert wheel.name == f"odoo_addon_{ADDON}-{manifest()['version']}-py3-none-any.whl"


def test_licence(content):
    text = content[f"odoo/addons/{ADDON}/LICENSE"].decode()
    assert text.split()[:7] == "GNU LESSER GENERAL PUBLIC LICENSE Version 3,".split()
    assert (ROOT / "LICENSE").read_text() == text
    assert manifest()["license"] == "LGPL-3"


def test_no_keys(content):
    told = [(name, key) for name, value in content.items() for key in KEYS if key.encode() in value]
    assert not told


def test_installed(wheel, workspace, tmp_path):
    install = [VENV / "bin" / "uv", "pip", "install", "-q", "--offline", "--no-deps", "--python", PYTHON]
    status, _told, errors = output([*install, "--target", tmp_path, wheel])
    assert not status, errors
    places = f"{tmp_path}:{workspace.odoo.pythonpath}"
    status, told, errors = output(
        [PYTHON, "-c", FIND], cwd=tmp_path, env={**workspace.environment, "PYTHONPATH": places}
    )
    assert not status, errors
    home = tmp_path / "odoo" / "addons" / ADDON
    assert told.splitlines() == [str(home), str(home / "marketplaces" / "__init__.py")]
