"""The Avito client against the stand-in, in both of its profiles."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
import requests
from avito_contract import faults
from marketplaces import avito as module
from marketplaces import download
from marketplaces.avito import AvitoClient
from marketplaces.errors import (
    CredentialsError,
    EntitlementError,
    OutcomeUnknownError,
    RateLimitError,
    RejectedError,
    TemporaryError,
)
from marketplaces.payload import IN, OUT, RemoteMedia

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "00000005000181a5f6450000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def contract(monkeypatch, simulator):
    """All requests of a test, each checked as it leaves; gives their methods and paths."""
    wrong, seen, send = [], [], requests.adapters.HTTPAdapter.send

    def checked(adapter, request, **kwargs):
        to_avito = request.url.startswith(simulator.avito_url) and not isinstance(adapter, download._Adapter)
        if to_avito:
            body = request.body or b""
            body = body.encode() if isinstance(body, str) else body
            seen.append(f"{request.method} {request.path_url.partition('?')[0]}")
            wrong.extend(faults(request.method, request.url, dict(request.headers), body))
        return send(adapter, request, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", checked)
    yield seen
    assert wrong == []


@pytest.fixture(params=["live", "spec"])
def profile(request, simulator):
    simulator.control("POST", "/reset")
    simulator.control("POST", "/config", {"profile": request.param})
    yield request.param
    simulator.control("POST", "/reset")


@pytest.fixture
def settings(simulator):
    return {"base_url": simulator.avito_url, "client_id": "demo", "client_secret": "demo-secret"}


@pytest.fixture
def avito(profile, settings, store):
    with AvitoClient(settings, store) as client:
        yield client


@pytest.fixture
def say(simulator):
    """A buyer writes; gives the ids of chat and message."""

    def say(**what):
        said = simulator.control("POST", "/avito/say", what)
        return said["chat_id"], said["message_id"]

    return say


@pytest.fixture
def chat_ids(simulator):
    """All chats as Avito holds them."""
    return lambda: simulator.chat_ids("avito")


@pytest.fixture
def bulk(simulator, profile):
    """An account with nothing but so many chats of so many messages; gives the chats' ids."""

    def bulk(chats, messages):
        simulator.control("POST", "/reset", {"empty": True})
        simulator.control("POST", "/config", {"profile": profile})
        return simulator.bulk("avito", chats, messages)

    return bulk


@pytest.fixture
def faults_on(simulator):
    """Switch a fault of Avito's on."""
    return lambda name, **how: simulator.control(
        "POST", "/faults", {"name": name, "marketplace": "avito", **how}
    )


@pytest.fixture
def transcript(simulator):
    return lambda chat_id: simulator.control("GET", f"/avito/chats/{chat_id}")["messages"]


def walk(client: AvitoClient, state=None):
    """All pages of one walk: conversations, the state after it, the number of pages."""
    found, state = [], state or {}
    for number in range(1, 20):
        page = client.conversations(state)
        found += page.conversations
        state = dict(page.walk)
        if page.done:
            return found, state, number
    raise AssertionError("no end")


def nothing(_ids):
    return ()


# ---------------------------------------------------------------- connection


def test_a_connection_test_where_all_is_well(avito, contract):
    findings = {finding.code: finding for finding in avito.check()}
    assert list(findings) == ["token_ok", "account", "chats_visible", "listings_visible"]
    assert {finding.level for finding in findings.values()} == {"ok"}
    assert findings["account"].values["id"] == "94230001"
    assert findings["chats_visible"].values["count"] > 0
    assert contract == [
        "POST /token",
        "GET /core/v1/accounts/self",
        "GET /messenger/v2/accounts/94230001/chats",
        "GET /core/v1/items",
    ]


def test_wrong_keys(settings, profile, store):
    with AvitoClient({**settings, "client_secret": "guess"}, store) as client:
        assert [finding.code for finding in client.check()] == ["wrong_keys"]


# ---------------------------------------------------------------- in


def test_the_first_walk_sees_every_chat_and_an_idle_pull_is_one_request(avito, simulator, chat_ids):
    found, state, _pages = walk(avito)
    assert {chat.external_id for chat in found} == set(chat_ids())
    rows = simulator.control("GET", "/avito/chats")["chats"]
    not_ours = {row["id"] for row in rows if row["we_are_buyer"] or row["kind"] == "a2u"}
    assert {chat.external_id for chat in found if chat.noise} == not_ours != set()
    before = simulator.asked("avito")
    _found, state, pages = walk(avito, state)
    assert (pages, simulator.asked("avito") - before) == (1, 1)


