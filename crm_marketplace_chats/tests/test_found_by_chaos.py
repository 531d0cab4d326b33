"""What the chaos run has found (docs/reliability.md), each by itself."""

from dataclasses import replace
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.tests import BaseCase, mute_logger, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.autoru import AutoruClient
from odoo.addons.crm_marketplace_chats.marketplaces.avito import AvitoClient
from odoo.addons.crm_marketplace_chats.marketplaces.errors import (
    CredentialsError,
    EntitlementError,
    OutcomeUnknownError,
    RejectedError,
    TemporaryError,
)
from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing, RemoteMedia
from odoo.addons.crm_marketplace_chats.marketplaces.reading import moment as read_moment
from odoo.addons.crm_marketplace_chats.marketplaces.transport import Answer
from odoo.addons.crm_marketplace_chats.models.marketplace_message_queue import READING_PAUSE

from .bazaar import BazaarClient
from .common import about, incoming, moment
from .test_pull import PullCase, drawn
from .test_send import SendCase, line_broken

JOB = "odoo.addons.crm_marketplace_chats.models.marketplace_job"
CAR = RemoteListing("l1", title="Car", price=100, partial=True)


class Line:
    """In place of a client's session: whatever is asked, this is the answer."""

    account_id = "1"

    def __init__(self, data):
        self.data = data

    def call(self, *_args, **_options):
        return Answer(200, self.data, {})


@tagged("post_install", "-at_install")
class TestAnswersOfSendings(BaseCase):
    def send(self, client_class, data):
        client = client_class({}, session=None)
        client.api = Line(data)
        return client.send_text("c1", "Yes", "key-1")

    def test_success_without_a_number_proves_nothing(self):
        """A gateway's error in a 200: counted as sent, the reply was lost."""
        for data in ({}, {"ok": True}, {"id": ""}, {"id": "0" * 10_000}, None, []):
            with self.subTest(data=data), self.assertRaises(OutcomeUnknownError):
                self.send(AvitoClient, data)
        with self.assertRaises(RejectedError):
            self.send(AvitoClient, {"error": {"code": 1003}})
        self.assertEqual(self.send(AvitoClient, {"id": "m1"}).external_id, "m1")

    def test_success_without_a_time(self):
        """The number tells the time; with that of the posting the reply stood before what it answers."""
        sent = self.send(AutoruClient, {"message": {"id": "11f10e8c0000aa00b1b2c3d4e5f60718"}})
        self.assertTrue(sent.sent_at)
        told = self.send(AutoruClient, {"message": {"id": "m1", "created": "2026-03-02T10:00:00Z"}})
        self.assertEqual(told.sent_at, read_moment("2026-03-02T10:00:00Z"))


