"""Auto.ru: a dealer's chats and offers, by either of its two official ways.

Contract: "API Авто.ру" (yandex.ru/dev/autoru/doc/ru). In ``pull`` mode chats are read from the REST
interface; in ``webhook`` mode Auto.ru delivers to us and takes answers at its hook. Parts of the official
pages are silent or contradict each other; where so, both readings are accepted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from . import autoru_words
from .autoru_check import check
from .autoru_offers import offer_listing
from .autoru_session import AutoruSession
from .base import Budget, MarketplaceClient, SessionStore, register
from .download import download
from .errors import MarketplaceError, RejectedError, TemporaryError
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
from .transport import origin

_logger = logging.getLogger(__name__)

#: The hook's address in the documents' example and in the field; the other one stands in the documents' text.
HOOK_URL = "https://chat-api-ext.vertis.yandex.net/api/1.x/aggregators/auto/hook"
HOOK_PATH = "/aggregators/auto/hook"
#: Everything, not just what is unread, is looked through this often, for answers typed
#: in the app and read marks.
FULL_WALK_SECONDS = 300
MESSAGES_PAGE, MESSAGE_PAGES = 50, 20
#: More than 100 is not clamped but punished.
OFFERS_PAGE, OFFER_PAGES = 100, 1000
CALLS_PAGE, CALL_PAGES = 50, 1000
#: `sender.name` is required by the hook.
SENDER_NAME = "Менеджер"


@register
class AutoruClient(MarketplaceClient):
    """Settings: ``base_url``, ``token``, ``login``, ``password``, ``session_id``, ``dealer_id``, ``mode``
    (``pull`` or ``webhook``), ``chat_id``, ``hook_url``, ``sender_name``.
    """

    code = "autoru"
    label = "Auto.ru"
    default_base_url = "https://apiauto.ru/1.0"
    text_limit = 1000  # undocumented; what clients in the field keep to
    image_limit = 10 * 1024 * 1024
    image_types = ("image/jpeg", "image/png")
    #: Both ways of sending take a key of ours and ignore a second message with it.
    send_is_idempotent = True
    #: 300 are allowed per token; more block the token for minutes, so we keep far away from it.
    requests_per_minute = 120
    counted_by = ("token",)
    media_hosts = ("auto.ru", "apiauto.ru", "yandex.net", "yandex.ru")

    def __init__(self, settings: Mapping[str, Any], session: SessionStore, budget: Budget | None = None):
        super().__init__(settings, session, budget)
        self.base_url = (text(settings.get("base_url")) or self.default_base_url).rstrip("/")
        self.api = AutoruSession(self.base_url, settings, session, self.budget)
        self._chat_id = text(settings.get("chat_id")).strip()

    def close(self) -> None:
        self.api.close()

    @property
    def clock_difference(self) -> timedelta | None:
        return self.api.transport.clock_difference

    # ------------------------------------------------------------ connection

    def check(self) -> list[Finding]:
        return check(self)

    @classmethod
    def pulls(cls, settings: Mapping[str, Any]) -> bool:
        return settings.get("mode") != "webhook"

    @classmethod
    def takes_images(cls, settings: Mapping[str, Any]) -> bool:
        """Only the hook takes them, and a pulling channel does not know whom to send them to."""
        return not cls.pulls(settings)

    def _require_pull(self) -> None:
        if not self.can_pull:
            raise RejectedError("not_supported", "this channel only receives")

    # ------------------------------------------------------------ in

    def conversations(self, walk: Mapping[str, Any]) -> Page:
        """All rooms on first connect and every five minutes, else those with something unread.

        The list has no pages, so a walk is always one step. ``walk``: ``full_at``, Unix time of the last full
        list. A room of the light list does not tell whose offer it is about: ``noise`` is sure only once
        `conversation` has been asked.
        """
        self._require_pull()
        now, full_at = time.time(), walk.get("full_at", 0)
        if not full_at <= now < full_at + FULL_WALK_SECONDS:
            return Page(self.rooms(), {"full_at": int(now)}, True)
        probe = mapping(self.api.call("GET", "/chat/message/unread").data)
        unread = probe.get("has_unread") is True or (number(probe.get("unread_counter")) or 0) > 0
        return Page(self.rooms(only_unread="true") if unread else (), dict(walk), True)

    def rooms(self, **params: str) -> tuple[RemoteConversation, ...]:
        """The light list of rooms."""
        rooms = objects(mapping(self.api.call("GET", "/chat/room/light", params=params).data).get("rooms"))
        found = (self._conversation(room, full=False) for room in rooms)
        return tuple(conversation for conversation in found if conversation)

    def _conversation(self, room: Mapping[str, Any], *, full: bool) -> RemoteConversation | None:
        return autoru_words.conversation(room, self.base_url, self.api.dealer_id, full=full)

    def conversation(self, external_id: str) -> RemoteConversation:
        self._require_pull()
        body = mapping(self.api.call("GET", "/chat/room/by-id", params={"id": external_id}).data)
        rooms = [room for room in objects(body.get("rooms")) if text(room.get("id")) == external_id]
        if not rooms:
            raise RejectedError("not_found", "no such room")
        return self._conversation(rooms[0], full=True)

    def history(
        self, conversation_id: str, known: Callable[[Collection[str]], Collection[str]], last_id: str = ""
    ) -> History:
        """See `base`. Pages of 50 go back by ``from``; nobody says whether that message is included.

        A short page is no end, as the largest page is not documented either: the end is a page with nothing
        new.
        """
        self._require_pull()
        found: dict[str, RemoteMessage] = {}
        complete = self._walk(conversation_id, found, "false", known=known)
        if last_id and last_id not in found:
            complete = self._reach(conversation_id, found, last_id) and complete
        newest_first = sorted(
            found.values(), key=lambda entry: (entry.sent_at, entry.external_id), reverse=True
        )
        return History(tuple(newest_first), complete)

    def _walk(
        self,
        room_id: str,
        found: dict[str, RemoteMessage],
        asc: str,
        start: str = "",
        known: Callable[[Collection[str]], Collection[str]] = lambda _ids: (),
    ) -> bool:
        """Add pages to ``found`` until one brings nothing new or begins with a known message.

        :return: False when the cap was reached before
        """
        for _page in range(MESSAGE_PAGES):
            page = self._messages(room_id, asc=asc, **({"from": start} if start else {}))
            fresh = [message for message in page if message.external_id not in found]
            if not fresh:
                return True
            found.update((message.external_id, message) for message in fresh)
            edge = page[0] if asc == "true" else page[-1]
            if known([edge.external_id]):
                return True
            start = edge.external_id
        return False

    def _reach(self, room_id: str, found: dict[str, RemoteMessage], last_id: str) -> bool:
        """The newest message was not on the first page: go up from there, else the other direction."""
        _logger.warning("room %s: the newest message was not on the first page", room_id)
        newest = max(found.values(), key=lambda entry: (entry.sent_at, entry.external_id), default=None)
        self._walk(room_id, found, "true", start=newest.external_id if newest else "")
        if last_id not in found:
            self._walk(room_id, found, "true")
        return last_id in found

    def newest(self, conversation_id: str) -> tuple[RemoteMessage, ...]:
        self._require_pull()
        return tuple(self._messages(conversation_id, asc="false"))

    def _messages(self, room_id: str, **params: str) -> list[RemoteMessage]:
        """One page, newest first, whatever order it came in."""
        params = {"room_id": room_id, "count": str(MESSAGES_PAGE), **params}
        body = mapping(self.api.call("GET", "/chat/message", params=params).data)
        return autoru_words.messages(body.get("messages"), room_id, "", self.base_url)

    def listings(self) -> Iterator[tuple[RemoteListing, ...]]:
        """See `base`. Nothing for a webhook channel without login or session: its keys open no list."""
        if not self.can_pull and not self.api.has_keys:
            return
        for page in range(1, OFFER_PAGES + 1):
            params = {"page": page, "page_size": OFFERS_PAGE}
            body = mapping(self.api.call("GET", "/user/offers/all", params=params).data)
            offers = [offer for offer in objects(body.get("offers")) if text(offer.get("id"))]
            if offers:
                self.api.learn_dealer(text(offers[0].get("user_ref")))
                yield tuple(offer_listing(offer, self.base_url) for offer in offers)
            pages = number(inside(body, "pagination", "total_page_count"))
            if not offers or (page >= pages if pages else len(offers) < OFFERS_PAGE):
                return

    def read_delivery(self, body: Mapping[str, Any]) -> Batch:
        """See `base`. Whether the delivery's ``chat_id`` is ours, the receiver of the request knows."""
        if not body:
            return Batch()
        conversation, message = autoru_words.delivery(mapping(body), self.base_url)
        return Batch((conversation,), (message,))

    # ------------------------------------------------------------ calls

    @property
    def can_read_calls(self) -> bool:
        """False for a channel that has nothing but its ChatId."""
        return self.api.has_keys

    def _require_keys(self) -> None:
        if not self.can_read_calls:
            raise RejectedError("not_supported", "no keys")

    def calls(self, since: datetime) -> Iterator[tuple[RemoteCall, ...]]:
        """See `base`. Filters that are to let everything through are left out: all of the body is optional."""
        self._require_keys()
        wanted = {
            "filter": {"period": {"from": _millis(since), "to": _millis(datetime.now(UTC))}},
            "sorting": {"sorting_field": "CALL_TIME", "sorting_type": "ASCENDING"},
        }
        seen: set[str] = set()
        last: list[Mapping[str, Any]] = []
        for page in range(1, CALL_PAGES + 1):
            paging = {"page": page, "page_size": CALLS_PAGE}
            body = mapping(
                self.api.call("POST", "/calltracking", json={"pagination": paging, **wanted}, safe=True).data
            )
            if not body:
                # Anything else must not pass for "no calls".
                raise TemporaryError("bad_answer", "no list of calls")
            rows = objects(body.get("calls"))
            found = autoru_words.calls(rows, self.base_url)
            fresh = tuple(call for call in found if call.external_id not in seen)
            seen.update(call.external_id for call in fresh)
            if fresh:
                yield fresh
            pages = number(inside(body, "pagination", "total_page_count"))
            if rows == last or (page >= pages if pages else len(rows) < CALLS_PAGE):
                return
            last = rows

    def recording(self, call_external_id: str) -> Download:
        """See `base`. Two steps: an address that lives for minutes, with headers of its own, then the file.

        The documents do not say how Auto.ru answers before a recording is there: it is ``not_found`` then.
        """
        self._require_keys()
        wanted = autoru_words.call_reference(call_external_id)
        body = self.api.call("POST", "/calltracking/call/record", json=wanted, safe=True).data
        url = autoru_words.absolute(text(inside(body, "url")), self.base_url)
        if not url:
            raise TemporaryError("bad_answer", "no address of a recording")
        headers = autoru_words.plain_headers(inside(body, "headers"))
        return download(url, "voice", hosts=self.media_hosts, own=self.base_url, headers=headers)

    # ------------------------------------------------------------ out

    def send_text(self, conversation_id: str, text: str, key: str) -> Sent:
        if not text.strip():
            raise RejectedError("text_empty")
        if len(text) > self.text_limit:
            raise RejectedError("text_too_long")
        if not self.can_pull:
            return self._hook(conversation_id, {"type": "text", "id": key, "text": text})
        payload = {"content_type": "TEXT_PLAIN", "value": text}
        body = {"room_id": conversation_id, "payload": payload, "provided_id": key}
        return _sent(self.api.call("POST", "/chat/message", json=body, urgent=True).data)

    def send_image(
        self, conversation_id: str, content: bytes, mimetype: str, key: str, public_url: str = ""
    ) -> Sent:
        """See `base`. Only the hook takes pictures, and only by an address that Auto.ru can fetch."""
        if mimetype not in self.image_types or not 0 < len(content) <= self.image_limit:
            raise RejectedError("image_refused")
        if not self._chat_id or not public_url:
            raise RejectedError("not_supported")
        return self._hook(conversation_id, {"type": "photo", "id": key, "file": public_url})

    def mark_read(self, conversation_id: str, last_message_id: str = "") -> None:
        """See `base`. In webhook mode best effort: what the hook's ``seen`` refers to is not documented."""
        if self.can_pull:
            self.api.call("DELETE", "/chat/message/unread", params={"room_id": conversation_id}, safe=True)
        elif last_message_id:
            try:
                self._hook(conversation_id, {"type": "seen", "id": last_message_id}, urgent=False)
            except MarketplaceError as error:
                _logger.info("read mark not taken: %s", error)

    # ------------------------------------------------------------ hook

    def _hook(self, recipient_id: str, message: Mapping[str, str], *, urgent: bool = True) -> Sent:
        """Hand one message to the hook, at the address that answered last, else at the other one.

        Its id is our own key: Auto.ru gives none, and ignores a second message with the same. Where chats are
        pulled, the message comes back with an id of that interface, so none is claimed for it here.
        """
        if not self._chat_id:
            raise RejectedError("not_supported", "no ChatId")
        sender = {"name": text(self.settings.get("sender_name")) or SENDER_NAME}
        body = {"sender": sender, "recipient": {"id": recipient_id}, "message": message}
        refusal: MarketplaceError | None = None
        for url in self._hook_urls():
            try:
                own = origin(url) == origin(self.base_url)
                self.api.post_hook(url, self._chat_id, body, with_token=own, urgent=urgent)
            except (RejectedError, TemporaryError) as error:
                if error.reason != "unreachable" and error.status not in {404, 405}:
                    raise
                refusal = refusal if isinstance(refusal, RejectedError) else error
            else:
                self.api.remember(hook=url)
                return Sent("" if self.can_pull else message["id"])
        raise refusal

    def _hook_urls(self) -> list[str]:
        """Addresses to try. A stand-in's channel never knocks at the real one."""
        real = HOOK_URL if self.base_url == self.default_base_url else ""
        candidates = (
            self.api.recall("hook"),
            text(self.settings.get("hook_url")),
            real,
            self.base_url + HOOK_PATH,
        )
        return list(dict.fromkeys(filter(None, candidates)))

    # ------------------------------------------------------------ media

    def download(self, media: RemoteMedia) -> Download:
        if not media.url:
            raise RejectedError("not_found", "no address")
        return download(media.url, media.kind, hosts=self.media_hosts, own=self.base_url)


def _sent(body: Any) -> Sent:
    """The answer of a sending; the documents' own example holds no message."""
    message_id = ident(inside(body, "message", "id"))
    created = moment(inside(body, "message", "created"))
    return Sent(message_id, created or autoru_words.id_moment(message_id))


def _millis(when: datetime) -> str:
    """As in the documents' example."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03}Z"
