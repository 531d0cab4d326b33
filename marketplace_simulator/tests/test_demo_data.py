"""The stock and the conversations a dealer would believe."""

import io
import re
from collections import Counter

import requests
from PIL import Image

from ..demo_chats import TALKS
from ..demo_data import CARS


def test_twelve_cars_with_proper_numbers():
    assert len(CARS) == 12
    assert all(re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", car.vin) for car in CARS)
    for field in ("vin", "external_id", "key", "avito_id", "autoru_id"):
        values = [value for car in CARS if (value := getattr(car, field))]
        assert len(values) == len(set(values))
    assert all(car.avito_id or car.autoru_id for car in CARS)
    assert all(car.avito_id > 2**32 for car in CARS if car.avito_id)
    assert all(re.fullmatch(r"\d+-[0-9a-f]{8}", car.autoru_id) for car in CARS if car.autoru_id)
    assert {car.is_new for car in CARS} == {True, False}
    assert all(bool(car.plate) is not car.is_new for car in CARS)


def test_twenty_five_conversations_of_every_kind(simulator):
    assert len(TALKS) == 25
    chats = {name: simulator.get(f"/{name}/chats")["chats"] for name in ("avito", "autoru")}
    assert sum(map(len, chats.values())) == 25
    rows = [row for name in chats for chat in chats[name] for row in simulator.transcript(name, chat["id"])]
    assert {row["type"] for row in rows} >= {
        "text",
        "image",
        "voice",
        "location",
        "call",
        "system",
        "item",
        "link",
        "deleted",
        "hologram",
    }
    kinds = Counter(chat["kind"] for name in chats for chat in chats[name])
    assert kinds["u2u"] == kinds["support"] == 1
    assert sum(chat["we_are_buyer"] for name in chats for chat in chats[name]) == 2
    assert {"", "Олег"} <= {chat["name"] for name in chats for chat in chats[name]}
    assert max(len(row["text"] or "") for row in rows) > 800
    assert any(chat["unread"] for chat in chats["avito"]) and any(
        not chat["unread"] for chat in chats["avito"]
    )


def test_messages_stand_in_order_and_in_the_past(simulator):
    for name in ("avito", "autoru"):
        for chat in simulator.get(f"/{name}/chats")["chats"]:
            rows = simulator.transcript(name, chat["id"])
            created = [row["created"] for row in rows]
            assert created == sorted(created)
            assert created[-1] <= simulator.get("/")["now"]
            if name == "autoru":
                assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)


def test_photos_are_pictures_of_the_size_asked_for_and_differ(avito, simulator):
    base, seen = simulator.urls["avito"], set()
    for car in CARS:
        for key in car.photos:
            answer = requests.get(f"{base}/media/photo/{key}/320x240.jpg", timeout=10)
            image = Image.open(io.BytesIO(answer.content))
            assert (answer.headers["Content-Type"], image.format, image.size) == (
                "image/jpeg",
                "JPEG",
                (320, 240),
            )
            seen.add(answer.content)
    assert len(seen) >= 12 * 4


def test_missing_pictures_are_404(simulator):
    for path in ("/media/photo/car-jolion-side/big.jpg", "/media/photo/a%2F..%2Fb/10x10.jpg", "/media/x"):
        assert requests.get(simulator.urls["autoru"] + path, timeout=10).status_code in (401, 404)
