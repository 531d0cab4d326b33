"""The way out: what stands at the marketplace in the end, whatever happens on the way."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, mute_logger, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.errors import (
    CredentialsError,
    EntitlementError,
    OutcomeUnknownError,
    RateLimitError,
    RejectedError,
    TemporaryError,
)
from odoo.addons.crm_marketplace_chats.models.marketplace_conversation_writing import split_text
from odoo.addons.crm_marketplace_chats.models.marketplace_message_queue import READING_PAUSE

from .bazaar import unreachable
from .common import ChatsCase, batch, key

JOB = "odoo.addons.crm_marketplace_chats.models.marketplace_job"
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)


def line_broken():
    return OutcomeUnknownError("line_broken")


class SendCase(ChatsCase):
    marketplace = "bazaar"

    def setUp(self):
        super().setUp()
        # The clock of both sides, so that no second passes by chance.
        self.enterContext(freeze_time("2026-03-02 12:00:00"))
        self.shop, self.account = self.bazaar(self.marketplace, users=self.anna)
        for chat in ("c1", "c2"):
            self.account.say(chat, "Is it there?")
        self.pull()
        self.one, self.two = self.chat(self.shop, "c1"), self.chat(self.shop, "c2")

    def later(self, seconds):
        """Let time pass."""
        self.enterContext(freeze_time(fields.Datetime.now() + timedelta(seconds=seconds)))

    def pull(self):
        self.job(self.shop, "pull").next_run_at = fields.Datetime.now()
        self.run_job("pull")

    def send(self):
        self.run_job("send")

    def delivered(self):
        """The echo of our last message comes in by its own road, and is applied, while our request still runs."""
        echo = self.account.chats["c1"].messages[-1]
        with self.registry.cursor() as cr:
            self.shop.with_env(self.env(cr=cr))._apply_and_commit(batch(echo))

    def wake(self):
        """What an admin does who does not want to wait for the back-off."""
        self.shop.job_ids._wake()
        self.send()


@tagged("post_install", "-at_install")
class TestQueue(SendCase):
    def test_posted_then_sent(self):
        message = self.post(self.one, "Yes, it is.")
        self.assertRecordValues(
            message,
            [{"state": "queued", "author_id": self.anna.id, "direction": "out", "external_id": False}],
        )
        self.assertEqual(self.account.ours("c1"), [], "nothing leaves in the user's transaction")
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Yes, it is."])
        self.assertEqual(
            (message.state, message.external_id), ("sent", self.account.chats["c1"].messages[-1].external_id)
        )
        self.assertFalse(self.one.is_unprocessed)
        self.assertEqual(self.one.user_id, self.anna, "who answers first is responsible")
        self.assertEqual(self.account.chats["c1"].read_to, "m1", "a chat that we answered is read there too")

    def test_order_in_each_conversation(self):
        for number in range(3):
            self.post(self.one, f"one {number}")
            self.post(self.two, f"two {number}")
        self.send()
        self.assertEqual(self.account.ours("c1"), ["one 0", "one 1", "one 2"])
        self.assertEqual(self.account.ours("c2"), ["two 0", "two 1", "two 2"])

    def test_same_key_is_the_same_message(self):
        same = key()
        first = self.post(self.one, "Yes", with_key=same)
        self.assertEqual(self.post(self.one, "Yes", with_key=same), first)
        self.send()
        self.assertEqual(self.post(self.one, "Yes", with_key=same), first)
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Yes"])

    def test_key_that_begins_another(self):
        self.post(self.one, "first", with_key="abcdefgh-1")
        self.post(self.one, "second", with_key="abcdefgh")
        self.send()
        self.assertEqual(self.account.ours("c1"), ["first", "second"])

    def test_keys_are_asked_for(self):
        for bad in ("", "short", "%%%%%%%%%%", "a" * 65, None, 5, "________"):
            with self.subTest(key=bad), self.assertRaises(UserError):
                self.one.with_user(self.anna).chats_post("Yes", bad)

    def test_equal_texts_are_two_messages(self):
        self.post(self.one, "Yes")
        self.post(self.one, "Yes")
        self.send()
        self.pull()
        self.assertEqual(self.account.ours("c1"), ["Yes", "Yes"])
        self.assertEqual(self.texts(self.one), [("in", "Is it there?"), ("out", "Yes"), ("out", "Yes")])

    def test_texts_that_cannot_be_posted(self):
        for text in ("", "   \n", None):
            with self.assertRaisesRegex(UserError, "empty"):
                self.post(self.one, text)
        with self.assertRaisesRegex(UserError, "10000"):
            self.post(self.one, "x" * 10_000)
        self.send()
        self.assertEqual(self.account.ours("c1"), [])

    def test_texts_arrive_as_typed(self):
        texts = ['<script>alert(1)</script> & "quotes" 100%', "👍🏽 да", "two\n\nlines", "x" * 1000]
        for text in texts:
            self.post(self.one, text)
        self.post(self.one, "before\0after")
        self.send()
        self.assertEqual(self.account.ours("c1"), [*texts, "beforeafter"])

    def test_pictures_before_the_text(self):
        pictures = self.upload(self.one, 2)
        posted = self.post(self.one, "Here they are", attachments=pictures.ids)
        self.assertEqual(posted.mapped("kind"), ["image", "image", "text"])
        self.assertEqual(posted[:2].attachment_ids, pictures)
        self.assertEqual(pictures.mapped("res_id"), posted[:2].ids, "each belongs to its message")
        self.send()
        sent = [message.kind for message in self.account.chats["c1"].messages if message.direction == "out"]
        self.assertEqual(sent, ["image", "image", "text"])
        self.pull()
        self.assertEqual(len(self.one.message_ids), 4, "their echoes are the same messages")

    def upload(self, conversation, count, user=None):
        return (
            self.env["ir.attachment"]
            .with_user(user or self.anna)
            .sudo()
            .create(
                [
                    {
                        "name": f"{number}.png",
                        "raw": PIXEL,
                        "mimetype": "image/png",
                        "res_model": "marketplace.conversation",
                        "res_id": conversation.id,
                    }
                    for number in range(count)
                ]
            )
        )

    def test_pictures_of_others_are_not_sent(self):
        foreign = self.upload(self.two, 1) | self.upload(self.one, 1, user=self.ivan)
        for picture in foreign:
            with self.assertRaises(UserError):
                self.post(self.one, "", attachments=picture.ids)
        self.send()
        self.assertEqual(self.account.ours("c1"), [])

    def test_closed_for_writing(self):
        self.one.is_blocked = True
        with self.assertRaisesRegex(UserError, "closed"):
            self.post(self.one, "Yes")
        self.shop.write({"state": "refused", "reason": "wrong_keys"})
        with self.assertRaisesRegex(UserError, "keys"):
            self.post(self.two, "Yes")

    def test_cancel_while_it_waits(self):
        message = self.post(self.one, "Wrong chat!")
        message.with_user(self.anna).chats_cancel()
        self.assertTrue(self.one.is_unprocessed, "nobody has answered")
        self.send()
        self.assertEqual(self.account.ours("c1"), [])
        self.assertNotIn(message.id, self.one.with_user(self.anna).chats_thread()["ids"])

    def test_too_late_to_cancel(self):
        message = self.post(self.one, "Gone")
        self.send()
        with self.assertRaises(UserError):
            message.with_user(self.anna).chats_cancel()
        self.assertEqual(message.state, "sent")

    def test_cancelled_while_it_is_claimed(self):
        """The queue took it, another transaction was faster: what was cancelled never leaves."""
        message = self.post(self.one, "Wrong chat!")
        Message = type(message)
        tell = Message._tell

        def cancelled_meanwhile(record):
            if record.env.context.get("raced"):
                return tell(record)

            def cancel():
                record.env.cr.execute(
                    "UPDATE marketplace_message SET state = 'canceled' WHERE id = %s", [record.id]
                )

            record.env.cr.postrollback.add(cancel)
            self.patch(Message, "_tell", tell)
            raise SerializationFailure()

        self.patch(Message, "_tell", cancelled_meanwhile)
        self.send()
        self.assertEqual(self.account.ours("c1"), [])
        self.assertEqual(message.state, "canceled")

    def test_ticks_reach_the_marketplace(self):
        self.one.with_user(self.anna).chats_tick(self.one.message_ids[0].id)
        self.send()
        self.assertEqual(self.account.chats["c1"].read_to, "m1")
        self.assertEqual(self.account.requests["mark_read"], 1)
        self.send()
        self.assertEqual(self.account.requests["mark_read"], 1)

    @mute_logger(JOB)
    def test_tick_that_does_not_get_through_is_repeated(self):
        self.one.with_user(self.anna).chats_tick(self.one.message_ids[0].id)
        self.account.fault("mark_read", unreachable())
        self.send()
        self.assertFalse(self.account.chats["c1"].read_to)
        self.wake()
        self.assertEqual(self.account.chats["c1"].read_to, "m1")

    def test_refused_read_mark_is_repeated_and_given_up(self):
        for times, read_to in ((2, "m1"), (99, "")):
            self.account.chats["c1"].read_to = ""
            self.one.remote_read_pending = True
            self.account.fault("mark_read", RejectedError("not_found"), times=times)
            asked = self.account.requests["mark_read"]
            for _ in range(5):
                self.send()
            self.assertEqual(self.account.requests["mark_read"] - asked, 3)
            self.assertEqual(self.account.chats["c1"].read_to, read_to)
            self.assertFalse(self.one.remote_read_pending)

    def test_one_wake_up_is_enough_unless_it_has_woken_nobody(self):
        """A trigger made earlier for this very moment has told no worker: whoever lets a reply go has to."""
        triggers, jobs = self.env["ir.cron.trigger"], self.env["marketplace.job"]
        mine = [("cron_id", "=", self.env.ref("crm_marketplace_chats.ir_cron_send").id)]
        triggers.search(mine).unlink()
        now = fields.Datetime.now()
        jobs._trigger("send", at=now)
        self.env.flush_all()
        made = "UPDATE ir_cron_trigger SET create_date = %s"
        self.env.cr.execute(made, (now - timedelta(seconds=5),))
        jobs._trigger("send")
        self.assertEqual(triggers.search_count(mine), 2)
        self.env.cr.execute(made, (now,))
        jobs._trigger("send")
        self.assertEqual(triggers.search_count(mine), 2)

    def test_account_that_may_not_mark_read_may_still_write(self):
        self.one.with_user(self.anna).chats_tick(self.one.message_ids[0].id)
        self.account.fault("mark_read", EntitlementError("forbidden"), times=99)
        for _ in range(3):
            self.send()
        self.assertFalse(self.one.remote_read_pending)
        self.assertEqual(self.shop.state, "connected")
        self.post(self.one, "Yes")
        self.send()
        self.assertEqual(len(self.account.ours("c1")), 1)


@tagged("post_install", "-at_install")
class TestTrouble(SendCase):
    def test_rejected(self):
        """This text and no other: the next ones go out."""
        self.account.fault("send", RejectedError("bad_request", "bad words"))
        refused, next_one = self.post(self.one, "Refused"), self.post(self.one, "Next")
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Next"])
        self.assertEqual((refused.state, refused.reason), ("failed", "bad_request"))
        self.assertIn("Bazaar", refused.error)
        self.assertEqual(next_one.state, "sent")

    def test_rejected_leaves_the_buyer_waiting(self):
        self.account.fault("send", RejectedError("not_found"))
        message = self.post(self.one, "Refused")
        self.assertFalse(self.one.is_unprocessed)
        self.send()
        self.assertTrue(self.one.is_unprocessed)
        message.with_user(self.anna).chats_retry()
        self.assertEqual(message.state, "queued")
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Refused"])
        with self.assertRaises(UserError):
            message.with_user(self.anna).chats_retry()

    @mute_logger(JOB)
    def test_refused_keys(self):
        self.account.fault("send", CredentialsError("wrong_keys"))
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual((message.state, self.shop.state), ("failed", "refused"))
        self.assertIn("keys", self.shop.state_message)
        self.assertEqual(self.account.ours("c1"), [])

    @mute_logger(JOB)
    def test_unreachable_waits_and_tries_again(self):
        self.account.fault("send", unreachable(), times=2)
        message = self.post(self.one, "Yes")
        self.send()
        job = self.job(self.shop, "send")
        self.assertEqual((message.state, self.shop.state), ("queued", "failing"))
        first = job.next_run_at - fields.Datetime.now()
        self.assertGreater(first, timedelta(seconds=20))
        self.send()
        self.assertEqual(self.account.requests["send"], 1, "not before the pause is over")
        self.later(first.total_seconds())
        self.send()
        self.assertGreater(job.next_run_at - fields.Datetime.now(), first, "pauses grow")
        self.later(3600)
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Yes"])
        self.assertEqual((message.state, self.shop.state, message.reason), ("sent", "connected", False))

    @mute_logger(JOB)
    def test_rate_limit_quiets_the_channel(self):
        self.account.fault("send", RateLimitError("too_many_requests", retry_after=120))
        self.post(self.one, "Yes")
        self.send()
        self.later(119)
        asked = self.account.requests.total()
        for kind in ("send", "pull", "media", "events", "listings"):
            self.run_job(kind)
        self.assertEqual(self.account.requests.total(), asked)
        self.later(2)
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Yes"])

    @mute_logger(JOB)
    def test_one_channel_does_not_stop_another(self):
        other, account = self.bazaar(name="two", users=self.anna)
        account.say("c9", "Hello")
        self.run_job("pull")
        self.account.fault("send", unreachable(), times=9)
        self.post(self.one, "Yes")
        self.post(self.chat(other, "c9"), "Good day")
        self.send()
        self.assertEqual(account.ours("c9"), ["Good day"])

    @mute_logger(JOB)
    def test_a_defect_of_ours_is_shown_and_passed(self):
        """An error that is none of the marketplace's: the job writes it down, and the message is not lost."""
        self.account.fault("send", ZeroDivisionError())
        message = self.post(self.one, "Yes")
        self.run_job("send", defects=True)
        self.assertEqual(self.job(self.shop, "send").reason, "internal")
        self.wake()
        self.later(READING_PAUSE)
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Yes"])
        self.assertEqual(message.state, "sent")


