"""Who may see and do what: by the ORM, by RPC, by HTTP and by the bus."""

import json
from contextlib import contextmanager, nullcontext
from unittest.mock import patch

from odoo import Command, models
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import HttpCase, mute_logger, tagged

from odoo.addons.bus.models.bus import channel_with_db
from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing
from odoo.addons.http_routing.tests.common import MockRequest

from .common import MANAGER, USER, ChatsCase, ChatsMixin, incoming, outgoing
from .test_send import PIXEL

#: What each role may do with each model: Read, Write, Create, Unlink.
#: The employee's rights are those in a channel that names him.
RIGHTS = {
    "marketplace.channel": {"manager": "rwcu", "employee": "r"},
    "marketplace.conversation": {"manager": "rwu", "employee": "rw"},
    "marketplace.message": {"manager": "r", "employee": "r"},
    "marketplace.listing": {"manager": "rwu", "employee": "r"},
    "marketplace.price": {"manager": "r", "employee": "r"},
    "marketplace.vehicle.status": {"manager": "r", "employee": "r"},
    "marketplace.template": {"manager": "rwcu", "employee": "r"},
    "marketplace.template.category": {"manager": "rwcu", "employee": "r"},
    "marketplace.template.use": {},
    "marketplace.event": {"manager": "rwu"},
    # His own: the one that `of` gives is Anna's.
    "marketplace.filter": {"employee": "rwcu"},
    "marketplace.job": {"manager": "rw"},
    "marketplace.erasure": {"manager": "r"},
    "marketplace.reading": {"manager": "r"},
    "marketplace.turn": {"manager": "r"},
    "marketplace.tick": {"manager": "r"},
    "marketplace.turn.report": {"manager": "r"},
    "marketplace.outcome.report": {"manager": "r"},
    "marketplace.rule": {"manager": "rwcu"},
    "marketplace.employee": {"manager": "rw"},
    "marketplace.channel.secret": {},
    "marketplace.budget": {},
    "marketplace.feed": {"manager": "rwcu"},
    "marketplace.feed.run": {"manager": "r"},
    "marketplace.feed.line": {"manager": "r"},
    "marketplace.feed.vehicle": {"manager": "r"},
    "marketplace.phone": {"manager": "r", "employee": "r"},
    "marketplace.client.link": {"manager": "r", "employee": "r"},
    "marketplace.offer": {"manager": "rwu", "employee": "rw", "employee of nothing": "rw"},
    "marketplace.offer.line": {"manager": "rw", "employee": "rw"},
}
#: Records that no batch brings: how a test makes them.
DEAL_RECORDS = {
    "marketplace.phone": "phone_of",
    "marketplace.client.link": "client_link_of",
    "marketplace.offer": "offer_of",
    "marketplace.offer.line": "offer_line_of",
}
#: What is for everybody who may use the chats at all, also for an employee whom no channel names.
COMMON = ("marketplace.template", "marketplace.template.category", "marketplace.vehicle.status")
OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}

