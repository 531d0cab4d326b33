"""What the feeds' dialects have in common: numbers as people write them, and the Russian words of the trade.

Words are compared folded: case, ё, look-alike letters of the other alphabet and doubled blanks do not count. A word
that no table holds is left out, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .payload import RemoteVehicle
from .reading import address

VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
#: A frame number of a car built for Japan, or what else stands where a VIN should.
_FRAME = re.compile(r"[A-Z0-9-]{5,16}")
#: Letters that look alike in both alphabets, small and capital.
_CYRILLIC, _LATIN = "авекмнорстухАВЕКМНОРСТУХ", "abekmhopctyxABEKMHOPCTYX"
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_TO_CYRILLIC = str.maketrans("aekopctyxABEKMHOPCTYX", "аекорстухАВЕКМНОРСТУХ")

#: No name of the trade is longer; a text may be (Auto.ru takes 30,000 characters).
LONGEST_NAME, LONGEST_TEXT = 256, 30_000
LARGEST = 2**31 - 1
_DIGITS = re.compile(r"\d[\d.,]*")

# ---------------------------------------------------------------- words

_BODIES = {
    "внедорожник": "suv", "кроссовер": "suv", "suv": "suv", "allroad": "suv",
    "седан": "sedan", "sedan": "sedan",
    "хэтчбек": "hatchback", "хетчбэк": "hatchback", "хетчбек": "hatchback", "хэтчбэк": "hatchback",
    "hatchback": "hatchback",
    "лифтбек": "liftback", "лифтбэк": "liftback", "liftback": "liftback", "фастбек": "liftback",
    "fastback": "liftback",
    "универсал": "wagon", "universal": "wagon", "wagon": "wagon",
    "минивэн": "minivan", "минивен": "minivan", "minivan": "minivan", "компактвэн": "minivan",
    "compactvan": "minivan", "микровэн": "minivan", "microvan": "minivan",
    "микроавтобус": "van", "minibus": "van", "фургон": "van", "van": "van",
    "купе": "coupe", "coupe": "coupe",
    "кабриолет": "convertible", "cabriolet": "convertible", "родстер": "convertible", "roadster": "convertible",
    "тарга": "convertible", "спидстер": "convertible", "фаэтон": "convertible", "ландо": "convertible",
    "пикап": "pickup", "pickup": "pickup", "лимузин": "other", "limousine": "other",
}  # fmt: skip
_FUELS = {
    "бензин": "petrol", "бензиновый": "petrol", "petrol": "petrol", "gasoline": "petrol",
    "дизель": "diesel", "дизельный": "diesel", "diesel": "diesel",
    "гибрид": "hybrid", "гибридный": "hybrid", "hybrid": "hybrid",
    "электро": "electric", "электрический": "electric", "electric": "electric", "electro": "electric",
    "газ": "gas", "бензин и газ": "gas", "газобензиновый": "gas", "petrol_and_gas": "gas", "lpg": "gas",
}  # fmt: skip
_GEARBOXES = {
    "механика": "manual", "механическая": "manual", "мкпп": "manual", "manual": "manual", "mt": "manual",
    "автомат": "automatic", "автоматическая": "automatic", "акпп": "automatic", "automatic": "automatic",
    "at": "automatic",
    "робот": "robot", "роботизированная": "robot", "robotized": "robot", "amt": "robot", "dct": "robot",
    "rt": "robot",
    "вариатор": "variator", "variator": "variator", "cvt": "variator",
}  # fmt: skip
_DRIVES = {
    "передний": "front", "front": "front", "задний": "rear", "rear": "rear",
    "полный": "all", "постоянный полный": "all", "подключаемый полный": "all", "4wd": "all", "full_4wd": "all",
    "optional_4wd": "all",
}  # fmt: skip
_WHEELS = {"левый": "left", "left": "left", "правый": "right", "right": "right"}
_PTS = {
    "оригинал": "original", "original": "original", "дубликат": "duplicate", "duplicate": "duplicate",
    "электронный": "electronic", "эптс": "electronic", "electronic": "electronic",
}  # fmt: skip
_AVAILABILITIES = {
    "в наличии": "in_stock", "available": "in_stock", "на заказ": "on_order", "под заказ": "on_order",
    "в пути": "in_transit",
}  # fmt: skip
_CUSTOMS = {"растаможен": True, "не растаможен": False}
_OWNERS = {
    "не было владельцев": 0, "один владелец": 1, "два владельца": 2, "три владельца": 3,
    "четыре и более": 4, "4+": 4,
}  # fmt: skip
_CONDITIONS = {
    "с пробегом": "used", "used": "used", "новые": "new", "новый": "new", "новое": "new", "new": "new",
}  # fmt: skip

_WORD = re.compile(r"[^\W\d_]+")


def fold(text: str) -> str:
    """The form in which words are compared; each word in the alphabet that most of its letters belong to."""
    return " ".join(_WORD.sub(_one_alphabet, text).casefold().replace("ё", "е").split())


def _one_alphabet(word: re.Match) -> str:
    letters = word[0]
    cyrillic = sum("\u0400" <= letter <= "\u04ff" for letter in letters)
    if cyrillic in (0, len(letters)):
        return letters
    # Letters that only one of the alphabets has decide; look-alikes may be either's.
    only = sum("\u0400" <= letter <= "\u04ff" and letter not in _CYRILLIC for letter in letters)
    other = sum(letter.isascii() and letter not in _LATIN for letter in letters)
    return letters.translate(_TO_CYRILLIC if (only, cyrillic) > (other, len(letters) / 2) else _TO_LATIN)


def _folded(table: Mapping) -> dict:
    return {fold(word): value for word, value in table.items()}


_TABLES = {
    "fuel": _folded(_FUELS), "gearbox": _folded(_GEARBOXES), "drive": _folded(_DRIVES),
    "wheel": _folded(_WHEELS), "pts": _folded(_PTS), "availability": _folded(_AVAILABILITIES),
    "customs": _folded(_CUSTOMS), "owners": _folded(_OWNERS), "condition": _folded(_CONDITIONS),
}  # fmt: skip
_BODY_TABLE = sorted(_folded(_BODIES).items(), key=lambda entry: -len(entry[0]))


def word(kind: str, text: str):
    """The key for a word of one of the tables; empty (None for customs and owners) when no table holds it."""
    return _TABLES[kind].get(fold(text), None if kind in ("customs", "owners") else "")


def body(text: str) -> str:
    """``Внедорожник 5 дв. S`` begins with the body; what follows are doors and versions."""
    folded = fold(text)
    return next((key for start, key in _BODY_TABLE if folded.startswith(start)), "")


def owners(text: str) -> int | None:
    told = word("owners", text)
    return told if told is not None else whole(text, 99)


# ---------------------------------------------------------------- numbers


def decimal(text: str) -> float | None:
    """``1,6``, ``2 999 000,00``, ``2.999.000 руб.``: blanks and units do not count, several dots or groups of three
    are thousands."""
    found = _DIGITS.search("".join(text.split())) if len(text) <= 64 else None
    if not found or "-" in text[: text.find(found[0][0])]:
        return None
    written = found[0].rstrip(".,").replace(",", ".")
    if written.count(".") > 1:
        *thousands, last = written.split(".")
        written = "".join(thousands) + (last if len(last) == 3 else f".{last}")
    try:
        return float(written)
    except ValueError:  # digits of other scripts, which `float` takes only in part
        return None


def whole(text: str, largest: int = LARGEST) -> int | None:
    """A whole number from 0 up to ``largest``; None for none."""
    read = decimal(text)
    return int(read) if read is not None and read <= largest else None


def litres(text: str) -> float | None:
    """An engine's volume: feeds hold litres or cubic centimetres, and 20 litres is no car."""
    read = decimal(text)
    if not read or read > 20_000:
        return None
    return round(read, 1) if read < 20 else round(read / 1000, 1) if read >= 50 else None


