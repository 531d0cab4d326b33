"""Avito: the messenger, listings and webhooks of one business account.

Contract: the official OpenAPI documents of developers.avito.ru (state of spring 2026). Where live answers are
known to differ, `avito_words` reads both shapes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from . import avito_words
from .avito_session import NOT_READY_CODE, AvitoSession, own_code, said
from .base import Budget, MarketplaceClient, SessionStore, register, run_steps
from .download import SIZE_LIMIT, download, judged
from .errors import (
    EntitlementError,
    MarketplaceError,
    OutcomeUnknownError,
    RejectedError,
    TemporaryError,
)
from .payload import (
    Batch,
    Download,
    Finding,
    History,
    Page,
    RemoteCall,
    RemoteConversation,
    RemoteListing,
    RemoteMedia,
    RemoteMessage,
    Sent,
)
from .reading import UTC, ident, inside, mapping, moment, number, objects, text
from .transport import Answer, segment, shared_budget

#: Documented limits of chats and of messages alike, so that no more than 1,100 of either can be reached.
PAGE, LAST_OFFSET = 100, 1000
#: The text says "less than 100".
ITEMS_PAGE = 99
ITEM_STATUSES = "active,removed,old,blocked,rejected"
#: Also those between users, and Avito's own notices: hidden from nobody, but noise.
CHAT_TYPES = "u2i,u2u,a2u"
#: Chats changed this many seconds before the cursor are read again, in case their clocks differ.
OVERLAP_SECONDS = 120
UPLOAD_TIMEOUT = (5, 60)
#: Documented limits by the minute of single services, beside the account's budget. Those of call tracking come
#: without a unit; Avito's headers count by the minute.
ITEMS_PER_MINUTE, CALLS_PER_MINUTE, RECORDINGS_PER_MINUTE = 25, 5, 50
ITEM_PER_MINUTE = 500
#: At most three months may be asked for at once; the shortest three have 89 days.
CALLS_SPAN = timedelta(days=89)
#: More pages than any dealer fills: somebody who always has one more must not keep us for ever.
ITEM_PAGES, CALL_PAGES = 200, 200
#: Avito's gateway itself gives the service a minute.
RECORDING_TIMEOUT = (5, 60)

#: `error.code` of call tracking, which comes with HTTP 200: what it means.
_CALL_ERRORS: dict[int, tuple[type[MarketplaceError], str]] = {
    1000: (RejectedError, "bad_request"),
    1001: (RejectedError, "bad_request"),
    1002: (EntitlementError, "forbidden"),
    1003: (TemporaryError, "server_error"),
    1004: (RejectedError, "not_found"),
    NOT_READY_CODE: (TemporaryError, "not_ready"),
}

#: Why a buyer is put on Avito's list of those shut out: our words, Avito's ``reason_id``.
BLOCK_REASONS = {"spam": 1, "fraud": 2, "abuse": 3, "other": 4}


@register
class AvitoClient(MarketplaceClient):
    """Settings: ``base_url``, ``client_id``, ``client_secret``."""

    code = "avito"
    label = "Avito"
    default_base_url = "https://api.avito.ru"
    text_limit = 1000
    image_limit = 24 * 1024 * 1024
    image_types = ("image/jpeg", "image/png", "image/gif", "image/bmp", "image/heic")
    #: The messenger's limit is not documented; our own choice until a header says more.
    requests_per_minute = 240
    counted_by = ("client_id",)
    can_subscribe = True
    delete_within = timedelta(hours=1)
    media_hosts = ("avito.ru", "avito.st")
    block_reasons = tuple(BLOCK_REASONS)
    buyer_id_lasts = True

    def __init__(self, settings: Mapping[str, Any], session: SessionStore, budget: Budget | None = None):
        super().__init__(settings, session, budget)
        self.base_url = (text(settings.get("base_url")) or self.default_base_url).rstrip("/")
        self.api = AvitoSession(self.base_url, settings, session, self.budget)

    def close(self) -> None:
        self.api.close()

    @property
    def clock_difference(self) -> timedelta | None:
        return self.api.transport.clock_difference

    def _limit(self, service: str, per_minute: int) -> Budget:
        """The budget of one service that counts by itself; nothing there is urgent, so nothing is kept back."""
        return shared_budget(f"{self.budget_key(self.settings)} {service}", per_minute, reserve=0.0)

    def _chat_path(self, version: int, conversation_id: str, tail: str = "") -> str:
        return f"/messenger/v{version}/accounts/{self.api.account_id}/chats/{segment(conversation_id)}{tail}"

    # ------------------------------------------------------------ connection

    def check(self) -> list[Finding]:
        return run_steps(
            (
                ("token", self._check_token),
                ("account", self._check_account),
                ("chats", self._check_chats),
                ("listings", self._check_listings),
            )
        )

    def _check_token(self) -> list[Finding]:
        self.api.renew()
        expires = self.api.expires_at
        return [Finding("ok", "token_ok", {"expires": expires.isoformat(timespec="seconds")})]

    def _check_account(self) -> list[Finding]:
        account = self.api.fetch_account()
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
        account_id, offset = self.api.account_id, walk.get("offset", 0)
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
            # One odd date in the future must not make everything else look old for ever.
            state = {"cursor": min(max(newest, cursor or 0), int(time.time())), "seen": first}
        else:
            state = {**walk, "offset": offset + PAGE, "newest": newest, "first": first}
        read = (avito_words.conversation(chat, account_id) for chat in chats)
        found = {chat.external_id: chat for chat in read if chat}
        return Page(tuple(found.values()), state, done)

    def _chats(self, offset: int) -> Mapping[str, Any]:
        params = {"chat_types": CHAT_TYPES, "limit": PAGE, "offset": offset}
        body = mapping(
            self.api.call("GET", f"/messenger/v2/accounts/{self.api.account_id}/chats", params=params).data
        )
        if "chats" not in body:
            # Anything else must not pass for "no chats", or the cursor would move over them.
            raise TemporaryError("bad_answer", "no list of chats")
        return body

    def conversation(self, external_id: str) -> RemoteConversation:
        found = avito_words.conversation(
            mapping(self.api.call("GET", self._chat_path(2, external_id)).data), self.api.account_id
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
        body = self.api.call("GET", path, params={"limit": PAGE, "offset": offset}).data
        if not isinstance(body, list) and "messages" not in mapping(body):
            raise TemporaryError("bad_answer", "no list of messages")
        rows = avito_words.message_rows(body)
        return avito_words.readable(rows, conversation_id, self.api.account_id), _more(body, len(rows))

    def listings(self) -> Iterator[tuple[RemoteListing, ...]]:
        """All listings with title, price and state, without ``feed_id``: see there."""
        seen = set()
        for page in range(1, ITEM_PAGES + 1):
            found, more = self._items(page)
            fresh = tuple(listing for listing in found if listing.external_id not in seen)
            if fresh:
                seen.update(listing.external_id for listing in fresh)
                yield fresh
            if not fresh or not more:
                return

    tells_feed_id_singly = True

    def feed_id(self, listing_id: str) -> str:
        """See `base`; what the dealer's feed names the advertisement."""
        path = f"/core/v1/accounts/{self.api.account_id}/items/{segment(listing_id)}/"
        item = self.api.call("GET", path, limit=self._limit("item", ITEM_PER_MINUTE)).data
        return ident(mapping(item).get("autoload_item_id"))

    def _items(self, page: int) -> tuple[list[RemoteListing], bool]:
        params = {"per_page": ITEMS_PAGE, "page": page, "status": ITEM_STATUSES}
        limit = self._limit("items", ITEMS_PER_MINUTE)
        body = self.api.call("GET", "/core/v1/items", params=params, limit=limit).data
        if "resources" not in mapping(body):
            raise TemporaryError("bad_answer", "no list of listings")
        rows = objects(body["resources"])
        found = [listing for listing in map(avito_words.listing, rows) if listing]
        return found, len(rows) >= (number(inside(body, "meta", "per_page")) or ITEMS_PAGE)

    def read_delivery(self, body: Mapping[str, Any]) -> Batch:
        """See `base`. An empty object, by which Avito advises to try an address, is an empty batch."""
        if not body:
            return Batch()
        conversation, message = avito_words.delivery(mapping(body))
        return Batch((conversation,), (message,))

    # ------------------------------------------------------------ calls

    @property
    def can_read_calls(self) -> bool:
        return True

    def calls(self, since: datetime) -> Iterator[tuple[RemoteCall, ...]]:
        """See `base`. Oldest span of time first; inside a span the order is Avito's, which nobody documents."""
        until, seen = datetime.now(UTC), set()
        while since < until:
            end = min(since + CALLS_SPAN, until)
            for page in self._calls_between(since, end):
                fresh = tuple(call for call in page if call.external_id not in seen)
                seen.update(call.external_id for call in fresh)
                if fresh:
                    yield fresh
            since = end

    def _calls_between(self, start: datetime, end: datetime) -> Iterator[list[RemoteCall]]:
        span = {"dateTimeFrom": _rfc3339(start), "dateTimeTo": _rfc3339(end), "limit": PAGE}
        last: list[Mapping[str, Any]] = []
        for offset in range(0, CALL_PAGES * PAGE, PAGE):
            answer = self.api.call(
                "POST",
                "/calltracking/v1/getCalls/",
                json={**span, "offset": offset},
                safe=True,
                limit=self._limit("calls", CALLS_PER_MINUTE),
            )
            _raise_call_error(answer)
            if "calls" not in mapping(answer.data):
                raise TemporaryError("bad_answer", "no list of calls")
            rows = objects(answer.data["calls"])
            yield avito_words.calls(rows)
            if len(rows) < PAGE or rows == last:  # the latter: somebody who does not mind the offset
                return
            last = rows

    def recording(self, call_external_id: str) -> Download:
        """See `base`. Kept for three months, there some half an hour after the call."""
        if not (call_external_id.isascii() and call_external_id.isdecimal()):
            raise RejectedError("not_found", "not an id")
        answer = self.api.call(
            "GET",
            "/calltracking/v1/getRecordByCallId/",
            params={"callId": call_external_id},
            limit=self._limit("recordings", RECORDINGS_PER_MINUTE),
            file_limit=SIZE_LIMIT,
            timeout=RECORDING_TIMEOUT,
        )
        _raise_call_error(answer)
        if not answer.content:
            raise TemporaryError("bad_answer", "no recording", status=answer.status)
        return judged(answer.content, "voice")

    # ------------------------------------------------------------ out

    def send_text(self, conversation_id: str, text: str, key: str) -> Sent:
        """See `base`. Avito knows no keys: after an unknown outcome the chat has to be read."""
        if not text.strip():
            raise RejectedError("text_empty")
        if len(text) > self.text_limit:
            raise RejectedError("text_too_long")
        body = {"message": {"text": text}, "type": "text"}
        path = self._chat_path(1, conversation_id, "/messages")
        return _sent(self.api.call("POST", path, json=body, urgent=True))

    def send_image(
        self, conversation_id: str, content: bytes, mimetype: str, key: str, public_url: str = ""
    ) -> Sent:
        """See `base`. Two requests; the upload may be repeated, only the second is seen by the buyer."""
        if mimetype not in self.image_types or not 0 < len(content) <= self.image_limit:
            raise RejectedError("image_refused")
        image_id = self._upload(content, mimetype)
        path = self._chat_path(1, conversation_id, "/messages/image")
        return _sent(self.api.call("POST", path, json={"image_id": image_id}, urgent=True))

    def _upload(self, content: bytes, mimetype: str) -> str:
        files = {"uploadfile[]": (f"photo.{mimetype.removeprefix('image/')}", content, mimetype)}
        path = f"/messenger/v1/accounts/{self.api.account_id}/uploadImages"
        try:
            answer = self.api.call("POST", path, files=files, safe=True, urgent=True, timeout=UPLOAD_TIMEOUT)
        except RejectedError as error:
            if error.status in {400, 413, 415, 422}:
                raise RejectedError("image_refused", error.detail, status=error.status) from None
            raise
        image_id = ident(next(iter(mapping(answer.data)), ""))
        if not image_id:
            raise TemporaryError("bad_answer", "no image id")
        return image_id

    def delete(self, conversation_id: str, message_id: str) -> None:
        """See `base`. Avito allows it for an hour; how it refuses later it does not say, so any refusal of a
        message that exists counts as one.
        """
        path = self._chat_path(1, conversation_id, f"/messages/{segment(message_id)}")
        try:
            self.api.call("POST", path, safe=True, urgent=True)
        except (RejectedError, EntitlementError) as error:
            if error.reason in {"bad_request", "forbidden"}:
                raise RejectedError("too_late", error.detail, status=error.status) from None
            raise

    def block(self, buyer_id: str, listing_id: str, reason: str) -> None:
        """See `base`. Avito's own list cannot be read back, and nobody can be taken off it by this API."""
        context = {"reason_id": BLOCK_REASONS[reason]}
        if listing_id.isdecimal():
            context["item_id"] = int(listing_id)
        if not buyer_id.isdecimal():
            raise RejectedError("not_supported")
        user = {"user_id": int(buyer_id), "context": context}
        path = f"/messenger/v2/accounts/{self.api.account_id}/blacklist"
        self.api.call("POST", path, json={"users": [user]}, safe=True)

    def mark_read(self, conversation_id: str, last_message_id: str = "") -> None:
        self.api.call("POST", self._chat_path(1, conversation_id, "/read"), safe=True)

    # ------------------------------------------------------------ webhooks

    def subscribe(self, url: str) -> None:
        subscribed = mapping(self.api.call("POST", "/messenger/v1/subscriptions", safe=True).data).get(
            "subscriptions"
        )
        if url not in [entry.get("url") for entry in objects(subscribed)]:
            self.api.call("POST", "/messenger/v3/webhook", json={"url": url}, safe=True)

    def unsubscribe(self, url: str) -> None:
        try:
            self.api.call("POST", "/messenger/v1/webhook/unsubscribe", json={"url": url}, safe=True)
        except RejectedError as error:
            if error.reason != "not_found":
                raise

    # ------------------------------------------------------------ media

    def download(self, media: RemoteMedia) -> Download:
        """See `base`. A voice message's address lives for an hour, so it is asked anew by its id."""
        url = media.url
        if media.ref and not url:
            path = f"/messenger/v1/accounts/{self.api.account_id}/getVoiceFiles"
            body = self.api.call("GET", path, params={"voice_ids": [media.ref]}).data
            url = text(inside(body, "voices_urls", media.ref))
        if not url:
            raise RejectedError("not_found", "no address")
        return download(url, media.kind, hosts=self.media_hosts, own=self.base_url)


