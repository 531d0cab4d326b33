"""A process may die at any step of any job. Here it does, before and after each step that the table names. Then the
work is started again, and what stands at the marketplace and here is compared: nothing is lost or there twice."""

import copy
import json
import re
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import wraps
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, freeze_time, tagged
from odoo.tools import groupby

from odoo.addons.crm_marketplace_chats.marketplaces import base
from odoo.addons.crm_marketplace_chats.marketplaces.errors import OutcomeUnknownError
from odoo.addons.crm_marketplace_chats.marketplaces.payload import (
    Download,
    RemoteCall,
    RemoteListing,
    RemoteMedia,
)
from odoo.addons.crm_marketplace_chats.models.marketplace_message import ANSWERED_STATES
from odoo.addons.crm_marketplace_chats.models.marketplace_message_queue import READING_PAUSE

from .bazaar import Account, BazaarClient, KeyedBazaarClient
from .common import START, ChatsMixin, moment, naive

PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)
PICTURE = Download(PIXEL, "image/png", "photo.png")
RECORDING = Download(b"ID3" + bytes(64), "audio/mpeg", "call.mp3")
BEFORE, AFTER = "before", "after"
CHANNEL, CONVERSATION, MESSAGE = "marketplace.channel", "marketplace.conversation", "marketplace.message"
EVENT, JOB, LISTING = "marketplace.event", "marketplace.job", "marketplace.listing"

# ------------------------------------------------------------ the table

