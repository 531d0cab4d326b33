"""Auto.ru's wire, scheme B: keys, rooms, messages, offers, calls."""

import re
import time
import uuid

import pytest
import requests

from .conftest import Autoru


def error_of(answer: requests.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["status"] == "ERROR" and body["detailed_error"]
    return answer.status_code, body["error"]


# --- keys ---


def test_login_gives_a_session_and_the_dealer(simulator):
    headers = {"x-authorization": "demo-token"}
    body = {"login": "demo@example.ru", "password": "demo-password"}
    answer = requests.post(
        simulator.urls["autoru"] + "/auth/login", json=body, headers=headers, timeout=5
    ).json()
    assert re.fullmatch(r"\d+\|\d+\.7776000\.[\w-]+\.[\w-]+", answer["session"]["id"])
    assert (answer["session"]["ttl_sec"], answer["status"]) == (7776000, "SUCCESS")
    assert answer["user"]["profile"]["autoru"]["client_id"] == "30001"


def test_login_refusals(simulator):
    autoru = Autoru(simulator.urls["autoru"])
    good = {"login": "demo@example.ru", "password": "demo-password"}
    assert error_of(autoru.post("/auth/login", good)) == (401, "NO_AUTH")
    autoru.session.headers["x-authorization"] = "vertis demo-token"
    assert error_of(autoru.post("/auth/login", good | {"password": "x"})) == (401, "AUTH_ERROR")
    assert error_of(autoru.post("/auth/login", {"login": 1})) == (400, "BAD_REQUEST")
    assert error_of(autoru.ask("POST", "/auth/login", data="{")) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("form", "value", "status"),
    [
        ("any", "demo-token", 200),
        ("any", "VERTIS demo-token", 200),
        ("bare", "demo-token", 200),
        ("bare", "Vertis demo-token", 401),
        ("vertis", "demo-token", 401),
        ("vertis", "Vertis demo-token", 200),
    ],
)
def test_the_tokens_prefix_can_be_strict(simulator, autoru, form, value, status):
    simulator.post("/config", {"autoru_token_form": form})
    autoru.session.headers["x-authorization"] = value
    assert autoru.get("/dealer/account").status_code == status


def test_either_session_header_will_do_and_sessions_end(simulator, autoru):
    session = autoru.session.headers.pop("x-session-id")
    assert error_of(autoru.get("/dealer/account")) == (401, "NO_AUTH")
    autoru.session.headers["x-session"] = session
    assert autoru.get("/1.0/dealer/account").json()["dealer_status"] == "ACTIVE"
    assert autoru.post("/auth/logout").json()["session"]["id"] != session
    assert error_of(autoru.get("/dealer/account")) == (401, "NO_AUTH")
    simulator.post("/config", {"autoru_session_seconds": 1})
    autoru.session.headers.pop("x-session")
    autoru.sign_in()
    time.sleep(1.1)
    assert error_of(autoru.get("/dealer/account")) == (401, "NO_AUTH")


def test_another_dealers_id_is_forbidden(autoru):
    assert autoru.ask("GET", "/dealer/account", headers={"x-dealer-id": "30001"}).status_code == 200
    answer = autoru.ask("GET", "/dealer/account", headers={"x-dealer-id": "1"})
    assert error_of(answer) == (403, "CUSTOMER_ACCESS_FORBIDDEN")


# --- rooms ---


def test_rooms_leave_out_what_is_falsy(autoru):
    rooms = autoru.rooms()
    assert len(rooms) == 10

    def walk(value):
        assert value not in (None, False, 0, "", [], {})
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(part)

    walk(rooms)
    assert all(re.fullmatch("[0-9a-f]{32}", room["id"]) for room in rooms)


