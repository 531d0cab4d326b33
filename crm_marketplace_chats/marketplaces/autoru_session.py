"""Who we are at Auto.ru: the token's form, the session and its renewal, and what its errors mean."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .base import Budget, SessionStore
from .errors import CredentialsError, EntitlementError, MarketplaceError, RateLimitError, TemporaryError
from .reading import amount, inside, is_printable, mapping, moment, text
from .transport import PAUSE_SECONDS, Answer, Transport, failure

RENEW_BEFORE_SECONDS = 3 * 86400

#: `error` of an answer: what it means. Everything else is judged by its status.
_CODES: dict[str, tuple[type[MarketplaceError], str]] = {
    "AUTH_ERROR": (CredentialsError, "wrong_login"),
    "NO_AUTH": (CredentialsError, "session_refused"),
    "CODE_AUTH_REQUIRED": (CredentialsError, "code_required"),
    "PASSWORD_EXPIRED": (CredentialsError, "password_expired"),
    "CUSTOMER_ACCESS_FORBIDDEN": (EntitlementError, "forbidden"),
    "AGENT_ACCESS_FORBIDDEN": (EntitlementError, "forbidden"),
    "NOT_ENOUGH_FUNDS_ON_ACCOUNT": (EntitlementError, "payment_required"),
    "TOO_MANY_REQUESTS": (RateLimitError, "too_many_requests"),
}
#: Errors of the service itself, also where they come with status 200.
_ILL = ("INTERNAL", "UNKNOWN_ERROR")


def error_code(answer: Answer) -> str:
    """The service's own error code; also HTTP 200 may carry one. Empty where all is well."""
    body = mapping(answer.data)
    failed = not answer.ok or text(body.get("status")).upper() == "ERROR"
    return text(body.get("error")).upper() or "UNKNOWN" if failed and body else ""


