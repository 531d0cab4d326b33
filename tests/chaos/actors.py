"""Those who act during the chaos run, each in a thread with dice of its own: here an administrator and those who break
things, elsewhere buyers and employees. All of them do what the seed says; when exactly, the machine decides."""

import random
import threading
import time
from collections import Counter

from .stage import MARKETPLACES, keep_alive, kill_worker

#: Seconds for the faults that take a while; the stand-ins' own are for people who watch.
SECONDS = {
    "slow": 0.4,
    "timeout_before": 1.5,
    "timeout_after": 1.5,
    "webhook_delay": 2.0,
    "webhook_repeat": 1.5,
    "clock_skew": 3.0,
}
#: How often a fault strikes while it is on, by its stage. Refusals rarely: after one the channel waits to be woken.
REFUSALS = (0.03, 0.1, 0.3)
ODDS = {"answer": REFUSALS, "token": REFUSALS, "webhook": (0.1, 0.3, 0.8)}
OTHER_ODDS = (0.1, 0.3, 0.6)


class Actor(threading.Thread):
    """A thread that acts until it is told to stop or is done; what it raises is raised again by `check`."""

    def __init__(self, stage, plan, stop):
        super().__init__(name=type(self).__name__, daemon=True)
        self.stage, self.plan, self.stop = stage, plan, stop
        self.rng = random.Random(f"{plan.seed}/{self.name}")
        self.error = None

    def run(self):
        try:
            self.act()
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            self.error = error

    def check(self):
        if self.error:
            raise self.error

    def pause(self, seconds):
        return self.stop.wait(seconds)


class Administrator(Actor):
    """Has what is in a long pause go on: presses «run now» for the jobs, every few seconds, as a person in a hurry
    would. Also tells the employees which chats there are, and counts the deliveries."""

    def __init__(self, stage, plan, stop, desk):
        super().__init__(stage, plan, stop)
        self.desk, self.call, self.deliveries = desk, stage.employee("admin"), {}

    def act(self):
        turn = 0
        while not self.pause(1):
            turn += 1
            try:
                self.look()
                if turn % 4 == 0:
                    self.stage.widen_budget()
                if turn % self.plan.wake == 0:
                    self.wake([["kind", "in", ["pull", "events", "send", "media"]]])
                if turn % (4 * self.plan.wake) == 0:
                    self.wake([])
            except Exception:  # noqa: BLE001 - the database may just be down: next time
                continue

    def look(self):
        self.desk.conversations = self.stage.rows(
            "select id, marketplace, external_id as chat from marketplace_conversation order by id"
        )
        for delivery in self.stage.control("GET", "/webhooks")["recent"]:
            self.deliveries[delivery["at"], delivery["message_id"]] = delivery["outcome"], delivery["status"]

    def wake(self, domain):
        self.call("marketplace.job", "action_wake", self.call("marketplace.job", "search", domain))


class Faults(Actor):
    """Switches the stand-ins' faults on and off: one to three at a time, every kind in turn, sometimes none."""

    def __init__(self, stage, plan, stop):
        super().__init__(stage, plan, stop)
        self.hits, self.rounds, self.deck = Counter(), 0, []
        self.known = stage.control("GET", "/faults")["known"]
        self.skewed, self.skewed_since = [], None

    def act(self):
        while not self.pause(self.rng.uniform(0.8, 2.5)):
            wishes = [] if not self.rng.randrange(5) else [self.wish() for _ in range(self.rng.randint(1, 3))]
            self.switch(wishes)
            if not self.rng.randrange(12):
                code = self.rng.choice(MARKETPLACES)
                self.stage.control("POST", f"/{code}/revoke")
                self.hits["keys revoked"] += 1
        self.switch([])

    def switch(self, wishes):
        for fault in self.stage.control("GET", "/faults")["active"]:
            if fault["hits"]:
                self.hits[fault["name"]] += fault["hits"]
        self.stage.control("POST", "/faults", {"clear": True, "faults": wishes})
        self.rounds += bool(wishes)
        if self.skewed_since:
            self.skewed.append((self.skewed_since, time.time() + SECONDS["clock_skew"]))
        wrong_clock = any(wish["name"] == "clock_skew" for wish in wishes)
        self.skewed_since = time.time() - SECONDS["clock_skew"] if wrong_clock else None

    def wish(self):
        if not self.deck:
            self.deck = self.rng.sample(self.known, len(self.known))
        kind = self.deck.pop()
        odds = ODDS.get(kind["stage"], OTHER_ODDS)
        wish = {"name": kind["name"], "probability": self.rng.choice(odds)}
        if kind["name"] in SECONDS:
            wish["seconds"] = SECONDS[kind["name"]]
        if len(kind["marketplaces"]) == 1 or not self.rng.randrange(3):
            wish["marketplace"] = self.rng.choice(kind["marketplaces"])
        return wish


class Reaper(Actor):
    """Kills workers and whole servers with -9, and restarts the database, at moments spread over the run. What ends
    by itself is started again."""

    def __init__(self, stage, plan, stop, seconds):
        super().__init__(stage, plan, stop)
        self.done = Counter()
        deeds = ["server"] * plan.server_kills + ["worker"] * plan.worker_kills + ["database"] * plan.restarts
        self.rng.shuffle(deeds)
        part = 0.9 * seconds / max(len(deeds), 1)
        self.deeds = [(0.05 * seconds + part * (n + self.rng.random()), deed) for n, deed in enumerate(deeds)]

    def act(self):
        started = time.monotonic()
        while self.deeds or not self.stop.is_set():
            if self.deeds and time.monotonic() - started > self.deeds[0][0]:
                getattr(self, self.deeds.pop(0)[1])()
            for server in self.stage.servers:
                self.done["servers that ended without their database"] += keep_alive(server)
            time.sleep(0.2)

    def server(self):
        victim = self.rng.choice(self.stage.servers)
        victim.kill()
        self.done["servers killed"] += 1
        time.sleep(self.rng.uniform(0, 2))
        victim.start()

    def worker(self):
        self.done["workers killed"] += kill_worker(self.rng.choice(self.stage.servers), self.rng)

    def database(self):
        mode = ("immediate", "fast")[self.done["database restarts"] % 2]
        self.stage.workspace.server.restart(mode, self.rng.uniform(0, 1.5))
        self.done["database restarts"] += 1