#: What everything that is applied goes through.
APPLYING = (
    f"{CHANNEL}._apply_batch",
    f"{CHANNEL}._apply_conversations",
    f"{CHANNEL}._apply_messages",
    f"{CHANNEL}._apply_reading",
    f"{CONVERSATION}._recount",
    f"{CHANNEL}._tell_screens",
    f"{CHANNEL}._apply_and_commit",
)
#: From the claim to the record of a reply; the number: which time.
SENDING = (
    f"{MESSAGE}._claim",
    f"{MESSAGE}._hand_over",
    "client.send",
    "client.send#2",
    "client.send#3",
    "client.send#4",
    f"{MESSAGE}._record_sent",
    f"{MESSAGE}._record_sent#2",
    f"{MESSAGE}._settle#2",
)
#: Those of them between which something else may come in by another road.
IN_FLIGHT = (f"{MESSAGE}._claim", "client.send", "client.send#2", "client.send#3", f"{MESSAGE}._record_sent")
#: Whoever works, what had happened before, what comes in between death and restart, and the steps: methods, or requests
#: to the marketplace, with which time it is where not the first.
TABLE = (
    ("delivery", "one to deliver", "nothing", (f"{EVENT}._store",)),
    (
        "events",
        "delivered",
        "nothing",
        (
            f"{EVENT}._read",
            f"{EVENT}._read#3",
            f"{EVENT}._apply_readable",
            *APPLYING,
            f"{EVENT}.write",
            f"{EVENT}._apply_all",
            f"{CHANNEL}._describe_partial",
            "client.conversation",
            f"{CHANNEL}._apply_and_commit#2",
            f"{JOB}._record",
        ),
    ),
    (
        "pull",
        "never pulled",
        "nothing",
        (
            "client.conversations",
            f"{CHANNEL}._pull_portion",
            "client.conversation",
            "client.history",
            "client.history#9",
            *APPLYING,
            f"{CHANNEL}._apply_listings",
            f"{CHANNEL}._note_pulled",
            f"{CHANNEL}._apply_and_commit#2",
            "client.conversations#2",
            f"{CHANNEL}._note_pulled#3",
            f"{CHANNEL}._apply_and_commit#4",
            "client.conversations#3",
            f"{CHANNEL}._apply_and_commit#6",
            f"{JOB}._record",
        ),
    ),
    (
        "pull",
        "changed since",
        "nothing",
        (
            "client.conversations",
            f"{CHANNEL}._known_to_pulls",
            "client.history",
            "client.history#2",
            f"{CHANNEL}._apply_batch",
            f"{CHANNEL}._note_pulled",
            f"{CHANNEL}._apply_and_commit",
            f"{CHANNEL}._apply_and_commit#2",
        ),
    ),
    (
        "pull",
        "put aside",
        "nothing",
        (
            f"{CHANNEL}._pull_again",
            "client.history",
            f"{CHANNEL}._store_histories",
            f"{CHANNEL}._note_pulled",
        ),
    ),
    (
        "history",
        "only the list is pulled",
        "nothing",
        (
            "client.conversations",
            f"{CHANNEL}._pull_portion",
            "client.history#2",
            f"{CHANNEL}._apply_and_commit",
            f"{CHANNEL}._note_history",
            f"{CHANNEL}._note_history#2",
            "client.conversations#2",
            f"{CHANNEL}._apply_and_commit#2",
            f"{CHANNEL}._note_history#3",
            f"{JOB}._record",
        ),
    ),
    (
        "calls",
        "they rang",
        "nothing",
        (
            "client.calls",
            f"{CHANNEL}._calls_as_batch",
            f"{CHANNEL}._apply_batch",
            f"{CHANNEL}._apply_and_commit",
            "client.calls#2",
            f"{CHANNEL}._apply_and_commit#2",
            f"{CHANNEL}._apply_and_commit#3",
            f"{JOB}._record",
        ),
    ),
    (
        "send",
        "posted",
        "nothing",
        (f"{MESSAGE}._recover", f"{MESSAGE}._next_to_send", *SENDING, f"{JOB}._record"),
    ),
    ("send", "posted", "echo", IN_FLIGHT),
    ("send", "posted", "pull", IN_FLIGHT),
    ("send", "posted, keys are known there", "nothing", SENDING),
    ("send", "posted, keys are known there", "echo", IN_FLIGHT),
    (
        "send",
        "arrived, answer lost",
        "nothing",
        (
            f"{MESSAGE}._record_unknown",
            f"{MESSAGE}._find_out",
            "client.newest",
            f"{CHANNEL}._apply_messages",
            f"{MESSAGE}._record_sent",
            f"{CHANNEL}._apply_and_commit",
        ),
    ),
    (
        "send",
        "arrived, answer lost",
        "echo",
        (f"{MESSAGE}._record_unknown", f"{MESSAGE}._find_out", "client.newest"),
    ),
    (
        "send",
        "lost on the way",
        "nothing",
        (
            f"{MESSAGE}._record_unknown",
            "client.newest",
            f"{MESSAGE}._settle#3",
            "client.newest#2",
            f"{MESSAGE}._again_or_fail",
            f"{MESSAGE}._settle#4",
            f"{MESSAGE}._claim#2",
            "client.send#2",
        ),
    ),
    (
        "send",
        "to be deleted",
        "nothing",
        (
            f"{MESSAGE}._to_delete_now",
            f"{MESSAGE}._delete",
            "client.delete",
            f"{MESSAGE}._settle",
            f"{MESSAGE}.write",
        ),
    ),
    ("send", "to be deleted", "pull", ("client.delete",)),
    (
        "send",
        "ticked",
        "nothing",
        (f"{MESSAGE}._to_mark_read", f"{CONVERSATION}._mark_read", "client.mark_read", "client.mark_read#2"),
    ),
    (
        "media",
        "pictures, a recording",
        "nothing",
        (
            f"{MESSAGE}._fetch_files",
            "client.recording",
            "client.download",
            "client.download#2",
            f"{MESSAGE}._record_files",
            "ir.attachment.create",
            "ir.attachment.create#2",
            f"{MESSAGE}.write",
            f"{MESSAGE}._settle",
            f"{MESSAGE}._settle#2",
            f"{LISTING}._fetch_image",
            "client.download#4",
            f"{LISTING}.write",
        ),
    ),
    (
        "listings",
        "advertised",
        "nothing",
        (
            "client.listings",
            f"{CHANNEL}._apply_listings",
            f"{CHANNEL}._apply_batch",
            f"{CHANNEL}._apply_and_commit",
            f"{LISTING}._apply_remote",
            "client.listings#2",
            f"{LISTING}._ask_feed_ids",
            "client.feed_id",
            f"{LISTING}.write",
            "client.feed_id#2",
            f"{LISTING}._fetch_images_again",
            f"{LISTING}._join_vehicles",
            f"{LISTING}._join_vehicles#3",
            f"{JOB}._record",
        ),
    ),
    (
        "reconcile",
        "something differs",
        "nothing",
        (
            "client.conversations",
            f"{CHANNEL}._repair_portion",
            "client.history",
            f"{CHANNEL}._store_histories",
            f"{CHANNEL}._apply_and_commit",
            "client.conversations#2",
            f"{CHANNEL}._repair_portion#2",
            f"{CHANNEL}._keep_state",
            f"{CHANNEL}._compare_chats",
            f"{CHANNEL}._look_into",
            "client.history",
            f"{CHANNEL}._write_down",
            f"{JOB}._record",
        ),
    ),
    ("webhook", "subscribed", "nothing", ("client.subscribe", f"{JOB}._record")),
)


