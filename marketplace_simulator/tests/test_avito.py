"""Avito's wire: shapes of both profiles, ids, paging, limits, media."""

import io
import re
import time

import pytest
import requests
from PIL import Image

from .conftest import Avito

CHAT_ID = r"u2[iu]-[A-Za-z0-9_~]{21}[AQgw]"


def picture(kind="PNG", size=(64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#335577").save(out, kind)
    return out.getvalue()


# --- keys ---


def test_wrong_keys_are_refused_in_the_oauth_shape(simulator):
    form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "wrong"}
    answer = requests.post(simulator.urls["avito"] + "/token/", data=form, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    answer = requests.post(simulator.urls["avito"] + "/token", json=form, timeout=5)
    assert "access_token" not in answer.json()


def test_an_unknown_token_is_401_an_old_one_403(simulator):
    avito = Avito(simulator.urls["avito"])
    assert avito.get("/core/v1/accounts/self").json() == {"error": {"code": 401, "message": "Unauthorized"}}
    simulator.post("/config", {"avito_token_seconds": 1})
    avito.sign_in()
    time.sleep(1.1)
    answer = avito.get("/core/v1/accounts/self")
    assert answer.status_code == 403
    assert answer.json() == {"result": {"status": False, "message": "invalid access token"}}
    assert avito.sign_in().get("/core/v1/accounts/self").status_code == 200


def test_another_users_path_is_404(avito):
    assert avito.get("/messenger/v2/accounts/1/chats").status_code == 404
    assert avito.get("/messenger/v9/nothing").json()["error"]["code"] == 404


def test_an_employee_sees_nothing_and_an_unpaid_account_is_402(simulator):
    simulator.post(
        "/accounts",
        {"marketplace": "avito", "client_id": "e", "client_secret": "s", "employee": True, "demo": True},
    )
    simulator.post(
        "/accounts", {"marketplace": "avito", "client_id": "p", "client_secret": "s", "messenger": False}
    )
    employee = Avito(simulator.urls["avito"]).sign_in("e", "s")
    assert employee.chats().json()["chats"] == []
    assert employee.get("/core/v1/items").json()["resources"] == []
    chat = next(
        row["id"] for row in simulator.get("/avito/chats")["chats"] if row["account"] == employee.user
    )
    assert employee.messages(chat).status_code == 403
    unpaid = Avito(simulator.urls["avito"]).sign_in("p", "s")
    assert unpaid.chats(limit=1).json() == {"error": {"code": 402, "message": "Payment required"}}


# --- chats ---


def test_live_chats(avito):
    body = avito.chats(chat_types="u2i,u2u").json()
    assert body["meta"] == {"has_more": False}
    assert all(re.fullmatch(CHAT_ID, chat["id"]) for chat in body["chats"])
    assert [chat["updated"] for chat in body["chats"]] == sorted(
        (chat["updated"] for chat in body["chats"]), reverse=True
    )
    oleg = next(chat for chat in body["chats"] if chat["users"][0]["name"] == "Олег")
    value = oleg["context"]["value"]
    assert value["price_string"] == "2\u00a0199\u00a0000 ₽"
    assert value["id"] > 2**32
    assert value["user_id"] == avito.user
    assert value["location"]["title"] == "Воронеж"
    assert {user["id"] for user in oleg["users"]} == {avito.user, oleg["last_message"]["author_id"]}
    assert oleg["last_message"]["delivered"] == oleg["last_message"]["created"]
    assert avito.get(avito.path(2, f"/chats/{oleg['id'].replace('~', '%7E')}")).json() == oleg


def test_only_item_chats_unless_asked_and_other_filters(avito):
    def prefixes(**query):
        return {chat["id"][:3] for chat in avito.chats(**query).json()["chats"]}

    assert prefixes() == {"u2i"}
    assert prefixes(chat_types=["u2i", "u2u"]) == prefixes(chat_types="u2i,u2u") == {"u2i", "u2u"}
    for items in ("7463700001,7463700002", ["7463700001", "7463700002"]):
        found = avito.chats(item_ids=items).json()["chats"]
        assert {chat["context"]["value"]["id"] for chat in found} == {7463700001, 7463700002}
    unread = avito.chats(unread_only="true").json()["chats"]
    assert unread and all(chat["last_message"]["direction"] == "in" for chat in unread)


def test_the_listing_of_a_stranger_and_a_deleted_one(avito):
    values = [chat["context"]["value"] for chat in avito.chats().json()["chats"]]
    assert sum(value["user_id"] != avito.user for value in values) == 1
    assert sum(value["status_id"] == 20 for value in values) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"offset": 1001},
        {"offset": -1},
        {"limit": "ten"},
        {"unread_only": "1"},
        {"chat_types": "u3i"},
        {"item_ids": "x"},
    ],
)
def test_wrong_queries_are_400(avito, query):
    answer = avito.chats(**query)
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]


