"""Avito's refusals, in every shape its services use, and what the client makes of them."""

import json
import time
from datetime import datetime, timedelta, timezone
from itertools import count
from threading import Barrier, Thread

import pytest
from ledger import Ledger
from marketplaces import avito as module
from marketplaces.avito import AvitoClient
from marketplaces.errors import (
    CredentialsError,
    EntitlementError,
    MarketplaceError,
    OutcomeUnknownError,
    RateLimitError,
    RejectedError,
    TemporaryError,
)
from marketplaces.payload import RemoteMedia
from wire import Wire, hang_up, reply

CHAT = "u2i-k3VbQ~x9TzLr0_pWm7aYcA"
TOKEN, SELF = "POST /token", "GET /core/v1/accounts/self"
CHATS = "GET /messenger/v2/accounts/94230001/chats"
SEND = f"POST /messenger/v1/accounts/94230001/chats/{CHAT}/messages"
NOBODY = "http://127.0.0.1:1"

SHAPE_A = {"error": {"code": 403, "message": "no rights"}}
SHAPE_B = {"result": {"status": False, "message": "invalid access token"}}


def as_json(status: int, body: object) -> bytes:
    return reply(status, json.dumps(body))


def token(value: str = "T1") -> bytes:
    return as_json(200, {"access_token": value, "expires_in": 86400, "token_type": "Bearer"})


@pytest.fixture
def server(wire: Wire) -> Wire:
    wire.routes = {
        TOKEN: token(),
        SELF: as_json(200, {"id": 94230001, "name": "Автосалон"}),
        CHATS: as_json(200, {"chats": []}),
    }
    return wire


@pytest.fixture
def avito(server, store):
    settings = {"base_url": server.url, "client_id": "demo", "client_secret": "demo-secret"}
    with AvitoClient(settings, store) as client:
        client.api.transport.timeout = (1, 0.4)
        yield client


def refusal(call) -> MarketplaceError:
    with pytest.raises(MarketplaceError) as caught:
        call()
    return caught.value


def pull(client: AvitoClient):
    return client.conversations({})


# ---------------------------------------------------------------- token


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"error": "invalid_client", "error_description": "Client not found"}, "Client not found"),
        ({"error": "invalid_client"}, "invalid_client"),
        ({"error": {"code": 401, "message": "bad keys"}}, "bad keys"),
        ({"access_token": None}, ""),
        ([], ""),
    ],
)
def test_no_token_means_wrong_keys_whatever_the_status(server, avito, status, body, detail):
    server.routes[TOKEN] = as_json(status, body)
    error = refusal(lambda: pull(avito))
    assert (type(error), error.reason, error.detail) == (CredentialsError, "wrong_keys", detail)
    assert server.count(TOKEN) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(500, "{}"), "server_error"),
        (reply(503, "<html>"), "server_error"),
        (reply(200, "<html>"), "bad_answer"),
        (reply(403, "<html>"), "bad_answer"),
        (hang_up, "timeout"),
    ],
)
def test_an_ill_token_service_is_no_fault_of_the_keys(server, avito, answer, reason):
    server.routes[TOKEN] = answer
    error = refusal(lambda: pull(avito))
    assert (type(error), error.reason) == (TemporaryError, reason)


def test_keys_that_nobody_entered(store):
    for settings in ({}, {"client_id": "a"}, {"client_id": " ", "client_secret": "b"}):
        with AvitoClient({"base_url": NOBODY, **settings}, store) as client:
            assert refusal(lambda client=client: pull(client)).reason == "keys_missing"


def test_token_and_account_are_kept_between_processes(server, avito, store):
    pull(avito)
    with AvitoClient(avito.settings, store) as other:
        pull(other)
    assert (server.count(TOKEN), server.count(SELF), server.count(CHATS)) == (1, 1, 2)


def test_a_token_is_renewed_ahead_of_time(server, avito, store):
    pull(avito)
    assert store.session["renew_at"] == pytest.approx(time.time() + 86400 - 300, abs=5)
    store.session["renew_at"] = time.time() - 1
    pull(avito)
    assert (server.count(TOKEN), server.count(SELF)) == (2, 1)


