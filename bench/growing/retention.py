"""Erasing what was kept long enough: how long each step holds anything, whether others have to wait, whether it can be
killed at any moment."""

import subprocess
import threading
import time

from devtools.paths import LOGS, ROOT
from devtools.process import say

from ..figures import counted, timed
from .stage import HERE

MONTHS = 12
STEP, WAIT, PATIENCE = 1000.0, 200.0, 1800
#: What others do meanwhile: a message comes in a young chat, and its chat is counted anew.
WORK = """
    begin;
    insert into marketplace_message (channel_id, conversation_id, external_id, direction, kind, body, sent_at, state)
    values ({channel}, {chat}, 'live-{number}', 'in', 'text', 'ещё вопрос', now() at time zone 'utc', 'received');
    update marketplace_conversation set last_message_preview = 'ещё вопрос {number}' where id = {chat};
    commit
"""
#: Of transactions that have written something: Odoo's start reads for longer.
OLDEST = """
    select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0) * 1000 from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
       and backend_xid is not null and application_name like 'odoo%'
"""
LEFT = """
    select count(*) from marketplace_message m join marketplace_conversation c on c.id = m.conversation_id
     where c.last_message_at < now() at time zone 'utc' - interval '{months} months'
"""


def measure(stage, plan):
    stage.sql(f"update marketplace_channel set keep_months = {MONTHS}")
    # The buyers of half of the chats wait for an answer: theirs would stay.
    stage.sql("update marketplace_conversation set ticked_at = now() at time zone 'utc'")
    stage.script("recount.py")
    stage.sql("vacuum analyze marketplace_message", "vacuum analyze marketplace_conversation")
    outdated = stage.number(LEFT.format(months=MONTHS))
    began = time.monotonic()
    with Others(stage) as others:
        kills = 0
        while left := stage.number(LEFT.format(months=MONTHS)):
            assert time.monotonic() - began < PATIENCE, f"{left:.0f} messages are left"
            say(f"retention: {left:,.0f} messages left")
            # The first is killed in the middle of its work.
            kills += _work(stage, kill_after=None if kills else outdated / 3)
    seconds = time.monotonic() - began
    return [
        counted("retention: messages erased", outdated),
        counted("retention: messages a second", outdated / seconds, "a second"),
        counted("retention: the longest transaction", max(others.oldest), "ms", STEP),
        timed("retention: somebody else's message stored meanwhile", others.waits, WAIT),
        counted("retention: outdated messages left after a kill and a new start", left, goal=0),
    ]


def _work(stage, kill_after):
    """Run the scheduled action's work; with `kill_after`, kill it after that many messages.

    :return: 1 when it was killed, else 0
    """
    command = stage.workspace.odoo_command("shell", stage.database, "--no-http", "--log-level", "warn")
    had = stage.number(LEFT.format(months=MONTHS))
    with open(HERE / "keep.py") as file, open(LOGS / "bench-keep.log", "wb") as log:
        options = {
            "stdin": file,
            "stdout": log,
            "stderr": log,
            "cwd": ROOT,
            "env": stage.workspace.environment,
        }
        process = subprocess.Popen([str(part) for part in command], **options)
        while process.poll() is None:
            time.sleep(0.5)
            if kill_after and had - stage.number(LEFT.format(months=MONTHS)) > kill_after:
                process.kill()
                process.wait()
                return 1
    assert not process.returncode, (LOGS / "bench-keep.log").read_text()[-2000:]
    return 0


class Others:
    """Those who work meanwhile; `waits`: ms of each of their transactions; `oldest`: ages (ms) of transactions seen."""

    def __init__(self, stage):
        self.stage, self.ended = stage, threading.Event()
        self.waits, self.oldest = [], [0.0]
        self.threads = [threading.Thread(target=one) for one in (self._work, self._look)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _work(self):
        stage = self.stage
        chat = stage.sql("select id from marketplace_conversation order by last_message_at desc limit 1")
        number = 0
        while not self.ended.wait(0.1):
            number += 1
            statements = WORK.format(channel=stage.channel, chat=chat, number=number)
            began = time.perf_counter()
            stage.sql(statements)
            self.waits.append((time.perf_counter() - began) * 1000)

    def _look(self):
        while not self.ended.wait(0.05):
            self.oldest.append(self.stage.number(OLDEST))
