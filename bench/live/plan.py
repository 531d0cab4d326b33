"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """`deliveries`: seconds of 50 a second; `arrivals`, `replies`: how many; `chats` × 100 messages: the history;
    `ticks` of `channels` idle channels; `minutes` of 20 messages a second for `crowd` managers."""

    deliveries: int
    arrivals: int
    replies: int
    chats: int
    ticks: int
    minutes: float
    channels: int = 200
    managers: int = 20
    crowd: int = 50


FULL = Plan(deliveries=60, arrivals=240, replies=100, chats=1000, ticks=3, minutes=10)
QUICK = Plan(deliveries=10, arrivals=40, replies=20, chats=100, ticks=1, minutes=1)
