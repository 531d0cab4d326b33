"""The demo: a dealership's Odoo and the two stand-in marketplaces, with what looks into it and renews it."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from . import python_env
from .paths import ADDON, CACHE, PYTHON, ROOT, SIMULATOR
from .process import Lock, Problem, Process, locked, say, tail
from .system import is_free
from .workspace import Workspace, addon_key, short_hash

DATABASE = os.environ.get("PGDATABASE") or "demo"
STATE = CACHE / "demo.json"
# What the simulator remembers over a restart, as Odoo's database does.
MEMORY = CACHE / "simulator.json"
SEED = Path(__file__).with_name("demo_seed.py")
LOGINS = {"admin": "администратор", "anna": "оба канала", "ivan": "только Avito"}
# Channels whose first pull has neither succeeded nor failed yet.
NOT_PULLED = """
    select count(*) from marketplace_channel c where c.active and not exists (
        select from marketplace_job j
        where j.channel_id = c.id and j.kind = 'pull' and (j.last_success_at is not null or j.failures > 0))
"""


class Simulator:
    """The stand-in marketplaces as a process, and their addresses."""

    def __init__(self, control_port, avito_port, autoru_port):
        self.ports = {"control": control_port, "avito": avito_port, "autoru": autoru_port}
        self.control_url, self.avito_url, self.autoru_url = (
            f"http://127.0.0.1:{port}" for port in self.ports.values()
        )

    def start(self, *options, log):
        """Start it, wait until it answers, and return its process."""
        ports = [part for name, port in self.ports.items() for part in (f"--{name}-port", port)]
        process = Process("the simulator", [PYTHON, "-m", SIMULATOR, *ports, *options], cwd=ROOT, log=log)
        try:
            wait_for(lambda: answers(f"{self.control_url}/requests"), process, "the simulator's control port")
        except BaseException:
            process.end()
            raise
        return process


def answers(url):
    """Tell whether a GET of that address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def wait_for(condition, process, what, seconds=120):
    """Wait until the condition holds; a Problem when the process ends before, or it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None:
            raise process.failure()
        if time.monotonic() > deadline:
            raise Problem(
                f"{what}: nothing after {seconds} s\n{tail(process.log)}\n(the whole log: {process.log})"
            )
        time.sleep(0.2)


def ensure_database(workspace):
    """Make the demo's database if there is none. It is marked with what it was made of: addon and seed."""
    workspace.ensure(DATABASE, f"{addon_key()} -")


def upgrade(workspace):
    """Upgrade the addon in the demo's database."""
    key, seeded = addon_key(), workspace.mark(DATABASE).split()[1]
    say(f"upgrade {ADDON}")
    workspace.install(DATABASE, "-u", ADDON, log="upgrade.log", name=f"upgrading {ADDON}")
    workspace.set_mark(DATABASE, f"{key} {seeded}")


def seed(workspace, database, odoo_url, simulator, *, deliveries=False):
    """Make a database the demo's dealership, its channels connected to that simulator.

    With `deliveries` Avito delivers to that Odoo; else its channel is asked for messages alone.
    """
    urls = {"odoo_url": odoo_url, "avito_url": simulator.avito_url, "autoru_url": simulator.autoru_url}
    urls["deliveries"] = deliveries
    workspace.script(database, SEED, log="seed.log", name="demo_seed.py", DEMO_SEED=json.dumps(urls))


def ensure_seed(workspace, odoo_url, simulator):
    """Seed the demo, unless it was seeded in the same way before."""
    key, seeded = workspace.mark(DATABASE).split()
    wanted = short_hash(f"{SEED.read_text()} {odoo_url} {simulator.ports}")
    if seeded != wanted:
        say("the dealership: users, channels")
        seed(workspace, DATABASE, odoo_url, simulator, deliveries=True)
        workspace.set_mark(DATABASE, f"{key} {wanted}")


def wait_for_chats(workspace, database, odoo):
    """Have the channels pulled now, rather than within a minute, and wait until each has been tried."""

    def pulled():
        workspace.server.query(f"notify cron_trigger, '{database}'")
        return workspace.server.query(NOT_PULLED, database=database) == "0"

    wait_for(pulled, odoo, "the first pull of the chats")


