"""From the buyer's message at the marketplace to the screens of all managers."""

import random
import time

from ..browser.buyers import NUMBERS
from ..figures import counted, timed
from .screens import Screens

LIMIT = 500.0
#: Seconds between two messages, by chance, so that they do not fall into step with anything.
PAUSE = (0.2, 0.8)


def measure(stage, plan):
    said = {}
    with Screens(stage.node, plan.managers) as screens:
        for _ in range(plan.arrivals):
            number = next(NUMBERS)
            said[number] = time.time()
            stage.shop.say(chat_id=random.choice(stage.chats), text=f"Ещё вопрос ⟦{number}⟧")
            time.sleep(random.uniform(*PAUSE))
        shown = screens.await_all(said, 30)
    lags = [(shown[number] - said[number]) * 1000 for number in said if shown[number]]
    return [
        timed(f"buyer writes → on the last of {plan.managers} managers' screens", lags, LIMIT),
        counted("buyer writes → not on every screen after 30 s", len(said) - len(lags), goal=0),
    ]