class AutoruSession:
    """Requests in the name of one account.

    :param settings: of the client: token, login and password or a pasted session id, dealer id
    """

    def __init__(self, base_url: str, settings: Mapping[str, Any], store: SessionStore, budget: Budget):
        values = [
            text(settings.get(name)).strip()
            for name in ("token", "login", "password", "session_id", "dealer_id")
        ]
        self._token, self._login, self._password, self._pasted, self._dealer = values
        self._store = store
        #: What is stored belongs to the keys and the address it was got with.
        self._mark = hashlib.sha256("\n".join((base_url, *values)).encode()).hexdigest()[:16]
        self.transport = Transport(base_url, budget=budget)

    def close(self) -> None:
        self.transport.close()

    # ------------------------------------------------------------ what is kept

    def _stored(self) -> dict[str, Any]:
        stored = self._store.load() or {}
        return stored if stored.get("mark") == self._mark else {"mark": self._mark}

    def recall(self, name: str) -> Any:
        return self._stored().get(name)

    def remember(self, **values: Any) -> None:
        """Keep values beside the session; nothing is written when nothing changes."""
        stored = self._stored()
        if any(stored.get(name) != value for name, value in values.items()):
            with self._store.lock():
                self._store.save({**self._stored(), **values})

    @property
    def dealer_id(self) -> str:
        """The dealer's number: as set, else as the login told it; empty when neither."""
        return self._dealer or text(self.recall("dealer_id"))

    def learn_dealer(self, owner: str) -> None:
        """Keep our number from an offer of ours (``dealer:30001``): a pasted session does not tell it."""
        kind, _, dealer_id = owner.partition(":")
        if kind == "dealer" and not self.dealer_id:
            self.remember(dealer_id=dealer_id)

    @property
    def has_keys(self) -> bool:
        return bool(self._token and (self._pasted or (self._login and self._password)))

    @property
    def expires_at(self) -> datetime | None:
        """End of the session got by logging in; None for a pasted one, which does not tell."""
        return moment(self.recall("expires_at"))

    # ------------------------------------------------------------ session

    def session_id(self, refused: str = "") -> str:
        """A session that is good for days; ``refused`` is one that Auto.ru has just turned down."""

        def usable(stored: Mapping[str, Any]) -> bool:
            good = stored.get("session_id") and stored.get("renew_at", 0) > time.time()
            return bool(good) and stored["session_id"] != refused

        stored = self._stored()
        if usable(stored):
            return stored["session_id"]
        if self._pasted and self._pasted != refused:
            return self._pasted
        if not (self._login and self._password):
            raise CredentialsError("session_refused" if self._pasted else "keys_missing")
        with self._store.lock():
            stored = self._stored()  # somebody else may have logged in while we waited
            if not usable(stored):
                stored = {**stored, **self._log_in()}
                self._store.save(stored)
        return stored["session_id"]

    def _log_in(self) -> dict[str, Any]:
        form = {"login": self._login, "password": self._password}
        # Urgent, as everything waits for it, replies too.
        answer = self.transport.send(
            "POST", "/auth/login", json=form, headers=self._headers(), safe=True, urgent=True
        )
        if error_code(answer) == "NO_AUTH":  # there is no session yet, so it is the token
            raise CredentialsError("wrong_keys", self._said(answer), status=answer.status)
        self._raise_for(answer, safe=True)
        session, dealer_id = (
            inside(answer.data, "session"),
            inside(answer.data, "user", "profile", "autoru", "client_id"),
        )
        session_id = text(inside(session, "id"))
        if not is_printable(session_id):
            raise TemporaryError("bad_answer", "no session id")
        if not dealer_id and not self._dealer:
            raise EntitlementError("not_a_dealer")
        lifetime = amount(inside(session, "ttl_sec")) or 90 * 86400
        ends = moment(inside(session, "expire_timestamp"))
        expires_at = ends.timestamp() if ends else time.time() + lifetime
        # Days ahead of time, but a short life is not renewed for every request.
        renew_at = expires_at - min(RENEW_BEFORE_SECONDS, lifetime / 4)
        return {
            "session_id": session_id,
            "renew_at": renew_at,
            "expires_at": int(expires_at),
            "dealer_id": text(dealer_id),
        }

    # ------------------------------------------------------------ requests

    def _headers(self, session_id: str = "", path: str = "") -> dict[str, str]:
        headers = {"x-authorization": self._token_header()}
        if session_id:
            # The table of the documents names the first, every example of the chat pages the second.
            headers |= {"x-session-id": session_id, "x-session": session_id}
        if self._dealer and (not path.startswith("/chat/") or self.recall("dealer_on_chat")):
            headers["x-dealer-id"] = self._dealer
        if not all(map(is_printable, headers.values())):
            raise CredentialsError("wrong_keys", "characters that no key has")
        return headers

    def _token_header(self) -> str:
        """The documents show a bare token, clients in the field send it behind ``Vertis``; never doubled."""
        if not self._token:
            raise CredentialsError("keys_missing")
        if self.has_prefix or self.recall("bare_token"):
            return self._token
        return f"Vertis {self._token}"

    @property
    def has_prefix(self) -> bool:
        return self._token.lower().startswith("vertis ")

    def call(self, method: str, path: str, *, safe: bool | None = None, **body: Any) -> Answer:
        """One successful answer; a dead session is renewed once, and the request repeated once."""
        safe = method == "GET" if safe is None else safe
        session_id = self.session_id()
        answer = self._ask(method, path, session_id, safe, body)
        if error_code(answer) == "NO_AUTH":
            session_id = self.session_id(refused=session_id)
            answer = self._ask(method, path, session_id, safe, body)
        self._raise_for(answer, safe)
        if method == "GET" and not isinstance(answer.data, Mapping):
            raise TemporaryError("bad_answer", "no object", status=answer.status)
        return answer

    def _ask(self, method: str, path: str, session_id: str, safe: bool, body: Mapping[str, Any]) -> Answer:
        headers = self._headers(session_id, path)
        answer = self.transport.send(method, path, safe=safe, headers=headers, **body)
        if method == "GET" and answer.status == 404 and not error_code(answer):
            # The documents show the chat's paths with and without the slash.
            answer = self.transport.send(method, path + "/", headers=headers, **body)
        return answer

    def post_hook(
        self, url: str, chat_id: str, body: Mapping[str, Any], *, with_token: bool, urgent: bool
    ) -> None:
        """POST to the hook; it answers with nothing, or with an empty object.

        :param with_token: the address belongs to the service that gave the token
        """
        headers = {"x-authorization": self._token_header()} if with_token and self._token else {}
        params = {"token": chat_id}
        answer = self.transport.send("POST", url, params=params, json=body, headers=headers, urgent=urgent)
        if not answer.ok or error_code(answer):
            self._raise_for(answer, safe=False)

    def _raise_for(self, answer: Answer, safe: bool) -> None:
        code = error_code(answer)
        if answer.ok and not code and not answer.garbled:
            return
        error = self._error(answer, code, self._said(answer), safe)
        if isinstance(error, RateLimitError) and answer.status != 429:
            self.transport.budget.note(pause=error.retry_after)  # of a 429 it knows already
        raise error

    def _said(self, answer: Answer) -> str:
        said = text(mapping(answer.data).get("detailed_error")) or error_code(answer) or answer.text
        for secret in (self._token, self._password, self._pasted, text(self.recall("session_id"))):
            said = said.replace(secret, "***") if secret else said
        return said

    @staticmethod
    def _error(answer: Answer, code: str, said: str, safe: bool) -> MarketplaceError:
        given = {"status": answer.status, "retry_after": answer.retry_after}
        if code in _CODES:
            kind, reason = _CODES[code]
            error = kind(reason, said, **given)
        else:
            # Status 200 with an error inside: the service's own trouble, or a refusal.
            status = (
                answer.status if not answer.ok or answer.garbled else 500 if code.startswith(_ILL) else 400
            )
            judged = Answer(status, answer.data, answer.headers, answer.garbled, answer.text)
            error = failure(judged, safe=safe, detail=said)
        if isinstance(error, RateLimitError) and error.retry_after is None:
            error.retry_after = PAUSE_SECONDS
        return error
