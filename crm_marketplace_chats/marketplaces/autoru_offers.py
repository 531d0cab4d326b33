"""Auto.ru's offers in neutral words: listings and what they say of the car. Pure functions.

Source: "API Авто.ру", reference/user-offers-category. Every field may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .payload import RemoteListing, RemoteVehicle
from .reading import address, amount, ident, inside, largest, line, mapping, objects, text

_STATES = {
    "ACTIVE": "active",
    "INACTIVE": "inactive", "NEED_ACTIVATION": "inactive", "EXPIRED": "inactive", "BANNED": "inactive",
    "DRAFT": "inactive",
    "REMOVED": "removed", "DELETED": "removed",
}  # fmt: skip

#: Beginnings of the official body codes (reference/body-type-dictionary), longest first: WAGON_5_DOORS,
#: PICKUP_TWO, …
_BODIES = (
    ("PHAETON_WAGON", "wagon"), ("COMPACTVAN", "minivan"), ("HATCHBACK", "hatchback"),
    ("SPEEDSTER", "convertible"),
    ("LIFTBACK", "liftback"), ("FASTBACK", "liftback"), ("ROADSTER", "convertible"),
    ("MICROVAN", "minivan"), ("ALLROAD", "suv"), ("MINIVAN", "minivan"), ("PHAETON", "convertible"),
    ("CABRIO", "convertible"), ("PICKUP", "pickup"), ("COUPE", "coupe"), ("SEDAN", "sedan"),
    ("TARGA", "convertible"),
    ("WAGON", "wagon"), ("LANDO", "convertible"), ("VAN", "van"),
)  # fmt: skip
_FUELS = {
    "GASOLINE": "petrol", "PETROL": "petrol", "DIESEL": "diesel", "HYBRID": "hybrid", "ELECTRO": "electric",
    "ELECTRIC": "electric", "LPG": "gas", "GAS": "gas", "CNG": "gas",
}  # fmt: skip
_GEARBOXES = {
    "MECHANICAL": "manual", "MANUAL": "manual", "AUTOMATIC": "automatic", "ROBOT": "robot",
    "ROBOTIZED": "robot",
    "VARIATOR": "variator", "CVT": "variator",
}  # fmt: skip
_DRIVES = {
    "FORWARD_CONTROL": "front", "FRONT": "front", "REAR_DRIVE": "rear", "REAR": "rear",
    "ALL_WHEEL_DRIVE": "all", "ALL": "all",
}  # fmt: skip
_WHEELS = {"LEFT": "left", "RIGHT": "right"}
_PTS = {"ORIGINAL": "original", "DUPLICATE": "duplicate", "ELECTRONIC": "electronic"}
_CONDITIONS = {"NEW": "new", "USED": "used"}

#: "S 1.5 AMT (156 л.с.) 4WD": the first decimal number is the engine's volume.
_VOLUME = re.compile(r"(?<![\d.])(\d\.\d)(?![\d.])")


def absolute(url: str, base_url: str) -> str:
    """A protocol-relative address made whole: https, but plain http on the very host a stand-in runs on."""
    if not url.startswith("//"):
        return url
    base = urlsplit(base_url)
    host = re.split(r"[/?#]", url[2:], maxsplit=1)[0]
    return f"{'http' if base.scheme == 'http' and host == base.netloc else 'https'}:{url}"


def offer_listing(
    offer: Mapping[str, Any], base_url: str, *, title: str = "", partial: bool = False
) -> RemoteListing:
    """One offer; it must have an id.

    :param title: used where make and model are not told
    """
    car = vehicle(offer)
    named = " ".join(filter(None, (car.make, car.model, car.generation))) if car.model else ""
    return RemoteListing(
        ident(offer.get("id")),
        title=(f"{named}, {car.year}" if named and car.year else named) or title or car.make,
        url=address(absolute(text(offer.get("url")) or text(offer.get("mobile_url")), base_url)),
        price=amount(_first(offer, ("price_info", "rur_price"), ("price_info", "price"))),
        image_urls=_pictures(offer, base_url),
        state=_STATES.get(text(offer.get("status")).upper(), "unknown"),
        feed_id=ident(offer.get("feedprocessor_unique_id")),
        address=line(_first(offer, ("seller", "location", "address"), ("salon", "place", "address"))),
        vehicle=car,
        partial=partial,
    )


def _first(value: Any, *paths: tuple[str, ...]) -> Any:
    """The first of several places that holds something."""
    return next((found for path in paths if (found := inside(value, *path)) not in (None, "")), None)


def _pictures(offer: Mapping[str, Any], base_url: str) -> tuple[str, ...]:
    urls = (
        address(absolute(largest(image.get("sizes")), base_url))
        for image in objects(inside(offer, "state", "image_urls"))
    )
    return tuple(dict.fromkeys(filter(None, urls)))


def vehicle(offer: Mapping[str, Any]) -> RemoteVehicle:
    """What an offer says of its car. A code that no table holds is left empty, not guessed."""
    info = next(
        (mapping(offer.get(key)) for key in ("car_info", "truck_info", "moto_info") if offer.get(key)), {}
    )
    papers, state = mapping(offer.get("documents")), mapping(offer.get("state"))
    modification = line(inside(info, "tech_param", "human_name"))
    condition = _CONDITIONS.get(text(offer.get("section")).upper(), "")
    return RemoteVehicle(
        make=line(_first(info, ("mark_info", "name"), ("mark",))),
        model=line(_first(info, ("model_info", "name"), ("model",))),
        generation=line(inside(info, "super_gen", "name")),
        modification=modification,
        trim=line(inside(info, "complectation", "name")),
        body=_body(text(info.get("body_type"))),
        year=amount(papers.get("year")),
        # Zero is left out on the wire, and a new car has none.
        mileage=amount(state.get("mileage")) if condition != "new" else amount(state.get("mileage")) or 0,
        vin=ident(papers.get("vin")).strip().upper(),
        plate=text(papers.get("license_plate")).strip().upper(),
        engine_volume=_volume(info, modification),
        power=amount(_first(info, ("horse_power",), ("tech_param", "power"))),
        fuel=_code(_FUELS, info, "engine_type"),
        gearbox=_code(_GEARBOXES, info, "transmission"),
        drive=_code(_DRIVES, info, "drive"),
        wheel=_code(_WHEELS, info, "steering_wheel"),
        owners=amount(papers.get("owners_number")),
        pts=_code(_PTS, papers, "pts"),
        customs_cleared=papers["custom_cleared"] if isinstance(papers.get("custom_cleared"), bool) else None,
        condition=condition,
        description=text(offer.get("description")),
    )


def _code(table: Mapping[str, str], place: Mapping[str, Any], key: str) -> str:
    return table.get(text(place.get(key)).upper(), "")


def _body(code: str) -> str:
    return next(
        (body for prefix, body in _BODIES if code.upper().startswith(prefix)), "other" if code else ""
    )


def _volume(info: Mapping[str, Any], modification: str) -> float | None:
    """Litres: of the displacement in cubic centimetres where it is told, else of the modification's name."""
    displacement = amount(inside(info, "tech_param", "displacement"))
    if displacement:
        return round(displacement / 1000, 1)
    found = _VOLUME.search(modification)
    return float(found[1]) if found else None
