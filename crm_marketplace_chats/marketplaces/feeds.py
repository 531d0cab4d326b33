"""A dealer's XML feed, car by car, in flat memory whatever its size. The dialects: feeds_autoru, feeds_avito.

The file is read twice: `survey` finds out whether all of it is sound and how many cars it holds, so that nothing is
stored of a file that breaks off in the middle; `cars` then gives them one by one. Nothing outside the file is ever
read: no entities, no DTD, no network.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from . import feeds_autoru, feeds_avito
from .feeds_words import VIN
from .payload import FeedCar, FeedRefusal

#: Cars in one file, and bytes in which at least one car has to end: more is none of these formats.
MOST_CARS, LARGEST_CAR = 50_000, 4 * 1024 * 1024
_CHUNK = 64 * 1024

#: Path of a car in the file -> the module that reads it.
_DIALECTS = {path: module for module in (feeds_autoru, feeds_avito) for path in module.PATHS}
_CODES = {feeds_autoru: "autoru", feeds_avito: "avito"}
_CAR_TAGS = tuple({path[-1] for path in _DIALECTS})
_DEEPEST = max(map(len, _DIALECTS))
#: Auto.ru's reference catalogue, which dealers take for a feed.
_CATALOGUE = "catalog"

#: Signs that XML 1.0 has no place for, as bytes and as references.
_FORBIDDEN = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcBC]|1[0-9a-fA-F]|[eEfF]));"
)
_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_HTML_NAMES = {b"&nbsp;": b"&#160;", b"&laquo;": b"&#171;", b"&raquo;": b"&#187;", b"&mdash;": b"&#8212;",
               b"&ndash;": b"&#8211;", b"&hellip;": b"&#8230;", b"&copy;": b"&#169;", b"&reg;": b"&#174;"}  # fmt: skip
_HTML_NAME = re.compile(b"|".join(_HTML_NAMES))


class FeedError(Exception):
    """The file as a whole cannot be read, so nothing of it is stored.

    :param reason: ``not_xml``, ``doctype``, ``not_a_feed``, ``catalogue``, ``too_many``, ``archive``, ``too_big``
    :param line: where reading ended, 0 where that means nothing
    """

    def __init__(self, reason: str, line: int = 0, detail: str = ""):
        super().__init__(reason)
        self.reason, self.line, self.detail = reason, line, detail[:300]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a sound file is.

    :param dialect: ``autoru`` or ``avito``
    :param cars: number of entries, cars or not
    :param way: how it has to be read: as it is, as Windows-1251, or repaired
    """

    dialect: str
    cars: int
    way: str


#: Ways of reading, in the order they are tried: encoding, whether to repair.
_WAYS = {"plain": (None, False), "cp1251": ("windows-1251", False), "repaired": (None, True),
         "cp1251 repaired": ("windows-1251", True)}  # fmt: skip


def survey(path: Path) -> Survey:
    """Read a file to its end without keeping anything.

    :raises FeedError: it is no feed, or not sound even after repair
    """
    first = None
    for way in _WAYS:
        try:
            read = Counter(module for _element, _line, module in _elements(path, way))
            module = next(iter(read), None) or _empty_dialect(path, way)
            return Survey(_CODES[module], read.total(), way)
        except etree.XMLSyntaxError as error:
            # What is wrong with it as it came is what a person can mend.
            first = first or FeedError("not_xml", error.lineno or 0, error.msg or "")
    raise first


def cars(path: Path, surveyed: Survey, condition: str = "") -> Iterator[FeedCar | FeedRefusal]:
    """The entries of a file that `survey` has found sound; an id or a VIN that comes again is refused."""
    seen: set[str] = set()
    for element, line, module in _elements(path, surveyed.way):
        entry = module.read(element, line, condition)
        if isinstance(entry, FeedCar):
            vin, named = entry.vehicle.vin, f"{entry.vehicle.make} {entry.vehicle.model}"
            keys = {f"id {entry.external_id}"} | ({f"vin {vin}"} if VIN.fullmatch(vin) else set())
            if seen & keys:
                entry = FeedRefusal(line, "twice", entry.external_id, vin, named)
            seen |= keys
        yield entry


# ---------------------------------------------------------------- XML


def _elements(path: Path, way: str) -> Iterator[tuple]:
    """Each car's element with its line and its dialect's module; emptied behind us."""
    encoding, repair = _WAYS[way]
    parser = etree.XMLPullParser(
        ("start", "end"),
        tag=_CAR_TAGS,
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    number = since = begun = 0
    module = None
    for line, chunk in _lines(path):
        parser.feed(_repaired(chunk) if repair else chunk)
        since += len(chunk)
        for event, element in parser.read_events():
            found = _dialect(element)
            if event == "start":
                if module is None:
                    _require_plain(element)
                if found:
                    module, begun = found, line
            elif found:
                yield element, begun, found
                since, number = 0, number + 1
                if number > MOST_CARS:
                    raise FeedError("too_many", line)
                _forget(element)
        if since > LARGEST_CAR:
            raise FeedError("not_a_feed", line)
    _require_plain(parser.close())


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The file in pieces, each with the number of the line it begins in; no piece goes over the end of a line, so that
    a car's line is known (libxml2 counts to 65,535 only)."""
    line = 1
    with open(path, "rb") as file:
        started = False
        while chunk := file.readline(_CHUNK):
            if not started:
                # Blank lines and a byte order mark before `<?xml` are met, and no parser takes them.
                started = bool(stripped := chunk.lstrip(b"\xef\xbb\xbf \t\r\n"))
                if started:
                    yield line, stripped
            else:
                yield line, chunk
            line += chunk.endswith(b"\n")


def _repaired(chunk: bytes) -> bytes:
    chunk = _HTML_NAME.sub(lambda found: _HTML_NAMES[found[0]], _FORBIDDEN.sub(b"", chunk))
    return _AMPERSAND.sub(b"&amp;", chunk)


def _dialect(element):
    """The module that reads this element; None for one that only has a car's name."""
    path = [element.tag]
    for outer in element.iterancestors():
        path.append(outer.tag)
        if len(path) > _DEEPEST:
            return None
    return _DIALECTS.get(tuple(reversed(path)))


def _require_plain(element) -> None:
    """No feed has a document type: with one, texts could be cut at entities, and an error page would pass."""
    if element.getroottree().docinfo.doctype:
        raise FeedError("doctype")


def _forget(element) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _empty_dialect(path: Path, way: str):
    """The dialect of a file without cars, by its root."""
    encoding, _repair = _WAYS[way]
    root = None
    parser = etree.XMLPullParser(("start",), encoding=encoding, resolve_entities=False, no_network=True)
    for _line, chunk in _lines(path):
        parser.feed(chunk)
        root = next((element for _event, element in parser.read_events()), None)
        if root is not None:
            break
    tag = root.tag if root is not None else ""
    if tag == _CATALOGUE:
        raise FeedError("catalogue")
    module = next((module for parts, module in _DIALECTS.items() if parts[0] == tag), None)
    if not module:
        raise FeedError("not_a_feed")
    return module