def test_paging_reaches_1100_chats_newest_first(simulator, avito):
    made = simulator.post("/bulk", {"marketplace": "avito", "chats": 1200, "messages": 1})["chats"]
    seen, offset = [], 0
    while offset <= 1000:
        page = avito.chats(limit=100, offset=offset).json()
        seen += [chat["id"] for chat in page["chats"]]
        offset += 100
    assert page["meta"]["has_more"]
    assert len(set(seen)) == len(seen) == 1100
    assert len(set(made) & set(seen)) > 1000


# --- messages ---


def test_messages_newest_first_with_and_without_the_slash(simulator, avito):
    chat = simulator.chat_named("avito", "Ирина")
    body = avito.messages(chat).json()
    assert body == avito.get(avito.path(3, f"/chats/{chat}/messages")).json()
    rows = body["messages"]
    assert [row["created"] for row in rows] == sorted((row["created"] for row in rows), reverse=True)
    assert all(re.fullmatch("[0-9a-f]{32}", row["id"]) for row in rows)
    assert rows[0]["quote"]["content"]["text"].startswith("Записали")
    ours = [row for row in rows if row["direction"] == "out"]
    assert all(row["author_id"] == avito.user and row["read"] > row["created"] for row in ours)
    assert avito.messages(chat, limit=2, offset=1).json() == {
        "messages": rows[1:3],
        "meta": {"has_more": True},
    }


def test_reading_messages_does_not_mark_read_but_read_does(simulator, avito):
    chat = simulator.chat_named("avito", "Олег")
    assert [row["is_read"] for row in avito.messages(chat).json()["messages"]] == [False, False]
    assert avito.post(avito.path(1, f"/chats/{chat}/read")).json() == {"ok": True}
    assert [row["is_read"] for row in avito.messages(chat).json()["messages"]] == [True, True]
    assert [row["read"] for row in simulator.transcript("avito", chat)] == [True, True]
    assert chat not in [row["id"] for row in avito.chats(unread_only="true").json()["chats"]]
    simulator.post("/config", {"avito_read_key": "isRead"})
    assert all("is_read" not in row and row["isRead"] for row in avito.messages(chat).json()["messages"])


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("voice", {"voice": {"voice_id": str}}),
        ("location", {"location": {"lat": float, "lon": float, "kind": str, "title": str, "text": str}}),
        ("call", {"call": {"status": str, "target_user_id": int}}),
        ("item", {"item": {"title": str, "item_url": str, "price_string": str, "image_url": str}}),
        ("system", {"text": str, "flow_id": str}),
        ("deleted", {}),
        ("file", {}),
        ("video", {}),
        ("appCall", {}),
        ("link", {"link": {"text": str, "url": str, "preview": dict}}),
    ],
)
def test_contents_of_each_type(simulator, avito, kind, content):
    def shape(value, like):
        return (
            {
                key: shape(value[key], part) if isinstance(part, dict) else type(value[key])
                for key, part in like.items()
            }
            if isinstance(like, dict)
            else type(value)
        )

    chat = simulator.post("/avito/say", {"type": kind})["chat_id"]
    message = avito.messages(chat).json()["messages"][0]
    assert message["type"] == kind
    assert set(message["content"]) == set(content)
    assert shape(message["content"], content) == content


def test_sending_text(simulator, avito):
    chat = simulator.chat_named("avito", "Олег")
    sent = avito.send(chat, "Добрый день! Да, в наличии.").json()
    assert sent["author_id"] == avito.user
    assert (sent["direction"], sent["type"], sent["content"]) == (
        "out",
        "text",
        {"text": "Добрый день! Да, в наличии."},
    )
    assert abs(sent["created"] - time.time()) < 5
    last = simulator.transcript("avito", chat)[-1]
    assert (last["id"], last["direction"], last["text"], last["read"]) == (
        sent["id"],
        "out",
        "Добрый день! Да, в наличии.",
        False,
    )
    assert avito.chats().json()["chats"][0]["id"] == chat
    simulator.post("/avito/read", {"chat_id": chat})
    assert avito.messages(chat, limit=1).json()["messages"][0]["read"]


@pytest.mark.parametrize("text", ["", "   ", None, 7, "я" * 1001])
def test_texts_that_are_refused(simulator, avito, text):
    assert avito.send(simulator.chat_named("avito", "Олег"), text).status_code == 400


