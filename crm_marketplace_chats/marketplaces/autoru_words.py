"""Auto.ru's JSON in neutral words: rooms, messages, deliveries, calls. Pure functions; offers: `autoru_offers`.

Shapes are those of the official "API Авто.ру" (yandex.ru/dev/autoru/doc/ru, chats/basic and
chats/additional). The service leaves out whatever is false, zero or empty, and mixes numbers with strings.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from lxml import etree

from . import payload as words
from .autoru_offers import absolute, offer_listing
from .payload import (
    RemoteCall,
    RemoteConversation,
    RemoteListing,
    RemoteMedia,
    RemoteMessage,
    RemoteVehicle,
)
from .reading import (
    address,
    amount,
    ident,
    inside,
    largest,
    line,
    mapping,
    moment,
    objects,
    phone,
    plausible,
    text,
)

_logger = logging.getLogger(__name__)

#: Name of every room in the light list: says nothing.
_NAMELESS = "Чат"
#: `properties.type` of what no person wrote (seen in the field, not documented).
_NOTICES = ("ADV", "NOTIFICATION", "TECH")
#: The last `<digits>-<hex>` of a listing's address is the offer's id.
_OFFER_ID = re.compile(r"(?:^|/)(\d{6,}-[0-9a-f]{4,})(?=/|\?|#|$)")
_TIMED_ID = re.compile(r"1[0-9a-f]{31}")
#: Headers of the line itself, which no answer may choose for us.
_LINE_HEADERS = frozenset(
    ("host", "connection", "content-length", "transfer-encoding", "upgrade", "expect", "te", "trailer")
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_UUID_EPOCH = datetime(1582, 10, 15, tzinfo=timezone.utc)
#: "Автосалон : LADA Vesta  , 990 000 руб"
_TITLE = re.compile(r"^(?:.*? : )?(?P<title>.*?)(?:\s*,\s*(?P<price>\d[\d\s]*)\s*руб\S*)?\s*$", re.DOTALL)
#: Longer ones are cut: the pattern takes more than the square of their length.
_LONGEST_TITLE = 500


# ---------------------------------------------------------------- messages


def message(raw: Mapping[str, Any], room_id: str, me: str, base_url: str) -> RemoteMessage:
    """One message of a room.

    :param me: our own id in this room; elsewhere it means nothing
    :raises ValueError: it has no id or no time
    """
    external_id = ident(raw.get("id"))
    sent_at = moment(raw.get("created")) or id_moment(external_id)
    if not external_id or sent_at is None:
        raise ValueError("a message without id or time")
    content_type = text(inside(raw, "payload", "content_type"))
    html = content_type == "TEXT_HTML"
    notice = html or text(inside(raw, "properties", "type")).startswith(_NOTICES)
    body = text(inside(raw, "payload", "value"))
    pictures = [absolute(_picture(entry), base_url) for entry in objects(raw.get("attachments"))]
    media = tuple(RemoteMedia("image", url=url) for url in pictures if url)
    if notice:
        kind = words.SYSTEM
    elif media:
        kind = words.IMAGE
    else:
        readable = body and content_type in ("", "TEXT_PLAIN") and not raw.get("attachments")
        kind = words.TEXT if readable else words.UNKNOWN
    ours = raw.get("me") is True or (me != "" and raw.get("author") == me)
    return RemoteMessage(
        external_id,
        room_id,
        words.OUT if ours and not notice else words.IN,
        kind,
        sent_at,
        body=plain(body) if html else body,
        media=media,
        data={"unknown": {"type": _attached(raw) or content_type}} if kind == words.UNKNOWN else {},
        noise=notice,
        key=text(raw.get("provided_id")),
        raw=raw,
    )


def messages(rows: Any, room_id: str, me: str, base_url: str) -> list[RemoteMessage]:
    """The messages of a list, each once, newest first. Ids put equal moments in order."""
    found: dict[str, RemoteMessage] = {}
    for row in objects(rows):
        try:
            entry = message(row, room_id, me, base_url)
            found.setdefault(entry.external_id, entry)
        except ValueError as error:
            # Nothing to know it by: it could never be stored once only.
            _logger.warning("left out of room %s: %s", room_id, error)
    return sorted(found.values(), key=lambda entry: (entry.sent_at, entry.external_id), reverse=True)


def _attached(raw: Mapping[str, Any]) -> str:
    """What hangs on a message, by the names of its parts."""
    return ", ".join(text(name) for attachment in objects(raw.get("attachments")) for name in attachment)


def id_moment(message_id: str) -> datetime | None:
    """The time in a message's id: 15 digits of a version 1 UUID, in 100 ns since 1582-10-15.

    Not documented; true of every message in the documents' examples.
    """
    if not _TIMED_ID.fullmatch(message_id):
        return None
    return plausible(_UUID_EPOCH + timedelta(microseconds=int(message_id[1:16], 16) // 10))


def _picture(attachment: Mapping[str, Any]) -> str:
    return largest(inside(attachment, "image", "sizes"))


#: Elements that begin a line, and those whose content nobody is meant to read.
_BREAKS = frozenset(("br", "p", "div", "li", "tr", "h1", "h2", "h3"))
_HIDDEN = frozenset(("script", "style", "head", "title"))


def plain(html: str) -> str:
    """HTML as plain text, line breaks kept."""
    # Not Python's own parser: broken markup makes it raise, or read for minutes.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    parser.feed(f"<body>{html}".encode("utf-8", "replace"))
    parts, hidden = [], 0
    for event, node in etree.iterwalk(parser.close(), events=("start", "end")):
        if event == "start":
            hidden += node.tag in _HIDDEN
            parts.append("\n" if node.tag in _BREAKS else "")
        else:
            hidden -= node.tag in _HIDDEN
        parts.append("" if hidden else (node.text if event == "start" else node.tail) or "")
    lines = (line(part) for part in "".join(parts).split("\n"))
    return "\n".join(part for part in lines if part)


# ---------------------------------------------------------------- rooms


def conversation(
    room: Mapping[str, Any], base_url: str, dealer_id: str, *, full: bool
) -> RemoteConversation | None:
    """One room; None for one without id.

    :param dealer_id: our own id at Auto.ru, empty when unknown
    :param full: the room was asked for by its id, and so came with names and the offer
    """
    room_id, me = ident(room.get("id")), text(room.get("me"))
    if not room_id:
        return None
    subject = mapping(room.get("subject"))
    offer_id = ident(inside(subject, "offer", "source", "id"))
    users = objects(room.get("users"))
    buyer = next((user for user in users if user.get("id") != me), {})
    we = next((user for user in users if user.get("id") == me), {})
    name, title = line(subject.get("title")), line(subject.get("title_v2"))
    offer = mapping(inside(subject, "offer", "value"))
    return RemoteConversation(
        room_id,
        buyer_name="" if name in (_NAMELESS, title) else name,
        buyer_id=text(buyer.get("id")),
        listing=_room_listing(offer_id, subject, "" if title == _NAMELESS else title, base_url),
        updated_at=moment(room.get("updated")) or moment(room.get("created")),
        noise=not offer_id or _foreign(offer, dealer_id),
        last_message=next(iter(messages([room.get("last_message")], room_id, me, base_url)), None),
        buyer_read_at=moment(buyer.get("room_last_read")),
        we_read_at=moment(we.get("room_last_read")),
        blocked=any(user.get("blocked_room") is True for user in users),
        our_delay_minutes=amount(we.get("average_reply_delay_minutes")),
        partial=not full and bool(offer_id),
    )


def _room_listing(
    offer_id: str, subject: Mapping[str, Any], title: str, base_url: str
) -> RemoteListing | None:
    if not offer_id:
        return None
    offer = mapping(inside(subject, "offer", "value"))
    if offer:
        return offer_listing({**offer, "id": offer_id}, base_url, title=title, partial=True)
    picture = address(absolute(largest(subject.get("image")), base_url))
    return RemoteListing(offer_id, title=title, image_urls=(picture,) if picture else (), partial=True)


def _foreign(offer: Mapping[str, Any], dealer_id: str) -> bool:
    """True when the offer is surely not ours, so that we are the buyer; what is not said counts for us."""
    owner = text(offer.get("user_ref"))
    if inside(offer, "additional_info", "is_owner") is True or not owner:
        return False
    return owner != f"dealer:{dealer_id}" if dealer_id else not owner.startswith("dealer:")


# ---------------------------------------------------------------- deliveries


def delivery(body: Mapping[str, Any], base_url: str) -> tuple[RemoteConversation, RemoteMessage]:
    """One webhook delivery. It has no time of its own: the time it came in counts.

    :raises ValueError: nobody sent it, or it has no id
    """
    sender, entry = mapping(body.get("sender")), mapping(body.get("message"))
    chat_id, external_id = ident(sender.get("id")), ident(entry.get("id"))
    if not chat_id or not external_id:
        raise ValueError("a delivery without sender or message id")
    now = datetime.now(timezone.utc)
    url = absolute(text(entry.get("file")) or text(entry.get("thumb")), base_url)
    kinds = {"text": words.TEXT, "photo": words.IMAGE if url else words.UNKNOWN}
    kind = kinds.get(text(entry.get("type")), words.UNKNOWN)
    received = RemoteMessage(
        external_id,
        chat_id,
        words.IN,
        kind,
        now,
        body=text(entry.get("text")),
        media=(RemoteMedia("image", url=url),) if kind == words.IMAGE else (),
        data={"unknown": {"type": text(entry.get("type"))}} if kind == words.UNKNOWN else {},
        raw=body,
    )
    about = RemoteConversation(
        chat_id,
        buyer_name=line(sender.get("name")),
        buyer_id=chat_id,
        listing=_sender_listing(sender, base_url),
        updated_at=now,
    )
    return about, received


def _sender_listing(sender: Mapping[str, Any], base_url: str) -> RemoteListing | None:
    url = absolute(text(sender.get("url")), base_url)
    offer_ids = list(filter(None, map(ident, _OFFER_ID.findall(url))))
    if not offer_ids:
        return None
    about = _TITLE.match(line(sender.get("title"))[:_LONGEST_TITLE])
    photo = address(absolute(text(sender.get("photo")), base_url))
    vin = ident(sender.get("vin")).strip().upper()
    return RemoteListing(
        offer_ids[-1],
        title=line(about["title"]),
        url=address(url),
        price=amount(about["price"] or ""),
        image_urls=(photo,) if photo else (),
        address=line(sender.get("address")),
        vehicle=RemoteVehicle(vin=vin) if vin else None,
        partial=True,
    )


# ---------------------------------------------------------------- calls


def calls(rows: Any, base_url: str) -> list[RemoteCall]:
    """The calls of a list, oldest first, without those that have no id or no time."""
    found = [_call(row, base_url) for row in objects(rows)]
    return sorted(filter(None, found), key=lambda call: call.started_at)


def _call(raw: Mapping[str, Any], base_url: str) -> RemoteCall | None:
    external_id, started_at = _call_id(raw), moment(raw.get("timestamp"))
    if not external_id or started_at is None:
        _logger.warning("left out: a call without id or time")
        return None
    talk_seconds = _seconds(raw.get("talk_duration"))
    offer = mapping(raw.get("offer"))
    return RemoteCall(
        external_id,
        started_at,
        buyer_phone=phone(inside(raw, "source", "raw")),
        talk_seconds=talk_seconds,
        wait_seconds=_seconds(raw.get("wait_duration")),
        missed=talk_seconds == 0,
        listing=offer_listing(offer, base_url, partial=True) if ident(offer.get("id")) else None,
        has_recording=raw.get("record_available") is True,
    )


def _seconds(duration: Any) -> int:
    """Whole seconds of ``{"seconds": 126}``; zero is left out on the wire."""
    return amount(inside(duration, "seconds")) or 0


def _call_id(raw: Mapping[str, Any]) -> str:
    """``service:id:call_id``: the documents' request for a recording names a call by all three."""
    service, outer = text(inside(raw, "external_id", "service")), text(inside(raw, "external_id", "id"))
    call_id = text(raw.get("call_id"))
    return ident(f"{service}:{outer}:{call_id}" if outer else call_id)


def call_reference(external_id: str) -> dict[str, Any]:
    """What names a call in a request: the reverse of `_call_id`."""
    named, _, call_id = external_id.rpartition(":")
    service, _, outer = named.partition(":")
    wanted: dict[str, Any] = {}
    if call_id:
        wanted["call_id"] = int(call_id) if call_id.isascii() and call_id.isdecimal() else call_id
    if outer:
        wanted["external_id"] = {"id": outer, "service": service}
    return wanted


def plain_headers(given: Any) -> dict[str, str]:
    """Headers to be sent with a request for a file, without those that would bend the request itself."""
    return {
        name: value
        for name, value in mapping(given).items()
        if _HEADER_NAME.fullmatch(name)
        and name.lower() not in _LINE_HEADERS
        and isinstance(value, str)
        and value.isascii()
        and value.isprintable()
        and len(value) <= 4096
    }
