"""Auto.ru's sessions, refusals, hook addresses, and the readings its documents leave open."""

import json
import time
from datetime import datetime, timedelta, timezone
from threading import Barrier, Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from ledger import Ledger
from marketplaces import autoru as module
from marketplaces.autoru import HOOK_URL, AutoruClient
from marketplaces.errors import (
    CredentialsError,
    EntitlementError,
    MarketplaceError,
    OutcomeUnknownError,
    RateLimitError,
    RejectedError,
    TemporaryError,
)
from wire import Wire, hang_up, reply

LOGIN, LIGHT, UNREAD = "POST /auth/login", "GET /chat/room/light", "GET /chat/message/unread"
SEND, HOOK = "POST /chat/message", "POST /aggregators/auto/hook"
ACCOUNT, OFFERS = "GET /dealer/account", "GET /user/offers/all"
ROOM = "77aa" * 8


def as_json(status: int, body: object) -> bytes:
    return reply(status, json.dumps(body))


def trouble(status: int, code: str, said: str = "") -> bytes:
    return as_json(status, {"error": code, "status": "ERROR", "detailed_error": said})


def logged_in(session_id: str = "1|a.b", days: float = 90, client_id: str | None = "30001") -> bytes:
    ends = datetime.now(timezone.utc) + timedelta(days=days)
    session = {
        "id": session_id,
        "ttl_sec": 7776000,
        "expire_timestamp": ends.strftime("%Y-%m-%dT%H:%M:%S.100Z"),
    }
    profile = {"client_id": client_id} if client_id else {}
    user = {"id": "1", "profile": {"autoru": profile}}
    return as_json(200, {"session": session, "user": user, "status": "SUCCESS"})


@pytest.fixture
def server(wire: Wire) -> Wire:
    wire.routes = {
        LOGIN: logged_in(),
        LIGHT: as_json(200, {"status": "SUCCESS"}),
        ACCOUNT: as_json(200, {"account_id": "30829", "dealer_status": "ACTIVE"}),
        OFFERS: as_json(200, {"status": "SUCCESS"}),
    }
    return wire


@pytest.fixture
def autoru(server, store):
    """Makes clients of this server; all are closed at the end."""
    made = []

    def make(**settings) -> AutoruClient:
        keys = {"base_url": server.url, "token": "tok", "login": "a@b.ru", "password": "secret-word"}
        client = AutoruClient({**keys, **settings}, store)
        client.api.transport.timeout = (1, 0.4)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


def refusal(call) -> MarketplaceError:
    with pytest.raises(MarketplaceError) as caught:
        call()
    return caught.value


def header(request: bytes, name: str) -> str | None:
    for row in request.decode().split("\r\n")[1:]:
        key, _, value = row.partition(": ")
        if key.lower() == name:
            return value
    return None


# ---------------------------------------------------------------- who we are


@pytest.mark.parametrize(
    ("token", "sent"), [("tok", "Vertis tok"), (" Vertis tok ", "Vertis tok"), ("vertis tok", "vertis tok")]
)
def test_the_tokens_form(server, autoru, token, sent):
    autoru(token=token).rooms()
    assert [header(request, "x-authorization") for request in server.asked] == [sent, sent]


def test_both_session_headers_and_no_dealer_on_chats(server, autoru):
    client = autoru(dealer_id="20101")
    client.rooms()
    request = server.asked[-1]
    assert (header(request, "x-session-id"), header(request, "x-session")) == ("1|a.b", "1|a.b")
    assert header(request, "x-dealer-id") is None
    list(client.listings())
    assert header(server.asked[-1], "x-dealer-id") == "20101"


def test_a_session_is_kept_and_renewed_days_ahead(server, autoru, store):
    autoru().rooms()
    autoru().rooms()
    assert server.count(LOGIN) == 1
    assert store.session["renew_at"] == pytest.approx(time.time() + 87 * 86400, abs=60)
    store.session["renew_at"] = time.time() - 1
    autoru().rooms()
    assert server.count(LOGIN) == 2
    assert autoru().api.dealer_id == "30001"


