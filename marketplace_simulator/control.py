"""The control API: steering the stand-ins from outside. JSON in and out; README.md documents it."""

import time

from aiohttp import web

from . import seeding
from .fault_kinds import KINDS
from .jsons import load_object
from .kinds import say
from .settings import BadInput
from .world import Chat, Message

_MOST_MESSAGES = 2_000_000


async def _body(request: web.Request) -> dict:
    """The body as an object; an empty one counts as {}. :raises BadInput:"""
    try:
        return load_object(await request.read() or b"{}")
    except ValueError as error:
        raise BadInput(f"The body is no JSON object: {error}.") from error


def _text(body: dict, key: str) -> str:
    if not isinstance(body.get(key), str) or not body[key]:
        raise BadInput(f"{key!r} is required and is a text.")
    return body[key]


def _number(body: dict, key: str, default, kinds=int):
    value = body.get(key, default)
    if not isinstance(value, kinds) or isinstance(value, bool) or value < 0:
        raise BadInput(f"{key!r} is a number from 0 up.")
    return value


@web.middleware
async def _errors(request: web.Request, handler) -> web.StreamResponse:
    """Bad input is answered with one sentence."""
    try:
        return await handler(request)
    except BadInput as error:
        return web.json_response({"error": str(error)}, status=400)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason}, status=error.status)


def _transcript(chat: Chat) -> dict:
    return _summary(chat) | {"messages": [_line(message) for message in chat.messages]}


def _line(message: Message) -> dict:
    row = {
        "id": message.id,
        "direction": message.direction,
        "type": message.kind,
        "text": message.text,
        "created": message.created,
        "read": message.read_at is not None,
        "author": message.author,
        "via": message.via,
    }
    if message.hook_id:
        row["hook_id"] = message.hook_id
    if message.provided_id:
        row["provided_id"] = message.provided_id
    return row | {key: value for key, value in message.data.items() if isinstance(value, str | int | float)}


def _summary(chat: Chat) -> dict:
    return {
        "id": chat.id,
        "kind": chat.kind,
        "name": chat.name,
        "item_id": chat.listing.id if chat.listing else None,
        "item_title": chat.listing.title if chat.listing else None,
        "created": chat.created,
        "updated": chat.updated,
        "unread": chat.unread,
        "count": len(chat.messages),
        "blocked": chat.blocked,
        "we_are_buyer": chat.we_are_buyer,
    }