def test_a_new_message_is_seen_by_the_next_pull(avito, say):
    _found, state, _pages = walk(avito)
    chat_id, message_id = say(text="Торг есть? <b>🚗</b>")
    found, state, pages = walk(avito, state)
    assert pages == 1
    (chat,) = [chat for chat in found if chat.external_id == chat_id]
    assert chat.last_message.external_id == message_id
    assert (chat.buyer_name, chat.noise, chat.partial) == ("Покупатель", False, False)
    assert chat.listing.title
    assert chat.listing.price > 100_000
    (message,) = avito.history(chat_id, nothing).messages
    assert (message.external_id, message.body, message.direction) == (message_id, "Торг есть? <b>🚗</b>", IN)
    assert avito.conversation(chat_id).listing == chat.listing


def test_a_reply_typed_in_avitos_own_app(avito, say, simulator):
    chat_id, _ = say(text="Здравствуйте")
    simulator.control("POST", "/avito/reply", {"chat_id": chat_id, "text": "Добрый день"})
    newest = avito.newest(chat_id)[0]
    assert (newest.direction, newest.body) == (OUT, "Добрый день")


KINDS_SAID = ("text", "image", "voice", "location", "link", "item", "call", "system", "deleted")


def test_every_kind_of_message(avito, say, profile):
    chat_id, _ = say(text="Начало")
    said = [*KINDS_SAID, *(("file", "video", "appCall", "unknown") if profile == "live" else ())]
    ids = {say(chat_id=chat_id, type=kind)[1]: kind for kind in said}
    found = {message.external_id: message for message in avito.history(chat_id, nothing).messages}
    expected = {"item": "listing", "appCall": "call"}
    assert {ids[key]: found[key].kind for key in ids} == {kind: expected.get(kind, kind) for kind in said}
    assert {ids[key] for key in ids if found[key].noise} == {"system"}
    by_kind = {ids[key]: found[key] for key in ids}
    assert by_kind["call"].data == {"call": {"missed": True}}
    assert by_kind["location"].data["location"]["lat"]
    assert by_kind["image"].media[0].url
    for kind, file_kind in (("image", "image/jpeg"), ("voice", "audio/mp4")):
        got = avito.download(by_kind[kind].media[0])
        assert got.mimetype == file_kind
        assert len(got.content) > 500


def test_a_picture_that_is_gone(avito, simulator):
    gone = RemoteMedia("image", simulator.avito_url + "/media/photo/none")
    with pytest.raises(RejectedError):
        avito.download(gone)
    with pytest.raises(RejectedError):
        avito.download(RemoteMedia("voice", ref="no-such-voice"))


def test_a_long_history_is_read_to_its_end_once(avito, bulk):
    (chat_id,) = bulk(chats=1, messages=250)
    history = avito.history(chat_id, nothing)
    ids = [message.external_id for message in history.messages]
    assert (len(ids), len(set(ids)), history.complete) == (250, 250, True)
    times = [message.sent_at for message in history.messages]
    assert times == sorted(times, reverse=True)


def test_only_what_is_new_is_read(avito, bulk, say, simulator):
    (chat_id,) = bulk(chats=1, messages=250)
    known = {message.external_id for message in avito.history(chat_id, nothing).messages}
    _, message_id = say(chat_id=chat_id, text="Ещё вопрос")
    before = simulator.asked("avito")
    history = avito.history(chat_id, known.intersection)
    assert simulator.asked("avito") - before == 1
    assert {m.external_id for m in history.messages} - known == {message_id}
    assert history.complete


def test_a_history_too_long_for_the_interface_is_a_gap(avito, bulk):
    (chat_id,) = bulk(chats=1, messages=1200)
    history = avito.history(chat_id, nothing)
    assert (len(history.messages), history.complete) == (1100, False)


def test_more_chats_than_the_interface_shows(avito, bulk, simulator):
    bulk(chats=1150, messages=1)
    found, state, pages = walk(avito)
    assert (len({chat.external_id for chat in found}), pages) == (1100, 11)
    before = simulator.asked("avito")
    walk(avito, state)
    assert simulator.asked("avito") - before == 1


