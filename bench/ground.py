"""What the server's parts are measured on: PostgreSQL as it comes, which waits for the disk, and Odoo's processes."""

import json
import os
from contextlib import contextmanager
from pathlib import Path

from odoo_server import OdooUnderTest

from devtools import demo, postgres
from devtools.beside import Beside
from devtools.paths import CACHE, LOGS, ROOT
from devtools.process import Problem, Process, locked
from devtools.system import free_port

IN_ODOO = Path(__file__).with_name("in_odoo.py")
PREFIX = "bench_"
#: What a durable server says of itself.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class DurableServer(postgres.OwnServer):
    """A server beside the development's, with PostgreSQL's own settings: what it has committed it keeps."""

    folder, settings = "pg-bench", {"listen_addresses": "''"}


class Ground(Beside):
    """Databases on the durable server, Odoo's servers on them, and Python inside Odoo."""

    scratch_kind = "bench"
    #: Of every command of Odoo's, while something runs that needs them.
    options = ()

    def odoo_command(self, command, database, *arguments):
        return super().odoo_command(command, database, *self.options, *arguments)

    @contextmanager
    def database(self, name, with_addon=True):
        """A database as dealers have it (or without the addon), removed in the end."""
        name = f"{PREFIX}{name}"
        if with_addon:
            self.ensure(name)
        else:
            self.copy(self._dependencies_template(), name)
        try:
            yield name
        finally:
            self.drop(name)

    def in_odoo(self, function, database, **arguments):
        """Call a function of ours in Odoo's shell, with `env` and the arguments; return what it returns, as JSON.

        :param function: "module:name", the module of this package
        """
        answer = LOGS / f"bench-answer-{os.getpid()}.json"
        wish = {"function": function, "arguments": arguments, "answer": str(answer)}
        log = f"bench-{function.replace(':', '-')}.log"
        self.script(database, IN_ODOO, log=log, name=function, BENCH=json.dumps(wish))
        try:
            return json.loads(answer.read_text())
        finally:
            answer.unlink()

    @contextmanager
    def serving(self, database, *options, workers=0, environment=None):
        """Odoo's server on a database; with `workers` in processes and started as Odoo's own program, since only
        that can start the one for websockets."""
        port, gevent = free_port(), free_port()
        # No filter of databases: with one Odoo asks for the list of them with each request.
        options = ["--http-port", port, "--gevent-port", gevent, "--workers", workers, *options]
        python, _, _, *rest = self.odoo_command("server", database, *options)
        log = f"bench-odoo-{database}-{port}.log"
        process = Process(
            "Odoo",
            [python, self.program(), *rest],
            env={**self.environment, **(environment or {})},
            cwd=ROOT,
            log=log,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            demo.wait_for(lambda: demo.answers(f"{url}/web/login"), process, "Odoo's login page")
            server = OdooUnderTest(self, url, database, LOGS / log)
            server.process = process
            yield server
        finally:
            process.end()


@contextmanager
def ground(workspace):
    """Open it, for one run at a time."""
    with locked(CACHE / "bench.lock", "measures"):
        opened = Ground(workspace, DurableServer())
        try:
            for name, wanted in DURABLE.items():
                if opened.server.query(f"show {name}") != wanted:
                    raise Problem(f"{name} is not {wanted}: that would measure another database")
            for left in opened._databases(PREFIX):
                opened.drop(left)
            yield opened
        finally:
            opened.server.stop()