def year(text: str) -> int | None:
    read = whole(text, 2100)
    return read if read and read >= 1900 else None


# ---------------------------------------------------------------- texts


def name(text: str) -> str:
    return " ".join(text.split())[:LONGEST_NAME]


def identifier(text: str) -> str:
    """An id as it stands; empty for one too long to be kept in an index."""
    found = text.strip()
    return found if len(found) <= LONGEST_NAME else ""


def vin(text: str) -> tuple[str, str]:
    """:return: the number as it is compared, and what stood there if it is no VIN and cannot be kept"""
    written = re.sub(r"[\s-]", "", text).upper().translate(_TO_LATIN)
    if VIN.fullmatch(written):
        return written, ""
    frame = text.strip().upper().translate(_TO_LATIN)
    if _FRAME.fullmatch(frame):
        return frame.replace("-", ""), ""
    return "", text.strip()[:40]


def plate(text: str) -> str:
    """One alphabet: plates use only letters that both have, and Russian ones are read as Cyrillic."""
    return "".join(text.split()).upper().translate(_TO_CYRILLIC)[:16]


def web(text: str) -> str:
    """An http(s) address; empty for everything else."""
    written = address(text)
    return written if written.lower().startswith(("http://", "https://")) and len(written) <= 2000 else ""


def photos(addresses: Iterator[str], limit: int = 40) -> tuple[str, ...]:
    """In the dealer's order, each once."""
    return tuple(dict.fromkeys(filter(None, map(web, addresses))))[:limit]


