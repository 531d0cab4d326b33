"""Auto.ru's JSON in neutral words: rooms, messages, deliveries, offers, and what they leave out."""

from datetime import datetime, timezone

import pytest
from marketplaces import autoru_offers as offers
from marketplaces import autoru_words as autoru
from marketplaces import payload as words
from marketplaces.autoru import AutoruClient

BASE = "https://apiauto.ru/1.0"
LOCAL = "http://127.0.0.1:9102"
ROOM, ME, BUYER = "77aa" * 8, "AbC_54", "1f2e3d4c5b6a7988"
OFFER = "1120000001-ab12cd34"


def entry(value: str = "Торг есть?", content_type: str = "TEXT_PLAIN", **more) -> dict:
    raw = {
        "id": "11f10e8c0000aa00b1b2c3d4e5f60718",
        "room_id": ROOM,
        "author": BUYER,
        "created": "2026-02-01T10:05:00.150Z",
        "payload": {"content_type": content_type, "value": value},
    }
    return {key: item for key, item in {**raw, **more}.items() if item is not ...}


def read(*args, **more) -> words.RemoteMessage:
    return autoru.message(entry(*args, **more), ROOM, ME, BASE)


def room(**more) -> dict:
    raw = {
        "id": ROOM,
        "created": "2026-02-01T10:00:00.010Z",
        "updated": "2026-02-01T10:05:00.200Z",
        "users": [
            {"id": BUYER, "room_last_read": "2026-02-01T10:04:00.000Z"},
            {"id": ME, "room_last_read": "2026-02-01T10:03:00.000Z"},
        ],
        "me": ME,
        "subject": {
            "offer": {"source": {"category": "cars", "id": OFFER}},
            "title": "Чат",
            "title_v2": "Чат",
        },
        "last_message": entry(),
    }
    return {key: item for key, item in {**raw, **more}.items() if item is not ...}


def read_room(raw: dict, full: bool = False, dealer_id: str = "30001") -> words.RemoteConversation:
    return autoru.conversation(raw, BASE, dealer_id, full=full)


# ---------------------------------------------------------------- messages


def test_a_text():
    message = read()
    assert (message.kind, message.body, message.direction, message.noise) == (
        "text",
        "Торг есть?",
        "in",
        False,
    )
    assert message.sent_at == datetime(2026, 2, 1, 10, 5, 0, 150000, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("more", "direction"),
    [
        ({"me": True}, "out"),
        ({"author": ME}, "out"),
        ({}, "in"),
        ({"author": ...}, "in"),
        ({"me": False}, "in"),
    ],
)
def test_direction(more, direction):
    assert read(**more).direction == direction


def test_without_knowing_ourselves_only_the_mark_counts():
    assert autoru.message(entry(author=...), ROOM, "", BASE).direction == "in"
    assert autoru.message(entry(me=True), ROOM, "", BASE).direction == "out"


@pytest.mark.parametrize(
    "more",
    [
        {"content_type": "TEXT_HTML"},
        {"properties": {"type": "ADV_REPORT"}},
        {"properties": {"type": "NOTIFICATION"}},
        {"properties": {"type": "TECH_SUPPORT"}},
    ],
)
def test_notices_are_noise_whoever_signs_them(more):
    message = read(me=True, **more)
    assert (message.kind, message.noise, message.direction) == ("system", True, "in")


def test_html_becomes_text():
    html = (
        "<style>p{}</style><p>Дарим <b>отчёт</b>&nbsp;&amp; бонус</p>"
        "<script>alert(1)</script><br>Ура<img src=x>"
    )
    assert read(html, "TEXT_HTML").body == "Дарим отчёт & бонус\nУра"
    assert read("<b>5 < 6", "TEXT_PLAIN").body == "<b>5 < 6"


