from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .bazaar import MESSAGES_PAGE, deleted
from .common import moment
from .test_pull import Killed, PullCase


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

    def test_deletions_nobody_told_of(self):
        """A message in the middle of a chat that is long answered; no list and no delivery says a word."""
        now = self.shop.create_date.astimezone()
        wrong = self.account.say("c1", "Wrong chat", now)
        self.account.reply("c1", "Hello", now)
        self.pull()
        messages = self.account.chats["c1"].messages
        messages[0] = deleted(messages[0])
        report = self.reconcile()
        self.assertEqual(report["repaired"], 1)
        self.assertEqual(self.message(self.shop, wrong.external_id).kind, "deleted")
        self.assertEqual(self.reconcile()["repaired"], 0)

    def test_deletions_further_back_than_a_page(self):
        """In a lively chat a message may have left the newest page within the time that it can be deleted in."""
        now = self.shop.create_date.astimezone()
        wrong = self.account.say("c1", "Wrong chat", now)
        for number in range(2 * MESSAGES_PAGE):
            self.account.say("c1", f"Line {number}", now)
        self.pull()
        self.account.chats["c1"].messages[0] = deleted(wrong)
        self.assertEqual(self.reconcile()["repaired"], 1)
        self.assertEqual(self.message(self.shop, wrong.external_id).kind, "deleted")
        asked = self.account.requests["history"]
        later = fields.Datetime.to_string(self.shop.create_date + timedelta(hours=3))
        self.job(self.shop, "reconcile").report = {"at": later, "checked": 1, "repaired": 0}
        self.reconcile()
        self.assertEqual(
            self.account.requests["history"] - asked, 1, "what nobody can delete is not read again"
        )

    def test_killed_anywhere(self):
        """What was repaired before the process died is in the report all the same."""
        self.fill()
        self.pull()
        for chat in ("c1", "c3"):
            lost = self.chat(self.shop, chat)
            lost.message_ids.sorted("id")[-1].unlink()
            lost.pulled_external_id = False
        self.account.say("c6", "Answer me", moment(400))
        self.pull()
        self.account.reply("c6", "Typed in the app", moment(401))
        self.chat(self.shop, "c6").pulled_external_id = self.account.chats["c6"].messages[-1].external_id
        self.shop.action_reconcile()
        for method in ("_pull_portion", "_keep_state", "_look_into", "_keep_state"):
            with self.killed_in(method), self.assertRaises(Killed):
                self.job(self.shop, "reconcile")._work_apart()
        self.run_job("reconcile")
        self.assertEqual(self.job(self.shop, "reconcile").report["repaired"], 3)
        self.assertStored()

    @contextmanager
    def killed_in(self, method):
        """The process dies as soon as that has been done."""
        channel = type(self.shop)
        work = getattr(channel, method)

        def last(*args, **options):
            work(*args, **options)
            raise Killed()

        with patch.object(channel, method, last), self.job_env():
            yield

    def test_not_before_the_first_pull(self):
        self.fill()
        self.assertFalse(self.reconcile())
        self.assertEqual(self.account.requests["history"], 0)
