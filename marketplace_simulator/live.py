"""`--live`: now and then a buyer writes or calls, so that a demo moves."""

import asyncio
import random

from .demo_chats import BUYERS, OPENINGS, REMARKS
from .kinds import say

_NEW_CHAT, _CALL = 0.3, 0.08


class Traffic:
    """A task that writes while `settings.live` is on."""

    def __init__(self, simulator):
        self.simulator = simulator
        self._rng = random.Random()
        self._task: asyncio.Task | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        settings = self.simulator.settings
        while True:
            if not settings.live:
                await asyncio.sleep(0.5)
                continue
            low, high = settings.live_min_seconds, settings.live_max_seconds
            await asyncio.sleep(self._rng.uniform(low, max(low, high)))
            if settings.live:
                self.write_something()

    def write_something(self) -> None:
        """One buyer does one thing at one of the two marketplaces."""
        rng = self._rng
        marketplace = rng.choice(("avito", "avito", "autoru"))
        world = self.simulator.account(marketplace).world
        chats = [
            chat
            for chat in world.chats.values()
            if chat.listing and not chat.we_are_buyer and chat.kind in ("u2i", "offer")
        ]
        if rng.random() < _CALL:
            say(world, {"type": "call", "item_id": rng.choice(world.own_listings()).id})
        elif not chats or rng.random() < _NEW_CHAT:
            say(
                world,
                {
                    "item_id": rng.choice(world.own_listings()).id,
                    "name": rng.choice(BUYERS),
                    "text": rng.choice(OPENINGS),
                },
            )
        else:
            say(world, {"chat_id": rng.choice(chats[-12:]).id, "text": rng.choice(REMARKS)})