@pytest.mark.parametrize("text", ["я" * 1000, "😀 <b>&", "\ud83d"])
def test_texts_that_arrive_as_they_are(simulator, avito, text):
    chat = simulator.chat_named("avito", "Олег")
    assert avito.send(chat, text).status_code == 200
    assert avito.messages(chat, limit=1).json()["messages"][0]["content"]["text"] == text
    assert simulator.transcript("avito", chat)[-1]["text"] == text


def test_deleting_within_the_hour_only_ones_own(simulator, avito):
    chat = simulator.chat_named("avito", "Марина")
    rows = simulator.transcript("avito", chat)
    sent = avito.send(chat, "ошибся").json()["id"]
    old = avito.post(
        avito.path(
            1,
            f"/chats/{simulator.chat_named('avito', 'Анна')}/messages/"
            + next(
                row["id"]
                for row in simulator.transcript("avito", simulator.chat_named("avito", "Анна"))
                if row["direction"] == "out"
            ),
        )
    )
    foreign = avito.post(avito.path(1, f"/chats/{chat}/messages/{rows[0]['id']}"))
    assert (old.status_code, foreign.status_code) == (400, 403)
    assert avito.post(avito.path(1, f"/chats/{chat}/messages/{'0' * 32}")).status_code == 404
    assert avito.post(avito.path(1, f"/chats/{chat}/messages/{sent}")).json() == {}
    assert simulator.transcript("avito", chat)[-1]["type"] == "deleted"
    newest = avito.messages(chat, limit=1).json()["messages"][0]
    assert (newest["id"], newest["type"], newest["content"]) == (sent, "deleted", {})


# --- pictures and voices ---


def upload(avito, content: bytes, field="uploadfile[]", **how) -> requests.Response:
    return avito.ask("POST", avito.path(1, "/uploadImages"), files={field: ("a.png", content)}, **how)


def test_sending_a_picture(simulator, avito):
    chat = simulator.chat_named("avito", "Олег")
    image_id, sizes = next(iter(upload(avito, picture()).json().items()))
    assert re.fullmatch(r"\d+\.\d+[a-z0-9]+", image_id)
    assert set(sizes) >= {"1280x960", "140x105", "32x32"}
    sent = avito.post(avito.path(1, f"/chats/{chat}/messages/image"), {"image_id": image_id}).json()
    assert sent["type"] == "image" and sent["content"]["image"]["sizes"] == sizes
    shown = Image.open(io.BytesIO(requests.get(sizes["140x105"], timeout=5).content))
    assert shown.size == (140, 105)
    assert all(abs(a - b) < 12 for a, b in zip(shown.getpixel((70, 50)), (0x33, 0x55, 0x77), strict=True))
    assert avito.post(avito.path(1, f"/chats/{chat}/messages/image"), {"image_id": "1.2"}).status_code == 400


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "BMP", "PNG"])
def test_picture_formats_that_are_taken(avito, kind):
    assert upload(avito, picture(kind)).status_code == 200


def test_pictures_that_are_refused(avito):
    refused = [
        upload(avito, b"no picture"),
        upload(avito, picture("PPM")),
        upload(avito, picture(), field="file"),
        upload(avito, picture(size=(9000, 9000))),
        upload(avito, picture("BMP", (3000, 2900)) + b"0" * 10**6),
        avito.post(avito.path(1, "/uploadImages"), {}),
    ]
    assert [answer.status_code for answer in refused] == [400] * 6


def test_a_voice_can_be_fetched_only_by_its_signed_address(simulator, avito):
    chat = simulator.chat_named("avito", "Екатерина")
    voice = avito.messages(chat).json()["messages"][0]["content"]["voice"]["voice_id"]
    urls = avito.get(avito.path(1, "/getVoiceFiles"), voice_ids=[voice, "unknown"]).json()["voices_urls"]
    assert set(urls) == {voice}
    answer = requests.get(urls[voice], timeout=5)
    assert answer.headers["Content-Type"] == "audio/mp4"
    assert answer.content[4:8] == b"ftyp" and b"Opus" in answer.content
    assert requests.get(re.sub("until=[0-9]+", "until=1", urls[voice]), timeout=5).status_code == 403
    assert requests.get(urls[voice].partition("?")[0], timeout=5).status_code == 403
    assert avito.get(avito.path(1, "/getVoiceFiles")).status_code == 400


def test_blacklist(simulator, avito):
    chat = avito.chats(limit=1).json()["chats"][0]
    body = {"users": [{"user_id": chat["users"][0]["id"], "context": {"item_id": None, "reason_id": 1}}]}
    answer = avito.post(avito.path(2, "/blacklist"), body)
    assert (answer.status_code, answer.content) == (200, b"")
    assert simulator.get(f"/avito/chats/{chat['id']}")["blocked"]
    assert avito.post(avito.path(2, "/blacklist"), {"users": "all"}).status_code == 400
