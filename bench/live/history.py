"""A long history: how much of the marketplace's budget it uses, what it costs in memory, whether replies leave."""

import re
import threading
import time

from devtools.process import say

from ..figures import counted
from . import sending
from .stage import LIMITS, NO_LIMITS

MESSAGES = 100
#: Share of the time that the budget needs, and growth of a worker, MB.
SHARE, GROWTH = 1 / 0.95, 20.0


def measure(stage, plan):
    values, account = stage.new_account("history")
    bulk = {
        "marketplace": "avito",
        "account": account,
        "chats": plan.chats,
        "messages": MESSAGES,
        "days": 300,
    }
    stage.simulator.control("POST", "/bulk", bulk)
    stage.simulator.control("POST", "/config", LIMITS)
    stage.simulator.control("GET", "/requests?reset=1")
    began = time.monotonic()
    channel = stage.dealership.new_channel(**values)
    with Watch(stage, account) as watch:
        figures = sending.measure(
            stage,
            plan,
            " while a history is read",
            until=lambda: not channel.read("history_done")["history_done"],
        )
    seconds = time.monotonic() - began
    stage.simulator.control("POST", "/config", NO_LIMITS)
    stage.widen_budget()
    stored = stage.number(f"select count(*) from marketplace_message where channel_id = {channel.id}")
    say(f"history: {stored:.0f} messages in {seconds:.0f} s, {len(watch.asked)} requests")
    total = plan.chats * MESSAGES
    return [
        *figures,
        counted(f"history of {total:,} messages: not stored", total - stored, goal=0),
        counted(f"history of {total:,} messages", seconds, "s"),
        counted("history: time, of what the marketplace's limit needs", watch.share(), "×", SHARE),
        counted("history: growth of a worker's memory", watch.growth(), "MB", GROWTH),
    ]


class Watch:
    """Looks at the memory of the processes, and at the account's requests, every second."""

    def __init__(self, stage, account):
        self.stage, self.path = stage, re.compile(rf"/accounts/{account}/")
        self.samples, self.asked, self.ended = [], set(), threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def _look(self):
        while not self.ended.wait(1):
            self.samples.append(self.stage.memory())
            recent = self.stage.simulator.control("GET", "/requests")["recent"]
            self.asked |= {(one["at"], one["path"]) for one in recent if self.path.search(one["path"])}

    def share(self):
        """The time from the first request to the last, of what the marketplace's limit needs for as many."""
        moments = [at for at, _ in self.asked]
        return (max(moments) - min(moments)) / (len(moments) / LIMITS["avito_rate_per_minute"] * 60)

    def growth(self):
        """The most that a process that lived all the time has grown by after the first quarter, MB."""
        quarter = self.samples[len(self.samples) // 4]
        last = self.samples[-1]
        return max(last[process] - quarter[process] for process in quarter if last.get(process))
