"""The set-up of docs/scaling.md: two Odoo servers in processes, a database server with a streaming replica that they
read from, the headers of a proxy."""

import re
import shutil
import uuid
from collections import Counter
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace

import pytest
import requests
from apart import Apart, Node
from chaos.stage import NO_LIMITS, Database
from dealership import Dealership, Marketplace, until
from odoo_server import logged_errors
from stand_ins import stand_ins

from devtools import demo, postgres
from devtools.process import side_by_side

ADDRESS = "chats.dealer.example"
CHANNELS, TICKS, REPLIES = 6, 2, 10
#: Seconds that the marketplace takes to answer, so that the workers' turns overlap.
THINKING = 0.15
PULLS = "Chats: ask for messages"
#: Whoever works on a channel holds such a lock.
HELD = """
    select count(*) from pg_locks l join pg_database d on d.oid = l.database
     where l.locktype = 'advisory' and d.datname = current_database()
"""


class Replica(postgres.OwnServer):
    """A streaming replica of `primary`, made anew each time."""

    folder = "pg-replica"

    def __init__(self, primary):
        super().__init__()
        self.primary = primary

    def start(self):
        self._prepare_folders()
        shutil.rmtree(self.data, ignore_errors=True)
        super().start()

    def _create(self):
        connection = ["-h", self.primary.socket, "-p", "5432", "-U", "odoo"]
        options = ["-R", "--checkpoint=fast", "--no-sync"]
        status, _, error = self._call("pg_basebackup", *connection, "-D", self.data, *options)
        assert not status, error
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(f"unix_socket_directories = '{self.socket}'\n")

    @contextmanager
    def behind(self):
        """What is written meanwhile arrives only afterwards."""
        self.query("select pg_wal_replay_pause()")
        until("it has paused", lambda: self.query("select pg_get_wal_replay_pause_state()") == "paused")
        try:
            yield
        finally:
            self.query("select pg_wal_replay_resume()")

    def catch_up(self):
        written = self.primary.query("select pg_current_wal_lsn()")
        reached = f"select pg_last_wal_replay_lsn() >= '{written}'"
        until("the replica has caught up", lambda: self.query(reached) == "t")


@pytest.fixture(scope="module")
def scaled(workspace):
    """Two servers on one database, with a replica for reading."""
    with ExitStack() as stack:
        simulator = stack.enter_context(stand_ins("scaling-simulator", "--quiet"))
        simulator.control("POST", "/config", NO_LIMITS)
        apart = Apart(workspace, Database())
        stack.callback(apart.server.stop)
        database = stack.enter_context(apart.scratch())
        demo.seed(apart, database, f"https://{ADDRESS}", simulator)
        # Else Odoo takes the address at which an administrator logs in for its own.
        freeze = "insert into ir_config_parameter (key, value) values ('web.base.url.freeze', 'True')"
        apart.server.query(freeze, database=database)
        replica = Replica(apart.server)
        replica.start()
        stack.callback(replica.stop)
        reading = ["--db_replica_host", replica.socket, "--db_replica_port", "5432"]
        nodes = [Node(apart, database, f"node-{name}", "--proxy-mode", *reading) for name in "ab"]
        for node in nodes:
            stack.callback(node.end)
        side_by_side(*(node.start for node in nodes))
        demo.wait_for_chats(apart, database, nodes[0].process)
        yield SimpleNamespace(
            replica=replica,
            nodes=nodes,
            dealerships=[Dealership(node) for node in nodes],
            shop=Marketplace(simulator, "avito"),
            simulator=simulator,
            sql=nodes[0].query,
        )
        errors = [error for node in nodes for error in logged_errors(node.log) if "deadlock" not in error]
    assert not errors, "\n".join(errors)


@pytest.fixture(scope="module")
def accounts(scaled):
    """Channels more, each an account of its own: its number at the marketplace by its number in Odoo."""
    found = {}
    for number in range(CHANNELS):
        keys = {"client_id": f"c{number}", "client_secret": "s"}
        wish = {"marketplace": "avito", "name": f"c{number}", **keys}
        account = scaled.simulator.control("POST", "/accounts", wish)["account"]
        values = {"marketplace": "avito", "base_url": scaled.shop.simulator.avito_url}
        values |= {f"avito_{key}": value for key, value in keys.items()}
        found[scaled.dealerships[0].new_channel(name=f"c{number}", **values).id] = account
    return found


