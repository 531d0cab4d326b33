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
