"""Buyers, who write at both marketplaces, read, send pictures and take back what they wrote."""

import time
from collections import defaultdict

import requests

from .actors import Actor
from .stage import MARKETPLACES

#: One message in so many is typed by the dealer in the marketplace's own app, is no text.
APP_REPLIES, OTHER_KINDS = 25, 20
KINDS = ("link", "location", "item", "image", "image")
#: Before one message in so many its writer reads the chat; as often he reads what was answered, and writes nothing.
READINGS = 6
#: After one message in so many something that was written before is taken back. Auto.ru knows no such thing.
DELETIONS = 30
PHRASES = (
    "Здравствуйте, ещё в продаже?",
    "А торг будет? 🙂",
    "Сколько владельцев было",
    "Можно посмотреть завтра\nпосле шести?",
    "Trade-in <b>возможен</b>?",
    'Какой "реальный" пробег & был ли окрас?',
)


class Buyers(Actor):
    """Write into chats, old and new. No chat gets two messages of a buyer in one second: Avito stamps whole seconds,
    so their order would be anybody's guess.

    `reads`: (marketplace, chat) -> seconds in which its buyer has read; `deleted`: how many messages were taken back.
    """

    def __init__(self, stage, plan, stop):
        super().__init__(stage, plan, stop)
        self.chats, self.last, self.written, self.session = {code: [] for code in MARKETPLACES}, {}, 0, None
        self.said, self.reads, self.deleted = defaultdict(list), defaultdict(set), 0

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
            wish = {"name": f"Клиент {number}", "text": f"{PHRASES[0]} №{number}"}
            chats.append(self.say(code, wish))
            return
        chat = self.rng.choice(chats)
        if self.last[chat] == int(time.time()):
            self.pause(0.01)
            return
        if not self.rng.randrange(APP_REPLIES):
            self.last[chat] = int(time.time())
            self.post(f"/{code}/reply", {"chat_id": chat, "text": f"Из приложения №{number}"})
            return
        if not self.rng.randrange(READINGS):
            self.read_the_answer(code, self.rng.choice(chats))
        if not self.rng.randrange(READINGS):
            self.read(code, chat)
        wish = {"chat_id": chat, "text": f"{self.rng.choice(PHRASES)} №{number}"}
        if not self.rng.randrange(OTHER_KINDS):
            wish = {"chat_id": chat, "type": self.rng.choice(KINDS)}
        self.say(code, wish)
        if code == "avito" and not self.rng.randrange(DELETIONS):
            self.delete(self.rng.choice(chats))

    def say(self, code, wish):
        """:return: the chat"""
        now = int(time.time())
        said = self.post(f"/{code}/say", wish)
        self.written += 1
        self.last[said["chat_id"]] = now
        self.said[said["chat_id"]].append(said["message_id"])
        return said["chat_id"]

    def read_the_answer(self, code, chat):
        """Where the dealer has the last word. After a word of the buyer no list tells of it, until the next one."""
        messages = self.session.get(
            f"{self.stage.simulator.control_url}/{code}/chats/{chat}", timeout=60
        ).json()["messages"]
        if messages[-1]["direction"] == "out":
            self.read(code, chat)

    def read(self, code, chat):
        began = int(time.time())
        self.post(f"/{code}/read", {"chat_id": chat})
        self.reads[code, chat] |= {began, int(time.time())}

    def delete(self, chat):
        said = self.said[chat]
        self.post("/avito/delete", {"chat_id": chat, "message_id": said.pop(self.rng.randrange(len(said)))})
        self.deleted += 1
        if not said:  # it must not be asked for what is not there
            self.chats["avito"].remove(chat)

    def post(self, path, body):
        answer = self.session.post(f"{self.stage.simulator.control_url}{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()