@tagged("post_install", "-at_install")
class TestUnknown(SendCase):
    def test_done_and_the_answer_lost(self):
        """Found by reading; nothing is sent again."""
        self.account.fault("send", line_broken(), after=True)
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Yes"])
        self.assertEqual((message.state, message.reason), ("sent", False))
        self.assertEqual(message.external_id, self.account.chats["c1"].messages[-1].external_id)
        self.assertEqual(message.author_id, self.anna)
        self.assertEqual(self.account.requests["send"], 1)

    def test_lost_on_the_way(self):
        """Not found in two readings with a pause between them: sent once more."""
        self.account.fault("send", line_broken())
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual(message.state, "unknown")
        self.assertTrue(message.error)
        self.send()
        self.assertEqual(self.account.requests["newest"], 1, "the second reading takes its time")
        self.later(READING_PAUSE)
        self.send()
        self.assertEqual(self.account.requests["newest"], 2)
        self.assertEqual(self.account.ours("c1"), ["Yes"])
        self.assertEqual((message.state, self.account.requests["send"]), ("sent", 2))

    def test_lost_for_good(self):
        """Sent twice, read four times, never found: a person decides."""
        self.account.fault("send", line_broken(), times=9)
        message = self.post(self.one, "Yes")
        for _ in range(6):
            self.send()
            self.later(READING_PAUSE)
        self.assertEqual((message.state, message.reason), ("failed", "not_delivered"))
        self.assertEqual(self.account.requests["send"], 2)
        self.assertTrue(self.one.is_unprocessed)

    def test_what_follows_waits(self):
        """The next message of that chat does not overtake one whose outcome is unknown; other chats go on."""
        self.account.fault("send", line_broken(), chat="c1")
        self.post(self.one, "first")
        self.post(self.one, "second")
        self.post(self.two, "elsewhere")
        self.send()
        self.assertEqual((self.account.ours("c1"), self.account.ours("c2")), ([], ["elsewhere"]))
        self.later(READING_PAUSE)
        self.send()
        self.assertEqual(self.account.ours("c1"), ["first", "second"])

    def test_killed_while_sending(self):
        """The process died between the claim and the answer, before or after the request left."""
        for chat, arrived in ((self.one, True), (self.two, False)):
            message = self.post(chat, "Yes")
            message.write({"state": "sending", "attempted_at": fields.Datetime.now(), "attempts": 1})
            if arrived:
                self.account.reply(chat.external_id, "Yes")
        self.send()
        self.later(READING_PAUSE)
        self.send()
        self.assertEqual((self.account.ours("c1"), self.account.ours("c2")), (["Yes"], ["Yes"]))
        self.assertEqual(
            set((self.one | self.two).message_ids.filtered("author_id").mapped("state")), {"sent"}
        )

    def test_equal_text_said_before_is_not_taken_for_it(self):
        """«Yes» was said an hour ago; that one does not prove that today's has arrived."""
        self.post(self.one, "Yes")
        self.send()
        self.later(3600)
        self.account.fault("send", line_broken())
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual(message.state, "unknown")
        self.later(READING_PAUSE)
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Yes", "Yes"])

    def test_equal_texts_both_unknown(self):
        for _ in range(2):
            self.account.fault("send", line_broken(), after=True)
            self.post(self.one, "Yes")
            self.send()
        self.assertEqual(self.account.ours("c1"), ["Yes", "Yes"])
        self.assertEqual(len(set(self.one.message_ids.mapped("external_id"))), 3)

    def test_older_equal_text_of_the_app_is_not_taken_for_it(self):
        self.account.reply("c1", "Yes")
        self.later(600)
        self.account.fault("send", line_broken())
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual(message.state, "unknown")

    def test_chat_that_is_gone(self):
        """Nothing can be found out in a chat that the marketplace no longer knows; the others are not held up."""
        self.account.fault("send", line_broken())
        message = self.post(self.one, "Yes")
        del self.account.chats["c1"]
        self.post(self.two, "elsewhere")
        self.send()
        self.assertEqual(self.account.ours("c2"), ["elsewhere"])
        self.assertEqual(message.state, "failed")
        self.assertNotEqual(self.shop.state, "refused")

    @mute_logger(JOB)
    def test_found_out_late(self):
        """The marketplace stays out of reach for an hour; the message still is there once."""
        self.account.fault("send", line_broken(), after=True)
        self.account.fault("newest", unreachable(), times=3)
        message = self.post(self.one, "Yes")
        for _ in range(5):
            self.send()
            self.later(900)
        self.assertEqual(self.account.ours("c1"), ["Yes"])
        self.assertEqual(message.state, "sent")

    @mute_logger(JOB)
    def test_echo_while_it_waits_to_be_sent_again(self):
        """It had arrived after all: its echo comes while the second sending has to wait."""
        self.account.fault("send", line_broken())
        message = self.post(self.one, "Yes")
        self.send()
        self.later(READING_PAUSE)
        self.account.fault("send", TemporaryError("server_error"))
        self.send()
        self.assertEqual(message.state, "queued")
        self.account.reply("c1", "Yes")  # the marketplace was only slow
        self.pull()
        self.assertEqual(message.state, "sent")
        self.later(3600)
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Yes"])
        self.assertEqual(len(self.one.message_ids), 2)


