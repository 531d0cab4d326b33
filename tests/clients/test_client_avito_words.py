"""Avito's JSON in neutral words: the live shapes, the documented ones, and the odd ones."""

from datetime import datetime, timezone

import pytest
from marketplaces import avito_words as avito
from marketplaces import payload as words
from marketplaces.reading import moment, phone

US, BUYER = "94230001", 350680001
NBSP = "\u00a0"


def entry(type_: str = "text", content: object = None, **more) -> dict:
    raw = {
        "id": "0f3c9a7be4d14d0c9a2f6f1f5b2a0001",
        "author_id": BUYER,
        "created": 1754916284,
        "type": type_,
        "content": {"text": "Ещё продаёте?"} if content is None else content,
        "direction": "in",
    }
    return {**raw, **more}


def read(type_: str = "text", content: object = None, **more) -> words.RemoteMessage:
    return avito.message(entry(type_, content, **more), "u2i-x", US)


def chat(**more) -> dict:
    value = {
        "id": 7463700001,
        "title": "Haval  Jolion 1.5 AMT, 2025",
        "user_id": int(US),
        "images": {
            "main": {"140x105": "https://80.img.avito.st/s", "640x480": "https://80.img.avito.st/l"},
            "count": 2,
        },
        "status_id": 4,
        "price_string": f"2{NBSP}199{NBSP}000{NBSP}₽",
        "url": "https://avito.ru/voronezh/avtomobili/haval_7463700001",
        "location": {"title": "Воронеж", "lat": 51.6, "lon": 39.2},
    }
    raw = {
        "id": "u2i-k3VbQ~x9TzLr0_pWm7aYcA",
        "context": {"type": "item", "value": value},
        "created": 1754910065,
        "updated": 1754916284,
        "users": [{"id": int(US), "name": "Автосалон"}, {"id": BUYER, "name": " Олег "}],
        "last_message": entry(),
    }
    return {**raw, **more}


def read_chat(**more) -> words.RemoteConversation:
    return avito.conversation(chat(**more), US)


# ---------------------------------------------------------------- messages


def test_a_text():
    message = read()
    assert (message.kind, message.body, message.direction, message.noise) == (
        "text",
        "Ещё продаёте?",
        "in",
        False,
    )
    assert message.sent_at == datetime(2025, 8, 11, 12, 44, 44, tzinfo=timezone.utc)
    assert message.raw == entry()


def test_text_is_kept_exactly_as_typed():
    typed = "  <b>1</b>\n\n&amp; 🚗  "
    assert read(content={"text": typed}).body == typed


@pytest.mark.parametrize(
    ("type_", "content", "kind", "body", "data"),
    [
        ("call", {"call": {"status": "missed", "target_user_id": 1}}, "call", "", {"call": {"missed": True}}),
        ("call", {"call": {"status": "done"}}, "call", "", {"call": {"missed": False}}),
        ("appCall", {}, "call", "", {}),
        ("file", {}, "file", "", {}),
        ("video", {}, "video", "", {}),
        ("deleted", {}, "deleted", "", {}),
        ("deleted", {"text": "Сообщение удалено"}, "deleted", "Сообщение удалено", {}),
        (
            "location",
            {"location": {"lat": 55.75, "lon": 37.61, "kind": "house", "title": "Тверская, 1", "text": "т"}},
            "location",
            "Тверская, 1",
            {"location": {"lat": 55.75, "lon": 37.61, "title": "Тверская, 1"}},
        ),
        (
            "link",
            {"link": {"text": "example.ru", "url": "example.ru", "preview": None}},
            "link",
            "example.ru",
            {"link": {"url": "example.ru", "title": "", "description": ""}},
        ),
        (
            "item",
            {"item": {"title": "Kia", "item_url": "https://a/1", "image_url": None, "price_string": None}},
            "listing",
            "Kia",
            {"listing": {"title": "Kia", "url": "https://a/1", "price_text": "", "image_url": ""}},
        ),
        (
            "item",  # as the webhook was seen to spell it
            {
                "item": {
                    "id": 1,
                    "title": "Kia",
                    "url": "https://a/1",
                    "images": {"main": {"9x9": "https://p"}},
                }
            },
            "listing",
            "Kia",
            {"listing": {"title": "Kia", "url": "https://a/1", "price_text": "", "image_url": "https://p"}},
        ),
        ("poll", {"poll": 1}, "unknown", "", {"unknown": {"type": "poll"}}),
        (None, None, "unknown", "Ещё продаёте?", {"unknown": {"type": ""}}),
    ],
)
def test_kinds(type_, content, kind, body, data):
    message = read(type_, content)
    assert (message.kind, message.body, message.data) == (kind, body, data)
    assert message.kind in words.KINDS