#: Every method that RPC may call, with arguments for a conversation or a message; each must be listed here.
CONVERSATION_CALLS = {
    "chats_thread": [],
    "chats_pictures": [],
    "chats_offer": [1],
    "chats_vehicle_status": ["sold"],
    "chats_post": ["Hello", "00000000-0000-0000-0000-000000000001"],
    "chats_tick": [1],
    "chats_snooze": ["tomorrow", [1]],
    "chats_tick_many": [[1]],
    "chats_assign_many": [False],
    "chats_assign": [False],
    "chats_panel": [],
    "chats_undo": ["00000000-0000-0000-0000-000000000001"],
    "chats_release": ["00000000-0000-0000-0000-000000000001"],
    "chats_templates": [],
    "chats_template_pictures": [0],
    "chats_make_vehicle": [],
    "chats_make_lead": [],
    "chats_assignees": [],
    "chats_note": ["Between us", "00000000-0000-0000-0000-000000000002"],
    "chats_colleagues": [],
    "chats_presence": ["looking"],
    "chats_client": [],
    "chats_decide_client": [0, "confirm"],
    "chats_make_client": ["+79990000000"],
    "chats_deal": [],
    "chats_plan": ["call", "2100-01-01"],
    "chats_finish": [0],
    "chats_visit_slots": [],
    "chats_visit_book": ["2100-01-01 10:00:00"],
}
#: Those that need more than the right to the record.
OTHER_CALLS = {"chats_block": ["spam"], "web_read": [{"buyer_name": {}}]}
#: Those for which the group of the chats is not enough, and those whose arguments name nothing that is there.
NEED_MORE = {"chats_make_lead", "chats_plan", "chats_vehicle_status"}
NAME_NOTHING = {"chats_decide_client", "chats_make_client", "chats_finish", "chats_visit_book"}
MODEL_CALLS = {"chats_start", "chats_list", "chats_counts", "chats_filter_choices"}
MODEL_CALLS = {"chats_start", "chats_list", "chats_counts", "chats_filter_choices", "chats_shift"}
MESSAGE_CALLS = {"chats_retry", "chats_cancel", "chats_delete", "chats_delete_note"}
#: All that RPC may call of this addon, by model, and who it takes at least. `open`: tells nothing but where to look.
METHODS = {
    "marketplace.conversation": {
        **dict.fromkeys([*CONVERSATION_CALLS, "action_make_lead"], "employee"),
        **dict.fromkeys([*MODEL_CALLS, "chats_cars"], "group"),
        "action_open_chat": "open",
        "action_export_client": "open",
        "chats_block": "employee",
        "web_read": "employee",
    },
    "marketplace.message": dict.fromkeys([*MESSAGE_CALLS, "web_read"], "employee"),
    "marketplace.channel": {
        "action_check": "manager",
        "action_retell_turns": "manager",
        "action_switch_webhook": "manager",
        "action_reconcile": "manager",
        "action_stop_history": "manager",
        "action_resume_history": "manager",
        "action_open_conversations": "open",
    },
    "marketplace.listing": {
        "action_make_vehicle": "employee",
        "action_accept_suggestion": "manager",
        "action_reject_suggestion": "manager",
    },
    "marketplace.feed": dict.fromkeys(
        ("action_load", "action_allow_shrink", "action_allow_photo_hosts", "action_open_vehicles"), "manager"
    ),
    "marketplace.template": {"chats_preview": "group"},
    "marketplace.turn": {"chats_board": "group"},
    "marketplace.event": {"action_retry": "manager"},
    "marketplace.filter": {"chats_save": "group", "chats_remove": "own"},
    "marketplace.job": {"action_wake": "manager"},
    "marketplace.offer": dict.fromkeys(["action_send", "action_stop", "action_refresh"], "group"),
    "crm.lead": {"action_open_marketplace_chat": "open"},
    "product.template": {
        **dict.fromkeys(
            ("action_open_marketplace_conversations", "action_open_listings", "action_open_leads"), "open"
        ),
        "action_offer": "group",
    },
}
SECRETS = {
    "avito_client_id": "avito-id-value",
    "avito_client_secret": "avito-secret-value",
    "autoru_token": "autoru-token-value",
    "autoru_login": "autoru-login-value",
    "autoru_password": "autoru-password-value",
    "autoru_session_id": "autoru-session-value",
}