def test_a_token_of_other_keys_is_not_used(server, avito, store):
    pull(avito)
    server.routes[TOKEN] = token("T2")
    with AvitoClient({**avito.settings, "client_id": "other"}, store) as other:
        pull(other)
    assert (server.count(TOKEN), server.count(SELF)) == (2, 2)
    assert b"Bearer T2" in server.asked[-1]


@pytest.mark.parametrize(
    "answer", [as_json(401, {}), as_json(403, SHAPE_B), as_json(403, {"error": {"message": "Token expired"}})]
)
def test_a_refused_token_is_renewed_once_and_the_request_repeated_once(server, avito, answer):
    pull(avito)

    def only_the_new_one(connection):
        fresh = b"Bearer T2" in server.asked[-1]
        connection.sendall(as_json(200, {"chats": []}) if fresh else answer)

    server.routes |= {TOKEN: token("T2"), CHATS: only_the_new_one}
    assert pull(avito).done
    assert (server.count(TOKEN), server.count(CHATS)) == (2, 3)


@pytest.mark.parametrize("status", [401, 403])
def test_a_new_token_that_is_refused_too_ends_it(server, avito, status):
    server.routes[CHATS] = as_json(status, SHAPE_B)
    error = refusal(lambda: pull(avito))
    assert (type(error), error.reason, error.detail) == (
        CredentialsError,
        "wrong_keys",
        "invalid access token",
    )
    assert (server.count(TOKEN), server.count(CHATS)) == (2, 2)


def test_two_threads_renew_once(server, avito, store):
    pull(avito)
    meet = Barrier(2)
    names = iter(("T2", "T3"))

    def only_the_new_one(connection):
        request = server.asked[-1]
        if b"Bearer T1" in request:
            meet.wait(5)  # both have been refused before either renews
        connection.sendall(as_json(401, {}) if b"Bearer T1" in request else as_json(200, {"chats": []}))

    server.routes |= {
        TOKEN: lambda connection: connection.sendall(token(next(names))),
        CHATS: only_the_new_one,
    }
    avito.api.transport.timeout = (5, 5)
    done = []
    clients = [AvitoClient(avito.settings, store) for _ in range(2)]
    threads = [Thread(target=lambda client=client: done.append(pull(client).done)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    assert done == [True, True]
    assert server.count(TOKEN) == 2, "one for the start, one for both threads"
    assert store.session["token"] == "T2"


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason", "detail"),
    [
        (
            400,
            {"error": {"code": 400, "message": "bad", "fields": {"x": "y"}}},
            RejectedError,
            "bad_request",
            "bad",
        ),
        (
            402,
            {"error": {"code": 402, "message": "Payment required"}},
            EntitlementError,
            "payment_required",
            "Payment",
        ),
        (403, SHAPE_A, EntitlementError, "forbidden", "no rights"),
        (404, {"code": "not_found", "message": "Not found"}, RejectedError, "not_found", "Not found"),
        (400, {"result": {"error": {"code": 1001, "message": "deep"}}}, RejectedError, "bad_request", "deep"),
        (400, {"error": {"slug": "s", "message": "slug", "type": "t"}}, RejectedError, "bad_request", "slug"),
        (429, {"error": {"code": 429}}, RateLimitError, "too_many_requests", ""),
        (429, {}, RateLimitError, "too_many_requests", ""),
        (500, {"error": {"message": "contact support"}}, TemporaryError, "server_error", "contact support"),
        (200, {"error": {"code": 1}}, TemporaryError, "bad_answer", "no list"),
        (200, [], TemporaryError, "bad_answer", "no list"),
        (403, "stop", EntitlementError, "forbidden", ""),
    ],
)
def test_shapes_of_errors(server, avito, status, body, kind, reason, detail):
    server.routes[CHATS] = as_json(status, body)
    error = refusal(lambda: pull(avito))
    assert (type(error), error.reason) == (kind, reason)
    assert error.detail.startswith(detail)
    assert server.count(TOKEN) == 1


@pytest.mark.parametrize(("named", "seconds"), [({}, 60), ({"Retry_After": "30"}, 30)])
def test_a_limit_pauses_the_whole_account(server, avito, named, seconds):
    """For a minute where none is named; nothing leaves in that time, not even a reply."""
    server.routes[CHATS] = reply(429, b"", **named)
    assert refusal(lambda: pull(avito)).retry_after == seconds
    asked = len(server.asked)
    again = refusal(lambda: avito.send_text(CHAT, "Да", "key"))
    assert (type(again), again.reason) == (RateLimitError, "too_many_requests")
    assert again.retry_after == pytest.approx(seconds, abs=1)
    assert len(server.asked) == asked


def test_no_list_of_chats_moves_no_cursor(server, avito):
    for body in ("", "{}", '{"result": {}}'):
        server.routes[CHATS] = reply(200, body)
        assert refusal(lambda: pull(avito)).reason == "bad_answer"
    server.routes[CHATS] = as_json(200, {"chats": None})  # Go writes an empty list so
    assert pull(avito).done


def test_what_avito_says_never_holds_our_keys(server, avito):
    server.routes[CHATS] = as_json(400, {"error": {"message": "Bearer T1 of demo-secret is odd"}})
    assert refusal(lambda: pull(avito)).detail == "Bearer *** of *** is odd"


# ---------------------------------------------------------------- sending


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (hang_up, "line_broken"),
        (lambda _connection: time.sleep(0.8), "line_broken"),
        (as_json(500, SHAPE_A), "server_error"),
        (reply(502, "<html>"), "server_error"),
        (reply(200, "<html>"), "bad_answer"),
    ],
)
def test_a_sending_of_unknown_outcome_is_not_repeated(server, avito, answer, reason):
    server.routes[SEND] = answer
    error = refusal(lambda: avito.send_text(CHAT, "Добрый день!", "key"))
    assert (type(error), error.reason) == (OutcomeUnknownError, reason)
    assert server.count(SEND) == 1


