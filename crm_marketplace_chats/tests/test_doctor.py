from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import config

from .bazaar import BazaarClient
from .common import ChatsCase


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
        for seconds, told in ((5, False), (-31, True), (3600, True)):
            with patch.object(BazaarClient, "clock_difference", timedelta(seconds=seconds)):
                self.assertEqual("clock" in self.codes(), told, seconds)

    def test_words(self):
        """Each line of the report is a sentence that names what was found."""
        with patch.object(BazaarClient, "clock_difference", timedelta(seconds=40)):
            self.shop.action_check()
        self.assertIn("40", self.shop.check_report)
        self.assertNotIn("%(", self.shop.check_report)
