"""Scheme A's way in: the dealer's system posts messages and read marks to `aggregators/auto/hook`."""

import asyncio
import logging

import aiohttp
from aiohttp import web

from .fault_kinds import Answer
from .jsons import load_object
from .settings import Settings

_log = logging.getLogger(__name__)
_PICTURE_BYTES, _PICTURE_SECONDS = 10 * 1024 * 1024, 10


def _bad(detail: str) -> Answer:
    return Answer(400, {"error": "BAD_REQUEST", "status": "ERROR", "detailed_error": detail})


class Hook:
    """One per Auto.ru stand-in; the ChatId in `token` names the dealer."""

    def __init__(self, settings: Settings, media, accounts: list):
        self.settings, self.media, self.accounts = settings, media, accounts
        self._tasks: set[asyncio.Task] = set()

    async def receive(self, request: web.Request):
        """Idempotent by `message.id`; 200 with nothing in it."""
        token = request.query.get("token", "")
        account = next(
            (account for account in self.accounts if token and account.hook_chat_id == token), None
        )
        if account is None:
            return _bad("unknown token")
        try:
            body = load_object(await request.read())
            sender, room_id, message = body["sender"]["name"], body["recipient"]["id"], body["message"]
            kind, message_id = message["type"], message["id"]
        except (ValueError, KeyError, TypeError):
            return _bad("sender.name, recipient.id, message.type and message.id are required")
        chat = account.world.chats.get(room_id) if isinstance(room_id, str) else None
        if chat is None or not isinstance(message_id, str) or not isinstance(sender, str):
            return _bad("unknown recipient or wrong types")
        return self._apply(account, chat, kind, message_id, message)

    def _apply(self, account, chat, kind: str, message_id: str, message: dict) -> Answer:
        if kind == "seen":
            account.world.read_by_dealer(chat)
            return self._done()
        field = {"text": "text", "photo": "file"}.get(kind)
        content = message.get(field) if field else None
        if not isinstance(content, str) or not content.strip():
            return _bad("message.type or its content is wrong")
        if kind == "text" and len(content) > self.settings.autoru_text_limit:
            return _bad("message.text is too long")
        if (chat.id, message_id) in account.world.provided:
            return self._done()
        if kind == "text":
            account.world.add(chat, "out", "text", content, via="hook", provided_id=message_id)
        else:
            self._take_photo(account, chat, message_id, content)
        return self._done()

    def _done(self) -> Answer:
        return Answer(200, {} if self.settings.autoru_hook_answer == "braces" else None)

    def _take_photo(self, account, chat, message_id: str, url: str) -> None:
        """The message stands at once; the picture is fetched from the given address, as the service does."""
        key = account.world.ids.media()
        stored = account.world.add(
            chat,
            "out",
            "image",
            None,
            {"picture": key, "source": url, "fetched": False},
            via="hook",
            provided_id=message_id,
        )
        task = asyncio.create_task(self._fetch(key, url, stored))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fetch(self, key: str, url: str, stored) -> None:
        timeout = aiohttp.ClientTimeout(total=_PICTURE_SECONDS)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
                response.raise_for_status()
                content = await response.content.read(_PICTURE_BYTES)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            _log.warning("auto.ru: a photo sent by the dealer could not be fetched: %s", type(error).__name__)
            return
        self.media.uploads[key] = content
        stored.data["fetched"] = True

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
