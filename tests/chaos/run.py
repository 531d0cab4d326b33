"""One chaos run from the beginning to the verdict."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from devtools.paths import LOGS
from devtools.process import say

from .actors import Administrator, Faults, Reaper
from .buyers import Buyers
from .employees import Desk, Replier
from .stage import EMPLOYEES, staged
from .verdict import Story, judge

KILLS = (
    "workers killed",
    "servers killed",
    "database restarts",
    "servers that ended without their database",
)
SETTLED = """
    select (select count(*) from marketplace_message
             where state in ('queued', 'sending', 'unknown') or media_state = 'pending' or delete_pending)
         + (select count(*) from marketplace_conversation where remote_read_pending)
         + (select count(*) from marketplace_event where state = 'new') as under_way
"""
#: Deletions that the marketplace has refused, by a fault.
NOT_DELETED = """
    select id from marketplace_message
     where direction = 'out' and kind <> 'deleted' and state in ('sent', 'read') and reason is not null
"""
BEHIND = """
    select count(*) from marketplace_job
     where kind in ('pull', 'reconcile') and (last_success_at is null or last_success_at <= '{since}')
"""


@dataclass(frozen=True)
class Plan:
    """How much happens. `rate`: messages a second; `wake`: seconds between two pushes of the jobs."""

    messages: int = 20000
    replies: int = 2000
    conversations: int = 200
    seed: int = 1
    rate: float = 25.0
    server_kills: int = 12
    worker_kills: int = 30
    restarts: int = 2
    wake: int = 3
    settling: int = 420


#: What runs with all other tests.
SHORT = Plan(
    messages=400, replies=60, conversations=20, rate=16.0, server_kills=1, worker_kills=1, restarts=1
)


@dataclass
class Result:
    plan: Plan
    verdict: object
    figures: dict = field(default_factory=dict)
    hits: Counter = field(default_factory=Counter)
    jobs: list = field(default_factory=list)

    @property
    def lines(self):
        """All that is to be printed; the last line is the verdict."""
        lines = [f"{name}: {value}" for name, value in self.figures.items()]
        lines.append(
            "faults that struck: " + ", ".join(f"{name} {n}" for name, n in sorted(self.hits.items()))
        )
        if not self.verdict.ok:
            lines += [
                "",
                f"seed {self.plan.seed}; the first few of what is wrong:",
                *self.verdict.offenders(),
            ]
            lines += ["jobs in trouble:", *map(str, self.jobs)]
        return [*lines, self.verdict.line]


def run(source, plan):
    """Play the whole on databases and servers of its own; `source` is the workspace that has the templates."""
    started = time.monotonic()
    with staged(source, plan.seed) as stage:
        say("chaos: begins")
        stop, desk = threading.Event(), Desk(plan.replies)
        buyers = Buyers(stage, plan, stop)
        seconds = plan.messages / plan.rate
        pace = 0.8 * seconds / plan.replies * len(EMPLOYEES)
        repliers = [Replier(stage, plan, stop, login, desk, pace) for login in EMPLOYEES]
        faults, reaper = Faults(stage, plan, stop), Reaper(stage, plan, stop, seconds)
        administrator = Administrator(stage, plan, stop, desk)
        played = play(stop, [buyers, *repliers], [reaper, faults, administrator], plan)
        say("chaos: faults off, settling")
        settling = time.monotonic()
        by_hand = settle(stage, administrator, plan.settling)
        settled = time.monotonic() - settling
        say("chaos: comparing")
        story = Story(desk, by_hand, buyers.reads, faults.skewed, count_refused_marks(servers=stage.servers))
        result = Result(plan, judge(stage, story), hits=faults.hits)
        result.jobs = stage.rows(
            "select channel_id, kind, reason, detail, failures, next_run_at, walk from marketplace_job"
            " where reason is not null or walk is not null"
        )
        result.figures = figures(stage, result, story, administrator, repliers, reaper, faults)
        result.figures["messages taken back by buyers"] = buyers.deleted
        result.figures |= {
            "seconds of traffic": round(played),
            "seconds to settle": round(settled),
            "seconds in all": round(time.monotonic() - started),
            "seed": plan.seed,
        }
    return result


def play(stop, working, others, plan):
    """Let them all act until those who work are done; return how long that took."""
    started = shown = time.monotonic()
    reaper, *_ = others
    actors = [*working, *others]
    for actor in actors:
        actor.start()
    try:
        while reaper.deeds or any(actor.is_alive() for actor in working):
            time.sleep(0.2)
            for actor in actors:
                actor.check()
            if time.monotonic() - shown > 15:
                shown = time.monotonic()
                say(f"  {working[0].written} of {plan.messages} messages")
    finally:
        stop.set()
        reaper.deeds.clear()  # nothing is to be broken any more while the stage is taken down
        for actor in actors:
            actor.join(60)
    for actor in actors:
        actor.check()
    return time.monotonic() - started


def settle(stage, administrator, seconds):
    """Wait until nothing is under way and each channel was pulled and compared twice since.

    A careful person sends again what has failed: only after a comparison, which shows whether it is there after all.

    :return: numbers of the messages that were sent again
    """
    until, by_hand, quiet, rounds = time.monotonic() + seconds, set(), None, 0
    while time.monotonic() < until:
        stage.widen_budget()
        administrator.wake([])
        for _ in range(3):
            time.sleep(1)
            if stage.sql(SETTLED) != "0":
                quiet, rounds = None, 0
            elif quiet is None:
                quiet = stage.sql("select date_trunc('second', now() at time zone 'UTC')")
            elif stage.sql(BEHIND.format(since=quiet)) == "0":
                quiet, rounds = None, rounds + 1
        if rounds >= 2:
            again = send_again(stage, administrator)
            if not again:
                break
            by_hand |= again
            rounds = 0
    return by_hand


def send_again(stage, administrator):
    """:return: numbers of the messages that were sent or deleted again"""
    failed = numbers(stage, "select id from marketplace_message where state = 'failed'")
    for row in failed:
        administrator.call("marketplace.message", "chats_retry", [row])
    not_deleted = numbers(stage, NOT_DELETED)
    for row in not_deleted:
        administrator.call("marketplace.message", "chats_delete", [row])
    poison = numbers(stage, "select id from marketplace_event where state = 'poison'")
    if poison:
        administrator.call("marketplace.event", "action_retry", poison)
    return {*failed, *not_deleted}


def numbers(stage, select):
    return [row["id"] for row in stage.rows(select)]


def count_refused_marks(servers):
    """How many read marks were given up because the marketplace had refused them time and again."""
    return sum(
        log.read_text().count("a chat was not marked read")
        for server in servers
        for log in LOGS.glob(f"{server.name}-*.log")
    )


def figures(stage, result, story, administrator, repliers, reaper, faults):
    """What happened, in numbers."""
    (ledger,) = stage.rows("""
        select count(distinct message) filter (where becomes = 'unknown') as unknown,
               count(distinct message) filter (where was = 'unknown' and becomes in ('sent', 'read')) as found,
               count(*) filter (where was = 'unknown' and becomes = 'queued') as repeated,
               count(*) filter (where was = 'sending' and becomes = 'queued') as held,
               count(distinct message) filter (where becomes = 'failed') as failed,
               count(*) filter (where becomes is null) as folded
          from chaos_ledger
    """)
    (events,) = stage.rows("select count(*) as n from marketplace_event")
    outcomes = Counter(
        outcome if status in (None, 200) else f"HTTP {status}"
        for outcome, status in administrator.deliveries.values()
    )
    verdict, hits, desk = result.verdict, faults.hits, story.desk
    return {
        "messages at the marketplaces, not by us": verdict.came,
        "replies": verdict.went,
        "of these with a picture": desk.count(picture=True),
        "of these deleted at the client's too": desk.count(deletion="asked"),
        "chats": verdict.chats,
        "pictures of buyers": verdict.pictures,
        "ticks": sum(map(len, desk.ticks.values())),
        "read marks in chats, by buyers": sum(map(len, story.reads.values())),
        "of ours marked as read": verdict.read,
        "read marks given up, since refused three times": story.refused_marks,
        **{name: reaper.done[name] for name in KILLS},
        "rounds of faults": faults.rounds,
        "faults that struck, in all": sum(hits.values()),
        "kinds of faults that struck": f"{len(hits)} of {len(faults.known) + 1}",
        "deliveries stored": events["n"],
        "deliveries dropped by a fault": hits["webhook_drop"] + hits["webhook_no_echo"],
        "deliveries doubled or repeated by a fault": hits["webhook_double"] + hits["webhook_repeat"],
        "deliveries that got no 200 (as far as seen)": sum(
            n for outcome, n in outcomes.items() if outcome not in ("answered", "dropped by a fault")
        ),
        "browsers' calls repeated with the same key": sum(one.call.retries for one in repliers),
        "browsers' calls refused while a channel's keys were": sum(one.refusals for one in repliers),
        "replies whose outcome was unknown": ledger["unknown"],
        "of these found at the marketplace or sent again by themselves": ledger["found"] + ledger["repeated"],
        "of these sent once more after reading": ledger["repeated"],
        "replies put back into the queue": ledger["held"],
        "replies that failed and were sent again by hand": ledger["failed"],
        "echoes that were there before the sending was recorded": ledger["folded"],
        "neighbours in the same second": verdict.same_second,
        "of these the other way round in Odoo": verdict.ties_turned,
        "chats whose replies were stamped by a wrong clock": verdict.skewed,
    }