@tagged("post_install", "-at_install")
class TestIdempotentMarketplace(SendCase):
    marketplace = "keyed"

    def test_repeated_with_the_same_key(self):
        for after in (True, False):
            self.account.fault("send", line_broken(), after=after)
            message = self.post(self.one, f"arrived: {after}")
            self.send()
            self.assertEqual(message.state, "sent")
        self.assertEqual(self.account.ours("c1"), ["arrived: True", "arrived: False"])
        self.assertEqual(self.account.requests["newest"], 0)

    def test_repeated_three_times_at_most(self):
        self.account.fault("send", line_broken(), times=9)
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual((message.state, self.account.requests["send"]), ("failed", 3))

    def test_echo_is_known_by_its_key(self):
        """Of two equal texts each finds its own."""
        first, second = self.post(self.one, "Yes"), self.post(self.one, "Yes")
        self.send()
        (first | second).write({"external_id": False})  # the answers told no ids
        self.job(self.shop, "pull").walk = False
        self.one.pulled_external_id = False
        self.pull()
        ids = [
            message.external_id for message in self.account.chats["c1"].messages if message.direction == "out"
        ]
        self.assertEqual([first.external_id, second.external_id], ids)
        self.assertEqual(len(self.one.message_ids), 3)


@tagged("post_install", "-at_install")
class TestEchoes(SendCase):
    def test_echo_before_the_answer(self):
        self.account.hook("send", self.delivered)
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual(self.texts(self.one), [("in", "Is it there?"), ("out", "Yes")])
        self.assertEqual((message.state, message.author_id), ("sent", self.anna))
        self.pull()
        self.assertEqual(len(self.one.message_ids), 2)

    @mute_logger(JOB)
    def test_echo_before_an_answer_that_breaks(self):
        """The delivery says that it arrived, the line says nothing: it arrived, and is not sent again."""
        self.account.hook("send", self.delivered)
        self.account.fault("send", line_broken(), after=True)
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual((message.state, message.reason), ("sent", False))
        self.wake()
        self.later(READING_PAUSE)
        self.wake()
        self.assertEqual(self.account.ours("c1"), ["Yes"])
        self.assertEqual(len(self.one.message_ids), 2)

    def test_answer_in_the_app_is_not_ours(self):
        message = self.post(self.one, "Ours")
        self.job(self.shop, "send").next_run_at = fields.Datetime.now() + timedelta(hours=1)
        self.account.reply("c1", "Typed in the app")
        self.pull()
        self.assertEqual(message.state, "queued")
        self.wake()
        self.pull()
        self.assertEqual(self.account.ours("c1"), ["Typed in the app", "Ours"])
        self.assertEqual(len(self.one.message_ids), 3)

    def test_the_same_in_the_app_while_ours_waits(self):
        """A colleague typed the very same there before ours ever left: both stand."""
        self.account.reply("c1", "Yes")
        self.pull()
        self.post(self.one, "Yes")
        self.send()
        self.pull()
        self.assertEqual(self.account.ours("c1"), ["Yes", "Yes"])
        self.assertEqual(len(self.one.message_ids), 3)