class AccessCase(ChatsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Anna: both channels; Ivan: Avito alone; the southern channel belongs to another company.
        cls.south = cls.channel("Avito South", "avito", company=cls.other_company)
        car = cls.env["product.template"].create(
            {"name": "Haval", "is_vehicle": True, "vehicle_external_id": "S-1"}
        )
        cls.chats = {}
        for channel in (cls.avito, cls.autoru, cls.south):
            listing = RemoteListing("l1", title="Haval Jolion", price=100, feed_id="S-1")
            things = (incoming("m1", text=f"secret of {channel.name}"), outgoing("m2", 1))
            cls.chats[channel] = cls.written(
                channel,
                "c1",
                *things,
                incoming("m3", 2),
                buyer_name=f"Buyer of {channel.name}",
                listing=listing,
            )
            cls.env["marketplace.event"]._store(channel, json.dumps({"a": channel.name}))
        cls.car = car
        cls.ours, cls.foreign = cls.chats[cls.avito], cls.chats[cls.autoru]

    def of(self, model, channel):
        """A record of a model that belongs to a channel."""
        if model == "marketplace.channel":
            return channel
        if model == "marketplace.template":
            return self.env[model].search([], limit=1)
        if model == "marketplace.vehicle.status":
            return self.env[model].search([("vehicle_id", "=", self.car.id)], limit=1)
        if model == "marketplace.filter":
            return self.env[model].create({"name": "x", "view": "all", "query": {}, "user_id": self.anna.id})
        if model == "marketplace.erasure":
            values = {"kind": "erase", "origin": "request", "company_id": channel.company_id.id}
            return self.env[model].create(values)
        if model == "marketplace.reading":
            values = {"conversation_id": self.chats[channel].id, "user_id": self.anna.id}
            values |= {"company_id": channel.company_id.id, "action": "read", "at": "2026-03-02"}
            return self.env[model].create(values)
        if model == "marketplace.template.category":
            return self.env[model].create({"name": "Price"})
        if model == "marketplace.template.use":
            template = self.env["marketplace.template"].search([], limit=1)
            return self.env[model].create({"template_id": template.id, "user_id": self.anna.id})
        if model == "marketplace.budget":
            return (
                self.env[model]
                .sudo()
                .create(
                    {"key": str(channel.id), "per_minute": 1, "tokens": 1, "filled_at": 0, "paused_until": 0}
                )
            )
        if model.startswith("marketplace.feed"):
            return self.of_feed(model, channel.company_id)
        if model in DEAL_RECORDS:
            return getattr(self, DEAL_RECORDS[model])(channel)
        if model == "marketplace.rule":
            return self.env[model].create({"name": "Rule", "company_id": channel.company_id.id})
        if model == "marketplace.employee":
            return self.env[model]._of(self.anna)
        if model == "marketplace.tick":
            chat = self.chats[channel]
            return self.env[model].create(
                {"conversation_id": chat.id, "message_at": chat.last_message_at, "message_id": 1}
            )
        if model == "marketplace.channel.secret":
            self.env[model]._store(channel, "key", "value")
        return self.env[model].search([("channel_id", "=", channel.id)], limit=1)

    def of_feed(self, model, company):
        feed = self.env["marketplace.feed"].create(
            {"name": "Stock", "source": "file", "company_id": company.id}
        )
        run = self.env["marketplace.feed.run"].create({"feed_id": feed.id})
        values = {
            "marketplace.feed.line": {"run_id": run.id, "kind": "new"},
            "marketplace.feed.vehicle": {"feed_id": feed.id, "external_id": "S-1"},
        }
        if model in values:
            return self.env[model].create(values[model])
        return feed if model == "marketplace.feed" else run

    def offer_of(self, channel):
        return self.env["marketplace.offer"].create(
            {"vehicle_id": self.car.id, "company_id": channel.company_id.id, "kind": "sold", "state": "done"}
        )

    def offer_line_of(self, channel):
        values = {
            "offer_id": self.offer_of(channel).id,
            "conversation_id": self.chats[channel].id,
            "text": "Sold",
        }
        return self.env["marketplace.offer.line"].create(values)

    def phone_of(self, channel):
        message = self.chats[channel].message_ids[0]
        return self.env["marketplace.phone"].create(
            {
                "channel_id": channel.id,
                "conversation_id": message.conversation_id.id,
                "message_id": message.id,
                "phone": "+79123456789",
                "source": "text",
                "found_at": message.sent_at,
            }
        )

    def client_link_of(self, channel):
        partner = self.env["res.partner"].create({"name": "Maria"})
        return self.env["marketplace.client.link"].create(
            self.chats[channel]._link_row(partner, ["wrote"], phone="+79123456789")
        )

    def rights(self, record, user):
        """Letters of the operations that this user may do with this record."""
        record = record.with_user(user)
        return "".join(letter for letter, operation in OPERATIONS.items() if record.has_access(operation))


@tagged("post_install", "-at_install")
class TestRights(AccessCase):
    def test_each_role_each_model(self):
        roles = {
            "manager": self.manager,
            "employee": self.anna,
            "employee of nothing": self.nobody,
            "clerk": self.clerk,
            "visitor": self.visitor,
            "stranger": self.stranger,
        }
        for model, expected in RIGHTS.items():
            record = self.of(model, self.avito)
            for role, user in roles.items():
                with self.subTest(model=model, role=role):
                    self.assertEqual(
                        self.rights(record, user),
                        expected.get(role, "r" if model in COMMON and role == "employee of nothing" else ""),
                    )

    def test_models_are_all_named(self):
        stored = [("model", "=like", "marketplace.%"), ("transient", "=", False), ("abstract", "=", False)]
        stored = [
            ("model", "=like", "marketplace.%"),
            ("transient", "=", False),
            ("abstract", "=", False),
        ]
        models = self.env["ir.model"].search(stored).mapped("model")
        self.assertEqual(set(models), set(RIGHTS))

    def test_other_channels_and_companies(self):
        """Ivan is named on one channel; the manager sees all of his companies, others none of theirs."""
        north_only = self.person("north", "crm_marketplace_chats.group_chats_manager")
        for model in (
            "marketplace.channel",
            "marketplace.conversation",
            "marketplace.message",
            "marketplace.listing",
        ):
            visible = {
                user: self.env[model]
                .with_user(user)
                .search([])
                .mapped("id" if model == "marketplace.channel" else "channel_id.id")
                for user in (self.anna, self.ivan, self.nobody, north_only)
            }
            with self.subTest(model=model):
                self.assertEqual(set(visible[self.anna]), {self.avito.id, self.autoru.id})
                self.assertEqual(set(visible[self.ivan]), {self.avito.id})
                self.assertEqual(set(visible[self.nobody]), set())
                self.assertEqual(set(visible[north_only]), {self.avito.id, self.autoru.id})
                self.assertFalse(self.rights(self.of(model, self.autoru), self.ivan))
                self.assertFalse(self.rights(self.of(model, self.south), north_only))
                self.assertTrue(self.rights(self.of(model, self.south), self.manager))
        for model in ("marketplace.event", "marketplace.job"):
            self.assertFalse(
                self.env[model].with_user(north_only).search([("channel_id", "=", self.south.id)])
            )

    def test_named_on_a_channel_of_a_company_that_is_not_his(self):
        self.south.user_ids = self.ivan
        self.assertFalse(self.chats[self.south].with_user(self.ivan).has_access("read"))

    def test_company_that_is_switched_off(self):
        conversations = self.env["marketplace.conversation"].with_user(self.manager)
        north = conversations.with_context(allowed_company_ids=self.company.ids)
        self.assertEqual(north.search([]).company_id, self.company)
        self.assertEqual(conversations.search([]).company_id, self.company | self.other_company)

    def test_templates_of_companies(self):
        template = self.env["marketplace.template"].create(
            {"name": "South", "body": "South", "company_id": self.other_company.id}
        )
        self.assertFalse(template.with_user(self.anna).has_access("read"))
        self.assertTrue(template.with_user(self.manager).has_access("read"))

    def test_what_an_employee_may_write(self):
        """People and links; never what follows from the messages, nor where a chat belongs."""
        conversation = self.ours.with_user(self.ivan)
        partner = self.env["res.partner"].create({"name": "Maria"})
        conversation.write({"user_id": self.anna.id, "partner_id": partner.id})
        for values in (
            {"channel_id": self.autoru.id},
            {"unread_count": 0},
            {"is_unprocessed": False},
            {"buyer_name": "x"},
            {"listing_id": False},
            {"message_ids": [Command.create({"body": "x"})]},
            {"message_ids": [Command.clear()]},
            {"partner_id": partner.id, "ticked_at": "2030-01-01 00:00:00"},
            {"company_id": self.other_company.id},
        ):
            for user in (self.ivan, self.manager):
                with self.subTest(values=values, user=user.login), self.assertRaises(AccessError):
                    self.ours.with_user(user).write(values)

    def test_manager_sets_no_keys(self):
        """Only system administrators do."""
        for name in (*SECRETS, "base_url", "webhook_secret", "autoru_mode"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                self.avito.with_user(self.manager).write({name: "https://x"})

    def test_jobs_are_not_the_users_business(self):
        for user in (self.anna, self.clerk):
            with self.assertRaises(AccessError):
                self.of("marketplace.job", self.avito).with_user(user).action_wake()
            with self.assertRaises(AccessError):
                self.of("marketplace.event", self.avito).with_user(user).action_retry()
            with self.assertRaises(AccessError):
                self.avito.with_user(user).action_check()
            with self.assertRaises(AccessError):
                self.avito.with_user(user).action_switch_webhook()


@tagged("post_install", "-at_install")
class TestCalls(AccessCase):
    def rpc(self, user, model, method, *args, **kwargs):
        """As the web client calls it."""
        return call_kw(self.env[model].with_user(user).with_context(clean_context=True), method, args, kwargs)

    def public_methods(self):
        """What RPC may call of this addon's own methods, by model; what every model has left out."""
        found = {}
        for name, model in self.env.items():
            methods = {
                method
                for base in type(model).__mro__
                if base.__module__.startswith("odoo.addons.crm_marketplace_chats.models")
                for method, item in vars(base).items()
                if callable(item) and not hasattr(models.BaseModel, method) and self.is_public(model, method)
            }
            if methods:
                found[name] = methods
        return found

    @staticmethod
    def is_public(model, method):
        try:
            return bool(get_public_method(model, method))
        except AccessError:
            return False

    def test_every_public_method_is_named(self):
        """A new public method, of whatever model, has to be thought of here too."""
        named = {model: set(methods) for model, methods in METHODS.items()}
        found = self.public_methods()
        variants = found.pop("product.product", set())  # has all that its template has
        self.assertLessEqual(variants, found["product.template"])
        self.maxDiff = None
        self.assertEqual(found, named)

    def test_buttons_on_what_is_not_ours(self):
        """None of them works without the right to the record that it belongs to."""
        below = {
            "manager": (self.anna, self.nobody, self.clerk, self.visitor, self.stranger),
            "employee": (self.ivan, self.nobody, self.clerk, self.visitor, self.stranger),
        }
        calls = CONVERSATION_CALLS | OTHER_CALLS
        for model in set(METHODS) & set(RIGHTS) - {"marketplace.message"}:
            record = self.foreign if model == "marketplace.conversation" else self.of(model, self.autoru)
            for method, least in METHODS[model].items():
                for user in below.get(least, ()):
                    with self.subTest(model=model, method=method, user=user.login):
                        with self.assertRaises(AccessError):
                            self.rpc(user, model, method, record.ids, *calls.get(method, []))

    def test_foreign_conversation(self):
        """No method tells of, or changes, a conversation that the user may not read."""
        for user, conversation in (
            (self.ivan, self.foreign),
            (self.nobody, self.ours),
            (self.clerk, self.ours),
            (self.visitor, self.ours),
            (self.stranger, self.ours),
            (self.anna, self.chats[self.south]),
        ):
            before = conversation.read()
            for method, args in CONVERSATION_CALLS.items():
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, "marketplace.conversation", method, conversation.ids, *args)
            self.assertEqual(conversation.read(), before)
            self.assertEqual(len(conversation.message_ids), 3)

    def test_foreign_message(self):
        message = self.post(self.foreign, "Hello")
        message.state = "failed"
        for user in (self.ivan, self.nobody, self.clerk, self.visitor, self.stranger):
            for method in MESSAGE_CALLS:
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, "marketplace.message", method, message.ids)
        self.assertEqual(message.state, "failed")

    def test_own_conversation_needs_no_more_than_the_group(self):
        """An employee with no other right than that of the chats can use all of the screen but leads and cars."""
        offered = self.env["product.template"].create({"name": "Geely", "is_vehicle": True})
        values = {
            "channel_id": self.avito.id,
            "external_id": "l2",
            "vehicle_id": offered.id,
            "state": "active",
        }
        self.env["marketplace.listing"].create(values)
        calls = CONVERSATION_CALLS | {
            "chats_tick": self.ours.message_ids[0].ids,
            "chats_offer": offered.ids,
        }
        for method, args in calls.items():
            with self.subTest(method=method):
                refusal = method in NEED_MORE and AccessError or method in NAME_NOTHING and UserError
                with self.assertRaises(refusal) if refusal else nullcontext() as refused:
                    self.rpc(self.ivan, "marketplace.conversation", method, self.ours.ids, *args)
                if refusal is UserError:
                    self.assertNotIsInstance(refused.exception, AccessError)

    def test_no_access_at_all(self):
        for user in (self.clerk, self.visitor, self.stranger):
            for method in MODEL_CALLS:
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, "marketplace.conversation", method)

    def test_messages_of_a_foreign_conversation_by_its_own_id(self):
        """An id of another chat in an argument is of no use."""
        foreign = self.foreign.message_ids[0].id
        for call in (
            lambda: self.ours.with_user(self.ivan).chats_tick(foreign),
            lambda: self.ours.with_user(self.ivan).chats_thread(before=foreign),
            lambda: self.ours.with_user(self.ivan).chats_thread(after=foreign),
            lambda: self.ours.with_user(self.ivan).chats_thread(around=foreign),
            lambda: (
                self.env["marketplace.conversation"]
                .with_user(self.ivan)
                .chats_list("all", after=self.foreign.id)
            ),
        ):
            with self.assertRaises(UserError):
                call()

    def test_private_methods(self):
        for model, method in (
            ("marketplace.channel", "_apply_batch"),
            ("marketplace.channel", "_client"),
            ("marketplace.channel", "_client_settings"),
            ("marketplace.channel.secret", "_read_all"),
            ("marketplace.message", "_record_sent"),
        ):
            with self.assertRaises(AccessError):
                self.rpc(self.env.ref("base.user_admin"), model, method, self.avito.ids)

    def test_screen_shows_nothing_of_the_other_channel(self):
        """List, counts, search, panel: Ivan uses Avito alone."""
        (self.ours | self.foreign).partner_id = self.env["res.partner"].create(
            {"name": "Maria", "phone": "+7900"}
        )
        conversations = self.env["marketplace.conversation"].with_user(self.ivan)
        for view in ("waiting", "mine", "unowned", "all"):
            self.assertNotIn(self.foreign.id, conversations.chats_list(view)["ids"])
        self.assertEqual(conversations.chats_list("all")["ids"], self.ours.ids)
        self.assertEqual(conversations.chats_list("all", channel_ids=self.autoru.ids)["ids"], [])
        self.assertEqual(conversations.chats_counts()["waiting"], 1)
        for text in ("Auto.ru North", "secret of Auto.ru", "Buyer of Auto", "+7900", "Haval"):
            self.assertNotIn(self.foreign.id, conversations.chats_list("all", search=text)["ids"], text)
        start = conversations.chats_start()
        self.assertEqual(start["channel_ids"], self.avito.ids)
        panel = self.ours.with_user(self.ivan).chats_panel()
        self.assertEqual(panel["others"], [])
        self.assertEqual(self.ours.with_user(self.ivan).chats_client()["conversations"], [])
        told = json.dumps(
            [start, conversations.chats_list("all"), self.ours.with_user(self.ivan).chats_thread(), panel]
        )
        self.assertNotIn("Auto.ru North", told)
        with_anna = self.ours.with_user(self.anna).chats_panel()
        self.assertEqual([other["id"] for other in with_anna["others"]], self.foreign.ids)
        others = self.ours.with_user(self.anna).chats_client()["conversations"]
        self.assertEqual([other["id"] for other in others], self.foreign.ids)

    def test_assigned_to_colleagues_only(self):
        conversation = self.ours.with_user(self.ivan)
        self.assertEqual(
            {user["id"] for user in conversation.chats_assignees()}, {self.anna.id, self.ivan.id}
        )
        conversation.chats_assign(self.anna.id)
        for user in (self.nobody, self.clerk):
            with self.assertRaises(UserError):
                conversation.chats_assign(user.id)
        self.assertEqual(self.ours.user_id, self.anna)

    def test_lead_of_somebody_else(self):
        """A salesman who sees his own leads only is not told of another's, and his panel still opens."""
        salesman = self.person("salesman", USER, "sales_team.group_sale_salesman")
        self.avito.user_ids |= salesman
        self.ours.lead_id = self.env["crm.lead"].create({"name": "Secret deal", "user_id": self.manager.id})
        self.assertIs(self.ours.with_user(salesman).chats_panel()["lead"], False)
        self.assertIs(self.ours.with_user(self.ivan).chats_panel()["lead"], False)
        self.ours.lead_id = False
        answer = self.ours.with_user(salesman).chats_make_lead()
        self.assertEqual(answer["panel"]["lead"]["id"], self.ours.lead_id.id)
        self.assertEqual(self.ours.lead_id.user_id, salesman)