@dataclass(frozen=True)
class Step:
    """
    :param kind: whoever works: a kind of job, or "delivery"
    :param story: what had happened before
    :param between: what happens between death and restart
    :param target: ``<model>.<method>`` or ``client.<request>``
    :param number: which time
    """

    kind: str
    story: str
    between: str
    target: str
    number: int
    when: str


STEPS = tuple(
    Step(kind, story, between, target.partition("#")[0], int(target.partition("#")[2] or 1), when)
    for kind, story, between, targets in TABLE
    for target in targets
    for when in (BEFORE, AFTER)
)

# ------------------------------------------------------------ the marketplace


def at_peace(_name, work):
    return work()


class Fair(Account):
    """A bazaar with telephones, stock numbers and a list of those who want deliveries."""

    def __init__(self, address):
        super().__init__(address)
        self.rings: list[RemoteCall] = []
        self.feed_ids: dict[str, str] = {}
        self.subscribed = []
        self.step = at_peace

    def serve(self, request, work, chat=""):
        return self.step(f"client.{request}", lambda: super(Fair, self).serve(request, work, chat))


class FairClient(BazaarClient):
    code = "fair"
    label = "Fair"
    can_subscribe = True
    can_read_calls = True
    tells_feed_id_singly = True

    def conversations(self, walk):
        """The list leaves names and cars out: each chat has to be asked for."""
        page = super().conversations(walk)
        short = tuple(
            replace(remote, buyer_name="", listing=None, partial=True) for remote in page.conversations
        )
        return replace(page, conversations=short)

    def calls(self, since):
        rings = [call for call in self.account.rings if call.started_at >= since]
        for start in range(0, len(rings), 2):
            yield self.account.serve("calls", lambda start=start: tuple(rings[start : start + 2]))

    def recording(self, call_external_id):
        return self.account.serve("recording", lambda: RECORDING)

    def listings(self):
        for start in range(0, len(self.account.adverts), 2):
            yield self.account.serve(
                "listings", lambda start=start: tuple(self.account.adverts[start : start + 2])
            )

    def feed_id(self, listing_id):
        return self.account.serve("feed_id", lambda: self.account.feed_ids.get(listing_id, ""))

    def subscribe(self, url):
        self.account.serve("subscribe", lambda: self.account.subscribed.append(url))


class KeyedFairClient(FairClient, KeyedBazaarClient):
    code = "keyed_fair"
    label = "Keyed fair"


# ------------------------------------------------------------ dying


class Killed(BaseException):
    """The process is gone; nothing of ours gets to see it."""


class Killer:
    """Lets a process die before or after a step."""

    def __init__(self, step):
        self.awaited, self.seen, self.struck = step, 0, False

    def step(self, name, work):
        if self.struck or name != self.awaited.target:
            return work()
        self.seen += 1
        if self.seen != self.awaited.number:
            return work()
        self.struck = True
        if self.awaited.when == AFTER:
            work()
        raise Killed


def watched(original, step, name):
    @wraps(original)
    def method(*args, **kwargs):
        return step(name, lambda: original(*args, **kwargs))

    return method


