"""Every misbehaviour that can be switched on, as one table.

Stages, in the order a request meets them: `delay` (wait, then go on), `answer` (this answer, no work done),
`token` (as `answer`, and the key used is forgotten), `before` (no work, broken connection), `after` (work
done, answer lost or replaced), `reply` (the answer is bent). `webhook` bends outgoing deliveries, `data` new
messages, `feed` the dealer's own XML.
"""

from dataclasses import dataclass, field

BOTH, AVITO, AUTORU = ("avito", "autoru"), ("avito",), ("autoru",)

_ANY = r"^/(?!media/|feed/)"
_SIGNED_IN = r"^/(?!media/|feed/|token|auth/login)"
_HTML = (
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center>"
    "<hr><center>nginx</center></body></html>"
)


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer. A text `body` goes out as it is, None is empty, anything else becomes JSON."""

    status: int
    body: object = None
    content_type: str = "application/json"
    headers: dict = field(default_factory=dict)


@dataclass(frozen=True)
class FaultKind:
    """`path`: which requests it strikes unless told otherwise. `answers`: by marketplace."""

    name: str
    stage: str
    about: str
    marketplaces: tuple[str, ...] = BOTH
    path: str = _ANY
    seconds: float = 0.0
    answers: dict = field(default_factory=dict)


def _shape_a(code: int, message: str) -> Answer:
    return Answer(code, {"error": {"code": code, "message": message}})


def _autoru(status: int, error: str, detail: str = "") -> Answer:
    return Answer(status, {"error": error, "status": "ERROR", "detailed_error": detail or error})


_CALLS = r"^/calltracking/v1/getCall"
_LIMITED = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0"}
_BAD_TOKEN = Answer(403, {"result": {"status": False, "message": "invalid access token"}})
_UNAUTHORIZED = {
    "avito": _shape_a(401, "Unauthorized"),
    "autoru": _autoru(401, "NO_AUTH", "Session not found"),
}
_HTML_502 = Answer(502, _HTML, "text/html")
_HTML_200 = Answer(200, "<!doctype html><title>Доступ ограничен</title><p>Проверка браузера", "text/html")


def _both(answer: Answer) -> dict:
    return {"avito": answer, "autoru": answer}


_ANSWERS = [
    FaultKind(
        "unauthorized",
        "answer",
        "401 without a reason: shape A at Avito, NO_AUTH at Auto.ru; the key stays good.",
        path=_SIGNED_IN,
        answers=_UNAUTHORIZED,
    ),
    FaultKind(
        "token_expired",
        "token",
        "The key of this request has run out: Avito 403 in shape B, Auto.ru 401 "
        "NO_AUTH; a new token or session works.",
        path=_SIGNED_IN,
        answers={"avito": _BAD_TOKEN, "autoru": _UNAUTHORIZED["autoru"]},
    ),
    FaultKind(
        "token_revoked",
        "token",
        "The key of this request was withdrawn: 401; a new one works.",
        path=_SIGNED_IN,
        answers=_UNAUTHORIZED,
    ),
    FaultKind(
        "payment_required",
        "answer",
        "402: no messenger subscription at Avito, no money at Auto.ru.",
        path=r"^/(messenger/|chat/)",
        answers={
            "avito": _shape_a(402, "Payment required"),
            "autoru": _autoru(402, "NOT_ENOUGH_FUNDS_ON_ACCOUNT"),
        },
    ),
    FaultKind(
        "forbidden",
        "answer",
        "403 for want of a right: shape A at Avito, CUSTOMER_ACCESS_FORBIDDEN at Auto.ru.",
        path=_SIGNED_IN,
        answers={"avito": _shape_a(403, "Forbidden"), "autoru": _autoru(403, "CUSTOMER_ACCESS_FORBIDDEN")},
    ),
    FaultKind(
        "forbidden_token",
        "answer",
        "403 in shape B although the token is good.",
        AVITO,
        _SIGNED_IN,
        answers={"avito": _BAD_TOKEN},
    ),
    FaultKind(
        "bad_request",
        "answer",
        "400 with fields at Avito, BAD_REQUEST at Auto.ru.",
        path=_SIGNED_IN,
        answers={
            "avito": Answer(
                400, {"error": {"code": 400, "message": "Bad request", "fields": {"limit": "invalid"}}}
            ),
            "autoru": _autoru(400, "BAD_REQUEST", "Malformed request"),
        },
    ),
    FaultKind(
        "not_found",
        "answer",
        "404 for anything.",
        path=_SIGNED_IN,
        answers={"avito": _shape_a(404, "Not found"), "autoru": _autoru(404, "OFFER_NOT_FOUND")},
    ),
    FaultKind(
        "rate_limited",
        "answer",
        "429 with a body, at Avito with X-RateLimit headers.",
        answers={
            "avito": Answer(429, {"error": {"code": 429, "message": "Too many requests"}}, headers=_LIMITED),
            "autoru": _autoru(429, "TOO_MANY_REQUESTS"),
        },
    ),
    FaultKind(
        "rate_limited_empty", "answer", "429 with neither body nor headers.", answers=_both(Answer(429))
    ),
    FaultKind("rate_limited_braces", "answer", "429 with the body {}.", answers=_both(Answer(429, {}))),
    FaultKind(
        "rate_limited_retry_after",
        "answer",
        "429 with Retry-After: 2.",
        answers=_both(Answer(429, {}, headers={"Retry-After": "2"})),
    ),
    FaultKind(
        "server_error",
        "answer",
        "500, nothing done.",
        answers={
            "avito": _shape_a(500, "Error while processing request. Please, contact support"),
            "autoru": _autoru(500, "INTERNAL SERVER ERROR"),
        },
    ),
    FaultKind(
        "unknown_error",
        "answer",
        "500 UNKNOWN_ERROR.",
        AUTORU,
        answers={"autoru": _autoru(500, "UNKNOWN_ERROR")},
    ),
    FaultKind(
        "unavailable",
        "answer",
        "503, nothing done.",
        answers={
            "avito": _shape_a(503, "Service temporarily unavailable. Please, contact support"),
            "autoru": _autoru(503, "SERVICE_UNAVAILABLE"),
        },
    ),
    FaultKind("html_error", "answer", "502 with an HTML page of a proxy.", answers=_both(_HTML_502)),
    FaultKind("html_ok", "answer", "200 with an HTML page instead of JSON.", answers=_both(_HTML_200)),
    FaultKind(
        "flat_error",
        "answer",
        "404 in Avito's flat shape C.",
        AVITO,
        answers={"avito": Answer(404, {"code": "404", "message": "Not found"})},
    ),
    FaultKind(
        "result_error",
        "answer",
        "400 in Avito's shape F, error inside result.",
        AVITO,
        answers={"avito": Answer(400, {"result": {"error": {"code": 1001, "message": "Validation error"}}})},
    ),
    FaultKind(
        "result_error_ok",
        "answer",
        "HTTP 200 whose body is an error in shape F.",
        AVITO,
        answers={"avito": Answer(200, {"result": {"error": {"code": 1003, "message": "Internal error"}}})},
    ),
    FaultKind(
        "slug_error",
        "answer",
        "400 in Avito's shape G with a slug.",
        AVITO,
        answers={
            "avito": Answer(
                400, {"error": {"slug": "bad-request", "message": "Bad request", "type": "validation"}}
            )
        },
    ),
    FaultKind(
        "invalid_client",
        "answer",
        "Avito's token address refuses: 401 in shape D.",
        AVITO,
        r"^/token",
        answers={"avito": Answer(401, {"error": "invalid_client", "error_description": "Unknown client"})},
    ),
    FaultKind(
        "invalid_client_ok",
        "answer",
        "Avito's token address refuses with HTTP 200, shape D.",
        AVITO,
        r"^/token",
        answers={"avito": Answer(200, {"error": "invalid_client", "error_description": "Unknown client"})},
    ),
    FaultKind(
        "call_error",
        "answer",
        "Avito's call list: HTTP 200 with error.code 1003.",
        AVITO,
        _CALLS,
        answers={"avito": Answer(200, {"calls": [], "error": {"code": 1003, "message": "Internal error"}})},
    ),
    FaultKind(
        "record_not_ready",
        "answer",
        "Avito's recording: 425, code 1005.",
        AVITO,
        r"^/calltracking/v1/getRecordByCallId",
        answers={"avito": Answer(425, {"code": 1005, "message": "Record is not ready"})},
    ),
    FaultKind(
        "status_error",
        "answer",
        "HTTP 200 whose body says status ERROR.",
        AUTORU,
        answers={"autoru": _autoru(200, "UNKNOWN_ERROR")},
    ),
    FaultKind(
        "auth_error",
        "answer",
        "Login refused: 401 AUTH_ERROR.",
        AUTORU,
        r"^/auth/login",
        answers={"autoru": _autoru(401, "AUTH_ERROR", "Wrong login or password")},
    ),
    FaultKind(
        "code_auth_required",
        "answer",
        "Login by password impossible: 403 CODE_AUTH_REQUIRED.",
        AUTORU,
        r"^/auth/login",
        answers={"autoru": _autoru(403, "CODE_AUTH_REQUIRED")},
    ),
    FaultKind(
        "password_expired",
        "answer",
        "Login refused: 403 PASSWORD_EXPIRED.",
        AUTORU,
        r"^/auth/login",
        answers={"autoru": _autoru(403, "PASSWORD_EXPIRED")},
    ),
    FaultKind(
        "agent_access_forbidden",
        "answer",
        "403 AGENT_ACCESS_FORBIDDEN.",
        AUTORU,
        _SIGNED_IN,
        answers={"autoru": _autoru(403, "AGENT_ACCESS_FORBIDDEN")},
    ),
    FaultKind(
        "client_not_found",
        "answer",
        "404 CLIENT_NOT_FOUND.",
        AUTORU,
        _SIGNED_IN,
        answers={"autoru": _autoru(404, "CLIENT_NOT_FOUND")},
    ),
    FaultKind(
        "no_phone",
        "answer",
        "409 NO_PHONE.",
        AUTORU,
        _SIGNED_IN,
        answers={"autoru": _autoru(409, "NO_PHONE")},
    ),
    FaultKind(
        "unprocessable",
        "answer",
        "422 UNPROCESSABLE_ENTITY.",
        AUTORU,
        _SIGNED_IN,
        answers={"autoru": _autoru(422, "UNPROCESSABLE_ENTITY")},
    ),
]

_CONNECTION = [
    FaultKind("slow", "delay", "The answer takes `seconds` longer.", seconds=3.0),
    FaultKind("drop_before", "before", "The connection breaks before anything was done."),
    FaultKind(
        "timeout_before",
        "before",
        "Nothing is done, nothing answered for `seconds`, then the line breaks.",
        seconds=60.0,
    ),
    FaultKind("drop_after", "after", "The work is done, the connection breaks before the answer."),
    FaultKind(
        "timeout_after",
        "after",
        "The work is done, no answer for `seconds`, then the line breaks.",
        seconds=60.0,
    ),
    FaultKind(
        "error_after",
        "after",
        "The work is done, the answer is a 500.",
        answers={
            "avito": _shape_a(500, "Error while processing request. Please, contact support"),
            "autoru": _autoru(500, "UNKNOWN_ERROR"),
        },
    ),
    FaultKind(
        "html_after", "after", "The work is done, the answer is a proxy's 502 page.", answers=_both(_HTML_502)
    ),
]

_REPLIES = [
    FaultKind("wrong_content_type", "reply", "JSON goes out as text/plain."),
    FaultKind("truncated_json", "reply", "The JSON ends in the middle."),
    FaultKind("empty_body", "reply", "200 with an empty body."),
    FaultKind("broken_utf8", "reply", "The body is not valid UTF-8."),
    FaultKind("missing_fields", "reply", "Everything optional is left out of the answer."),
    FaultKind("null_fields", "reply", "Everything optional is null."),
    FaultKind("extra_fields", "reply", "Unknown keys appear in every object."),
    FaultKind("repeated_ids", "reply", "Lists of chats and messages hold their first entry twice."),
    FaultKind("shuffled", "reply", "Lists of chats and messages come in no order."),
    FaultKind("short_page", "reply", "Lists of chats and messages lack their last entry."),
    FaultKind("numbers_as_strings", "reply", "Numbers come as texts."),
]

_DELIVERIES = [
    FaultKind("webhook_drop", "webhook", "The delivery is never sent."),
    FaultKind(
        "webhook_double", "webhook", "The delivery is sent `count` times at once (default 2).", seconds=0.0
    ),
    FaultKind(
        "webhook_repeat",
        "webhook",
        "The delivery comes again after `seconds`, whatever was answered.",
        seconds=2.0,
    ),
    FaultKind("webhook_delay", "webhook", "The delivery comes `seconds` late.", seconds=3.0),
    FaultKind(
        "webhook_reorder",
        "webhook",
        "The delivery waits up to `seconds`; later ones overtake it.",
        seconds=1.0,
    ),
    FaultKind("webhook_garbage_signature", "webhook", "The signature header holds garbage.", AVITO),
    FaultKind("webhook_no_echo", "webhook", "The dealer's own messages are not delivered.", AVITO),
    FaultKind("webhook_broken_json", "webhook", "The body ends in the middle."),
    FaultKind("webhook_text_plain", "webhook", "The body goes out as text/plain."),
    FaultKind("webhook_missing_fields", "webhook", "Optional keys are left out of the delivery."),
    FaultKind("webhook_extra_fields", "webhook", "Unknown keys appear in every object of the delivery."),
    FaultKind("webhook_wrong_chat_id", "webhook", "The query carries another dealer's chat_id.", AUTORU),
    FaultKind(
        "webhook_early",
        "webhook",
        "The echo of a sent message is delivered `seconds` before the send is answered.",
        AVITO,
        seconds=0.5,
    ),
]

_DATA = [
    FaultKind(
        "unknown_type", "data", "What a buyer writes through `say` becomes a message of an unknown type."
    ),
    FaultKind("clock_skew", "data", "New messages are stamped `seconds` ahead of the clock.", seconds=90.0),
]

_FEED = r"^/feed/"
_FEEDS = [
    FaultKind("feed_broken", "feed", "The dealer's feed ends in the middle.", path=_FEED),
    FaultKind("feed_html", "feed", "A web page with status 200 in place of the feed.", path=_FEED),
    FaultKind(
        "feed_bomb",
        "feed",
        "The feed has a document type whose entities would unpack to gigabytes.",
        path=_FEED,
    ),
    FaultKind("feed_gone", "feed", "404 in place of the feed.", path=_FEED),
    FaultKind("feed_slow", "feed", "The feed begins `seconds` late.", path=_FEED, seconds=30.0),
    FaultKind("feed_huge", "feed", "The feed has 300 MB and no car.", path=_FEED),
]

KINDS = {kind.name: kind for kind in [*_ANSWERS, *_CONNECTION, *_REPLIES, *_DELIVERIES, *_DATA, *_FEEDS]}