def test_a_sending_refused_for_its_token_is_repeated(server, avito):
    def only_the_new_one(connection):
        fresh = b"Bearer T2" in server.asked[-1]
        connection.sendall(as_json(200, {"id": "m1", "created": 1754917000}) if fresh else as_json(401, {}))

    pull(avito)
    server.routes |= {TOKEN: token("T2"), SEND: only_the_new_one}
    assert avito.send_text(CHAT, "Да", "key").external_id == "m1"


def test_texts_that_are_not_even_sent(server, avito):
    for text, reason in (("", "text_empty"), (" \n\u00a0", "text_empty"), ("я" * 1001, "text_too_long")):
        assert refusal(lambda text=text: avito.send_text(CHAT, text, "key")).reason == reason
    assert server.asked == []


def test_pictures_that_are_not_even_sent(server, avito):
    for content, mimetype in (
        (b"", "image/png"),
        (b"<svg>", "image/svg+xml"),
        (b"0" * (24 * 2**20 + 1), "image/png"),
    ):
        assert (
            refusal(lambda c=content, m=mimetype: avito.send_image(CHAT, c, m, "key")).reason
            == "image_refused"
        )
    assert server.asked == []


def test_an_upload_is_repeated_and_the_sending_is_not(server, avito):
    pull(avito)
    upload = "POST /messenger/v1/accounts/94230001/uploadImages"
    server.script = [reply(503), as_json(200, {"1.a": {"32x32": "https://x"}}), hang_up]
    error = refusal(lambda: avito.send_image(CHAT, b"png", "image/png", "key"))
    assert isinstance(error, OutcomeUnknownError)
    assert (server.count(upload), server.count(SEND + "/image")) == (2, 1)
    server.script = [as_json(400, SHAPE_A)]
    assert refusal(lambda: avito.send_image(CHAT, b"png", "image/png", "key")).reason == "image_refused"
    server.script = [as_json(200, {})]
    assert refusal(lambda: avito.send_image(CHAT, b"png", "image/png", "key")).reason == "bad_answer"