def test_support_comes_first_and_has_no_offer(autoru):
    support, *others = autoru.rooms()
    assert "offer" not in support["subject"] and support["subject"]["title"] == "Чат с поддержкой"
    assert support["last_message"]["payload"]["content_type"] == "TEXT_HTML"
    assert all(room["subject"]["offer"]["source"]["category"] == "cars" for room in others)
    assert all(room["subject"]["title"] == "Чат" for room in others)
    assert [room["updated"] for room in others] == sorted((room["updated"] for room in others), reverse=True)


def test_user_ids_belong_to_one_room_and_an_author_may_be_none_of_them(autoru):
    rooms = autoru.rooms()
    mine = [room["me"] for room in rooms]
    assert len(set(mine)) == len(mine)
    users = [user["id"] for room in rooms for user in room["users"]]
    assert {len(user) for user in users} == {16, 54, 64}
    odd = [
        room for room in rooms if room["last_message"]["author"] not in {user["id"] for user in room["users"]}
    ]
    assert len(odd) == 1
    assert any("room_last_read" not in user for room in rooms for user in room["users"])


def test_by_id_tells_name_car_and_offer(simulator, autoru):
    room_id = simulator.chat_named("autoru", "Валерий")
    (room,) = autoru.get("/chat/room/by-id", id=room_id).json()["rooms"]
    assert (room["subject"]["title"], room["subject"]["title_v2"]) == (
        "Валерий",
        "Haval Jolion 1.5 AMT, 2025",
    )
    offer = room["subject"]["offer"]["value"]
    assert offer["additional_info"]["is_owner"] and offer["user_ref"] == "dealer:30001"
    assert all(url.startswith("//127.0.0.1:") for url in room["subject"]["image"].values())
    foreign = autoru.get("/chat/room/by-id", id=simulator.chat_named("autoru", "Сергей")).json()["rooms"][0]
    assert "is_owner" not in foreign["subject"]["offer"]["value"]["additional_info"]
    assert autoru.get("/chat/room/by-id", id="0" * 32).json() == {"status": "SUCCESS"}
    simulator.post("/config", {"autoru_unknown_room": "404"})
    assert autoru.get("/chat/room/by-id", id="0" * 32).status_code == 404
    assert autoru.get("/chat/room/by-id").status_code == 400


def test_unread_counter_and_marking_read(simulator, autoru):
    unread = autoru.rooms(only_unread="true")
    assert autoru.get("/chat/message/unread").json() == {
        "has_unread": True,
        "unread_counter": len(unread),
        "status": "SUCCESS",
    }
    for room in unread:
        assert autoru.ask("DELETE", "/chat/message/unread", params={"room_id": room["id"]}).json() == {
            "status": "SUCCESS"
        }
    assert autoru.get("/chat/message/unread").json() == {"status": "SUCCESS"}
    assert autoru.get("/chat/room/light", only_unread="true").json() == {"status": "SUCCESS"}
    ours = next(user for user in autoru.rooms()[1]["users"] if user["id"] == autoru.rooms()[1]["me"])
    assert ours["room_last_read"] > autoru.rooms()[1]["last_message"]["created"]
    assert autoru.ask("DELETE", "/chat/message/unread", params={"room_id": "x"}).status_code == 404


# --- messages ---


@pytest.fixture
def long_room(simulator):
    return simulator.post("/bulk", {"marketplace": "autoru", "chats": 1, "messages": 120})["chats"][0]


def test_ids_sort_as_time_does_and_hold_it(autoru, long_room, simulator):
    rows = autoru.messages(long_room, asc="true", count=100)
    ids = [row["id"] for row in rows]
    assert ids == sorted(ids) and len(ids) == 100
    ticks = (int(rows[0]["id"][1:16], 16) - 0x01B21DD213814000) // 10_000
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ticks / 1000))
    assert rows[0]["created"] == f"{stamp}.{ticks % 1000:03d}Z"
    fast = [
        simulator.post("/autoru/say", {"chat_id": long_room, "text": str(n)})["message_id"] for n in range(30)
    ]
    assert fast == sorted(fast)


