"""How the `reply` and `webhook` faults bend a JSON answer."""

import random

# Optional by the contract's letter or seen missing: what a client must do without.
OPTIONAL = {
    "avito": {
        "meta",
        "context",
        "last_message",
        "price_string",
        "public_user_profile",
        "read",
        "location",
        "images",
        "delivered",
        "parsing_allowed",
        "url",
        "title",
        "published_at",
        "item_id",
        "quote",
        "flow_id",
        "preview",
        "phone",
        "phones",
        "email",
    },
    "autoru": {
        "users",
        "last_message",
        "title",
        "title_v2",
        "image",
        "room_type",
        "room_last_read",
        "pagination",
        "documents",
        "car_info",
        "state",
        "offer",
        "vin",
        "address",
        "coord",
        "name",
        "photo",
        "properties",
        "detailed_error",
        "created",
    },
}
# The lists that hold chats and messages; Avito's `spec` profile answers messages as a bare list.
_LISTS = ("chats", "messages", "rooms", "calls", "offers", "resources")


def without(value, keys: set[str]):
    """A copy without the named keys, at any depth."""
    if isinstance(value, dict):
        return {key: without(part, keys) for key, part in value.items() if key not in keys}
    return [without(part, keys) for part in value] if isinstance(value, list) else value


def nulled(value, keys: set[str]):
    if isinstance(value, dict):
        return {key: None if key in keys else nulled(part, keys) for key, part in value.items()}
    return [nulled(part, keys) for part in value] if isinstance(value, list) else value


def extended(value):
    """A copy with keys nobody has heard of in every object."""
    if isinstance(value, dict):
        return {
            "_internal": {"shard": 7, "flags": []},
            **{key: extended(part) for key, part in value.items()},
            "new_field_2027": "?",
        }
    return [extended(part) for part in value] if isinstance(value, list) else value


def stringly(value):
    if isinstance(value, dict):
        return {key: stringly(part) for key, part in value.items()}
    if isinstance(value, list):
        return [stringly(part) for part in value]
    return str(value) if type(value) in (int, float) else value


def relisted(payload, change):
    """The payload with `change` applied to its list of chats, messages, …"""
    if isinstance(payload, list):
        return change(payload)
    if isinstance(payload, dict):
        return {
            key: change(part) if key in _LISTS and isinstance(part, list) else part
            for key, part in payload.items()
        }
    return payload


def bend(name: str, payload, marketplace: str, rng: random.Random):
    """`payload` as the fault `name` leaves it; unchanged by those that bend bytes and headers."""
    optional = OPTIONAL[marketplace]
    changes = {
        "missing_fields": lambda: without(payload, optional),
        "null_fields": lambda: nulled(payload, optional),
        "extra_fields": lambda: extended(payload),
        "numbers_as_strings": lambda: stringly(payload),
        "repeated_ids": lambda: relisted(payload, lambda rows: rows + rows[:1]),
        "short_page": lambda: relisted(payload, lambda rows: rows[:-1]),
        "shuffled": lambda: relisted(payload, lambda rows: rng.sample(rows, len(rows))),
    }
    return changes[name]() if name in changes else payload
