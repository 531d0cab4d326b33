"""Those who take deliveries: where to, what a message looks like, and what stands in the database afterwards."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from urllib.parse import urljoin

import psycopg2
import requests

#: Deliveries that are on their way at the same time.
AT_ONCE = 8
#: Seconds after which what is not stored is lost.
PATIENCE = 30
_numbers = count(1_000_000)


@dataclass
class Wave:
    """What became of many deliveries."""

    sent: int
    seconds: float
    refused: int
    lost: int
    double: int
    answers: list  # ms of each answer

    @property
    def each(self):
        """Seconds for one."""
        return self.seconds / self.sent


class Taker:
    """`chats`: SQL that counts the chats among these ids; `texts`: SQL of the texts that begin like this."""

    chats = texts = None

    def __init__(self, server, url):
        self.url = url
        options = server.workspace.server.odoo_options
        self.connection = psycopg2.connect(
            host=str(options["db_host"]), port=options["db_port"], user=options["db_user"], dbname=server.db
        )
        self.connection.autocommit = True

    def wave(self, chats):
        """Deliver one message for each chat of the list, some at a time, until all of them are stored and applied."""
        mark = uuid.uuid4().hex[:10]
        bodies = [
            self.body(chat, f"{mark}-{n:04} Здравствуйте! Ещё в продаже?") for n, chat in enumerate(chats)
        ]
        return self.deliver(bodies, mark)

    def deliver(self, bodies, mark, at_once=AT_ONCE):
        """Deliver these, whose texts hold the mark."""
        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            answers = list(pool.map(self._post, bodies))
        answered = time.perf_counter() - started
        stored = self._await(mark, len(bodies))
        lost = len(bodies) - len(set(stored))
        return Wave(
            sent=len(bodies),
            seconds=answered if lost else time.perf_counter() - started,
            refused=sum(status != 200 for status, _ms in answers),
            lost=lost,
            double=len(stored) - len(set(stored)),
            answers=[ms for _status, ms in answers],
        )

    def nothing(self, number):
        """Have Odoo itself answer so often that it is well, which costs it a request and no work at all.

        :return: answers a second
        """
        url = urljoin(self.url, "/web/health")
        started = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for answer in pool.map(lambda _number: requests.get(url, timeout=120), range(number)):
                answer.raise_for_status()
        return number / (time.perf_counter() - started)

    def stored(self, mark):
        """The texts that hold the mark."""
        return self._rows(self.texts, (f"%{mark}%",))

    def _post(self, body):
        started = time.perf_counter()
        answer = requests.post(
            self.url, data=json.dumps(body), headers={"Content-Type": "application/json"}, timeout=120
        )
        return answer.status_code, 1000 * (time.perf_counter() - started)

    def _await(self, mark, wanted):
        deadline = time.monotonic() + PATIENCE
        while len(set(stored := self.stored(mark))) < wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        return stored

    def settle(self):
        """Wait until what follows from the first message of a chat is done."""

    def number_of(self, chats):
        """How many conversations there are for these chats."""
        return self._rows(self.chats, ([str(chat) for chat in chats],))[0]

    def _rows(self, sql, values):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            return [row[0] for row in cursor.fetchall()]


class Ours(Taker):
    """Avito's deliveries, taken by this addon."""

    chats = "SELECT count(*) FROM marketplace_conversation WHERE external_id = ANY(%s)"
    # A message that is stored is applied: counters and notes are part of the same transaction.
    texts = "SELECT body FROM marketplace_message WHERE body LIKE %s"

    def settle(self):
        """The marketplace is asked once about each new chat."""
        deadline = time.monotonic() + PATIENCE
        partial = "SELECT count(*) FROM marketplace_conversation WHERE is_partial"
        while self._rows(partial, ())[0] and time.monotonic() < deadline:
            time.sleep(0.1)

    def body(self, chat, text):
        number, now = next(_numbers), int(time.time())
        value = {
            "id": f"m{number}",
            "chat_id": str(chat),
            "chat_type": "u2i",
            "user_id": 1,
            "author_id": 77,
            "created": now,
            "type": "text",
            "content": {"text": text},
        }
        return {
            "id": f"d{number}",
            "version": "v3.0.0",
            "timestamp": now,
            "payload": {"type": "message", "value": value},
        }


class Gateway(Taker):
    """Telegram's deliveries, taken by mail_gateway."""

    chats = "SELECT count(*) FROM discuss_channel WHERE gateway_channel_token = ANY(%s)"
    texts = "SELECT body FROM mail_message WHERE body LIKE %s"

    def body(self, chat, text):
        number, person = (
            next(_numbers),
            {"id": int(chat), "first_name": "Иван", "last_name": f"Петров {chat}"},
        )
        return {
            "update_id": number,
            "message": {
                "message_id": number,
                "date": int(time.time()),
                "chat": {**person, "type": "private"},
                "from": {**person, "is_bot": False},
                "text": text,
            },
        }