@tagged("post_install", "-at_install")
class TestSecrets(AccessCase):
    def setUp(self):
        super().setUp()
        self.admin = self.env.ref("base.user_admin")
        self.admin.company_ids |= self.company
        self.secretive = self.channel("Secretive", "avito", users=self.anna, **SECRETS)

    def told(self, *answers):
        """Everything that was told, as one text."""
        return json.dumps(answers, default=str)

    def assertNoSecret(self, *answers):
        told = self.told(*answers)
        for value in SECRETS.values():
            self.assertNotIn(value, told)

    def test_written_and_used_but_never_read(self):
        channel = self.secretive.with_user(self.admin)
        self.assertEqual(self.secretive._client_settings()["client_secret"], SECRETS["avito_client_secret"])
        self.assertEqual(set(channel.secrets_set.split()), set(SECRETS))
        self.env.invalidate_all()
        names = [*SECRETS, "secrets_set"]
        self.assertNoSecret(
            channel.read(),
            channel.read(names),
            channel.web_read({name: {} for name in names}),
            channel.search_read([("id", "=", channel.id)], names),
            channel.web_search_read([("id", "=", channel.id)], {name: {} for name in names}),
            channel.export_data([*names, "name"]),
            channel.name_search("Secretive"),
            channel.default_get(names),
            channel.copy_data(),
            channel.message_ids.mapped("body"),
            channel.message_ids.tracking_value_ids.read(),
            self.env["marketplace.conversation"].with_user(self.anna).chats_start(),
        )
        copied = channel.copy()
        self.assertFalse(copied.secrets_set)
        self.assertNotEqual(copied.webhook_secret, channel.webhook_secret)

    def test_not_guessed_by_searching(self):
        channels = self.env["marketplace.channel"].with_user(self.admin)
        for name, value in SECRETS.items():
            for operator in ("=", "like", "=like", ">"):
                with self.subTest(field=name, operator=operator):
                    try:
                        found = channels.search([(name, operator, value)])
                        everything = channels.search([(name, operator, "x" + value)])
                    except (ValueError, UserError, NotImplementedError):
                        continue
                    self.assertEqual(found, everything, "the answer must not depend on the secret")
        with self.assertRaises(ValueError):
            channels.formatted_read_group([], ["autoru_token"])

    def test_nobody_reads_where_they_lie(self):
        for user in (self.admin, self.manager, self.anna, self.clerk):
            with self.assertRaises(AccessError):
                self.env["marketplace.channel.secret"].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.of("marketplace.channel.secret", self.secretive).with_user(user).read(["value"])
        for field in self.env["marketplace.channel.secret"]._fields:
            self.assertFalse(
                self.env["ir.model.fields"].search(
                    [
                        ("relation", "=", "marketplace.channel.secret"),
                        ("model", "!=", "marketplace.channel.secret"),
                    ]
                ),
                f"no path of a domain leads to {field}",
            )

    def test_employees_and_managers_do_not_even_see_whether_they_are_set(self):
        for user in (self.anna, self.manager):
            channel = self.secretive.with_user(user)
            read = channel.read()[0]
            for name in (*SECRETS, "secrets_set", "webhook_secret", "webhook_url", "base_url"):
                self.assertNotIn(name, read)
                with self.assertRaises(AccessError):
                    channel.read([name])
                with self.assertRaises(AccessError):
                    channel.search([(name, "!=", False)])
            self.assertNotIn(self.secretive.webhook_secret, self.told(read))

    def test_form_keeps_what_is_not_typed(self):
        """Saving the form with empty fields does not forget; writing an empty one does."""
        channel = self.secretive.with_user(self.admin)
        channel.write({"name": "Renamed"})
        self.assertEqual(self.secretive._client_settings()["client_secret"], SECRETS["avito_client_secret"])
        channel.write({"avito_client_secret": " changed "})
        self.assertEqual(self.secretive._client_settings()["client_secret"], "changed")
        channel.write({"avito_client_secret": False})
        self.assertNotIn("avito_client_secret", self.secretive.secrets_set or "")

    def test_new_keys_end_the_session(self):
        self.env["marketplace.channel.secret"]._store(self.secretive, "session", '{"token": "old"}')
        self.secretive.state = "refused"
        self.secretive.with_user(self.admin).write({"avito_client_secret": "new"})
        self.assertFalse(self.env["marketplace.channel.secret"]._read_all(self.secretive).get("session"))
        self.assertEqual(self.secretive.state, "draft")

    def test_addresses_are_https(self):
        for address in ("http://avito.example", "ftp://x", "javascript:alert(1)", "//x"):
            with self.assertRaises(UserError):
                self.secretive.base_url = address
        for address in ("https://avito.example", "http://127.0.0.1:9101", "http://localhost:9101"):
            self.secretive.base_url = address

    def test_addresses_that_only_look_local(self):
        """Keys go to this address: a host that merely begins like our own is another one."""
        for address in (
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://localhost@evil.example",
        ):
            with self.subTest(address=address), self.assertRaises(UserError):
                self.secretive.base_url = address