def test_a_dead_session_is_renewed_once_and_the_request_repeated_once(server, autoru, store):
    autoru().rooms()

    def only_the_new_one(connection):
        fresh = header(server.asked[-1], "x-session-id") == "2|c"
        connection.sendall(as_json(200, {}) if fresh else trouble(401, "NO_AUTH"))

    server.routes |= {LOGIN: logged_in("2|c"), LIGHT: only_the_new_one}
    assert autoru().rooms() == ()
    assert (server.count(LOGIN), server.count(LIGHT)) == (2, 3)
    server.routes[LIGHT] = trouble(401, "NO_AUTH")
    assert refusal(autoru().rooms).reason == "session_refused"
    assert (server.count(LOGIN), server.count(LIGHT)) == (3, 5)


def test_two_threads_log_in_once(server, autoru, store):
    autoru().rooms()
    meet, names = Barrier(2), iter(("2|c", "3|d"))

    def only_the_new_one(connection):
        old = header(server.asked[-1], "x-session-id") == "1|a.b"
        if old:
            meet.wait(5)
        connection.sendall(trouble(401, "NO_AUTH") if old else as_json(200, {}))

    server.routes |= {
        LOGIN: lambda connection: connection.sendall(logged_in(next(names))),
        LIGHT: only_the_new_one,
    }
    clients = [autoru(), autoru()]
    threads = [Thread(target=client.rooms) for client in clients]
    for client, thread in zip(clients, threads, strict=True):
        client.api.transport.timeout = (5, 5)
        thread.start()
    for thread in threads:
        thread.join()
    assert (server.count(LOGIN), store.session["session_id"]) == (2, "2|c")


def test_a_pasted_session_is_used_as_it_is(server, autoru):
    client = autoru(login="", password="", session_id=" 9|x ")
    client.rooms()
    assert header(server.asked[-1], "x-session-id") == "9|x"
    server.routes[LIGHT] = trouble(401, "NO_AUTH")
    assert refusal(client.rooms).reason == "session_refused"
    assert server.count(LOGIN) == 0


def test_a_dead_pasted_session_gives_way_to_the_password(server, autoru):
    def only_the_new_one(connection):
        fresh = header(server.asked[-1], "x-session-id") == "1|a.b"
        connection.sendall(as_json(200, {}) if fresh else trouble(401, "NO_AUTH"))

    server.routes[LIGHT] = only_the_new_one
    autoru(session_id="9|x").rooms()
    autoru(session_id="9|x").rooms()
    assert (server.count(LOGIN), server.count(LIGHT)) == (1, 3)


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (trouble(401, "AUTH_ERROR"), CredentialsError, "wrong_login"),
        (trouble(403, "CODE_AUTH_REQUIRED"), CredentialsError, "code_required"),
        (trouble(403, "PASSWORD_EXPIRED"), CredentialsError, "password_expired"),
        (logged_in(client_id=None), EntitlementError, "not_a_dealer"),
        (as_json(401, {}), CredentialsError, "wrong_keys"),
        (trouble(401, "NO_AUTH", "Unknown token"), CredentialsError, "wrong_keys"),
        (as_json(200, {"status": "SUCCESS"}), TemporaryError, "bad_answer"),
        (reply(502, "<html>"), TemporaryError, "server_error"),
        (hang_up, TemporaryError, "timeout"),
    ],
)
def test_logins_that_fail(server, autoru, answer, kind, reason):
    server.routes[LOGIN] = answer
    error = refusal(autoru().rooms)
    assert (type(error), error.reason) == (kind, reason)


