"""The dealer's own XML feed, as a feed server would give it: `/feed/stock.xml` on each marketplace's port, in that
marketplace's format, with `?gzip=1` packed. No key is needed, as with real ones."""

import asyncio
import gzip
from collections.abc import Iterator
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

from .demo_data import ADDRESS, CARS, Car
from .settings import BadInput

_BODIES = {
    "ALLROAD_5_DOORS": ("Внедорожник 5 дв.", "Внедорожник"),
    "SEDAN": ("Седан", "Седан"),
    "LIFTBACK": ("Лифтбек", "Лифтбек"),
}
_GEARS = {"MECHANICAL": "Механика", "AUTOMATIC": "Автомат", "ROBOT": "Робот", "VARIATOR": "Вариатор"}
_DRIVES = {"FORWARD_CONTROL": "Передний", "ALL_WHEEL_DRIVE": "Полный", "REAR_DRIVE": "Задний"}
_FUELS = {"GASOLINE": "Бензин", "DIESEL": "Дизель"}
_PTS = {"ORIGINAL": "Оригинал", "DUPLICATE": "Дубликат", "ELECTRONIC": "Электронный"}
_OWNERS = ("Не было владельцев", "Один владелец", "Два владельца", "Три владельца", "Четыре и более")
_BOMB = '<!DOCTYPE data [<!ENTITY a "ha">{}]>'.format(
    "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
)
_MOST_GENERATED = 100_000
_HUGE = 300 * 1024 * 1024


class Stock:
    """What the feeds hold beside the demo's cars, set through the control API.

    `hidden`: stock numbers left out; `prices`: by stock number; `generated`: that many cars more.
    """

    def __init__(self):
        self.hidden: set[str] = set()
        self.prices: dict[str, int] = {}
        self.generated = 0

    def change(self, wish: dict) -> None:
        """:raises BadInput: with the reason."""
        hidden, prices, generated = wish.get("hidden", []), wish.get("prices", {}), wish.get("generated", 0)
        if not isinstance(hidden, list) or not isinstance(prices, dict):
            raise BadInput(
                "'hidden' is a list of stock numbers, 'prices' an object of prices by stock number."
            )
        if type(generated) is not int or not 0 <= generated <= _MOST_GENERATED:
            raise BadInput(f"'generated' is a number from 0 to {_MOST_GENERATED}.")
        self.hidden, self.prices, self.generated = set(hidden), prices, generated

    def price(self, car: Car) -> int:
        return self.prices.get(car.external_id, car.price)

    def cars(self) -> Iterator[Car]:
        yield from (car for car in CARS if car.external_id not in self.hidden)
        for number in range(self.generated):
            yield _another(CARS[number % len(CARS)], number)


def _another(car: Car, number: int) -> Car:
    """A car like this one with numbers of its own."""
    return replace(
        car,
        vin=f"XTAGEN{number:011d}",
        external_id=f"GEN-{number:05d}",
        mileage=car.mileage + number % 1000,
        avito_id=None,
        autoru_id=None,
    )


def _tags(pairs: dict[str, object]) -> str:
    return "".join(
        f"<{tag}>{escape(str(value))}</{tag}>" for tag, value in pairs.items() if value not in ("", None)
    )


def _autoru(car: Car, price: int, photos: list[str]) -> str:
    told = {
        "unique_id": car.external_id,
        "mark_id": car.mark,
        "folder_id": f"{car.model}, {car.generation}",
        "modification_id": car.modification,
        "complectation_name": car.trim,
        "body_type": _BODIES[car.body][0],
        "wheel": "Левый",
        "color": car.colour,
        "availability": "в наличии",
        "custom": "растаможен",
        "state": "" if car.is_new else "отличное",
        "owners_number": _OWNERS[car.owners],
        "run": car.mileage,
        "year": car.year,
        "price": price,
        "currency": "RUR",
        "max_discount": 100_000 if car.is_new else "",
        "vin": car.vin,
        "license_plate": car.plate,
        "pts": _PTS[car.pts],
        "engine_type": _FUELS[car.fuel],
        "drive": _DRIVES[car.drive],
        "description": car.description,
        "extras": ", ".join(car.equipment),
        "poi_id": ADDRESS,
    }
    shots = "".join(f"<image>{escape(url)}</image>" for url in photos)
    return f"<car>{_tags(told)}<images>{shots}</images></car>\n"


