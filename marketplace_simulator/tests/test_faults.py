"""Every fault strikes as its name says. The expected answers are written down here anew."""

import time

import pytest
import requests

from ..fault_kinds import KINDS

UNAUTHORIZED = '{"error": {"code": 401, "message": "Unauthorized"}}'
AVITO_ANSWERS = {
    "unauthorized": (401, UNAUTHORIZED),
    "token_expired": (403, "invalid access token"),
    "token_revoked": (401, UNAUTHORIZED),
    "forbidden_token": (403, '{"result": {"status": false, "message": "invalid access token"}}'),
    "forbidden": (403, '{"error": {"code": 403, "message": "Forbidden"}}'),
    "payment_required": (402, '{"error": {"code": 402, "message": "Payment required"}}'),
    "bad_request": (400, '"fields"'),
    "not_found": (404, '{"error": {"code": 404, "message": "Not found"}}'),
    "rate_limited": (429, '{"error": {"code": 429'),
    "rate_limited_empty": (429, ""),
    "rate_limited_braces": (429, "{}"),
    "rate_limited_retry_after": (429, "{}"),
    "server_error": (500, "Please, contact support"),
    "unavailable": (503, "temporarily unavailable"),
    "html_error": (502, "<html>"),
    "html_ok": (200, "<!doctype html>"),
    "flat_error": (404, '{"code": "404", "message": "Not found"}'),
    "result_error": (400, '{"result": {"error": {"code": 1001'),
    "result_error_ok": (200, '{"result": {"error": {"code": 1003'),
    "slug_error": (400, '"slug": "bad-request"'),
}
AUTORU_ANSWERS = {
    "unauthorized": (401, '"NO_AUTH"'),
    "token_expired": (401, '"NO_AUTH"'),
    "token_revoked": (401, '"NO_AUTH"'),
    "payment_required": (402, '"NOT_ENOUGH_FUNDS_ON_ACCOUNT"'),
    "forbidden": (403, '"CUSTOMER_ACCESS_FORBIDDEN"'),
    "agent_access_forbidden": (403, '"AGENT_ACCESS_FORBIDDEN"'),
    "bad_request": (400, '"BAD_REQUEST"'),
    "not_found": (404, '"OFFER_NOT_FOUND"'),
    "client_not_found": (404, '"CLIENT_NOT_FOUND"'),
    "no_phone": (409, '"NO_PHONE"'),
    "unprocessable": (422, '"UNPROCESSABLE_ENTITY"'),
    "rate_limited": (429, '"TOO_MANY_REQUESTS"'),
    "rate_limited_empty": (429, ""),
    "rate_limited_braces": (429, "{}"),
    "rate_limited_retry_after": (429, "{}"),
    "server_error": (500, '"INTERNAL SERVER ERROR"'),
    "unknown_error": (500, '"UNKNOWN_ERROR"'),
    "unavailable": (503, '"ERROR"'),
    "html_error": (502, "<html>"),
    "html_ok": (200, "<!doctype html>"),
    "status_error": (200, '"status": "ERROR"'),
}
# Faults of single addresses: marketplace, method, path, status, text.
SPECIAL = {
    "invalid_client": ("avito", "POST", "/token", 401, '"invalid_client"'),
    "invalid_client_ok": ("avito", "POST", "/token", 200, '"invalid_client"'),
    "call_error": ("avito", "POST", "/calltracking/v1/getCalls/", 200, '"code": 1003'),
    "record_not_ready": ("avito", "GET", "/calltracking/v1/getRecordByCallId/", 425, '"code": 1005'),
    "auth_error": ("autoru", "POST", "/1.0/auth/login", 401, '"AUTH_ERROR"'),
    "code_auth_required": ("autoru", "POST", "/1.0/auth/login", 403, '"CODE_AUTH_REQUIRED"'),
    "password_expired": ("autoru", "POST", "/1.0/auth/login", 403, '"PASSWORD_EXPIRED"'),
}
BROKEN = requests.ConnectionError


def test_the_tables_here_know_every_answer():
    told = AVITO_ANSWERS.keys() | AUTORU_ANSWERS.keys() | SPECIAL.keys()
    assert told == {name for name, kind in KINDS.items() if kind.stage in ("answer", "token")}