@pytest.mark.parametrize(
    ("sizes", "url"),
    [
        ({"320x320": "//i/s", "1200x1200": "//i/l", "460x460": "//i/m"}, "https://i/l"),
        ({"1200x1200": "//i/l", "orig": "//i/o"}, "https://i/o"),
        ({"1200x900n": "https://i/n", "320x320": "//i/s"}, "https://i/n"),
    ],
)
def test_a_picture(sizes, url):
    message = read(payload={"content_type": "TEXT_PLAIN"}, attachments=[{"image": {"sizes": sizes}}])
    assert (message.kind, message.body, message.media) == ("image", "", (words.RemoteMedia("image", url),))


@pytest.mark.parametrize("attachments", [[{"sticker": {"id": 1}}], [None], "x", [{"image": {}}]])
def test_an_attachment_nobody_knows(attachments):
    message = read(attachments=attachments)
    assert (message.kind, message.body, message.media) == ("unknown", "Торг есть?", ())
    assert message.raw["attachments"] == attachments
    named = {"sticker": "sticker", "image": "image"}.get(next(iter(attachments[0] or ()), ""), "TEXT_PLAIN")
    assert message.data == {"unknown": {"type": named}}


def test_what_says_nothing_is_unknown():
    assert read(payload=...).kind == "unknown"
    assert read("x", "VOICE").data == {"unknown": {"type": "VOICE"}}
    assert read(payload={"value": "без типа"}).kind == "text"


def test_pages_are_put_in_order_by_time_and_id():
    rows = [
        entry(id="b", created="2026-02-01T10:05:00.150Z"),
        {"id": "without time"},
        entry(id="c", created="2026-02-01T10:05:00.150Z"),
        entry(id="a", created="2026-02-01T10:06:00.000Z"),
        None,
    ]
    assert [message.external_id for message in autoru.messages(rows, ROOM, ME, BASE)] == ["a", "c", "b"]
    assert autoru.messages(None, ROOM, ME, BASE) == []


def test_an_id_tells_the_time_where_nothing_else_does():
    raw = entry(id="11f10e8c0000aa00b1b2c3d4e5f60718", created=None)
    assert autoru.message(raw, ROOM, ME, BASE).sent_at.year == 2026
    with pytest.raises(ValueError):
        autoru.message(entry(id="m-1", created=...), ROOM, ME, BASE)


def test_an_entry_that_comes_twice_is_one():
    assert len(autoru.messages([entry(), entry()], ROOM, ME, BASE)) == 1


# ---------------------------------------------------------------- rooms


def test_a_light_room():
    conversation = read_room(room())
    assert (conversation.buyer_name, conversation.buyer_id, conversation.noise) == ("", BUYER, False)
    assert (conversation.partial, conversation.blocked) == (True, False)
    assert conversation.listing == words.RemoteListing(OFFER, partial=True)
    assert conversation.buyer_read_at.minute == 4
    assert conversation.we_read_at.minute == 3
    assert conversation.last_message.body == "Торг есть?"


def test_a_room_asked_for_by_id():
    subject = {
        "offer": {
            "source": {"id": OFFER},
            "value": {"user_ref": "dealer:30001", "car_info": {"mark": "Lada"}},
        },
        "title": "Валерий",
        "title_v2": "LADA Vesta, 2021",
    }
    conversation = read_room(room(subject=subject), full=True)
    assert (conversation.buyer_name, conversation.partial, conversation.noise) == ("Валерий", False, False)
    assert (conversation.listing.title, conversation.listing.vehicle.make) == ("LADA Vesta, 2021", "Lada")


def test_a_room_without_an_offer_model():
    subject = {
        "offer": {"source": {"id": OFFER}},
        "title": "LADA",
        "title_v2": "LADA",
        "image": {"320x320": "//i/1"},
    }
    conversation = read_room(room(subject=subject), full=True)
    assert (conversation.buyer_name, conversation.listing.title) == ("", "LADA")
    assert conversation.listing.image_urls == ("https://i/1",)