def test_a_chat_that_jumps_to_the_front_while_paging_is_not_lost(avito, bulk, say):
    bulk(chats=250, messages=1)
    everything, _state, _pages = walk(avito)
    page = avito.conversations({})
    last = everything[-1].external_id
    _, message_id = say(chat_id=last, text="Я тут")
    seen = {chat.external_id: chat for chat in page.conversations}
    walk_state = dict(page.walk)
    while not page.done:
        page = avito.conversations(walk_state)
        walk_state = dict(page.walk)
        seen |= {chat.external_id: chat for chat in page.conversations}
    found, _state, _pages = walk(avito, walk_state)
    assert {chat.external_id: chat for chat in found}[last].last_message.external_id == message_id
    assert set(seen) | {last} == {chat.external_id for chat in everything}


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
def test_answers_that_are_bent(avito, say, faults_on, fault):
    chat_id, message_id = say(text="Торг есть?")
    say(chat_id=chat_id, type="image")
    faults_on(fault)
    found, _state, _pages = walk(avito)
    ids = [chat.external_id for chat in found]
    assert len(ids) == len(set(ids))
    assert chat_id in ids
    messages = {message.external_id: message for message in avito.history(chat_id, nothing).messages}
    assert (messages[message_id].body, messages[message_id].direction, len(messages)) == ("Торг есть?", IN, 2)
    assert avito.conversation(chat_id).external_id == chat_id
    assert any(avito.listings())


@pytest.mark.parametrize("fault", ["truncated_json", "broken_utf8", "empty_body", "html_ok"])
def test_answers_that_are_none(avito, say, faults_on, fault):
    chat_id, _ = say(text="Торг есть?")
    walk(avito)
    faults_on(fault, path="^/messenger/")
    faults_on(fault, path="^/core/v1/items")
    for call in (
        lambda: avito.conversations({}),
        lambda: avito.conversation(chat_id),
        lambda: avito.history(chat_id, nothing),
        lambda: next(avito.listings()),
    ):
        with pytest.raises(TemporaryError) as caught:
            call()
        assert caught.value.reason == "bad_answer"


def test_listings(avito):
    listings = [listing for page in avito.listings() for listing in page]
    assert len(listings) >= 10
    assert all(listing.title and listing.price and listing.url for listing in listings)
    assert {listing.state for listing in listings} <= {"active", "inactive", "removed"}


# ---------------------------------------------------------------- deliveries


def test_deliveries_and_the_echo_of_our_own(avito, say, wire):
    chat_id, _ = say(text="Начало")
    url = wire.url + "/hooks/avito/secret"
    avito.subscribe(url)
    avito.subscribe(url)
    _, message_id = say(chat_id=chat_id, text="Вопрос")
    sent = avito.send_text(chat_id, "Ответ", "key-1")
    bodies = wire.bodies(2)
    batches = [avito.read_delivery(body) for body in bodies]
    messages = {message.external_id: message for batch in batches for message in batch.messages}
    assert set(messages) == {message_id, sent.external_id}
    assert (messages[message_id].direction, messages[sent.external_id].direction) == (IN, OUT)
    assert batches[0].conversations[0].external_id == chat_id
    assert batches[0].conversations[0].partial
    stored = {message.external_id: message for message in avito.history(chat_id, nothing).messages}
    for key, message in messages.items():
        assert (message.body, message.sent_at) == (stored[key].body, stored[key].sent_at)
    avito.unsubscribe(url)
    avito.unsubscribe(url)
    say(chat_id=chat_id, text="Ещё")
    time.sleep(0.2)
    assert len(wire.asked) == 2, "one subscription, and none after it ended"


# ---------------------------------------------------------------- out


@pytest.mark.parametrize("typed", ["Да", "😀" * 1000, " <script>alert(1)</script>\n&amp; ", "я" * 1000])
def test_a_text_stands_as_it_was_typed_once(avito, say, transcript, typed):
    chat_id, _ = say(text="В наличии?")
    sent = avito.send_text(chat_id, typed, "key-1")
    ours = [message for message in transcript(chat_id) if message["direction"] == "out"]
    assert [(message["id"], message["text"]) for message in ours] == [(sent.external_id, typed)]
    assert sent.sent_at is not None


def test_a_text_into_no_chat(avito):
    with pytest.raises(RejectedError) as caught:
        avito.send_text("u2i-AAAAAAAAAAAAAAAAAAAAAA", "Да", "key-1")
    assert caught.value.reason == "not_found"