@tagged("post_install", "-at_install")
class TestChangedEchoes(SendCase):
    """A marketplace that changes our texts: the echo is not recognised by its words."""

    marketplace = "tidying"

    def test_folded_when_the_answer_tells_the_id(self):
        self.account.hook("send", self.delivered)
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual(len(self.one.message_ids), 2)
        self.assertRecordValues(
            message,
            [
                {
                    "state": "sent",
                    "author_id": self.anna.id,
                    "external_id": self.account.chats["c1"].messages[-1].external_id,
                }
            ],
        )
        self.assertEqual(self.account.ours("c1"), ["Yes …"])

    def test_read_mark_of_the_echo_is_kept(self):
        def delivered_and_read():
            self.delivered()
            with self.registry.cursor() as cr:
                env = self.env(cr=cr)
                env["marketplace.message"].search([("body", "=", "Yes …")]).state = "read"
                cr.commit()

        self.account.hook("send", delivered_and_read)
        message = self.post(self.one, "Yes")
        self.send()
        self.assertEqual(message.state, "read")

    def test_screens_forget_the_folded_row(self):
        """Whoever looks at the chat has been shown the echo: it has to go there too."""
        self.account.hook("send", self.delivered)
        self.post(self.one, "Yes")
        notes = []
        with patch.object(
            type(self.env["bus.bus"]), "_sendone", lambda _bus, _to, _type, note: notes.append(note)
        ):
            self.send()
        shown = [
            row["id"] for note in notes for row in note.get("marketplace.message", ()) if "_DELETE" not in row
        ]
        gone = [
            row["id"] for note in notes for row in note.get("marketplace.message", ()) if row.get("_DELETE")
        ]
        self.assertEqual(set(shown) - set(gone), set(self.one.message_ids.filtered("author_id").ids))