def test_the_largest_picture_is_taken():
    sizes = {
        "32x32": "https://a/s",
        "1280x960": "https://a/l",
        "140x105": "https://a/m",
        "odd": "https://a/o",
    }
    message = read("image", {"image": {"sizes": sizes}, "text": "вот"})
    assert (message.kind, message.body) == ("image", "вот")
    assert message.media == (words.RemoteMedia("image", "https://a/l"),)
    assert read("image", {"image": None}).media == ()


def test_a_voice_is_known_by_its_id():
    assert read("voice", {"voice": {"voice_id": "v-1"}}).media == (words.RemoteMedia("voice", ref="v-1"),)


@pytest.mark.parametrize(
    "content", [None, [], "text", 7, {"image": [], "link": 1, "item": "x", "call": None}]
)
@pytest.mark.parametrize(
    "type_", ["text", "image", "voice", "link", "item", "location", "call", "system", "?"]
)
def test_no_content_breaks_the_reader(type_, content):
    raw = {**entry(type_), "content": content}
    assert avito.message(raw, "u2i-x", US).external_id


@pytest.mark.parametrize(
    ("more", "direction", "noise"),
    [
        ({"direction": "out", "author_id": int(US)}, "out", False),
        ({"direction": None, "author_id": int(US)}, "out", False),
        ({"direction": None, "author_id": US}, "out", False),
        ({"direction": None}, "in", False),
        ({"type": "system", "direction": "out", "author_id": int(US)}, "in", True),
        ({"author_id": 0, "direction": None}, "in", True),
        ({"author_id": "0"}, "in", True),
    ],
)
def test_direction_and_noise(more, direction, noise):
    message = read(**{"type_": more.pop("type", "text"), **more})
    assert (message.direction, message.noise) == (direction, noise)


def test_read_marks_are_of_ours_only():
    ours = read(direction="out", author_id=int(US), read=1754916300)
    assert ours.read_at == datetime(2025, 8, 11, 12, 45, tzinfo=timezone.utc)
    assert read(direction="out", read=None).read_at is None
    assert read(read=1754916300, isRead=True).read_at is None


def test_a_quote():
    quote = {"id": "q1", "author_id": int(US), "created": 1, "type": "text", "content": {"text": "да"}}
    assert read(quote=quote).data["quote"] == {"external_id": "q1", "text": "да", "direction": "out"}
    assert "quote" not in read(quote=None).data


@pytest.mark.parametrize(
    "wrap", [lambda rows: rows, lambda rows: {"messages": rows, "meta": {"has_more": True}}]
)
def test_both_shapes_of_a_page_newest_first(wrap):
    rows = [entry(id=id_, created=created) for id_, created in (("b", 2), ("c", 3), ("a", 1), ("c", 3))]
    rows += [{"id": "no time"}, None]
    page = avito.readable(avito.message_rows(wrap(rows)), "u2i-x", US)
    assert [message.external_id for message in page] == ["c", "b", "a"]


# ---------------------------------------------------------------- chats


def test_a_chat():
    conversation = read_chat()
    assert (conversation.buyer_name, conversation.buyer_id) == ("Олег", str(BUYER))
    assert conversation.url == "https://www.avito.ru/profile/messenger/channel/u2i-k3VbQ~x9TzLr0_pWm7aYcA"
    assert conversation.updated_at == datetime(2025, 8, 11, 12, 44, 44, tzinfo=timezone.utc)
    assert conversation.last_message.body == "Ещё продаёте?"
    assert (conversation.noise, conversation.partial) == (False, False)
    assert conversation.listing == words.RemoteListing(
        "7463700001",
        title="Haval Jolion 1.5 AMT, 2025",
        url="https://avito.ru/voronezh/avtomobili/haval_7463700001",
        price=2199000,
        image_urls=("https://80.img.avito.st/l",),
        state="active",
        address="Воронеж",
        partial=True,
    )


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (f"990{NBSP}000 ₽", 990000),
        ("1\u202f250\u202f000 ₽", 1250000),
        ("от 15 000 ₽ в месяц", 15000),
        ("Цена не указана", None),
        (None, None),
        (500000, 500000),
    ],
)
def test_prices(price, expected):
    value = {"id": 1, "price_string": price}
    assert read_chat(context={"type": "item", "value": value}).listing.price == expected