def _avito(car: Car, price: int, photos: list[str]) -> str:
    told = {
        "Id": car.external_id,
        "AvitoId": car.avito_id,
        "Address": ADDRESS,
        "Category": "Автомобили",
        "CarType": "Новые" if car.is_new else "С пробегом",
        "Make": car.mark,
        "Model": car.model,
        "Generation": car.generation,
        "Modification": car.modification,
        "Complectation": car.trim,
        "Year": car.year,
        "Kilometrage": car.mileage,
        "Owners": car.owners or "",
        "PTS": _PTS[car.pts],
        "VIN": car.vin,
        "GRN": car.plate,
        "BodyType": _BODIES[car.body][1],
        "Color": car.colour,
        "FuelType": _FUELS[car.fuel],
        "EngineSize": round(car.engine_cc / 1000, 1),
        "Power": car.power,
        "Transmission": _GEARS[car.gearbox],
        "DriveType": _DRIVES[car.drive],
        "WheelType": "Левый",
        "Price": price,
        "MaxDiscount": 100_000 if car.is_new else "",
        "Description": car.description,
    }
    shots = "".join(f"<Image url={quoteattr(url)}/>" for url in photos)
    return f"<Ad>{_tags(told)}<Images>{shots}</Images></Ad>\n"


#: By marketplace: what stands before, how a car is written, what stands after.
_FORMATS = {
    "avito": ('<Ads formatVersion="3" target="Avito.ru">\n', _avito, "</Ads>\n"),
    "autoru": ("<data>\n<cars>\n", _autoru, "</cars>\n</data>\n"),
}
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


class FeedRoutes:
    """The feed of one marketplace. Faults: `feed_broken`, `feed_html`, `feed_bomb`, `feed_gone`, `feed_slow`,
    `feed_huge`."""

    def __init__(self, marketplace: str, stock: Stock, media, faults):
        self.marketplace, self.stock, self.media, self.faults = marketplace, stock, media, faults

    def _text(self) -> str:
        before, write, after = _FORMATS[self.marketplace]
        cars = [
            write(car, self.stock.price(car), [self.media.picture_url(key, "1280x960") for key in car.photos])
            for car in self.stock.cars()
        ]
        return f"{_XML}{before}{''.join(cars)}{after}"

    async def feed(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.hit("feed", self.marketplace, request.method, request.path)
        name = fault.name if fault else ""
        request["fault"] = name or None
        if name == "feed_gone":
            raise web.HTTPNotFound(text="no such feed")
        if name == "feed_huge":
            return await self._huge(request)
        if name == "feed_slow":
            await asyncio.sleep(fault.pause())
        if name == "feed_html":
            return web.Response(text="<!doctype html><title>502</title>", content_type="text/html")
        text = await asyncio.to_thread(self._text)
        if name == "feed_bomb":
            text = text.replace(_XML, _XML + _BOMB, 1).replace("Московский", "&j;")
        body = text.encode()
        if name == "feed_broken":
            body = body[: len(body) // 2]
        if request.query.get("gzip"):
            return web.Response(body=gzip.compress(body), content_type="application/gzip")
        return web.Response(body=body, content_type="application/xml")

    async def _huge(self, request: web.Request) -> web.StreamResponse:
        """A file without an end, as a server that has lost its way would send."""
        response = web.StreamResponse(headers={"Content-Type": "application/xml"})
        await response.prepare(request)
        before = _FORMATS[self.marketplace][0]
        piece = b"<!-- nothing -->" * 65_536
        await response.write(f"{_XML}{before}".encode())
        for _number in range(_HUGE // len(piece)):
            await response.write(piece)
        return response

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/feed/stock.xml", self.feed)]
