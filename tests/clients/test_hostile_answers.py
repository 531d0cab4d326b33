"""Whole requests of both clients, answered with what hypothesis invents: neutral words or a MarketplaceError."""

from __future__ import annotations

import gzip
import io
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime, timezone
from itertools import islice
from typing import Any

import pytest
import requests
from hostile import ANY_JSON, mutated, require
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger import Ledger
from marketplaces import avito as avito_module
from marketplaces.autoru import AutoruClient
from marketplaces.avito import AvitoClient
from marketplaces.errors import REASONS, MarketplaceError, RejectedError
from marketplaces.payload import History, Page, RemoteMedia, Sent
from marketplaces.transport import BODY_LIMIT
from requests.adapters import BaseAdapter
from test_hostile_readers import (
    AUTORU_CALLS,
    AUTORU_MESSAGES,
    AUTORU_OFFERS,
    AUTORU_ROOMS,
    AVITO_CALLS,
    AVITO_CHATS,
    AVITO_ITEMS,
    AVITO_MESSAGES,
    ROOM,
)
from urllib3 import HTTPResponse
from wire import reply

SINCE = datetime(2026, 1, 1, tzinfo=timezone.utc)
ERRORS = (
    {"error": {"code": 1003, "message": "x"}},
    {"result": {"status": False, "message": "invalid access token"}},
    {"error": "NO_AUTH", "status": "ERROR", "detailed_error": "x"},
    {"code": "5", "message": {"text": "x"}},
)


class Canned(BaseAdapter):
    """Takes the place of the network: every request is answered with one body, but for those named."""

    def __init__(self, answers: Mapping[str, Any], raw: bytes, status: int, headers: Mapping[str, str]):
        super().__init__()
        self.answers, self.raw, self.status, self.headers = answers, raw, status, headers
        self.asked = 0

    def send(self, request, **_options) -> requests.Response:
        self.asked += 1
        assert self.asked < 5000, "it does not end"
        named = next((body for path, body in self.answers.items() if path in request.url), None)
        status, raw = (self.status, self.raw) if named is None else (200, json.dumps(named).encode())
        response = requests.Response()
        response.status_code, response.url, response.request = status, request.url, request
        response.headers.update({} if named else self.headers)
        response.raw = HTTPResponse(io.BytesIO(raw), preload_content=False)
        return response

    def close(self) -> None:
        pass


class Store:
    """A session that is there, or, empty, has to be got first."""

    def __init__(self):
        self.session: dict[str, Any] = {}

    def load(self) -> dict:
        return dict(self.session)

    def save(self, session) -> None:
        json.dumps(session, allow_nan=False)
        self.session = dict(session)

    def lock(self):
        return nullcontext()


AVITO_LOGIN = {"/token": {"access_token": "T", "expires_in": 86400}, "/accounts/self": {"id": 94230001}}
AUTORU_LOGIN = {
    "/auth/login": {"session": {"id": "S"}, "user": {"profile": {"autoru": {"client_id": "30001"}}}},
    "/calltracking/call/record": {"url": "https://evil.example/x", "headers": {"a": "b"}},
}


def avito(answers: Mapping[str, Any] = AVITO_LOGIN):
    return AvitoClient(
        {"base_url": "http://a.test", "client_id": "a", "client_secret": "b"}, Store(), Ledger()
    ), answers


def autoru(answers: Mapping[str, Any] = AUTORU_LOGIN):
    keys = {"base_url": "http://a.test", "token": "a", "login": "b", "password": "c", "chat_id": "d"}
    return AutoruClient(keys, Store(), Ledger()), answers


def some(pages) -> list:
    return [entry for page in islice(pages, 3) for entry in page]


