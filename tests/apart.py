"""Odoo in processes, as at a dealer's, on a database server of its own."""

from pathlib import Path

from odoo_server import OwnServer

from devtools import demo
from devtools.beside import Beside
from devtools.paths import ROOT
from devtools.process import Process
from devtools.system import free_port

HTTP_WORKERS, CRON_WORKERS = 2, 2


class Apart(Beside):
    """A workspace whose Odoo has two workers for HTTP, two for scheduled actions, one process for websockets."""

    scratch_kind = "apart"

    def serve(self, database, port, *options, log):
        common = ["--db-filter", f"^{database}$", "--http-port", port]
        common += ["--workers", HTTP_WORKERS, "--max-cron-threads", CRON_WORKERS]
        common += ["--log-handler", "werkzeug:WARNING"]
        python, _, _, *rest = self.odoo_command("server", database, *common, *options)
        return Process("Odoo", [python, self.program(), *rest], env=self.environment, cwd=ROOT, log=log)


class Node(OwnServer):
    """One Odoo server with its processes of an `Apart`; `bus_url` is where its websockets are."""

    def __init__(self, workspace, database, name, *options):
        super().__init__(workspace, database, name)
        self.bus_port, self.options = free_port(), options
        self.bus_url = f"http://127.0.0.1:{self.bus_port}"

    def start(self):
        super().start()
        health = f"{self.bus_url}/websocket/health"
        demo.wait_for(lambda: demo.answers(health), self.process, "Odoo's process for websockets")

    def launch(self, log):
        options = ("--gevent-port", self.bus_port, *self.options)
        return self.workspace.serve(self.db, self.port, *options, log=log)

    def processes(self):
        """Numbers of the process that was started and of all that it has started."""
        found, left = [], [self.process.popen.pid]
        while left:
            found.append(left.pop())
            try:
                tasks = Path(f"/proc/{found[-1]}/task/{found[-1]}/children").read_text()
            except FileNotFoundError:
                continue
            left += map(int, tasks.split())
        return found
