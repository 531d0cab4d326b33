"""Deliveries come doubled, late, in the wrong order, broken, or not at all: nothing is lost, nothing stands twice."""

import json

import pytest
import requests
from dealership import Marketplace, same_on_both_sides, until

FAULTS = (
    {"name": "webhook_double", "probability": 0.5, "count": 3},
    {"name": "webhook_drop", "probability": 0.2},
    {"name": "webhook_reorder", "probability": 0.5, "seconds": 1.0},
    {"name": "webhook_repeat", "probability": 0.2, "seconds": 1.0},
    {"name": "webhook_broken_json", "probability": 0.1},
    {"name": "webhook_extra_fields", "probability": 0.2},
    {"name": "webhook_missing_fields", "probability": 0.2},
)


@pytest.fixture
def channel(dealership, simulator):
    found = dealership.channel("avito")
    found.deliveries(True)
    yield found
    simulator.control("POST", "/faults", {"clear": True})
    found.deliveries(False)


def test_whatever_happens_to_deliveries_each_message_stands_once(channel, dealership, simulator):
    shop = Marketplace(simulator, "avito")
    for fault in FAULTS:
        shop.fault(**fault)
    chats = [shop.say(name=f"Буря {number}", text="Начало", ago=60)["chat_id"] for number in range(4)]
    for step in range(1, 11):
        for chat_id in chats:
            # Each in a second of its own: Avito tells no finer time.
            shop.say(chat_id=chat_id, text=f"Вопрос {step} 🙂", ago=60 - 5 * step)
    for chat_id in chats:
        shop.reply(chat_id, "Ответ из приложения")
    shop.no_faults()

    def differences():
        found = {chat_id: same_on_both_sides(channel, shop, chat_id) for chat_id in chats}
        return {chat_id: difference for chat_id, difference in found.items() if difference}

    for chat_id in chats:
        channel.await_message(chat_id, shop.messages(chat_id)[-1]["id"])
    until("what was dropped is filled in", lambda: not differences(), nudge=channel.pull)
    # What is still on its way (repeats come late) changes nothing more.
    channel.await_message(chats[0], shop.say(chat_id=chats[0], text="Последний")["message_id"])
    assert differences() == {}
    for chat_id in chats:
        bodies = [one["text"] for one in shop.messages(chat_id)]
        assert [one["body"] for one in channel.messages(chat_id)] == bodies


def test_without_any_fault_only_deliveries_are_needed(channel, simulator):
    shop = Marketplace(simulator, "avito")
    said = shop.say(name="По звонку", text="Есть кто?")
    channel.await_message(said["chat_id"], said["message_id"], how=None)
    assert same_on_both_sides(channel, shop, said["chat_id"]) == {}


def test_strangers_and_garbage_change_nothing(channel, dealership, simulator):
    address = channel.read("webhook_url")["webhook_url"]
    ours = [["channel_id", "=", channel.id]]
    known = dealership.admin("marketplace.event", "search", ours)
    chats = dealership.admin("marketplace.conversation", "search", ours)
    deep = b'{"a":' * 30_000 + b"1" + b"}" * 30_000
    answers = {
        "not json": (address, b"\xff\xfe<html>", 400),
        "half": (address, b'{"id": "1", "payload": {', 400),
        "a list": (address, b"[1, 2]", 400),
        "too deep": (address, deep, 400),
        "too large": (address, b'{"x": "' + b"x" * 1_100_000 + b'"}', 413),
        "empty object": (address, b"{}", 200),
        "wrong secret": (address[:-3] + "xxx", b'{"id": "1"}', 404),
        "other channel": (address.replace(f"/{channel.id}/", "/9999/"), b'{"id": "1"}', 404),
    }
    for what, (url, body, status) in answers.items():
        answer = requests.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=10)
        assert answer.status_code == status, what
    # Deliveries of the tests before may still come: what has come since is not of this garbage.
    since = dealership.admin("marketplace.event", "search_read", [["id", "not in", known]], ["body"])
    garbage = {body.decode(errors="replace") for _url, body, _status in answers.values()}
    assert not garbage & {event["body"] for event in since}

    # JSON that is no delivery is kept, shown to the administrator, and in nobody's way.
    strange = {"id": "7", "payload": {"type": "message", "value": {"id": ["?"], "chat_id": None}}}
    assert requests.post(address, data=json.dumps(strange), timeout=10).status_code == 200
    until(
        "it is set aside",
        lambda: dealership.admin("marketplace.event", "search_count", [*ours, ["state", "=", "poison"]]),
    )
    shop = Marketplace(simulator, "avito")
    said = shop.say(name="После мусора", text="Дошло?")
    channel.await_message(said["chat_id"], said["message_id"], how=None)
    assert [message["body"] for message in channel.messages(said["chat_id"])] == ["Дошло?"]
    new = dealership.admin(
        "marketplace.conversation", "search_read", [*ours, ["id", "not in", chats]], ["external_id"]
    )
    assert {chat["external_id"] for chat in new} <= {chat["id"] for chat in shop.chats()}