class KillCase(ChatsMixin, TransactionCase):
    """One dealer's channel at a fair, stories of what happened there, and what has to hold in the end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(
            patch.dict(base._registry, {client.code: client for client in (FairClient, KeyedFairClient)})
        )

    def setUp(self):
        super().setUp()
        self.clock = self.enterContext(ExitStack())
        self.clock.enter_context(freeze_time(START + timedelta(hours=5)))

    def later(self, seconds):
        self.clock.enter_context(freeze_time(fields.Datetime.now() + timedelta(seconds=seconds)))

    def begin(self, story):
        """A new channel and account of which the story is true."""
        marketplace = "keyed_fair" if "keys are known" in story else "fair"
        history_done = story != "only the list is pulled"
        self.shop, account = self.bazaar(marketplace, users=self.anna, history_done=history_done)
        self.account = Fair(account.address)
        self.posted, self.said_before, self.differing = [], {}, 0
        STORIES[story](self)

    # ------------------------------------------------------------ stories

    def fill(self, chats=7, messages=5):
        """Chats of different ages; the list of them takes more than one page, and so does each."""
        for chat in range(chats):
            for number in range(messages):
                put = self.account.reply if number % 3 == 2 else self.account.say
                put(f"c{chat}", f"{chat}/{number}", moment(10 * chat + number))
            self.account.chats[f"c{chat}"].buyer_read_at = moment(10 * chat + 2)
        self.account.chats["c1"].listing = RemoteListing("l1", title="Car", price=100)

    def filled_and_pulled(self):
        self.fill(chats=4)
        self.run_job("pull")
        self.assertTrue(self.chat(self.shop, "c0"))

    def only_listed(self):
        self.fill(chats=4)
        self.run_job("pull")
        self.assertEqual(self.account.requests["history"], 0)

    def delivery(self, message):
        """As the fair sends it."""
        return json.dumps(
            {
                "chat": message.conversation_id,
                "id": message.external_id,
                "text": message.body,
                "direction": message.direction,
                "at": message.sent_at.timestamp(),
            }
        )

    def deliver(self, *messages):
        for message in messages:
            self.env[EVENT]._store(self.shop, self.delivery(message))

    def to_deliver(self):
        self.filled_and_pulled()
        self.undelivered = self.account.say("c1", "news", moment(100))

    def delivered(self):
        self.filled_and_pulled()
        for number, chat in enumerate(("c1", "c2", "new", "c1")):
            put = self.account.reply if number == 1 else self.account.say
            message = put(chat, f"news {number}", moment(100 + number))
            self.deliver(message, message)

    def changed(self):
        self.filled_and_pulled()
        for number in range(5):
            self.account.say("c2", f"more {number}", moment(200 + number))
        self.account.reply("c1", "typed in the app", moment(203))
        # One got through by the other road already, the one before it did not.
        self.deliver(self.account.chats["c2"].messages[-1])
        self.run_job("events")
        self.later(60)

    def put_aside(self):
        self.changed()
        self.chat(self.shop, "c2").pull_pending = True

    def rang(self):
        for number in range(4):
            self.account.rings.append(
                RemoteCall(
                    str(number),
                    moment(10 * number),
                    f"7999000000{number % 2}",
                    talk_seconds=30 * (number % 2),
                    missed=not number % 2,
                    has_recording=bool(number % 2),
                    listing=RemoteListing("l1", title="Car", partial=True),
                )
            )

    def reply_to(self, chat, text, picture=False):
        conversation = self.chat(self.shop, chat)
        files = self.env["ir.attachment"].with_user(self.anna).sudo()
        if picture:
            files = files.create(
                {
                    "name": "1.png",
                    "raw": PIXEL,
                    "mimetype": "image/png",
                    "res_model": CONVERSATION,
                    "res_id": conversation.id,
                }
            )
        messages = self.post(conversation, text, attachments=files.ids)
        self.said_before.setdefault(chat, len(self.account.ours(chat)))
        self.posted += [(message, chat, message.kind, message.key) for message in messages]
        return messages

    def has_posted(self):
        self.filled_and_pulled()
        self.reply_to("c1", "Yes")
        self.reply_to("c2", "Here it is", picture=True)
        self.reply_to("c1", "Yes")

    def answer_lost(self):
        self.has_posted()
        self.account.fault("send", OutcomeUnknownError("line_broken"), after=True)

    def lost_on_the_way(self):
        self.filled_and_pulled()
        self.reply_to("c1", "Yes")
        self.account.fault("send", OutcomeUnknownError("line_broken"))

    def to_delete(self):
        self.filled_and_pulled()
        message = self.reply_to("c1", "Wrong chat!")
        self.run_job("send")
        message.with_user(self.anna).chats_delete()

    def ticked(self):
        self.filled_and_pulled()
        for chat in ("c1", "c2"):
            self.account.say(chat, "Hello?")
        self.later(60)
        self.run_job("pull")
        for chat in ("c1", "c2"):
            conversation = self.chat(self.shop, chat)
            conversation.with_user(self.anna).chats_tick(conversation.message_ids[0].id)

    def pictures(self):
        self.account.files.update({f"https://x/{name}": PICTURE for name in ("1", "2", "3", "car")})
        for number, files in enumerate(("1", "23")):
            media = tuple(RemoteMedia("image", f"https://x/{file}") for file in files)
            self.account.say("c1", kind="image", text="", at=moment(number), media=media)
        self.account.chats["c1"].listing = RemoteListing("l1", title="Car", image_urls=("https://x/car",))
        self.rang()
        self.run_job("pull")
        self.run_job("calls")

    def advertised(self):
        self.account.adverts = [
            RemoteListing(f"l{number}", title=f"Car {number}", price=100 + number, state="active")
            for number in range(4)
        ]
        self.filled_and_pulled()
        self.account.feed_ids = {"l0": "S-0", "l2": "S-2"}
        self.env["product.template"].create(
            {"name": "Car", "is_vehicle": True, "vehicle_external_id": "S-2", "company_id": self.company.id}
        )

    def differs(self):
        self.filled_and_pulled()
        for external_id in ("c1", "c3"):
            chat = self.chat(self.shop, external_id)
            chat.message_ids.sorted("id")[-1].unlink()
            chat.pulled_external_id = False
            chat._recount()
        self.differing = 2
        self.shop.action_reconcile()

    def subscribed(self):
        self.shop.webhook_active = True

    # ------------------------------------------------------------ what happens in between

    def nothing(self):
        pass

    def echo(self):
        """Whatever stands there of ours comes in by its own road."""
        for chat in self.account.chats.values():
            self.deliver(*(m for m in chat.messages if m.direction == "out" and m.kind == "text"))
        self.run_job("events")

    def pull(self):
        self.later(60)
        self.run_job("pull")

    # ------------------------------------------------------------ dying and starting again

    def work(self, kind):
        """Work as a process of its own does: what it committed stays, so no savepoint may lie around it."""
        with self.enter_registry_test_mode():
            if kind != "delivery":
                self.job(self.shop, kind)._work_apart()
                return
            with self.registry.cursor() as cr:
                event = self.env(cr=cr)[EVENT]
                event._store(event.env[CHANNEL].browse(self.shop.id), self.delivery(self.undelivered))

    def work_until_killed(self, kind):
        """Until the marketplace would have been read twice, at most."""
        with suppress(Killed):
            for _ in range(4):
                self.work(kind)
                self.later(READING_PAUSE)
        self.account.step = at_peace
        self.env.invalidate_all()

    def work_on(self, kind):
        if kind == "delivery":
            self.work(kind)
            kind = "events"
        for pause in (0, READING_PAUSE, READING_PAUSE, READING_PAUSE) if kind == "send" else (0, 60):
            self.later(pause)
            self.run_job(kind)
        given_up = self.env[MESSAGE].search([("channel_id", "=", self.shop.id), ("state", "=", "failed")])
        if given_up:
            # Twice without a trace: a person is asked, looks, and does not see it there.
            self.assertEqual(given_up.mapped("reason"), ["not_delivered"])
            self.assertNotIn(given_up.body, self.account.ours(given_up.conversation_id.external_id)[-1:])
            given_up.with_user(self.anna).chats_retry()
            self.run_job(kind)

    def start_again(self, kind):
        """First whoever died, and its own work has to be done; then all the others, who must not do it again."""
        self.work_on(kind)
        for check in CHECKS[kind]:
            check(self)
        self.later(3600)
        for other in ("events", "pull", "send", "media"):
            self.run_job(other)
        for check in {check for checks in CHECKS.values() for check in checks}:
            check(self)

    # ------------------------------------------------------------ what has to hold

    def rows(self, model, *domain):
        return (
            self.env[model]
            .with_context(active_test=False)
            .search([("channel_id", "=", self.shop.id), *domain])
        )

    def stored(self):
        """Every chat stands here as it stands there, in order: nothing lost, nothing twice."""
        for external_id, chat in self.account.chats.items():
            there = [
                (m.external_id, m.direction, m.kind, None if m.kind == "deleted" else m.body or False)
                for m in chat.messages
            ]
            here = self.chat(self.shop, external_id).message_ids.sorted(lambda m: (m.sent_at, m.id))
            self.assertEqual(
                [(m.external_id, m.direction, m.kind, None if m.kind == "deleted" else m.body) for m in here],
                there,
            )
        chats = self.rows(CONVERSATION, ("is_calls", "=", False))
        self.assertEqual(set(chats.mapped("external_id")), set(self.account.chats))
        self.assertEqual(set(chats.mapped("buyer_name")), {c.buyer_name for c in self.account.chats.values()})
        self.assertFalse(chats.filtered(lambda chat: chat.pull_pending or chat.is_partial or chat.has_gap))
        self.assertTrue(self.shop.history_done)

    def counted(self):
        """The counters as anybody would count who has the messages before him."""
        for chat in self.rows(CONVERSATION):
            messages = chat.message_ids.sorted(lambda m: (m.sent_at, m.id))
            done = (chat.ticked_at or naive(-1_000_000), chat.ticked_message_id or 0)
            unread = []
            for message in messages:
                call = (message.data or {}).get("call")
                if (message.direction == "out" and message.state in ANSWERED_STATES) or (
                    call and not call["missed"]
                ):
                    unread = []
                elif message.direction == "in" and message.kind != "deleted":
                    unread.append(message)
            unread = [message for message in unread if (message.sent_at, message.id) > done]
            last = messages[-1]
            kind = last.kind
            if kind == "call" and last.data["call"]["missed"]:
                kind = "missed_call"
            self.assertRecordValues(
                chat,
                [
                    {
                        "unread_count": len(unread),
                        "is_unprocessed": bool(unread),
                        "waiting_since": unread[0].sent_at if unread else False,
                        "last_message_at": last.sent_at,
                        "last_message_preview": last.body,
                        "last_message_kind": kind,
                        "last_message_direction": last.direction,
                        "last_message_state": last.state,
                    }
                ],
            )

    def understood(self):
        self.assertEqual(set(self.rows(EVENT).mapped("state")) - {"done"}, set())
        for external_id, chat in self.account.chats.items():
            delivered = [m.external_id for m in chat.messages if (m.body or "").startswith("news")]
            here = self.chat(self.shop, external_id).message_ids.filtered(
                lambda m: (m.body or "").startswith("news")
            )
            self.assertEqual(here.sorted(lambda m: (m.sent_at, m.id)).mapped("external_id"), delivered)

    def replied(self):
        """Each reply stands there once, in order, and is the very row that was posted."""
        for chat in {chat for _message, chat, _kind, _key in self.posted}:
            rows = [message for message, where, _kind, _key in self.posted if where == chat]
            there = [m for m in self.account.chats[chat].messages if m.direction == "out"][-len(rows) :]
            self.assertEqual([row.external_id for row in rows], [m.external_id for m in there])
            said = [m.external_id for m in self.account.chats[chat].messages if m.direction == "out"]
            self.assertEqual(len(said), self.said_before[chat] + len(rows))
        for message, _chat, kind, key in self.posted:
            self.assertEqual((message.author_id, message.key), (self.anna, key))
            self.assertIn(message.kind, (kind, "deleted"))
            self.assertIn(message.state, ("sent", "read"))
        outgoing = self.rows(MESSAGE, ("author_id", "!=", False))
        self.assertEqual(set(outgoing.ids), {message.id for message, *_others in self.posted})
        self.assertFalse(self.rows(MESSAGE, ("state", "in", ("queued", "sending", "unknown", "failed"))))
        self.assertFalse(self.rows(MESSAGE, ("delete_pending", "=", True)))

    def marked_read(self):
        for chat in self.rows(CONVERSATION, ("is_calls", "=", False)):
            self.assertFalse(chat.remote_read_pending)
            there = self.account.chats[chat.external_id]
            if chat.ticked_at or chat.message_ids.author_id:
                said = [m.external_id for m in there.messages if m.direction == "in"]
                self.assertEqual(there.read_to, said[-1])

    def fetched(self):
        """Each file once, and none that belongs to nobody."""
        for message in self.rows(MESSAGE):
            media = (message.data or {}).get("media", ())
            expected = [RECORDING if item["kind"] == "recording" else PICTURE for item in media]
            self.assertEqual(message.media_state, "done" if media else False)
            if not message.author_id:
                self.assertEqual(message.attachment_ids.mapped("raw"), [file.content for file in expected])
        pictured = self.rows(LISTING, ("image_url", "!=", False))
        self.assertEqual(set(pictured.mapped("image_state")) - {"done"}, set())

    def told_of_calls(self):
        calls = self.rows(MESSAGE, ("kind", "=", "call")).sorted(lambda m: (m.sent_at, m.id))
        self.assertEqual(
            calls.mapped("external_id"), [f"call/{call.external_id}" for call in self.account.rings]
        )
        phones = {call.buyer_phone for call in self.account.rings}
        self.assertEqual(len(self.rows(CONVERSATION, ("is_calls", "=", True))), len(phones))

    def listed(self):
        listings = self.rows(LISTING, ("external_id", "in", [ad.external_id for ad in self.account.adverts]))
        self.assertEqual(
            sorted((row.external_id, row.title, row.price, row.state) for row in listings),
            [(ad.external_id, ad.title, ad.price, ad.state) for ad in self.account.adverts],
        )
        for listing in listings:
            number = self.account.feed_ids.get(listing.external_id, False)
            self.assertEqual(listing.feed_id, number)
            self.assertEqual(listing.vehicle_id.vehicle_external_id, "S-2" if number == "S-2" else False)

    def reconciled(self):
        job = self.job(self.shop, "reconcile")
        self.assertFalse(job.walk)
        if self.differing:
            self.assertEqual(job.report["checked"], len(self.account.chats))

    def kept_subscribed(self):
        if self.shop.webhook_active:
            self.assertEqual(set(self.account.subscribed), {self.shop.webhook_url})

    def healthy(self):
        """Death is no trouble of the marketplace's, and leaves no job behind that thinks so."""
        self.assertFalse(self.shop.job_ids.filtered("reason"))


