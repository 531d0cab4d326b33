"""Settings, the check of a connection, deliveries on and off, and what a copy of the database may do."""

from odoo.exceptions import UserError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import Form, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.errors import REASONS, TemporaryError
from odoo.addons.crm_marketplace_chats.marketplaces.payload import Finding
from odoo.addons.crm_marketplace_chats.models import reasons

from .bazaar import BazaarClient
from .common import MANAGER, ChatsCase


@tagged("post_install", "-at_install")
class TestSettings(ChatsCase):
    def settings(self, **values):
        return self.env["res.config.settings"].create(values)

    def test_interval(self):
        self.settings(chats_pull_interval=5).execute()
        self.assertEqual(self.env["res.config.settings"]._chats_pull_interval(), 5)
        self.assertEqual(self.settings().chats_pull_interval, 5)
        for wrong in (0, -1, 61):
            with self.subTest(interval=wrong), self.assertRaises(ValidationError):
                self.settings(chats_pull_interval=wrong)

    def test_default_interval(self):
        self.assertEqual(self.settings().chats_pull_interval, 1)
        self.assertEqual(self.env["res.config.settings"]._chats_pull_interval(), 1)

    def test_channels_of_the_company(self):
        self.channel("South", "avito", company=self.other_company)
        settings = self.env["res.config.settings"].with_company(self.company).create({})
        self.assertEqual(settings.chats_channel_ids, self.avito | self.autoru)
        self.assertEqual(settings.chats_employee_count, 2)

    def test_channel_form(self):
        """The form an administrator fills in, for either marketplace."""
        for marketplace in ("avito", "autoru"):
            form = Form(self.env["marketplace.channel"])
            form.name = "New"
            form.marketplace = marketplace
            if marketplace == "avito":
                form.avito_client_id = "demo"
            channel = form.save()
            self.assertEqual(channel.state, "draft")
            self.assertEqual(
                set(channel.job_ids.mapped("kind")), set(dict(channel.job_ids._fields["kind"].selection))
            )

    def test_forms_open_for_those_who_may_use_them(self):
        for user, models in (
            (self.anna, ("marketplace.conversation",)),
            (self.person("boss", MANAGER), ("marketplace.channel", "marketplace.template")),
        ):
            for model in models:
                for view in ("form", "list", "search", "kanban"):
                    if self.env["ir.ui.view"].search([("model", "=", model), ("type", "=", view)]):
                        with self.subTest(user=user.login, model=model, view=view):
                            self.env[model].with_user(user).get_view(view_type=view)


@tagged("post_install", "-at_install")
class TestConnection(ChatsCase):
    def setUp(self):
        super().setUp()
        self.shop, self.account = self.bazaar(users=self.anna)

    def check(self, *findings):
        self.patch(BazaarClient, "check", lambda client: list(findings))
        return self.shop.with_user(self.manager).action_check()

    def test_all_is_well(self):
        self.shop.job_ids.next_run_at = "2100-01-01"
        action = self.check(Finding("ok", "token_ok"), Finding("ok", "chats_visible", {"count": 7}))
        self.assertEqual((self.shop.state, self.shop.reason), ("connected", False))
        self.assertEqual(
            self.shop.check_report.splitlines()[:2], ["✓ The keys are right.", "✓ Chats that can be seen: 7."]
        )
        self.assertEqual(action["params"]["type"], "success")
        self.assertLess(self.shop.job_ids[0].next_run_at.year, 2100, "the jobs begin at once")

    def test_refused(self):
        for code, state in (
            ("wrong_keys", "refused"),
            ("payment_required", "refused"),
            ("unreachable", "failing"),
        ):
            action = self.check(Finding("ok", "token_ok"), Finding("error", code))
            self.assertEqual(self.shop.state, state)
            self.assertIn("Bazaar", self.shop.state_message)
            self.assertIn("✗", action["params"]["message"])

    def test_unknown_findings_are_shown_as_they_are(self):
        self.check(Finding("warning", "something_new", {"count": 1}))
        self.assertEqual(self.shop.check_report.splitlines()[0], "! something_new")

    def test_every_reason_has_words(self):
        self.assertFalse(set(REASONS) - set(reasons.REASONS))
        for reason in reasons.REASONS:
            words = reasons.describe_reason(self.env, reason, "avito")
            self.assertNotIn("%(", words)
            self.assertTrue(words.endswith("."))

    def test_deliveries_on_and_off(self):
        channel = self.shop.with_user(self.manager)
        channel.action_switch_webhook()
        self.assertTrue(self.shop.webhook_active)
        self.assertEqual(self.account.requests["subscribe"], 1)
        channel.action_switch_webhook()
        self.assertFalse(self.shop.webhook_active)
        self.account.fault("subscribe", TemporaryError("unreachable"))
        with self.assertRaisesRegex(UserError, "Bazaar"):
            channel.action_switch_webhook()
        self.assertFalse(self.shop.webhook_active)


@tagged("post_install", "-at_install")
class TestNeutralize(ChatsCase):
    def test_a_copy_answers_nobody(self):
        """And takes nothing away from the original."""
        shop, account = self.bazaar(users=self.anna)
        account.say("c1", "Hello")
        self.run_job("pull")
        conversation = self.chat(shop)
        self.env["marketplace.channel.secret"]._store(shop, "avito_client_secret", "secret")
        messages = [self.post(conversation, "Yes") for _ in range(4)]
        for message, state in zip(messages, ("queued", "sending", "unknown", "sent"), strict=True):
            message.state = state
        conversation.remote_read_pending = True
        self.env.flush_all()
        for query in get_neutralization_queries(["crm_marketplace_chats"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse(self.env["marketplace.channel"].search([]))
        self.assertFalse(self.env["marketplace.channel.secret"].sudo().search([]))
        self.assertEqual(
            [message.state for message in messages], ["canceled", "canceled", "canceled", "sent"]
        )
        self.assertFalse(conversation.remote_read_pending)
        shop.active = True  # somebody switches the channel on again, in the copy
        asked = account.requests.total()
        self.run_job("send")
        self.assertEqual(account.requests.total(), asked)
