"""The control API: what others build their tests on."""

import time

import pytest
import requests

from ..kinds import EXAMPLES
from .conftest import Autoru, Avito


def refused(simulator, path: str, body) -> str:
    """The sentence of a 400."""
    answer = requests.post(simulator.urls["control"] + path, json=body, timeout=5)
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]


@pytest.mark.parametrize("marketplace", ["avito", "autoru"])
def test_say_without_a_chat_opens_one_and_with_it_goes_on(simulator, marketplace):
    first = simulator.post(f"/{marketplace}/say", {"name": "Фёдор", "text": "Добрый вечер"})
    second = simulator.post(f"/{marketplace}/say", {"chat_id": first["chat_id"]})
    assert second["chat_id"] == first["chat_id"]
    chat = simulator.get(f"/{marketplace}/chats/{first['chat_id']}")
    assert (chat["name"], chat["unread"], bool(chat["item_id"])) == ("Фёдор", 2, True)
    assert [row["id"] for row in chat["messages"]] == [first["message_id"], second["message_id"]]
    row = chat["messages"][0]
    assert (row["direction"], row["type"], row["text"], row["read"]) == ("in", "text", "Добрый вечер", False)
    assert abs(row["created"] - time.time()) < 5
    assert simulator.get(f"/{marketplace}/chats")["chats"][0]["id"] == first["chat_id"]


@pytest.mark.parametrize("marketplace", ["avito", "autoru"])
@pytest.mark.parametrize("kind", EXAMPLES)
def test_say_of_every_type(simulator, marketplace, kind):
    body = {"type": kind, "item_id": {"avito": 7463700001, "autoru": "1120000001-ab12cd34"}[marketplace]}
    if (marketplace, kind) == ("autoru", "deleted"):
        assert "deleted" in refused(simulator, "/autoru/say", body)
        return
    said = simulator.post(f"/{marketplace}/say", body)
    if (marketplace, kind) == ("autoru", "call"):
        assert said["chat_id"] is None and said["call_id"]
        return
    (row,) = simulator.transcript(marketplace, said["chat_id"])
    assert row["type"] == {"unknown": "hologram"}.get(kind, kind)
    assert row["author"] == ("service" if kind == "system" else "buyer")


def test_say_about_listings_of_ones_choice(simulator, avito):
    said = simulator.post("/avito/say", {"item_id": 7463700003})
    assert simulator.get(f"/avito/chats/{said['chat_id']}")["item_title"] == "Toyota Camry 2.5 AT, 2021"
    without = simulator.post("/avito/say", {"item_id": None})
    assert without["chat_id"].startswith("u2u-")
    assert "context" not in avito.get(avito.path(2, f"/chats/{without['chat_id']}")).json()
    service = simulator.post("/avito/say", {"kind": "a2u", "type": "system"})
    assert service["chat_id"].startswith("a2u-") and service["chat_id"].endswith(f"-{avito.user}")
    support = simulator.post("/autoru/say", {"kind": "support", "type": "system"})["chat_id"]
    assert simulator.get(f"/autoru/chats/{support}")["item_id"] is None


def test_say_in_the_past_keeps_the_order(simulator, autoru):
    for marketplace in ("avito", "autoru"):
        chat = simulator.post(f"/{marketplace}/say", {"text": "2", "ago": 50})["chat_id"]
        for text, ago in (("4", 0), ("1", 100), ("3", 25)):
            simulator.post(f"/{marketplace}/say", {"chat_id": chat, "text": text, "ago": ago})
        assert [row["text"] for row in simulator.transcript(marketplace, chat)] == ["1", "2", "3", "4"]
    assert [row["payload"]["value"] for row in autoru.messages(chat)] == ["1", "2", "3", "4"]


def test_quoting(simulator, avito):
    first = simulator.post("/avito/say", {"text": "вопрос"})
    simulator.post("/avito/say", {"chat_id": first["chat_id"], "text": "ещё", "quote": first["message_id"]})
    newest = avito.messages(first["chat_id"]).json()["messages"][0]
    assert (newest["quote"]["id"], newest["quote"]["content"]) == (first["message_id"], {"text": "вопрос"})


def test_reply_reads_the_chat_and_comes_from_the_dealer(simulator):
    for marketplace, name in (("avito", "Олег"), ("autoru", "Валерий")):
        chat = simulator.chat_named(marketplace, name)
        simulator.post(f"/{marketplace}/reply", {"chat_id": chat, "text": "Из приложения"})
        rows = simulator.transcript(marketplace, chat)
        assert (rows[-1]["direction"], rows[-1]["via"], rows[-1]["text"]) == ("out", "app", "Из приложения")
        assert all(row["read"] for row in rows if row["direction"] == "in")


