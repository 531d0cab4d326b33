"""The `spec` profile has exactly the official document's keys. The shapes are written down here anew."""

import pytest

from .conftest import Avito

CONTENT = {"text", "image", "link", "item", "location", "call", "voice", "flow_id"}
MESSAGE = {"id", "author_id", "created", "content", "type", "direction", "is_read", "read", "quote"}
LAST_MESSAGE = {"id", "author_id", "created", "content", "type", "direction"}
CHAT = {"id", "context", "created", "updated", "users", "last_message"}
CONTEXT = {"id", "images", "price_string", "status_id", "title", "url", "user_id"}
USER = {"id", "name", "public_user_profile"}
PROFILE = {"avatar", "item_id", "url", "user_id"}
TYPES = {"text", "image", "link", "item", "location", "call", "deleted", "voice", "system"}
EVERYTHING = (
    "text",
    "image",
    "voice",
    "location",
    "link",
    "item",
    "call",
    "system",
    "deleted",
    "file",
    "video",
    "appCall",
    "unknown",
)


@pytest.fixture
def spec(simulator):
    simulator.post("/config", {"profile": "spec"})
    return Avito(simulator.urls["avito"]).sign_in()


def test_chats_hold_no_extra_keys(spec):
    body = spec.chats(chat_types="u2i,u2u").json()
    assert set(body) == {"chats"}
    assert len(body["chats"]) == 15
    for chat in body["chats"]:
        assert set(chat) <= CHAT
        assert set(chat.get("context", {}).get("value", {})) <= CONTEXT
        assert set(chat["last_message"]) == LAST_MESSAGE
        for user in chat["users"]:
            assert set(user) == USER
            assert set(user["public_user_profile"]) <= PROFILE


def test_messages_are_a_bare_list_of_the_known_types(spec, simulator):
    chat = simulator.post("/avito/say", {})["chat_id"]
    for kind in EVERYTHING[1:]:
        simulator.post("/avito/say", {"chat_id": chat, "type": kind})
    rows = spec.messages(chat).json()
    assert isinstance(rows, list)
    assert {row["type"] for row in rows} == TYPES
    for row in rows:
        assert set(row) <= MESSAGE
        assert set(row["content"]) <= CONTENT
        assert type(row["is_read"]) is bool


def test_a_sent_text_names_no_author(spec, simulator):
    sent = spec.send(simulator.chat_named("avito", "Олег"), "Добрый день").json()
    assert set(sent) == {"id", "created", "content", "direction", "type"}


def test_deliveries_have_the_documents_version_and_types(spec, simulator, receiver):
    spec.post("/messenger/v3/webhook", {"url": receiver.url})
    for kind in ("unknown", "file", "text"):
        simulator.post("/avito/say", {"type": kind})
    receiver.wait(2)
    assert {value["type"] for value in receiver.values()} == {"file", "text"}
    assert b'"version": "v1.1"' in receiver.got[0]["body"]


def test_budget_headers_only_when_refused(spec, simulator):
    assert "X-RateLimit-Limit" not in spec.chats(limit=1).headers
    simulator.post("/config", {"avito_rate_per_minute": 1})
    answers = [spec.chats(limit=1) for _ in range(4)]
    assert any(answer.status_code == 429 and "X-RateLimit-Limit" in answer.headers for answer in answers)
