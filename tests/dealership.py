"""The hands of the whole-system tests: what buyers do at the marketplaces, and what Odoo holds of it."""

import re
import time
from functools import cache

# Methods and paths of the requests that hand over a message, for faults.
SEND_TEXT = {
    "avito": {"method": "POST", "path": r"^/messenger/v1/accounts/\d+/chats/[^/]+/messages$"},
    "autoru": {"method": "POST", "path": r"^/(1\.0/)?chat/message"},
}


def until(what, condition, seconds=30, nudge=None):
    """Return what `condition` gives as soon as it is true; fail after that many seconds.

    :param nudge: called every two seconds meanwhile, for what would else wait for the next minute
    """
    deadline, nudged = time.monotonic() + seconds, 0
    while not (value := condition()):
        now = time.monotonic()
        assert now < deadline, f"{what}: not after {seconds} s"
        if nudge and now - nudged > 2:
            nudge()
            nudged = now
        time.sleep(0.1)
    return value


def plain(text):
    """Return the text with ordinary blanks: prices hold others."""
    return re.sub(r"\s+", " ", text or "").strip()


class Marketplace:
    """One stand-in, steered through the simulator's control API. `account`: another dealer's than the demo's."""

    def __init__(self, simulator, code, account=None):
        self.simulator, self.code = simulator, code
        self.account = {"account": account} if account else {}

    def say(self, **wish):
        """A buyer writes; gives `chat_id` and `message_id`."""
        return self.simulator.control("POST", f"/{self.code}/say", {**self.account, **wish})

    def reply(self, chat_id, text):
        """The dealer answers in the marketplace's own app; gives the message's id."""
        body = {"chat_id": chat_id, "text": text}
        return self.simulator.control("POST", f"/{self.code}/reply", body)["message_id"]

    def messages(self, chat_id, direction=None):
        """What the marketplace holds of a chat, oldest first."""
        found = self.simulator.control("GET", f"/{self.code}/chats/{chat_id}")["messages"]
        return [message for message in found if direction in (None, message["direction"])]

    def sent(self, chat_id, text):
        """How often that very text was sent by the dealer."""
        return sum(message["text"] == text for message in self.messages(chat_id, "out"))

    def chats(self):
        found = self.simulator.control("GET", f"/{self.code}/chats")["chats"]
        return [chat for chat in found if not self.account or chat["account"] == self.account["account"]]

    def listing(self, key):
        """The advertisement of a car of ours, by the dealer's number of it."""
        listings = self.simulator.control("GET", f"/{self.code}/listings")["listings"]
        return next(listing for listing in listings if listing["external_id"] == key)

    def fault(self, name, **how):
        self.simulator.control("POST", "/faults", {"name": name, "marketplace": self.code, **how})

    def revoke(self):
        """Its tokens and sessions stop working."""
        self.simulator.control("POST", f"/{self.code}/revoke")

    def no_faults(self):
        self.simulator.control("POST", "/faults", {"clear": True})


class Dealership:
    """Odoo as its users may ask it from outside, by RPC."""

    def __init__(self, odoo):
        self.odoo = odoo
        self.rpc = cache(odoo.rpc)
        self.admin = self.rpc("admin")

    def channel(self, marketplace):
        """The demo's channel at that marketplace."""
        found = self.admin("marketplace.channel", "search", [["marketplace", "=", marketplace]], order="id")
        return Channel(self, found[0])

    def new_channel(self, **values):
        """A channel more, e.g. with keys of its own."""
        ids = self.admin("marketplace.channel", "create", [{"name": "Ещё один", **values}])
        return Channel(self, ids[0])

    def run_due_jobs(self):
        """Have Odoo's cron workers look for work now rather than within a minute."""
        # They listen in the database `postgres`, whichever database is meant.
        self.odoo.workspace.server.query(f"notify cron_trigger, '{self.odoo.db}'")

    def waiting(self):
        """Return the newest message of each unprocessed chat, by the chat's number."""
        domain, fields = [["is_unprocessed", "=", True]], ["last_message_id"]
        found = self.admin("marketplace.conversation", "search_read", domain, fields)
        return {chat["id"]: chat["last_message_id"] for chat in found}

    def tick(self, last_messages):
        """Tick chats up to a message of each."""
        if last_messages:
            ids, messages = list(last_messages), list(last_messages.values())
            self.admin("marketplace.conversation", "chats_tick_many", ids, messages)

    def counts(self, login):
        return self.rpc(login)("marketplace.conversation", "chats_counts")

    def post(self, login, conversation, body, key):
        return self.rpc(login)("marketplace.conversation", "chats_post", [conversation], body, key)