def test_the_support_room_is_noise():
    conversation = read_room(room(subject={"title": "Чат с поддержкой"}))
    assert (conversation.noise, conversation.listing, conversation.partial) == (True, None, False)
    assert read_room(room(subject=...)).noise


@pytest.mark.parametrize(
    ("offer", "dealer_id", "foreign"),
    [
        ({"user_ref": "dealer:30001"}, "30001", False),
        ({"user_ref": "dealer:20101"}, "30001", True),
        ({"user_ref": "dealer:20101", "additional_info": {"is_owner": True}}, "30001", False),
        ({"user_ref": "user:555"}, "", True),
        ({"user_ref": "dealer:20101"}, "", False),
        ({}, "30001", False),
    ],
)
def test_whose_offer_it_is(offer, dealer_id, foreign):
    subject = {"offer": {"source": {"id": OFFER}, "value": offer}}
    assert read_room(room(subject=subject), full=True, dealer_id=dealer_id).noise is foreign


@pytest.mark.parametrize("lack", ["users", "me", "subject", "last_message", "updated", "created"])
def test_what_a_room_may_lack(lack):
    assert read_room(room(**{lack: ...})).external_id == ROOM
    assert read_room(room(**{lack: None})).external_id == ROOM


def test_a_blocked_room_and_one_never_read():
    blocked = read_room(room(users=[{"id": BUYER, "blocked_room": True}]))
    assert (blocked.blocked, blocked.buyer_read_at, blocked.we_read_at) == (True, None, None)
    assert read_room({"users": []}) is None


# ---------------------------------------------------------------- deliveries


def delivered(message: dict | None = None, **sender) -> dict:
    about = {
        "id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "name": "Олег",
        "photo": "https://avatars.mds.yandex.net/get-autoru-vos/1/small?webp=false",
        "url": f"https://auto.ru/cars/used/sale/lada/vesta/{OFFER}/",
        "title": "Автосалон : LADA Vesta  , 990 000 руб",
        "vin": "xta00000000000001",
        "address": "Тверь, Волоколамский пр-т",
        "coord": "56.85, 35.90",
    }
    text = {"type": "text", "id": "3C0E0D6E-7C55-4F53-9A55-0F4F6F3F1B11", "text": "Торг есть?"}
    sender = {key: item for key, item in {**about, **sender}.items() if item is not ...}
    return {"sender": sender, "message": text if message is None else message}


def test_a_delivery():
    before = datetime.now(timezone.utc)
    conversation, message = autoru.delivery(delivered(), BASE)
    assert (message.external_id, message.kind, message.body) == (
        "3C0E0D6E-7C55-4F53-9A55-0F4F6F3F1B11",
        "text",
        "Торг есть?",
    )
    assert before <= message.sent_at <= datetime.now(timezone.utc)
    assert (conversation.external_id, conversation.buyer_name, conversation.partial) == (
        "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "Олег",
        False,
    )
    assert conversation.listing == words.RemoteListing(
        OFFER,
        title="LADA Vesta",
        url=f"https://auto.ru/cars/used/sale/lada/vesta/{OFFER}/",
        price=990000,
        image_urls=("https://avatars.mds.yandex.net/get-autoru-vos/1/small?webp=false",),
        address="Тверь, Волоколамский пр-т",
        vehicle=words.RemoteVehicle(vin="XTA00000000000001"),
        partial=True,
    )


@pytest.mark.parametrize(
    ("title", "expected", "price"),
    [
        (
            "Mercedes-Benz E-Класс V (W213, S213, C238), 1670000 руб",
            "Mercedes-Benz E-Класс V (W213, S213, C238)",
            1670000,
        ),
        ("Салон : Kia Rio", "Kia Rio", None),
        ("Kia Rio, 900\u00a0000 руб.", "Kia Rio", 900000),
        ("", "", None),
        (None, "", None),
    ],
)
def test_titles_of_deliveries(title, expected, price):
    listing = autoru.delivery(delivered(title=title), BASE)[0].listing
    assert (listing.title, listing.price) == (expected, price)


