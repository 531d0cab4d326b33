"""Those who act during the chaos run, each in a thread with dice of its own: buyers, employees, an administrator, and
those who break things. All of them do what the seed says; when exactly, the machine decides."""

import random
import threading
import time
import uuid
from collections import Counter, defaultdict

import requests
from odoo_server import OdooError

from .stage import keep_alive, kill_worker

MARKETPLACES = ("avito", "autoru")
#: One message in so many is typed by the dealer in the marketplace's own app, is no text, is said word by word before.
APP_REPLIES, OTHER_KINDS, STOCK_PHRASES = 25, 20, 10
KINDS = ("link", "location", "item", "image")
PHRASES = (
    "Здравствуйте, ещё в продаже?",
    "А торг будет? 🙂",
    "Сколько владельцев было",
    "Можно посмотреть завтра\nпосле шести?",
    "Trade-in <b>возможен</b>?",
    'Какой "реальный" пробег & был ли окрас?',
)
STOCK_PHRASE = "Да, автомобиль в наличии."
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


class Buyers(Actor):
    """Write into chats, old and new, at both marketplaces. No chat gets two messages of a buyer in one second: Avito
    stamps whole seconds, so their order would be anybody's guess."""

    def __init__(self, stage, plan, stop):
        super().__init__(stage, plan, stop)
        self.chats, self.last, self.written, self.session = {code: [] for code in MARKETPLACES}, {}, 0, None

    def act(self):
        self.session = requests.Session()
        started = time.monotonic()
        while self.written < self.plan.messages:
            ahead = started + self.written / self.plan.rate - time.monotonic()
            if self.pause(max(ahead, 0)):
                return
            self.write()

    def write(self):
        code = self.rng.choice(MARKETPLACES)
        chats, number = self.chats[code], self.written
        # The last chats begin when two thirds of the messages are written.
        due = self.plan.conversations / 2 * min(1, 1.5 * (number + 1) / self.plan.messages + 0.2)
        if len(chats) < due:
            said = self.post(f"/{code}/say", {"name": f"Клиент {number}", "text": f"{PHRASES[0]} №{number}"})
            chats.append(said["chat_id"])
            self.last[said["chat_id"]] = int(time.time())
            self.written += 1
            return
        chat = self.rng.choice(chats)
        if self.last[chat] == int(time.time()):
            self.pause(0.01)
            return
        self.last[chat] = int(time.time())
        if not self.rng.randrange(APP_REPLIES):
            self.post(f"/{code}/reply", {"chat_id": chat, "text": f"Из приложения №{number}"})
            return
        wish = {"chat_id": chat, "text": f"{self.rng.choice(PHRASES)} №{number}"}
        if not self.rng.randrange(OTHER_KINDS):
            wish = {"chat_id": chat, "type": self.rng.choice(KINDS)}
        self.post(f"/{code}/say", wish)
        self.written += 1

    def post(self, path, body):
        answer = self.session.post(f"{self.stage.simulator.control_url}{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()


class Desk:
    """What the employees share: the chats that Odoo knows, and what was posted into each, in order."""

    def __init__(self, replies):
        self.conversations, self.posted, self.left = [], defaultdict(list), replies
        self.guard, self.locks = threading.Lock(), defaultdict(threading.Lock)

    def take(self):
        """Whether there is one more reply to post."""
        with self.guard:
            self.left -= 1
            return self.left >= 0


class Replier(Actor):
    """An employee who answers: `chats_post` with a key of his own, again with the same key where nothing came back."""

    def __init__(self, stage, plan, stop, login, desk, pace):
        super().__init__(stage, plan, stop)
        self.name = f"Replier {login}"
        self.rng = random.Random(f"{plan.seed}/{self.name}")
        self.desk, self.pace, self.call = desk, pace, stage.employee(login)
        self.refusals, self.count = 0, 0

    def act(self):
        while not self.desk.conversations:
            if self.pause(0.2):
                return
        due = time.monotonic()
        while self.desk.take():
            self.reply()
            due += self.rng.uniform(0.5, 1.5) * self.pace
            if self.pause(max(0.0, due - time.monotonic())):
                return

    def reply(self):
        conversation = self.rng.choice(self.desk.conversations)
        self.count += 1
        text = f"Ответ {self.count} от {self.call.login}"
        if not self.rng.randrange(STOCK_PHRASES):
            text = STOCK_PHRASE
        key = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        with self.desk.locks[conversation["id"]]:  # so that what is posted first is known
            row = self.post(conversation["id"], text, key)
            self.desk.posted[conversation["marketplace"], conversation["chat"]].append(
                {"key": key, "text": text, "row": row}
            )

    def post(self, conversation, text, key):
        """Give the number of the row. A channel whose keys are refused takes no replies: wait until it does."""
        while True:
            try:
                (row,) = self.call("marketplace.conversation", "chats_post", [conversation], text, key)["ids"]
                return row
            except OdooError as error:
                if error.name != "odoo.exceptions.UserError":
                    raise
                self.refusals += 1
                time.sleep(0.5)


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
