"""Avito's listings, calls, recordings and the request budget."""

import pytest

from .conftest import Avito


def test_listings_in_pages(avito):
    first = avito.get("/core/v1/items", per_page=6, page=1).json()
    second = avito.get("/core/v1/items", per_page=6, page=2).json()
    assert first["meta"] == {"page": 1, "per_page": 6}
    assert (len(first["resources"]), len(second["resources"])) == (6, 4)
    assert first["resources"][0]["price"] == 2_199_000
    assert (
        avito.get("/core/v1/items", status="removed").json()["resources"][0]["title"]
        == "Toyota Camry 2.5 AT, 2019"
    )
    assert avito.get("/core/v1/items", category=24).json()["resources"] == []
    assert avito.get("/core/v1/items", per_page=101).json() == {"code": "400", "message": "per_page is wrong"}
    assert avito.get("/core/v1/items", status="sold").status_code == 400


def test_one_listing_and_its_price(simulator, avito):
    path = f"/core/v1/accounts/{avito.user}/items/"
    info = avito.get(f"{path}7463700001/").json()
    assert (info["status"], info["autoload_item_id"]) == ("active", "SEV-0001")
    assert "price" not in info and "title" not in info
    assert avito.get(f"{path}1").json()["status"] == "not_found"
    assert avito.get(f"{path}7391004417/").json()["status"] == "another_user"
    assert avito.post("/core/v1/items/7463700001/update_price", {"price": 2_100_000}).json() == {
        "result": {"success": True}
    }
    chat = avito.chats(item_ids=7463700001).json()["chats"][0]
    assert chat["context"]["value"]["price_string"] == "2\u00a0100\u00a0000 ₽"
    assert avito.post("/core/v1/items/5/update_price", {"price": 1}).json() == {
        "error": {"message": "Item not found", "code": 404}
    }


def calls(avito, **body):
    return avito.post(
        "/calltracking/v1/getCalls/",
        {"dateTimeFrom": "2020-01-01T00:00:00Z", "limit": 100, "offset": 0, "dateTimeTo": None} | body,
    ).json()


def test_calls_are_found_by_time_and_errors_come_with_200(simulator, avito):
    simulator.post("/config", {"avito_path_limits": False})
    month = "2020-02-01T00:00:00+03:00"
    now = simulator.get("/")["now"]
    since = avito_time(now - 80 * 3600)
    rows = calls(avito, dateTimeFrom=since)["calls"]
    assert len(rows) == 4
    assert sum(row["talkDuration"] == 0 for row in rows) == 1
    assert sum(row["itemId"] is None for row in rows) == 1
    assert calls(avito, dateTimeFrom=since, limit=1, offset=1)["calls"] == rows[1:2]
    for wrong in (
        {"limit": 101},
        {"limit": None},
        {"offset": -1},
        {"dateTimeFrom": "yesterday"},
        {"dateTimeTo": avito_time(now)},
    ):
        assert calls(avito, **wrong)["error"]["code"] == 1001
    assert calls(avito, dateTimeTo=month) == {"calls": [], "error": {"code": 0, "message": ""}}
    one = avito.post("/calltracking/v1/getCallById/", {"callId": rows[0]["callId"]}).json()
    assert one == {"call": rows[0], "error": {"code": 0, "message": ""}}
    assert avito.post("/calltracking/v1/getCallById/", {"callId": 1}).json()["error"]["code"] == 1004


def avito_time(moment: float) -> str:
    from ..times import seconds_utc

    return seconds_utc(moment)


def test_recordings(simulator, avito):
    answered = simulator.post("/avito/say", {"type": "call", "item_id": 7463700001, "talk_seconds": 42})[
        "call_id"
    ]
    missed = simulator.post("/avito/say", {"type": "call", "item_id": 7463700001})["call_id"]

    def record(call_id):
        return avito.get("/calltracking/v1/getRecordByCallId/", callId=call_id)

    assert record(answered).headers["Content-Type"] == "audio/mpeg"
    assert record(answered).content[:3] in (b"ID3", b"\xff\xfb\x90", b"\xff\xf3\x18")
    assert (record(missed).status_code, record(missed).json()["code"]) == (404, 1004)
    assert record("x").status_code == 404
    simulator.post("/config", {"record_delay_seconds": 60})
    assert (record(answered).status_code, record(answered).json()["code"]) == (425, 1005)


def test_call_statistics(avito, simulator):
    simulator.post("/avito/say", {"type": "call", "item_id": 7463700001, "talk_seconds": 42})
    body = {"dateFrom": "2020-01-01", "dateTo": "2100-01-01", "itemIds": [7463700001]}
    items = avito.post(f"/core/v1/accounts/{avito.user}/calls/stats/", body).json()["result"]["items"]
    assert [item["itemId"] for item in items] == [7463700001]
    assert sum(day["answered"] for day in items[0]["days"]) == 2
    assert avito.post(f"/core/v1/accounts/{avito.user}/calls/stats/", {}).status_code == 400


def test_the_budget_of_an_account(simulator):
    simulator.post("/config", {"avito_rate_per_minute": 5})
    avito = Avito(simulator.urls["avito"]).sign_in()
    answers = [avito.chats(limit=1) for _ in range(10)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and answers[0].headers["X-RateLimit-Limit"] == "5"
    assert int(answers[0].headers["X-RateLimit-Remaining"]) < 5
    assert (refused[0].headers["X-RateLimit-Remaining"], refused[0].json()) == ("0", {})
    simulator.post("/config", {"avito_rate_per_minute": 0})
    assert avito.chats(limit=1).status_code == 200


@pytest.mark.parametrize(("path", "limit"), [("/core/v1/items", 25), ("/calltracking/v1/getCalls/", 5)])
def test_documented_limits_of_single_addresses(avito, path, limit):
    ask = avito.get if "items" in path else avito.post
    answers = [ask(path) for _ in range(limit * 2 + 1)]
    refused = [answer for answer in answers if answer.status_code == 429]
    # A minute may begin in the middle.
    assert 1 <= len(refused) <= limit + 1
    assert all(answer.headers["X-RateLimit-Limit"] == str(limit) for answer in refused)
    if "items" in path:
        assert refused[0].content == b""