def test_channels_are_shared_and_none_is_pulled_twice(scaled, accounts):
    admin = scaled.dealerships[0].admin
    # One scheduled action is run by one worker at a time; a copy of it takes its share of the channels.
    action = admin("ir.cron", "search", [["cron_name", "=", PULLS]])
    copy = admin("ir.cron", "copy", action, {"active": True})
    ids = ",".join(map(str, accounts))
    where = f"kind = 'pull' and channel_id in ({ids})"
    jobs = f"marketplace_job where {where}"
    later = "now() at time zone 'utc' + interval '1 hour'"

    def tick():
        scaled.sql(f"update marketplace_job set next_run_at = {later} where {where}")
        until("nobody pulls any more", lambda: scaled.sql(HELD) == "0")
        scaled.simulator.control("GET", "/requests?reset=1")
        past = "now() at time zone 'utc' - interval '1 second'"
        scaled.sql(f"update marketplace_job set last_run_at = null, next_run_at = {past} where {where}")
        scaled.sql(f"update ir_cron set nextcall = {past} where cron_name like '{PULLS}%'")
        until(
            "all channels are pulled",
            lambda: scaled.sql(f"select count(*) from {jobs} and last_run_at is not null") == str(CHANNELS),
            nudge=scaled.dealerships[0].run_due_jobs,
        )
        recent = scaled.simulator.control("GET", "/requests")["recent"]
        asked = Counter(re.findall(r"/accounts/(\d+)/chats ", " ".join(one["path"] + " " for one in recent)))
        return [asked[str(account)] for account in accounts.values()]

    tick()  # reads what there is; histories and comparisons ask for the same pages
    until(
        "the histories are read",
        lambda: (
            scaled.sql(f"select bool_and(history_done) from marketplace_channel where id in ({ids})") == "t"
        ),
        nudge=lambda: wake(admin, "history", accounts),
    )
    others = f"kind <> 'pull' and channel_id in ({ids})"
    scaled.sql(f"update marketplace_job set next_run_at = {later} where {others}")
    scaled.shop.fault("slow", seconds=THINKING)
    try:
        asked = [tick() for _ in range(TICKS)]
    finally:
        scaled.shop.no_faults()
        admin("ir.cron", "unlink", copy)
    assert asked == [[1] * CHANNELS] * TICKS


def wake(admin, kind, channels):
    """Have a job of these channels run now."""
    domain = [["channel_id", "in", list(channels)], ["kind", "=", kind]]
    admin("marketplace.job", "action_wake", admin("marketplace.job", "search", domain))


def test_replies_given_at_both_servers_leave_once(scaled):
    said = [scaled.shop.say(name=f"Узел {number}", text="Здравствуйте") for number in range(2)]
    channel = scaled.dealerships[0].channel("avito")
    chats = {one["chat_id"]: channel.await_message(one["chat_id"], one["message_id"]) for one in said}
    texts = [(chat, f"Ответ {number}") for number in range(REPLIES) for chat in chats]
    for number, (chat, text) in enumerate(texts):
        scaled.dealerships[number % 2].post("anna", chats[chat], text, str(uuid.uuid4()))
    until(
        "all replies have left",
        lambda: all(scaled.shop.sent(chat, text) for chat, text in texts),
        nudge=scaled.dealerships[1].run_due_jobs,
    )
    for chat in chats:
        sent = [message["text"] for message in scaled.shop.messages(chat, "out")]
        assert sent == [text for where, text in texts if where == chat]


def test_the_screens_questions_are_answered_by_the_replica(scaled):
    said = scaled.shop.say(name="Реплика", text="Первое")
    channel = scaled.dealerships[0].channel("avito")
    chat = channel.await_message(said["chat_id"], said["message_id"])
    scaled.replica.catch_up()
    answers = [Answers(dealership, chat) for dealership in scaled.dealerships]
    with scaled.replica.behind():
        before = answers[0].all()
        # A reply is written, and leaves, while the replica does not move.
        given = scaled.dealerships[0].post("anna", chat, "Здравствуйте, в наличии", str(uuid.uuid4()))
        until(
            "the reply has left",
            lambda: scaled.shop.sent(said["chat_id"], "Здравствуйте, в наличии"),
            nudge=scaled.dealerships[1].run_due_jobs,
        )
        late = [one.all() for one in answers]
    # Had the questions gone to the first server, they would have shown the reply.
    assert late == [before, before]
    # The screen takes nothing older than what it holds, by the version of the row: static/tests/thread.test.js.
    newer = version(given["store"], chat)
    assert before["version"] < newer
    scaled.replica.catch_up()
    until("the replica shows it", lambda: answers[1].all()["ids"] == [*before["ids"], *given["ids"]])
    assert answers[1].all()["version"] >= newer and not answers[1].all()["waits"]


class Answers:
    """What the Chats screen asks of one server: the list, a chat's messages, the numbers."""

    def __init__(self, dealership, chat):
        self.rpc, self.chat = dealership.rpc("anna"), chat

    def all(self):
        thread = self.rpc("marketplace.conversation", "chats_thread", [self.chat])
        waiting = self.rpc("marketplace.conversation", "chats_list", "waiting")
        return {
            "ids": thread["ids"],
            "version": version(thread["store"], self.chat),
            "waits": self.chat in waiting["ids"],
            "counts": self.rpc("marketplace.conversation", "chats_counts"),
        }


def version(store, chat):
    return next(row["version"] for row in store["marketplace.conversation"] if row["id"] == chat)


def test_behind_a_proxy(scaled):
    """The proxy's headers tell who asks for what; nginx itself is not started here."""
    headers = {"X-Forwarded-Host": ADDRESS, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    for node in scaled.nodes:
        answer = requests.get(f"{node.url}/odoo", headers=headers, allow_redirects=False, timeout=60)
        assert answer.headers["Location"].startswith((f"https://{ADDRESS}/web/login", "/web/login"))
        socket = requests.get(f"{node.bus_url}/websocket/health", headers=headers, timeout=60)
        assert socket.json() == {"status": "pass"}
    channel = scaled.dealerships[0].channel("avito")
    address = channel.read("webhook_url")["webhook_url"]
    assert address.startswith(f"https://{ADDRESS}/crm_marketplace_chats/hook/")
    inside = address.replace(f"https://{ADDRESS}", scaled.nodes[1].url)
    assert requests.post(inside, json={}, headers=headers, timeout=60).status_code == 200
