"""The line: what is repeated, what is not, what a failure means, and what never reaches a log."""

import logging
import socket
import time
from threading import Thread

import pytest
from marketplaces.errors import (
    CredentialsError,
    EntitlementError,
    OutcomeUnknownError,
    RateLimitError,
    RejectedError,
    TemporaryError,
)
from marketplaces.transport import Budget, Transport, failure, segment
from wire import hang_up, reply


@pytest.fixture
def line(wire):
    line = Transport(wire.url, budget=Budget(10_000), timeout=(1, 0.3))
    line.backoff = (0.01, 0.02)
    yield line
    line.close()


def silent(connection: socket.socket) -> None:
    time.sleep(0.6)


def nobody_listens() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize("declared", ["application/json", "text/plain; charset=utf-8", "text/html"])
def test_json_is_read_whatever_its_declared_type(wire, line, declared):
    wire.script = [reply(body='{"имя": "Олег"}', Content_Type=declared)]
    answer = line.send("GET", "/x")
    assert (answer.ok, answer.data, answer.garbled) == (True, {"имя": "Олег"}, False)


def test_byte_order_mark_empty_body_and_html(wire, line):
    wire.script = [reply(body=b"\xef\xbb\xbf[1]"), reply(body=b""), reply(body="<html>Войдите</html>")]
    assert line.send("GET", "/x").data == [1]
    empty = line.send("GET", "/x")
    assert (empty.data, empty.garbled) == (None, False)
    page = line.send("GET", "/x")
    assert (page.data, page.garbled, page.text) == (None, True, "<html>Войдите</html>")


def test_characters_that_no_database_takes_are_replaced(wire, line):
    wire.script = [reply(body=r'{"text": "a\u0000b\ud83dc", "ok": ["\ud83d\ude97"]}')]
    assert line.send("GET", "/x").data == {"text": "a\ufffdb\ufffdc", "ok": ["🚗"]}


def test_an_endless_body_is_cut(wire, line, monkeypatch):
    monkeypatch.setattr("marketplaces.transport.BODY_LIMIT", 1000)
    wire.script = [reply(body=b"1" * 200_000)]
    assert line.send("GET", "/x").garbled


# ---------------------------------------------------------------- repeats


def test_a_question_is_repeated_and_then_answered(wire, line):
    wire.script = [reply(503, b""), hang_up, reply(body="[3]")]
    assert line.send("GET", "/x").data == [3]
    assert wire.lines == ["GET /x"] * 3


def test_a_question_is_not_repeated_for_ever(wire, line):
    wire.script = [reply(500, b"")] * 9
    assert line.send("GET", "/x").status == 500
    assert len(wire.asked) == 3


def test_what_changes_something_leaves_once(wire, line):
    wire.script = [reply(503, b"")]
    assert line.send("POST", "/x", json={}).status == 503
    assert len(wire.asked) == 1


def test_a_short_retry_after_is_honoured_and_a_long_one_is_handed_on(wire, line):
    wire.script = [reply(429, b"", Retry_After="0"), reply(body="[1]"), reply(429, b"", Retry_After="90")]
    assert line.send("GET", "/x").data == [1]
    answer = line.send("GET", "/x")
    assert (answer.status, answer.retry_after, len(wire.asked)) == (429, 90, 3)


# ---------------------------------------------------------------- broken lines


@pytest.mark.parametrize("safe", [True, False])
def test_nobody_listens_so_nothing_was_done(safe):
    line = Transport(nobody_listens(), budget=Budget(1000))
    line.backoff = ()
    with pytest.raises(TemporaryError) as caught:
        line.send("POST", "/x", json={}, safe=safe)
    assert caught.value.reason == "unreachable"


def test_an_address_that_is_none(line):
    with pytest.raises(TemporaryError) as caught:
        Transport("http://", budget=Budget(1000)).send("GET", "/x")
    assert caught.value.reason == "unreachable"