#: Calls of a client by name: how to make it, what to call, and bodies that are good answers to it.
CALLS: dict[str, tuple[Callable, Callable, tuple]] = {
    "avito token": (lambda: avito({}), lambda c: c.check(), ({"access_token": "T", "expires_in": 86400},)),
    "avito account": (
        lambda: avito({"/token": AVITO_LOGIN["/token"]}), lambda c: c.api.account_id, ({"id": 9, "name": "x"},)
    ),
    "avito check": (avito, lambda c: c.check(), ({"chats": list(AVITO_CHATS), "resources": list(AVITO_ITEMS)},)),
    "avito chats": (avito, lambda c: c.conversations({}), ({"chats": list(AVITO_CHATS)},)),
    "avito chat": (avito, lambda c: c.conversation("u2i"), AVITO_CHATS),
    "avito history": (
        avito, lambda c: c.history("u2i", lambda ids: ids), (list(AVITO_MESSAGES), {"messages": list(AVITO_MESSAGES)})
    ),
    "avito newest": (avito, lambda c: c.newest("u2i"), (list(AVITO_MESSAGES[:2]),)),
    "avito items": (avito, lambda c: some(c.listings()), ({"resources": list(AVITO_ITEMS), "meta": {"per_page": 25}},)),
    "avito feed id": (avito, lambda c: c.feed_id("1"), ({"autoload_item_id": "A-1"},)),
    "avito calls": (avito, lambda c: some(c.calls(SINCE)), ({"calls": AVITO_CALLS[0]},)),
    "avito send": (avito, lambda c: c.send_text("u2i", "x", "k"), ({"id": "m", "created": 1754916284},)),
    "avito image": (avito, lambda c: c.send_image("u2i", b"x", "image/png", "k"), ({"i1": {}, "id": "m"},)),
    "avito subscribe": (avito, lambda c: c.subscribe("https://x"), ({"subscriptions": [{"url": "https://y"}]},)),
    "avito delete": (avito, lambda c: c.delete("u2i", "m"), ({},)),
    "autoru login": (lambda: autoru({}), lambda c: c.check(), (AUTORU_LOGIN["/auth/login"],)),
    "autoru check": (
        autoru, lambda c: c.check(), ({"offers": list(AUTORU_OFFERS), "rooms": list(AUTORU_ROOMS), "account_id": 1},)
    ),
    "autoru rooms": (autoru, lambda c: c.conversations({}), ({"rooms": list(AUTORU_ROOMS)},)),
    "autoru unread": (
        autoru, lambda c: c.conversations({"full_at": time.time()}), ({"has_unread": True, "unread_counter": 1},)
    ),
    "autoru room": (autoru, lambda c: c.conversation(ROOM), ({"rooms": list(AUTORU_ROOMS)},)),
    "autoru history": (
        autoru, lambda c: c.history(ROOM, lambda ids: ids, "other"), ({"messages": list(AUTORU_MESSAGES)},)
    ),
    "autoru offers": (
        autoru, lambda c: some(c.listings()), ({"offers": list(AUTORU_OFFERS), "pagination": {"total_page_count": 1}},)
    ),
    "autoru calls": (autoru, lambda c: some(c.calls(SINCE)), ({"calls": AUTORU_CALLS[0]},)),
    "autoru recording": (
        lambda: autoru({"/auth/login": AUTORU_LOGIN["/auth/login"]}), lambda c: c.recording("TELEPONY:T1:1"),
        ({"url": "https://evil.example/1.mp3", "headers": {"X-Key": "k"}},),
    ),
    "autoru send": (
        autoru, lambda c: c.send_text(ROOM, "x", "k"), ({"message": {"id": "m", "created": "2026-02-01"}},)
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    """Nobody waits: neither for what an answer names, nor for a service's own budget."""
    monkeypatch.setattr("marketplaces.transport.time.sleep", lambda _seconds: None)
    monkeypatch.setattr(avito_module, "shared_budget", lambda *_args, **_more: Ledger())


def ask(name: str, raw: bytes, status: int, headers: Mapping[str, str], figures: Counter) -> None:
    make, call, _bodies = CALLS[name]
    client, answers = make()
    client.api.transport._session.mount("http://", Canned(answers, raw, status, headers))
    figures["answers"] += 1
    try:
        with client:
            told = call(client)
    except MarketplaceError as error:
        figures["failures told"] += 1
        assert error.reason in REASONS
        assert isinstance(error.detail, str) and len(error.detail) <= 300
        assert error.retry_after is None or 0 <= error.retry_after < 10**10
        return
    figures["understood"] += 1
    if isinstance(told, Page):
        json.dumps(told.walk, allow_nan=False)
    parts = {Page: lambda: told.conversations, History: lambda: told.messages, Sent: lambda: (told,)}
    for thing in parts.get(type(told), lambda: told if isinstance(told, (list, tuple)) else ())():
        require(thing)


@pytest.mark.parametrize("name", CALLS)
def test_answers(name, figures):
    @settings(
        max_examples=50, derandomize=True, database=None, deadline=None, suppress_health_check=[*HealthCheck]
    )
    @given(
        st.one_of(mutated(*CALLS[name][2]), mutated(*CALLS[name][2]), mutated(*ERRORS), ANY_JSON).map(
            json.dumps
        )
        | st.binary(max_size=30).map(repr),
        st.sampled_from((200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 429, 500)),
        st.sampled_from(("", "0", "5", "-1", "9" * 5000, "٣", "x")),
        st.sampled_from(
            ("", "//[", "http://h:99999/", "http://[::1", "/x", "javascript:x", "file:///etc/passwd")
        ),
    )
    def run(body, status, number, location):
        headers = {
            "Retry-After": number,
            "X-RateLimit-Limit": number,
            "Location": location,
            "Content-Length": "",
        }
        ask(name, body.encode("utf-8", "replace"), status, headers, figures)

    run()


@pytest.mark.parametrize("name", CALLS)
def test_good_answers_are_understood(name, figures):
    """Else the tests above would only show how everything is refused."""
    before = figures["understood"]
    ask(name, json.dumps(CALLS[name][2][0]).encode(), 200, {}, figures)
    assert name == "autoru recording" or figures["understood"] == before + 1


# ---------------------------------------------------------------- lies of the line itself


@pytest.fixture
def chats(wire, store):
    settings = {"base_url": wire.url, "client_id": "a", "client_secret": "b"}
    wire.routes = {f"{method} {path}": reply(body=json.dumps(body)) for method, path, body in (
        ("POST", "/token", AVITO_LOGIN["/token"]), ("GET", "/core/v1/accounts/self", {"id": 1}),
    )}  # fmt: skip
    with AvitoClient(settings, store) as client:
        yield client


def test_a_body_that_unpacks_to_far_more(wire, chats):
    bomb = gzip.compress(b'{"chats": [' + b" " * (BODY_LIMIT * 4) + b"]}")
    assert len(bomb) < BODY_LIMIT / 50
    wire.routes["GET /messenger/v2/accounts/1/chats"] = reply(body=bomb, Content_Encoding="gzip")
    with pytest.raises(MarketplaceError) as caught:
        chats.conversations({})
    assert caught.value.reason == "bad_answer"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 302 X\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 X\r\nLocation: http://h:99999/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/9.9 999999 X\r\n\r\n",
        b"\0\0\0\0",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n{}",
    ],
    ids=range(11),
)
def test_headers_that_lie(wire, chats, answer):
    wire.routes["GET /messenger/v2/accounts/1/chats"] = answer
    with pytest.raises(MarketplaceError):
        chats.conversations({})


@pytest.mark.parametrize(
    "target", ["http://[", "http://h:99999/", "//[::1", "javascript:x", "file:///etc/passwd"]
)
def test_a_picture_redirected_to_no_address(wire, chats, target):
    wire.script = [reply(302, b"", Location=target)]

    with pytest.raises(RejectedError) as caught:
        chats.download(RemoteMedia("image", wire.url + "/1.jpg"))
    assert caught.value.reason == "media_refused"


@pytest.mark.parametrize(
    "page", [b"<svg xmlns='x'/>", b"<?xml version='1.0'?><svg/>", b"<html>", b"%PDF-1.4", b"PK\3\4"]
)
def test_a_picture_that_is_something_else(wire, chats, page):

    wire.script = [reply(body=page, Content_Type="image/jpeg")]
    with pytest.raises(RejectedError) as caught:
        chats.download(RemoteMedia("image", wire.url + "/1.jpg"))
    assert caught.value.reason == "media_refused"
