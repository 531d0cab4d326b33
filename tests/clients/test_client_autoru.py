"""The Auto.ru client against the stand-in, by both of its official ways."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from marketplaces.autoru import AutoruClient
from marketplaces.errors import (
    CredentialsError,
    EntitlementError,
    OutcomeUnknownError,
    RateLimitError,
    RejectedError,
    TemporaryError,
)
from marketplaces.payload import IN, OUT

CHAT_ID = "Q7mVx2Lr9TzKpWn4AbCdEfGhJkMnPqRs"


@pytest.fixture(autouse=True)
def world(simulator):
    simulator.control("POST", "/reset")
    yield
    simulator.control("POST", "/reset")


@pytest.fixture
def settings(simulator):
    return {
        "base_url": simulator.autoru_url,
        "token": "demo-token",
        "login": "demo@example.ru",
        "password": "demo-password",
    }


@pytest.fixture
def autoru(settings, store):
    """The way that pulls."""
    with AutoruClient({**settings, "mode": "pull"}, store) as client:
        yield client


@pytest.fixture
def hooked(settings, store, simulator, wire):
    """The way that receives; its deliveries go to `wire`."""
    simulator.control(
        "POST", "/autoru/webhook", {"url": wire.url + "/hooks/autoru/secret", "chat_id": CHAT_ID}
    )
    with AutoruClient(
        {"base_url": settings["base_url"], "mode": "webhook", "chat_id": CHAT_ID}, store
    ) as client:
        yield client


@pytest.fixture
def say(simulator):
    """A buyer writes; gives the ids of chat and message."""

    def say(**what):
        said = simulator.control("POST", "/autoru/say", what)
        return said["chat_id"], said["message_id"]

    return say


@pytest.fixture
def transcript(simulator):
    return lambda chat_id: simulator.control("GET", f"/autoru/chats/{chat_id}")["messages"]


@pytest.fixture
def config(simulator):
    return lambda **settings: simulator.control("POST", "/config", settings)


@pytest.fixture
def faults_on(simulator):
    return lambda name, **how: simulator.control(
        "POST", "/faults", {"name": name, "marketplace": "autoru", **how}
    )


def nothing(_ids):
    return ()


def by_id(conversations):
    return {conversation.external_id: conversation for conversation in conversations}


# ---------------------------------------------------------------- connection


def test_a_connection_test_where_all_is_well(autoru):
    findings = {finding.code: finding for finding in autoru.check()}
    assert list(findings) == ["token_ok", "session_ok", "dealer", "offers_visible", "rooms_visible"]
    assert {finding.level for finding in findings.values()} == {"ok"}
    assert findings["dealer"].values == {"id": "30001", "status": "ACTIVE"}
    rooms = findings["rooms_visible"].values
    assert 0 < rooms["own"] < rooms["count"], "support and other people's offers are not ours"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"token": "guess"}, "wrong_keys"),
        ({"password": "guess"}, "wrong_login"),
        ({"session_id": "1|made.up", "login": ""}, "session_refused"),
        ({"dealer_id": "20101"}, "forbidden"),
    ],
)
def test_wrong_keys(settings, store, changed, code):
    with AutoruClient({**settings, **changed}, store) as client:
        assert client.check()[0].code == code


@pytest.mark.parametrize(("form", "expected"), [("bare", "bare"), ("vertis", "vertis"), ("any", "vertis")])
def test_the_form_of_the_token_is_found_out(autoru, config, form, expected):
    config(autoru_token_form=form)
    findings = {finding.code: finding for finding in autoru.check()}
    assert findings["token_ok"].values == {"form": expected}
    assert ("bare_token_works" in findings) == (form == "bare")
    assert autoru.conversations({}).conversations


def test_a_session_pasted_by_hand(settings, store, autoru, simulator):
    autoru.rooms()
    pasted = {**settings, "login": "", "password": "", "session_id": store.session["session_id"]}
    store.session.clear()
    with AutoruClient(pasted, store) as client:
        foreign = [
            row["id"] for row in simulator.control("GET", "/autoru/chats")["chats"] if row["we_are_buyer"]
        ]
        assert not client.conversation(foreign[0]).noise, "nobody has told who we are"
        assert [finding.level for finding in client.check()] == ["ok"] * 5
        assert client.conversation(foreign[0]).noise, "our own offers have"


# ---------------------------------------------------------------- in, pulling


def test_the_first_look_sees_every_room(autoru, simulator):
    page = autoru.conversations({})
    assert page.done
    assert set(by_id(page.conversations)) == set(simulator.chat_ids("autoru"))


def test_what_is_not_ours_is_noise(autoru, simulator):
    chats = simulator.control("GET", "/autoru/chats")["chats"]
    light = by_id(autoru.conversations({}).conversations)
    for chat in chats:
        conversation = light[chat["id"]]
        if conversation.partial:
            conversation = autoru.conversation(chat["id"])
        assert conversation.noise == (chat["we_are_buyer"] or chat["item_id"] is None), chat
        assert not conversation.partial


def test_an_idle_pull_and_one_with_news(autoru, simulator, say):
    for chat_id in simulator.chat_ids("autoru"):
        simulator.control("POST", "/autoru/read", {"chat_id": chat_id, "by": "dealer"})
    walk = autoru.conversations({}).walk
    before = simulator.asked("autoru")
    assert autoru.conversations(walk).conversations == ()
    assert simulator.asked("autoru") - before == 1
    chat_id, message_id = say(text="Торг есть?")
    (room,) = autoru.conversations(walk).conversations
    assert (room.external_id, room.last_message.external_id) == (chat_id, message_id)
    assert simulator.asked("autoru") - before == 3


def test_a_room_in_full(autoru, say):
    chat_id, message_id = say(text="Торг есть? <b>🚗</b>", name="Олег", item_id="1120000001-ab12cd34")
    conversation = autoru.conversation(chat_id)
    assert (conversation.buyer_name, conversation.noise, conversation.blocked) == ("Олег", False, False)
    listing = conversation.listing
    assert (listing.external_id, listing.price, listing.state) == ("1120000001-ab12cd34", 2_199_000, "active")
    assert (listing.vehicle.make, listing.vehicle.model, listing.vehicle.vin) == (
        "Haval",
        "Jolion",
        "XZGFF06A0SA104217",
    )
    (message,) = autoru.history(chat_id, nothing).messages
    assert (message.external_id, message.body, message.direction, message.kind) == (
        message_id,
        "Торг есть? <b>🚗</b>",
        IN,
        "text",
    )


def test_a_reply_typed_in_autorus_own_app_and_read_marks(autoru, say, simulator):
    chat_id, _ = say(text="Здравствуйте")
    simulator.control("POST", "/autoru/reply", {"chat_id": chat_id, "text": "Добрый день"})
    newest = autoru.newest(chat_id)[0]
    assert (newest.direction, newest.body) == (OUT, "Добрый день")
    assert by_id(autoru.rooms())[chat_id].buyer_read_at is None
    simulator.control("POST", "/autoru/read", {"chat_id": chat_id, "by": "buyer"})
    assert by_id(autoru.rooms())[chat_id].buyer_read_at >= newest.sent_at


def test_every_kind_of_message(autoru, say):
    chat_id, _ = say(text="Начало")
    said = ("text", "image", "link", "system", "voice", "location", "item", "file", "video", "unknown")
    ids = {say(chat_id=chat_id, type=kind)[1]: kind for kind in said}
    found = {ids.get(message.external_id): message for message in autoru.history(chat_id, nothing).messages}
    expected = {"text": "text", "link": "text", "image": "image", "system": "system"}
    assert {kind: found[kind].kind for kind in said} == {kind: expected.get(kind, "unknown") for kind in said}
    assert [kind for kind in said if found[kind].noise] == ["system"]
    assert "<" not in found["system"].body
    got = autoru.download(found["image"].media[0])
    assert (got.mimetype, got.filename) == ("image/jpeg", "photo.jpg")


READINGS = [
    {"autoru_from": start, "autoru_asc_without_from": first}
    for start in ("inclusive", "exclusive")
    for first in ("oldest", "newest")
]


@pytest.mark.parametrize("reading", READINGS, ids=str)
def test_histories_by_any_reading(autoru, simulator, config, say, reading):
    config(**reading)
    (chat_id,) = simulator.bulk("autoru", chats=1, messages=230)
    history = autoru.history(chat_id, nothing)
    ids = [message.external_id for message in history.messages]
    assert (len(ids), len(set(ids)), history.complete) == (230, 230, True)
    times = [message.sent_at for message in history.messages]
    assert times == sorted(times, reverse=True)
    _, message_id = say(chat_id=chat_id, text="Ещё вопрос")
    before = simulator.asked("autoru")
    news = autoru.history(chat_id, set(ids).intersection, message_id)
    assert {message.external_id for message in news.messages} - set(ids) == {message_id}
    assert simulator.asked("autoru") - before == 1


def test_a_history_beyond_the_cap_is_a_gap(autoru, simulator, config):
    config(autoru_rate_per_minute=0)
    (chat_id,) = simulator.bulk("autoru", chats=1, messages=1100)
    history = autoru.history(chat_id, nothing)
    assert not history.complete
    assert 900 < len(history.messages) <= 1000


@pytest.mark.parametrize("unknown", ["empty", "404"])
def test_an_unknown_room(autoru, config, unknown):
    config(autoru_unknown_room=unknown)
    with pytest.raises(RejectedError) as caught:
        autoru.conversation("00" * 16)
    assert caught.value.reason == "not_found"


@pytest.mark.parametrize(
    "fault",
    [
        "missing_fields",
        "null_fields",
        "extra_fields",
        "numbers_as_strings",
        "repeated_ids",
        "shuffled",
        "wrong_content_type",
    ],
)
def test_answers_that_are_bent(autoru, say, faults_on, fault):
    chat_id, message_id = say(text="Торг есть?")
    say(chat_id=chat_id, type="image")
    autoru.api.session_id()
    faults_on(fault)
    assert chat_id in by_id(autoru.conversations({}).conversations)
    assert autoru.conversation(chat_id).external_id == chat_id
    messages = {message.external_id: message for message in autoru.history(chat_id, nothing).messages}
    assert (messages[message_id].body, len(messages)) == ("Торг есть?", 2)
    assert any(autoru.listings())


def test_listings(autoru, simulator):
    listings = {listing.external_id: listing for page in autoru.listings() for listing in page}
    held = simulator.control("GET", "/autoru/listings")["listings"]
    assert set(listings) == {row["id"] for row in held if row["own"]}
    for row in held:
        if row["own"]:
            found = listings[row["id"]]
            assert (found.vehicle.vin, found.feed_id, found.price) == (
                row["vin"],
                row["external_id"],
                row["price"],
            )
            assert found.vehicle.body
            assert found.vehicle.fuel
            assert found.vehicle.gearbox
            assert found.vehicle.drive
            assert found.vehicle.condition
            assert found.image_urls


# ---------------------------------------------------------------- out, pulling


@pytest.mark.parametrize("answer", ["message", "status"])
@pytest.mark.parametrize("typed", ["Да", "😀" * 1000, " <script>alert(1)</script>\n&amp; "])
def test_a_text_stands_as_it_was_typed_once(autoru, say, transcript, config, answer, typed):
    config(autoru_post_answer=answer)
    chat_id, _ = say(text="В наличии?")
    sent = [autoru.send_text(chat_id, typed, "0b7e6c1e-0000-4000-8000-000000000001") for _ in range(2)]
    (ours,) = [message for message in transcript(chat_id) if message["direction"] == "out"]
    assert ours["text"] == typed
    assert {one.external_id for one in sent} == {ours["id"] if answer == "message" else ""}
    assert autoru.newest(chat_id)[0].body == typed


@pytest.mark.parametrize(
    "fault", ["drop_after", "timeout_after", "error_after", "html_after", "truncated_json"]
)
def test_done_but_not_told_and_sent_again_with_the_same_key(autoru, say, transcript, faults_on, fault):
    chat_id, _ = say(text="В наличии?")
    autoru.newest(chat_id)
    autoru.api.transport.timeout = (2, 0.5)
    faults_on(fault, method="POST", path="/chat/message$", times=1)
    assert autoru.send_is_idempotent
    with pytest.raises(OutcomeUnknownError):
        autoru.send_text(chat_id, "Да, ждём вас", "key-1")
    again = autoru.send_text(chat_id, "Да, ждём вас", "key-1")
    ours = [message for message in transcript(chat_id) if message["direction"] == "out"]
    assert [(message["id"], message["text"]) for message in ours] == [(again.external_id, "Да, ждём вас")]


def test_a_picture_goes_by_the_hook(settings, store, say, transcript, simulator, wire):
    simulator.control("POST", "/autoru/webhook", {"url": None, "chat_id": CHAT_ID})
    chat_id, _ = say(text="Пришлите фото")
    with AutoruClient({**settings, "mode": "pull", "chat_id": CHAT_ID}, store) as client:
        client.send_image(chat_id, b"jpeg", "image/jpeg", "key-1", wire.url + "/web/image/1")
        assert client.newest(chat_id)[0].kind == "image"
    assert transcript(chat_id)[-1]["type"] == "image"


def test_a_chat_is_marked_read(autoru, say, transcript):
    chat_id, _ = say(text="Вопрос")
    autoru.history(chat_id, nothing)
    assert not transcript(chat_id)[-1]["read"], "reading alone marks nothing"
    autoru.mark_read(chat_id)
    autoru.mark_read(chat_id)
    assert transcript(chat_id)[-1]["read"]


def test_a_text_into_no_room(autoru):
    with pytest.raises(RejectedError):
        autoru.send_text("00" * 16, "Да", "key-1")


# ---------------------------------------------------------------- the webhook way


def test_deliveries(hooked, say, wire):
    chat_id, _ = say(text="Торг есть?", name="Олег", item_id="1120000001-ab12cd34")
    say(chat_id=chat_id, type="image")
    say(chat_id=chat_id, type="voice")
    batches = [hooked.read_delivery(body) for body in wire.bodies(3)]
    for line in wire.lines:
        assert parse_qs(urlsplit(line.split()[1]).query)["chat_id"] == [CHAT_ID]
    assert {batch.conversations[0].external_id for batch in batches} == {chat_id}
    assert [batch.messages[0].kind for batch in batches] == ["text", "image", "unknown"]
    assert batches[0].messages[0].body == "Торг есть?"
    listing = batches[0].conversations[0].listing
    assert (listing.external_id, listing.title, listing.price) == (
        "1120000001-ab12cd34",
        "Haval Jolion",
        2_199_000,
    )
    assert not batches[0].conversations[0].partial
    assert hooked.download(batches[1].messages[0].media[0]).mimetype == "image/jpeg"


@pytest.mark.parametrize("fault", ["webhook_missing_fields", "webhook_extra_fields", "webhook_text_plain"])
def test_deliveries_that_are_bent(hooked, say, wire, faults_on, fault):
    faults_on(fault)
    chat_id, _ = say(text="Торг есть?")
    (body,) = wire.bodies(1)
    (message,) = hooked.read_delivery(body).messages
    assert (message.conversation_id, message.body) == (chat_id, "Торг есть?")


@pytest.mark.parametrize("answer", ["empty", "braces"])
def test_an_answer_by_the_hook_stands_once(hooked, say, transcript, config, answer):
    config(autoru_hook_answer=answer)
    chat_id, _ = say(text="Торг есть?")
    for _ in range(2):
        assert hooked.send_text(chat_id, "Да, есть", "key-1").external_id == "key-1"
    ours = [message for message in transcript(chat_id) if message["direction"] == "out"]
    assert [(message["text"], message["provided_id"]) for message in ours] == [("Да, есть", "key-1")]


@pytest.mark.parametrize("fault", ["drop_after", "timeout_after", "error_after"])
def test_the_hook_does_not_tell_and_is_asked_again(hooked, say, transcript, faults_on, fault):
    chat_id, _ = say(text="Торг есть?")
    hooked.api.transport.timeout = (2, 0.5)
    faults_on(fault, method="POST", path="/hook$", times=1)
    with pytest.raises(OutcomeUnknownError):
        hooked.send_text(chat_id, "Да", "key-1")
    hooked.send_text(chat_id, "Да", "key-1")
    assert [message["direction"] for message in transcript(chat_id)] == ["in", "out"]


def test_a_picture_by_the_hook(hooked, say, transcript, wire):
    chat_id, _ = say(text="Пришлите фото")
    hooked.send_image(chat_id, b"jpeg", "image/jpeg", "key-1", wire.url + "/web/image/1")
    assert transcript(chat_id)[-1]["type"] == "image"


def test_read_by_the_hook(hooked, say, transcript):
    chat_id, message_id = say(text="Вопрос")
    hooked.mark_read(chat_id, message_id)
    assert transcript(chat_id)[-1]["read"]


def test_a_wrong_chat_id_and_a_wrong_recipient(hooked, settings, store, say):
    chat_id, _ = say(text="Торг есть?")
    with pytest.raises(RejectedError):
        hooked.send_text("00" * 16, "Да", "key-1")
    with (
        AutoruClient({**settings, "mode": "webhook", "chat_id": "other"}, store) as client,
        pytest.raises(RejectedError) as caught,
    ):
        client.send_text(chat_id, "Да", "key-1")
    assert caught.value.reason == "bad_request"


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize("fault", ["token_expired", "token_revoked"])
def test_a_dead_session_is_renewed_unseen(autoru, say, transcript, faults_on, simulator, fault):
    chat_id, _ = say(text="В наличии?")
    autoru.newest(chat_id)
    faults_on(fault, times=1)
    autoru.send_text(chat_id, "Да", "key-1")
    assert [message["direction"] for message in transcript(chat_id)] == ["in", "out"]
    assert simulator.asked("autoru", "POST /auth/login") == 2


def test_a_dead_session_is_renewed_once_under_many_threads(settings, store, simulator, autoru):
    autoru.rooms()
    simulator.control("POST", "/autoru/revoke")
    done, clients = [], [AutoruClient(settings, store) for _ in range(6)]
    threads = [threading.Thread(target=lambda c=c: done.append(bool(c.rooms()))) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    assert done == [True] * 6
    assert simulator.asked("autoru", "POST /auth/login") == 2, "one at the start, one for all six"


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        ("auth_error", CredentialsError, "wrong_login"),
        ("code_auth_required", CredentialsError, "code_required"),
        ("password_expired", CredentialsError, "password_expired"),
        ("html_ok", TemporaryError, "bad_answer"),
    ],
)
def test_failures_of_a_login(autoru, faults_on, fault, kind, reason):
    faults_on(fault, path="^/auth/login")
    with pytest.raises(kind) as caught:
        autoru.rooms()
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        ("unauthorized", CredentialsError, "session_refused"),
        ("payment_required", EntitlementError, "payment_required"),
        ("forbidden", EntitlementError, "forbidden"),
        ("agent_access_forbidden", EntitlementError, "forbidden"),
        ("bad_request", RejectedError, "bad_request"),
        ("not_found", RejectedError, "not_found"),
        ("client_not_found", RejectedError, "not_found"),
        ("no_phone", RejectedError, "bad_request"),
        ("unprocessable", RejectedError, "bad_request"),
        ("rate_limited", RateLimitError, "too_many_requests"),
        ("rate_limited_empty", RateLimitError, "too_many_requests"),
        ("rate_limited_retry_after", RateLimitError, "too_many_requests"),
        ("server_error", TemporaryError, "server_error"),
        ("unknown_error", TemporaryError, "server_error"),
        ("status_error", TemporaryError, "server_error"),
        ("unavailable", TemporaryError, "server_error"),
        ("html_error", TemporaryError, "server_error"),
        ("html_ok", TemporaryError, "bad_answer"),
        ("truncated_json", TemporaryError, "bad_answer"),
        ("broken_utf8", TemporaryError, "bad_answer"),
        ("empty_body", TemporaryError, "bad_answer"),
        ("drop_before", TemporaryError, "timeout"),
    ],
)
def test_failures_of_a_pull(autoru, faults_on, fault, kind, reason):
    autoru.rooms()
    faults_on(fault, path="^/chat/")
    with pytest.raises(kind) as caught:
        autoru.conversations({})
    assert caught.value.reason == reason


def test_nothing_secret_is_stored_beside_the_session(autoru, store):
    autoru.rooms()
    kept = json.dumps(store.session)
    assert "demo-password" not in kept
    assert "demo-token" not in kept


# ---------------------------------------------------------------- calls


def ago(**how) -> datetime:
    return datetime.now(timezone.utc) - timedelta(**how)


def test_calls_of_the_last_days(autoru):
    assert autoru.can_read_calls
    calls = [call for page in autoru.calls(ago(days=7)) for call in page]
    assert [call.talk_seconds for call in calls] == [212, 73, 0, 126], "oldest first"
    assert [call.missed for call in calls] == [False, False, True, False]
    assert [call.has_recording for call in calls] == [True, True, False, True]
    assert [call.wait_seconds for call in calls] == [7, 7, 0, 7], "one came without durations"
    assert [call.listing is not None for call in calls] == [False, True, True, True]
    listings = {listing.external_id: listing for page in autoru.listings() for listing in page}
    for call in calls:
        assert call.buyer_phone.startswith("79") and len(call.buyer_phone) == 11
        if call.listing:
            assert call.listing.partial
            assert call.listing.title == listings[call.listing.external_id].title
    for call, hours in zip(calls, (75, 29.3, 8.2, 1.9), strict=True):
        assert abs(call.started_at - ago(hours=hours)) < timedelta(minutes=2)
    assert [call for page in autoru.calls(ago(hours=2)) for call in page] == calls[-1:]
    assert list(autoru.calls(ago(hours=1))) == []


def test_many_calls_come_page_by_page_each_once(autoru, say, simulator):
    for number in range(130):
        simulator.control(
            "POST", "/autoru/say", {"type": "call", "talk_seconds": number, "ago": 900 + number}
        )
    before = simulator.asked("autoru", "POST /calltracking")
    pages = list(autoru.calls(ago(days=7)))
    assert [len(page) for page in pages] == [50, 50, 34], "those of the demo, too"
    assert simulator.asked("autoru", "POST /calltracking") - before == 3
    calls = [call for page in pages for call in page]
    assert len({call.external_id for call in calls}) == 134
    assert [call.started_at for call in calls] == sorted(call.started_at for call in calls)


def test_a_recording(autoru):
    calls = [call for page in autoru.calls(ago(days=7)) for call in page]
    for call in calls:
        if call.has_recording:
            got = autoru.recording(call.external_id)
            assert (got.mimetype, got.content[:3]) == ("audio/mpeg", b"ID3")
        else:
            with pytest.raises(RejectedError) as caught:
                autoru.recording(call.external_id)
            assert caught.value.reason == "not_found"


def test_a_dead_session_and_passing_trouble_of_calls(autoru, faults_on):
    for fault in ("token_expired", "unavailable", "drop_before"):
        faults_on(fault, times=1, path="^/calltracking")
        assert [len(page) for page in autoru.calls(ago(hours=2))] == [1], fault
    faults_on("status_error", times=1, path="^/calltracking")
    with pytest.raises(TemporaryError) as caught:
        list(autoru.calls(ago(hours=2)))
    assert caught.value.reason == "server_error"


def test_a_channel_without_keys_reads_no_calls(hooked, simulator):
    before = simulator.asked("autoru")
    assert not hooked.can_read_calls
    for ask in (lambda: list(hooked.calls(ago(days=1))), lambda: hooked.recording("T:1:1")):
        with pytest.raises(RejectedError) as caught:
            ask()
        assert caught.value.reason == "not_supported"
    assert simulator.asked("autoru") == before


def test_a_webhook_channel_with_keys_reads_calls(settings, store):
    with AutoruClient({**settings, "mode": "webhook", "chat_id": CHAT_ID}, store) as client:
        assert client.can_read_calls
        assert [len(page) for page in client.calls(ago(hours=2))] == [1]


def test_nothing_is_taken_back(autoru):
    with pytest.raises(RejectedError) as caught:
        autoru.delete("room", "message")
    assert caught.value.reason == "not_supported"
