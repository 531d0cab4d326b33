"""What is measured on: a dealership whose Odoo works in processes on a database that waits for the disk."""

import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from apart import Apart, Node
from dealership import Dealership, Marketplace
from stand_ins import stand_ins

from devtools import demo
from devtools.paths import CACHE
from devtools.process import locked

from ..ground import DurableServer

#: Of the managers.
PASSWORD = "anna"
PEOPLE = Path(__file__).with_name("people.py")
#: The stand-ins' own limits; where the marketplace's budget itself is measured they are put back.
NO_LIMITS = {"avito_rate_per_minute": 0, "avito_path_limits": False, "autoru_rate_per_minute": 0}
LIMITS = {"avito_rate_per_minute": 300, "avito_path_limits": True}
#: Requests a minute that the addon allows itself where the budget is not what is measured.
WIDE = 60000


class WatchedServer(DurableServer):
    """One that also counts what its statements take."""

    folder = "pg-bench-live"
    settings = {**DurableServer.settings, "shared_preload_libraries": "'pg_stat_statements'"}


class Stage:
    """`node`: Odoo; `channel`: the demo's at Avito, with deliveries; `shop`: its stand-in; `chats`: ids there."""

    def __init__(self, workspace, node, simulator):
        self.workspace, self.node, self.simulator = workspace, node, simulator
        self.dealership = Dealership(node)
        self.channel = self.dealership.channel("avito")
        self.shop = Marketplace(simulator, "avito")
        self.chats = []

    def sql(self, *statements):
        return self.workspace.server.query(*statements, database=self.node.db)

    def number(self, statement):
        """The one number that a query gives; 0 for none."""
        return float(self.sql(statement) or 0)

    def widen_budget(self):
        """Take the addon's own limits out of the way."""
        self.sql(f"update marketplace_budget set per_minute = {WIDE}, paused_until = 0, tokens = {WIDE}")

    def open_chats(self, number):
        """Chats in which buyers write, known on both sides."""
        said = [self.shop.say(name=f"Поток {n}", text="Добрый день") for n in range(number)]
        for one in said:
            self.channel.await_message(one["chat_id"], one["message_id"], how="events")
        self.chats = [one["chat_id"] for one in said]

    def new_account(self, name):
        """A dealer more at Avito; its keys as the channel takes them, and its number there."""
        keys = {"client_id": name, "client_secret": f"{name}-secret"}
        made = self.simulator.control("POST", "/accounts", {"marketplace": "avito", **keys, "name": name})
        values = {"name": name, "marketplace": "avito", "base_url": self.simulator.avito_url}
        return {**values, **{f"avito_{key}": value for key, value in keys.items()}}, made["account"]

    def settle(self, seconds=60):
        """Wait until no delivery and no reply is left to be worked on."""
        deadline = time.monotonic() + seconds
        left = """select (select count(*) from marketplace_event where state = 'new')
                       + (select count(*) from marketplace_message where state in ('queued', 'sending'))"""
        while self.number(left) and time.monotonic() < deadline:
            time.sleep(0.2)

    def one_cron_worker(self):
        """Start Odoo anew with but one worker for scheduled actions."""
        self.node.end()
        self.node.options = ("--max-cron-threads", 1)
        self.node.start()

    def memory(self):
        """Resident memory of each of Odoo's processes, MB by process number."""
        return {number: resident(number) for number in self.node.processes()}


def resident(process):
    """Memory of a process that is its own, MB; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


@contextmanager
def staged(workspace, managers):
    """Open the stage with so many managers, and close it again."""
    with ExitStack() as stack:
        stack.enter_context(locked(CACHE / "bench.lock", "measures"))
        simulator = stack.enter_context(stand_ins("bench-simulator", "--quiet"))
        apart = Apart(workspace, WatchedServer())
        stack.callback(apart.server.stop)
        database = stack.enter_context(apart.scratch())
        apart.server.query("create extension if not exists pg_stat_statements", database=database)
        node = Node(apart, database, "bench-live")
        demo.seed(apart, database, node.url, simulator)
        apart.script(
            database, PEOPLE, log="bench-people.log", name="bench/live/people.py", BENCH=str(managers)
        )
        stack.callback(node.end)
        node.start()
        demo.wait_for_chats(apart, database, node.process)
        simulator.control("POST", "/config", NO_LIMITS)
        stage = Stage(apart, node, simulator)
        stage.channel.deliveries(True)
        stage.widen_budget()
        yield stage