@tagged("post_install", "-at_install")
class TestLongTexts(SendCase):
    def test_cut_at_the_ends_of_lines_and_words(self):
        for text, limit, parts in (
            ("", 10, []),
            ("short", 10, ["short"]),
            ("0123456789", 10, ["0123456789"]),
            ("one two three four", 10, ["one two", "three four"]),
            ("first line\nsecond line", 14, ["first line", "second line"]),
            ("x" * 25, 10, ["x" * 10, "x" * 10, "x" * 5]),
            ("a " + "b" * 12, 10, ["a bbbbbbbb", "bbbb"]),
        ):
            self.assertEqual(split_text(text, limit), parts)

    def test_nothing_gets_lost(self):
        text = " ".join(f"word{number}" for number in range(1000))
        parts = split_text(text, 100)
        self.assertTrue(all(len(part) <= 100 for part in parts))
        self.assertEqual(" ".join(parts), text)

    def test_sent_in_order_once(self):
        text = " ".join(f"word{number}" for number in range(500))
        name = key()
        for _time in range(2):
            answer = self.one.with_user(self.anna).chats_post(text, name, split=True)
        self.assertGreater(len(answer["ids"]), 2)
        self.run_job("send")
        self.assertEqual(" ".join(self.account.ours("c1")), text)

    def test_not_without_being_asked(self):
        with self.assertRaises(UserError):
            self.one.with_user(self.anna).chats_post("x" * 2000, key())


