from odoo.tests import tagged

from .common import moment
from .test_pull import PullCase


@tagged("post_install", "-at_install")
class TestReconcile(PullCase):
    def reconcile(self):
        self.shop.action_reconcile()
        self.run_job("reconcile")
        return self.job(self.shop, "reconcile").report

    def test_nothing_differs(self):
        self.fill()
        self.pull()
        notes = len(self.shop.message_ids)
        report = self.reconcile()
        self.assertEqual((report["checked"], report["repaired"]), (7, 0))
        self.assertEqual(len(self.shop.message_ids), notes)
        self.assertStored()

    def test_what_is_missing_is_read_anew(self):
        self.fill()
        self.pull()
        chat = self.chat(self.shop, "c3")
        chat.message_ids.sorted("id")[-1].unlink()
        chat.pulled_external_id = False
        report = self.reconcile()
        self.assertEqual(report["repaired"], 1)
        self.assertStored()
        self.assertIn("1", self.shop.message_ids[0].body)
        self.assertEqual(
            self.shop.reconciled_at.replace(microsecond=0), self.job(self.shop, "reconcile").last_run_at
        )

    def test_answer_nobody_told_of(self):
        """The marketplace's list does not show it, the chat itself does."""
        self.account.say("c1", "Hello", moment(1))
        self.pull()
        chat = self.chat(self.shop, "c1")
        self.assertTrue(chat.is_unprocessed)
        listed = list(self.account.chats["c1"].messages)
        self.account.reply("c1", "Typed in the app", moment(2))
        # As a list that lags behind gives it: the walk finds nothing new in this chat.
        chat.pulled_external_id = self.account.chats["c1"].messages[-1].external_id
        self.assertEqual(len(listed), 1)
        report = self.reconcile()
        self.assertEqual(report["repaired"], 1)
        self.assertFalse(chat.is_unprocessed)

    def test_not_before_the_first_pull(self):
        self.fill()
        self.assertFalse(self.reconcile())
        self.assertEqual(self.account.requests["history"], 0)
