"""The check itself: it must find what is wrong, or its silence in the other tests means nothing."""

import json

import pytest
from avito_contract import FORM, JSON, faults

TOKEN = {"Authorization": "Bearer x"}
CHAT = "https://api.avito.ru/messenger/v1/accounts/94230001/chats/u2i-k3VbQ~x9TzLr0_pWm7aYcA"
TEXT = {"message": {"text": "Да"}, "type": "text"}


def send(body: object, headers: dict[str, str] | None = None) -> list[str]:
    headers = {**TOKEN, "Content-Type": JSON} if headers is None else headers
    return faults("POST", f"{CHAT}/messages", headers, json.dumps(body).encode())


def test_good_requests_pass():
    assert send(TEXT) == []
    assert faults("POST", f"{CHAT.replace('~', '%7E')}/read", TOKEN, b"") == []
    keys = b"grant_type=client_credentials&client_id=a&client_secret=b"
    assert faults("POST", "https://api.avito.ru/token", {"Content-Type": FORM}, keys) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/messenger/v1/accounts/1/chats/u2i-x/messages/0f"),
        ("GET", "/messenger/v1/accounts/1/chats"),
        ("GET", "/messenger/v3/accounts/1/chats/u2i-x/messages"),
        ("GET", "/messenger/v2/accounts/me/chats"),
        ("GET", "/messenger/v2/accounts/1/chats?chat_type=u2i"),
        ("GET", "/messenger/v2/accounts/1/chats?offset=1100"),
        ("GET", "/messenger/v2/accounts/1/chats?limit=0"),
        ("GET", "/messenger/v1/accounts/1/getVoiceFiles"),
        ("GET", "/core/v1/items?per_page=100"),
        ("POST", "/messenger/v1/accounts/1/chats/u2i-x/read?x=1"),
    ],
)
def test_wrong_paths_and_parameters_are_found(method, path):
    assert faults(method, f"https://api.avito.ru{path}", TOKEN, b"")


def test_wrong_bodies_are_found():
    assert send({**TEXT, "key": "1"})
    assert send({"message": {"text": ""}, "type": "text"})
    assert send({"message": {"text": "x" * 1001}, "type": "text"})
    assert send({"message": {"text": "x"}})
    assert send(TEXT, {**TOKEN, "Content-Type": FORM})
    assert send(TEXT, {"Content-Type": JSON})
    assert faults("POST", f"{CHAT}/read", TOKEN, b"{}")


@pytest.mark.parametrize(
    ("changed", "good"),
    [
        ({}, True),
        ({"dateTimeTo": "2026-03-30T00:00:00+03:00"}, True),
        ({"dateTimeTo": ...}, True),
        ({"dateTimeTo": "2026-05-01T00:00:00Z"}, False),
        ({"dateTimeTo": "2025-12-31T00:00:00Z"}, False),
        ({"dateTimeFrom": "2026-01-01"}, False),
        ({"limit": 101}, False),
        ({"limit": "100"}, False),
        ({"offset": ...}, False),
        ({"itemId": 1}, False),
    ],
)
def test_a_list_of_calls(changed, good):
    body = {
        "dateTimeFrom": "2026-01-01T00:00:00Z",
        "dateTimeTo": "2026-02-01T00:00:00Z",
        "limit": 100,
        "offset": 0,
    }
    body = {name: value for name, value in {**body, **changed}.items() if value is not ...}
    url, headers = "https://api.avito.ru/calltracking/v1/getCalls/", {**TOKEN, "Content-Type": JSON}
    assert (faults("POST", url, headers, json.dumps(body).encode()) == []) is good


def test_deleting_and_recordings():
    message = f"{CHAT}/messages/{'0f' * 16}"
    assert faults("POST", message, TOKEN, b"") == []
    assert faults("DELETE", message, TOKEN, b"")
    assert faults("POST", message, {**TOKEN, "Content-Type": JSON}, b"{}")
    record = "https://api.avito.ru/calltracking/v1/getRecordByCallId"
    assert faults("GET", f"{record}/?callId=12", TOKEN, b"") == []
    assert faults("GET", f"{record}/", TOKEN, b"")
    assert faults("GET", f"{record}?callId=12", TOKEN, b"")