@pytest.mark.parametrize(
    "bare",
    [
        {"context": None},
        {"context": {}, "users": None},
        {"context": {"value": {"title": None, "url": None, "images": None}}},
        {"last_message": None},
        {"users": [{"id": int(US), "name": "Автосалон"}]},
        {"users": [{"id": BUYER, "public_user_profile": None}], "updated": None},
    ],
)
def test_what_a_chat_may_lack(bare):
    conversation = read_chat(**bare)
    assert conversation.external_id
    assert conversation.updated_at is not None


def test_chats_that_no_buyer_of_ours_is_behind():
    theirs = {"context": {"type": "item", "value": {"id": 5, "user_id": BUYER}}}
    assert read_chat(**theirs).noise
    assert read_chat(id="a2u-191700000-94230001", context=None).noise
    assert not read_chat(id="u2u-k3VbQ~x9TzLr0_pWm7aYcA", context=None).noise
    assert avito.conversation({"users": []}, US) is None


def test_read_marks_of_a_chat():
    ours = entry(direction="out", author_id=int(US), read=1754916300)
    assert read_chat(last_message=ours).buyer_read_at == datetime(2025, 8, 11, 12, 45, tzinfo=timezone.utc)
    theirs = read_chat(last_message=entry(read=1754916300))
    assert (theirs.buyer_read_at, theirs.we_read_at.minute) == (None, 45)


def test_states_of_listings():
    for status, state in (
        ("active", "active"),
        ("old", "inactive"),
        ("removed", "removed"),
        ("new one", "unknown"),
    ):
        found = avito.listing({"id": 7463700001, "status": status, "price": None, "url": None, "title": "x"})
        assert (found.external_id, found.state, found.price, found.url) == ("7463700001", state, None, "")
    assert avito.listing({"title": "without id"}) is None
    removed = {"context": {"type": "item", "value": {"id": 1, "status_id": 20}}}
    assert read_chat(**removed).listing.state == "removed"


# ---------------------------------------------------------------- deliveries


def delivered(**more) -> dict:
    value = {
        "id": "e1db89671023344e771c480b69a40001",
        "chat_id": "u2i-k3VbQ~x9TzLr0_pWm7aYcA",
        "user_id": int(US),
        "author_id": BUYER,
        "created": 1754916284,
        "type": "text",
        "chat_type": "u2i",
        "content": {"text": "Здравствуйте"},
        "item_id": 7463700001,
        "published_at": "2025-08-11T12:44:44Z",
    }
    value = {key: item for key, item in {**value, **more}.items() if item is not ...}
    return {
        "id": "c061",
        "version": "v3.0.0",
        "timestamp": 1754916287,
        "payload": {"type": "message", "value": value},
    }


def test_a_delivery():
    conversation, message = avito.delivery(delivered())
    assert (message.direction, message.body, message.conversation_id) == (
        "in",
        "Здравствуйте",
        conversation.external_id,
    )
    assert conversation.listing == words.RemoteListing("7463700001", partial=True)
    assert (conversation.partial, conversation.buyer_name, conversation.noise) == (True, "", False)


def test_the_echo_of_our_own_message():
    conversation, message = avito.delivery(delivered(author_id=int(US), item_id=None))
    assert (message.direction, conversation.buyer_id, conversation.listing) == ("out", "", None)


def test_a_delivery_may_lack_its_times():
    _conversation, message = avito.delivery(delivered(created=..., published_at=...))
    assert message.sent_at == datetime(2025, 8, 11, 12, 44, 47, tzinfo=timezone.utc)


def test_a_notice_of_avito():
    conversation, _message = avito.delivery(delivered(chat_id="a2u-191700000-94230001", chat_type="a2u"))
    assert conversation.noise


@pytest.mark.parametrize(
    "body",
    [
        {"payload": {}},
        {"payload": {"type": "chat_closed", "value": {"chat_id": "x", "id": "y", "created": 1}}},
        {"payload": {"type": "message", "value": None}},
        {"payload": []},
        delivered(chat_id=""),
        delivered(id=None),
    ],
)
def test_what_is_no_message(body):
    with pytest.raises(ValueError):
        avito.delivery(body)


# ---------------------------------------------------------------- calls