STORIES = {
    "one to deliver": KillCase.to_deliver,
    "delivered": KillCase.delivered,
    "never pulled": KillCase.fill,
    "changed since": KillCase.changed,
    "put aside": KillCase.put_aside,
    "only the list is pulled": KillCase.only_listed,
    "they rang": KillCase.rang,
    "posted": KillCase.has_posted,
    "posted, keys are known there": KillCase.has_posted,
    "arrived, answer lost": KillCase.answer_lost,
    "lost on the way": KillCase.lost_on_the_way,
    "to be deleted": KillCase.to_delete,
    "ticked": KillCase.ticked,
    "pictures, a recording": KillCase.pictures,
    "advertised": KillCase.advertised,
    "something differs": KillCase.differs,
    "subscribed": KillCase.subscribed,
}
BETWEEN = {"nothing": KillCase.nothing, "echo": KillCase.echo, "pull": KillCase.pull}
#: What must hold as soon as whoever died has done its work; in the end all of it must.
CHECKS = {
    "delivery": (KillCase.understood, KillCase.counted),
    "events": (KillCase.understood, KillCase.counted),
    "pull": (KillCase.stored, KillCase.counted),
    "history": (KillCase.stored, KillCase.counted),
    "calls": (KillCase.told_of_calls, KillCase.counted),
    "send": (KillCase.replied, KillCase.marked_read, KillCase.counted),
    "media": (KillCase.fetched,),
    "listings": (KillCase.listed,),
    "reconcile": (KillCase.stored, KillCase.reconciled, KillCase.counted),
    "webhook": (KillCase.kept_subscribed, KillCase.healthy),
}


