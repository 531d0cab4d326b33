"""What is measured on: one channel on a database that waits for the disk; nobody asks for its messages."""

from contextlib import contextmanager
from pathlib import Path

from apart import Apart

from devtools import demo
from devtools.paths import CACHE
from devtools.process import locked

from ..ground import DurableServer

HERE = Path(__file__).parent


class Stage:
    """`channel`: the number of Avito's."""

    def __init__(self, workspace, database):
        self.workspace, self.database = workspace, database
        self.channel = self.sql(
            "select id from marketplace_channel where marketplace = 'avito' order by id limit 1"
        )

    def sql(self, *statements):
        return self.workspace.server.query(*statements, database=self.database)

    def number(self, statement):
        """The one number that a query gives."""
        return float(self.sql(statement))

    def fill(self, messages):
        """Have that many messages, and what follows from them."""
        text = (HERE / "fill.sql").read_text()
        self.sql(text.replace(":channel", self.channel).replace(":messages", str(messages)))
        self.script("recount.py")
        self.sql("vacuum analyze marketplace_message", "vacuum analyze marketplace_conversation")

    def script(self, name):
        """Run one of the files beside this one in Odoo's shell."""
        path = f"bench/growing/{name}"
        self.workspace.script(self.database, HERE / name, log=f"bench-{name}.log", name=path)


@contextmanager
def staged(workspace):
    apart = Apart(workspace, DurableServer())
    try:
        with locked(CACHE / "bench.lock", "measures"), apart.scratch() as database:
            nobody = demo.Simulator(1, 2, 3)  # addresses at which nobody answers
            demo.seed(apart, database, "http://127.0.0.1:8069", nobody)
            yield Stage(apart, database)
    finally:
        apart.server.stop()
