"""The marketplaces' clients, tried over real HTTP: no Odoo, no database."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

HERE = Path(__file__).resolve().parent
# The addon itself can only be imported inside Odoo; this part of it stands alone.
sys.path[:0] = [str(HERE.parents[1] / "crm_marketplace_chats"), str(HERE)]

from marketplaces import transport  # noqa: E402
from wire import Wire  # noqa: E402


class Simulator:
    """The stand-in marketplaces as a process of their own: `avito_url`, `autoru_url`, `control_url`."""

    def __init__(self):
        ports = ("--avito-port", "0", "--autoru-port", "0", "--control-port", "0")
        command = (sys.executable, "-m", "marketplace_simulator", *ports, "--quiet")
        self._process = subprocess.Popen(command, cwd=HERE.parents[1], stdout=subprocess.PIPE, text=True)
        urls = json.loads(self._process.stdout.readline())
        self.avito_url, self.autoru_url, self.control_url = urls["avito"], urls["autoru"], urls["control"]

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Ask the control API and return its JSON; an answer other than 2xx is an error."""
        response = requests.request(method, self.control_url + path, json=json, timeout=60)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def asked(self, marketplace: str, line: str | None = None) -> int:
        """How many requests a marketplace has seen, all or of one method and path."""
        counts = self.control("GET", "/requests")["counts"][marketplace]
        return sum(counts.values()) if line is None else counts.get(line, 0)

    def bulk(self, marketplace: str, chats: int, messages: int) -> list[str]:
        """Fill the account with chats; gives their ids."""
        before = self.chat_ids(marketplace)
        self.control("POST", "/bulk", {"marketplace": marketplace, "chats": chats, "messages": messages})
        return [chat_id for chat_id in self.chat_ids(marketplace) if chat_id not in before]

    def chat_ids(self, marketplace: str) -> list[str]:
        return [chat["id"] for chat in self.control("GET", f"/{marketplace}/chats")["chats"]]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()


class Store:
    """A session store in memory; counts what is written."""

    def __init__(self):
        self.session: dict[str, Any] = {}
        self.saves = 0
        self._lock = threading.Lock()

    def load(self) -> dict[str, Any]:
        return dict(self.session)

    def save(self, session: Mapping[str, Any]) -> None:
        self.session = dict(session)
        self.saves += 1

    @contextmanager
    def lock(self):
        with self._lock:
            yield


@pytest.fixture(scope="session")
def simulator():
    """Takes the place of the whole system's own: here no database is needed beside it."""
    running = Simulator()
    yield running
    running.close()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def wire():
    """A server that does what its script says."""
    server = Wire()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Every test begins with a fresh budget, and repeats come at once."""
    transport.shared_budget.cache_clear()
    monkeypatch.setattr(transport, "BACKOFF", (0.01, 0.02))


@pytest.fixture(scope="module")
def figures(request):
    """Counts what was generated and what became of it; told when a module of hostile input is through."""
    counted, started = Counter(), time.monotonic()
    yield counted
    told = ", ".join(f"{number} {what}" for what, number in sorted(counted.items()))
    kind, seconds = request.module.__name__.removeprefix("test_hostile_"), time.monotonic() - started
    plugin = request.config.pluginmanager.getplugin
    with plugin("capturemanager").global_and_fixture_disabled():
        plugin("terminalreporter").write_line(f"\nhostile input, {kind}: {told}; {seconds:.0f} s")