def test_paging_by_from_up_and_down(simulator, autoru, long_room):
    ids = [row["id"] for row in simulator.transcript("autoru", long_room)]

    def got(**query):
        return [row["id"] for row in autoru.messages(long_room, **query)]

    assert got(asc="false", count=3) == ids[:-4:-1]
    assert got(asc="true", count=3) == ids[:3]
    assert got(**{"asc": "true", "from": ids[10], "count": 3}) == ids[10:13]
    assert got(**{"asc": "false", "from": ids[10], "count": 3}) == [ids[10], ids[9], ids[8]]
    assert got(count=500) == ids[:100]
    simulator.post(
        "/config",
        {"autoru_from": "exclusive", "autoru_asc_without_from": "newest", "autoru_default_asc": False},
    )
    assert got(**{"asc": "true", "from": ids[10], "count": 3}) == ids[11:14]
    assert got(**{"asc": "false", "from": ids[10], "count": 3}) == [ids[9], ids[8], ids[7]]
    assert got(asc="true", count=3) == ids[-3:]
    assert got(count=2) == ids[:-3:-1]
    assert got(**{"asc": "true", "from": ids[-1]}) == []


def test_kinds_of_messages(simulator, autoru):
    room = simulator.chat_named("autoru", "Михаил")
    picture = autoru.messages(room)[-1]
    assert "value" not in picture["payload"] and "me" not in picture
    sizes = picture["attachments"][0]["image"]["sizes"]
    assert requests.get("http:" + sizes["320x320"], timeout=5).headers["Content-Type"] == "image/jpeg"
    notice = autoru.messages(simulator.chat_named("autoru", "Роман"))[-1]
    assert notice["payload"]["content_type"] == "TEXT_HTML" and "<a " in notice["payload"]["value"]
    assert notice["properties"]["type"] == "NOTIFICATION"
    ours = autoru.messages(simulator.chat_named("autoru", "Григорий"))[-1]
    assert ours["me"] is True and ours["author"] in {one["me"] for one in autoru.rooms()}
    assert "hologram" in autoru.messages(simulator.chat_named("autoru", "Тимур"))[0]["attachments"][0]


def test_sending_is_idempotent_by_provided_id(simulator, autoru):
    room, key = simulator.chat_named("autoru", "Валерий"), str(uuid.uuid4())
    first, second = (autoru.send(room, "Здравствуйте!", key).json()["message"] for _ in range(2))
    assert first == second
    assert (first["provided_id"], first["me"], first["payload"]["value"]) == (key, True, "Здравствуйте!")
    third = autoru.send(room, "Здравствуйте!").json()["message"]
    assert third["id"] > first["id"] and "provided_id" not in third
    other = autoru.send(simulator.chat_named("autoru", "Михаил"), "Другой чат", key).json()["message"]
    assert other["id"] != first["id"]
    rows = [row for row in simulator.transcript("autoru", room) if row["direction"] == "out"]
    assert [row["id"] for row in rows] == [first["id"], third["id"]]
    simulator.post("/config", {"autoru_post_answer": "status"})
    assert autoru.send(room, "Ещё").json() == {"status": "SUCCESS"}
    assert "provided_id" not in autoru.messages(room)[1]


def test_sends_that_are_refused(simulator, autoru):
    room = simulator.chat_named("autoru", "Валерий")
    wrong = [autoru.send(room, text) for text in ("", "  ", None, 5, "я" * 1001)]
    wrong.append(
        autoru.post(
            "/chat/message", {"room_id": room, "payload": {"content_type": "TEXT_HTML", "value": "<b>"}}
        )
    )
    wrong.append(autoru.post("/chat/message", {"payload": {"content_type": "TEXT_PLAIN", "value": "x"}}))
    wrong.append(autoru.ask("POST", "/chat/message", data=b"[]"))
    assert [error_of(answer) for answer in wrong] == [(400, "BAD_REQUEST")] * len(wrong)
    assert error_of(autoru.send("0" * 32, "x"))[0] == 404
    assert len(simulator.transcript("autoru", room)) == 1