class Control:
    """Routes of the control port."""

    def __init__(self, simulator):
        self.simulator = simulator

    def _world(self, request: web.Request, wish: dict):
        """The world a wish is about: that of its chat, else that of its account, else the demo's."""
        marketplace = request.match_info["marketplace"]
        if wish.get("chat_id") is not None:
            return self.simulator.owner(marketplace, wish["chat_id"]).world
        return self.simulator.account(marketplace, wish.get("account")).world

    # --- buyers and the app ---

    async def say(self, request: web.Request):
        wish = await _body(request)
        world = self._world(request, wish)
        if self.simulator.faults.strikes("unknown_type", request.match_info["marketplace"]):
            wish["type"] = "unknown"
        return web.json_response(say(world, wish))

    async def reply(self, request: web.Request):
        """As if typed in the marketplace's own app; who types there has read the chat."""
        body = await _body(request)
        chat_id, text = _text(body, "chat_id"), _text(body, "text")
        world = self._world(request, body)
        chat = world.chat(chat_id)
        world.read_by_dealer(chat)
        return web.json_response({"chat_id": chat_id, "message_id": world.add(chat, "out", "text", text).id})

    async def read(self, request: web.Request):
        """The buyer has read our messages, or (`"by": "dealer"`) the dealer has read the chat in the app."""
        body = await _body(request)
        world = self._world(request, body)
        chat = world.chat(_text(body, "chat_id"))
        by = {"buyer": world.read_by_buyer, "dealer": world.read_by_dealer}.get(body.get("by", "buyer"))
        if by is None:
            raise BadInput("'by' is buyer or dealer.")
        by(chat)
        return web.json_response({"ok": True})

    async def delete(self, request: web.Request):
        """Whoever wrote a message takes it back."""
        body = await _body(request)
        message = self._world(request, body).chat(_text(body, "chat_id")).message(_text(body, "message_id"))
        if message is None:
            raise BadInput("There is no such message in this chat.")
        message.kind, message.text, message.data = "deleted", None, {}
        return web.json_response({"ok": True})

    async def chats(self, request: web.Request):
        accounts = self.simulator.accounts[request.match_info["marketplace"]]
        rows = [
            _summary(chat) | {"account": account.user_id}
            for account in accounts
            for chat in account.world.newest_first()
        ]
        return web.json_response({"chats": rows})

    async def chat(self, request: web.Request):
        chat_id = request.match_info["chat_id"]
        marketplace = request.match_info["marketplace"]
        if not any(chat_id in account.world.chats for account in self.simulator.accounts[marketplace]):
            raise web.HTTPNotFound(reason=f"There is no chat {chat_id} at {marketplace}.")
        return web.json_response(_transcript(self.simulator.owner(marketplace, chat_id).world.chats[chat_id]))

    async def listings(self, request: web.Request):
        world = self.simulator.account(request.match_info["marketplace"]).world
        return web.json_response(
            {
                "listings": [
                    {
                        "id": row.id,
                        "title": row.title,
                        "price": row.price,
                        "status": row.status,
                        "own": row.own,
                        "url": row.url,
                        "vin": row.car.vin if row.car else None,
                        "external_id": row.car.external_id if row.car else None,
                    }
                    for row in world.listings.values()
                ]
            }
        )

    async def change_listing(self, request: web.Request):
        """`{"item_id", "price"?, "status"?}`: price cut, or sold (`removed`)."""
        body = await _body(request)
        listing = self._world(request, body).find_listing(body.get("item_id"))
        if body.get("status", "active") not in ("active", "removed"):
            raise BadInput("'status' is active or removed.")
        listing.price = _number(body, "price", listing.price)
        listing.status = body.get("status", listing.status)
        return web.json_response({"ok": True})

    async def stock(self, request: web.Request):
        """What the dealer's feeds hold; what is not named is as at the beginning."""
        self.simulator.stock.change(await _body(request))
        return web.json_response({"ok": True})

    # --- the whole ---

    async def bulk(self, request: web.Request):
        body = await _body(request)
        marketplace = _text(body, "marketplace")
        if marketplace not in self.simulator.accounts:
            raise BadInput("'marketplace' is avito or autoru.")
        chats, messages = _number(body, "chats", 100), _number(body, "messages", 10)
        if chats * messages > _MOST_MESSAGES:
            raise BadInput(f"That is more than {_MOST_MESSAGES} messages.")
        world = self.simulator.account(marketplace, body.get("account")).world
        made = seeding.bulk(
            world,
            chats,
            messages,
            days=_number(body, "days", 30.0, (int, float)),
            unread_share=_number(body, "unread_share", 0.2, (int, float)),
        )
        return web.json_response({"chats": made, "messages": chats * messages})

    async def faults(self, request: web.Request):
        """One fault, or several under `faults`; `{"clear": true}` first switches all off."""
        body, board = await _body(request), self.simulator.faults
        if body.pop("clear", False):
            board.clear()
        wishes = body.pop("faults", [body] if body else [])
        if not isinstance(wishes, list) or not all(isinstance(wish, dict) for wish in wishes):
            raise BadInput("'faults' is a list of objects.")
        for wish in wishes:
            board.switch(wish)
        return await self.list_faults(request)

    async def list_faults(self, request: web.Request):
        return web.json_response(
            {
                "active": [fault.as_dict() for fault in self.simulator.faults.active],
                "known": [
                    {
                        "name": kind.name,
                        "stage": kind.stage,
                        "marketplaces": kind.marketplaces,
                        "about": kind.about,
                    }
                    for kind in KINDS.values()
                ],
            }
        )

    async def requests(self, request: web.Request):
        log, counts = self.simulator.log, {"avito": {}, "autoru": {}}
        for (marketplace, template), number in sorted(log.counts.items()):
            counts[marketplace][template] = number
        answer = {"counts": counts, "total": sum(log.counts.values()), "recent": list(log.recent)}
        if request.query.get("reset") == "1":
            log.reset()
        return web.json_response(answer)

    async def deliveries(self, request: web.Request):
        accounts = self.simulator.accounts
        return web.json_response(
            {
                "avito": [
                    {"account": account.user_id, "urls": list(account.subscriptions)}
                    for account in accounts["avito"]
                ],
                "autoru": [
                    {"account": account.user_id, "url": account.hook_url, "chat_id": account.hook_chat_id}
                    for account in accounts["autoru"]
                ],
                "recent": list(self.simulator.courier.recent),
            }
        )

    async def autoru_webhook(self, request: web.Request):
        """What a dealer types into Auto.ru's cabinet: address and ChatId. `"url": null` disconnects."""
        body = await _body(request)
        account = self.simulator.account("autoru", body.get("account"))
        url, chat_id = body.get("url"), body.get("chat_id")
        if url is not None and (not isinstance(url, str) or not url.startswith(("http://", "https://"))):
            raise BadInput("'url' is an http address or null.")
        if not isinstance(chat_id, str | None) or url and not 1 <= len(chat_id or "") <= 64:
            raise BadInput("'chat_id' is a text of 1 to 64 characters.")
        account.hook_url, account.hook_chat_id = url, chat_id
        return web.json_response({"url": url, "chat_id": chat_id})

    async def new_account(self, request: web.Request):
        body = await _body(request)
        marketplace = _text(body, "marketplace")
        if marketplace not in self.simulator.accounts:
            raise BadInput("'marketplace' is avito or autoru.")
        how = {key: body[key] for key in ("demo", "employee", "messenger") if isinstance(body.get(key), bool)}
        if body.get("name"):
            how["name"] = _text(body, "name")
        keys = {
            key: value
            for key, value in body.items()
            if key not in ("marketplace", "name", "demo", "employee", "messenger")
        }
        return web.json_response({"account": self.simulator.add_account(marketplace, keys, **how).user_id})

    async def revoke(self, request: web.Request):
        """All tokens and sessions of a marketplace stop working at once."""
        {"avito": self.simulator.avito.tokens, "autoru": self.simulator.autoru.sessions}[
            request.match_info["marketplace"]
        ].clear()
        return web.json_response({"ok": True})

    async def config(self, request: web.Request):
        if request.method == "POST":
            self.simulator.settings.apply(await _body(request))
        return web.json_response(self.simulator.settings.as_dict())

    async def reset(self, request: web.Request):
        body = await _body(request)
        self.simulator.reset(empty=body.get("empty") is True)
        return web.json_response({"ok": True})

    async def home(self, request: web.Request):
        return web.json_response(
            {
                "program": "marketplace_simulator",
                "now": time.time(),
                "urls": self.simulator.urls,
                "profile": self.simulator.settings.profile,
                "paths": sorted({route.resource.canonical for route in request.app.router.routes()}),
            }
        )

    def app(self) -> web.Application:
        market = "/{marketplace:avito|autoru}"
        app = web.Application(middlewares=[_errors])
        app.add_routes(
            [
                web.get("/", self.home),
                web.post("/autoru/webhook", self.autoru_webhook),
                web.post(f"{market}/say", self.say),
                web.post(f"{market}/reply", self.reply),
                web.post(f"{market}/read", self.read),
                web.post(f"{market}/delete", self.delete),
                web.post(f"{market}/revoke", self.revoke),
                web.get(f"{market}/chats", self.chats),
                web.get(f"{market}/chats/{{chat_id}}", self.chat),
                web.get(f"{market}/listings", self.listings),
                web.post(f"{market}/listings", self.change_listing),
                web.post("/stock", self.stock),
                web.post("/bulk", self.bulk),
                web.post("/faults", self.faults),
                web.get("/faults", self.list_faults),
                web.get("/requests", self.requests),
                web.get("/webhooks", self.deliveries),
                web.post("/accounts", self.new_account),
                web.get("/config", self.config),
                web.post("/config", self.config),
                web.post("/reset", self.reset),
            ]
        )
        return app
