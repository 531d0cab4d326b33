from odoo.tests import tagged

from odoo.addons.crm_marketplace_chats.marketplaces.errors import RateLimitError
from odoo.addons.crm_marketplace_chats.models.marketplace_budget import SharedBudget

from .common import ChatsCase


@tagged("post_install", "-at_install")
class TestSharedBudget(ChatsCase):
    """Two workers with one account."""

    def workers(self, per_minute=30):
        workers = [SharedBudget(self.registry, "an account", per_minute) for _worker in range(2)]
        for worker in workers:
            worker.longest_wait = 0
        return workers

    def taken(self, worker, **values):
        count = 0
        try:
            while count < 1000:
                worker.take(**values)
                count += 1
        except RateLimitError:
            return count

    def test_one_bucket(self):
        with self.enter_registry_test_mode():
            one, other = self.workers()
            # Of so few six at once, less what is kept for replies.
            self.assertEqual(self.taken(one), 4)
            self.assertEqual(self.taken(other), 0, "the other worker finds it empty")
            self.assertEqual(self.taken(other, urgent=True), 2, "a reply is never held up by pulls")
            self.assertEqual(self.taken(one, urgent=True), 0)

    def test_pause_is_everybodys(self):
        with self.enter_registry_test_mode():
            one, other = self.workers()
            one.note(pause=30)
            with self.assertRaises(RateLimitError) as raised:
                other.take(urgent=True)
            self.assertAlmostEqual(raised.exception.retry_after, 30, delta=1)

    def test_limit_told_by_the_marketplace(self):
        with self.enter_registry_test_mode():
            one, other = self.workers()
            one.note(limit_per_minute=300)
            other.take(urgent=True)
            self.assertEqual(other._per_minute, 300)

    def test_accounts_do_not_share(self):
        with self.enter_registry_test_mode():
            one, _other = self.workers()
            self.taken(one, urgent=True)
            stranger = SharedBudget(self.registry, "another account", 30)
            stranger.longest_wait = 0
            self.assertEqual(self.taken(stranger, urgent=True), 6)

    def test_how_much_is_used(self):
        with self.enter_registry_test_mode():
            one, other = self.workers()
            self.assertEqual(round(other.used(self.env.cr), 1), 0)
            self.taken(one, urgent=True)
            self.assertAlmostEqual(other.used(self.env.cr), 1, delta=0.1)
