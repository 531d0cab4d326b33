"""The neutral words in which every marketplace is spoken of.

A marketplace's module turns its own JSON into these frozen dataclasses; nothing behind it ever sees a
marketplace's words. All moments are aware datetimes in UTC, prices are whole roubles, distances kilometres.
What a marketplace does not say is an empty string, ``None`` or an empty tuple, never a made-up value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

IN, OUT = "in", "out"

# What an entry of a conversation can be. A module may meet kinds nobody knew: those become UNKNOWN and keep
# their `raw`.
TEXT, IMAGE, VOICE, CALL, LOCATION, LISTING, LINK, SYSTEM, DELETED, FILE, VIDEO, UNKNOWN = KINDS = (
    "text", "image", "voice", "call", "location", "listing", "link", "system", "deleted", "file", "video",
    "unknown",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RemoteMedia:
    """A picture or a sound behind a message, still at the marketplace.

    :param kind: ``image`` or ``voice``
    :param url: absolute https address; empty when only ``ref`` is known
    :param ref: the marketplace's id from which an address is asked anew (Avito's voice id)
    """

    kind: str
    url: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class RemoteVehicle:
    """What an advertisement says of the car itself. Selections use the keys of `product.template`'s vehicle
    fields.

    :param body: sedan, hatchback, liftback, wagon, suv, coupe, convertible, minivan, pickup, van, other
    :param fuel: petrol, diesel, hybrid, electric, gas
    :param gearbox: manual, automatic, robot, variator
    :param drive: front, rear, all
    :param wheel: left, right
    :param condition: new, used
    :param engine_volume: litres
    :param power: horse power
    :param mileage: kilometres
    :param pts: original, duplicate, electronic
    """

    make: str = ""
    model: str = ""
    generation: str = ""
    modification: str = ""
    trim: str = ""
    body: str = ""
    year: int | None = None
    mileage: int | None = None
    vin: str = ""
    plate: str = ""
    engine_volume: float | None = None
    power: int | None = None
    fuel: str = ""
    gearbox: str = ""
    drive: str = ""
    wheel: str = ""
    color: str = ""
    owners: int | None = None
    pts: str = ""
    customs_cleared: bool | None = None
    condition: str = ""
    description: str = ""
    equipment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedCar:
    """One car of a dealer's own XML feed.

    :param line: where it begins in the file
    :param external_id: the dealer's own id of the car; of a feed without ids, the VIN
    :param price: before discounts, as the feeds have it
    :param discounts: whole roubles by ``credit``, ``tradein``, ``insurance`` and ``max``; each depends on conditions
        of its own, so they are never added up
    :param availability: in_stock, on_order, in_transit
    :param photos: addresses in the dealer's order, the first is the cover
    :param listing_ids: number of the advertisement by marketplace, where the feed knows it
    :param remarks: what is strange about it, as pairs of a code and the value met
    """

    line: int
    external_id: str
    vehicle: RemoteVehicle
    price: int | None = None
    discounts: Mapping[str, int] = field(default_factory=dict)
    availability: str = ""
    photos: tuple[str, ...] = ()
    location: str = ""
    site_url: str = ""
    listing_ids: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FeedRefusal:
    """One entry of a feed that is no car to be stored.

    :param reason: ``no_key``, ``no_name``, ``not_a_car``, ``twice``
    """

    line: int
    reason: str
    external_id: str = ""
    vin: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class RemoteListing:
    """One advertisement.

    :param state: ``active``, ``inactive``, ``removed`` or ``unknown``
    :param feed_id: the dealer's own id of the car, as his feed gave it to the marketplace
    :param partial: True when this is not all there is to know, as it came with a chat (title, price, picture)
        or from a list that is short on details; what a partial listing leaves empty must not erase what is
        known already
    """

    external_id: str
    title: str = ""
    url: str = ""
    price: int | None = None
    image_urls: tuple[str, ...] = ()
    state: str = "unknown"
    feed_id: str = ""
    address: str = ""
    vehicle: RemoteVehicle | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class RemoteMessage:
    """One entry of a conversation.

    :param direction: ``in`` (the buyer, or the marketplace itself) or ``out`` (us, wherever it was typed)
    :param noise: True for what no person wrote to us (system notices, advertising, chat-bots): shown, never
        counted
    :param key: our own idempotency key, where the marketplace gives it back
    :param read_at: when the other side read it (outgoing only)
    :param body: plain text, as typed; empty where the kind has no text
    :param data: details by kind, all optional: ``location`` {lat, lon, title}; ``call`` {missed: bool,
        seconds: int}; ``listing`` {title, url, price_text, image_url}; ``link`` {url, title, description};
        ``quote`` {external_id, text, direction}; ``unknown`` {type}
    """

    external_id: str
    conversation_id: str
    direction: str
    kind: str
    sent_at: datetime
    body: str = ""
    media: tuple[RemoteMedia, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    noise: bool = False
    key: str = ""
    read_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteConversation:
    """One dialogue as the marketplace's list of chats shows it.

    :param external_id: the chat's id at the marketplace
    :param buyer_id: opaque id of the other side, meaningful inside this conversation only
    :param url: where a person opens this chat at the marketplace
    :param noise: True when no buyer of ours is behind it (support, the marketplace itself, chats where we are
        the buyer)
    :param last_message: newest entry, where the list gives it: tells whether anything is new without another
        request
    :param buyer_read_at: everything of ours up to this moment has been read by the buyer
    :param we_read_at: everything of the buyer up to this moment has been read at the marketplace
    :param blocked: True when the marketplace says that nothing can be written here
    :param our_delay_minutes: how long we take to answer on average, as the marketplace itself reckons it
    :param partial: True when a request for the conversation itself would tell more (names, the car);
        ``noise`` and ``blocked`` are then not final
    """

    external_id: str
    buyer_name: str = ""
    buyer_id: str = ""
    listing: RemoteListing | None = None
    url: str = ""
    updated_at: datetime | None = None
    noise: bool = False
    last_message: RemoteMessage | None = None
    buyer_read_at: datetime | None = None
    we_read_at: datetime | None = None
    blocked: bool = False
    our_delay_minutes: int | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Messages of one conversation, newest first, down to the first one that was known already.

    :param complete: False when the marketplace refused to go back as far as was needed: there is a gap
    """

    messages: tuple[RemoteMessage, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One step of walking through the changed conversations.

    :param walk: JSON-able state of the walk, to be stored together with this page and handed to the next step
    :param done: True when the walk has come to its end; ``walk`` then starts the next one
    """

    conversations: tuple[RemoteConversation, ...]
    walk: Mapping[str, Any]
    done: bool


@dataclass(frozen=True, slots=True)
class RemoteCall:
    """One telephone call through a substitute number of the marketplace.

    :param external_id: opaque; `MarketplaceClient.recording` takes it
    :param started_at: when the buyer began to ring
    :param buyer_phone: digits alone, e.g. ``79990000001``; empty when hidden
    :param talk_seconds: length of the talk, whole seconds
    :param wait_seconds: how long it rang, whole seconds
    :param missed: nobody talked
    :param listing: the advertisement called about, always partial; None when the marketplace does not tell
    :param has_recording: a recording exists, or will in a while
    """

    external_id: str
    started_at: datetime
    buyer_phone: str = ""
    talk_seconds: int = 0
    wait_seconds: int = 0
    missed: bool = False
    listing: RemoteListing | None = None
    has_recording: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """What one delivery or one page brings; applied as a whole, any number of times, in any order.

    :param messages: oldest first, as far as their source knows: some count time in whole seconds only
    """

    conversations: tuple[RemoteConversation, ...] = ()
    messages: tuple[RemoteMessage, ...] = ()
    listings: tuple[RemoteListing, ...] = ()
    calls: tuple[RemoteCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The marketplace has taken a message of ours. Some say neither id nor time."""

    external_id: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A file fetched from the marketplace, its type judged by its content."""

    content: bytes
    mimetype: str
    filename: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a connection test.

    :param level: ``ok``, ``warning`` or ``error``
    :param code: what was found, a key that the addon turns into a sentence
    :param values: what the sentence names (counts, names), never a secret
    """

    level: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
