"""Avito: the messenger, listings and webhooks of one business account.

Contract: the official OpenAPI documents of developers.avito.ru (state of spring 2026). Where live answers are
known to differ, `avito_words` reads both shapes.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from . import avito_words
from .base import MarketplaceClient, SessionStore, register
from .download import download
from .errors import (
    CredentialsError,
    EntitlementError,
    MarketplaceError,
    RateLimitError,
    RejectedError,
    TemporaryError,
)
from .payload import (
    Batch,
    Download,
    Finding,
    History,
    Page,
    RemoteConversation,
    RemoteListing,
    RemoteMedia,
    RemoteMessage,
    Sent,
)
from .reading import inside, mapping, moment, number, objects, text
from .transport import Answer, Transport, failure, segment, shared_budget

_logger = logging.getLogger(__name__)

#: Documented limits of chats and of messages alike, so that no more than 1,100 of either can be reached.
PAGE, LAST_OFFSET = 100, 1000
#: The text says "less than 100".
ITEMS_PAGE = 99
ITEM_STATUSES = "active,removed,old,blocked,rejected"
#: Also those between users, and Avito's own notices: hidden from nobody, but noise.
CHAT_TYPES = "u2i,u2u,a2u"
#: Chats changed this many seconds before the cursor are read again, in case their clocks differ.
OVERLAP_SECONDS = 120
RENEW_BEFORE_SECONDS = 300
#: The messenger's limit is not documented; this is our own choice until a header says more. That of the
#: listings is.
MESSENGER_PER_MINUTE, ITEMS_PER_MINUTE = 240, 25
#: Pause after a 429 that names none: limits are counted by the minute.
PAUSE_SECONDS = 60.0
UPLOAD_TIMEOUT = (5, 60)


@register
class AvitoClient(MarketplaceClient):
    """Settings: ``base_url``, ``client_id``, ``client_secret``."""

    code = "avito"
    label = "Avito"
    default_base_url = "https://api.avito.ru"
    text_limit = 1000
    image_limit = 24 * 1024 * 1024
    image_types = ("image/jpeg", "image/png", "image/gif", "image/bmp", "image/heic")
    media_hosts = ("avito.ru", "avito.st")

    def __init__(self, settings: Mapping[str, Any], session: SessionStore):
        super().__init__(settings, session)
        self._keys = (text(settings.get("client_id")).strip(), text(settings.get("client_secret")).strip())
        base_url = text(settings.get("base_url")) or self.default_base_url
        #: A stored token belongs to the keys and the address it was got with.
        self._mark = hashlib.sha256("\n".join((base_url, *self._keys)).encode()).hexdigest()[:16]
        self._items_budget = shared_budget(f"avito items {self._mark}", ITEMS_PER_MINUTE)
        budget = shared_budget(f"avito {self._mark}", MESSENGER_PER_MINUTE)
        self.transport = Transport(base_url, budget=budget)

    def close(self) -> None:
        self.transport.close()

    # ------------------------------------------------------------ token

    def _session(self) -> dict[str, Any]:
        session = self.session.load() or {}
        return session if session.get("mark") == self._mark else {}

    def _token(self, refused: str = "") -> str:
        """A token that is good for some minutes; ``refused`` is one that Avito has just turned down."""

        def usable(session: Mapping[str, Any]) -> bool:
            good = session.get("token") and session.get("renew_at", 0) > time.time()
            return bool(good) and session["token"] != refused

        session = self._session()
        if not usable(session):
            with self.session.lock():
                session = self._session()  # somebody else may have renewed it while we waited
                if not usable(session):
                    session = {**session, **self._new_token()}
                    self.session.save(session)
        return session["token"]

    def _new_token(self) -> dict[str, Any]:
        client_id, client_secret = self._keys
        if not client_id or not client_secret:
            raise CredentialsError("keys_missing")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        answer = self.transport.send("POST", "/token", data=form, safe=True)
        body = mapping(answer.data)
        token = body.get("access_token")
        if isinstance(token, str) and token and answer.ok:
            lifetime = number(body.get("expires_in")) or 86400
            # Ahead of time, but a very short life is not renewed for every request.
            renew_at = time.time() + lifetime - min(RENEW_BEFORE_SECONDS, lifetime / 4)
            return {
                "mark": self._mark,
                "token": token,
                "renew_at": renew_at,
                "expires_at": time.time() + lifetime,
            }
        if answer.status >= 500 or answer.status == 429 or answer.garbled:
            raise self._failure(answer, safe=True)
        # Wrong keys come with 200 as well as with 4xx.
        raise CredentialsError("wrong_keys", _said(answer), status=answer.status)

    @property
    def _account(self) -> str:
        """The account's number, asked once per pair of keys."""
        known = text(self._session().get("account_id"))
        return known or text(self._fetch_account()["id"])

    def _fetch_account(self) -> Mapping[str, Any]:
        account = mapping(self._call("GET", "/core/v1/accounts/self").data)
        if not text(account.get("id")):
            raise TemporaryError("bad_answer", "no account id")
        with self.session.lock():
            self.session.save({**self._session(), "account_id": text(account["id"])})
        return account

    # ------------------------------------------------------------ requests

    def _call(self, method: str, path: str, *, safe: bool | None = None, **body: Any) -> Answer:
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
        return self.transport.send(
            method, path, safe=safe, headers={"Authorization": f"Bearer {token}"}, **body
        )

    def _failure(self, answer: Answer, safe: bool) -> MarketplaceError:
        said = _said(answer)
        for secret in (self._keys[1], text(self._session().get("token"))):
            said = said.replace(secret, "***") if secret else said
        if answer.status == 403 and _is_token_trouble(answer):
            return CredentialsError("wrong_keys", said, status=403)
        error = failure(answer, safe=safe, detail=said)
        if isinstance(error, RateLimitError) and error.retry_after is None:
            error.retry_after = PAUSE_SECONDS
        return error

    def _chat_path(self, version: int, conversation_id: str, tail: str = "") -> str:
        return f"/messenger/v{version}/accounts/{self._account}/chats/{segment(conversation_id)}{tail}"

    # ------------------------------------------------------------ connection

    def check(self) -> list[Finding]:
        findings: list[Finding] = []
        for step in (self._check_token, self._check_account, self._check_chats, self._check_listings):
            try:
                findings += step()
            except MarketplaceError as error:
                values = {
                    "step": step.__name__.removeprefix("_check_"),
                    "detail": error.detail,
                    "status": error.status,
                }
                findings.append(Finding("error", error.reason, values))
                if not isinstance(error, EntitlementError):
                    break  # the next steps would only say the same
        return findings

    def _check_token(self) -> list[Finding]:
        self._token(
            refused=text(self._session().get("token"))
        )  # a new one, so that the keys are really tried
        expires = datetime.fromtimestamp(self._session()["expires_at"], timezone.utc)
        return [Finding("ok", "token_ok", {"expires": expires.isoformat(timespec="seconds")})]

    def _check_account(self) -> list[Finding]:
        account = self._fetch_account()
        return [Finding("ok", "account", {"name": text(account.get("name")), "id": text(account["id"])})]

    def _check_chats(self) -> list[Finding]:
        body = self._chats(0)
        count = len(objects(body["chats"]))
        return [Finding("ok", "chats_visible", {"count": count, "more": _more(body, count)})]

    def _check_listings(self) -> list[Finding]:
        listings, more = self._items(1)
        if not listings:
            # So it looks with an employee's key, which also sees no chats of the company's listings.
            return [Finding("warning", "listings_none")]
        return [Finding("ok", "listings_visible", {"count": len(listings), "more": more})]

    # ------------------------------------------------------------ in

    def conversations(self, walk: Mapping[str, Any]) -> Page:
        """Chats newest first, until they are older than the last walk's newest.

        ``walk``: ``cursor``, newest `updated` that a finished walk has seen, and ``seen``, what its first
        page looked like; while under way also ``offset``, ``newest`` and ``first`` of this one. The list
        moves while it is read: a chat that jumps to the front is met by the next walk, as the cursor becomes
        the newest of *our* first page. The last page is one that is older than the cursor as a whole, or a
        first page that looks as it did: any change brings a chat to the front, so an idle pull is one
        request.
        """
        account_id, offset = self._account, walk.get("offset", 0)
        body = self._chats(offset)
        chats = objects(body["chats"])
        updated = [number(chat.get("updated")) or 0 for chat in chats]
        page_look = _look(chats)
        cursor, newest = walk.get("cursor"), walk.get("newest") or max(updated, default=0)
        first = walk.get("first") or page_look
        done = (
            not _more(body, len(chats))
            or offset >= LAST_OFFSET
            or (cursor is not None and max(updated, default=0) < cursor - OVERLAP_SECONDS)
            or (offset == 0 and page_look == walk.get("seen"))
        )
        if done:
            state = {"cursor": max(newest, cursor or 0), "seen": first}
        else:
            state = {**walk, "offset": offset + PAGE, "newest": newest, "first": first}
        found = (avito_words.conversation(chat, account_id) for chat in chats)
        return Page(tuple(chat for chat in found if chat), state, done)

    def _chats(self, offset: int) -> Mapping[str, Any]:
        params = {"chat_types": CHAT_TYPES, "limit": PAGE, "offset": offset}
        body = mapping(self._call("GET", f"/messenger/v2/accounts/{self._account}/chats", params=params).data)
        if (
            "chats" not in body
        ):  # anything else must not pass for "no chats", or the cursor would move over them
            raise TemporaryError("bad_answer", "no list of chats")
        return body

    def conversation(self, external_id: str) -> RemoteConversation:
        found = avito_words.conversation(
            mapping(self._call("GET", self._chat_path(2, external_id)).data), self._account
        )
        if not found:
            raise TemporaryError("bad_answer", "a chat without id")
        return found

    def history(
        self, conversation_id: str, known: Callable[[Collection[str]], Collection[str]], last_id: str = ""
    ) -> History:
        """See `base`; ``complete`` is False when even the oldest of the last reachable page is new to us.

        The end of the chat is an end: all there is has been read, whether anything of it was known or not.
        """
        found: dict[str, RemoteMessage] = {}
        for offset in range(0, LAST_OFFSET + 1, PAGE):
            page, more = self._messages(conversation_id, offset)
            for message in page:
                found.setdefault(message.external_id, message)  # the list moves: an entry may come twice
            if not more or not page or known([page[-1].external_id]):
                return History(tuple(found.values()))
        return History(tuple(found.values()), complete=False)

    def newest(self, conversation_id: str) -> tuple[RemoteMessage, ...]:
        return tuple(self._messages(conversation_id, 0)[0])

    def _messages(self, conversation_id: str, offset: int) -> tuple[list[RemoteMessage], bool]:
        path = self._chat_path(3, conversation_id, "/messages/")
        body = self._call("GET", path, params={"limit": PAGE, "offset": offset}).data
        if not isinstance(body, list) and "messages" not in mapping(body):
            raise TemporaryError("bad_answer", "no list of messages")
        rows, more = avito_words.messages(body, conversation_id, self._account)
        return rows, len(rows) >= PAGE if more is None else more

    def listings(self) -> Iterator[tuple[RemoteListing, ...]]:
        """All listings with title, price and state. ``feed_id`` stays empty: it costs a request each."""
        page, more, seen = 1, True, set()
        while more:
            found, more = self._items(page)
            fresh = tuple(listing for listing in found if listing.external_id not in seen)
            if not fresh:
                return
            seen.update(listing.external_id for listing in fresh)
            yield fresh
            page += 1

    def _items(self, page: int) -> tuple[list[RemoteListing], bool]:
        params = {"per_page": ITEMS_PAGE, "page": page, "status": ITEM_STATUSES}
        body = self._call("GET", "/core/v1/items", params=params, budget=self._items_budget).data
        rows = objects(mapping(body).get("resources"))
        found = [listing for listing in map(avito_words.listing, rows) if listing]
        return found, len(rows) >= (number(inside(body, "meta", "per_page")) or ITEMS_PAGE)

    def read_delivery(self, body: Mapping[str, Any]) -> Batch:
        """See `base`. An empty object, by which Avito advises to try an address, is an empty batch."""
        if not body:
            return Batch()
        conversation, message = avito_words.delivery(mapping(body))
        return Batch((conversation,), (message,))

    # ------------------------------------------------------------ out

    def send_text(self, conversation_id: str, text: str, key: str) -> Sent:
        """See `base`. Avito knows no keys: after an unknown outcome the chat has to be read."""
        if not text.strip():
            raise RejectedError("text_empty")
        if len(text) > self.text_limit:
            raise RejectedError("text_too_long")
        body = {"message": {"text": text}, "type": "text"}
        return _sent(self._call("POST", self._chat_path(1, conversation_id, "/messages"), json=body))

    def send_image(
        self, conversation_id: str, content: bytes, mimetype: str, key: str, public_url: str = ""
    ) -> Sent:
        """See `base`. Two requests; the upload may be repeated, only the second is seen by the buyer."""
        if mimetype not in self.image_types or not 0 < len(content) <= self.image_limit:
            raise RejectedError("image_refused")
        image_id = self._upload(content, mimetype)
        path = self._chat_path(1, conversation_id, "/messages/image")
        return _sent(self._call("POST", path, json={"image_id": image_id}))

    def _upload(self, content: bytes, mimetype: str) -> str:
        files = {"uploadfile[]": (f"photo.{mimetype.removeprefix('image/')}", content, mimetype)}
        path = f"/messenger/v1/accounts/{self._account}/uploadImages"
        try:
            answer = self._call("POST", path, files=files, safe=True, timeout=UPLOAD_TIMEOUT)
        except RejectedError as error:
            if error.status in {400, 413, 415, 422}:
                raise RejectedError("image_refused", error.detail, status=error.status) from None
            raise
        image_id = next(iter(mapping(answer.data)), "")
        if not image_id:
            raise TemporaryError("bad_answer", "no image id")
        return image_id

    def mark_read(self, conversation_id: str, last_message_id: str = "") -> None:
        self._call("POST", self._chat_path(1, conversation_id, "/read"), safe=True)

    # ------------------------------------------------------------ webhooks

    def subscribe(self, url: str) -> None:
        subscribed = mapping(self._call("POST", "/messenger/v1/subscriptions", safe=True).data).get(
            "subscriptions"
        )
        if url not in [entry.get("url") for entry in objects(subscribed)]:
            self._call("POST", "/messenger/v3/webhook", json={"url": url}, safe=True)

    def unsubscribe(self, url: str) -> None:
        try:
            self._call("POST", "/messenger/v1/webhook/unsubscribe", json={"url": url}, safe=True)
        except RejectedError as error:
            if error.reason != "not_found":
                raise

    # ------------------------------------------------------------ media

    def download(self, media: RemoteMedia) -> Download:
        """See `base`. A voice message's address lives for an hour, so it is asked anew by its id."""
        url = media.url
        if media.ref and not url:
            path = f"/messenger/v1/accounts/{self._account}/getVoiceFiles"
            body = self._call("GET", path, params={"voice_ids": [media.ref]}).data
            url = text(inside(body, "voices_urls", media.ref))
        if not url:
            raise RejectedError("not_found", "no address")
        return download(url, media.kind, hosts=self.media_hosts, own=self.transport.base_url)


def _said(answer: Answer) -> str:
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
    return inside(answer.data, "result", "status") is False or "token" in _said(answer).lower()


def _token_refused(answer: Answer) -> bool:
    return answer.status == 401 or (answer.status == 403 and not answer.garbled and _is_token_trouble(answer))


def _more(body: Any, count: int) -> bool:
    more = avito_words.has_more(body)
    return count >= PAGE if more is None else more and count > 0


def _look(chats: list[Mapping[str, Any]]) -> str:
    """A short mark by which a page that has not changed is known again."""
    seen = [(text(chat.get("id")), chat.get("updated"), inside(chat, "last_message", "id")) for chat in chats]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def _sent(answer: Answer) -> Sent:
    body = mapping(answer.data)
    if not body.get("id") and body.get("error"):
        raise RejectedError("bad_request", _said(answer), status=answer.status)
    return Sent(text(body.get("id")), moment(body.get("created")))