def _more(body: Any, count: int) -> bool:
    """Whether another page follows one of so many entries; only live answers tell."""
    more = inside(body, "meta", "has_more")
    return more and count > 0 if isinstance(more, bool) else count >= PAGE


def _look(chats: list[Mapping[str, Any]]) -> str:
    """A short mark by which a page that has not changed is known again, whatever the order of its chats."""
    seen = (f"{chat.get('id')} {chat.get('updated')} {inside(chat, 'last_message', 'id')}" for chat in chats)
    return hashlib.sha256("\n".join(sorted(seen)).encode()).hexdigest()[:16]


def _sent(answer: Answer) -> Sent:
    """A success without the message's id proves nothing: gateways put errors into a 200 in shapes of their own."""
    body = mapping(answer.data)
    external_id = ident(body.get("id"))
    if not external_id and body.get("error"):
        raise RejectedError("bad_request", said(answer), status=answer.status)
    if not external_id:
        raise OutcomeUnknownError("bad_answer", said(answer), status=answer.status)
    return Sent(external_id, moment(body.get("created")))


def _rfc3339(when: datetime) -> str:
    """To the second, as in Avito's examples."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _raise_call_error(answer: Answer) -> None:
    """Raise for the error that call tracking puts into an answer of status 200."""
    code = own_code(answer)
    if code:
        kind, reason = _CALL_ERRORS.get(code, (TemporaryError, "bad_answer"))
        raise kind(reason, said(answer), status=answer.status)
