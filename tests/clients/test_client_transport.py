"""The line: what is repeated, what is not, what a failure means, and what never reaches a log."""

import logging
import socket
import time
from threading import Thread

import pytest
from ledger import Ledger
from marketplaces.errors import (
    CredentialsError,
    EntitlementError,
    OutcomeUnknownError,
    RateLimitError,
    RejectedError,
    TemporaryError,
)
from marketplaces.transport import LocalBudget, Transport, failure, segment
from wire import hang_up, reply


@pytest.fixture
def line(wire):
    line = Transport(wire.url, budget=LocalBudget(10_000), timeout=(1, 0.3))
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
    line = Transport(nobody_listens(), budget=LocalBudget(1000))
    line.backoff = ()
    with pytest.raises(TemporaryError) as caught:
        line.send("POST", "/x", json={}, safe=safe)
    assert caught.value.reason == "unreachable"


def test_an_address_that_is_none(line):
    with pytest.raises(TemporaryError) as caught:
        Transport("http://", budget=LocalBudget(1000)).send("GET", "/x")
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


def busiest(moments: list[float]) -> int:
    """Most requests that any minute has seen."""
    return max(sum(1 for other in moments if start <= other < start + 60) for start in moments)


def leave(budget: LocalBudget, clock, number: int, **how) -> list[float]:
    """The moments at which so many requests left."""
    moments = []
    for _ in range(number):
        budget.take(**how)
        moments.append(clock.now)
    return moments


def test_no_minute_sees_more_than_allowed(clock):
    moments = leave(LocalBudget(120), clock, 400, urgent=True)
    assert moments[5] == moments[0], "a twentieth may leave at once"
    assert 110 <= busiest(moments) <= 120


def test_what_is_not_urgent_uses_nearly_all_and_leaves_half_of_the_bucket(clock):
    budget = LocalBudget(120)
    budget.patient = True
    moments = leave(budget, clock, 400)
    assert moments[2] == moments[0] < moments[3], "a twentieth, less the half that is kept"
    assert busiest(moments) <= 117
    assert moments[-1] - moments[0] <= 400 / (0.95 * 120) * 60


def test_replies_leave_at_once_when_pulls_have_used_all_of_theirs(clock):
    budget = LocalBudget(120)
    budget.patient = True
    leave(budget, clock, 200)
    started = clock.now
    budget.patient = False
    assert leave(budget, clock, 1) == [started], "a pull goes before a history"
    assert leave(budget, clock, 2, urgent=True)[-1] == started
    budget.take()
    assert clock.now > started, "the pull is the one to wait"


def test_a_reply_overtakes_pulls_that_wait():
    """In threads: whoever waits has not booked a place."""
    budget = LocalBudget(600)
    for _ in range(22):
        budget.take()
    waiting = [Thread(target=budget.take) for _ in range(4)]
    for thread in waiting:
        thread.start()
    started = time.monotonic()
    for _ in range(6):
        budget.take(urgent=True)
    assert time.monotonic() - started < 0.1
    assert all(thread.is_alive() for thread in waiting), "their share is used up"
    for thread in waiting:
        thread.join(10)
    assert time.monotonic() - started == pytest.approx((1 + 7.5 - 2 + 3) * 60 / 570, abs=0.5)


def test_a_budget_without_a_reserve(clock):
    moments = leave(LocalBudget(5, reserve=0.0), clock, 12)
    assert 4 <= busiest(moments) <= 5
    assert moments[-1] - moments[0] == pytest.approx(11 * 15)


def test_the_cost_counts(clock):
    budget, started = LocalBudget(120), clock.now
    budget.take(cost=6, urgent=True)
    assert clock.now == started
    budget.take(urgent=True)
    assert clock.now - started == pytest.approx(60 / 114)
    budget.longest_wait, started = 60, clock.now
    budget.take(cost=7, urgent=True)  # more than ever fits in: it waits for all there can be
    assert clock.now - started == pytest.approx(6 * 60 / 114)