def test_an_agency_names_its_dealer(server, autoru):
    server.routes[LOGIN] = logged_in(client_id=None)
    client = autoru(dealer_id="20101")
    client.rooms()
    assert client.api.dealer_id == "20101"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"token": ""}, "keys_missing"),
        ({"login": "", "password": ""}, "keys_missing"),
        ({"password": ""}, "keys_missing"),
        ({"token": "токен"}, "wrong_keys"),
        ({"session_id": "a\r\nx-evil: 1"}, "wrong_keys"),
    ],
)
def test_keys_that_cannot_be_any(server, autoru, settings, reason):
    assert refusal(autoru(**settings).rooms).reason == reason
    assert server.asked == []


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (trouble(400, "BAD_REQUEST"), RejectedError, "bad_request"),
        (trouble(402, "NOT_ENOUGH_FUNDS_ON_ACCOUNT"), EntitlementError, "payment_required"),
        (trouble(403, "CUSTOMER_ACCESS_FORBIDDEN"), EntitlementError, "forbidden"),
        (trouble(403, "AGENT_ACCESS_FORBIDDEN"), EntitlementError, "forbidden"),
        (trouble(404, "CLIENT_NOT_FOUND"), RejectedError, "not_found"),
        (trouble(422, "UNPROCESSABLE_ENTITY"), RejectedError, "bad_request"),
        (trouble(429, "TOO_MANY_REQUESTS"), RateLimitError, "too_many_requests"),
        (reply(429, b""), RateLimitError, "too_many_requests"),
        (trouble(500, "UNKNOWN_ERROR"), TemporaryError, "server_error"),
        (trouble(200, "BAD_REQUEST"), RejectedError, "bad_request"),
        (trouble(200, "INTERNAL SERVER ERROR"), TemporaryError, "server_error"),
        (trouble(200, "TOO_MANY_REQUESTS"), RateLimitError, "too_many_requests"),
        (as_json(200, {"status": "error"}), RejectedError, "bad_request"),
        (reply(200, "<html>"), TemporaryError, "bad_answer"),
        (reply(502, "<html>"), TemporaryError, "server_error"),
    ],
)
def test_shapes_of_errors(server, autoru, answer, kind, reason):
    server.routes[LIGHT] = answer
    error = refusal(autoru().rooms)
    assert (type(error), error.reason) == (kind, reason)
    if reason == "too_many_requests":
        assert error.retry_after == 60


def test_what_autoru_says_is_kept_without_our_keys(server, autoru):
    server.routes[LIGHT] = trouble(400, "BAD_REQUEST", "token tok of secret-word and 1|a.b, чат закрыт")
    assert refusal(autoru().rooms).detail == "***en *** of *** and ***, чат закрыт"


def test_a_path_is_tried_with_a_slash_once(server, autoru):
    server.routes |= {LIGHT: reply(404, b""), LIGHT + "/": as_json(200, {"rooms": [{"id": ROOM}]})}
    assert [room.external_id for room in autoru().rooms()] == [ROOM]


@pytest.mark.parametrize("answer", [as_json(200, {}), trouble(404, "NOT_FOUND"), trouble(400, "BAD_REQUEST")])
def test_an_unknown_room(server, autoru, answer):
    server.routes["GET /chat/room/by-id"] = answer
    assert isinstance(refusal(lambda: autoru().conversation(ROOM)), RejectedError)


# ---------------------------------------------------------------- sending


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (hang_up, OutcomeUnknownError, "line_broken"),
        (lambda _connection: time.sleep(0.8), OutcomeUnknownError, "line_broken"),
        (trouble(500, "UNKNOWN_ERROR"), OutcomeUnknownError, "server_error"),
        (trouble(200, "UNKNOWN_ERROR"), OutcomeUnknownError, "server_error"),
        (trouble(200, "BAD_REQUEST"), RejectedError, "bad_request"),
        (trouble(400, "BAD_REQUEST"), RejectedError, "bad_request"),
    ],
)
@pytest.mark.parametrize(("path", "mode"), [(SEND, "pull"), (HOOK, "webhook")])
def test_sendings_that_fail_leave_once(server, autoru, answer, kind, reason, path, mode):
    server.routes[path] = answer
    error = refusal(lambda: autoru(mode=mode, chat_id="Q7mV").send_text(ROOM, "Да", "key-1"))
    assert (type(error), error.reason, server.count(path)) == (kind, reason, 1)


@pytest.mark.parametrize(
    "body", [{"status": "SUCCESS"}, {"message": {"id": "m1", "created": "2026-02-01T10:00:00Z"}}]
)
def test_an_answer_with_and_without_the_message(server, autoru, body):
    server.routes[SEND] = as_json(200, body)
    sent = autoru().send_text(ROOM, "Да", "key-1")
    assert sent.external_id == body.get("message", {}).get("id", "")
    given = json.loads(server.asked[-1].partition(b"\r\n\r\n")[2])
    assert given == {
        "room_id": ROOM,
        "payload": {"content_type": "TEXT_PLAIN", "value": "Да"},
        "provided_id": "key-1",
    }