class Channel:
    """One channel in Odoo, seen by the administrator."""

    def __init__(self, dealership, number):
        self.dealership, self.id = dealership, number
        self.admin = dealership.admin

    def read(self, *fields):
        return self.admin("marketplace.channel", "read", [self.id], list(fields))[0]

    def write(self, **values):
        self.admin("marketplace.channel", "write", [self.id], values)

    def archive(self):
        self.write(active=False)

    def call(self, method):
        return self.admin("marketplace.channel", method, [self.id])

    def deliveries(self, wanted):
        """Have the marketplace deliver to us, or not."""
        if self.read("webhook_active")["webhook_active"] != wanted:
            self.call("action_switch_webhook")

    def wake(self, kind):
        """Have one of its jobs run now, as an administrator can."""
        domain = [["channel_id", "=", self.id], ["kind", "=", kind]]
        self.admin("marketplace.job", "action_wake", self.admin("marketplace.job", "search", domain))

    def pull(self):
        self.wake("pull")

    def conversation(self, chat_id):
        """Number of a chat in Odoo, or None as long as it is not there."""
        domain = [["channel_id", "=", self.id], ["external_id", "=", chat_id]]
        return next(iter(self.admin("marketplace.conversation", "search", domain)), None)

    def messages(self, chat_id):
        """What Odoo holds of a chat, oldest first."""
        domain = [["channel_id", "=", self.id], ["conversation_id.external_id", "=", chat_id]]
        fields = ["external_id", "direction", "kind", "body", "state", "error", "author_id", "sent_at"]
        return self.admin("marketplace.message", "search_read", domain, fields, order="sent_at, id")

    def await_message(self, chat_id, message_id, how="pull"):
        """Wait until Odoo holds that message; return the chat's number in Odoo.

        :param how: the job that gets it, or None where it is delivered
        """
        domain = [["channel_id", "=", self.id], ["external_id", "=", message_id]]
        until(
            f"message {message_id} in Odoo",
            lambda: self.admin("marketplace.message", "search_count", domain),
            nudge=how and (lambda: self.wake(how)),
        )
        return self.conversation(chat_id)

    def await_state(self, message, *states, seconds=30):
        """Wait until one of our messages is in one of those states."""

        def state():
            found = self.admin("marketplace.message", "read", [message], ["state"])[0]["state"]
            return found in states

        until(f"message {message} {states}", state, seconds, self.dealership.run_due_jobs)

    def __eq__(self, other):
        return self.id == other.id

    __hash__ = None


def same_on_both_sides(channel, marketplace, chat_id):
    """Compare a chat message by message; return what differs, by kind of difference."""
    theirs = [(one["id"], one["direction"]) for one in marketplace.messages(chat_id)]
    ours = [(one["external_id"], one["direction"]) for one in channel.messages(chat_id)]
    differences = {
        "lost": [one for one in theirs if one not in ours],
        "surplus": [one for one in ours if one not in theirs],
        "doubled": [one for one in set(ours) if ours.count(one) > 1],
    }
    if not any(differences.values()) and ours != theirs:
        differences["order"] = ours
    return {kind: found for kind, found in differences.items() if found}