def test_reading_and_deleting_by_hand(simulator, autoru):
    chat = simulator.chat_named("autoru", "Григорий")
    simulator.post("/autoru/read", {"chat_id": chat})
    assert simulator.transcript("autoru", chat)[-1]["read"]
    buyer = next(
        user
        for room in autoru.rooms()
        if room["id"] == chat
        for user in room["users"]
        if user["id"] != room["me"]
    )
    assert buyer["room_last_read"]
    oleg = simulator.chat_named("avito", "Олег")
    simulator.post("/avito/read", {"chat_id": oleg, "by": "dealer"})
    assert simulator.get(f"/avito/chats/{oleg}")["unread"] == 0
    row = simulator.transcript("avito", oleg)[0]
    simulator.post("/avito/delete", {"chat_id": oleg, "message_id": row["id"]})
    assert simulator.transcript("avito", oleg)[0]["type"] == "deleted"


def test_bulk_is_fast_and_whole(simulator, avito):
    started = time.time()
    made = simulator.post(
        "/bulk", {"marketplace": "avito", "chats": 200, "messages": 500, "unread_share": 0.5}
    )
    assert time.time() - started < 20
    assert (len(made["chats"]), made["messages"]) == (200, 100_000)
    chats = {chat["id"]: chat for chat in simulator.get("/avito/chats")["chats"]}
    assert all(chats[one]["count"] == 500 for one in made["chats"])
    assert 50 < sum(chats[one]["unread"] for one in made["chats"]) < 150
    rows = simulator.transcript("avito", made["chats"][0])
    assert [row["created"] for row in rows] == sorted(row["created"] for row in rows)
    assert len({row["id"] for row in rows}) == 500
    assert rows[-1]["read"] is not chats[made["chats"][0]]["unread"]
    page = avito.messages(made["chats"][0], limit=100, offset=450).json()
    assert (len(page["messages"]), page["meta"]["has_more"]) == (50, False)


def test_requests_are_counted_by_template_without_keys(simulator, avito, autoru):
    chat = simulator.chat_named("avito", "Олег")
    simulator.get("/requests", reset="1")
    avito.messages(chat)
    avito.get(avito.path(3, f"/chats/{chat}/messages"))
    autoru.get("/1.0/chat/room/light")
    requests.post(simulator.urls["autoru"] + "/aggregators/auto/hook?token=secret", json={}, timeout=5)
    avito.get("/nothing/here")
    told = simulator.get("/requests")
    assert told["counts"] == {
        "avito": {
            "GET /messenger/v3/accounts/{user_id}/chats/{chat_id}/messages": 2,
            "GET (no such path)": 1,
        },
        "autoru": {"GET /chat/room/light": 1, "POST /aggregators/auto/hook": 1},
    }
    assert told["total"] == 5
    assert [one["status"] for one in told["recent"]] == [200, 200, 200, 400, 404]
    assert "secret" not in str(told)
    assert simulator.get("/requests", reset="1")["total"] == 5
    assert simulator.get("/requests")["total"] == 0


def test_reset_forgets_keys_faults_settings_and_chats(simulator, avito, autoru):
    said = simulator.post("/avito/say", {})
    simulator.fault("slow")
    simulator.post("/config", {"profile": "spec"})
    simulator.post("/reset", {"empty": True})
    assert simulator.get("/avito/chats")["chats"] == simulator.get("/autoru/chats")["chats"] == []
    assert len(simulator.get("/avito/listings")["listings"]) == 12
    assert simulator.get("/faults")["active"] == []
    assert simulator.get("/config")["profile"] == "live"
    assert avito.chats().status_code == autoru.get("/dealer/account").status_code == 401
    answer = requests.get(simulator.urls["control"] + f"/avito/chats/{said['chat_id']}", timeout=5)
    assert (answer.status_code, "no chat" in answer.json()["error"]) == (404, True)
    assert simulator.post("/avito/say", {})["chat_id"]