@pytest.mark.parametrize("answer", [reply(200, b""), reply(200, "{}"), reply(200, "OK")])
def test_the_hook_may_answer_with_anything(server, autoru, answer):
    server.routes[HOOK] = answer
    client = autoru(mode="webhook", chat_id="Q7mV", sender_name="Анна")
    assert client.send_text("buyer", "Добрый день!", "key-1").external_id == "key-1"
    assert server.lines[-1] == "POST /aggregators/auto/hook?token=Q7mV"
    assert header(server.asked[-1], "x-authorization") == "Vertis tok"
    assert json.loads(server.asked[-1].partition(b"\r\n\r\n")[2]) == {
        "sender": {"name": "Анна"},
        "recipient": {"id": "buyer"},
        "message": {"type": "text", "id": "key-1", "text": "Добрый день!"},
    }


@pytest.mark.parametrize("dead", ["nobody listens", 404, 405])
def test_the_other_address_of_the_hook(server, autoru, store, dead):
    if dead == "nobody listens":
        first = "http://127.0.0.1:1/hook"
    else:
        first = f"{server.url}/old/hook"
        server.routes["POST /old/hook"] = reply(dead, b"")
    client = autoru(mode="webhook", chat_id="Q7mV", hook_url=first)
    client.send_text("buyer", "Да", "key-1")
    assert store.session["hook"] == f"{server.url}/aggregators/auto/hook"
    client.send_text("buyer", "Да", "key-2")
    assert server.count(HOOK) == 2
    assert server.count("POST /old/hook") <= 1, "the address that answered is remembered"


def test_a_refusal_is_told_rather_than_a_dead_address(server, autoru):
    server.routes[HOOK] = trouble(404, "CLIENT_NOT_FOUND")
    client = autoru(mode="webhook", chat_id="Q7mV", hook_url="http://127.0.0.1:1/hook")
    assert refusal(lambda: client.send_text("buyer", "Да", "key-1")).reason == "not_found"


def test_the_token_goes_to_nobody_elses_host(server, autoru):
    client = autoru(
        mode="webhook", chat_id="Q7mV", hook_url=server.url.replace("127.0.0.1", "localhost") + "/hook"
    )
    client.send_text("buyer", "Да", "key-1")
    assert server.lines == ["POST /hook?token=Q7mV"]
    assert header(server.asked[-1], "x-authorization") is None


def test_a_stand_ins_channel_never_knocks_at_the_real_hook(server, autoru):
    assert autoru(mode="webhook")._hook_urls() == [f"{server.url}/aggregators/auto/hook"]
    real = autoru(base_url="", mode="webhook")
    assert real._hook_urls() == [HOOK_URL, "https://apiauto.ru/1.0/aggregators/auto/hook"]


def test_pictures_need_the_hook_and_an_address(server, autoru):
    picture = (ROOM, b"png", "image/png", "key-1")
    assert refusal(lambda: autoru().send_image(*picture, "https://crm/1.png")).reason == "not_supported"
    assert refusal(lambda: autoru(chat_id="Q7mV").send_image(*picture)).reason == "not_supported"
    big = (ROOM, b"0" * (10 * 2**20 + 1), "image/png", "key-1", "https://crm/1.png")
    assert refusal(lambda: autoru(chat_id="Q7mV").send_image(*big)).reason == "image_refused"
    assert server.asked == []
    sent = autoru(chat_id="Q7mV").send_image(*picture, "https://crm/1.png")
    assert sent.external_id == "", "the REST interface will name it differently"
    message = json.loads(server.asked[-1].partition(b"\r\n\r\n")[2])["message"]
    assert message == {"type": "photo", "id": "key-1", "file": "https://crm/1.png"}


def test_a_read_mark_by_the_hook_is_best_effort(server, autoru):
    client = autoru(mode="webhook", chat_id="Q7mV")
    client.mark_read("buyer", "m-1")
    assert json.loads(server.asked[-1].partition(b"\r\n\r\n")[2])["message"] == {"type": "seen", "id": "m-1"}
    server.routes[HOOK] = reply(400, b"")
    client.mark_read("buyer", "m-1")
    client.mark_read("buyer")
    assert server.count(HOOK) == 2


