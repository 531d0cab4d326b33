"""One HTTP line to one marketplace: time limits, safe repeats, pacing, and no secret in any log.

What a marketplace's own words mean is not known here. A client sends a request, gets an `Answer` whatever its
status, and turns what it cannot use into an error by `failure`.
"""

from __future__ import annotations

import json as jsonlib
import logging
import re
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

import requests
from urllib3 import exceptions as wire

from .errors import (
    CredentialsError,
    EntitlementError,
    MarketplaceError,
    OutcomeUnknownError,
    RateLimitError,
    RejectedError,
    TemporaryError,
)
from .reading import clean

if TYPE_CHECKING:
    from .base import Budget

_logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5
READ_SECONDS = 20
#: No answer of these interfaces comes near it; a page of 100 chats is some 150 kB.
BODY_LIMIT = 8 * 1024 * 1024
#: Pauses before the second and third try of a request that may be repeated.
BACKOFF = (0.5, 1.5)
#: No try begins later than this after the first one, so that one request cannot hold a worker for minutes.
PATIENCE_SECONDS = 15
REDIRECTS = 3
#: Pause after a 429 that names none: limits are counted by the minute.
PAUSE_SECONDS = 60.0


class _MaskSecrets(logging.Filter):
    """urllib3 logs whole addresses at debug level, and Auto.ru's hook carries its token in the query."""

    pattern = re.compile(r"([?&](?:token|chat_id|client_secret|access_token)=)[^&\s\"]+")

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                self.pattern.sub(r"\1***", value) if isinstance(value, str) else value
                for value in record.args
            )
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_MaskSecrets())


#: So many requests may leave at once even where few are allowed; but never more than a third of them.
SMALL_BURST = 6


