"""Bodies that no well-behaved marketplace sends, and what a reader promises all the same."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
import types
import typing
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from hypothesis import strategies as st
from marketplaces import payload
from marketplaces.reading import address, clean

# ---------------------------------------------------------------- what is sent

#: What goes wrong in one place: other types, ends of ranges, what no column takes, what a browser would run.
ODD = (
    None, True, False, 0, -1, 1, 1.5, -0.0, 2**31, 2**63, -(2**63), 10**11, 10**14, 10**40, 10**400, 1e308,
    float("nan"), float("inf"), float("-inf"), [], {}, [[]], [{}], [None], {"": ""}, {"id": {"id": 1}},
    "", " ", "0", "-5", "1e999", "nan", "٣", "²", "1_000", "9" * 5000, "null", "true", "\0", "a\0b", "\ud83d",
    "\udfff\ud800", "\ufeff", "\u202egnp.exe", "\u200f\u2067x", "e\u0301" * 40, "🚗" * 300, "x" * 3000, " " * 3000,
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-02-30", "2026-02-01T10:00", "2026-02-01T" + " " * 999,
    "1" + "0" * 31, "1" + "f" * 31, "javascript:alert(1)", "javascript://%0aalert(1)", "JaVaScRiPt://x", "\tdata:x",
    "data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "//[", "//evil.example/1.jpg", "http://[::1",
    "https://h:99999/", "../..", "<script>alert(1)</script>", "<![x", "<!--", "<a b='", "{{7*7}}", "%(x)s",
    "'; DROP TABLE x; --", {"0x0": "u"}, {"9" * 5000 + "x1": "u"}, {"orig": 5}, {"seconds": -1}, {"seconds": 10**40},
)  # fmt: skip

#: Any JSON, also of what Python's reader takes and no standard knows (NaN), with words the readers look for.
KEYS = st.sampled_from(
    "id type content text user_id users created updated value payload message sender room_id messages chats".split()
) | st.text(max_size=8)
SCALARS = (
    st.sampled_from([odd for odd in ODD if not isinstance(odd, (list, dict))])
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


def _places(body: Any, path: tuple = ()) -> list[tuple]:
    """Paths of everything inside a body, its own (empty) one first."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


def _deep(value: Any, levels: int) -> Any:
    for _level in range(levels):
        value = [value] if levels % 2 else {"value": value}
    return value


@st.composite
def mutated(draw: st.DrawFn, *bodies: Any) -> Any:
    """One of these well-formed bodies, gone wrong in one to four places."""
    body = {"": copy.deepcopy(draw(st.sampled_from(bodies)))}
    for _time in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(_places(body)[1:]))
        *outer, key = path
        place = body
        for step in outer:
            place = place[step]
        match draw(st.sampled_from(("odd", "odd", "odd", "any", "gone", "more", "deep", "twice"))):
            case "odd":
                place[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "any":
                place[key] = draw(ANY_JSON)
            case "gone" if outer:
                del place[key]
            case "more" if isinstance(place[key], dict):
                place[key][draw(KEYS)] = draw(SCALARS)
            case "deep":
                place[key] = _deep(place[key], draw(st.integers(1, 90)))
            case "twice":
                place[key] = [place[key], copy.deepcopy(place[key])]
    return body[""]


def as_received(body: Any) -> Any:
    """The body as it comes out of the line: written, sent, read, and without what no database takes."""
    return clean(json.loads(json.dumps(body)))


# ---------------------------------------------------------------- what is promised

UTC = timezone.utc
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(5138, 12, 31, tzinfo=UTC)
SELECTIONS: dict[str, set[str]] = {
    "direction": {payload.IN, payload.OUT},
    "kind": {*payload.KINDS},
    "state": {"active", "inactive", "removed", "unknown"},
    "body": set(" sedan hatchback liftback wagon suv coupe convertible minivan pickup van other".split(" ")),
    "fuel": set(" petrol diesel hybrid electric gas".split(" ")),
    "gearbox": set(" manual automatic robot variator".split(" ")),
    "drive": set(" front rear all".split(" ")),
    "wheel": set(" left right".split(" ")),
    "condition": set(" new used".split(" ")),
    "pts": set(" original duplicate electronic".split(" ")),
}
#: Columns with an index, which takes no more.
SHORT = ("external_id", "conversation_id", "feed_id", "vin")
#: Fields whose raw value is somebody else's and goes no further.
RAW = ("raw",)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return {name: hint for name, hint in typing.get_type_hints(kind).items() if name not in RAW}


def require(thing: Any) -> None:
    """Fail unless a neutral dataclass keeps what `payload` says of it, down to its last part."""
    for name, hint in _hints(type(thing)).items():
        value = getattr(thing, name)
        assert _is(value, hint), f"{type(thing).__name__}.{name}: {value!r} is not {hint}"
        _require_value(thing, name, value)


def _is(value: Any, hint: Any) -> bool:
    """Whether a value is of an annotated type, strictly: True is no number."""
    outer = typing.get_origin(hint)
    if outer in (types.UnionType, typing.Union):
        return any(_is(value, one) for one in typing.get_args(hint))
    if outer is tuple:
        return isinstance(value, tuple) and all(_is(item, typing.get_args(hint)[0]) for item in value)
    if outer is Mapping or outer is not None:
        return isinstance(value, Mapping)
    if dataclasses.is_dataclass(hint) and isinstance(value, hint):
        require(value)
        return True
    return type(value) is hint


def _require_value(thing: Any, name: str, value: Any) -> None:
    if isinstance(value, str):
        assert not re.search("[\0\ud800-\udfff]", value), (name, value)
        if name in SHORT:
            assert len(value) <= 256, (name, len(value))
    if isinstance(value, datetime):
        assert value.utcoffset() == timedelta(0), (name, value)
        assert FIRST < value < LAST, (name, value)
    if type(value) is int:
        assert 0 <= value < 2**31, (name, value)
    if isinstance(value, float):
        assert 0 <= value < 10**7, (name, value)
    known = SELECTIONS.get(name)
    if known and not (name == "body" and isinstance(thing, payload.RemoteMessage)):
        assert value in known or isinstance(thing, payload.RemoteMedia), (name, value)
    if name in ("external_id", "conversation_id") and not isinstance(thing, payload.Sent):
        assert value, f"{type(thing).__name__}.{name} is empty"
    if name == "url" and isinstance(thing, payload.RemoteListing):
        assert address(value) == value
    if name == "image_urls":
        assert all(url and address(url) == url for url in value), value
    if name == "buyer_phone":
        assert re.fullmatch(r"(\d{7,15})?", value, re.ASCII), value
    if name == "data":
        _require_data(value)


def _require_data(data: Mapping[str, Any]) -> None:
    """Details go into a jsonb column and from there to the screen."""
    json.dumps(data, allow_nan=False)
    assert set(data) <= {"location", "call", "listing", "link", "quote", "unknown"}, data
    for kind, details in data.items():
        for name, value in details.items():
            if name in ("url", "image_url"):
                assert address(value) == value, (kind, name, value)
            elif name in ("lat", "lon"):
                assert value is None or (type(value) is float and abs(value) <= 180), value
            else:
                assert isinstance(value, (str, bool)), (kind, name, value)