@pytest.mark.parametrize(
    ("url", "offer_id"),
    [
        (f"https://auto.ru/cars/used/sale/{OFFER}/", OFFER),
        (f"https://auto.ru/cars/new/group/x/111111-aaaa/{OFFER}", OFFER),
        (f"https://auto.ru/cars/used/sale/{OFFER}/?from=chat", OFFER),
        ("https://auto.ru/dealer/x/", None),
        (None, None),
    ],
)
def test_the_offer_of_a_delivery(url, offer_id):
    listing = autoru.delivery(delivered(url=url), BASE)[0].listing
    assert (listing.external_id if listing else None) == offer_id


def test_a_delivery_may_lack_all_but_its_ids():
    body = {"sender": {"id": "s"}, "message": {"id": "m", "type": "text", "text": "Да"}}
    conversation, message = autoru.delivery(body, BASE)
    assert (conversation.buyer_name, conversation.listing, message.body) == ("", None, "Да")


def test_other_kinds_of_deliveries():
    photo = {"type": "photo", "id": "m", "file": "//i/full.jpg", "thumb": "//i/s.jpg"}
    message = autoru.delivery(delivered(photo), LOCAL)[1]
    assert (message.kind, message.media) == ("image", (words.RemoteMedia("image", "https://i/full.jpg"),))
    for odd in ({"type": "photo", "id": "m"}, {"type": "sticker", "id": "m"}, {"id": "m"}):
        message = autoru.delivery(delivered(odd), BASE)[1]
        assert (message.kind, message.data) == ("unknown", {"unknown": {"type": odd.get("type", "")}})


@pytest.mark.parametrize(
    "body",
    [
        {"x": 1},
        {"sender": {"id": "s"}},
        delivered({"type": "text"}),
        delivered(id=""),
        {"sender": [], "message": 1},
    ],
)
def test_what_is_no_delivery(body):
    with pytest.raises(ValueError):
        autoru.delivery(body, BASE)


def test_an_empty_object_is_an_empty_batch(store):
    with AutoruClient({"mode": "webhook"}, store) as client:
        assert client.read_delivery({}) == words.Batch()


# ---------------------------------------------------------------- offers


def test_a_whole_offer():
    offer = {
        "id": OFFER,
        "url": f"//auto.ru/cars/used/sale/{OFFER}",
        "status": "ACTIVE",
        "section": "USED",
        "category": "CARS",
        "price_info": {"price": 1, "rur_price": 1990000.0, "currency": "RUR"},
        "documents": {
            "vin": "xw8an2nehb0000001",
            "license_plate": "а001аа77",
            "year": "2021",
            "owners_number": 2,
            "pts": "ORIGINAL",
            "custom_cleared": True,
        },
        "state": {
            "mileage": "45000",
            "image_urls": [
                {"sizes": {"320x240": "//i/1s", "1200x900n": "//i/1"}},
                {"sizes": {"full": "//i/2"}},
                {"sizes": {"full": "//i/2"}},
                {"sizes": {}},
            ],
        },
        "car_info": {
            "mark": "HAVAL",
            "mark_info": {"name": "Haval"},
            "model": "JOLION",
            "model_info": {"name": "Jolion"},
            "super_gen": {"name": "I"},
            "tech_param": {"human_name": "1.5 AMT (147 л.с.) 4WD"},
            "complectation": {"name": "Premium"},
            "body_type": "ALLROAD_5_DOORS",
            "engine_type": "GASOLINE",
            "transmission": "ROBOT",
            "drive": "ALL_WHEEL_DRIVE",
            "horse_power": 147,
            "steering_wheel": "LEFT",
        },
        "description": "Один владелец",
        "feedprocessor_unique_id": "feed-7",
        "seller": {"location": {"address": "Тверь"}},
    }
    assert offers.offer_listing(offer, BASE) == words.RemoteListing(
        OFFER,
        title="Haval Jolion I, 2021",
        url=f"https://auto.ru/cars/used/sale/{OFFER}",
        price=1990000,
        image_urls=("https://i/1", "https://i/2"),
        state="active",
        feed_id="feed-7",
        address="Тверь",
        vehicle=words.RemoteVehicle(
            make="Haval",
            model="Jolion",
            generation="I",
            modification="1.5 AMT (147 л.с.) 4WD",
            trim="Premium",
            body="suv",
            year=2021,
            mileage=45000,
            vin="XW8AN2NEHB0000001",
            plate="А001АА77",
            engine_volume=1.5,
            power=147,
            fuel="petrol",
            gearbox="robot",
            drive="all",
            wheel="left",
            owners=2,
            pts="original",
            customs_cleared=True,
            condition="used",
            description="Один владелец",
        ),
    )