class StepsCase(KillCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.killed = []

    def die_at_each(self, steps):
        self.begin(steps[0].story)
        told = copy.deepcopy(vars(self.account))
        for step in steps:
            with self.env.cr.savepoint() as savepoint, ExitStack() as self.clock:
                try:
                    self.die_at(step)
                except Exception as error:
                    error.add_note(f"killed {step.when} {step.target}, time {step.number}")
                    raise
                savepoint.rollback()
            vars(self.account).clear()
            vars(self.account).update(copy.deepcopy(told))
            self.killed.append(step)

    def die_at(self, step):
        killer = Killer(step)
        model, _dot, method = step.target.rpartition(".")
        with ExitStack() as stack:
            if model == "client":
                self.account.step = killer.step
            else:
                cls = self.registry[model]
                watch = watched(getattr(cls, method), killer.step, step.target)
                stack.enter_context(patch.object(cls, method, watch))
            self.work_until_killed(step.kind)
        self.assertTrue(killer.struck, "this step is never done")
        BETWEEN[step.between](self)
        self.start_again(step.kind)


@tagged("post_install", "-at_install")
class TestKillSteps(StepsCase):
    """One test for each line of the table; its steps all begin where the story ends."""

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        print(f"\nkilled at {len(cls.killed)} of {len(STEPS)} steps: nothing lost, nothing doubled")  # pylint: disable=print-used


def _test_of(steps):
    def test(self):
        self.die_at_each(steps)

    return test


for (_kind, _story, _between), _steps in groupby(
    STEPS, key=lambda step: (step.kind, step.story, step.between)
):
    _words = re.sub(r"\W+", "_", f"{_kind} {_story} then {_between}")
    setattr(TestKillSteps, f"test_{_words}", _test_of(tuple(_steps)))


# ------------------------------------------------------------ could it fail?


def walk_too_early(channel, client, job):
    """The walk is committed before its page is stored."""
    while True:
        page = client.conversations(job.walk or {})
        job.walk = dict(page.walk)
        channel.env.cr.commit()
        channel._pull_portion(client, page.conversations)
        if page.done:
            return "done"


def done_too_early(events, channel, batches):
    """Deliveries count as understood before they are applied."""
    events.union(*batches).write({"state": "done"})
    events.env.cr.commit()
    for readable in batches.values():
        channel._apply_and_commit(readable)


def send_again(messages, channel):
    """What was left in "sending" is sent again without looking."""
    messages.search([("channel_id", "=", channel.id), ("state", "=", "sending")])._requeue()
    messages.env.cr.commit()


def fetched_too_early(message, files):
    """A file counts as fetched before it is stored."""
    message.media_state = "done"
    message.env.cr.commit()
    for file in files:
        message.env["ir.attachment"].create(
            {"name": file.filename, "raw": file.content, "res_model": message._name, "res_id": message.id}
        )


#: Story, and what is done wrong in it.
BROKEN = (
    ("never pulled", {f"{CHANNEL}._walk": walk_too_early}),
    ("delivered", {f"{EVENT}._apply_all": done_too_early}),
    ("posted", {f"{MESSAGE}._recover": send_again}),
    ("pictures, a recording", {f"{MESSAGE}._record_files": fetched_too_early}),
)


@tagged("post_install", "-at_install")
class TestBrokenStep(StepsCase):
    """The table finds what it is there to find: steps done in a wrong order."""


def _test_of_broken(story, methods):
    def test(self):
        with ExitStack() as stack:
            for target, wrong in methods.items():
                model, _dot, method = target.rpartition(".")
                stack.enter_context(patch.object(self.registry[model], method, wrong))
            steps = [step for step in STEPS if (step.story, step.between) == (story, "nothing")]
            with self.assertRaises(AssertionError) as caught:
                self.die_at_each(steps)
        self.assertNotIn("never done", str(caught.exception))
        wrong = next(iter(methods.values()))
        print(f"\n{wrong.__doc__} Found: {caught.exception.__notes__[0]}")  # pylint: disable=print-used

    return test


for _story, _methods in BROKEN:
    setattr(
        TestBrokenStep,
        f"test_{'_'.join(wrong.__name__ for wrong in _methods.values())}",
        _test_of_broken(_story, _methods),
    )