def split_outside_brackets(text: str) -> list[str]:
    """Parts between commas; ``Климат (1-зонный, задний)`` stays whole."""
    return [part.strip() for part in re.split(r",(?![^()]*\))", text) if part.strip()]


#: "S 1.5 AMT (156 л.с.) 4WD"; the grammar of Auto.ru's and MAXPOSTER's `modification`.
_MODIFICATION = re.compile(
    r"(?:^|\s)(?P<volume>\d\.\d)(?P<suffix>[a-zA-Z]{0,3})\s+(?:(?P<before>4WD)\s+)?(?P<gear>MT|AT|AMT|DCT|CVT)\b"
    r"(?:\s+(?P<between>4WD))?(?:\s*\((?P<power>\d{2,4})\s*(?:л\.\s?с\.|[Hh]p)\))?(?:\s+(?P<after>4WD))?"
)


_POWER = re.compile(r"\s*\(\d{2,4}\s*(?:л\.\s?с\.|[Hh]p)\)")


def modification_name(text: str) -> str:
    """``1.5 AMT (143 л.с.)`` without the power, which has a place of its own."""
    return name(_POWER.sub("", text[:LONGEST_NAME]))


def modification(text: str) -> dict[str, object]:
    """What a modification's name says: volume, power, gearbox, drive, fuel. Without 4WD the drive is not known, and
    without a ``d`` the fuel is not."""
    found = _MODIFICATION.search(text[:LONGEST_NAME])
    if not found:
        return {}
    all_wheels = found["before"] or found["between"] or found["after"]
    return {
        "engine_volume": litres(found["volume"]),
        "power": whole(found["power"] or "", 5000),
        "gearbox": word("gearbox", found["gear"]),
        "drive": "all" if all_wheels else "",
        "fuel": "diesel" if found["suffix"] == "d" else "",
    }


_BREAKS: tuple[tuple[re.Pattern, str], ...] = (
    (re.compile(r"<(?:br\s*/?|/p|/li|/ul|/ol)\s*>", re.IGNORECASE), "\n"),
    (re.compile(r"<li\s*>", re.IGNORECASE), "• "),
    (re.compile(r"<[a-zA-Z/!][^<>]{0,200}>"), ""),
)


def plain(text: str) -> str:
    """A description without its markup: it is kept as text."""
    for pattern, instead in _BREAKS:
        text = pattern.sub(instead, text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:LONGEST_TEXT]


def key_and_vin(external_id: str, written_vin: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The key of a car inside its feed (its id, else its VIN), its VIN, and remarks."""
    number, bad = vin(written_vin)
    key = identifier(external_id) or (number if VIN.fullmatch(number) else "")
    return key, number, (("bad_vin", bad),) if bad else ()


def completed(values: dict, from_name: Mapping[str, object]) -> RemoteVehicle:
    """The car; what its own elements say counts more than what its modification's name says."""
    return RemoteVehicle(**{key: from_name.get(key) if value in ("", None) and key in from_name else value
                   for key, value in values.items()})  # fmt: skip
