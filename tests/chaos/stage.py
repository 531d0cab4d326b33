"""What the chaos run plays on: a database server that may be stopped in the middle, two Odoo servers whose processes
may be killed, the simulator, and the dealership's employees."""

import json
import os
import random
import signal
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import requests
from odoo_server import OdooError, OwnServer

from devtools import demo, postgres
from devtools.beside import Beside
from devtools.paths import ROOT
from devtools.process import Problem, Process
from devtools.system import free_port

EMPLOYEES = ("anna", "ivan")
MARKETPLACES = ("avito", "autoru")
#: Requests a minute that the addon's own budget allows itself meanwhile: the run is not about waiting.
WIDE_BUDGET = 20000
#: The limits of the stand-ins are tested elsewhere.
NO_LIMITS = {"avito_rate_per_minute": 0, "avito_path_limits": False, "autoru_rate_per_minute": 0}
ODOO_BIN = Path(__file__).with_name("odoo_bin.py")
HTTP_WORKERS, CRON_WORKERS = 2, 2
#: Keeps every change of a message's state, and every message that goes.
LEDGER = """
    create table chaos_ledger (at timestamp default clock_timestamp(), message int, key text, external_id text,
                               was text, becomes text, reason text);
    create function chaos_note() returns trigger language plpgsql as $$ begin
        if tg_op = 'DELETE' then
            insert into chaos_ledger (message, key, external_id, was)
            values (old.id, old.key, old.external_id, old.state);
        elsif old.state is distinct from new.state then
            insert into chaos_ledger (message, key, external_id, was, becomes, reason)
            values (new.id, new.key, new.external_id, old.state, new.state, new.reason);
        end if;
        return null;
    end $$;
    create trigger chaos_note after update or delete on marketplace_message
        for each row execute function chaos_note();
"""


class Database(postgres.OwnServer):
    """A server beside the one that is shared, so that it can be stopped. What it has committed it keeps."""

    folder = "pg-chaos"
    settings = {**postgres.SETTINGS, "synchronous_commit": "on"}

    def restart(self, mode, pause):
        """Stop it (`immediate`: as by a crash; `fast`: connections are cut) and start it that much later."""
        self._call("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")
        time.sleep(pause)
        self._launch()


class ChaosWorkspace(Beside):
    """The workspace `source`, on the database server of the run; Odoo works in processes, as at a dealer's."""

    scratch_kind = "chaos"

    def serve(self, database, port, *, log):
        options = ["--db-filter", f"^{database}$", "--http-port", port]
        options += ["--workers", HTTP_WORKERS, "--max-cron-threads", CRON_WORKERS]
        options += ["--log-handler", "werkzeug:WARNING"]
        python, _, _, *rest = self.odoo_command("server", database, *options)
        return Process("Odoo", [python, ODOO_BIN, *rest], env=self.environment, cwd=ROOT, log=log)


class Stage:
    """The whole, opened by `staged`: `simulator`, `servers`, `database`, and ways to ask them."""

    def __init__(self, workspace, name, simulator, servers):
        self.workspace, self.name, self.simulator, self.servers = workspace, name, simulator, servers

    def control(self, method, path, json=None):
        """Ask the simulator; its answer must be a success."""
        answer = requests.request(method, f"{self.simulator.control_url}{path}", json=json, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def sql(self, *statements):
        """Rows as psql prints them."""
        return self.workspace.server.query(*statements, database=self.name)

    def rows(self, select):
        """The rows of a query as dicts."""
        return json.loads(self.sql(f"select coalesce(json_agg(r), '[]') from ({select}) r"))

    def widen_budget(self):
        """Take the addon's own limits, and the pauses that refusals have set, out of the way."""
        self.sql(
            f"update marketplace_budget set per_minute = {WIDE_BUDGET}, paused_until = 0, tokens = {WIDE_BUDGET}"
        )

    def employee(self, login):
        return Employee(self, login)


class Employee:
    """A user who calls by RPC and, as the browser does, tries again what got no answer. Either server will do."""

    def __init__(self, stage, login):
        self.login, self.retries = login, 0
        self.rng = random.Random(f"{login}/way")
        self.stage = stage
        self.log_in()

    def log_in(self):
        sessions = [(server, server.session(self.login)) for server in self.stage.servers]
        self.ways = [(server, session, server.csrf_token(session)) for server, session in sessions]

    def __call__(self, model, method, *args):
        """Return what the method returns. What Odoo refuses for a reason of its own is an OdooError."""
        return self._patiently(
            lambda server, session, _: server.rpc(self.login, session)(model, method, *args)
        )

    def upload(self, conversation, content):
        """Hand over a picture for a reply; its number. Where no answer comes there will be one too many."""
        return self._patiently(lambda server, *way: server.upload(*way, conversation, content))["id"]

    def _patiently(self, ask, patience=120):
        until = time.monotonic() + patience
        while True:
            try:
                return ask(*self.rng.choice(self.ways))
            except (requests.RequestException, OdooError) as error:
                refused = isinstance(error, OdooError) and error.name.startswith("odoo.exceptions.")
                if refused or time.monotonic() > until:
                    raise
                self.retries += 1
                time.sleep(0.3)
                if isinstance(error, OdooError) and "SessionExpired" in error.name:
                    with suppress(requests.RequestException, OdooError):
                        self.log_in()


def keep_alive(server):
    """Start a server that has ended by itself, as a service manager does: Odoo's master ends when it wants to fork and
    the database does not answer.

    :return: whether it had
    """
    if server.process.poll() is None:
        return False
    server.end()
    with suppress(Problem):  # the next look sees
        server.start()
    return True


def workers(server):
    """Numbers of the processes that a server has forked: HTTP workers, cron workers, the bus."""
    main = server.process.popen.pid
    try:
        return [int(one) for one in Path(f"/proc/{main}/task/{main}/children").read_text().split()]
    except FileNotFoundError:  # it is just being started again
        return []


def kill_worker(server, rng):
    """Kill one of a server's workers; Odoo's own master starts another one."""
    found = workers(server)
    if found:
        os.kill(rng.choice(found), signal.SIGKILL)
    return bool(found)


def share_channels(stage):
    """Both employees answer at both marketplaces."""
    admin = stage.employee("admin")
    users = admin("res.users", "search", [["login", "in", list(EMPLOYEES)]])
    channels = admin("marketplace.channel", "search", [])
    admin("marketplace.channel", "write", channels, {"user_ids": [[6, 0, users]]})


@contextmanager
def staged(source, seed):
    """Open the stage: both channels connected, Avito delivering, Auto.ru pulled, no chats yet."""
    with ExitStack() as stack:
        workspace = ChaosWorkspace(source, Database())
        stack.callback(workspace.server.stop)
        name = stack.enter_context(workspace.scratch())
        simulator = demo.Simulator(free_port(), free_port(), free_port())
        process = simulator.start("--seed", seed, "--quiet", log=f"test-chaos-simulator-{os.getpid()}.log")
        stack.callback(process.end)
        servers = [OwnServer(workspace, name, f"chaos-{letter}") for letter in "ab"]
        for server in servers:
            stack.callback(server.end)
        stage = Stage(workspace, name, simulator, servers)
        stage.control("POST", "/reset", {"empty": True})
        stage.control("POST", "/config", NO_LIMITS)
        demo.seed(workspace, name, servers[0].url, simulator, deliveries=True)
        stage.sql(LEDGER)
        for server in servers:
            server.start()
        share_channels(stage)
        yield stage
