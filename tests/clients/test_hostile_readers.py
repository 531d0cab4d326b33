"""Every reader of both marketplaces, fed with what hypothesis invents: neutral words or a ValueError, nothing else."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hostile import ANY_JSON, as_received, mutated, require
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marketplaces import autoru_offers, autoru_words, avito_words, reading
from marketplaces.autoru import AutoruClient
from marketplaces.avito import AvitoClient

US, ROOM, OFFER = "94230001", "77aa" * 8, "1120000001-ab12cd34"
BASE, LOCAL = "https://apiauto.ru/1.0", "http://127.0.0.1:9102"

# ---------------------------------------------------------------- well-formed bodies


def avito_entry(kind: str, **content: Any) -> dict:
    """A message of Avito."""
    return {
        "id": "0f3c9a7be4d14d0c9a2f6f1f5b2a0001",
        "author_id": 350680001,
        "created": 1754916284,
        "type": kind,
        "direction": "in",
        "read": None,
        "content": content,
    }


SIZES = {"140x105": "https://80.img.avito.st/s", "1280x960": "https://80.img.avito.st/l"}
ITEM = {
    "id": 7463700001,
    "title": "Haval Jolion 1.5 AMT, 2025",
    "user_id": int(US),
    "status_id": 4,
    "images": {"main": SIZES, "count": 2},
    "price_string": "2 199 000 ₽",
    "url": "https://avito.ru/voronezh/avtomobili/haval_7463700001",
    "location": {"title": "Воронеж", "lat": 51.6, "lon": 39.2},
}
AVITO_MESSAGES = (
    avito_entry("text", text="Ещё продаёте?") | {"quote": avito_entry("text", text="да")},
    avito_entry("image", image={"sizes": SIZES}) | {"direction": "out", "read": 1754916290},
    avito_entry("voice", voice={"voice_id": "v-1"}),
    avito_entry("location", location={"lat": 55.75, "lon": 37.61, "kind": "house", "title": "Тверская, 1"}),
    avito_entry(
        "link", link={"text": "example.ru", "url": "https://e.ru", "preview": {"title": "x", "url": "x"}}
    ),
    avito_entry(
        "item", item={**ITEM, "item_url": "https://avito.ru/1", "image_url": "https://80.img.avito.st/l"}
    ),
    avito_entry("call", call={"status": "missed", "target_user_id": 1}),
    avito_entry("system", text="Оцените продавца"),
)
AVITO_CHATS = (
    {
        "id": "u2i-k3VbQ~x9TzLr0_pWm7aYcA",
        "context": {"type": "item", "value": ITEM},
        "created": 1754910065,
        "updated": 1754916284,
        "users": [{"id": int(US), "name": "Автосалон"}, {"id": 350680001, "name": " Олег "}],
        "last_message": AVITO_MESSAGES[0],
    },
)
AVITO_DELIVERIES = tuple(
    {
        "id": "d-1",
        "version": "v3.0.0",
        "timestamp": 1754916285,
        "payload": {
            "type": "message",
            "value": {
                **message,
                "chat_id": "u2i-k3VbQ~x9TzLr0_pWm7aYcA",
                "chat_type": "u2i",
                "user_id": int(US),
                "item_id": 7463700001,
                "published_at": "2025-08-11T12:44:44Z",
            },
        },
    }
    for message in AVITO_MESSAGES
)
AVITO_ITEMS = (
    {
        "id": 7463700001,
        "title": "Haval Jolion",
        "status": "active",
        "price": 2199000,
        "url": "https://www.avito.ru/1",
        "address": "Воронеж",
    },
)
AVITO_CALLS = (
    [
        {
            "callId": 4711,
            "buyerPhone": "+7 999 000-00-01",
            "callTime": "2026-02-01T09:00:00Z",
            "itemId": 7463700001,
            "talkDuration": 126,
            "waitingDuration": 8,
        }
    ],
)

AUTORU_MESSAGES = tuple(
    {
        "id": "11f10e8c0000aa00b1b2c3d4e5f60718",
        "room_id": ROOM,
        "author": "1f2e3d4c5b6a7988",
        "created": "2026-02-01T10:05:00.150Z",
        "payload": {"content_type": content_type, "value": value},
        **more,
    }
    for content_type, value, more in (
        ("TEXT_PLAIN", "Торг есть?", {"me": True, "provided_id": "k"}),
        ("TEXT_HTML", "<p>Дарим <b>отчёт</b></p><script>alert(1)</script>", {"properties": {"type": "ADV"}}),
        ("TEXT_PLAIN", "", {"attachments": [{"image": {"sizes": {"320x320": "//i/s", "orig": "//i/l"}}}]}),
    )
)
AUTORU_OFFERS = (
    {
        "id": OFFER,
        "url": "https://auto.ru/cars/used/sale/lada/vesta/1120000001-ab12cd34/",
        "status": "ACTIVE",
        "section": "USED",
        "user_ref": "dealer:30001",
        "price_info": {"rur_price": 990000, "price": 990000},
        "feedprocessor_unique_id": "S-1",
        "description": "Один владелец",
        "seller": {"location": {"address": "Воронеж"}},
        "state": {"mileage": 45000, "image_urls": [{"sizes": {"320x240": "//i/s", "1200x900n": "//i/l"}}]},
        "documents": {"year": 2021, "vin": "XTA000000M0000001", "owners_number": 1, "pts": "ORIGINAL",
                      "custom_cleared": True, "license_plate": "А001АА36"},
        "car_info": {
            "mark_info": {"name": "LADA"},
            "model_info": {"name": "Vesta"},
            "super_gen": {"name": "I"},
            "body_type": "SEDAN",
            "engine_type": "GASOLINE",
            "transmission": "ROBOT",
            "drive": "FORWARD_CONTROL",
            "steering_wheel": "LEFT",
            "horse_power": 106,
            "tech_param": {"human_name": "1.6 MT (106 л.с.)", "displacement": 1596, "power": 106},
            "complectation": {"name": "Comfort"},
        },
    },
)  # fmt: skip
AUTORU_ROOMS = tuple(
    {
        "id": ROOM,
        "created": "2026-02-01T10:00:00.010Z",
        "updated": "2026-02-01T10:05:00.200Z",
        "users": [
            {"id": "1f2e3d4c5b6a7988", "room_last_read": "2026-02-01T10:04:00.000Z"},
            {"id": "AbC_54", "room_last_read": "2026-02-01T10:03:00.000Z", "blocked_room": True},
        ],
        "me": "AbC_54",
        "subject": {
            "offer": {"source": {"category": "cars", "id": OFFER}, **more},
            "image": {"320x240": "//i/s"},
            "title": "Олег",
            "title_v2": "LADA Vesta",
        },
        "last_message": AUTORU_MESSAGES[0],
    }
    for more in ({}, {"value": AUTORU_OFFERS[0]})
)
AUTORU_DELIVERIES = tuple(
    {
        "sender": {
            "id": "s-1",
            "name": "Олег",
            "title": "Автосалон : LADA Vesta  , 990 000 руб",
            "url": "https://auto.ru/cars/used/sale/lada/vesta/1120000001-ab12cd34/",
            "photo": "//avatars.mds.yandex.net/1",
            "vin": "XTA000000M0000001",
            "address": "Воронеж",
        },
        "recipient": {"id": "r-1"},
        "message": {"id": "m-1", **message},
    }
    for message in ({"type": "text", "text": "Торг есть?"}, {"type": "photo", "file": "//i/1.jpg"})
)
AUTORU_CALLS = (
    [
        {
            "external_id": {"service": "TELEPONY", "id": "T4711"},
            "call_id": 4711,
            "timestamp": "2026-02-01T09:00:00.150Z",
            "source": {"raw": "+79990000001"},
            "talk_duration": {"seconds": 126},
            "wait_duration": {"seconds": 8},
            "record_available": True,
            "offer": AUTORU_OFFERS[0],
        }
    ],
)

# ---------------------------------------------------------------- the readers


class Reader(NamedTuple):
    """
    :param read: gives neutral words, one, several or None, of a body
    :param bodies: well-formed ones
    :param refuses: whether a ValueError is in its contract
    """

    read: Callable[[Any], Any]
    bodies: tuple
    refuses: bool = False


class NoStore:
    """The session store of clients that only read."""

    def load(self) -> dict:
        return {}


AVITO = AvitoClient({"client_id": "a", "client_secret": "b"}, NoStore())
AUTORU = AutoruClient({"base_url": LOCAL, "token": "a", "session_id": "b"}, NoStore())

READERS = {
    "avito message": Reader(lambda raw: avito_words.message(raw, "u2i-x", US), AVITO_MESSAGES, True),
    "avito page": Reader(
        lambda raw: avito_words.readable(avito_words.message_rows(raw), "u2i-x", US),
        (list(AVITO_MESSAGES), {"messages": list(AVITO_MESSAGES[:3]), "meta": {"has_more": True}}),
    ),
    "avito chat": Reader(lambda raw: avito_words.conversation(raw, US), AVITO_CHATS),
    "avito listing": Reader(avito_words.listing, AVITO_ITEMS),
    "avito calls": Reader(avito_words.calls, AVITO_CALLS),
    "avito delivery": Reader(AVITO.read_delivery, AVITO_DELIVERIES, True),
    "autoru message": Reader(lambda raw: autoru_words.message(raw, ROOM, "me", LOCAL), AUTORU_MESSAGES, True),
    "autoru page": Reader(lambda raw: autoru_words.messages(raw, ROOM, "me", BASE), (list(AUTORU_MESSAGES),)),
    "autoru light room": Reader(
        lambda raw: autoru_words.conversation(raw, LOCAL, "30001", full=False), AUTORU_ROOMS
    ),
    "autoru room": Reader(lambda raw: autoru_words.conversation(raw, BASE, "", full=True), AUTORU_ROOMS),
    "autoru offer": Reader(
        lambda raw: autoru_offers.offer_listing(raw, LOCAL) if reading.ident(raw.get("id")) else None,
        AUTORU_OFFERS,
    ),
    "autoru calls": Reader(lambda raw: autoru_words.calls(raw, LOCAL), AUTORU_CALLS),
    "autoru delivery": Reader(AUTORU.read_delivery, AUTORU_DELIVERIES, True),
}
#: What every reader is handed: these check themselves whether it is an object.
TAKES_ANYTHING = {"avito page", "avito calls", "autoru page", "autoru calls"}


def feed(reader: Reader, body: Any, figures: Counter) -> None:
    """Have a body read and hold the reader to its contract."""
    figures["bodies"] += 1
    try:
        told = reader.read(body)
    except ValueError:
        figures["refused"] += 1
        assert reader.refuses
        return
    figures["understood" if told else "left out"] += 1
    things = told if isinstance(told, list) else [told]
    for thing in things:
        if thing is not None:
            require(thing)


def examples(number: int):
    """Always the same ones, so that a run says the same twice; time is looked at as a whole below."""
    return settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )


@pytest.mark.parametrize("name", READERS)
def test_bodies_gone_wrong(name, figures):
    @examples(750)
    @given(mutated(*READERS[name].bodies))
    def run(body):
        received = as_received(body)
        if isinstance(received, dict) or name in TAKES_ANYTHING:
            feed(READERS[name], received, figures)

    run()


@pytest.mark.parametrize("name", READERS)
def test_any_json(name, figures):
    wanted = (
        ANY_JSON if name in TAKES_ANYTHING else st.dictionaries(st.text(max_size=9), ANY_JSON, max_size=6)
    )

    @examples(150)
    @given(wanted)
    def run(body):
        feed(READERS[name], as_received(body), figures)

    run()


def test_well_formed_bodies_are_understood():
    """Else the tests above would only show how everything is refused."""
    for name, reader in READERS.items():
        for body in reader.bodies:
            assert reader.read(as_received(body)), name


LONG = 200_000
ENDLESS = (
    " " * LONG, "9" * LONG, "1 " * LONG, "<a " * LONG, "<!--" * LONG, "<![" * LONG, "<div>" * LONG, "&#" * LONG,
    " : , 1 руб" * (LONG // 5), "a : " * LONG, ", 1" * LONG, "2026-01-01T" + " " * LONG + "x", "/" * LONG,
    "/1120000001-ab" * (LONG // 9), "https://" + "a/" * LONG, "9." * LONG, "\u202e" * LONG, "1x" * LONG,
)  # fmt: skip


def _everywhere(body: Any, text: str) -> Any:
    """The body with this text in place of all its own texts, but for those that say what it is."""
    if isinstance(body, dict):
        kept = ("type", "content_type", "direction")
        return {key: value if key in kept else _everywhere(value, text) for key, value in body.items()}
    if isinstance(body, list):
        return [_everywhere(item, text) for item in body]
    return text if isinstance(body, str) else body


def _one_by_one(body: Any, text: str):
    """The body with this text in place of one of its texts at a time: ids stay good, and everything is read."""
    if isinstance(body, dict):
        for key, value in body.items():
            for changed in [text] if isinstance(value, str) else _one_by_one(value, text):
                yield {**body, key: changed}
    elif isinstance(body, list):
        for number, value in enumerate(body):
            for changed in _one_by_one(value, text):
                yield [*body[:number], changed, *body[number + 1 :]]


@pytest.mark.parametrize("text", ENDLESS, ids=lambda text: repr(text[:12]))
def test_long_texts_are_read_in_no_time(text, figures):
    """Half a megabyte in any place, of what makes patterns and parsers go back and forth."""
    slowest = 0.0
    for name, reader in READERS.items():
        for body in (_everywhere(reader.bodies[-1], text), *_one_by_one(reader.bodies[0], text)):
            if isinstance(body, dict) or name in TAKES_ANYTHING:
                started = time.process_time()
                feed(reader, body, figures)
                slowest = max(slowest, time.process_time() - started)
    assert slowest < 2.0


def test_it_was_enough(figures):
    """The last test of this file: the number that it stands for."""
    assert figures["bodies"] >= 10_000
    assert figures["understood"] > figures["bodies"] / 4