def test_a_channel_that_only_receives(server, autoru):
    client = autoru(mode="webhook", chat_id="Q7mV", login="", password="")
    assert not client.can_pull
    assert list(client.listings()) == []
    for call in (
        lambda: client.conversations({}),
        lambda: client.conversation(ROOM),
        lambda: client.history(ROOM, list),
        lambda: client.newest(ROOM),
    ):
        assert refusal(call).reason == "not_supported"
    assert server.asked == []


# ---------------------------------------------------------------- walking


def test_between_full_looks_only_what_is_unread_is_asked(server, autoru):
    client = autoru()
    server.routes[UNREAD] = as_json(200, {"status": "SUCCESS"})
    first = client.conversations({})
    assert (first.done, server.lines[-1]) == (True, "GET /chat/room/light")
    before = len(server.asked)
    quiet = client.conversations(first.walk)
    assert (quiet.conversations, quiet.walk, len(server.asked) - before) == ((), first.walk, 1)
    server.routes |= {
        UNREAD: as_json(200, {"unread_counter": 2}),
        LIGHT: as_json(200, {"rooms": [{"id": ROOM}]}),
    }
    news = client.conversations(first.walk)
    assert server.lines[-1] == "GET /chat/room/light?only_unread=true"
    assert [room.external_id for room in news.conversations] == [ROOM]
    for full_at in (time.time() - 301, time.time() + 999):
        client.conversations({"full_at": full_at})
        assert server.lines[-1] == "GET /chat/room/light"


# ---------------------------------------------------------------- histories


class Room:
    """Answers GET /chat/message in any of the ways its documents can be read."""

    def __init__(self, server: Wire, size: int, *, inclusive: bool, oldest_first: bool, largest: int):
        start = datetime(2026, 2, 1, tzinfo=timezone.utc)
        self.rows = [
            {
                "id": f"1{number:031x}",
                "created": (start + timedelta(seconds=number)).isoformat(),
                "payload": {"content_type": "TEXT_PLAIN", "value": str(number)},
            }
            for number in range(size)
        ]
        self.ids = [row["id"] for row in self.rows]
        self.inclusive, self.oldest_first, self.largest = inclusive, oldest_first, largest
        self.pages = 0
        self._server = server
        server.routes["GET /chat/message"] = self

    def __call__(self, connection):
        query = {
            key: values[0]
            for key, values in parse_qs(urlsplit(self._server.lines[-1].split()[1]).query).items()
        }
        self.pages += 1
        ascending, start = query.get("asc") == "true", query.get("from")
        rows = self.rows if ascending else self.rows[::-1]
        if start:
            at = next(number for number, row in enumerate(rows) if row["id"] == start)
            rows = rows[at + (not self.inclusive) :]
        elif self.oldest_first:
            # The direction sorts the page and does not choose it: without a start it is the oldest one.
            rows = self.rows
        rows = rows[: min(int(query["count"]), self.largest)]
        body = {"messages": rows} if rows else {}
        connection.sendall(as_json(200, {**body, "status": "SUCCESS"}))


READINGS = [
    {"inclusive": inclusive, "oldest_first": oldest_first, "largest": largest}
    for inclusive in (True, False)
    for oldest_first in (True, False)
    for largest in (50, 20)
]


@pytest.mark.parametrize("reading", READINGS, ids=str)
@pytest.mark.parametrize("size", [0, 1, 20, 50, 130])
def test_a_whole_history_by_any_reading(server, autoru, reading, size):
    room = Room(server, size, **reading)
    history = autoru().history(ROOM, lambda _ids: (), last_id=room.ids[-1] if size else "")
    assert [message.external_id for message in history.messages] == room.ids[::-1]
    assert history.complete


@pytest.mark.parametrize("reading", READINGS, ids=str)
def test_what_is_new_by_any_reading(server, autoru, reading):
    room = Room(server, 300, **reading)
    known = set(room.ids[:230])
    history = autoru().history(ROOM, known.intersection, last_id=room.ids[-1])
    assert known | {message.external_id for message in history.messages} == set(room.ids)
    assert history.complete


def test_one_new_message_is_one_request(server, autoru):
    room = Room(server, 300, inclusive=True, oldest_first=False, largest=50)
    autoru().history(ROOM, set(room.ids[:299]).intersection, last_id=room.ids[-1])
    assert room.pages == 1