@tagged("post_install", "-at_install")
class TestDelete(SendCase):
    def setUp(self):
        super().setUp()
        self.message = self.post(self.one, "By mistake")
        self.send()

    def there(self):
        return [message.kind for message in self.account.chats["c1"].messages if message.direction == "out"]

    def ask(self):
        self.message.with_user(self.anna).chats_delete()

    def test_deleted_at_the_clients_too(self):
        self.assertTrue(self.message._can_delete())
        self.ask()
        self.assertTrue(self.message.delete_pending)
        self.assertEqual(self.there(), ["text"], "not in the user's transaction")
        self.send()
        self.assertEqual(self.there(), ["deleted"])
        self.assertRecordValues(self.message, [{"kind": "deleted", "delete_pending": False, "error": False}])
        self.pull()
        self.assertEqual(len(self.one.message_ids), 2)

    def test_only_within_the_hour(self):
        self.later(3601)
        self.assertFalse(self.message._can_delete())
        with self.assertRaises(UserError):
            self.ask()

    def test_not_what_has_not_left_nor_the_clients(self):
        queued = self.post(self.one, "Still here")
        incoming = self.one.message_ids.filtered(lambda message: message.direction == "in")
        for message in (queued, incoming):
            with self.assertRaises(UserError):
                message.with_user(self.anna).chats_delete()

    def test_refused(self):
        self.account.fault("delete", RejectedError("too_late"))
        self.ask()
        self.send()
        self.assertRecordValues(self.message, [{"kind": "text", "state": "sent", "reason": "too_late"}])
        self.assertFalse(self.message.delete_pending)

    @mute_logger(JOB)
    def test_tried_again_when_the_line_breaks(self):
        """After the work was done: deleting twice is deleting once."""
        self.account.fault("delete", line_broken(), after=True)
        self.ask()
        self.send()
        self.assertTrue(self.message.delete_pending)
        self.wake()
        self.assertEqual(self.message.kind, "deleted")
        self.assertEqual(self.there(), ["deleted"])