@tagged("post_install", "-at_install")
class TestBus(AccessCase):
    def listens_to(self, user):
        """Names of the bus channels that this user's browser is subscribed to."""
        with MockRequest(self.env(user=user)) as mock:
            mock.session.uid = user.id
            channels = self.env["ir.websocket"].with_user(user)._build_bus_channel_list([])
        return {json.dumps(channel_with_db(self.env.cr.dbname, channel)) for channel in channels}

    def address(self, channel):
        return json.dumps(channel_with_db(self.env.cr.dbname, (channel, channel._bus_subchannel())))

    @contextmanager
    def notes(self):
        """Collect what is sent by the bus: (address, type, content)."""
        sent = []

        def send(bus, target, kind, content):
            sent.append((json.dumps(channel_with_db(bus.env.cr.dbname, target)), kind, content))

        with patch.object(type(self.env["bus.bus"]), "_sendone", send):
            yield sent

    def test_subscribed_to_ones_own(self):
        self.assertIn(self.address(self.avito), self.listens_to(self.anna))
        self.assertIn(self.address(self.autoru), self.listens_to(self.anna))
        self.assertIn(self.address(self.avito), self.listens_to(self.ivan))
        self.assertNotIn(self.address(self.autoru), self.listens_to(self.ivan))
        for user in (self.nobody, self.clerk):
            self.assertFalse([name for name in self.listens_to(user) if "marketplace.channel" in name])
        self.assertIn(self.address(self.south), self.listens_to(self.manager))

    def test_notes_go_to_the_channel_alone(self):
        with self.notes() as sent:
            self.apply(self.autoru, incoming("m9", 9, text="secret"))
        self.assertEqual({address for address, _kind, _content in sent}, {self.address(self.autoru)})
        content = json.dumps(sent[0][2], default=str)
        self.assertIn("secret", content)
        self.assertNotIn("phone", content)
        self.assertNotIn("webhook", content)

    def test_a_right_taken_away_ends_at_once(self):
        """Notes go to an address that the one who lost his right does not know."""
        before = self.listens_to(self.ivan)
        epoch = self.avito.access_epoch
        with self.notes() as sent:
            self.avito.user_ids -= self.ivan
        self.assertGreater(self.avito.access_epoch, epoch)
        self.assertIn("crm_marketplace_chats.access_changed", {kind for _address, kind, _content in sent})
        self.assertTrue(before & {address for address, _kind, _content in sent}, "he is told to look again")
        self.assertNotIn(self.address(self.avito), before)
        self.assertNotIn(self.address(self.avito), self.listens_to(self.ivan))
        self.assertIn(self.address(self.avito), self.listens_to(self.anna))

    def test_whatever_takes_a_right_away(self):
        employees, managers = self.env.ref(USER), self.env.ref(MANAGER)
        for name, change in {
            "groups of a user": lambda: self.ivan.write({"group_ids": [Command.unlink(employees.id)]}),
            "groups of a manager": lambda: self.manager.write({"group_ids": [Command.unlink(managers.id)]}),
            "users of a group": lambda: employees.write({"user_ids": [Command.unlink(self.anna.id)]}),
            "a user who leaves": lambda: self.nobody.write({"active": False}),
            "a channel in the archive": lambda: self.avito.write({"active": False}),
            "another company": lambda: self.avito.write(
                {"active": True, "company_id": self.other_company.id}
            ),
        }.items():
            epoch = self.avito.access_epoch
            change()
            with self.subTest(change=name):
                self.assertGreater(self.avito.access_epoch, epoch)
        epoch = self.avito.access_epoch
        self.clerk.write({"group_ids": [Command.link(self.env.ref("sales_team.group_sale_salesman").id)]})
        self.assertEqual(
            self.avito.access_epoch, epoch, "who has nothing to do with the chats changes nothing"
        )

    def test_those_who_are_added_are_told(self):
        partner = json.dumps(channel_with_db(self.env.cr.dbname, self.nobody))
        with self.notes() as sent:
            self.avito.user_ids |= self.nobody
        mine = json.dumps(channel_with_db(self.env.cr.dbname, self.nobody.partner_id))
        self.assertTrue({partner, mine} & {address for address, _kind, _content in sent})
        with self.notes() as sent:
            self.channel("New", "avito", users=self.nobody)
        self.assertTrue(
            {partner, mine} & {address for address, _kind, _content in sent}, "a new channel as well"
        )

    def test_screens_learn_what_changed(self):
        with self.notes() as sent:
            self.ours.with_user(self.ivan).chats_assign(self.anna.id)
        (address, kind, content), *_others = sent
        self.assertEqual((address, kind), (self.address(self.avito), "mail.record/insert"))
        row = content["marketplace.conversation"][0]
        self.assertEqual(
            (row["id"], row["responsible"]), (self.ours.id, {"id": self.anna.id, "name": "Anna"})
        )

    def test_nothing_changed_nothing_sent(self):
        with self.notes() as sent:
            self.apply(self.avito, incoming("m1", text="secret of Avito North"))
        self.assertEqual(sent, [])

    def test_history_tells_conversations_only(self):
        with self.notes() as sent:
            self.apply(
                self.avito,
                *(incoming(f"h{number}", -number - 1) for number in range(200)),
                incoming("m99", 99),
            )
        (missed_to, kind, missed), (told_to, _kind, told) = sent
        self.assertEqual({missed_to, told_to}, {self.address(self.avito)})
        self.assertEqual((kind, list(missed)), ("crm_marketplace_chats.messages_missed", ["chats"]))
        self.assertEqual(set(missed["chats"][0]), {"id", "since", "until"})
        self.assertNotIn("marketplace.message", told)