@tagged("post_install", "-at_install")
class TestEchoAndAnswer(SendCase):
    """The echo has settled a reply; whatever the answer says, or does not say, it was sent."""

    def sent_once(self, *errors):
        for error in errors:
            self.account.hook("send", self.delivered)
            self.account.fault("send", error, after=True)
            message = self.post(self.one, f"Yes, {error}")
            self.send()
            self.assertEqual(message.state, "sent", error)
            for _ in range(3):
                self.later(READING_PAUSE)
                self.wake()
            self.assertEqual(self.account.ours("c1").count(message.body), 1, error)
        self.assertEqual(len(self.one.message_ids), 1 + len(errors))

    @mute_logger(JOB)
    def test_answer_lost(self):
        self.sent_once(line_broken())

    @mute_logger(JOB)
    def test_answer_refuses(self):
        self.sent_once(RejectedError("bad_request"))

    @mute_logger(JOB)
    def test_answer_of_an_ill_marketplace(self):
        self.sent_once(TemporaryError("server_error"))

    @mute_logger(JOB)
    def test_keys_refused(self):
        self.sent_once(CredentialsError("wrong_keys"))

    def test_echo_of_one_that_was_given_up(self):
        """Sent twice, never found, given up; then it is there after all, and once."""
        self.account.fault("send", line_broken(), times=9)
        message = self.post(self.one, "Yes")
        for _ in range(6):
            self.send()
            self.later(READING_PAUSE)
        self.assertEqual(message.state, "failed")
        self.account.reply("c1", "Yes")  # the marketplace was only slow
        self.pull()
        self.assertEqual((message.state, message.reason), ("sent", False))
        self.assertEqual(len(self.one.message_ids), 2)

    def test_read_before_its_number_is_known(self):
        """A success that tells no number; the client reads it, and only then it comes back."""
        whole = BazaarClient.send_text

        def without_number(client, *args):
            return replace(whole(client, *args), external_id="", sent_at=None)

        self.patch(BazaarClient, "send_text", without_number)
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual((message.state, message.external_id), ("sent", False))
        self.apply(self.shop, about("c1", buyer_read_at=fields.Datetime.now().astimezone()))
        self.assertEqual(message.state, "read")
        self.pull()
        self.assertEqual(len(self.one.message_ids), 2)
        self.assertEqual(message.external_id, self.account.chats["c1"].messages[-1].external_id)

    def test_a_mark_older_than_its_leaving_says_nothing(self):
        """Written, kept back for minutes, and sent; what the client had read until then was something else."""
        message = self.post(self.one, "Yes")
        self.later(300)
        self.apply(self.shop, about("c1", buyer_read_at=fields.Datetime.now().astimezone()))
        self.later(60)
        whole = BazaarClient.send_text
        self.patch(
            BazaarClient, "send_text", lambda client, *args: replace(whole(client, *args), sent_at=None)
        )
        self.send()
        self.assertEqual(message.state, "sent")

    def test_what_is_under_way_is_the_likelier_one(self):
        """Of two equal texts, one given up and one in doubt, the echo is the latter's."""
        self.account.fault("send", line_broken(), times=9)
        lost = self.post(self.one, "Yes")
        for _ in range(6):
            self.send()
            self.later(READING_PAUSE)
        self.account.fault("send", line_broken(), after=True)
        found = self.post(self.one, "Yes")
        self.send()
        self.later(READING_PAUSE)
        self.send()
        self.assertEqual((lost.state, found.state), ("failed", "sent"))


@tagged("post_install", "-at_install")
class TestEchoAndRepetition(SendCase):
    marketplace = "keyed"

    def test_echo_just_before_it_is_repeated(self):
        """In doubt, and about to be put back into the queue, where the marketplace knows our key."""
        messages = type(self.env["marketplace.message"])
        find_out = messages._find_out

        def late(message, client):
            self.delivered()
            find_out(message, client)

        self.account.fault("send", line_broken(), after=True)
        message = self.post(self.one, "Yes")
        with patch.object(messages, "_find_out", late):
            self.send()
        self.assertEqual((message.state, self.account.requests["send"]), ("sent", 1))


@tagged("post_install", "-at_install")
class TestListingLeftOut(PullCase):
    """A chat about a car, told of once without the car: without it nobody seems to ask for anything."""

    def test_a_chat_about_a_listing_stays_one(self):
        self.apply(self.shop, about(listing=CAR), incoming("m1"))
        self.apply(self.shop, about(noise=True, buyer_name="Oleg"))
        chat = self.chat(self.shop)
        self.assertRecordValues(chat, [{"is_noise": False, "is_unprocessed": True, "buyer_name": "Oleg"}])
        self.assertEqual(chat.listing_id.title, "Car")

    def test_one_that_becomes_known_late_is_counted(self):
        self.apply(self.shop, about(noise=True), incoming("m1"))
        chat = self.chat(self.shop)
        self.assertFalse(chat.is_unprocessed)
        self.apply(self.shop, about(listing=CAR))
        self.assertRecordValues(chat, [{"is_noise": False, "is_unprocessed": True, "unread_count": 1}])

    def full_answer(self, **values):
        """The list tells little, as Auto.ru's light one does; a request for the chat itself answers this."""
        listed = BazaarClient.conversations

        def conversations(client, walk):
            page = listed(client, walk)
            light = tuple(replace(one, listing=CAR, partial=True) for one in page.conversations)
            return replace(page, conversations=light)

        self.startPatcher(patch.object(BazaarClient, "conversations", conversations))
        answer = patch.object(BazaarClient, "conversation", lambda _client, chat: about(chat, **values))
        return self.startPatcher(answer)

    def test_an_answer_that_is_not_whole_concludes_nothing(self):
        self.account.say("c1", "Is it there?", moment(1))
        self.full_answer(noise=True)
        self.pull()
        chat = self.chat(self.shop)
        self.assertRecordValues(chat, [{"is_noise": False, "is_partial": True, "is_unprocessed": True}])
        self.full_answer(listing=CAR, buyer_name="Oleg")
        self.account.say("c1", "And today?", moment(2))
        self.pull()
        self.assertRecordValues(chat, [{"is_noise": False, "is_partial": False, "buyer_name": "Oleg"}])

    def test_noise_for_want_of_a_listing_is_asked_for_again(self):
        self.apply(self.shop, about(noise=True))
        self.account.say("c1", "Is it there?", moment(1))
        self.full_answer(listing=CAR)
        self.pull()
        self.assertRecordValues(self.chat(self.shop), [{"is_noise": False, "is_unprocessed": True}])


