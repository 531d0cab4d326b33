"""A reply that is held for some seconds: it can be taken back, and it leaves by itself."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import key
from .test_send import PIXEL, SendCase


@tagged("post_install", "-at_install")
class TestHold(SendCase):
    def held(self, text, conversation=None, seconds=5, **options):
        """A reply with a hold: its messages and its key."""
        chat, same = (conversation or self.one).with_user(self.anna), key()
        ids = chat.chats_post(text, same, hold=seconds, **options)["ids"]
        return self.env["marketplace.message"].browse(ids), same

    def undo(self, same, user=None, conversation=None):
        return (conversation or self.one).with_user(user or self.anna).chats_undo(same)

    def test_leaves_when_the_time_is_over(self):
        """Whether or not the browser is still there."""
        message, _key = self.held("Yes")
        self.send()
        self.assertEqual((self.account.ours("c1"), message.state), ([], "queued"))
        self.assertFalse(self.one.is_unprocessed)
        self.later(4)
        self.send()
        self.assertEqual(self.account.ours("c1"), [])
        self.later(1)
        self.send()
        self.assertEqual((self.account.ours("c1"), message.state), (["Yes"], "sent"))

    def test_the_job_is_called_for_that_moment(self):
        cron = self.env.ref("crm_marketplace_chats.ir_cron_send")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        message, _key = self.held("Yes")
        new = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]) - triggers
        self.assertEqual(new.mapped("call_at"), [message.next_attempt_at])

    def test_order_is_kept(self):
        """What is written after it does not overtake it; other chats do."""
        self.held("first")
        self.post(self.one, "second")
        self.post(self.two, "elsewhere")
        self.send()
        self.assertEqual((self.account.ours("c1"), self.account.ours("c2")), ([], ["elsewhere"]))
        self.later(5)
        self.send()
        self.assertEqual(self.account.ours("c1"), ["first", "second"])

    def test_taken_back(self):
        message, same = self.held("Wrong chat!")
        self.undo(same)
        self.later(10)
        self.send()
        self.assertEqual((self.account.ours("c1"), message.state), ([], "canceled"))
        self.assertTrue(self.one.is_unprocessed, "nobody has answered")
        self.assertNotIn(message.id, self.one.with_user(self.anna).chats_thread()["ids"])
        self.post(self.one, "Right")
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Right"])

    def test_taken_back_as_a_whole(self):
        """Pictures and the parts of a long text; the pictures can be sent again."""
        chat = self.one.with_user(self.anna)
        pictures = [chat._keep_picture("a.png", PIXEL)["id"] for _ in range(2)]
        text = "word " * 300
        messages, same = self.held(text, attachment_ids=pictures, split=True)
        self.assertEqual(messages.mapped("kind"), ["image", "image", "text", "text"])
        self.undo(same)
        self.assertEqual(set(messages.mapped("state")), {"canceled"})
        again = self.post(self.one, "", attachments=pictures)
        self.assertEqual(again.attachment_ids.ids, pictures)
        self.send()
        self.assertEqual(len(self.account.ours("c1")), 2)

    def test_too_late(self):
        message, same = self.held("Gone")
        self.later(5)
        self.send()
        with self.assertRaisesRegex(UserError, "too late"):
            self.undo(same)
        self.assertEqual(message.state, "sent")

    def test_too_late_for_a_part_of_it(self):
        """The first half has left: the second one goes too, and nothing is torn."""
        messages, same = self.held("word " * 300, split=True)
        messages[0].state = "sending"
        with self.assertRaises(UserError):
            self.undo(same)
        self.assertEqual(messages.mapped("state"), ["sending", "queued"])

    def test_somebody_elses(self):
        _message, same = self.held("Yes")
        self.shop.user_ids |= self.ivan
        with self.assertRaises(UserError):
            self.undo(same, self.ivan)
        with self.assertRaises(UserError):
            self.undo(same, conversation=self.two)
        with self.assertRaises(AccessError):
            self.undo(same, self.nobody)

    def test_released(self):
        """The manager is sure."""
        message, same = self.held("Yes", seconds=10)
        self.one.with_user(self.anna).chats_release(same)
        self.send()
        self.assertEqual((self.account.ours("c1"), message.state), (["Yes"], "sent"))
        self.one.with_user(self.anna).chats_release(same)
        self.send()
        self.assertEqual(self.account.ours("c1"), ["Yes"])

    def test_bounds(self):
        for asked, given in ((0, 0), (-5, 0), (7, 7), (3600, 30), (None, 0)):
            message, _key = self.held("Yes", seconds=asked)
            wait = message.next_attempt_at and message.next_attempt_at - fields.Datetime.now()
            self.assertEqual(wait.total_seconds() if wait else 0, given)


@tagged("post_install", "-at_install")
class TestHabits(SendCase):
    def test_by_himself_and_by_the_screen(self):
        """In his preferences, and by the sign beside «Send»; both are the same."""
        user = self.anna.with_user(self.anna)
        self.assertEqual((user.chats_send_key, user.chats_undo_time), ("enter", "0"))
        user.write({"chats_send_key": "ctrl_enter"})
        settings = self.env["res.users.settings"].with_user(self.anna)._find_or_create_for_user(user)
        self.assertEqual((settings.chats_send_key, settings.chats_undo_time), ("ctrl_enter", "0"))
        settings.with_user(self.anna).set_res_users_settings({"chats_undo_time": "5"})
        self.assertEqual((user.chats_send_key, user.chats_undo_time), ("ctrl_enter", "5"))
        with self.assertRaises(AccessError):
            self.anna.with_user(self.ivan).chats_undo_time = "10"