@pytest.mark.parametrize(("name", "expected"), AVITO_ANSWERS.items(), ids=AVITO_ANSWERS)
def test_answers_of_avito(simulator, avito, name, expected):
    simulator.fault(name, times=1, marketplace="avito")
    answer = avito.chats(limit=1)
    assert answer.status_code == expected[0]
    assert expected[1] in answer.text and bool(expected[1]) == bool(answer.text)
    assert avito.chats(limit=1).status_code == (401 if name.startswith("token_") else 200)


@pytest.mark.parametrize(("name", "expected"), AUTORU_ANSWERS.items(), ids=AUTORU_ANSWERS)
def test_answers_of_autoru(simulator, autoru, name, expected):
    simulator.fault(name, times=1, marketplace="autoru")
    answer = autoru.get("/1.0/chat/room/light")
    assert answer.status_code == expected[0]
    assert expected[1] in answer.text and bool(expected[1]) == bool(answer.text)
    assert autoru.get("/chat/room/light").status_code == (401 if name.startswith("token_") else 200)


@pytest.mark.parametrize(("name", "expected"), SPECIAL.items(), ids=SPECIAL)
def test_answers_of_single_addresses(simulator, avito, autoru, name, expected):
    marketplace, method, path, status, text = expected
    wire = {"avito": avito, "autoru": autoru}[marketplace]
    simulator.fault(name)
    assert wire.get("/core/v1/items" if marketplace == "avito" else "/dealer/account").status_code == 200
    answer = wire.ask(method, path)
    assert (answer.status_code, text in answer.text) == (status, True)


def test_limit_headers(simulator, avito):
    simulator.post(
        "/faults",
        {
            "faults": [
                {"name": "rate_limited", "times": 1},
                {"name": "rate_limited_retry_after", "times": 1},
                {"name": "rate_limited_empty", "times": 1},
            ]
        },
    )
    first, second, third = (avito.chats().headers for _ in range(3))
    assert first["X-RateLimit-Remaining"] == "0" and "Retry-After" not in first
    assert second["Retry-After"] == "2" and "X-RateLimit-Remaining" not in second
    assert "X-RateLimit-Remaining" not in third and "Retry-After" not in third


# --- what is done and what is not ---


@pytest.mark.parametrize(
    ("name", "done"),
    [("drop_before", False), ("timeout_before", False), ("drop_after", True), ("timeout_after", True)],
)
def test_broken_connections(simulator, avito, autoru, name, done):
    simulator.fault(name, seconds=0.1, path="/messages?$|/chat/message$", method="POST")
    chat, room = simulator.chat_named("avito", "Олег"), simulator.chat_named("autoru", "Валерий")
    with pytest.raises(BROKEN):
        avito.send(chat, "дошло?")
    with pytest.raises(BROKEN):
        autoru.send(room, "дошло?", "key")
    assert (simulator.transcript("avito", chat)[-1]["text"] == "дошло?") is done
    assert (simulator.transcript("autoru", room)[-1]["text"] == "дошло?") is done
    assert avito.chats().status_code == 200
    simulator.post("/faults", {"clear": True})
    assert autoru.send(room, "дошло?", "key").status_code == 200
    assert [row["text"] for row in simulator.transcript("autoru", room)].count("дошло?") == 1


@pytest.mark.parametrize(("name", "status"), [("error_after", 500), ("html_after", 502)])
def test_errors_after_the_work(simulator, avito, name, status):
    chat = simulator.chat_named("avito", "Олег")
    simulator.fault(name, times=1)
    assert avito.send(chat, "ушло").status_code == status
    assert simulator.transcript("avito", chat)[-1]["text"] == "ушло"


def test_a_hanging_answer_outlasts_the_client(simulator, avito):
    chat = simulator.chat_named("avito", "Олег")
    simulator.fault("timeout_after", times=1)
    with pytest.raises(requests.ReadTimeout):
        avito.send(chat, "ушло", timeout=0.3)
    assert simulator.transcript("avito", chat)[-1]["text"] == "ушло"


def test_slow(simulator, avito):
    simulator.fault("slow", seconds=0.4, times=1)
    started = time.time()
    assert avito.chats(limit=1).status_code == 200
    assert time.time() - started > 0.35
    assert avito.chats(limit=1).elapsed.total_seconds() < 0.3


# --- bent answers ---


def test_bent_bytes(simulator, avito):
    good = avito.chats(limit=2).text
    simulator.post(
        "/faults",
        {
            "faults": [
                {"name": name, "times": 1}
                for name in ("wrong_content_type", "truncated_json", "empty_body", "broken_utf8")
            ]
        },
    )
    plain, cut, empty, broken = (avito.chats(limit=2) for _ in range(4))
    assert plain.headers["Content-Type"].startswith("text/plain") and plain.text == good
    assert 0 < len(cut.content) < len(good.encode()) and good.startswith(cut.content.decode(errors="ignore"))
    assert (empty.status_code, empty.content) == (200, b"")
    with pytest.raises(UnicodeDecodeError):
        broken.content.decode()


