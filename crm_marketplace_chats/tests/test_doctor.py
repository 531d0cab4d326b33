from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import freeze_time, mute_logger, tagged
from odoo.tools import config

from odoo.addons.crm_marketplace_chats.marketplaces.errors import REASONS
from odoo.addons.crm_marketplace_chats.marketplaces.payload import Finding
from odoo.addons.crm_marketplace_chats.models.marketplace_channel import REFUSALS
from odoo.addons.crm_marketplace_chats.models.reasons import describe_finding

from .bazaar import BazaarClient, unreachable
from .common import ChatsCase, incoming

#: Logins and sessions are Auto.ru's alone.
OF_AUTORU = {"wrong_login", "password_expired", "code_required", "session_refused", "not_a_dealer"}


def reason_is_of(reason, marketplace):
    return marketplace == "autoru" or reason not in OF_AUTORU


@tagged("post_install", "-at_install")
class TestDoctor(ChatsCase):
    """What the check of a connection looks at beside the keys."""

    def setUp(self):
        super().setUp()
        self.shop, self.account = self.bazaar(users=self.anna)

    def codes(self):
        with self.shop._client() as client:
            return {finding.code: finding.level for finding in self.shop._examine(client)}

    def test_employees_and_cron_threads(self):
        self.shop.user_ids = False
        with patch.dict(config.options, {"max_cron_threads": 1}):
            found = self.codes()
        self.assertEqual(found["no_employees"], "warning")
        self.assertEqual(found["few_cron_threads"], "warning")
        self.shop.user_ids = self.anna
        with patch.dict(config.options, {"max_cron_threads": 2}):
            found = self.codes()
        self.assertNotIn("no_employees", found)
        self.assertNotIn("few_cron_threads", found)

    def test_clock(self):
        for seconds, told in ((5, "clock_fine"), (-31, "clock"), (3600, "clock")):
            with patch.object(BazaarClient, "clock_difference", timedelta(seconds=seconds)):
                self.assertEqual({"clock", "clock_fine"} & set(self.codes()), {told}, seconds)

    def test_each_right_is_tried_though_another_is_closed(self):
        """Chats that are not paid for say nothing of calls and clocks; keys that are refused do of calls."""
        tried = []
        self.patch(BazaarClient, "can_read_calls", True)
        self.patch(BazaarClient, "calls", lambda _client, _since: tried.append(1) or iter([]))
        self.patch(BazaarClient, "clock_difference", timedelta(seconds=1))
        for error, calls in (("payment_required", True), ("wrong_keys", False), ("unreachable", False)):
            tried.clear()
            self.patch(BazaarClient, "check", lambda _client, code=error: [Finding("error", code)])
            found = self.codes()
            self.assertEqual(found[error], "error")
            self.assertEqual(bool(tried), calls, error)
            self.assertIn("clock_fine", found)

    def test_deliveries(self):
        """What is told is what is known: nothing yet, the last one, or that they have ceased."""
        self.patch(BazaarClient, "can_subscribe", True)
        self.shop.webhook_active = True
        self.assertEqual(self.codes().get("deliveries_none"), "warning")
        event = self.env["marketplace.event"].create({"channel_id": self.shop.id, "key": "1", "body": "{}"})
        self.shop.invalidate_recordset(["last_delivery_at"])
        self.assertEqual(self.codes().get("deliveries_come"), "ok")
        for minutes, code in ((5, "deliveries_come"), (20, "deliveries_stopped")):
            sent_at = event.create_date.astimezone() + timedelta(minutes=minutes)
            self.written(self.shop, f"c{minutes}", replace(incoming(f"m{minutes}"), sent_at=sent_at))
            self.assertIn(code, self.codes())

    def test_cures_name_the_place(self):
        """Whatever an administrator alone can end: the sentence says what to click, and where."""
        for code, channel in (("avito", self.avito), ("autoru", self.autoru)):
            for reason, kind in REASONS.items():
                if not issubclass(kind, REFUSALS) or not reason_is_of(reason, code):
                    continue
                with self.subTest(marketplace=code, reason=reason):
                    channel.write({"state": "refused", "reason": reason})
                    self.assertRegex(channel.state_cure, "→|manager|cabinet")
                    self.assertNotIn("%(", channel.state_cure)
                    line = describe_finding(self.env, Finding("error", reason), code)
                    self.assertIn(channel.state_cure, line)

    def test_words(self):
        """Each line of the report is a sentence that names what was found."""
        with patch.object(BazaarClient, "clock_difference", timedelta(seconds=40)):
            self.shop.action_check()
        self.assertIn("40", self.shop.check_report)
        self.assertNotIn("%(", self.shop.check_report)


@tagged("post_install", "-at_install")
class TestPage(ChatsCase):
    """The page «Connection»."""

    def setUp(self):
        super().setUp()
        self.shop, self.account = self.bazaar(users=self.anna)

    def pull(self):
        self.job(self.shop, "pull")._wake()
        self.run_job("pull")

    @mute_logger("odoo.addons.crm_marketplace_chats.models.marketplace_job")
    def test_last_errors_in_words_with_their_times(self):
        self.assertFalse(self.shop.last_troubles)
        with freeze_time("2026-03-02 10:00:00"):
            self.account.fault("conversations", unreachable(), times=1)
            self.pull()
        with freeze_time("2026-03-02 11:00:00"):
            self.pull()  # well again: the next one is another trouble
        for minute in range(3):
            with freeze_time(f"2026-03-02 12:0{minute}:00"):
                self.account.fault("conversations", unreachable(), times=1)
                self.job(self.shop, "pull").next_run_at = fields.Datetime.now()
                self.run_job("pull")
        self.anna.tz = "Europe/Moscow"
        shown = self.shop.with_user(self.anna).last_troubles
        self.assertEqual(
            [(one["when"], one["times"]) for one in shown], [("02.03 15:02", 3), ("02.03 13:00", 1)]
        )
        self.assertIn("Bazaar", shown[0]["words"])
        self.assertEqual(shown[0]["what"], "Asking for Messages")

    @mute_logger("odoo.addons.crm_marketplace_chats.models.marketplace_job")
    def test_only_the_last_few_are_kept(self):
        for _ in range(9):
            self.account.fault("conversations", unreachable(), times=1)
            self.pull()
            self.pull()
        self.assertEqual(len(self.job(self.shop, "pull").troubles), 5)
        self.assertEqual(len(self.shop.last_troubles), 5)

    def test_last_delivery(self):
        self.assertFalse(self.shop.last_delivery_at)
        event = self.env["marketplace.event"].create({"channel_id": self.shop.id, "key": "1", "body": "{}"})
        self.shop.invalidate_recordset(["last_delivery_at"])
        self.assertEqual(self.shop.with_user(self.anna).last_delivery_at, event.create_date)
