"""Auto.ru's API: login, dealer, scheme B's rooms and messages.

Scheme A's way in: autoru_hook.py; offers and calls: autoru_stock.py; what is written: autoru_wire.py.
"""

import bisect
import re
import secrets
import time
from dataclasses import dataclass

from aiohttp import web

from .autoru_hook import Hook
from .autoru_stock import StockRoutes
from .autoru_wire import AutoruWire
from .fault_kinds import Answer
from .gate import ApiError, Budget
from .jsons import load_object
from .settings import Settings
from .times import millis_utc
from .world import Chat, World

_DEFAULT_COUNT, _COUNT_LIMIT = 50, 100
# The API's base ends in /1.0, the hook's other address in /api/1.x; both also answer at the root.
PREFIXES = ("", "/1.0", "/api/1.x")


@dataclass
class AutoruAccount:
    """One dealer: keys, client id, its world; scheme A's ChatId and the address its webhooks go to."""

    token: str
    login: str
    password: str
    user_id: int
    name: str
    world: World
    hook_url: str | None = None
    hook_chat_id: str | None = None


def fail(status: int, error: str, detail: str = "") -> ApiError:
    return ApiError(Answer(status, {"error": error, "status": "ERROR", "detailed_error": detail or error}))


async def json_body(request: web.Request) -> dict:
    """The body as an object. :raises ApiError: 400 BAD_REQUEST."""
    try:
        return load_object(await request.read())
    except ValueError as error:
        raise fail(400, "BAD_REQUEST", "Malformed JSON") from error


