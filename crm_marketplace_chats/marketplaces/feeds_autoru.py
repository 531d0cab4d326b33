"""Auto.ru's feed (``data/cars/car``), also as AutoCRM (``root/cars/car``) and site builders write it."""

from __future__ import annotations

from collections.abc import Iterator

from . import feeds_words as words
from .payload import FeedCar, FeedRefusal

PATHS = (("data", "cars", "car"), ("root", "cars", "car"))

#: Elements that mean the same: Auto.ru's own first, then what others have made of it.
_ALIASES = {
    "fuel": ("engine_type", "engineType"),
    "gearbox": ("gearbox", "gearboxType", "transmission"),
    "drive": ("drive", "driveType"),
    "description": ("description", "comment"),
    "mileage": ("run", "mileage"),
}
_DISCOUNTS = {
    "credit": "credit_discount",
    "tradein": "tradein_discount",
    "insurance": "insurance_discount",
    "max": "max_discount",
}
#: A car that has run more than this is used, whatever else is not said.
_DELIVERY_RUN = 1000


def read(element, line: int, condition: str = "") -> FeedCar | FeedRefusal:
    """One ``car``.

    :param condition: what the feed as a whole holds (``new``, ``used``); the format itself does not say it
    """
    told = {child.tag: child.text or "" for child in reversed(element) if isinstance(child.tag, str)}

    def get(name: str) -> str:
        return next((told[tag] for tag in _ALIASES.get(name, (name,)) if told.get(tag, "").strip()), "")

    key, vin, remarks = words.key_and_vin(get("unique_id"), get("vin"))
    make, (model, generation) = words.name(get("mark_id")), _model(words.name(get("folder_id")))
    if not key:
        return FeedRefusal(line, "no_key", name=f"{make} {model}".strip())
    if not make or not model:
        return FeedRefusal(line, "no_name", key, vin)
    modification = words.name(get("modification_id"))
    values = {
        "make": make,
        "model": model,
        "generation": generation,
        "modification": words.modification_name(modification),
        "trim": words.name(get("complectation_name")),
        "body": words.body(get("body_type")),
        "year": words.year(get("year")),
        "mileage": words.whole(get("mileage")),
        "vin": vin,
        "plate": words.plate(get("license_plate")),
        "engine_volume": words.litres(get("engine_volume")),
        "power": words.whole(get("engine_power"), 5000),
        "fuel": words.word("fuel", get("fuel")),
        "gearbox": words.word("gearbox", get("gearbox")),
        "drive": words.word("drive", get("drive")),
        "wheel": words.word("wheel", get("wheel")),
        "color": words.name(get("color")),
        "owners": words.owners(get("owners_number")),
        "pts": words.word("pts", get("pts")),
        "customs_cleared": words.word("customs", get("custom")),
        "description": words.plain(get("description")),
        "equipment": tuple(
            map(words.name, words.split_outside_brackets(get("extras")[: words.LONGEST_TEXT]))
        ),
    }
    values["condition"] = condition or _condition(get("state"), values["owners"], values["mileage"])
    return FeedCar(
        line,
        key,
        words.completed(values, words.modification(modification)),
        price=words.whole(get("price")) if _is_roubles(get("currency")) else None,
        discounts={
            name: amount for name, tag in _DISCOUNTS.items() if (amount := words.whole(told.get(tag, "")))
        },
        availability=words.word("availability", get("availability")),
        photos=words.photos(_photos(element)),
        location=words.name(get("poi_id")),
        site_url=words.web(get("url")),
        remarks=remarks if _is_roubles(get("currency")) else (*remarks, ("currency", get("currency")[:10])),
    )


def _model(folder: str) -> tuple[str, str]:
    """``E-Класс, V (W213, S213)``: model and generation, parted by the first comma outside brackets."""
    model, *generation = words.split_outside_brackets(folder) or [""]
    return model, ", ".join(generation)


def _is_roubles(currency: str) -> bool:
    return currency.strip().upper() in ("", "RUR", "RUB")


def _condition(state: str, owners: int | None, mileage: int | None) -> str:
    if state.strip() or owners or (mileage or 0) > _DELIVERY_RUN:
        return "used"
    return "new" if owners == 0 else ""


def _photos(element) -> Iterator[str]:
    """``<images><image>…``, and Yandex's own example: the address as text of ``images``."""
    for images in element.iterchildren("images"):
        yield images.text or ""
        for image in images.iterchildren("image", "photo"):
            yield image.text or image.get("url") or ""