def test_bent_contents(simulator, avito, autoru):
    good = avito.chats().json()["chats"]

    chats_path = avito.path(2, "/chats")

    def under(name, wire=avito, path=chats_path):
        simulator.fault(name, times=1, path=r"/chats$|/room/light$")
        return wire.get(path).json()

    missing = under("missing_fields")
    assert "meta" not in missing and all(
        not {"context", "last_message"} & set(chat) for chat in missing["chats"]
    )
    assert all(chat["last_message"] is None for chat in under("null_fields")["chats"])
    assert all("new_field_2027" in chat for chat in under("extra_fields")["chats"])
    assert [chat["id"] for chat in under("repeated_ids")["chats"]] == [
        chat["id"] for chat in [*good, good[0]]
    ]
    shuffled = [chat["id"] for chat in under("shuffled")["chats"]]
    assert sorted(shuffled) == sorted(chat["id"] for chat in good) and shuffled != [
        chat["id"] for chat in good
    ]
    assert under("short_page")["chats"] == good[:-1]
    assert under("numbers_as_strings")["chats"][0]["updated"] == str(good[0]["updated"])
    rooms = under("missing_fields", autoru, "/1.0/chat/room/light")["rooms"]
    assert all("users" not in room and "me" in room for room in rooms)


def test_what_buyers_write_can_be_unknown_or_ahead_of_the_clock(simulator):
    simulator.fault("unknown_type", times=1)
    said = simulator.post("/avito/say", {"text": "что это"})
    assert simulator.transcript("avito", said["chat_id"])[0]["type"] == "hologram"
    simulator.fault("clock_skew", times=1, seconds=600)
    said = simulator.post("/autoru/say", {})
    assert 590 < simulator.transcript("autoru", said["chat_id"])[0]["created"] - time.time() < 610


# --- the board ---


def test_faults_are_limited_by_path_method_marketplace_and_times(simulator, avito, autoru):
    simulator.fault("server_error", path="/messages$", method="GET", marketplace="avito", times=2)
    chat = simulator.chat_named("avito", "Олег")
    assert avito.chats().status_code == 200
    assert avito.send(chat, "x").status_code == 200
    assert autoru.get("/chat/room/light").status_code == 200
    assert [avito.messages(chat).status_code for _ in range(3)] == [500, 500, 200]
    assert simulator.get("/faults")["active"] == []


def test_probability(simulator, avito):
    simulator.fault("server_error", probability=0.5)
    statuses = [avito.get("/core/v1/accounts/self").status_code for _ in range(60)]
    assert 10 < statuses.count(500) < 50
    assert 10 < simulator.get("/faults")["active"][0]["hits"] < 50


def test_switching_off_and_listing(simulator):
    simulator.fault("server_error")
    simulator.fault("server_error", marketplace="autoru")
    simulator.fault("slow")
    listed = simulator.fault("server_error", on=False, marketplace="autoru")
    assert [(one["name"], one.get("marketplace")) for one in listed["active"]] == [
        ("server_error", None),
        ("slow", None),
    ]
    assert simulator.fault("server_error", on=False)["active"][0]["name"] == "slow"
    assert simulator.post("/faults", {"clear": True})["active"] == []
    known = simulator.get("/faults")["known"]
    assert {one["name"] for one in known} == set(KINDS)
    assert all(one["about"].endswith(".") for one in known)


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "nothing"},
        {"name": "slow", "seconds": "3"},
        {"name": "slow", "times": 0},
        {"name": "slow", "path": "("},
        {"name": "auth_error", "marketplace": "avito"},
        {"name": "slow", "what": 1},
        {"faults": "slow"},
    ],
)
def test_wrong_wishes_are_400(simulator, wish):
    answer = requests.post(simulator.urls["control"] + "/faults", json=wish, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_pictures_are_spared_unless_named(simulator):
    url = simulator.urls["avito"] + "/media/photo/car-camry-side/64x64.jpg"
    simulator.fault("server_error")
    assert requests.get(url, timeout=5).status_code == 200
    simulator.fault("not_found", path="^/media/")
    assert requests.get(url, timeout=5).status_code == 404