def test_a_picture_stands_and_comes_back(avito, say, transcript):
    chat_id, _ = say(text="Пришлите фото")
    sent = avito.send_image(chat_id, PNG, "image/png", "key-1")
    assert transcript(chat_id)[-1]["type"] == "image"
    newest = avito.newest(chat_id)[0]
    assert (newest.external_id, newest.kind, newest.direction) == (sent.external_id, "image", OUT)
    assert avito.download(newest.media[0]).mimetype.startswith("image/")


def test_what_is_no_picture(avito, say):
    chat_id, _ = say(text="Пришлите фото")
    with pytest.raises(RejectedError) as caught:
        avito.send_image(chat_id, b"not a picture", "image/png", "key-1")
    assert caught.value.reason == "image_refused"


def test_a_chat_is_marked_read(avito, say, transcript):
    chat_id, _ = say(text="Вопрос")
    avito.history(chat_id, nothing)
    assert not transcript(chat_id)[-1]["read"], "reading alone marks nothing"
    avito.mark_read(chat_id, "")
    avito.mark_read(chat_id, "")
    assert transcript(chat_id)[-1]["read"]


def test_a_buyer_is_shut_out(avito, say, simulator):
    chat_id, _ = say(text="Купите мои биткоины")
    conversation = avito.conversation(chat_id)
    for _ in range(2):
        avito.block(conversation.buyer_id, conversation.listing.external_id, "spam")
    assert simulator.control("GET", f"/avito/chats/{chat_id}")["blocked"]


def test_nobody_is_shut_out_without_a_number(avito):
    with pytest.raises(RejectedError):
        avito.block("", "", "spam")


@pytest.mark.parametrize(
    "fault", ["drop_after", "timeout_after", "error_after", "html_after", "truncated_json"]
)
def test_done_but_not_told(avito, say, transcript, faults_on, fault):
    """The outcome is unknown, the message stands exactly once, and reading the chat finds it."""
    chat_id, _ = say(text="В наличии?")
    avito.newest(chat_id)
    avito.api.transport.timeout = (2, 0.5)
    faults_on(fault, method="POST", path="/messages$")
    with pytest.raises(OutcomeUnknownError):
        avito.send_text(chat_id, "Да, ждём вас", "key-1")
    ours = [message for message in transcript(chat_id) if message["direction"] == "out"]
    assert [message["text"] for message in ours] == ["Да, ждём вас"]
    found = [message for message in avito.newest(chat_id) if message.direction == OUT]
    assert [(message.external_id, message.body) for message in found] == [(ours[0]["id"], "Да, ждём вас")]


@pytest.mark.parametrize(
    "fault", ["drop_before", "timeout_before", "server_error", "unavailable", "html_error"]
)
def test_not_done_and_not_told(avito, say, transcript, faults_on, fault):
    chat_id, _ = say(text="В наличии?")
    avito.newest(chat_id)
    avito.api.transport.timeout = (2, 0.5)
    faults_on(fault, method="POST", path="/messages$")
    with pytest.raises(OutcomeUnknownError):
        avito.send_text(chat_id, "Да", "key-1")
    assert [message["direction"] for message in transcript(chat_id)] == ["in"]


def test_an_uploaded_picture_whose_sending_is_not_told(avito, say, transcript, faults_on):
    chat_id, _ = say(text="Пришлите фото")
    avito.newest(chat_id)
    faults_on("drop_after", method="POST", path="/uploadImages$", times=1)
    faults_on("drop_after", method="POST", path="/messages/image$")
    with pytest.raises(OutcomeUnknownError):
        avito.send_image(chat_id, PNG, "image/png", "key-1")
    assert [message["type"] for message in transcript(chat_id)] == ["text", "image"]


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize("fault", ["token_expired", "token_revoked"])
def test_a_dead_token_is_renewed_unseen(avito, say, transcript, faults_on, simulator, fault):
    chat_id, _ = say(text="В наличии?")
    avito.newest(chat_id)
    faults_on(fault, times=1)
    avito.send_text(chat_id, "Да", "key-1")
    assert [message["direction"] for message in transcript(chat_id)] == ["in", "out"]
    assert simulator.asked("avito", "POST /token") == 2