class LocalBudget:
    """The `base.Budget` of one process, shared by its threads: no minute sees more than ``per_minute`` requests.

    A bucket: a 25th of the minute's requests may leave at once (of few, six), the rest drips in; so who has much to
    ask uses 96 % of what is allowed. What is not urgent leaves half of ``reserve`` of the bucket in it, and who is
    `patient` all of it: a long history takes nothing that a pull waits for.

    :param reserve: share of the bucket that is kept for what is urgent
    """

    #: Rather than hold a worker longer than this, `take` gives up.
    longest_wait = 20.0
    #: Whether all others of the account go first.
    patient = False

    def __init__(self, per_minute: int, reserve: float = 0.5):
        self._lock = threading.Lock()
        self._share = reserve
        self._set(per_minute)
        self._tokens = self._burst
        self._filled_at = self.clock()
        self._paused_until = 0.0

    def clock(self) -> float:
        """What the bucket is filled by, in seconds; processes that share one need a clock they share."""
        return time.monotonic()

    def _set(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._burst = max(1.0, min(SMALL_BURST, per_minute // 3), per_minute // 25)
        self._per_second = max(1.0, per_minute - self._burst) / 60
        self._reserve = min(self._burst * self._share, self._burst - 1)

    def take(self, cost: int = 1, urgent: bool = False) -> None:
        """See `base.Budget`. Nobody who waits holds a place: what is urgent goes first."""
        gives_up_at = time.monotonic() + self.longest_wait
        while wait := self._try(cost, urgent):
            if time.monotonic() + wait > gives_up_at:
                raise RateLimitError("too_many_requests", retry_after=wait)
            time.sleep(wait)

    def _try(self, cost: int, urgent: bool) -> float:
        """Seconds after which to try again; 0 when the request may leave and is counted."""
        with self._lock:
            now = self.clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
            self._filled_at = now
            kept = 0 if urgent else self._reserve if self.patient else self._reserve / 2
            needed = min(cost + kept, self._burst)
            missing = needed - self._tokens
            wait = max(self._paused_until - now, missing / self._per_second)
            if wait > 1e-6:  # less is an error of rounding
                return wait
            self._tokens -= cost
            return 0.0

    def note(
        self, limit_per_minute: int | None = None, remaining: int | None = None, pause: float | None = None
    ) -> None:
        with self._lock:
            if limit_per_minute:
                self._set(limit_per_minute)
            if remaining is not None:
                self._tokens = min(self._tokens, float(remaining))
            if pause:
                self._paused_until = max(self._paused_until, self.clock() + pause)


@lru_cache(maxsize=512)
def shared_budget(name: str, per_minute: int, reserve: float = 0.5) -> LocalBudget:
    """The process' one budget of this name, e.g. of one token at one address."""
    return LocalBudget(per_minute, reserve)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    :param data: the body read as JSON whatever its declared type; None for an empty or an unreadable body
    :param garbled: True when there was a body and it was no JSON; ``text`` then holds its beginning
    :param content: the body of a success as it came, where a file was asked for
    """

    status: int
    data: Any
    headers: Mapping[str, str]
    garbled: bool = False
    text: str = ""
    content: bytes = b""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """Seconds of ``Retry-After``; its date form is not read, no marketplace is known to send it."""
        return _whole(self.headers.get("Retry-After"), float)


def _whole(header: str | None, kind: type = int) -> Any:
    """The number in a header; None where there is none."""
    written = (header or "").strip()
    return kind(written) if written.isascii() and written.isdecimal() and len(written) < 10 else None


def segment(value: Any) -> str:
    """One path segment made of an id that came from outside; raises RejectedError for what would change the
    path.
    """
    text = str(value)
    if text in {"", ".", ".."}:
        raise RejectedError("not_found", "not an id")
    return quote(text, safe="~")


#: What a status means by itself. A client looks at its own error shapes first.
_BY_STATUS: dict[int, tuple[type[MarketplaceError], str]] = {
    401: (CredentialsError, "wrong_keys"),
    402: (EntitlementError, "payment_required"),
    403: (EntitlementError, "forbidden"),
    404: (RejectedError, "not_found"),
    425: (TemporaryError, "not_ready"),
    429: (RateLimitError, "too_many_requests"),
}
#: These say the same with or without a body that can be read.
_CLEAR_WITHOUT_BODY = {401, 402, 425, 429}


def failure(answer: Answer, *, safe: bool, detail: str = "") -> MarketplaceError:
    """The error that an answer stands for.

    :param safe: the request may be repeated; else a 5xx or an unreadable success leaves open what was done
    """
    given = {"status": answer.status, "retry_after": answer.retry_after}
    detail = detail or answer.text
    unclear = TemporaryError if safe else OutcomeUnknownError
    if answer.status >= 500:
        return unclear("server_error", detail, **given)
    if answer.ok:
        return unclear("bad_answer", detail, **given)
    if answer.status < 400 or (answer.garbled and answer.status not in _CLEAR_WITHOUT_BODY):
        # A redirect or a page of something that stands in front of the marketplace: refused, but not by it.
        return TemporaryError("bad_answer", detail, **given)
    kind, reason = _BY_STATUS.get(answer.status, (RejectedError, "bad_request"))
    return kind(reason, detail, **given)


class Session(requests.Session):
    """Leaves redirects to us; by itself it looks at the address even when told not to follow, and raises ValueError
    for what is none.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Transport:
    """The line itself; closes its connections with `close`.

    :param base_url: address that relative paths are appended to
    :param timeout: seconds to connect and seconds to wait for the next bytes
    """

    def __init__(
        self, base_url: str, *, budget: Budget, timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)
    ):
        self.base_url = base_url.rstrip("/")
        self.budget = budget
        self.timeout = timeout
        self.backoff = BACKOFF
        #: How far the service's clock is ahead of ours, by its last answer.
        self.clock_difference: timedelta | None = None
        self._session = Session()
        self._session.headers.update({"Accept": "application/json", "User-Agent": "crm_marketplace_chats"})
        # Any `auth` keeps requests from putting a password of the machine's ~/.netrc over our own header.
        self._session.auth = lambda request: request

    def close(self) -> None:
        self._session.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        safe: bool | None = None,
        headers: Mapping[str, str] | None = None,
        urgent: bool = False,
        limit: Budget | None = None,
        file_limit: int = 0,
        **body: Any,
    ) -> Answer:
        """Send one request and give its answer, whatever the status.

        :param path: what follows the base address, or a whole address
        :param safe: the request may be repeated freely; GET by default. Only such requests are tried again
        :param urgent: may use the part of the budget that is kept for what somebody waits for
        :param limit: narrower budget of this operation, kept beside the line's own; what the answer's headers say
            is then about it
        :param file_limit: a file is asked for, at most this many bytes; see `Answer.content`
        :param body: ``params``, ``json``, ``data``, ``files`` and ``timeout`` as `requests` takes them
        :raises TemporaryError: nothing was done: ``unreachable``, or ``timeout`` of a safe request
        :raises OutcomeUnknownError: a request that is not safe had left and no answer came
        :raises RateLimitError: our own budget is spent for longer than one can wait
        :raises RejectedError: ``media_refused``: the file is too big
        """
        safe = method == "GET" if safe is None else safe
        url = path if path.startswith(("http://", "https://")) else self.base_url + path
        started = time.monotonic()
        for pause in (*self.backoff, None):
            if limit:
                limit.take(urgent=urgent)
            self.budget.take(urgent=urgent)
            patient = safe and pause is not None and time.monotonic() - started < PATIENCE_SECONDS
            try:
                answer = self._follow(method, url, safe, file_limit, headers, body)
            except TemporaryError:
                if not patient:
                    raise
            else:
                _note(limit or self.budget, answer)
                self.clock_difference = _clock_difference(answer) or self.clock_difference
                if not (patient and _worth_repeating(answer)):
                    return answer
                pause = max(pause, answer.retry_after or 0)
            time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _follow(
        self,
        method: str,
        url: str,
        safe: bool,
        file_limit: int,
        headers: Mapping[str, str] | None,
        body: dict,
    ) -> Answer:
        """One request; a GET follows redirects inside its own origin, nothing else follows any."""
        for _hop in range(REDIRECTS + 1):
            answer = self._exchange(method, url, safe, file_limit, headers, body)
            target = _redirected(url, answer)
            if method != "GET" or not target or origin(target) != origin(url):
                return answer
            url, body = target, {key: value for key, value in body.items() if key != "params"}
        return answer

    def _exchange(
        self,
        method: str,
        url: str,
        safe: bool,
        file_limit: int,
        headers: Mapping[str, str] | None,
        body: dict,
    ) -> Answer:
        started, status = time.monotonic(), "-"
        try:
            with self._session.request(
                method,
                url,
                headers=headers,
                allow_redirects=False,
                stream=True,
                **{"timeout": self.timeout, **body},
            ) as response:
                status = response.status_code
                return _read(response, file_limit)
        except requests.RequestException as error:
            # `from None`: the library's message quotes the address, and an address may carry a token.
            raise _line_failure(error, safe) from None
        finally:
            spent = (time.monotonic() - started) * 1000
            _logger.debug("%s %s %s %d ms", method, urlsplit(url).path, status, spent)


def _redirected(url: str, answer: Answer) -> str:
    """Where an answer sends us to; empty when it does not, or to what is no address."""
    if not 300 <= answer.status < 400:
        return ""
    with suppress(ValueError):
        target = urljoin(url, answer.headers.get("Location", ""))
        return target if origin(target) else ""
    return ""


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address; raises ValueError for what is none."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _note(budget: Budget, answer: Answer) -> None:
    """Tell a budget what an answer says of it: ``X-RateLimit-Limit`` is per minute, where it is given at all."""
    limit = _whole(answer.headers.get("X-RateLimit-Limit"))
    remaining = _whole(answer.headers.get("X-RateLimit-Remaining"))
    refused = answer.status == 429
    pause = (PAUSE_SECONDS if answer.retry_after is None else answer.retry_after) if refused else None
    budget.note(limit_per_minute=limit, remaining=remaining, pause=pause)


def _clock_difference(answer: Answer) -> timedelta | None:
    """How far the service's clock is ahead of ours, by the answer's ``Date``; None where it says none."""
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")) - datetime.now(timezone.utc)
    except (TypeError, ValueError):
        return None


def _worth_repeating(answer: Answer) -> bool:
    if answer.status == 429:
        return answer.retry_after is not None and answer.retry_after <= max(BACKOFF)
    return answer.status >= 500 and (answer.retry_after or 0) <= PATIENCE_SECONDS / 3


def require_whole(response: requests.Response, received: int) -> None:
    """Raise as for a broken line when fewer bytes came than were announced; urllib3 1 does not look."""
    announced = _whole(response.headers.get("Content-Length"))
    if announced is not None and received < announced and "Content-Encoding" not in response.headers:
        raise requests.exceptions.ChunkedEncodingError("cut off")


def _read(response: requests.Response, file_limit: int) -> Answer:
    content = bytearray()
    is_file = file_limit > 0 and 200 <= response.status_code < 300
    for chunk in response.iter_content(64 * 1024):
        content += chunk
        if is_file and len(content) > file_limit:
            raise RejectedError("media_refused", "too big", status=response.status_code)
        if not is_file and len(content) > BODY_LIMIT:
            return Answer(response.status_code, None, response.headers, garbled=True, text="answer too long")
    require_whole(response, len(content))
    if not content.strip():
        return Answer(response.status_code, None, response.headers)
    try:
        data = clean(jsonlib.loads(content.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        if is_file:
            return Answer(response.status_code, None, response.headers, content=bytes(content))
        text = content[:1200].decode("utf-8", "replace")[:300]
        return Answer(response.status_code, None, response.headers, garbled=True, text=clean(text))
    return Answer(response.status_code, data, response.headers)


def _line_failure(error: requests.RequestException, safe: bool) -> MarketplaceError:
    """Tell a request that never left from one that may have been carried out."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(cause, wire.ProxyError):
        cause = cause.original_error
    never_left = (
        isinstance(error, (requests.ConnectTimeout, ValueError))  # ValueError: an address that is none
        or isinstance(cause, (wire.NewConnectionError, wire.ConnectTimeoutError))
        or (isinstance(cause, wire.SSLError) and isinstance(cause.args[0], ssl.SSLCertVerificationError))
    )
    detail = type(cause or error).__name__
    if never_left:
        return TemporaryError("unreachable", detail)
    return TemporaryError("timeout", detail) if safe else OutcomeUnknownError("line_broken", detail)