def test_ids_of_strangers_do_not_lead_elsewhere(server, avito):
    pull(avito)
    refusal(lambda: avito.conversation(".."))
    assert len(server.asked) == 3
    server.script = [as_json(200, {"id": "x"})]
    avito.conversation("../../../core/v1/items?x=#")
    assert server.lines[-1].endswith("/chats/..%2F..%2F..%2Fcore%2Fv1%2Fitems%3Fx%3D%23")


# ---------------------------------------------------------------- connection test


def test_a_check_says_where_it_stopped(server, avito):
    server.routes[TOKEN] = as_json(401, {"error": "invalid_client"})
    (finding,) = avito.check()
    assert (finding.level, finding.code, finding.values["step"]) == ("error", "wrong_keys", "token")


def test_a_check_of_an_account_without_the_messenger(server, avito):
    server.routes[CHATS] = as_json(402, {"error": {"code": 402, "message": "Payment required"}})
    server.routes["GET /core/v1/items"] = as_json(200, {"resources": []})
    findings = [(finding.level, finding.code) for finding in avito.check()]
    assert findings == [
        ("ok", "token_ok"),
        ("ok", "account"),
        ("error", "payment_required"),
        ("warning", "listings_none"),
    ]


def test_a_check_of_nobody(store):
    with AvitoClient({"base_url": NOBODY, "client_id": "a", "client_secret": "b"}, store) as client:
        assert [finding.code for finding in client.check()] == ["unreachable"]


# ---------------------------------------------------------------- calls

CALLS, RECORD = "POST /calltracking/v1/getCalls/", "GET /calltracking/v1/getRecordByCallId/"
MP3 = b"ID3\x04" + bytes(range(256))


def list_calls(client: AvitoClient, days: float = 1) -> list:
    since = datetime.now(timezone.utc) - timedelta(days=days)
    return [call.external_id for page in client.calls(since) for call in page]


def listed(*ids: int, **error) -> bytes:
    calls = [{"callId": call_id, "callTime": f"2026-11-01T09:{call_id % 60:02}:00Z"} for call_id in ids]
    return as_json(200, {"calls": calls, "error": error or {"code": 0, "message": ""}})


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ({"calls": [], "error": {"code": 1000, "message": "empty"}}, RejectedError, "bad_request"),
        ({"calls": [], "error": {"code": 1001, "message": "limit"}}, RejectedError, "bad_request"),
        ({"calls": [], "error": {"code": 1002, "message": "no access"}}, EntitlementError, "forbidden"),
        ({"calls": [], "error": {"code": "1003", "message": "ill"}}, TemporaryError, "server_error"),
        ({"error": {"code": 1004, "message": "none"}}, RejectedError, "not_found"),
        ({"calls": [{"callId": 1}], "error": {"code": 1099}}, TemporaryError, "bad_answer"),
        ({"code": 1003, "message": "flat"}, TemporaryError, "server_error"),
        ({"error": {"code": 0}}, TemporaryError, "bad_answer"),
        ({}, TemporaryError, "bad_answer"),
        ([], TemporaryError, "bad_answer"),
    ],
)
def test_errors_of_the_list_of_calls_come_with_status_200(server, avito, body, kind, reason):
    server.routes[CALLS] = as_json(200, body)
    error = refusal(lambda: list_calls(avito))
    assert (type(error), error.reason, server.count(CALLS)) == (kind, reason, 1)


@pytest.mark.parametrize("body", [{"calls": None}, {"calls": [], "error": None}, {"calls": [None, 5, {}]}])
def test_no_calls(server, avito, body):
    server.routes[CALLS] = as_json(200, body)
    assert list_calls(avito) == []