def test_a_lost_older_message_is_found_although_the_newest_is_known(server, autoru):
    room = Room(server, 60, inclusive=True, oldest_first=False, largest=50)
    known = set(room.ids) - {room.ids[40]}
    history = autoru().history(ROOM, known.intersection, last_id=room.ids[-1])
    assert room.ids[40] in {message.external_id for message in history.messages}


def test_a_history_beyond_the_cap_is_a_gap(server, autoru):
    room = Room(server, 1200, inclusive=False, oldest_first=False, largest=50)
    history = autoru().history(ROOM, lambda _ids: ())
    assert (len(history.messages), history.complete, room.pages) == (1000, False, 20)
    assert history.messages[0].external_id == room.ids[-1]


def test_a_newest_message_that_never_comes_is_a_gap(server, autoru):
    Room(server, 5, inclusive=True, oldest_first=False, largest=50)
    history = autoru().history(ROOM, lambda _ids: (), last_id="1" + "f" * 31)
    assert (len(history.messages), history.complete) == (5, False)


# ---------------------------------------------------------------- connection test


def codes(client: AutoruClient) -> list[tuple[str, str]]:
    return [(finding.level, finding.code) for finding in client.check()]


OWN = {"id": "1120000001-ab12cd34", "status": "ACTIVE"}
FOREIGN_ROOM = {"id": ROOM, "subject": {"offer": {"source": {"id": "1999999999-ffff"}}}}
OWN_ROOM = {"id": ROOM, "subject": {"offer": {"source": {"id": OWN["id"]}}}}


def test_a_check_where_all_is_well(server, autoru):
    server.routes[OFFERS] = as_json(200, {"offers": [OWN]})
    server.routes[LIGHT] = as_json(200, {"rooms": [OWN_ROOM, FOREIGN_ROOM]})
    findings = {finding.code: finding for finding in autoru().check()}
    assert [finding.level for finding in findings.values()] == ["ok"] * 5
    assert findings["token_ok"].values == {"form": "vertis"}
    assert findings["session_ok"].values["expires"].startswith("20")
    assert findings["dealer"].values == {"id": "30001", "status": "ACTIVE"}
    assert findings["rooms_visible"].values == {"count": 2, "own": 1}


def test_a_check_that_sees_no_chats_of_the_salon(server, autoru):
    server.routes[OFFERS] = as_json(200, {"offers": [OWN]})
    server.routes[LIGHT] = as_json(200, {"rooms": [FOREIGN_ROOM]})
    finding = autoru(dealer_id="20101").check()[-1]
    assert (finding.level, finding.code, finding.values) == (
        "warning",
        "rooms_not_own",
        {"count": 1, "offers": 1},
    )


def test_a_check_finds_that_chats_want_the_dealer_named(server, autoru):
    def only_for_the_dealer(connection):
        named = header(server.asked[-1], "x-dealer-id") == "20101"
        connection.sendall(as_json(200, {"rooms": [OWN_ROOM] if named else []}))

    server.routes |= {OFFERS: as_json(200, {"offers": [OWN]}), LIGHT: only_for_the_dealer}
    assert autoru(dealer_id="20101").check()[-1].values == {"count": 1, "own": 1}
    assert len(autoru(dealer_id="20101").rooms()) == 1, "the way that works is remembered"


def test_a_check_finds_that_the_bare_token_works(server, autoru):
    def only_bare(connection):
        bare = header(server.asked[-1], "x-authorization") == "tok"
        connection.sendall(logged_in() if bare else trouble(403, "ACCESS_DENIED"))

    server.routes[LOGIN] = only_bare
    assert ("warning", "bare_token_works") in codes(autoru())
    autoru().rooms()
    assert header(server.asked[-1], "x-authorization") == "tok"


def test_a_check_with_wrong_keys_stops_there(server, autoru):
    server.routes[LOGIN] = trouble(401, "AUTH_ERROR", "Неверный пароль")
    (finding,) = autoru().check()
    assert (finding.level, finding.code) == ("error", "wrong_login")
    assert finding.values == {"step": "session", "detail": "Неверный пароль", "status": 401}
    autoru().api.recall("bare_token")
    server.routes[LOGIN] = logged_in()
    autoru().rooms()
    assert header(server.asked[-1], "x-authorization") == "Vertis tok"


