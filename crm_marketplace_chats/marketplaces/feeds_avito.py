"""Avito's autoload feed (``Ads/Ad``), category of cars."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import feeds_words as words
from .payload import FeedCar, FeedRefusal

PATHS = (("Ads", "Ad"),)

_CATEGORY = words.fold("Автомобили")
_AVITO_ID = re.compile(r"AvitoId:\s*(\d{6,20})")
#: What some write as a number of Avito's catalogue and some as a name; a number is no name.
_NAMED = {
    "generation": ("Generation", "GenerationId"),
    "modification": ("Modification", "ModificationId"),
    "trim": ("Complectation", "ComplectationId"),
}
_ALIASES = {"mileage": ("Kilometrage", "run")}
_DISCOUNTS = {
    "credit": "CreditDiscount",
    "tradein": "TradeinDiscount",
    "insurance": "InsuranceDiscount",
    "max": "MaxDiscount",
}
#: Equipment: element -> the group's name, which belongs to the option («Зеркал» stands in three of them).
_EQUIPMENT = {
    "PowerSteering": "Усилитель руля",
    "ClimateControl": "Климат",
    "ClimateControlOptions": "Климат",
    "Interior": "Салон",
    "InteriorOptions": "Салон",
    "Heating": "Обогрев",
    "PowerWindows": "Электростеклоподъёмники",
    "ElectricDrive": "Электропривод",
    "MemorySettings": "Память настроек",
    "DrivingAssistance": "Помощь при вождении",
    "AntitheftSystem": "Противоугонная система",
    "Airbags": "Подушки безопасности",
    "ActiveSafety": "Активная безопасность",
    "Multimedia": "Мультимедиа",
    "AudioSystem": "Аудиосистема",
    "AudioSystemOptions": "Аудиосистема",
    "Lights": "Фары",
    "LightsOptions": "Фары",
    "Wheels": "Колёса, дюймы",
    "WheelsOptions": "Колёса",
    "Maintenance": "Обслуживание",
}


def read(element, line: int, condition: str = "") -> FeedCar | FeedRefusal:
    """One ``Ad``. `condition` counts where the advertisement itself does not say."""
    told = {child.tag: child.text or "" for child in reversed(element) if isinstance(child.tag, str)}

    def get(name: str) -> str:
        return next((told[tag] for tag in _ALIASES.get(name, (name,)) if told.get(tag, "").strip()), "")

    key, vin, remarks = words.key_and_vin(get("Id"), get("VIN"))
    make, model = words.name(get("Make")), words.name(get("Model"))
    called = f"{make} {model}".strip() or words.name(get("Title"))
    if get("Category") and words.fold(get("Category")) != _CATEGORY:
        return FeedRefusal(line, "not_a_car", key, vin, called)
    if not key:
        return FeedRefusal(line, "no_key", name=called)
    if not make or not model:
        return FeedRefusal(line, "no_name", key, vin, called)
    names = {name: _name(told, tags) for name, tags in _NAMED.items()}
    values = {
        "make": make,
        "model": model,
        **names,
        "modification": words.modification_name(names["modification"]),
        "body": words.body(get("BodyType")),
        "year": words.year(get("Year")),
        "mileage": words.whole(get("mileage")),
        "vin": vin,
        "plate": words.plate(get("GRN")),
        "engine_volume": words.litres(get("EngineSize")),
        "power": words.whole(get("Power"), 5000),
        "fuel": words.word("fuel", get("FuelType")),
        "gearbox": words.word("gearbox", get("Transmission")),
        "drive": words.word("drive", get("DriveType")),
        "wheel": words.word("wheel", get("WheelType")),
        "color": words.name(get("Color")),
        "owners": words.owners(get("Owners")),
        "pts": words.word("pts", get("PTS")),
        "customs_cleared": None,
        "condition": words.word("condition", get("CarType")) or condition,
        "description": words.plain(get("Description")),
        "equipment": tuple(_equipment(element)),
    }
    avito_id = get("AvitoId").strip() or (_AVITO_ID.search(get("Description")) or ("", ""))[1]
    return FeedCar(
        line,
        key,
        words.completed(values, words.modification(names["modification"])),
        price=words.whole(get("Price")),
        discounts={
            name: amount for name, tag in _DISCOUNTS.items() if (amount := words.whole(told.get(tag, "")))
        },
        availability=words.word("availability", get("Availability")),
        photos=words.photos(_photos(element)),
        location=words.name(get("Address")),
        listing_ids={"avito": avito_id}
        if avito_id.isascii() and avito_id.isdecimal() and len(avito_id) <= 20
        else {},
        remarks=remarks,
    )


def _name(told: dict[str, str], tags: tuple[str, ...]) -> str:
    return next(
        (name for tag in tags if (name := words.name(told.get(tag, ""))) and not name.isdecimal()), ""
    )


def _equipment(element) -> Iterator[str]:
    for child in element:
        group = _EQUIPMENT.get(child.tag)
        if not group:
            continue
        options = [option.text or "" for option in child.iterchildren("Option")]
        # What was turned from a table into XML has all options in one text.
        for option in options or (child.text or "")[: words.LONGEST_TEXT].split("|"):
            if option.strip():
                yield f"{group}: {words.name(option)}"


def _photos(element) -> Iterator[str]:
    for images in element.iterchildren("Images"):
        for image in images.iterchildren("Image"):
            yield image.get("url") or image.text or ""
    yield from re.split(r"[|\s]+", (element.findtext("ImageUrls") or "")[: words.LONGEST_TEXT])