def call(**more) -> list[words.RemoteCall]:
    raw = {
        "callId": 123,
        "callTime": "2026-11-01T12:00:00+03:00",
        "buyerPhone": "79000000001",
        "sellerPhone": "74950000001",
        "virtualPhone": "79580000001",
        "talkDuration": 67,
        "waitingDuration": 1.25,
        "itemId": 7463700001,
    }
    return avito.calls([{key: value for key, value in {**raw, **more}.items() if value is not ...}])


def test_a_call():
    assert call() == [
        words.RemoteCall(
            "123",
            datetime(2026, 11, 1, 9, tzinfo=timezone.utc),
            buyer_phone="79000000001",
            talk_seconds=67,
            wait_seconds=1,
            missed=False,
            listing=words.RemoteListing("7463700001", partial=True),
            has_recording=True,
        )
    ]


@pytest.mark.parametrize("talk", [0, None, ..., "0", -5, 10**40, float("nan"), float("inf"), [], {"a": 1}])
def test_nobody_talked(talk):
    [missed] = call(talkDuration=talk, waitingDuration=talk)
    assert (missed.talk_seconds, missed.missed, missed.has_recording) == (0, True, False)
    assert missed.wait_seconds == 0


@pytest.mark.parametrize("item", [None, ..., 0, "0", "", [7]])
def test_a_call_about_no_listing(item):
    assert call(itemId=item)[0].listing is None


def test_durations_and_ids_as_text():
    [read] = call(
        talkDuration="67", waitingDuration="8.9", callId="99000000000000000012", itemId="7463700001"
    )
    assert (read.talk_seconds, read.wait_seconds, read.external_id) == (67, 8, "99000000000000000012")
    assert read.listing.external_id == "7463700001"


@pytest.mark.parametrize(
    "broken", [{"callId": None}, {"callId": ...}, {"callTime": ""}, {"callTime": "вчера"}]
)
def test_a_call_that_could_not_be_stored_once(broken, caplog):
    assert call(**broken) == []
    assert "left out" in caplog.text


def test_calls_are_put_in_order():
    rows = [{"callId": number, "callTime": f"2026-11-0{number}T09:00:00Z"} for number in (3, 1, 2)]
    assert [read.external_id for read in avito.calls(rows)] == ["1", "2", "3"]
    assert avito.calls(None) == avito.calls([None, 1, "x", []]) == []


# ---------------------------------------------------------------- numbers and moments


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("79990000001", "79990000001"),
        ("+7 (999) 000-00-01", "79990000001"),
        ("8 999 000 00 01", "79990000001"),
        ("84950000001", "74950000001"),
        ("9990000001", "79990000001"),
        (79990000001, "79990000001"),
        ("+84 912 345 678", "84912345678"),  # Vietnam, not the Russian 8
        ("+375 29 123-45-67", "375291234567"),
        ("7999*****01", ""),
        ("скрыт", ""),
        ("anonymous", ""),
        ("", ""),
        ("0", ""),
        ("0000000000", ""),
        ("911", ""),
        ("7" * 40, ""),
        ("٧٩٩٩٠٠٠٠٠٠١", ""),
        (None, ""),
        (True, ""),
        (["79990000001"], ""),
    ],
)
def test_telephone_numbers(written, digits):
    assert phone(written) == digits


@pytest.mark.parametrize(
    ("written", "microseconds"),
    [
        ("2026-02-01T09:00:00Z", 0),
        ("2026-02-01T09:00:00z", 0),
        ("2026-02-01T09:00:00", 0),
        ("2026-02-01 09:00:00", 0),
        ("2026-02-01T09:00:00.5Z", 500_000),
        ("2026-02-01T09:00:00.123Z", 123_000),
        ("2026-02-01T09:00:00,123456789Z", 123_456),
        ("2026-02-01T12:00:00+03:00", 0),
        ("2026-02-01T12:00:00.1+0300", 100_000),
        ("2026-02-01T12:00:00 +03", 0),
        (" 2026-02-01T05:30:00-03:30 ", 0),
        ("2026-02-01T09:00Z", 0),
        (1769936400, 0),
        ("1769936400", 0),
        (1769936400123, 123_000),
    ],
)
def test_moments(written, microseconds):
    assert moment(written) == datetime(2026, 2, 1, 9, 0, 0, microseconds, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "written",
    [
        "", "T", "вчера", "2026-02-30T09:00:00Z", "2026-02-01T25:00:00Z", "2026-02-01T09:00:00+99:99",
        "0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-03:00", "2026-02-01TZ", "+03:00",
        "-1", None, True, [], {}, 10**30, float("nan"),
    ],
)  # fmt: skip
def test_what_is_no_moment(written):
    assert moment(written) is None
