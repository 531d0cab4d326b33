from odoo.tests import mute_logger, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.errors import TemporaryError

from .bazaar import Fault, unreachable
from .common import moment
from .test_pull import PullCase

JOB = "odoo.addons.crm_marketplace_chats.models.marketplace_job"


@tagged("post_install", "-at_install")
class TestHistory(PullCase):
    """The first connect: the list of chats at once, their messages in the background."""

    def setUp(self):
        super().setUp()
        self.shop.history_done = False
        self.fill()

    def read_on(self):
        self.job(self.shop, "history")._wake()
        self.run_job("history")

    def test_list_first_messages_later(self):
        self.pull()
        self.assertEqual(self.account.requests["history"], 0, "nothing holds up what comes in now")
        shown = self.env["marketplace.conversation"].search([("channel_id", "=", self.shop.id)])
        self.assertEqual(len(shown), 7)
        for chat in shown:
            last = self.account.chats[chat.external_id].messages[-1]
            self.assertEqual(chat.last_message_preview, last.body)
        self.read_on()
        self.assertStored()
        self.assertTrue(self.shop.history_done)
        self.assertEqual(self.shop.history_progress, 100)
        self.assertIn("7", self.shop.history_message)

    def test_what_comes_in_meanwhile(self):
        self.pull()
        self.account.say("c0", "Written after the connect", self.shop.create_date.astimezone())
        self.pull()
        chat = self.chat(self.shop, "c0")
        self.assertTrue(chat.is_unprocessed)
        self.assertEqual(chat.last_message_preview, "Written after the connect")
        self.read_on()
        self.assertStored()

    def test_replies_leave_while_it_is_read(self):
        """The only worker is busy with it: the scheduled action that sends does not run."""
        self.pull()
        self.post(self.chat(self.shop, "c0"), "Come at ten")
        self.account.faults["history"] = Fault(TemporaryError("unavailable"), times=99)
        self.read_on()
        self.assertEqual(
            self.account.chats["c0"].messages[-1].body, "Come at ten", "before the first request"
        )
        self.account.faults.clear()
        self.post(self.chat(self.shop, "c0"), "Or at eleven")
        self.job(self.shop, "history")._wake()
        self.read_on()
        self.assertEqual(self.account.requests["send"], 2)
        self.assertTrue(self.shop.history_done)
        cron = self.env.ref("crm_marketplace_chats.ir_cron_send")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]), "to look once more")

    def stop(self):
        """Somebody presses the button while the job runs."""
        with self.registry.cursor() as cr:
            self.shop.with_env(self.env(cr=cr, user=self.manager)).action_stop_history()

    def test_stopped_and_gone_on_with(self):
        self.pull()
        self.account.hook("history", self.stop)
        self.read_on()
        self.assertFalse(self.shop.history_done)
        stopped_at = self.account.requests["history"]
        self.read_on()
        self.assertEqual(self.account.requests["history"], stopped_at, "it stays stopped")
        self.shop.with_user(self.manager).action_resume_history()
        self.run_job("history")
        self.assertTrue(self.shop.history_done)
        self.assertStored()
        self.assertEqual(self.account.requests["history"], 2 * 7, "two pages a chat: nothing is read twice")

    @mute_logger(JOB)
    def test_goes_on_after_trouble(self):
        self.pull()
        self.account.fault("history", unreachable(), times=2)
        self.read_on()
        self.assertFalse(self.shop.history_done)
        for _run in range(3):
            self.job(self.shop, "history")._wake()
            self.run_job("history")
        self.pull()
        self.assertTrue(self.shop.history_done)
        self.assertStored()

    def test_not_before_the_list(self):
        self.read_on()
        self.assertEqual(self.account.requests.total(), 0)

    def test_counters_are_right_before_and_after(self):
        self.account.say("c9", "First", moment(1))
        self.account.say("c9", "Second", moment(2))
        self.pull()
        chat = self.chat(self.shop, "c9")
        self.assertEqual(chat.unread_count, 1, "the last one, which the list tells")
        self.read_on()
        self.assertEqual(chat.unread_count, 2)