def test_a_trailing_slash_is_the_same_address(simulator, autoru):
    room = simulator.chat_named("autoru", "Валерий")
    assert (
        autoru.get("/1.0/chat/message/", room_id=room).json()
        == autoru.get("/chat/message", room_id=room).json()
    )


# --- offers and calls ---


def test_offers_in_pages(autoru):
    first = autoru.get("/user/offers/cars", page=1, page_size=6).json()
    assert first["pagination"] == {"page": 1, "page_size": 6, "total_offers_count": 10, "total_page_count": 2}
    assert len(first["offers"]) == 6
    assert "offers" not in autoru.get("/user/offers/cars", page=3, page_size=6).json()
    assert "offers" not in autoru.get("/user/offers/trucks").json()
    (camry,) = autoru.get("/user/offers/all", vin="XW7BN4HK50S118462", status="ACTIVE").json()["offers"]
    assert camry["documents"]["license_plate"] == "Е707ТА36"
    assert camry["price_info"]["rur_price"] == 3_290_000
    assert camry["car_info"]["mark_info"]["name"] == "Toyota"
    assert camry["state"]["mileage"] == 64_200 and camry["feedprocessor_unique_id"] == "SEV-0003"
    assert camry["additional_info"]["creation_date"].isdecimal()
    assert "mileage" not in first["offers"][0]["state"]
    assert error_of(autoru.get("/user/offers/cars", page_size=101)) == (429, "TOO_MANY_REQUESTS")
    assert error_of(autoru.get("/user/offers/planes"))[0] == 400
    assert autoru.get("/user/offers/cars/1120000001-ab12cd34").status_code == 404


def test_calls_and_their_records(simulator, autoru):
    body = autoru.post("/calltracking", {"sorting": {"sorting_type": "ASCENDING"}}).json()
    assert body["pagination"]["total_count"] == 4
    assert sum("offer" not in call for call in body["calls"]) == 1
    assert sum("talk_duration" not in call for call in body["calls"]) == 1
    assert {len(call["timestamp"]) for call in body["calls"]} == {
        len("2026-01-01T00:00:00Z"),
        len("2026-01-01T00:00:00.000Z"),
    }
    (missed,) = autoru.post("/calltracking", {"filter": {"results": "MISSED_GROUP"}}).json()["calls"]
    assert error_of(autoru.post("/calltracking/call/record", {"call_id": missed["call_id"]}))[0] == 404
    answered = next(call for call in body["calls"] if call.get("record_available"))
    given = autoru.post("/calltracking/call/record", {"external_id": answered["external_id"]}).json()
    assert requests.get(given["url"], timeout=5).status_code == 403
    sound = requests.get(given["url"], headers=given["headers"], timeout=5)
    assert sound.headers["Content-Type"] == "audio/mpeg"
    period = {"from": "2020-01-01T00:00:00.000Z", "to": "2020-02-01T00:00:00.000Z"}
    assert "calls" not in autoru.post("/calltracking", {"filter": {"period": period}}).json()
    for wrong in ({"filter": {"period": {"from": "x"}}}, {"pagination": {"page_size": 101}}, {"filter": 1}):
        assert error_of(autoru.post("/calltracking", wrong))[0] == 400


def test_whoever_asks_too_much_is_blocked(simulator, autoru):
    simulator.post("/config", {"autoru_rate_per_minute": 10, "autoru_block_seconds": 1})
    answers = [autoru.get("/dealer/account") for _ in range(25)]
    assert error_of(answers[-1]) == (429, "TOO_MANY_REQUESTS")
    simulator.post("/config", {"autoru_rate_per_minute": 300})
    assert autoru.get("/dealer/account").status_code == 429
    time.sleep(1.1)
    assert autoru.get("/dealer/account").status_code == 200
