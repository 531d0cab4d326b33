"""Managers' screens: websockets of Odoo's bus, subscribed as the web client does, each noting what reaches it."""

import asyncio
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import aiohttp

from .stage import PASSWORD

#: What the web client tells of itself; Odoo shuts out pages that are older than itself.
VERSION = "19.0-2"
#: The Chats screen asks for this beside what the server subscribes it to by itself.
ASKED = ["crm_marketplace_chats.presence"]
MARK = re.compile(r"⟦(\d+)⟧")


class Screens:
    """Use as a context manager: the managers are connected from entering to leaving.

    `seen`: for each manager {number: moment (s since 1970)} at which the Store note held the message with «⟦number⟧».
    """

    def __init__(self, node, managers):
        self.node, self.logins = node, [f"m{n}" for n in range(1, managers + 1)]
        self.seen = [{} for _ in self.logins]
        self.errors, self.connected = [], 0

    def __enter__(self):
        with ThreadPoolExecutor(2) as pool:
            cookies = list(pool.map(self._log_in, self.logins))
        self.last = self._last_note()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self._watch(cookies),))
        self.ready, self.left = threading.Event(), None
        self.thread.start()
        assert self.ready.wait(60), f"{self.connected} of {len(self.logins)} screens are connected"
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.left.set)
        self.thread.join()
        self.loop.close()
        assert not self.errors, f"websockets ended: {self.errors[:3]}"

    def _log_in(self, login):
        return self.node.session(login, PASSWORD).cookies["session_id"]

    def _last_note(self):
        return int(self.node.query("select coalesce(max(id), 0) from bus_bus"))

    async def _watch(self, cookies):
        self.left = asyncio.Event()
        async with aiohttp.ClientSession() as session:
            tasks = [
                asyncio.create_task(self._screen(session, *one))
                for one in zip(cookies, self.seen, strict=True)
            ]
            await self.left.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _screen(self, session, cookie, seen):
        url = f"{self.node.bus_url}/websocket?version={VERSION}"
        headers = {"Cookie": f"session_id={cookie}", "Origin": self.node.bus_url, "User-Agent": "bench"}
        subscribe = {"event_name": "subscribe", "data": {"channels": ASKED, "last": self.last}}
        try:
            async with session.ws_connect(url, headers=headers, max_msg_size=0) as socket:
                await socket.send_str(json.dumps(subscribe))
                self.connected += 1
                if self.connected == len(self.logins):
                    self.ready.set()
                async for frame in socket:
                    self._note(json.loads(frame.data), time.time(), seen)
                self.errors.append(f"closed with {socket.close_code}")
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 — a task's own would be lost
            self.errors.append(repr(error))

    @staticmethod
    def _note(notes, moment, seen):
        for note in notes:
            if note["message"]["type"] == "mail.record/insert":
                for message in note["message"]["payload"].get("marketplace.message", ()):
                    if found := MARK.search(message.get("body") or ""):
                        seen.setdefault(int(found[1]), moment)

    def await_all(self, numbers, seconds):
        """Wait until every screen has seen all of these; return the lags' latest moment by number, None where lost."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not all(seen.keys() >= set(numbers) for seen in self.seen):
            time.sleep(0.05)
        return {
            number: max(seen[number] for seen in self.seen)
            if all(number in seen for seen in self.seen)
            else None
            for number in numbers
        }
