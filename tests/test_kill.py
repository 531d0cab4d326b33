"""The server is killed in the middle of its work and started again: nothing is lost, nothing stands twice."""

import uuid

import pytest
from dealership import Dealership, Marketplace, same_on_both_sides, until
from odoo_server import own_server

KEYS = {
    "avito": {"client_id": "killed", "client_secret": "killed-secret"},
    "autoru": {"token": "killed-token", "login": "killed@example.ru", "password": "killed-password"},
}
# Auto.ru allows few requests a minute, and each chat takes two.
CHATS, MESSAGES = {"avito": 60, "autoru": 15}, 8


@pytest.fixture
def server(workspace):
    with own_server(workspace, "kill", lambda workspace, name: workspace.ensure(name)) as started:
        yield started
        assert not started.errors()


@pytest.fixture
def shops(simulator):
    """Both marketplaces with a full world of a dealer who is not connected yet."""
    found = {}
    for code, keys in KEYS.items():
        account = simulator.control("POST", "/accounts", {"marketplace": code, **keys})["account"]
        world = {
            "marketplace": code,
            "account": account,
            "chats": CHATS[code],
            "messages": MESSAGES,
            "days": 5,
        }
        simulator.control("POST", "/bulk", world)
        found[code] = Marketplace(simulator, code, account)
    return found


def connect(dealership, simulator):
    """Both channels, made and checked as an administrator does it; the check has the first pull begin."""
    urls = {"avito": simulator.avito_url, "autoru": simulator.autoru_url}
    for code, keys in KEYS.items():
        values = {f"{code}_{key}": value for key, value in keys.items()}
        channel = dealership.new_channel(marketplace=code, base_url=urls[code], **values)
        channel.call("action_check")


def held(dealership):
    return dealership.admin("marketplace.message", "search_count", [])


def differences(shops, channels):
    """Chats that are not the same on both sides, and how."""
    found = {}
    for code, shop in shops.items():
        for chat in shop.chats():
            if difference := same_on_both_sides(channels[code], shop, chat["id"]):
                found[chat["id"]] = difference
    return found


def restart(server):
    server.kill()
    server.start()
    return Dealership(server)


def test_killed_in_the_first_pull_and_in_a_burst_of_replies(server, shops, simulator):
    dealership = Dealership(server)
    connect(dealership, simulator)
    everything = sum(CHATS.values()) * MESSAGES
    for part in (0.1, 0.4, 0.7):
        await_history(dealership, part * everything)
        dealership = restart(server)
    channels = {code: dealership.channel(code) for code in shops}

    def pull():
        for channel in channels.values():
            channel.pull()

    until("the whole history", lambda: held(dealership) >= everything, seconds=60, nudge=pull)
    assert held(dealership) == everything
    assert differences(shops, channels) == {}

    replies = post_replies(dealership, shops, channels)
    for part in (0.2, 0.6):
        await_sent(dealership, shops, replies, part * len(replies))
        dealership = restart(server)
    channels = {code: dealership.channel(code) for code in shops}

    def all_sent():
        states = dealership.admin("marketplace.message", "read", [row for row, *_ in replies], ["state"])
        assert not [one for one in states if one["state"] in ("failed", "canceled")]
        return all(one["state"] in ("sent", "read") for one in states)

    until("every reply is sent", all_sent, seconds=120, nudge=dealership.run_due_jobs)
    times = [shops[code].sent(chat_id, text) for _, code, chat_id, text in replies]
    assert times == [1] * len(replies)
    assert held(dealership) == everything + len(replies)
    touched = {(code, chat_id) for _, code, chat_id, _ in replies}
    for code, chat_id in touched:
        ours = [one["body"] for one in channels[code].messages(chat_id) if one["direction"] == "out"]
        theirs = [one["text"] for one in shops[code].messages(chat_id, "out")]
        assert sorted(ours) == sorted(theirs)
        assert [text for text in theirs if text.startswith("Ответ ")] == [
            text for _, at, chat, text in replies if (at, chat) == (code, chat_id)
        ]


def post_replies(dealership, shops, channels):
    """Ten chats of each marketplace get two replies each: (number, marketplace, chat, text)."""
    replies = []
    for code, shop in shops.items():
        for chat in shop.chats()[:10]:
            number = channels[code].conversation(chat["id"])
            for turn in (1, 2):
                text = f"Ответ {turn} в {chat['id']}"
                (row,) = dealership.post("admin", number, text, str(uuid.uuid4()))["ids"]
                replies.append((row, code, chat["id"], text))
    return replies


def await_history(dealership, number):
    until(f"{number:.0f} messages", lambda: held(dealership) > number, 60, dealership.run_due_jobs)


def await_sent(dealership, shops, replies, number):
    """Wait until so many of the replies stand at the marketplaces."""

    def sent():
        return sum(shops[code].sent(chat_id, text) for _, code, chat_id, text in replies)

    until(f"{number:.0f} replies", lambda: sent() > number, nudge=dealership.run_due_jobs)