@tagged("post_install", "-at_install")
class TestFiles(ChatsMixin, HttpCase):
    """Pictures by their addresses, as a browser asks for them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours, cls.foreign = cls.written(cls.avito), cls.written(cls.autoru)
        cls.picture = cls.env["ir.attachment"].create(
            {
                "name": "photo.png",
                "raw": PIXEL,
                "mimetype": "image/png",
                "res_model": "marketplace.message",
                "res_id": cls.foreign.message_ids.id,
            }
        )

    def log_in(self, user):
        self.authenticate(user.login if user else None, user.login if user else None)

    @mute_logger("odoo.addons.base.models.ir_binary", "odoo.http")
    def test_pictures_of_messages(self):
        for user, allowed in (
            (self.anna, True),
            (self.ivan, False),
            (self.clerk, False),
            (self.visitor, False),
            (None, False),
        ):
            self.log_in(user)
            for path in (f"/web/content/{self.picture.id}", f"/web/image/{self.picture.id}"):
                response = self.url_open(path)
                with self.subTest(user=user and user.login, path=path):
                    self.assertEqual(response.content == PIXEL, allowed)

    @mute_logger("odoo.addons.base.models.ir_binary", "odoo.http")
    def test_pictures_that_were_posted(self):
        """One that was uploaded for a reply is the reply's: readable by whoever reads the chat."""
        picture = (
            self.env["ir.attachment"]
            .with_user(self.anna)
            .sudo()
            .create(
                {
                    "name": "photo.png",
                    "raw": PIXEL,
                    "mimetype": "image/png",
                    "res_model": "marketplace.conversation",
                    "res_id": self.ours.id,
                }
            )
        )
        self.post(self.ours, "", attachments=picture.ids)
        for user, allowed in ((self.anna, True), (self.ivan, True), (self.nobody, False), (None, False)):
            self.log_in(user)
            with self.subTest(user=user and user.login):
                self.assertEqual(self.url_open(f"/web/image/{picture.id}").content == PIXEL, allowed)

    @mute_logger("odoo.addons.base.models.ir_binary", "odoo.http")
    def test_pictures_of_listings(self):
        self.apply(self.autoru, RemoteListing("l1", title="Car"))
        listing = self.env["marketplace.listing"].search([("channel_id", "=", self.autoru.id)])
        listing.image = self.env["ir.attachment"].new({"raw": PIXEL}).datas
        sizes = {}
        for user in (self.anna, self.ivan, None):
            self.log_in(user)
            sizes[user] = self.url_open(f"/web/image/marketplace.listing/{listing.id}/image").headers.get(
                "Content-Length"
            )
        self.assertNotEqual(sizes[self.anna], sizes[self.ivan])
        self.assertEqual(sizes[self.ivan], sizes[None])
