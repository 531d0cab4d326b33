"""Buyers who write all the time, in chats that take turns."""

import threading
import time
from itertools import count, cycle

#: Messages a second.
RATE = 20
#: Control requests under way at once: the simulator answers each in some milliseconds.
HANDS = 4
#: One row of numbers for the whole run, so that no text comes twice.
NUMBERS = count()


class Buyers:
    """Use as a context manager: they write from entering to leaving.

    `said`: {number: moment (s since 1970)} of each text «⟦number⟧»; `chat_of`: {number: chat id}.
    """

    def __init__(self, shop, chats):
        self.shop, self.chats = shop, cycle(chats)
        self.said, self.chat_of, self.failures = {}, {}, []
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._write) for _ in range(HANDS)]
        self.planned = 0

    def __enter__(self):
        self.begun = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _write(self):
        while True:
            with self.lock:
                number, chat = next(NUMBERS), next(self.chats)
                due = self.begun + self.planned / RATE
                self.planned += 1
            if self.ended.wait(max(0, due - time.monotonic())):
                return
            try:
                self.said[number], self.chat_of[number] = time.time(), chat
                self.shop.say(chat_id=chat, text=f"Ещё вопрос ⟦{number}⟧")
            except Exception as error:  # noqa: BLE001 — a thread's own would be lost
                self.failures.append(error)
                return