def test_checks_of_a_channel_that_only_receives(server, autoru):
    keys = {"mode": "webhook", "login": "", "password": ""}
    assert codes(autoru(**keys, chat_id="Q7mV")) == [("ok", "hook_ready")]
    assert codes(autoru(**keys)) == [("error", "keys_missing")]
    assert server.asked == []
    assert [code for _level, code in codes(autoru(mode="webhook", chat_id="Q7mV"))] == [
        "hook_ready",
        "token_ok",
        "session_ok",
        "dealer",
        "offers_visible",
    ]


# ---------------------------------------------------------------- calls

CALLS, RECORD = "POST /calltracking", "POST /calltracking/call/record"
MP3 = b"ID3\x04" + bytes(range(256))
DAY_AGO = datetime.now(timezone.utc) - timedelta(days=1)


def listed(*ids: int, **pagination: int) -> bytes:
    calls = [{"call_id": call_id, "timestamp": f"2026-02-01T09:{call_id:02}:00Z"} for call_id in ids]
    given = {"calls": calls} if calls else {}
    return as_json(200, given | {"pagination": pagination, "status": "SUCCESS"})


def list_calls(client: AutoruClient, since: datetime = DAY_AGO) -> list[str]:
    return [call.external_id for page in client.calls(since) for call in page]


def bodies(server: Wire, line: str) -> list[dict]:
    asked = [request for request in server.asked if request.startswith(line.encode() + b" ")]
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in asked]


def test_what_is_asked_for(server, autoru):
    server.routes[CALLS] = listed()
    since = datetime(2026, 2, 1, 12, 0, 0, 1500, tzinfo=timezone(timedelta(hours=3)))
    assert list_calls(autoru(), since) == []
    [body] = bodies(server, CALLS)
    period = body["filter"].pop("period")
    assert body == {
        "pagination": {"page": 1, "page_size": 50},
        "filter": {},
        "sorting": {"sorting_field": "CALL_TIME", "sorting_type": "ASCENDING"},
    }
    assert period["from"] == "2026-02-01T09:00:00.001Z"
    assert datetime.fromisoformat(period["to"][:-1] + "+00:00") <= datetime.now(timezone.utc)


def test_pages_end_where_they_say_or_with_a_short_one(server, autoru, monkeypatch):
    monkeypatch.setattr(module, "CALLS_PAGE", 2)
    for script, found in (
        ([listed(1, 2), listed(3)], ["1", "2", "3"]),
        ([listed(1, 2), listed(2, 3), listed()], ["1", "2", "3"]),
        ([listed(1, 2, total_page_count=1)], ["1", "2"]),
        ([listed(1, total_page_count=2), listed(2, total_page_count=2)], ["1", "2"]),
        ([listed(1, 2), listed(1, 2), listed(1, 2)], ["1", "2"]),
    ):
        server.script = list(script)
        assert list_calls(autoru()) == found
    assert len(server.script) == 1, "a service that does not mind the page is asked twice"


def test_a_page_of_what_cannot_be_read_is_no_end(server, autoru, monkeypatch):
    monkeypatch.setattr(module, "CALLS_PAGE", 2)
    odd = as_json(
        200, {"calls": [{"call_id": 1}, {"timestamp": "2026-02-01T09:00:00Z"}], "status": "SUCCESS"}
    )
    server.script = [odd, listed(3)]
    assert list_calls(autoru()) == ["3"]


@pytest.mark.parametrize("answer", [reply(200, b""), as_json(200, {}), as_json(200, []), as_json(200, "x")])
def test_what_is_no_list_of_calls(server, autoru, answer):
    server.routes[CALLS] = answer
    error = refusal(lambda: list_calls(autoru()))
    assert (type(error), error.reason) == (TemporaryError, "bad_answer")


def test_a_recording_in_two_steps(server, autoru):
    where = {"url": server.url + "/r/1?x=1", "headers": {"x-record-key": "K", "Host": "evil", "bad\n": "x"}}
    server.routes |= {RECORD: as_json(200, where), "GET /r/1": reply(200, MP3)}
    assert autoru().recording("TELEPONY:T12:12").content == MP3
    assert bodies(server, RECORD) == [{"call_id": 12, "external_id": {"id": "T12", "service": "TELEPONY"}}]
    fetched = server.asked[-1]
    assert (header(fetched, "x-record-key"), header(fetched, "host")) == ("K", server.url.partition("//")[2])
    assert header(fetched, "x-authorization") is None, "the address is another service's"
    assert header(fetched, "x-session-id") is None