def test_accounts_have_worlds_of_their_own(simulator):
    keys = {"token": "t2", "login": "b@example.ru", "password": "p"}
    second = simulator.post("/accounts", {"marketplace": "autoru", "name": "Автомир", **keys})["account"]
    autoru = Autoru(simulator.urls["autoru"]).sign_in("b@example.ru", "p", "t2")
    assert autoru.get("/dealer/account").json()["account_id"] == str(second)
    assert autoru.rooms() == []
    said = simulator.post("/autoru/say", {"account": second, "text": "вам"})
    assert [room["id"] for room in autoru.rooms()] == [said["chat_id"]]
    assert simulator.transcript("autoru", said["chat_id"])[0]["text"] == "вам"
    assert "already" in refused(simulator, "/accounts", {"marketplace": "autoru", **keys})
    third = simulator.post(
        "/accounts", {"marketplace": "avito", "client_id": "x", "client_secret": "y", "demo": True}
    )
    avito = Avito(simulator.urls["avito"]).sign_in("x", "y")
    assert avito.user == third["account"] and len(avito.chats().json()["chats"]) == 14


def test_revoking_all_keys(simulator, avito, autoru):
    simulator.post("/avito/revoke")
    simulator.post("/autoru/revoke")
    assert avito.chats().status_code == autoru.get("/dealer/account").status_code == 401
    assert avito.sign_in().chats().status_code == 200


def test_a_price_cut_and_a_sale(simulator, avito, autoru):
    simulator.post("/avito/listings", {"item_id": 7463700002, "price": 1_150_000, "status": "removed"})
    simulator.post("/autoru/listings", {"item_id": "1120000002-0f4e9a71", "price": 1_140_000})
    value = avito.chats(item_ids=7463700002).json()["chats"][0]["context"]["value"]
    assert (value["price_string"], value["status_id"]) == ("1\u00a0150\u00a0000 ₽", 20)
    offers = autoru.get("/user/offers/cars", page_size=100).json()["offers"]
    assert (
        next(one for one in offers if one["id"] == "1120000002-0f4e9a71")["price_info"]["price"] == 1_140_000
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/avito/say", {"chat_id": "u2i-none"}),
        ("/avito/say", {"item_id": 5}),
        ("/avito/say", {"type": "smell"}),
        ("/avito/say", {"text": 5}),
        ("/avito/say", {"words": "x"}),
        ("/avito/say", {"ago": -1}),
        ("/avito/say", {"ago": "1"}),
        ("/avito/say", {"quote": "none"}),
        ("/avito/say", {"account": 5}),
        ("/avito/say", {"kind": "support"}),
        ("/avito/reply", {"text": "x"}),
        ("/avito/reply", {"chat_id": "x", "text": "x"}),
        ("/avito/read", {}),
        ("/avito/delete", {"chat_id": "x"}),
        ("/avito/say", []),
        ("/bulk", {}),
        ("/bulk", {"marketplace": "ebay"}),
        ("/bulk", {"marketplace": "avito", "chats": -1}),
        ("/bulk", {"marketplace": "avito", "chats": 10**6, "messages": 10**6}),
        ("/config", {"colour": 1}),
        ("/config", {"profile": "wild"}),
        ("/config", {"avito_rate_per_minute": "many"}),
        ("/config", {"avito_rate_per_minute": -1}),
        ("/config", {"live": 1}),
        ("/autoru/webhook", {"url": "ftp://x", "chat_id": "a"}),
        ("/autoru/webhook", {"url": "http://x"}),
        ("/accounts", {"marketplace": "avito"}),
        ("/accounts", {"marketplace": "avito", "client_id": "demo", "client_secret": "x"}),
        ("/avito/listings", {"item_id": 1}),
        ("/avito/listings", {"item_id": 7463700001, "status": "lost"}),
    ],
)
def test_bad_input_is_one_sentence(simulator, path, body):
    assert refused(simulator, path, body).endswith(".")


def test_bodies_that_are_no_json(simulator):
    for body in (b"{", b"\xff", b'{"ago": NaN}', b"[" * 100_000):
        answer = requests.post(simulator.urls["control"] + "/avito/say", data=body, timeout=5)
        assert answer.status_code == 400


def test_settings_change_all_or_nothing(simulator):
    refused(simulator, "/config", {"avito_echo": False, "profile": "wild"})
    assert simulator.get("/config")["avito_echo"] is True


def test_unknown_paths_and_the_index(simulator):
    assert requests.get(simulator.urls["control"] + "/nothing", timeout=5).json() == {"error": "Not Found"}
    assert "/bulk" in simulator.get("/")["paths"]


def test_thousands_of_requests_a_minute_pass(simulator, avito):
    simulator.post("/config", {"avito_rate_per_minute": 0})
    started = time.time()
    for _ in range(300):
        assert avito.get("/core/v1/accounts/self").status_code == 200
    # One client in one thread is the brake here; a slow machine shall not fail this.
    assert 300 / (time.time() - started) > 100