class Demo:
    """A running demo. SIGUSR1 (sent by `./dev update`) upgrades the addon in it."""

    def __init__(self, workspace, port, simulator):
        self.workspace, self.port, self.simulator = workspace, port, simulator
        self.url = f"http://127.0.0.1:{port}"
        self.processes = {}
        self.updates, self.wanted_updates = 0, 0

    def start(self, *, fresh, live):
        """Start everything; return when the chats are on the screen."""
        say("the simulator")
        if fresh:
            MEMORY.unlink(missing_ok=True)
        options = ["--state", MEMORY, *(["--live"] if live else [])]
        self.processes["simulator"] = self.simulator.start(*options, log="simulator.log")
        if fresh:
            self.workspace.drop(DATABASE)
        ensure_database(self.workspace)
        if self.workspace.mark(DATABASE).split()[0] != addon_key():
            upgrade(self.workspace)
        ensure_seed(self.workspace, self.url, self.simulator)
        self.start_odoo()
        wait_for_chats(self.workspace, DATABASE, self.processes["odoo"])

    def start_odoo(self):
        say("Odoo")
        self.processes["odoo"] = odoo = self.workspace.serve(DATABASE, self.port, log="odoo.log")
        wait_for(lambda: answers(f"{self.url}/web/login"), odoo, "Odoo's login page")

    def watch(self):
        """Wait for an interrupt, upgrading when asked; a Problem when one of the processes ends."""
        signal.signal(signal.SIGUSR1, self.want_update)
        self.note_state()
        while True:
            for process in self.processes.values():
                if process.poll() is not None:
                    raise process.failure()
            if self.wanted_updates > self.updates:
                self.update()
            time.sleep(0.2)

    def want_update(self, *_):
        self.wanted_updates += 1

    def update(self):
        self.processes.pop("odoo").end()
        problem = ""
        try:
            upgrade(self.workspace)
        except Problem as failed:  # the database is as before: go on with it, and tell who asked
            problem = str(failed)
            say(problem)
        self.start_odoo()
        self.updates = self.wanted_updates
        self.note_state(problem)

    def note_state(self, problem=""):
        fresh = STATE.with_suffix(".new")
        fresh.write_text(
            json.dumps({"pid": os.getpid(), "url": self.url, "updates": self.updates, "problem": problem})
        )
        fresh.replace(STATE)

    def stop(self):
        STATE.unlink(missing_ok=True)
        for process in reversed(self.processes.values()):
            process.end()


@contextmanager
def only_one():
    """Let no second demo run on this cache."""
    lock = Lock(CACHE / "demo.lock")
    if not lock.acquire(wait=False):
        raise Problem("the demo runs already: end the other `./dev run` first")
    try:
        yield
    finally:
        lock.release()


def run(port, simulator_port, *, fresh, live):
    """Run the demo until interrupted."""
    simulator = Simulator(simulator_port, simulator_port + 1, simulator_port + 2)
    with only_one():
        for name, number in {"port": port, "simulator-port": simulator_port, **simulator.ports}.items():
            if not is_free(number):
                option = "--port" if name == "port" else "--simulator-port"
                raise Problem(
                    f"port {number} is busy: end what listens there, or choose another one with {option}"
                )
        with Workspace() as workspace:
            demo = Demo(workspace, port, simulator)
            try:
                demo.start(fresh=fresh, live=live)
                announce(demo)
                demo.watch()
            finally:
                demo.stop()


def announce(demo):
    """Print what the user (and whoever waits for these lines) needs to know."""
    lines = [f"Ready: {demo.url}", f"Simulator control: {demo.simulator.control_url}"]
    lines += [f"  {login} / {login}   {meaning}" for login, meaning in LOGINS.items()]
    print("\n".join(lines), flush=True)


def update():
    """Upgrade the addon in the demo, through the running one if there is one."""
    lock = Lock(CACHE / "demo.lock")
    if lock.acquire(wait=False):
        with Workspace() as workspace:
            if workspace.mark(DATABASE) is None:
                raise Problem("there is no demo yet: `./dev run` makes it")
            upgrade(workspace)
        lock.release()
        return
    before = read_state()
    if not before:
        raise Problem("the demo is just starting: try again when it is ready")
    os.kill(before["pid"], signal.SIGUSR1)
    say("the running demo upgrades itself")
    while (now := read_state()) and now["updates"] == before["updates"]:
        time.sleep(0.3)
    if not now:
        raise Problem("the demo ended meanwhile")
    if now["problem"]:
        raise Problem(now["problem"])
    say(f"done: {now['url']}")


def read_state():
    """Return what the running demo notes about itself, or None."""
    return json.loads(STATE.read_text()) if STATE.exists() else None


def simulator(arguments):
    """Run the simulator in the foreground."""
    with locked(CACHE / "setup.lock", "sets up Python packages"):
        python_env.ensure()
    program = [str(PYTHON), "-m", SIMULATOR, *arguments]
    os.chdir(ROOT)
    os.execv(program[0], program)


def shell():
    """Open Odoo's shell on the demo's database."""
    return interactive(
        lambda workspace: workspace.odoo_command("shell", DATABASE, "--no-http", "--log-level", "warn")
    )


def psql(arguments):
    """Open psql on the demo's database."""
    return interactive(lambda workspace: [*workspace.server.psql_command(DATABASE), *arguments])


def interactive(command):
    """Give the terminal to a program that works on the demo's database; return its exit code."""
    with Workspace() as workspace:
        ensure_database(workspace)
        signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl+C is for that program
        program = [str(part) for part in command(workspace)]
        return subprocess.run(program, env=workspace.environment, cwd=ROOT).returncode