def test_calls_in_any_order_and_over_the_edge_of_a_span_come_once(server, avito, monkeypatch):
    monkeypatch.setattr(module, "CALLS_PER_MINUTE", 60_000)
    monkeypatch.setattr(module, "PAGE", 3)
    server.script = [listed(9, 8, 7), listed(6), listed(6, 9, 5)]
    server.script += [listed()]
    assert list_calls(avito, days=100) == ["7", "8", "9", "6", "5"]
    bodies = [json.loads(asked.partition(b"\r\n\r\n")[2]) for asked in server.asked if b"getCalls" in asked]
    assert [body["offset"] for body in bodies] == [0, 3, 0, 3]
    assert bodies[0]["dateTimeTo"] == bodies[2]["dateTimeFrom"]


def test_somebody_who_does_not_mind_the_offset(server, avito, monkeypatch):
    monkeypatch.setattr(module, "CALLS_PER_MINUTE", 60_000)
    monkeypatch.setattr(module, "PAGE", 2)
    server.script = [listed(1, 2)] * 2  # a third question would be answered with nothing, which is an error
    assert list_calls(avito) == ["1", "2"]
    assert server.count(CALLS) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (as_json(425, {"code": 1005, "message": "wait"}), TemporaryError, "not_ready"),
        (reply(425, b""), TemporaryError, "not_ready"),
        (as_json(404, {"code": 1005, "message": "wait"}), TemporaryError, "not_ready"),
        (as_json(400, {"code": "1005"}), TemporaryError, "not_ready"),
        (as_json(200, {"code": 1005}), TemporaryError, "not_ready"),
        (as_json(200, {"error": {"code": 1004}}), RejectedError, "not_found"),
        (as_json(404, {"code": 1004, "message": "none"}), RejectedError, "not_found"),
        (as_json(400, {"code": 1001}), RejectedError, "bad_request"),
        (as_json(403, {"code": 1002, "message": "no access"}), EntitlementError, "forbidden"),
        (as_json(401, {"code": 1002}), CredentialsError, "wrong_keys"),
        (as_json(500, {"code": 1003}), TemporaryError, "server_error"),
        (reply(200, b""), TemporaryError, "bad_answer"),
        (as_json(200, {}), TemporaryError, "bad_answer"),
        (reply(302, b"", Location="https://example.com/1.mp3"), TemporaryError, "bad_answer"),
        (reply(200, b"<html>"), RejectedError, "media_refused"),
        (reply(200, b"\xff\xd8\xff\xe0" + b"0" * 20), RejectedError, "media_refused"),
    ],
)
def test_no_recording(server, avito, answer, kind, reason):
    server.routes[RECORD] = answer
    error = refusal(lambda: avito.recording("123"))
    assert (type(error), error.reason) == (kind, reason)


def test_a_recording_whatever_its_declared_type(server, avito, monkeypatch):
    server.routes[RECORD] = reply(200, MP3, Content_Type="application/json")
    assert avito.recording("123").content == MP3
    assert server.lines[-1] == "GET /calltracking/v1/getRecordByCallId/?callId=123"
    monkeypatch.setattr(module, "SIZE_LIMIT", len(MP3) - 1)
    assert refusal(lambda: avito.recording("123")).reason == "media_refused"


def test_a_recording_that_breaks_off(server, avito):
    server.routes[RECORD] = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\nConnection: close\r\n\r\n" + MP3
    assert refusal(lambda: avito.recording("123")).reason == "timeout"


# ---------------------------------------------------------------- deleting


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (as_json(400, {"error": {"code": 400, "message": "too old"}}), RejectedError, "too_late"),
        (as_json(403, SHAPE_A), RejectedError, "too_late"),
        (as_json(409, {}), RejectedError, "too_late"),
        (as_json(404, {}), RejectedError, "not_found"),
        (as_json(402, {}), EntitlementError, "payment_required"),
        (as_json(403, SHAPE_B), CredentialsError, "wrong_keys"),
        (reply(403, b"<html>"), TemporaryError, "bad_answer"),
        (as_json(500, {}), TemporaryError, "server_error"),
        (hang_up, TemporaryError, "timeout"),
    ],
)
def test_refused_deleting(server, avito, answer, kind, reason):
    message_id = "0f" * 16
    server.routes[f"{SEND}/{message_id}"] = answer
    error = refusal(lambda: avito.delete(CHAT, message_id))
    assert (type(error), error.reason) == (kind, reason)