@tagged("post_install", "-at_install")
class TestContentLeftOut(PullCase):
    """A message that one answer tells of without what it holds; the next answer tells all."""

    def hollow(self, message):
        return replace(message, kind="unknown", body="", media=(), data={"unknown": {"type": ""}})

    def test_filled_in_when_it_is_told(self):
        self.account.files["https://x/1"] = drawn(4)
        picture = incoming("m1", kind="image", text="", media=(RemoteMedia("image", "https://x/1"),))
        whole = (picture, incoming("m2", 1))
        self.apply(self.shop, *map(self.hollow, whole))
        self.apply(self.shop, *whole)
        messages = self.chat(self.shop).message_ids.sorted("id")
        self.assertEqual(messages.mapped("kind"), ["image", "text"])
        self.assertEqual(messages[1].body, "text of m2")
        self.run_job("media")
        self.assertEqual((messages[0].media_state, len(messages[0].attachment_ids)), ("done", 1))
        self.apply(self.shop, *map(self.hollow, whole))
        self.assertEqual(messages.mapped("kind"), ["image", "text"], "what is known stays")

    def test_found_by_the_comparison(self):
        now = self.shop.create_date.astimezone()
        said = self.account.say("c1", "Is it there?", now)
        self.account.reply("c1", "Yes", now)
        listed = self.account.chats["c1"].messages
        listed[0] = self.hollow(said)
        self.pull()
        listed[0] = said
        self.patch(BazaarClient, "delete_within", None)
        self.shop.action_reconcile()
        self.run_job("reconcile")
        self.assertEqual(self.message(self.shop, said.external_id).body, "Is it there?")


@tagged("post_install", "-at_install")
class TestOtherConcerns(PullCase):
    """What is refused to one concern keeps nobody from answering."""

    def refuse(self, kind, request, error):
        self.account.fault(request, error)
        self.job(self.shop, kind)._wake()
        self.run_job(kind)
        self.assertEqual(self.job(self.shop, kind).reason, error.reason, "it was met")
        self.assertEqual((self.shop.state, self.shop.reason), ("connected", False))
        self.post(self.chat(self.shop), f"Still here, {kind}")

    @mute_logger(JOB)
    def test_refusals_met_by_history_calls_and_listings(self):
        self.shop.history_done = False
        self.account.say("c1", "Is it there?", moment(1))
        self.pull()
        self.refuse("history", "conversations", EntitlementError("forbidden"))
        self.refuse("listings", "listings", CredentialsError("wrong_keys"))

        def refuse_calls(client, _since):
            client.account.serve("calls", lambda: None)

        self.patch(BazaarClient, "can_read_calls", True)
        self.patch(BazaarClient, "calls", refuse_calls)
        self.refuse("calls", "calls", EntitlementError("payment_required"))

    def test_nothing_is_compared_before_the_history_is_read(self):
        """Else every chat that the history has not come to counts as repaired."""
        self.shop.history_done = False
        self.fill()
        self.pull()
        self.shop.action_reconcile()
        self.run_job("reconcile")
        self.assertFalse(self.job(self.shop, "reconcile").report)
        self.assertEqual(self.account.requests["history"], 0)

    def test_picture_of_a_listing_in_spite_of_a_conflict(self):
        self.account.files["https://x/1"] = drawn(4)
        pictured = replace(CAR, image_urls=("https://x/1",))
        self.written(self.shop, "c1", incoming("m1"), listing=pictured)
        channel = type(self.shop)
        tell, met = channel._tell_screens, []

        def disturbed(channel, conversations, messages):
            if not met:
                met.append(1)
                raise SerializationFailure()
            return tell(channel, conversations, messages)

        with patch.object(channel, "_tell_screens", disturbed):
            self.run_job("media")
        self.assertTrue(met)
        listing = self.env["marketplace.listing"].search([("channel_id", "=", self.shop.id)])
        self.assertEqual(listing.image_state, "done")