def test_a_dead_token_is_renewed_once_under_many_threads(settings, store, profile, faults_on, simulator):
    with AvitoClient(settings, store) as first:
        first.conversations({})
    simulator.control("POST", "/config", {"avito_token_seconds": 86400.0})
    store.session["token"] = "made-up"
    done, clients = [], [AvitoClient(settings, store) for _ in range(6)]
    threads = [threading.Thread(target=lambda c=c: done.append(c.conversations({}).done)) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    assert done == [True] * 6
    assert simulator.asked("avito", "POST /token") == 2, "one at the start, one for all six"


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        ("payment_required", EntitlementError, "payment_required"),
        ("forbidden", EntitlementError, "forbidden"),
        ("unauthorized", CredentialsError, "wrong_keys"),
        ("forbidden_token", CredentialsError, "wrong_keys"),
        ("not_found", RejectedError, "not_found"),
        ("flat_error", RejectedError, "not_found"),
        ("bad_request", RejectedError, "bad_request"),
        ("result_error", RejectedError, "bad_request"),
        ("slug_error", RejectedError, "bad_request"),
        ("result_error_ok", TemporaryError, "bad_answer"),
        ("rate_limited", RateLimitError, "too_many_requests"),
        ("rate_limited_empty", RateLimitError, "too_many_requests"),
        ("rate_limited_braces", RateLimitError, "too_many_requests"),
        ("rate_limited_retry_after", RateLimitError, "too_many_requests"),
        ("server_error", TemporaryError, "server_error"),
        ("unavailable", TemporaryError, "server_error"),
        ("html_error", TemporaryError, "server_error"),
        ("drop_before", TemporaryError, "timeout"),
    ],
)
def test_failures_of_a_pull(avito, faults_on, fault, kind, reason):
    walk(avito)
    faults_on(fault, path="^/messenger/")
    with pytest.raises(kind) as caught:
        avito.conversations({})
    assert caught.value.reason == reason
    assert caught.value.passing == (kind in {TemporaryError, RateLimitError})


def test_passing_trouble_of_a_question_is_not_even_noticed(avito, faults_on):
    for fault in ("unavailable", "drop_before", "html_error"):
        faults_on(fault, times=1)
        assert avito.conversations({}).done


def test_an_account_without_the_messenger(faults_on, avito):
    faults_on("payment_required")
    levels = {finding.code: finding.level for finding in avito.check()}
    assert levels["payment_required"] == "error"
    assert levels["listings_visible"] == "ok"


# ---------------------------------------------------------------- calls


def ago(**how) -> datetime:
    return datetime.now(timezone.utc) - timedelta(**how)


@pytest.fixture
def unhurried(simulator, profile, monkeypatch):
    """Neither side counts the requests of call tracking: five a minute would be a long test."""
    simulator.control("POST", "/config", {"avito_path_limits": False})
    monkeypatch.setattr(module, "CALLS_PER_MINUTE", 60_000)


GET_CALLS = "POST /calltracking/v1/getCalls/"


def test_calls_of_the_last_days(avito, unhurried):
    assert avito.can_read_calls
    calls = [call for page in avito.calls(ago(days=7)) for call in page]
    assert [call.talk_seconds for call in calls] == [41, 184, 0, 67], "oldest first"
    assert [call.missed for call in calls] == [False, False, True, False]
    assert [call.has_recording for call in calls] == [True, True, False, True]
    assert [call.listing is not None for call in calls] == [False, True, True, True]
    listed = {listing.external_id for page in avito.listings() for listing in page}
    assert {call.listing.external_id for call in calls if call.listing} <= listed
    assert all(call.listing.partial for call in calls if call.listing)
    assert all(len(call.buyer_phone) == 11 and call.buyer_phone.startswith("79") for call in calls)
    assert {call.wait_seconds for call in calls} == {7}
    assert abs(calls[-1].started_at - ago(hours=3.4)) < timedelta(minutes=2)
    assert [call for page in avito.calls(ago(hours=4)) for call in page] == calls[-1:]


def test_many_calls_come_page_by_page_each_once(avito, unhurried, say, contract):
    chat_id, _ = say(text="Перезвоните")
    for number in range(230):
        say(chat_id=chat_id, type="call", talk_seconds=number, ago=40 * 86400 + number * 60)
    contract.clear()
    pages = list(avito.calls(ago(days=60)))
    assert [len(page) for page in pages] == [100, 100, 34], "those of the demo, too"
    assert contract.count(GET_CALLS) == 3
    talks = {call.talk_seconds for page in pages for call in page}
    assert talks >= set(range(230))
    moments = [call.started_at for page in pages for call in page]
    assert moments == sorted(moments)
    assert len({call.external_id for page in pages for call in page}) == 234