def test_a_recordings_headers_stay_at_their_origin(server, autoru):
    other = Wire()
    server.routes |= {
        RECORD: as_json(200, {"url": server.url + "/r/1", "headers": {"x-record-key": "K"}}),
        "GET /r/1": reply(302, b"", Location="/r/2"),
        "GET /r/2": reply(302, b"", Location=other.url + "/r/3"),
    }
    assert refusal(lambda: autoru().recording("12")).reason == "media_refused"
    assert header(server.asked[-1], "x-record-key") == "K"
    assert other.asked == []
    other.close()


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (as_json(200, {"url": "https://evil.example/1.mp3"}), RejectedError, "media_refused"),
        (as_json(200, {"url": "http://169.254.169.254/latest"}), RejectedError, "media_refused"),
        (as_json(200, {"url": "file:///etc/passwd"}), RejectedError, "media_refused"),
        (as_json(200, {"status": "SUCCESS"}), TemporaryError, "bad_answer"),
        (as_json(200, {"url": 5}), RejectedError, "media_refused"),
        (reply(200, b""), TemporaryError, "bad_answer"),
        (as_json(200, []), TemporaryError, "bad_answer"),
        (trouble(404, "NOT_FOUND"), RejectedError, "not_found"),
        (reply(425, b""), TemporaryError, "not_ready"),
        (trouble(500, "UNKNOWN_ERROR"), TemporaryError, "server_error"),
        (trouble(429, "TOO_MANY_REQUESTS"), RateLimitError, "too_many_requests"),
    ],
)
def test_no_recording(server, autoru, answer, kind, reason):
    server.routes[RECORD] = answer
    error = refusal(lambda: autoru().recording("12"))
    assert (type(error), error.reason) == (kind, reason)


# ---------------------------------------------------------------- budget


def test_who_may_use_the_last_of_the_budget(server, store):
    """Replies and what they hang on; nothing else."""
    ledger = Ledger()
    settings = {"base_url": server.url, "token": "tok", "login": "a@b.ru", "password": "p", "chat_id": "C"}
    server.routes |= {
        SEND: as_json(200, {}),
        CALLS: listed(1),
        RECORD: as_json(200, {"url": server.url + "/r"}),
        "GET /r": reply(200, MP3),
        "GET /chat/message": as_json(200, {}),
    }
    with AutoruClient(settings, store, ledger) as client:
        client.send_text(ROOM, "Да", "key")
        assert ledger.urgent(2), "the session, and the message"
        client.send_image(ROOM, MP3, "image/png", "key", "https://salon.example/1.png")
        assert ledger.urgent(1)
        for ordinary in (
            client.rooms,
            lambda: client.newest(ROOM),
            lambda: client.mark_read(ROOM),
            lambda: list(client.listings()),
            lambda: list_calls(client),
            lambda: client.recording("12"),
        ):
            ordinary()
            assert ledger.ordinary(1)
    with AutoruClient({**settings, "mode": "webhook"}, store, ledger) as client:
        client.send_text(ROOM, "Да", "key")
        assert ledger.urgent(1)
        client.mark_read(ROOM, "message")
        assert ledger.ordinary(1)


@pytest.mark.parametrize("answer", [trouble(429, "TOO_MANY_REQUESTS"), trouble(200, "TOO_MANY_REQUESTS")])
def test_a_limit_pauses_the_whole_token(server, autoru, answer):
    server.routes[LIGHT] = answer
    refusal(autoru().rooms)
    asked = len(server.asked)
    error = refusal(lambda: autoru(dealer_id="20101").send_text(ROOM, "Да", "key"))
    assert (error.reason, len(server.asked)) == ("too_many_requests", asked)
    assert error.retry_after == pytest.approx(60, abs=1)


def test_what_is_counted_together():
    keys = {"token": "tok-secret", "login": "a@b.ru"}
    same = AutoruClient.budget_key(keys)
    assert AutoruClient.budget_key({**keys, "login": "c@d.ru", "dealer_id": "7"}) == same
    assert AutoruClient.budget_key({**keys, "token": "other"}) != same
    assert "secret" not in same
