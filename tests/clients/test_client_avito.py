"""The Avito client against the stand-in, in both of its profiles."""

from __future__ import annotations

import pytest
import requests
from avito_contract import faults
from marketplaces import download
from marketplaces.avito import AvitoClient

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "00000005000181a5f6450000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def contract(monkeypatch, avito):
    """All requests of a test, each checked as it leaves."""
    wrong, send = [], requests.adapters.HTTPAdapter.send

    def checked(adapter, request, **kwargs):
        if not isinstance(adapter, download._Adapter):
            body = request.body or b""
            body = body.encode() if isinstance(body, str) else body
            wrong.extend(faults(request.method, request.url, dict(request.headers), body))
        return send(adapter, request, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", checked)
    yield
    assert wrong == []


@pytest.fixture(params=["live", "spec"])
def profile(request, simulator):
    simulator.control("POST", "/reset")
    simulator.control("POST", "/config", {"profile": request.param})
    yield request.param
    simulator.control("POST", "/reset")


@pytest.fixture
def settings(simulator):
    return {"base_url": simulator.avito_url, "client_id": "demo", "client_secret": "demo-secret"}


@pytest.fixture
def avito(profile, settings, store):
    with AvitoClient(settings, store) as client:
        yield client


@pytest.fixture
def say(simulator):
    """A buyer writes; gives the ids of chat and message."""

    def say(**what):
        said = simulator.control("POST", "/avito/say", what)
        return said["chat_id"], said["message_id"]

    return say


@pytest.fixture
def transcript(simulator):
    return lambda chat_id: simulator.control("GET", f"/avito/chats/{chat_id}")["messages"]


def walk(client: AvitoClient, state=None):
    """All pages of one walk: conversations, the state after it, the number of pages."""
    found, state = [], state or {}
    for number in range(1, 20):
        page = client.conversations(state)
        found += page.conversations
        state = page.walk
        if page.done:
            return found, state, number
    raise AssertionError("no end")


def asked(simulator) -> int:
    """Requests so far that went to the messenger and came from us."""
    return sum(simulator.requests("avito").values())


def nothing(ids):
    return ()