def test_longer_than_avito_gives_at_once(avito, unhurried, say, contract):
    """The contract's check refuses a span of more than three months."""
    chat_id, _ = say(text="Перезвоните")
    days = [200, 178, 100, 89, 1]
    for number, age in enumerate(days, 1):
        say(chat_id=chat_id, type="call", talk_seconds=number * 1000, ago=age * 86400)
    contract.clear()
    found = [call for page in avito.calls(ago(days=201)) for call in page if call.talk_seconds >= 1000]
    assert [call.talk_seconds for call in found] == [1000, 2000, 3000, 4000, 5000]
    assert contract.count(GET_CALLS) == 3


def test_five_lists_of_calls_a_minute(avito, monkeypatch, contract):
    """Their own limit, beside the account's: after the first, one each 15 seconds."""
    waits = []
    monkeypatch.setattr("marketplaces.transport.time.sleep", lambda seconds: waits.append(seconds) or 1 / 0)
    assert len(next(avito.calls(ago(hours=4)))) == 1
    with pytest.raises(ZeroDivisionError):
        next(avito.calls(ago(hours=4)))
    assert waits == [pytest.approx(15, abs=0.5)]
    assert contract.count(GET_CALLS) == 1


def test_a_recording(avito, unhurried):
    calls = [call for page in avito.calls(ago(days=7)) for call in page]
    talked = next(call for call in calls if call.has_recording)
    got = avito.recording(talked.external_id)
    assert (got.mimetype, got.filename, got.content[:3]) == ("audio/mpeg", "voice.mp3", b"ID3")
    missed = next(call for call in calls if call.missed)
    for call_id in (missed.external_id, "1", "x/../../token", ""):
        with pytest.raises(RejectedError) as caught:
            avito.recording(call_id)
        assert caught.value.reason == "not_found"


def test_a_recording_that_is_not_there_yet(avito, unhurried, simulator):
    call = next(page for page in avito.calls(ago(hours=4)))[0]
    simulator.control("POST", "/config", {"record_delay_seconds": 86400})
    with pytest.raises(TemporaryError) as caught:
        avito.recording(call.external_id)
    assert (caught.value.reason, caught.value.status) == ("not_ready", 425)
    simulator.control("POST", "/config", {"record_delay_seconds": 0})
    assert avito.recording(call.external_id).content


def test_trouble_with_the_list_of_calls(avito, unhurried, faults_on):
    faults_on("call_error", times=1)
    with pytest.raises(TemporaryError) as caught:
        list(avito.calls(ago(hours=4)))
    assert (caught.value.reason, caught.value.status) == ("server_error", 200)
    for fault in ("token_expired", "unavailable", "drop_before", "extra_fields"):
        faults_on(fault, times=1, path="^/calltracking/")
        assert [len(page) for page in avito.calls(ago(hours=4))] == [1], fault


# ---------------------------------------------------------------- deleting


def test_a_message_of_ours_is_taken_back(avito, say, transcript):
    chat_id, _ = say(text="Сколько?")
    sent = avito.send_text(chat_id, "Опечатка", "key-1")
    avito.delete(chat_id, sent.external_id)
    assert transcript(chat_id)[-1]["type"] == "deleted"
    assert avito.newest(chat_id)[0].kind == "deleted"
    avito.delete(chat_id, sent.external_id)  # again changes nothing


def test_deleting_whose_answer_is_lost(avito, say, transcript, faults_on):
    chat_id, _ = say(text="Сколько?")
    sent = avito.send_text(chat_id, "Опечатка", "key-1")
    faults_on("drop_after", times=1)
    avito.delete(chat_id, sent.external_id)
    assert transcript(chat_id)[-1]["type"] == "deleted"


def test_what_cannot_be_taken_back(avito, simulator, transcript):
    """An hour has gone by, or it is not ours, or it is not there."""
    chat_id = next(
        chat_id
        for chat_id in simulator.chat_ids("avito")
        if any(
            message["direction"] == "out" and message["created"] < time.time() - 3700
            for message in transcript(chat_id)
        )
    )
    old = next(message["id"] for message in transcript(chat_id) if message["direction"] == "out")
    foreign = next(message["id"] for message in transcript(chat_id) if message["author"] == "buyer")
    for message_id, reason in ((old, "too_late"), (foreign, "too_late"), ("0f" * 16, "not_found")):
        with pytest.raises(RejectedError) as caught:
            avito.delete(chat_id, message_id)
        assert caught.value.reason == reason
    assert all(message["type"] != "deleted" for message in transcript(chat_id))
