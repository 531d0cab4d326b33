"""Lenient readers of JSON that others wrote: a field may be missing, null, or a number where a string was
promised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

UTC = timezone.utc  # not `datetime.UTC`: Odoo 19 runs on Python 3.10 too
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AMOUNT = re.compile(r"\d[\d\s]*")
# Parts of a second in any number of digits, and an offset with or without its colon: Python 3.10 reads three or
# six digits and `+03:00` alone.
_ISO_TAIL = re.compile(r"(?:[.,](?P<part>\d+))?\s*(?:[zZ]|(?P<hours>[+-]\d\d):?(?P<minutes>\d\d)?)?$")
_PHONE_SIGNS = re.compile(r"[\s()\-–.+]")
# Russia's own way of writing: 8, then an area or a mobile code.
_NATIONAL_PHONE = re.compile(r"8[3489]\d{9}")
# Neither a NUL nor half of a surrogate pair can be stored by PostgreSQL; JSON can spell both.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: Unix seconds that end what is a time at all, in the year 5138: more are milliseconds.
_LAST_SECOND = 10**11
#: A time is shorter, and what matches one would take the square of its length.
_LONGEST_TIME = 64
#: No id is longer; an index of PostgreSQL takes 2,700 bytes.
_LONGEST_ID = 256
#: A web page's address, or a part of one (``example.ru``): anything but another scheme.
_ADDRESS = re.compile(r"(?:https?://|(?![^/?#]*:))[^\x00-\x1f\x7f]+", re.IGNORECASE)


def clean(value: Any) -> Any:
    """The same value without the characters that no database takes."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value) if _UNSTORABLE.search(value) else value
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def inside(value: Any, *path: str) -> Any:
    """What lies at the end of a path of keys, None when any part of it is missing."""
    for key in path:
        value = mapping(value).get(key)
    return value


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; nothing where there is no list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A string, also of a number; empty for everything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def ident(value: Any) -> str:
    """An id, also of a number; empty for none, and for what is too long to be one."""
    written = text(value)
    return written if len(written) <= _LONGEST_ID else ""


def is_printable(key: str) -> bool:
    """Whether this can be a key, and go into a header of a request."""
    return key != "" and key.isascii() and key.isprintable()


def address(value: Any) -> str:
    """The address of a page or a picture; empty for one that a browser would not fetch but run, or open from its
    own disk (``javascript:``, ``data:``, ``file:``).
    """
    written = text(value).strip()
    return written if _ADDRESS.fullmatch(written) else ""


def degrees(value: Any, limit: int) -> float | None:
    """A latitude or longitude, up to ``limit`` either way; None for what is none."""
    try:
        found = float(text(value))
    except ValueError:
        return None
    return found if abs(found) <= limit else None  # NaN is not less either


def line(value: Any) -> str:
    """A string on one line, without doubled or outer blanks."""
    return " ".join(text(value).split())


def number(value: Any) -> int | None:
    """A whole number, also of a string; None where there is none."""
    if isinstance(value, bool):
        return None
    written = value.strip().replace(",", ".") if isinstance(value, str) else value
    try:
        # Straight to int where possible: a float would round the long ids.
        return int(float(written)) if isinstance(written, str) and "." in written else int(written)
    except (TypeError, ValueError, OverflowError):
        return None


def amount(value: Any) -> int | None:
    """A quantity such as a price or a mileage, also of a text like ``2 450 000 ₽`` (with no-break spaces).

    None for what is none, and for what no column of 32 bits holds.
    """
    found = _AMOUNT.search(value) if isinstance(value, str) else None
    quantity = number("".join(found.group().split())) if found else number(value)
    return quantity if quantity is not None and 0 <= quantity < 2**31 else None


def moment(value: Any) -> datetime | None:
    """An aware UTC time of Unix seconds, Unix milliseconds or ISO 8601; None for what is none of these."""
    if isinstance(value, str) and not value.strip().isdecimal():
        written = value.strip()
        return plausible(_iso_moment(written)) if len(written) <= _LONGEST_TIME else None
    seconds = number(value)
    if not seconds or seconds < 0:
        return None
    if seconds > _LAST_SECOND:  # these are milliseconds
        return _EPOCH + timedelta(milliseconds=seconds) if seconds < 10**14 else None
    return _EPOCH + timedelta(seconds=seconds)


def plausible(read: datetime | None) -> datetime | None:
    """The same moment; None for one before Unix time or after its end here, which is no message's."""
    return read if read and 0 < (read - _EPOCH).total_seconds() <= _LAST_SECOND else None


def _iso_moment(written: str) -> datetime | None:
    day, *clock = re.split(r"[Tt\s]", written, maxsplit=1)
    if clock:
        tail = _ISO_TAIL.search(clock[0])
        part = f".{tail['part'][:6]:0<6}" if tail["part"] else ""
        offset = f"{tail['hours']}:{tail['minutes'] or '00'}" if tail["hours"] else "+00:00"
        day += f"T{clock[0][: tail.start()]}{part}{offset}"
    try:
        read = datetime.fromisoformat(day)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: the first or last day of time, moved by its offset
        return None


def phone(value: Any) -> str:
    """A telephone number as digits alone, Russian ones beginning with 7; empty for one that is hidden or none."""
    written = text(value).strip()
    digits = _PHONE_SIGNS.sub("", written)
    if not re.fullmatch(r"[0-9]{7,15}", digits) or not digits.strip("0"):
        return ""
    if not written.startswith("+") and _NATIONAL_PHONE.fullmatch(digits):
        return "7" + digits[1:]
    return "7" + digits if re.fullmatch(r"9\d{9}", digits) else digits


def largest(sizes: Any) -> str:
    """The address of the biggest picture in a map of ``WIDTHxHEIGHT`` to address; the original where it is
    named.
    """

    def area(key: str) -> float:
        if key in {"full", "orig", "original"}:
            return float("inf")
        sides = re.fullmatch(r"(\d{1,9})x(\d{1,9})\D*", key)
        return int(sides[1]) * int(sides[2]) if sides else 0

    urls: Iterable[tuple[str, Any]] = mapping(sizes).items()
    return max(((area(key), url) for key, url in urls if isinstance(url, str) and url), default=(0, ""))[1]