@pytest.mark.parametrize("trouble", [silent, hang_up, b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
def test_the_line_breaks_after_the_request_left(wire, line, trouble):
    line.backoff = ()
    wire.script = [trouble, trouble]
    with pytest.raises(OutcomeUnknownError) as caught:
        line.send("POST", "/x", json={"a": 1})
    assert caught.value.reason == "line_broken"
    with pytest.raises(TemporaryError) as caught:
        line.send("GET", "/x")
    assert caught.value.reason == "timeout"
    assert len(wire.asked) == 2


# ---------------------------------------------------------------- redirects


def test_only_a_question_follows_and_only_inside_its_own_origin(wire, line):
    wire.script = [reply(301, b"", Location="/y/?a=1"), reply(body="[1]")]
    assert line.send("GET", "/y", params={"a": 1}).data == [1]
    assert wire.lines == ["GET /y?a=1", "GET /y/?a=1"]
    for method, target in (("POST", "/y"), ("GET", "http://127.0.0.2:1/y"), ("GET", "https://example.com/y")):
        wire.script = [reply(302, b"", Location=target)]
        answer = line.send(method, "/x")
        assert answer.status == 302
        assert isinstance(failure(answer, safe=method == "GET"), TemporaryError)
    assert len(wire.asked) == 5


def test_an_endless_redirect_ends(wire, line):
    wire.script = [reply(302, b"", Location="/x")] * 20
    assert line.send("GET", "/x").status == 302
    assert len(wire.asked) == 4


# ---------------------------------------------------------------- meaning


@pytest.mark.parametrize(
    ("status", "body", "safe", "kind", "reason"),
    [
        (400, "{}", False, RejectedError, "bad_request"),
        (401, "", False, CredentialsError, "wrong_keys"),
        (402, "{}", False, EntitlementError, "payment_required"),
        (403, "{}", False, EntitlementError, "forbidden"),
        (404, "{}", False, RejectedError, "not_found"),
        (418, "{}", False, RejectedError, "bad_request"),
        (425, "", True, TemporaryError, "not_ready"),
        (429, "", False, RateLimitError, "too_many_requests"),
        (500, "{}", True, TemporaryError, "server_error"),
        (503, "", False, OutcomeUnknownError, "server_error"),
        (200, "<html>", True, TemporaryError, "bad_answer"),
        (200, "<html>", False, OutcomeUnknownError, "bad_answer"),
        (403, "<html>", False, TemporaryError, "bad_answer"),
        (404, "<html>", True, TemporaryError, "bad_answer"),
    ],
)
def test_what_an_answer_means(wire, line, status, body, safe, kind, reason):
    line.backoff = ()
    wire.script = [reply(status, body, Retry_After="7")]
    error = failure(line.send("POST", "/x", safe=safe), safe=safe)
    assert (type(error), error.reason, error.status, error.retry_after) == (kind, reason, status, 7)


def test_a_detail_is_cut():
    assert len(RejectedError("bad_request", "x" * 999).detail) == 300


@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_a_segment_stays_one_segment(bad):
    with pytest.raises(RejectedError):
        segment(bad)
    assert segment("u2i-a~_-") == "u2i-a~_-"
    assert segment("../../core?x#y") == "..%2F..%2Fcore%3Fx%23y"


# ---------------------------------------------------------------- logs


def test_logs_hold_path_and_status_and_no_secret(wire, line, caplog):
    caplog.set_level(logging.DEBUG)
    wire.script = [reply(body='{"text": "79990001122"}')]
    line.send(
        "POST",
        "/hook",
        params={"token": "ChatSecret", "x": 1},
        json={"text": "секрет"},
        headers={"Authorization": "Bearer TokenSecret"},
    )
    line.base_url = nobody_listens()
    with pytest.raises(TemporaryError) as caught:
        line.send("POST", "/hook", params={"token": "ChatSecret"})
    assert "POST /hook 200" in caplog.text
    for secret in ("ChatSecret", "TokenSecret", "секрет", "79990001122"):
        assert secret not in caplog.text
        assert secret not in str(caught.value) + caught.value.detail
    assert caught.value.__suppress_context__, "a traceback would quote the address"


def test_a_netrc_of_the_machine_does_not_replace_our_header(wire, line, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    line.send("GET", "/x", headers={"Authorization": "Bearer ours"})
    assert b"Authorization: Bearer ours" in wire.asked[0]


# ---------------------------------------------------------------- pace


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only by sleeping."""

    class Clock:
        now = 1000.0

        def sleep(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr("marketplaces.transport.time.monotonic", lambda: clock.now)
    monkeypatch.setattr("marketplaces.transport.time.sleep", clock.sleep)
    return clock


def test_no_minute_sees_more_than_allowed(clock):
    budget, moments = Budget(120), []
    for _ in range(400):
        budget.take()
        moments.append(clock.now)
    assert moments[29] == moments[0], "a quarter may leave at once"
    busiest = max(sum(1 for other in moments if start <= other < start + 60) for start in moments)
    assert 110 <= busiest <= 120


def test_the_marketplace_tells_its_own_limit(clock):
    budget = Budget(240)
    budget.learn({"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0"})
    started = clock.now
    budget.take()
    assert clock.now - started == pytest.approx(60 / 45)
    budget.learn({"X-RateLimit-Limit": "many"})
    budget.take()


def test_a_pause_longer_than_a_worker_waits_is_an_error(clock):
    budget = Budget(2)
    budget.take()
    with pytest.raises(RateLimitError) as caught:
        budget.take()
    assert caught.value.retry_after == pytest.approx(60)


def test_threads_share_one_budget():
    budget, started = Budget(600), time.monotonic()
    threads = [Thread(target=lambda: [budget.take() for _ in range(41)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started >= (164 - 150) / 7.5 * 0.95
