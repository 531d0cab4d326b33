"""The marketplaces' clients, tried over real HTTP: no Odoo, no database."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
# The addon itself can only be imported inside Odoo; this part of it stands alone.
sys.path[:0] = [str(HERE.parents[1] / "crm_marketplace_chats"), str(HERE)]

from marketplaces import transport  # noqa: E402
from wire import Wire  # noqa: E402


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
