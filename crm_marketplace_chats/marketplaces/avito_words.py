"""Avito's JSON in neutral words. Pure functions.

Shapes are those of the official OpenAPI (developers.avito.ru, "Мессенджер" and "Объявления") and, where live
answers are known to differ from it, both. Nothing but ids is taken for granted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from . import payload as words
from .payload import RemoteCall, RemoteConversation, RemoteListing, RemoteMedia, RemoteMessage
from .reading import (
    address,
    amount,
    degrees,
    ident,
    inside,
    largest,
    line,
    mapping,
    moment,
    number,
    objects,
    phone,
    text,
)

_logger = logging.getLogger(__name__)

CHAT_URL = "https://www.avito.ru/profile/messenger/channel/{}"

#: `status_id` of a chat's listing: 4 is seen on active ones, 20 is documented as deleted, others say nothing
#: sure.
_CHAT_LISTING_STATES = {4: "active", 20: "removed"}
#: `status` of GET /core/v1/items.
_LISTING_STATES = {
    "active": "active",
    "removed": "removed",
    "old": "inactive",
    "blocked": "inactive",
    "rejected": "inactive",
}


# ---------------------------------------------------------------- listings


def chat_listing(value: Any) -> RemoteListing | None:
    """The advertisement a chat is about (``context.value``); None where there is none."""
    value = mapping(value)
    external_id = ident(value.get("id"))
    if not external_id:
        return None
    picture = address(largest(inside(value, "images", "main")))
    return RemoteListing(
        external_id,
        title=line(value.get("title")),
        url=address(value.get("url")),
        price=amount(value.get("price_string")),
        image_urls=(picture,) if picture else (),
        state=_CHAT_LISTING_STATES.get(number(value.get("status_id")), "unknown"),
        address=line(inside(value, "location", "title")),
        partial=True,
    )


def listing(resource: Mapping[str, Any]) -> RemoteListing | None:
    """One entry of GET /core/v1/items. The feed's own id of the car is not in it, nor are pictures."""
    external_id = ident(resource.get("id"))
    if not external_id:
        return None
    return RemoteListing(
        external_id,
        title=line(resource.get("title")),
        url=address(resource.get("url")),
        price=amount(resource.get("price")),
        state=_LISTING_STATES.get(text(resource.get("status")), "unknown"),
        address=line(resource.get("address")),
        partial=True,
    )


# ---------------------------------------------------------------- messages

Body = tuple[str, tuple[RemoteMedia, ...], dict[str, Any]]


def _text(content: Mapping[str, Any]) -> Body:
    return text(content.get("text")), (), {}


def _image(content: Mapping[str, Any]) -> Body:
    url = largest(inside(content, "image", "sizes"))
    return text(content.get("text")), (RemoteMedia("image", url=url),) if url else (), {}


def _voice(content: Mapping[str, Any]) -> Body:
    ref = text(inside(content, "voice", "voice_id"))
    return "", (RemoteMedia("voice", ref=ref),) if ref else (), {}


def _link(content: Mapping[str, Any]) -> Body:
    link = mapping(content.get("link"))
    preview = mapping(link.get("preview"))
    url = text(link.get("url")) or text(preview.get("url"))
    data = {
        "url": address(url),
        "title": text(preview.get("title")),
        "description": text(preview.get("description")),
    }
    return text(link.get("text")) or url, (), {"link": data}


def _item(content: Mapping[str, Any]) -> Body:
    item = mapping(content.get("item"))
    data = {
        "title": line(item.get("title")),
        "url": address(item.get("item_url")) or address(item.get("url")),
        "price_text": line(item.get("price_string")),
        "image_url": address(item.get("image_url")) or address(largest(inside(item, "images", "main"))),
    }
    return data["title"], (), {"listing": data}


def _location(content: Mapping[str, Any]) -> Body:
    place = mapping(content.get("location"))
    title = line(place.get("title")) or line(place.get("text"))
    lat, lon = degrees(place.get("lat"), 90), degrees(place.get("lon"), 180)
    return title, (), {"location": {"lat": lat, "lon": lon, "title": title}}


def _call(content: Mapping[str, Any]) -> Body:
    call = mapping(content.get("call"))
    return "", (), {"call": {"missed": call.get("status") == "missed"}} if call else {}


#: Avito's type of a message: the neutral kind and the reader of its `content`.
_READERS: dict[str, tuple[str, Callable[[Mapping[str, Any]], Body]]] = {
    "text": (words.TEXT, _text),
    "image": (words.IMAGE, _image),
    "voice": (words.VOICE, _voice),
    "link": (words.LINK, _link),
    "item": (words.LISTING, _item),
    "location": (words.LOCATION, _location),
    "call": (words.CALL, _call),
    "appCall": (words.CALL, _call),
    "system": (words.SYSTEM, _text),
    "deleted": (words.DELETED, _text),
    "file": (words.FILE, _text),
    "video": (words.VIDEO, _text),
}


