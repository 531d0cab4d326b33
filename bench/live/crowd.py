"""Many managers at once, buyers who write without a pause: nothing lost, screens current, nothing that grows."""

import time

from devtools.process import say

from ..browser.buyers import RATE, Buyers
from ..figures import counted, timed
from .screens import Screens

CURRENT, PATIENCE = 1000.0, 30
#: Of all Odoo's processes together, MB, from the first quarter to the end.
GROWTH = 50.0


def measure(stage, plan):
    with Screens(stage.node, plan.crowd) as screens:
        memory = []
        with Buyers(stage.shop, stage.chats) as buyers:
            for part in range(1, 5):
                time.sleep(max(0, buyers.begun + part * plan.minutes * 15 - time.monotonic()))
                memory.append(sum(stage.memory().values()))
                say(f"crowd: {part} of 4, {len(buyers.said)} messages")
        shown = screens.await_all(buyers.said, PATIENCE)
    lags = {number: (shown[number] - buyers.said[number]) * 1000 for number in shown if shown[number]}
    numbers = sorted(lags)
    quarter = max(len(numbers) // 4, 1)
    first, last = (sorted(lags[n] for n in part) for part in (numbers[:quarter], numbers[-quarter:]))
    name = f"{plan.crowd} managers, {RATE} messages a second, {plan.minutes:g} min"
    return [
        timed(f"{name}: on the last screen", list(lags.values()), CURRENT),
        counted(f"{name}: not on every screen after {PATIENCE} s", len(shown) - len(lags), goal=0),
        counted(
            f"{name}: lag of the last quarter, of the first's",
            last[len(last) // 2] / first[len(first) // 2],
            "×",
            1.5,
        ),
        counted(f"{name}: growth of Odoo's memory", memory[-1] - memory[0], "MB", GROWTH),
    ]