def test_the_marketplace_tells_its_own_limit(clock):
    budget = LocalBudget(240)
    budget.note(limit_per_minute=60, remaining=0)
    started = clock.now
    budget.take(urgent=True)
    assert clock.now - started == pytest.approx(60 / 54)
    budget.note(remaining=0)
    started = clock.now
    budget.take()
    assert clock.now - started == pytest.approx((1 + 1.5) * 60 / 54), "a quarter of the bucket is kept"


def test_a_pause_concerns_everybody(clock):
    budget, started = LocalBudget(240), clock.now
    budget.note(pause=7)
    budget.note(pause=3)  # a shorter one does not end it
    budget.take(urgent=True)
    assert clock.now - started == 7


@pytest.mark.parametrize("urgent", [True, False])
def test_a_pause_longer_than_a_worker_waits_is_an_error(clock, urgent):
    budget, started = LocalBudget(240), clock.now
    budget.note(pause=60)
    with pytest.raises(RateLimitError) as caught:
        budget.take(urgent=urgent)
    assert (caught.value.reason, caught.value.retry_after) == ("too_many_requests", 60)
    assert clock.now == started, "it is said at once, not after the wait"
    clock.sleep(60)
    budget.take(urgent=urgent)


def test_a_wait_longer_than_a_worker_waits_is_an_error(clock):
    budget = LocalBudget(2)
    budget.take()
    with pytest.raises(RateLimitError) as caught:
        budget.take()
    assert caught.value.retry_after == pytest.approx(60)


def test_threads_share_one_budget():
    budget, started = LocalBudget(600, reserve=0.0), time.monotonic()
    threads = [Thread(target=lambda: [budget.take() for _ in range(15)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started >= (60 - 24) / (576 / 60) * 0.95


def test_every_try_is_paid_for_and_every_answer_noted(wire):
    ledger = Ledger()
    line = Transport(wire.url, budget=ledger)
    line.backoff = (0.01, 0.02)
    limits = {"X_RateLimit_Limit": "300", "X_RateLimit_Remaining": "17"}
    wire.script = [reply(503, b""), hang_up, reply(200, **limits)]
    line.send("GET", "/x", urgent=True)
    assert ledger.taken == [(1, True)] * 3
    assert ledger.noted == [{}, {"limit_per_minute": 300, "remaining": 17}]
    ledger.noted.clear()
    line.backoff = ()
    wire.script = [reply(429, b""), reply(429, b"", Retry_After="7"), reply(200, X_RateLimit_Limit="many")]
    for _ in range(3):
        line.send("GET", "/x")
    assert ledger.noted == [{"pause": 60}, {"pause": 7}, {}]
    assert ledger.taken[3:] == [(1, False)] * 3


def test_a_services_own_limit_is_kept_beside_the_accounts(wire):
    account, service = Ledger(), Ledger()
    line = Transport(wire.url, budget=account)
    wire.script = [reply(429, b"", X_RateLimit_Limit="5")]
    line.send("POST", "/x", limit=service)
    assert (len(account.taken), len(service.taken)) == (1, 1)
    assert (account.noted, service.noted) == ([], [{"limit_per_minute": 5, "pause": 60}])


# ---------------------------------------------------------------- files


def test_a_file_is_given_as_it_came(wire, line):
    wire.script = [reply(body=b"ID3\xff\x00", Content_Type="audio/mpeg"), reply(425, '{"code": 1005}')]
    answer = line.send("GET", "/x", file_limit=100)
    assert (answer.content, answer.data, answer.garbled) == (b"ID3\xff\x00", None, False)
    refused = line.send("GET", "/x", file_limit=100)
    assert (refused.content, refused.data) == (b"", {"code": 1005})


def test_a_file_that_is_too_big(wire, line, monkeypatch):
    monkeypatch.setattr("marketplaces.transport.BODY_LIMIT", 10)
    wire.script = [reply(body=b"ID3" + b"\xff" * 97), reply(body=b"ID3" + b"\xff" * 98)]
    assert len(line.send("GET", "/x", file_limit=100).content) == 100, "the limit of other answers is another"
    with pytest.raises(RejectedError) as caught:
        line.send("GET", "/x", file_limit=100)
    assert caught.value.reason == "media_refused"