class AutoruApi:
    """Routes of Auto.ru's port. Sessions live here: id -> (account, end of life)."""

    name = "autoru"
    open_paths = ("/auth/login", "/aggregators/", "/media/", "/feed/")

    def __init__(self, settings: Settings, media, accounts: list[AutoruAccount]):
        self.settings, self.media, self.accounts = settings, media, accounts
        self.sessions: dict[str, tuple[AutoruAccount, float]] = {}
        self.budget = Budget()
        self.blocked: dict[str, float] = {}
        self.stock = StockRoutes(settings, media)
        self.hook = Hook(settings, media, accounts)

    # --- what the gate asks ---

    def _token_accounts(self, request: web.Request) -> list[AutoruAccount]:
        """The accounts of the API token. :raises ApiError: 401 NO_AUTH."""
        value = request.headers.get("x-authorization", "").strip()
        prefixed = re.match(r"vertis\s+(.*)", value, re.IGNORECASE)
        form = self.settings.autoru_token_form
        if form == "bare" and prefixed or form == "vertis" and not prefixed:
            raise fail(401, "NO_AUTH", "Wrong token format")
        token = prefixed.group(1) if prefixed else value
        accounts = [account for account in self.accounts if account.token == token]
        if not accounts:
            raise fail(401, "NO_AUTH", "Unknown token")
        return accounts

    @staticmethod
    def _session_id(request: web.Request) -> str:
        return request.headers.get("x-session-id") or request.headers.get("x-session", "")

    def authenticate(self, request: web.Request) -> AutoruAccount:
        owners = self._token_accounts(request)
        account, until = self.sessions.get(self._session_id(request), (None, 0.0))
        if account not in owners or until <= time.time():
            raise fail(401, "NO_AUTH", "Session not found")
        dealer = request.headers.get("x-dealer-id")
        if dealer and dealer != str(account.user_id):
            raise fail(403, "CUSTOMER_ACCESS_FORBIDDEN", "No access to this dealer")
        return account

    def forget_key(self, request: web.Request) -> None:
        self.sessions.pop(self._session_id(request), None)

    def charge(self, account: AutoruAccount, path: str) -> dict[str, str]:
        """Count by token; whoever overdraws is blocked for minutes."""
        if time.monotonic() < self.blocked.get(account.token, 0.0):
            raise fail(429, "TOO_MANY_REQUESTS")
        limit = self.settings.autoru_rate_per_minute
        if limit and self.budget.spend(account.token, limit) < 0:
            self.blocked[account.token] = time.monotonic() + self.settings.autoru_block_seconds
            raise fail(429, "TOO_MANY_REQUESTS")
        return {}

    @staticmethod
    def missing(path: str) -> Answer:
        return fail(404, "NOT_FOUND", "No such method").answer

    # --- login and dealer ---

    async def login(self, request: web.Request):
        owners = self._token_accounts(request)
        body = await json_body(request)
        if not isinstance(body.get("login"), str) or not isinstance(body.get("password"), str):
            raise fail(400, "BAD_REQUEST", "login and password are required")
        account = next(
            (
                account
                for account in owners
                if (account.login, account.password) == (body["login"], body["password"])
            ),
            None,
        )
        if account is None:
            raise fail(401, "AUTH_ERROR", "Wrong login or password")
        return self._session(account) | {"status": "SUCCESS"}

    def _session(self, account: AutoruAccount) -> dict:
        now, seconds = time.time(), self.settings.autoru_session_seconds
        user = str(55_500_000 + account.user_id)
        session = (
            f"{user}|{int(now * 1000)}.{int(seconds)}.{secrets.token_urlsafe(16)}.{secrets.token_urlsafe(32)}"
        )
        self.sessions[session] = (account, now + seconds)
        return {
            "session": {
                "id": session,
                "user_id": user,
                "device_uid": secrets.token_hex(16),
                "creation_timestamp": millis_utc(now),
                "expire_timestamp": millis_utc(now + seconds),
                "ttl_sec": int(seconds),
            },
            "user": {
                "id": user,
                "active": True,
                "registration_date": "2019-02-03",
                "profile": {
                    "autoru": {
                        "alias": account.name,
                        "client_id": str(account.user_id),
                        "full_name": account.name,
                        "geo_id": "193",
                    }
                },
                "emails": [{"email": "demo@example.ru", "confirmed": True}],
                "phones": [{"phone": "74732000101", "added": "2019-02-03T10:00:00Z"}],
                "social_profiles": [],
            },
        }

    async def logout(self, request: web.Request):
        self.forget_key(request)
        return {"session": {"id": f"anonymous|{secrets.token_hex(8)}", "ttl_sec": 7776000}}

    async def dealer(self, request: web.Request):
        return {
            "account_id": str(request["account"].user_id),
            "balance": "907362",
            "dealer_status": "ACTIVE",
            "average_outcome": 1433,
            "rest_days": 11,
        }

    # --- rooms ---

    async def rooms(self, request: web.Request):
        """Support first, then by last message; only the unread ones when asked."""
        account = request["account"]
        only_unread = request.query.get("only_unread", "false") == "true"
        wire = AutoruWire(self.media, account)
        chats = [chat for chat in account.world.newest_first() if chat.unread or not only_unread]
        chats.sort(key=lambda chat: chat.kind != "support")
        return self._list("rooms", [wire.room(chat) for chat in chats])

    @staticmethod
    def _list(key: str, rows: list) -> dict:
        return ({key: rows} if rows else {}) | {"status": "SUCCESS"}

    async def room(self, request: web.Request):
        account = request["account"]
        room_id = request.query.get("id")
        if not room_id:
            raise fail(400, "BAD_REQUEST", "id is required")
        chat = account.world.chats.get(room_id)
        if chat is None and self.settings.autoru_unknown_room == "404":
            raise fail(404, "NOT_FOUND", "Room not found")
        return self._list("rooms", [AutoruWire(self.media, account).room(chat, rich=True)] if chat else [])

    def _chat(self, account: AutoruAccount, room_id) -> Chat:
        if not isinstance(room_id, str) or not room_id:
            raise fail(400, "BAD_REQUEST", "room_id is required")
        chat = account.world.chats.get(room_id)
        if chat is None:
            raise fail(404, "NOT_FOUND", "Room not found")
        return chat

    # --- messages ---

    async def messages(self, request: web.Request):
        account, query = request["account"], request.query
        chat = self._chat(account, query.get("room_id"))
        count = query.get("count", str(_DEFAULT_COUNT))
        if not count.isdecimal() or int(count) < 1:
            raise fail(400, "BAD_REQUEST", "count is wrong")
        asc = query.get("asc", str(self.settings.autoru_default_asc).lower()) == "true"
        rows = self._slice(chat, query.get("from"), min(int(count), _COUNT_LIMIT), asc)
        wire = AutoruWire(self.media, account)
        return self._list("messages", [wire.message(chat, message) for message in rows])

    def _slice(self, chat: Chat, start: str | None, count: int, asc: bool) -> list:
        """`count` messages from the id `start` upwards or downwards; ids sort as time does."""
        messages, inclusive = chat.messages, self.settings.autoru_from == "inclusive"
        if start is None:
            if not asc:
                return messages[-count:][::-1]
            return (
                messages[:count] if self.settings.autoru_asc_without_from == "oldest" else messages[-count:]
            )
        if asc:
            search = bisect.bisect_left if inclusive else bisect.bisect_right
            first = search(messages, start, key=lambda message: message.id)
            return messages[first : first + count]
        search = bisect.bisect_right if inclusive else bisect.bisect_left
        end = search(messages, start, key=lambda message: message.id)
        return messages[max(end - count, 0) : end][::-1]

    async def send(self, request: web.Request):
        """Text only; a repeated `provided_id` gives the first message again."""
        account, body = request["account"], await json_body(request)
        chat = self._chat(account, body.get("room_id"))
        payload = body.get("payload") if isinstance(body.get("payload"), dict) else {}
        text, provided = payload.get("value"), body.get("provided_id")
        if payload.get("content_type") != "TEXT_PLAIN" or not isinstance(text, str) or not text.strip():
            raise fail(400, "BAD_REQUEST", "payload is wrong")
        if len(text) > self.settings.autoru_text_limit:
            raise fail(400, "BAD_REQUEST", "payload.value is too long")
        if provided is not None and not isinstance(provided, str):
            raise fail(400, "BAD_REQUEST", "provided_id is wrong")
        message = account.world.provided.get((chat.id, provided)) or account.world.add(
            chat, "out", "text", text, via="api", provided_id=provided
        )
        if self.settings.autoru_post_answer == "status":
            return {"status": "SUCCESS"}
        row = AutoruWire(self.media, account).message(chat, message)
        return {"message": row | ({"provided_id": provided} if provided else {}), "status": "SUCCESS"}

    async def unread(self, request: web.Request):
        """Rooms with something unread; nothing at all is said when there are none."""
        count = sum(1 for chat in request["account"].world.chats.values() if chat.unread)
        return ({"has_unread": True, "unread_counter": count} if count else {}) | {"status": "SUCCESS"}

    async def read(self, request: web.Request):
        account = request["account"]
        account.world.read_by_dealer(self._chat(account, request.query.get("room_id")))
        return {"status": "SUCCESS"}

    def routes(self) -> list[web.RouteDef]:
        table = [
            ("POST", "/auth/login", self.login),
            ("POST", "/auth/logout", self.logout),
            ("GET", "/dealer/account", self.dealer),
            ("GET", "/chat/room/light", self.rooms),
            ("GET", "/chat/room/by-id", self.room),
            ("GET", "/chat/message", self.messages),
            ("POST", "/chat/message", self.send),
            ("GET", "/chat/message/unread", self.unread),
            ("DELETE", "/chat/message/unread", self.read),
            ("POST", "/aggregators/auto/hook", self.hook.receive),
            *self.stock.routes(),
        ]
        return [
            web.route(method, prefix + path + slash, handler)
            for method, path, handler in table
            for prefix in PREFIXES
            for slash in ("", "/")
        ]
