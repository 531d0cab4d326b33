"""Outgoing deliveries of both marketplaces, with the faults that befall them on the way."""

import asyncio
import hashlib
import hmac
import logging
import random
import time
import uuid
from collections import deque
from dataclasses import dataclass

import aiohttp

from .autoru_wire import AutoruWire
from .avito_wire import SPEC_TYPES, AvitoWire
from .bending import OPTIONAL, extended, without
from .faults import FaultBoard
from .jsons import dump
from .settings import Settings

_log = logging.getLogger(__name__)
_KEPT = 200
_PARALLEL = 16
# The webhook's own type list in the official document is longer than that of the message list.
_SPEC_WEBHOOK_TYPES = SPEC_TYPES | {"appCall", "file", "video"}


@dataclass(frozen=True)
class Delivery:
    """One body for one address. `key`: deliveries of one chat to one address keep their order."""

    marketplace: str
    url: str
    params: dict
    payload: dict
    secret: str
    key: tuple
    message_id: str
    own: bool = False


class Courier:
    """Sends deliveries at once, in order within a chat, each in its own task."""

    def __init__(self, settings: Settings, faults: FaultBoard):
        self.settings, self.faults = settings, faults
        self.recent: deque[dict] = deque(maxlen=_KEPT)
        self._session: aiohttp.ClientSession | None = None
        self._tails: dict[tuple, asyncio.Task] = {}
        self._tasks: set[asyncio.Task] = set()
        self._gates: dict[str, asyncio.Semaphore] = {}

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        self.forget()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def forget(self) -> None:
        """Drop what is still on its way."""
        for task in self._tasks:
            task.cancel()
        self._tails.clear()

    # --- what is delivered ---

    def avito(self, account, media, chat, message) -> None:
        """Every message of the account, the dealer's own too (echo), to every subscription."""
        settings, own = self.settings, message.author == "dealer"
        if settings.profile == "spec" and message.kind not in _SPEC_WEBHOOK_TYPES:
            return
        if own and not settings.avito_echo or not account.messenger:
            return
        value = AvitoWire(settings, media, account).delivery(chat, message)
        for url in account.subscriptions:
            payload = {
                "id": str(uuid.uuid4()),
                "version": "v3.0.0" if settings.profile == "live" else "v1.1",
                "timestamp": int(time.time()),
                "payload": {"type": "message", "value": value},
            }
            self.send(
                Delivery("avito", url, {}, payload, account.client_secret, (url, chat.id), message.id, own)
            )

    def autoru(self, account, media, chat, message) -> None:
        """Only what a buyer wrote, and only when the dealer has connected an address."""
        if not account.hook_url or message.author != "buyer":
            return
        named = random.Random(message.id).random() < self.settings.autoru_hook_name_share
        payload = AutoruWire(media, account).delivery(account.world, chat, message, named)
        self.send(
            Delivery(
                "autoru",
                account.hook_url,
                {"chat_id": account.hook_chat_id},
                payload,
                "",
                (account.hook_url, chat.id),
                message.id,
            )
        )

    # --- how it is delivered ---

    def send(self, delivery: Delivery) -> None:
        strikes = lambda name: self.faults.strikes(name, delivery.marketplace, delivery.url)  # noqa: E731
        if strikes("webhook_drop") or delivery.own and strikes("webhook_no_echo"):
            self._note(delivery, status=None, started=time.perf_counter(), outcome="dropped by a fault")
            return
        delay = strikes("webhook_delay")
        overtaken = strikes("webhook_reorder")
        wait = (
            delay.pause()
            if delay
            else self.faults.random().random() * overtaken.pause()
            if overtaken
            else 0.0
        )
        double, repeat = strikes("webhook_double"), strikes("webhook_repeat")
        body, headers, params = self._packed(delivery, strikes)
        self._task(self._deliver(delivery, body, headers, params, wait), None if overtaken else delivery.key)
        for _ in range((double.count or 2) - 1 if double else 0):
            self._task(self._deliver(delivery, body, headers, params, wait), None)
        if repeat:
            self._task(self._deliver(delivery, body, headers, params, wait + repeat.pause()), None)

    def _packed(self, delivery: Delivery, strikes) -> tuple[bytes, dict, dict]:
        """Body, headers and query, bent by the faults that strike."""
        payload, params = delivery.payload, dict(delivery.params)
        if strikes("webhook_missing_fields"):
            payload = without(payload, OPTIONAL[delivery.marketplace])
        if strikes("webhook_extra_fields"):
            payload = extended(payload)
        if strikes("webhook_wrong_chat_id"):
            params["chat_id"] = "somebodyelse"
        body = dump(payload)
        if strikes("webhook_broken_json"):
            body = body[: len(body) // 2]
        kind = "text/plain" if strikes("webhook_text_plain") else "application/json"
        headers = {"Content-Type": f"{kind}; charset=utf-8"}
        if delivery.marketplace == "avito":
            signature = (
                "none"
                if self.settings.avito_signature == "none"
                else "garbage"
                if strikes("webhook_garbage_signature")
                else self.settings.avito_signature
            )
            # HMAC-SHA256 with the client secret is a guess: Avito documents neither the way nor the key.
            signed = {
                "hmac": hmac.new(delivery.secret.encode(), body, hashlib.sha256).hexdigest(),
                "garbage": uuid.uuid4().hex * 2,
            }
            if signature in signed:
                headers["x-avito-messenger-signature"] = signed[signature]
        return body, headers, params

    def _task(self, work, key: tuple | None) -> None:
        """Run `work`, behind the last task of the same key."""
        before = self._tails.get(key) if key else None
        task = asyncio.create_task(self._after(before, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if key:
            self._tails[key] = task
            task.add_done_callback(lambda done: self._tails.get(key) is done and self._tails.pop(key))

    @staticmethod
    async def _after(before: asyncio.Task | None, work) -> None:
        if before is not None:
            await asyncio.wait([before])
        await work

    async def _deliver(
        self, delivery: Delivery, body: bytes, headers: dict, params: dict, wait: float
    ) -> None:
        if wait:
            await asyncio.sleep(wait)
        for attempt in range(self.settings.webhook_retries + 1):
            if attempt:
                await asyncio.sleep(self.settings.webhook_retry_seconds)
            if await self._attempt(delivery, body, headers, params):
                return

    async def _attempt(self, delivery: Delivery, body: bytes, headers: dict, params: dict) -> bool:
        gate = self._gates.setdefault(delivery.url, asyncio.Semaphore(_PARALLEL))
        timeout = aiohttp.ClientTimeout(total=self.settings.webhook_timeout_seconds)
        async with gate:
            started = time.perf_counter()
            try:
                async with self._session.post(
                    delivery.url,
                    data=body,
                    headers=headers,
                    params=params,
                    timeout=timeout,
                    allow_redirects=False,
                ) as response:
                    await response.read()
                    status, outcome = response.status, "answered"
            except asyncio.TimeoutError:
                status, outcome = None, "no answer in time"
            except (aiohttp.ClientError, ValueError) as error:
                status, outcome = None, type(error).__name__
        self._note(delivery, status, started, outcome)
        if status != 200:
            _log.warning("%s: a webhook was not taken: %s", delivery.marketplace, status or outcome)
        return status == 200

    def _note(self, delivery: Delivery, status: int | None, started: float, outcome: str) -> None:
        self.recent.append(
            {
                "at": round(time.time(), 3),
                "marketplace": delivery.marketplace,
                "message_id": delivery.message_id,
                "status": status,
                "outcome": outcome,
                "ms": round((time.perf_counter() - started) * 1000, 2),
            }
        )
