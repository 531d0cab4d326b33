"""What Avito's official OpenAPI documents ask of each request that our client makes, in words of our own.

Source: developers.avito.ru, documents "Авторизация", "Информация о пользователе", "Мессенджер",
"Объявления", "CallTracking[КТ]" (spring 2026). Every operation lists all it takes: a parameter that Avito
does not know is found as well as a missing one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from jsonschema import Draft202012Validator

FORM, JSON, MULTIPART = "application/x-www-form-urlencoded", "application/json", "multipart/form-data"

_WHOLE = r"[1-9]\d*"
_CHAT = r"[ua]2[iu]-[A-Za-z0-9_~.-]+"
_PAGING = {"limit": r"[1-9]\d?|100", "offset": r"\d|[1-9]\d{1,2}|1000"}
_LIST_OF_CHAT_TYPES = r"(u2i|u2u|a2u)(,(u2i|u2u|a2u))*"
_ITEM_STATUS = "active|removed|old|blocked|rejected"


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT = _object(
    message=_object(text={"type": "string", "minLength": 1, "maxLength": 1000}), type={"const": "text"}
)
_URL = _object(url={"type": "string", "pattern": "^https?://"})
_RFC3339 = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"
_CALLS = _object(
    dateTimeFrom={"type": "string", "pattern": _RFC3339},
    dateTimeTo={"type": "string", "pattern": _RFC3339},
    limit={"type": "integer", "minimum": 1, "maximum": 100},
    offset={"type": "integer", "minimum": 0},
) | {"required": ["dateTimeFrom", "limit", "offset"]}
_KEYS = _object(
    grant_type={"const": "client_credentials"},
    client_id={"type": "string", "minLength": 1},
    client_secret={"type": "string", "minLength": 1},
)


@dataclass(frozen=True)
class Operation:
    """One operation: its path with patterns for parameters, the query it takes, the body it wants."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    body_type: str = ""
    body: dict[str, Any] | None = None
    authorized: bool = True


_INTEGER = {"type": "integer"}
_SHUT_OUT = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["user_id"],
        "additionalProperties": False,
        "properties": {
            "user_id": _INTEGER,
            "context": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"item_id": _INTEGER, "reason_id": {"enum": [1, 2, 3, 4]}},
            },
        },
    },
}
_ACCOUNT = rf"/messenger/v\d/accounts/{_WHOLE}"
OPERATIONS = (
    Operation("POST", "/token/?", body_type=FORM, body=_KEYS, authorized=False),
    Operation("GET", "/core/v1/accounts/self"),
    Operation(
        "GET",
        rf"/messenger/v2/accounts/{_WHOLE}/chats",
        {
            **_PAGING,
            "item_ids": r"\d+(,\d+)*",
            "unread_only": "true|false",
            "chat_types": _LIST_OF_CHAT_TYPES,
        },
    ),
    Operation("GET", rf"/messenger/v2/accounts/{_WHOLE}/chats/{_CHAT}"),
    Operation("GET", rf"/messenger/v3/accounts/{_WHOLE}/chats/{_CHAT}/messages/", _PAGING),
    Operation("POST", rf"/messenger/v1/accounts/{_WHOLE}/chats/{_CHAT}/messages", body_type=JSON, body=_TEXT),
    Operation(
        "POST",
        rf"/messenger/v1/accounts/{_WHOLE}/chats/{_CHAT}/messages/image",
        body_type=JSON,
        body=_object(image_id={"type": "string", "minLength": 1}),
    ),
    Operation("POST", rf"/messenger/v1/accounts/{_WHOLE}/chats/{_CHAT}/messages/[0-9a-f]{{32}}"),
    Operation("POST", rf"/messenger/v1/accounts/{_WHOLE}/uploadImages", body_type=MULTIPART),
    Operation("POST", rf"/messenger/v1/accounts/{_WHOLE}/chats/{_CHAT}/read"),
    Operation("GET", rf"/messenger/v1/accounts/{_WHOLE}/getVoiceFiles", {"voice_ids": ".+"}, ("voice_ids",)),
    Operation(
        "POST", rf"/messenger/v2/accounts/{_WHOLE}/blacklist", body_type=JSON, body=_object(users=_SHUT_OUT)
    ),
    Operation("POST", "/messenger/v3/webhook", body_type=JSON, body=_URL),
    Operation("POST", "/messenger/v1/webhook/unsubscribe", body_type=JSON, body=_URL),
    Operation("POST", "/messenger/v1/subscriptions"),
    Operation(
        "GET",
        "/core/v1/items",
        {
            "per_page": r"[1-9]\d?",
            "page": _WHOLE,
            "status": rf"({_ITEM_STATUS})(,({_ITEM_STATUS}))*",
            "updatedAtFrom": r"\d{4}-\d\d-\d\d",
            "category": r"\d+",
        },
    ),
    Operation("POST", "/calltracking/v1/getCalls/", body_type=JSON, body=_CALLS),
    Operation("GET", "/calltracking/v1/getRecordByCallId/", {"callId": _WHOLE}, ("callId",)),
)


def faults(method: str, url: str, headers: dict[str, str], body: bytes) -> list[str]:
    """What is wrong with a request by the documents; nothing for a good one."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    fitting = [one for one in OPERATIONS if one.method == method and re.fullmatch(one.path, path)]
    if not fitting:
        return [f"no such operation: {method} {path}"]
    operation = fitting[0]
    found = list(_query_faults(operation, parts.query))
    if operation.authorized and not re.fullmatch(r"Bearer \S+", headers.get("Authorization", "")):
        found.append("no bearer token")
    return found + _body_faults(operation, headers.get("Content-Type", ""), body)


def _query_faults(operation: Operation, query: str):
    given = parse_qsl(query, keep_blank_values=True)
    for name, value in given:
        if name not in operation.query:
            yield f"unknown parameter {name}"
        elif not re.fullmatch(operation.query[name], value):
            yield f"parameter {name}={value}"
    yield from (f"no {name}" for name in operation.required if name not in dict(given))


def _body_faults(operation: Operation, content_type: str, body: bytes) -> list[str]:
    if not operation.body_type:
        return ["a body that is not wanted"] if body else []
    if not content_type.startswith(operation.body_type):
        return [f"content type {content_type!r}"]
    if operation.body_type == MULTIPART:
        names = re.findall(rb'form-data; name="([^"]*)"; filename=', body)
        return [] if names == [b"uploadfile[]"] else [f"parts {names}"]
    if operation.body_type == FORM:
        value = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
    else:
        value = json.loads(body)
    found = [error.message for error in Draft202012Validator(operation.body).iter_errors(value)]
    return found or _span_faults(value)


def _span_faults(value: dict[str, Any]) -> list[str]:
    """No more than three months may lie between the ends of a span of time; the longest three have 92 days."""
    ends = [value.get(name) for name in ("dateTimeFrom", "dateTimeTo")]
    if not all(ends):
        return []
    start, end = (datetime.fromisoformat(moment.replace("Z", "+00:00")) for moment in ends)
    return [] if start <= end <= start + timedelta(days=92) else ["a span of more than three months, or none"]
