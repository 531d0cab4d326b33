"""Who we are at Avito: the token and its renewal, the account, and what Avito's errors mean."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .base import Budget, SessionStore
from .errors import CredentialsError, MarketplaceError, RateLimitError, TemporaryError
from .reading import amount, inside, is_printable, mapping, moment, number, text
from .transport import PAUSE_SECONDS, Answer, Transport, failure

RENEW_BEFORE_SECONDS = 300
#: Call tracking's own code of an error: the recording is not there yet.
NOT_READY_CODE = 1005


class AvitoSession:
    """Requests in the name of one account.

    :param settings: of the client: client id and secret
    """

    def __init__(self, base_url: str, settings: Mapping[str, Any], store: SessionStore, budget: Budget):
        self._keys = (text(settings.get("client_id")).strip(), text(settings.get("client_secret")).strip())
        self._store = store
        #: What is stored belongs to the keys and the address it was got with.
        self._mark = hashlib.sha256("\n".join((base_url, *self._keys)).encode()).hexdigest()[:16]
        self.transport = Transport(base_url, budget=budget)

    def close(self) -> None:
        self.transport.close()

    # ------------------------------------------------------------ token

    def _stored(self) -> dict[str, Any]:
        stored = self._store.load() or {}
        return stored if stored.get("mark") == self._mark else {"mark": self._mark}

    @property
    def expires_at(self) -> datetime | None:
        return moment(self._stored().get("expires_at"))

    def renew(self) -> None:
        """Get a new token although the old one may be good: the only way to know that the keys are."""
        self._token(refused=text(self._stored().get("token")))

    def _token(self, refused: str = "") -> str:
        """A token that is good for some minutes; ``refused`` is one that Avito has just turned down."""

        def usable(stored: Mapping[str, Any]) -> bool:
            good = stored.get("token") and stored.get("renew_at", 0) > time.time()
            return bool(good) and stored["token"] != refused

        stored = self._stored()
        if not usable(stored):
            with self._store.lock():
                stored = self._stored()  # somebody else may have renewed it while we waited
                if not usable(stored):
                    stored = {**stored, **self._new_token()}
                    self._store.save(stored)
        return stored["token"]

    def _new_token(self) -> dict[str, Any]:
        client_id, client_secret = self._keys
        if not client_id or not client_secret:
            raise CredentialsError("keys_missing")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        # Urgent, as everything waits for it, replies too.
        answer = self.transport.send("POST", "/token", data=form, safe=True, urgent=True)
        token = mapping(answer.data).get("access_token")
        if isinstance(token, str) and is_printable(token) and answer.ok:
            lifetime = amount(mapping(answer.data).get("expires_in")) or 86400
            now = time.time()
            # Ahead of time, but a very short life is not renewed for every request.
            renew_at = now + lifetime - min(RENEW_BEFORE_SECONDS, lifetime / 4)
            return {"token": token, "renew_at": renew_at, "expires_at": int(now + lifetime)}
        if answer.status >= 500 or answer.status == 429 or answer.garbled:
            raise self._failure(answer, safe=True)
        # Wrong keys come with 200 as well as with 4xx.
        raise CredentialsError("wrong_keys", self._said(answer), status=answer.status)

    # ------------------------------------------------------------ account

    @property
    def account_id(self) -> str:
        """The account's number, asked once per pair of keys."""
        return text(self._stored().get("account_id")) or text(self.fetch_account()["id"])

    def fetch_account(self) -> Mapping[str, Any]:
        """``GET /core/v1/accounts/self``; has an id for sure."""
        account = mapping(self.call("GET", "/core/v1/accounts/self", urgent=True).data)
        if not text(account.get("id")):
            raise TemporaryError("bad_answer", "no account id")
        with self._store.lock():
            self._store.save({**self._stored(), "account_id": text(account["id"])})
        return account

    # ------------------------------------------------------------ requests

    def call(self, method: str, path: str, *, safe: bool | None = None, **body: Any) -> Answer:
        """One successful answer; a refused token is renewed once, and the request repeated once."""
        safe = method == "GET" if safe is None else safe
        token = self._token()
        answer = self._ask(method, path, token, safe, body)
        if _token_refused(answer):
            token = self._token(refused=token)
            answer = self._ask(method, path, token, safe, body)
        if not answer.ok or answer.garbled:
            raise self._failure(answer, safe)
        return answer

    def _ask(self, method: str, path: str, token: str, safe: bool, body: Mapping[str, Any]) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        return self.transport.send(method, path, safe=safe, headers=headers, **body)

    def _failure(self, answer: Answer, safe: bool) -> MarketplaceError:
        said = self._said(answer)
        if answer.status == 403 and _is_token_trouble(answer):
            return CredentialsError("wrong_keys", said, status=403)
        if own_code(answer) == NOT_READY_CODE:
            return TemporaryError("not_ready", said, status=answer.status)
        error = failure(answer, safe=safe, detail=said)
        if isinstance(error, RateLimitError) and error.retry_after is None:
            error.retry_after = PAUSE_SECONDS
        return error

    def _said(self, answer: Answer) -> str:
        """What an error says, without our keys."""
        message = said(answer)
        for secret in (self._keys[1], text(self._stored().get("token"))):
            message = message.replace(secret, "***") if secret else message
        return message


def own_code(answer: Answer) -> int:
    """A service's own code of an error; 0 where there is none. It may come with HTTP 200."""
    return number(inside(answer.data, "error", "code")) or number(inside(answer.data, "code")) or 0


def said(answer: Answer) -> str:
    """What an error says, in any of the shapes that Avito's services use."""
    body = mapping(answer.data)
    error = body.get("error")
    candidates = (
        inside(error, "message"),
        body.get("error_description"),
        inside(body, "result", "error", "message"),
        inside(body, "result", "message"),
        body.get("message"),
        error,
    )
    return next(filter(None, map(text, candidates)), "") or answer.text


def _is_token_trouble(answer: Answer) -> bool:
    """The gateway's own shape of a 403, or a text that names the token: not a matter of rights."""
    return inside(answer.data, "result", "status") is False or "token" in said(answer).lower()


def _token_refused(answer: Answer) -> bool:
    return answer.status == 401 or (answer.status == 403 and not answer.garbled and _is_token_trouble(answer))
