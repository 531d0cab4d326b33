"""JSON as it goes over the line."""

import json


def dump(payload) -> bytes:
    """UTF-8; a text with half a surrogate pair, which UTF-8 cannot carry, is escaped instead."""
    try:
        return json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(payload).encode()


def load_object(body: bytes) -> dict:
    """:raises ValueError: not JSON, not an object, or with numbers JSON lacks (NaN, Infinity)."""
    try:
        loaded = json.loads(body, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(loaded, dict):
        raise ValueError("not an object")
    return loaded


def _no_number(name: str):
    raise ValueError(f"{name} is no number")