def test_deleting_stays_in_its_path(server, avito):
    server.script = [as_json(200, {})]
    avito.delete(CHAT, "../read?x")
    assert server.lines[-1] == f"{SEND}/..%2Fread%3Fx"
    assert refusal(lambda: avito.delete(CHAT, "")).reason == "not_found"


# ---------------------------------------------------------------- lists without an end


def endless(entries):
    """An answer with other entries each time it is asked for."""
    numbers = count(1)
    return lambda connection: connection.sendall(entries(next(numbers)))


def test_a_list_of_calls_without_an_end(server, avito, monkeypatch):
    monkeypatch.setattr(module, "CALL_PAGES", 3)
    server.routes[CALLS] = endless(lambda page: listed(*range(100 * page, 100 * page + 100)))
    assert len(list_calls(avito)) == 300


def test_a_list_of_listings_without_an_end(server, avito, monkeypatch):
    monkeypatch.setattr(module, "ITEM_PAGES", 3)
    server.routes["GET /core/v1/items"] = endless(
        lambda page: as_json(200, {"resources": [{"id": 100 * page + n} for n in range(99)]})
    )
    assert sum(len(page) for page in avito.listings()) == 3 * 99


# ---------------------------------------------------------------- budget


def test_who_may_use_the_last_of_the_budget(server, store):
    """Replies, deleting and what they hang on; nothing else."""
    ledger = Ledger()
    settings = {"base_url": server.url, "client_id": "demo", "client_secret": "demo-secret"}
    server.routes |= {
        CALLS: listed(1),
        RECORD: reply(200, MP3),
        "GET /core/v1/items": as_json(200, {"resources": []}),
        f"GET /messenger/v3/accounts/94230001/chats/{CHAT}/messages/": as_json(200, {"messages": []}),
        "POST /messenger/v1/accounts/94230001/uploadImages": as_json(200, {"1.a": {}}),
        SEND: as_json(200, {"id": "0a" * 16, "created": 1754917000}),
        f"{SEND}/image": as_json(200, {"id": "0b" * 16, "created": 1754917001}),
    }
    voice = RemoteMedia("voice", ref="v1")
    with AvitoClient(settings, store, ledger) as client:
        client.send_text(CHAT, "Да", "key")
        assert ledger.urgent(3), "the token, the account, and the message"
        client.send_image(CHAT, MP3, "image/png", "key")
        assert ledger.urgent(2)
        client.delete(CHAT, "0f" * 16)
        assert ledger.urgent(1)
        for ordinary in (
            lambda: pull(client),
            lambda: client.newest(CHAT),
            lambda: client.mark_read(CHAT),
            lambda: list(client.listings()),
            lambda: list_calls(client),
            lambda: client.recording("1"),
            lambda: refusal(lambda: client.download(voice)),
        ):
            ordinary()
            assert ledger.ordinary(1)


def test_what_is_counted_together():
    keys = {"base_url": "https://a/", "client_id": "id", "client_secret": "s"}
    same = AvitoClient.budget_key(keys)
    assert AvitoClient.budget_key({**keys, "client_secret": "new", "base_url": "https://a"}) == same
    assert AvitoClient.budget_key({**keys, "client_id": "other"}) != same
    assert AvitoClient.budget_key({**keys, "base_url": "https://b/"}) != same
    assert "id" not in same.split()[1:], "a name is written into logs and tables"


def test_the_default_budget_is_that_of_the_process(server, store):
    keys = {"base_url": server.url, "client_id": "demo", "client_secret": "demo-secret"}
    with AvitoClient(keys, store) as one, AvitoClient(keys, store) as two:
        assert one.budget is two.budget
    with AvitoClient({**keys, "client_id": "other"}, store) as three:
        assert three.budget is not one.budget