def test_an_offer_of_nothing_but_an_id():
    listing = offers.offer_listing({"id": OFFER, "section": "NEW"}, BASE, title="Из чата")
    assert (listing.title, listing.price, listing.state, listing.image_urls) == (
        "Из чата",
        None,
        "unknown",
        (),
    )
    assert listing.vehicle == words.RemoteVehicle(condition="new", mileage=0)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("SEDAN_2_DOORS", "sedan"),
        ("WAGON_3_DOORS", "wagon"),
        ("PICKUP_TWO", "pickup"),
        ("PHAETON_WAGON", "wagon"),
        ("COMPACTVAN", "minivan"),
        ("VAN", "van"),
        ("CABRIO", "convertible"),
        ("LIMOUSINE", "other"),
        ("HOVERCRAFT", "other"),
        ("", ""),
    ],
)
def test_bodies(code, body):
    assert offers.vehicle({"car_info": {"body_type": code}}).body == body


def test_codes_nobody_knows_are_left_empty():
    info = {"engine_type": "PLASMA", "transmission": "MAGIC", "drive": None, "horse_power": "много"}
    car = offers.vehicle({"car_info": info, "documents": {"pts": "LOST", "custom_cleared": "yes"}})
    assert car == words.RemoteVehicle()


def test_engine_volumes():
    for name, displacement, volume in (
        ("S 1.5 AMT (156 л.с.)", None, 1.5),
        ("Electro AT (204 л.с.)", None, None),
        ("2.0 AT", 1984, 2.0),
    ):
        tech = {"human_name": name, "displacement": displacement}
        assert offers.vehicle({"car_info": {"tech_param": tech}}).engine_volume == volume


def test_trucks_are_read_too():
    assert offers.vehicle({"truck_info": {"mark_info": {"name": "ГАЗ"}, "model": "Next"}}).make == "ГАЗ"


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        ("//i/1", BASE, "https://i/1"),
        ("//127.0.0.1:9102/1", LOCAL, "http://127.0.0.1:9102/1"),
        ("//127.0.0.1:9101/1", LOCAL, "https://127.0.0.1:9101/1"),
        ("https://i/1", LOCAL, "https://i/1"),
        ("", BASE, ""),
    ],
)
def test_addresses_without_a_protocol(url, base, expected):
    assert offers.absolute(url, base) == expected


# ---------------------------------------------------------------- calls


def call(**more) -> list[words.RemoteCall]:
    raw = {
        "call_id": 4711,
        "external_id": {"id": "T4711", "service": "TELEPONY"},
        "source": {"raw": "+79990000001"},
        "target": {"raw": "+74950000001"},
        "timestamp": "2026-02-01T09:00:00.150Z",
        "call_duration": {"seconds": 134},
        "talk_duration": {"seconds": 126},
        "wait_duration": {"seconds": 8},
        "record_available": True,
        "offer": {"id": OFFER, "car_info": {"mark_info": {"name": "LADA"}, "model_info": {"name": "Vesta"}}},
    }
    return autoru.calls([{key: value for key, value in {**raw, **more}.items() if value is not ...}], BASE)


