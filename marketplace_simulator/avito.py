"""Avito's API: token, account, messenger.

Listings and calls: avito_stock.py; what is written: avito_wire.py.
"""

import secrets
import time
from dataclasses import dataclass, field

from aiohttp import web

from . import uploads
from .avito_stock import StockRoutes
from .avito_wire import CHAT_SIZES, AvitoWire
from .fault_kinds import Answer
from .gate import ApiError, Budget
from .jsons import load_object
from .settings import Settings
from .world import Chat, World

TEXT_LIMIT, PAGE_LIMIT, OFFSET_LIMIT = 1000, 100, 1000
DELETE_SECONDS, VOICE_SECONDS = 3600, 3600
# Requests a minute by path, where the documents name a number; all others share the account's own rate.
_PATH_RATES = (
    ("/core/v1/items", "list", 25),
    ("/calltracking/v1/getCallById", "call", 5),
    ("/calltracking/v1/getCalls", "calls", 5),
    ("/calltracking/v1/getRecordByCallId", "record", 50),
)


@dataclass
class AvitoAccount:
    """One account: its keys, who it is, what it may, its world and where its webhooks go (url -> version)."""

    client_id: str
    client_secret: str
    user_id: int
    name: str
    world: World
    employee: bool = False
    messenger: bool = True
    subscriptions: dict[str, str] = field(default_factory=dict)
    blacklist: set[int] = field(default_factory=set)


def fail(code: int, message: str, fields: dict | None = None) -> ApiError:
    """An error in shape A."""
    error = {"code": code, "message": message}
    return ApiError(Answer(code, {"error": error | ({"fields": fields} if fields else {})}))


async def json_body(request: web.Request) -> dict:
    """The body as an object. :raises ApiError: 400 when it is none."""
    try:
        return load_object(await request.read())
    except ValueError as error:
        raise fail(400, "Invalid JSON") from error


def many(request: web.Request, name: str) -> list[str]:
    """An array of the query, written as repeated keys or with commas."""
    return [part for value in request.query.getall(name, []) for part in value.split(",") if part]


def number(request: web.Request, name: str, default: int, low: int, high: int) -> int:
    text = request.query.get(name, str(default))
    if not text.lstrip("-").isdecimal() or not low <= int(text) <= high:
        raise fail(400, "Validation error", {name: f"must be between {low} and {high}"})
    return int(text)


