"""From the manager's press on «send» to the message at the marketplace."""

import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from ..figures import counted, timed
from .stage import PASSWORD

LIMIT = 1000.0
#: Seconds between two replies of a manager; each costs the marketplace's budget two requests.
PAUSE = (1.0, 3.0)
MANAGERS = 2


def measure(stage, plan, meanwhile="", replies=None, until=None):
    """
    :param meanwhile: what goes on at the same time, for the table
    :param until: while this holds, more replies are written
    """
    chats = stage.chats[: 10 * MANAGERS]
    numbers = {chat: stage.channel.conversation(chat) for chat in chats}
    hands = [Hand(stage, f"m{n + 1}", chats[n::MANAGERS], numbers) for n in range(MANAGERS)]
    share = (replies or plan.replies) // MANAGERS
    with ThreadPoolExecutor(MANAGERS) as pool:
        written = [one for part in pool.map(lambda hand: hand.write(share, until), hands) for one in part]
    stage.settle(30)
    arrived = {
        message["text"]: message["created"] for chat in chats for message in stage.shop.messages(chat, "out")
    }
    lags = [(arrived[text] - at) * 1000 for text, at in written if text in arrived]
    name = f"manager sends → at the marketplace{meanwhile}"
    return [timed(name, lags, LIMIT), counted(f"{name}: lost", len(written) - len(lags), goal=0)]


class Hand:
    """A manager who writes in some chats by turns."""

    def __init__(self, stage, login, chats, numbers):
        session = stage.node.session(login, PASSWORD)
        self.rpc, self.chats, self.numbers = stage.node.rpc(login, session), chats, numbers

    def write(self, share, until):
        written = []
        while len(written) < share or (until and until()):
            text = f"Ответ {uuid.uuid4().hex}"
            chat = random.choice(self.chats)
            at = time.time()
            self.rpc("marketplace.conversation", "chats_post", [self.numbers[chat]], text, str(uuid.uuid4()))
            written.append((text, at))
            time.sleep(random.uniform(*PAUSE))
        return written