def test_a_call():
    [read] = call()
    assert (read.external_id, read.buyer_phone) == ("TELEPONY:T4711:4711", "79990000001")
    assert read.started_at == datetime(2026, 2, 1, 9, 0, 0, 150_000, tzinfo=timezone.utc)
    assert (read.talk_seconds, read.wait_seconds, read.missed, read.has_recording) == (126, 8, False, True)
    assert (read.listing.external_id, read.listing.title, read.listing.partial) == (OFFER, "LADA Vesta", True)


def test_what_is_left_out_of_a_call():
    [read] = call(talk_duration=..., wait_duration=..., record_available=..., offer=..., source=...)
    assert (read.talk_seconds, read.wait_seconds, read.missed, read.has_recording) == (0, 0, True, False)
    assert (read.listing, read.buyer_phone) == (None, "")


def test_a_call_of_strings():
    [read] = call(call_id="4711", talk_duration={"seconds": "126"}, timestamp="2026-02-01T09:00:00+00:00")
    assert (read.external_id, read.talk_seconds, read.missed) == ("TELEPONY:T4711:4711", 126, False)


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, {"seconds": None}, {"seconds": -1}, {"seconds": 1e99}])
def test_odd_parts_of_a_call(odd):
    [read] = call(talk_duration=odd, wait_duration=odd, offer=odd, source=odd)
    assert (read.talk_seconds, read.missed, read.listing, read.buyer_phone) == (0, True, None, "")


@pytest.mark.parametrize(
    "broken", [{"timestamp": ...}, {"timestamp": "вчера"}, {"call_id": ..., "external_id": {"service": "X"}}]
)
def test_a_call_that_could_not_be_stored_once(broken, caplog):
    assert call(**broken) == []
    assert "left out" in caplog.text


@pytest.mark.parametrize(
    ("given", "external_id", "asked"),
    [
        ({}, "TELEPONY:T4711:4711", {"call_id": 4711, "external_id": {"id": "T4711", "service": "TELEPONY"}}),
        ({"external_id": ...}, "4711", {"call_id": 4711}),
        ({"external_id": {"service": "X"}}, "4711", {"call_id": 4711}),
        ({"call_id": ...}, "TELEPONY:T4711:", {"external_id": {"id": "T4711", "service": "TELEPONY"}}),
        (
            {"external_id": {"id": "a:b"}},
            ":a:b:4711",
            {"call_id": 4711, "external_id": {"id": "a:b", "service": ""}},
        ),
        ({"external_id": ..., "call_id": "x-1"}, "x-1", {"call_id": "x-1"}),
    ],
)
def test_a_call_is_asked_for_by_all_that_names_it(given, external_id, asked):
    assert call(**given)[0].external_id == external_id
    assert autoru.call_reference(external_id) == asked


def test_calls_are_put_in_order():
    rows = [{"call_id": number, "timestamp": f"2026-02-0{number}T09:00:00Z"} for number in (3, 1, 2)]
    assert [read.external_id for read in autoru.calls(rows, BASE)] == ["1", "2", "3"]
    assert autoru.calls(None, BASE) == autoru.calls([None, 1, "x", []], BASE) == []


@pytest.mark.parametrize(
    "bad",
    [
        {"Host": "x"}, {"content-length": "5"}, {"Transfer-Encoding": "chunked"}, {"a b": "x"}, {"a:": "x"},
        {"a\r\nb": "x"}, {"": "x"}, {"a": "x\r\ny: z"}, {"a": "я"}, {"a": 5}, {"a": None}, {"a": "x" * 5000},
        {"é": "x"},
    ],
)  # fmt: skip
def test_headers_that_would_bend_a_request(bad):
    assert autoru.plain_headers({**bad, "X-Key": "AbC=="}) == {"X-Key": "AbC=="}
    assert autoru.plain_headers([bad]) == autoru.plain_headers(None) == {}
