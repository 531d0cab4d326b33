"""What is measured on: a dealership with many chats, and an employee's browser."""

import json
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dealership import Dealership, Marketplace
from odoo_server import own_server
from pages import Pages
from playwright.sync_api import sync_playwright
from stand_ins import SimulatorUnderTest

from devtools import demo
from devtools.process import say
from devtools.system import chromium, free_port

SEED = Path(__file__).with_name("seed.py")
CONVERSATIONS, LONG = 10_000, 5_000
#: Those that are switched among, each with more than a page of messages; the others have a few.
SWITCHED, SWITCHED_MESSAGES, FEW = 200, 60, 5
#: Chats in which buyers write meanwhile, beside the long one.
LIVE = 20


class Stage:
    """`channel`: Avito's; `shop`: its stand-in; `long`, `live`: the marketplace's ids of chats."""

    def __init__(self, server, simulator, pages):
        self.server, self.pages = server, pages
        self.dealership = Dealership(server)
        self.channel = self.dealership.channel("avito")
        self.shop = Marketplace(simulator, "avito")
        self.channel.deliveries(True)
        said = [self.shop.say(name=f"Поток {number}", text="Добрый день") for number in range(LIVE + 1)]
        self.long, *self.live = [one["chat_id"] for one in said]
        for one in said:
            self.channel.await_message(one["chat_id"], one["message_id"])

    def number(self, chat_id):
        """A chat's number in Odoo."""
        return self.channel.conversation(chat_id)


@contextmanager
def staged(workspace):
    """Open the stage, and close it again."""
    with ExitStack() as stack:
        simulator = SimulatorUnderTest(free_port(), free_port(), free_port())
        process = simulator.start("--quiet", log=f"test-bench-simulator-{os.getpid()}.log")
        stack.callback(process.end)

        def make(workspace, database):
            workspace.ensure(database)
            demo.seed(workspace, database, "http://127.0.0.1:8069", simulator)

        server = stack.enter_context(own_server(workspace, "bench", make))
        # Where the marketplace has to deliver to is known only now.
        Dealership(server).admin("ir.config_parameter", "set_param", "web.base.url", server.url)
        demo.wait_for_chats(workspace, server.db, server.process)
        playwright = stack.enter_context(sync_playwright())
        chrome = playwright.chromium.launch(executable_path=chromium(), args=["--disable-dev-shm-usage"])
        stack.callback(chrome.close)
        stage = Stage(server, simulator, Pages(chrome, server, "bench"))
        say(f"{CONVERSATIONS:,} conversations")
        wish = {
            "channel": stage.channel.id,
            "conversations": CONVERSATIONS,
            "switched": SWITCHED,
            "long": stage.number(stage.long),
            "messages": LONG,
            "switched_messages": SWITCHED_MESSAGES,
            "few": FEW,
        }
        workspace.script(
            server.db, SEED, log="bench-seed.log", name="bench/browser/seed.py", BENCH=json.dumps(wish)
        )
        yield stage
