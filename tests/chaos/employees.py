"""Employees, who answer by text and by picture, tick chats and take back what they wrote."""

import io
import random
import threading
import time
import uuid
from collections import defaultdict

from odoo_server import OdooError
from PIL import Image

from .actors import Actor

#: One reply in so many is said word by word before; at Avito one in so many comes with a picture.
STOCK_PHRASES, PICTURES = 10, 8
STOCK_PHRASE = "Да, автомобиль в наличии."
#: Before one reply in so many a chat is ticked; after one something written before is deleted at the client's.
TICKS, DELETIONS = 3, 6
#: Pictures are of one colour out of these steps of red, green and blue, so that they are known again.
SHADES = (0, 64, 128, 192, 255)


class Desk:
    """What the employees share: the chats that Odoo knows, and what was done in each, by (marketplace, chat).

    `posted`: what was posted, in order: `key`, `text` (of a picture: its `token`), `row`, and `deletion`: `asked`, or
    `perhaps` where a lost answer hides whether it was; `ticks`: numbers of the messages up to which it was ticked.
    """

    def __init__(self, replies):
        self.conversations, self.left = [], replies
        self.posted, self.ticks = defaultdict(list), defaultdict(list)
        self.guard, self.locks = threading.Lock(), defaultdict(threading.Lock)

    def take(self):
        """Whether there is one more reply to post."""
        with self.guard:
            self.left -= 1
            return self.left >= 0

    def count(self, **wanted):
        """How many of the posted have these values."""
        return sum(
            all(one.get(name) == value for name, value in wanted.items())
            for posted in self.posted.values()
            for one in posted
        )


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
            if not self.rng.randrange(TICKS):
                self.tick(self.rng.choice(self.desk.conversations))
            conversation = self.rng.choice(self.desk.conversations)
            with self.desk.locks[conversation["id"]]:  # so that what is posted first is known
                self.reply(conversation)
            if not self.rng.randrange(DELETIONS):
                self.delete()
            due += self.rng.uniform(0.5, 1.5) * self.pace
            if self.pause(max(0.0, due - time.monotonic())):
                return

    def reply(self, conversation):
        self.count += 1
        text = f"Ответ {self.count} от {self.call.login}"
        if not self.rng.randrange(STOCK_PHRASES):
            text = STOCK_PHRASE
        contents, pictures = [text], []
        if conversation["marketplace"] == "avito" and not self.rng.randrange(PICTURES):
            colour = tuple(self.rng.choice(SHADES) for _ in range(3))
            pictures.append(self.call.upload(conversation["id"], png(colour)))
            contents.insert(0, token(colour))
        key = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        rows = self.post(conversation["id"], text, key, pictures)
        self.desk.posted[conversation["marketplace"], conversation["chat"]] += [
            {"key": key, "text": content, "row": row, "picture": content != text}
            for content, row in zip(contents, rows, strict=True)
        ]

    def post(self, conversation, text, key, pictures):
        """Give the numbers of the rows. A channel whose keys are refused takes no replies: wait until it does."""
        while True:
            try:
                return self.call(
                    "marketplace.conversation", "chats_post", [conversation], text, key, pictures
                )["ids"]
            except OdooError as error:
                if error.name != "odoo.exceptions.UserError":
                    raise
                self.refusals += 1
                time.sleep(0.5)

    def tick(self, conversation):
        """What the buyer has written so far needs no answer."""
        thread = self.call("marketplace.conversation", "chats_thread", [conversation["id"]])["store"]
        messages = thread.get("marketplace.message", ())
        last = max((one["id"] for one in messages if one["direction"] == "in"), default=None)
        if last:
            self.call("marketplace.conversation", "chats_tick", [conversation["id"]], last)
            self.desk.ticks[conversation["marketplace"], conversation["chat"]].append(last)

    def delete(self):
        """One of those at Avito; what cannot be deleted (yet, or any more) is left alone."""
        posted = [
            one for (code, _), posted in list(self.desk.posted.items()) if code == "avito" for one in posted
        ]
        if not posted:
            return
        entry = self.rng.choice(posted)
        retries = self.call.retries
        try:
            self.call("marketplace.message", "chats_delete", [entry["row"]])
            entry["deletion"] = "asked"
        except OdooError:
            if self.call.retries > retries:  # the first call may have got through
                entry.setdefault("deletion", "perhaps")


def png(colour):
    file = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(file, "PNG")
    return file.getvalue()


def token(colour):
    """The words for a picture of one colour, which a marketplace may have changed a little."""
    nearest = (min(SHADES, key=lambda shade: abs(shade - part)) for part in colour)
    return "picture of {:02x}{:02x}{:02x}".format(*nearest)


def token_of(content):
    """The same of a picture's bytes."""
    return token(Image.open(io.BytesIO(content)).convert("RGB").resize((1, 1)).getpixel((0, 0)))