class AvitoApi:
    """Routes of Avito's port. Tokens live here: token -> (account, end of life)."""

    name = "avito"
    open_paths = ("/token", "/media/", "/feed/")

    def __init__(self, settings: Settings, media, accounts: list[AvitoAccount]):
        self.settings, self.media, self.accounts = settings, media, accounts
        self.tokens: dict[str, tuple[AvitoAccount, float]] = {}
        self.budget = Budget()
        self.stock = StockRoutes(settings)

    # --- what the gate asks ---

    @staticmethod
    def _bearer(request: web.Request) -> str:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def authenticate(self, request: web.Request) -> AvitoAccount:
        """The account of the token. Unknown: 401, shape A; run out: 403, shape B, as the documents say."""
        account, until = self.tokens.get(self._bearer(request), (None, 0.0))
        if account is None:
            raise fail(401, "Unauthorized")
        if until <= time.time():
            raise ApiError(Answer(403, {"result": {"status": False, "message": "invalid access token"}}))
        if request["path"].startswith("/messenger/") and not account.messenger:
            raise fail(402, "Payment required")
        return account

    def forget_key(self, request: web.Request) -> None:
        self.tokens.pop(self._bearer(request), None)

    def charge(self, account: AvitoAccount, path: str) -> dict[str, str]:
        if path.startswith("/media/"):
            return {}
        bucket, limit = "all", self.settings.avito_rate_per_minute
        if self.settings.avito_path_limits:
            bucket, limit = next(
                ((name, rate) for start, name, rate in _PATH_RATES if path == start), (bucket, limit)
            )
        if not limit:
            return {}
        left = self.budget.spend((account.client_id, bucket), limit)
        headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(max(left, 0))}
        if left < 0:
            body = None if bucket == "list" else {} if bucket == "all" else {"error": {"code": 429}}
            raise ApiError(Answer(429, body, headers=headers))
        return headers if self.settings.profile == "live" else {}

    @staticmethod
    def missing(path: str) -> Answer:
        return fail(404, "Not found").answer

    # --- token and account ---

    async def token(self, request: web.Request):
        """client_credentials as a form. :returns: shape D when refused."""
        form = await request.post()
        if form.get("grant_type") != "client_credentials":
            return Answer(
                400, {"error": "unsupported_grant_type", "error_description": "Unsupported grant type"}
            )
        account = next(
            (
                account
                for account in self.accounts
                if account.client_id == form.get("client_id")
                and account.client_secret == form.get("client_secret")
            ),
            None,
        )
        if account is None:
            return Answer(
                self.settings.avito_token_error_status,
                {"error": "invalid_client", "error_description": "Invalid client credentials"},
            )
        token = secrets.token_urlsafe(20)
        seconds = self.settings.avito_token_seconds
        self.tokens[token] = (account, time.time() + seconds)
        return {"access_token": token, "expires_in": int(seconds), "token_type": "Bearer"}

    async def self_(self, request: web.Request):
        account = request["account"]
        return {
            "id": account.user_id,
            "name": account.name,
            "email": "crm@example.ru",
            "phone": "74732000101",
            "phones": ["74732000101", "74732000102"],
            "profile_url": f"https://avito.ru/user/{account.user_id:032x}/profile",
        }

    async def balance(self, request: web.Request):
        self._own(request)
        return {"real": 48210.5, "bonus": 1500.0}

    # --- helpers ---

    def _own(self, request: web.Request) -> AvitoAccount:
        account = request["account"]
        if request.match_info["user_id"] != str(account.user_id):
            raise fail(404, "Not found")
        return account

    def _wire(self, account: AvitoAccount) -> AvitoWire:
        return AvitoWire(self.settings, self.media, account)

    def _chat(self, request: web.Request) -> tuple[AvitoAccount, Chat]:
        account = self._own(request)
        if account.employee:
            raise fail(403, "Forbidden")
        chat = account.world.chats.get(request.match_info["chat_id"])
        if chat is None:
            raise fail(404, "Not found")
        return account, chat

    def _paged(self, rows: list, key: str, more: bool):
        if self.settings.profile == "live":
            return {key: rows, "meta": {"has_more": more}}
        return {key: rows} if key == "chats" else rows

    # --- chats and messages ---

    async def chats(self, request: web.Request):
        account = self._own(request)
        limit = number(request, "limit", PAGE_LIMIT, 1, PAGE_LIMIT)
        offset = number(request, "offset", 0, 0, OFFSET_LIMIT)
        unread = request.query.get("unread_only", "false")
        kinds = set(many(request, "chat_types")) or {"u2i"}
        items = set(many(request, "item_ids"))
        if (
            unread not in ("true", "false")
            or not kinds <= {"u2i", "u2u", "a2u"}
            or not all(map(str.isdecimal, items))
        ):
            raise fail(400, "Validation error", {"query": "unread_only, chat_types or item_ids is wrong"})
        if account.employee:
            return self._paged([], "chats", False)
        fitting = (
            chat
            for chat in account.world.newest_first()
            if chat.kind in kinds
            and (unread == "false" or chat.unread)
            and (not items or chat.listing and str(chat.listing.id) in items)
        )
        page, more = [], False
        for position, chat in enumerate(fitting):
            if position >= offset + limit:
                more = True
                break
            if position >= offset:
                page.append(chat)
        wire = self._wire(account)
        return self._paged([wire.chat(chat) for chat in page], "chats", more)

    async def chat(self, request: web.Request):
        account, chat = self._chat(request)
        return self._wire(account).chat(chat)

    async def messages(self, request: web.Request):
        """Newest first; does not mark anything read."""
        account, chat = self._chat(request)
        limit = number(request, "limit", PAGE_LIMIT, 1, PAGE_LIMIT)
        offset = number(request, "offset", 0, 0, OFFSET_LIMIT)
        wire = self._wire(account)
        shown = wire.visible(chat)
        end = max(len(shown) - offset, 0)
        page = shown[max(end - limit, 0) : end]
        return self._paged(
            [wire.message(chat, message) for message in reversed(page)], "messages", end > limit
        )

    async def send(self, request: web.Request):
        account, chat = self._chat(request)
        body = await json_body(request)
        text = body["message"].get("text") if isinstance(body.get("message"), dict) else None
        if body.get("type") != "text" or not isinstance(text, str) or not text.strip():
            raise fail(400, "Validation error", {"message.text": "required", "type": "only text"})
        if len(text) > TEXT_LIMIT:
            raise fail(400, "Validation error", {"message.text": f"longer than {TEXT_LIMIT}"})
        return await self._put(account, chat, "text", text, {})

    async def send_image(self, request: web.Request):
        account, chat = self._chat(request)
        picture = (await json_body(request)).get("image_id")
        if picture not in account.world.pictures:
            raise fail(400, "Validation error", {"image_id": "unknown image"})
        return await self._put(account, chat, "image", None, {"picture": picture})

    async def _put(self, account: AvitoAccount, chat: Chat, kind: str, text: str | None, data: dict):
        message = account.world.add(chat, "out", kind, text, data, via="api")
        await self.before_answer()
        return self._wire(account).sent(chat, message)

    async def before_answer(self) -> None:
        """Hook for the fault that lets an echo overtake the answer; set by the simulator."""

    async def upload(self, request: web.Request):
        account = self._own(request)
        if account.employee:
            raise fail(403, "Forbidden")
        if not request.content_type.startswith("multipart/"):
            raise fail(400, "Validation error", {"uploadfile[]": "multipart expected"})
        try:
            form = await request.post()
        except web.HTTPRequestEntityTooLarge as error:
            raise fail(400, "Validation error", {"uploadfile[]": "larger than 24 MB"}) from error
        except ValueError as error:
            raise fail(400, "Validation error", {"uploadfile[]": "broken multipart"}) from error
        parts = form.getall("uploadfile[]", [])
        if len(parts) != 1 or not isinstance(parts[0], web.FileField):
            raise fail(400, "Validation error", {"uploadfile[]": "exactly one file expected"})
        content = parts[0].file.read()
        if refusal := uploads.refusal(content):
            raise fail(400, "Validation error", {"uploadfile[]": refusal})
        image_id = account.world.ids.media()
        account.world.pictures[image_id] = content
        self.media.uploads[image_id] = content
        return {image_id: self.media.picture_sizes(image_id, CHAT_SIZES)}

    async def delete(self, request: web.Request):
        """Within an hour, one's own; the entry stays as type `deleted`."""
        account, chat = self._chat(request)
        message = chat.message(request.match_info["message_id"])
        if message is None:
            raise fail(404, "Not found")
        if message.author != "dealer":
            raise fail(403, "Forbidden")
        if account.world.now() - message.created > DELETE_SECONDS:
            raise fail(400, "Message can not be deleted")
        message.kind, message.text, message.data = "deleted", None, {}
        return {}

    async def read(self, request: web.Request):
        account, chat = self._chat(request)
        account.world.read_by_dealer(chat)
        return {"ok": True}

    async def voices(self, request: web.Request):
        account = self._own(request)
        if account.employee:
            raise fail(403, "Forbidden")
        wanted = many(request, "voice_ids")
        if not wanted:
            raise fail(400, "Validation error", {"voice_ids": "required"})
        return {
            "voices_urls": {
                voice: self.media.expiring_url("voice", voice, VOICE_SECONDS)
                for voice in wanted
                if voice in account.world.voices
            }
        }

    async def blacklist(self, request: web.Request):
        account = self._own(request)
        users = (await json_body(request)).get("users")
        if not isinstance(users, list) or not all(
            isinstance(user, dict) and type(user.get("user_id")) is int for user in users
        ):
            raise fail(400, "Validation error", {"users": "required"})
        account.blacklist.update(user["user_id"] for user in users)
        for chat in account.world.chats.values():
            chat.blocked = chat.blocked or chat.buyer_id in account.blacklist
        return Answer(200)

    # --- webhooks ---

    @staticmethod
    async def _url(request: web.Request) -> str:
        url = (await json_body(request)).get("url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise fail(400, "Validation error", {"url": "required"})
        return url

    async def subscribe(self, request: web.Request):
        request["account"].subscriptions[await self._url(request)] = "3"
        return {"ok": True}

    async def unsubscribe(self, request: web.Request):
        request["account"].subscriptions.pop(await self._url(request), None)
        return {"ok": True}

    async def subscriptions(self, request: web.Request):
        return {
            "subscriptions": [
                {"url": url, "version": version} for url, version in request["account"].subscriptions.items()
            ]
        }

    def routes(self) -> list[web.RouteDef]:
        user = "/{user_id:\\d+}"
        v1, v2 = f"/messenger/v1/accounts{user}", f"/messenger/v2/accounts{user}"
        table = [
            ("POST", "/token", self.token),
            ("GET", "/core/v1/accounts/self", self.self_),
            ("GET", f"/core/v1/accounts{user}/balance", self.balance),
            ("GET", f"{v2}/chats", self.chats),
            ("GET", f"{v2}/chats/{{chat_id}}", self.chat),
            ("GET", f"/messenger/v3/accounts{user}/chats/{{chat_id}}/messages", self.messages),
            ("POST", f"{v1}/chats/{{chat_id}}/messages", self.send),
            ("POST", f"{v1}/chats/{{chat_id}}/messages/image", self.send_image),
            ("POST", f"{v1}/chats/{{chat_id}}/messages/{{message_id}}", self.delete),
            ("POST", f"{v1}/chats/{{chat_id}}/read", self.read),
            ("POST", f"{v1}/uploadImages", self.upload),
            ("GET", f"{v1}/getVoiceFiles", self.voices),
            ("POST", f"{v2}/blacklist", self.blacklist),
            ("POST", "/messenger/v3/webhook", self.subscribe),
            ("POST", "/messenger/v1/webhook/unsubscribe", self.unsubscribe),
            ("POST", "/messenger/v1/subscriptions", self.subscriptions),
            *self.stock.routes(),
        ]
        # Every address answers with and without the slash at its end, as Avito's gateway does.
        return [
            web.route(method, path + slash, handler, allow_head=False)
            if method == "GET"
            else web.route(method, path + slash, handler)
            for method, path, handler in table
            for slash in ("", "/")
        ]