def message(raw: Mapping[str, Any], conversation_id: str, account_id: str) -> RemoteMessage:
    """One message of a list, a chat or a webhook.

    :raises ValueError: it has no id or no time
    """
    external_id, sent_at = ident(raw.get("id")), moment(raw.get("created"))
    if not external_id or sent_at is None:
        raise ValueError("a message without id or time")
    kind, read = _READERS.get(text(raw.get("type")), (words.UNKNOWN, _text))
    body, media, data = read(mapping(raw.get("content")))
    if kind == words.UNKNOWN:
        data["unknown"] = {"type": text(raw.get("type"))}
    # Bots write `system` messages, some in the dealer's name: none of them is an answer of ours.
    noise = kind == words.SYSTEM or text(raw.get("author_id")) == "0"
    direction = words.IN if noise else _direction(raw, account_id)
    if quote := mapping(raw.get("quote")):
        data["quote"] = {
            "external_id": text(quote.get("id")),
            "text": text(inside(quote, "content", "text")),
            "direction": _direction(quote, account_id),
        }
    return RemoteMessage(
        external_id,
        conversation_id,
        direction,
        kind,
        sent_at,
        body=body,
        media=media,
        data=data,
        noise=noise,
        read_at=moment(raw.get("read")) if direction == words.OUT else None,
        raw=raw,
    )


def _direction(raw: Mapping[str, Any], account_id: str) -> str:
    given = raw.get("direction")
    if given in (words.IN, words.OUT):
        return given
    return words.OUT if text(raw.get("author_id")) == account_id else words.IN


def message_rows(body: Any) -> list[Mapping[str, Any]]:
    """The raw messages of a page: the official schema is a bare array, live answers hold it in an object."""
    return objects(body if isinstance(body, list) else mapping(body).get("messages"))


def readable(rows: Any, conversation_id: str, account_id: str) -> list[RemoteMessage]:
    """The messages of a list, each once, newest first, without those that have no id or no time."""
    found: dict[str, RemoteMessage] = {}
    for row in objects(rows):
        try:
            entry = message(row, conversation_id, account_id)
            found.setdefault(entry.external_id, entry)
        except ValueError as error:
            # Nothing to know it by: it could never be stored once only.
            _logger.warning("left out of chat %s: %s", conversation_id, error)
    return sorted(found.values(), key=lambda entry: entry.sent_at, reverse=True)


# ---------------------------------------------------------------- chats


def conversation(chat: Mapping[str, Any], account_id: str) -> RemoteConversation | None:
    """One chat of the list or by itself; None for one without id."""
    external_id = ident(chat.get("id"))
    if not external_id:
        return None
    buyer = next((user for user in objects(chat.get("users")) if text(user.get("id")) != account_id), {})
    about = mapping(inside(chat, "context", "value"))
    owner = text(about.get("user_id"))
    newest = next(iter(readable([chat.get("last_message")], external_id, account_id)), None)
    return RemoteConversation(
        external_id,
        buyer_name=line(buyer.get("name")),
        buyer_id=text(buyer.get("id")),
        listing=chat_listing(about),
        url=CHAT_URL.format(external_id),
        updated_at=moment(chat.get("updated")) or moment(chat.get("created")),
        # A listing of somebody else: the dealer's account is the buyer there.
        noise=external_id.startswith("a2u-") or (owner != "" and owner != account_id),
        last_message=newest,
        buyer_read_at=newest.read_at if newest else None,
        we_read_at=moment(newest.raw.get("read")) if newest and newest.direction == words.IN else None,
    )


def delivery(body: Mapping[str, Any]) -> tuple[RemoteConversation, RemoteMessage]:
    """One webhook delivery: the message, and what little it tells of its chat.

    :raises ValueError: it is no message
    """
    event = mapping(body.get("payload"))
    value = mapping(event.get("value"))
    chat_id = ident(value.get("chat_id"))
    if event.get("type") != "message" or not chat_id:
        raise ValueError("not a message of a chat")
    account_id = text(value.get("user_id"))  # always the account that subscribed
    published = (
        moment(value.get("published_at")) or moment(body.get("timestamp")) or datetime.now(timezone.utc)
    )
    created = value.get("created") or published.timestamp()
    entry = message({**value, "created": created}, chat_id, account_id)
    item_id = ident(value.get("item_id"))
    about = RemoteConversation(
        chat_id,
        buyer_id=text(value.get("author_id")) if entry.direction == words.IN and not entry.noise else "",
        listing=RemoteListing(item_id, partial=True) if item_id else None,
        url=CHAT_URL.format(chat_id),
        updated_at=entry.sent_at,
        noise=value.get("chat_type") == "a2u" or chat_id.startswith("a2u-"),
        partial=True,
    )
    return about, entry


# ---------------------------------------------------------------- calls


def calls(rows: Any) -> list[RemoteCall]:
    """The calls of a list, oldest first, without those that have no id or no time."""
    found = [_call_made(row) for row in objects(rows)]
    return sorted(filter(None, found), key=lambda call: call.started_at)


def _call_made(raw: Mapping[str, Any]) -> RemoteCall | None:
    """One entry of getCalls. It does not say whether there is a recording: every talk is recorded."""
    external_id, started_at = ident(raw.get("callId")), moment(raw.get("callTime"))
    if not external_id or started_at is None:
        _logger.warning("left out: a call without id or time")
        return None
    talk_seconds = amount(raw.get("talkDuration")) or 0
    item_id = ident(raw.get("itemId"))  # told for dynamic call tracking alone
    return RemoteCall(
        external_id,
        started_at,
        buyer_phone=phone(raw.get("buyerPhone")),
        talk_seconds=talk_seconds,
        wait_seconds=amount(raw.get("waitingDuration")) or 0,
        missed=talk_seconds == 0,
        listing=RemoteListing(item_id, partial=True) if item_id.strip("0") else None,
        has_recording=talk_seconds > 0,
    )
