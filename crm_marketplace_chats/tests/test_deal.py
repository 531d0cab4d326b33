"""One lead for one buyer and one car: by a click, by rule, from both marketplaces, and from two hands at once."""

import threading
from datetime import timedelta

from odoo import api, fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import retrying
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteCall, RemoteListing

from .common import START, ChatsCase, about, batch, incoming, moment, naive

NUMBER = "+79123456789"
LEADS = "sales_team.group_sale_salesman_all_leads"


class DealCase(ChatsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.person("seller", "crm_marketplace_chats.group_chats_user", LEADS)
        (cls.avito | cls.autoru).user_ids |= cls.seller
        cls.car = cls.env["product.template"].create(
            {"name": "Haval", "is_vehicle": True, "vehicle_external_id": "S-1", "list_price": 2_199_000}
        )
        cls.listing = RemoteListing("l1", title="Haval Jolion", price=2_199_000, feed_id="S-1")

    def about_the_car(self, chat="c1", channel=None, text="Здравствуйте", **values):
        channel = channel or self.avito
        return self.written(
            channel, chat, incoming(f"{chat}-1", chat=chat, text=text), listing=self.listing, **values
        )

    def follow(self):
        # Where the test's clock stands in the past, the jobs were made in its future.
        self.env["marketplace.job"].search([]).next_run_at = naive(-60 * 24 * 365)
        self.run_job("clients")
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestLead(DealCase):
    def test_one_click(self):
        self.avito.team_id = self.env["crm.team"].create({"name": "Avito", "company_id": self.company.id})
        conversation = self.about_the_car(buyer_name="Maria", url="https://x/c1")
        answer = conversation.with_user(self.seller).chats_make_lead()
        lead = conversation.lead_id
        self.assertEqual(
            (lead.source_id.name, lead.medium_id, lead.marketplace_vehicle_id, lead.expected_revenue),
            ("Avito", self.env.ref("crm_marketplace_chats.utm_medium_chat"), self.car, 2_199_000),
        )
        self.assertEqual(
            (lead.user_id, lead.team_id, lead.contact_name), (self.seller, self.avito.team_id, "Maria")
        )
        self.assertEqual(lead.marketplace_conversation_ids, conversation)
        self.assertEqual(answer["deal"]["lead"]["id"], lead.id)

    def test_strangers_have_leads_of_their_own(self):
        """Of two buyers without a number, or two known ones without a car, nothing says that they are the same."""
        strangers = self.about_the_car("c1") | self.about_the_car("c2")
        carless = self.written(self.avito, "c3", incoming("c3-1", chat="c3", text=NUMBER))
        carless |= self.written(self.avito, "c4", incoming("c4-1", chat="c4", text=NUMBER))
        chats = (strangers | carless).with_user(self.seller)
        for chat in chats:
            chat.chats_make_lead()
        self.assertEqual(len(chats.lead_id), 4)

    def test_the_same_buyer_and_car_at_both_marketplaces(self):
        avito = self.about_the_car(text=f"Мой номер {NUMBER}", buyer_name="Maria")
        autoru = self.about_the_car("r1", self.autoru, text=f"Звоните {NUMBER}", buyer_name="Мария")
        other_car = self.written(
            self.avito, "c2", incoming("c2-1", chat="c2", text=NUMBER), buyer_name="Maria"
        )
        self.follow()
        leads = [chat.with_user(self.seller)._make_lead() for chat in (avito, autoru, other_car)]
        self.assertEqual(leads[0], leads[1])
        self.assertNotEqual(leads[0], leads[2])
        leads[0].action_set_lost()
        again = self.about_the_car("c3", text=NUMBER, buyer_name="Maria")
        self.follow()
        again.with_user(self.seller)._make_lead()
        self.assertNotEqual(again.lead_id, leads[0], "what is lost is over")

    def test_a_lead_made_in_the_crm_is_found(self):
        partner = self.env["res.partner"].create({"name": "Maria", "phone": NUMBER})
        lead = self.env["crm.lead"].create(
            {"name": "From the CRM", "partner_id": partner.id, "marketplace_vehicle_id": self.car.id,
             "company_id": self.company.id}
        )  # fmt: skip
        conversation = self.about_the_car(text=NUMBER)
        self.follow()
        self.assertEqual(conversation.with_user(self.seller)._make_lead(), lead)

    def test_a_colleagues_lead_is_linked_but_not_shown(self):
        """Whoever may read his own leads alone makes no second one, and learns nothing of the first."""
        avito = self.about_the_car(text=NUMBER)
        autoru = self.about_the_car("r1", self.autoru, text=NUMBER)
        self.follow()
        autoru.with_user(self.seller)._make_lead()
        own_only = self.person(
            "own", "crm_marketplace_chats.group_chats_user", "sales_team.group_sale_salesman"
        )
        self.avito.user_ids |= own_only
        deal = avito.with_user(own_only).chats_make_lead()["deal"]
        self.assertEqual((avito.lead_id, deal["lead"], deal["has_other_lead"]), (autoru.lead_id, False, True))
        self.assertEqual((deal["activities"], deal["visits"]), ([], []))
        with self.assertRaises(AccessError):
            avito.with_user(own_only).chats_plan("call", "2100-01-01")

    def test_the_lead_of_a_colleagues_chat_is_the_colleagues(self):
        """Made by somebody who may write his own leads alone: no refusal, and nothing of it is shown to him."""
        conversation = self.about_the_car()
        own_only = self.person(
            "own", "crm_marketplace_chats.group_chats_user", "sales_team.group_sale_salesman"
        )
        self.avito.user_ids |= own_only
        conversation.user_id = self.seller
        deal = conversation.with_user(own_only).chats_make_lead()["deal"]
        self.assertEqual(conversation.lead_id.user_id, self.seller)
        self.assertEqual((deal["lead"], deal["has_other_lead"]), (False, True))

    def test_two_clicks_at_once(self):
        """In two transactions: one of them finds the other's lead, whether they meet in one chat or in two."""
        for one, other in (("c1", "c1"), ("c2", "c3")):
            with self.subTest(chats=(one, other)):
                found = self.race(one, other)
                self.assertEqual(len(found), 1)

    def race(self, one, other):
        """Ids of the leads that two threads have made, on a database of their own: a test's transaction cannot wait for
        itself."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, self.uid, {})
            channel = env["marketplace.channel"].create({"name": "Race", "marketplace": "avito"})
            listing = RemoteListing("race", title="Race")
            for name in {one, other}:
                channel._apply_batch(
                    batch(
                        about(name, listing=listing, buyer_name="R"),
                        incoming(f"{name}-r", chat=name, text=NUMBER),
                    )
                )
            chats = env["marketplace.conversation"].search([("channel_id", "=", channel.id)])
            env["marketplace.phone"]._find_in(chats, set())
            ids = {chat.external_id: chat.id for chat in chats}
        barrier, made, troubles = threading.Barrier(2), [], []

        def click(chat_id):
            try:
                with self.registry.cursor() as cr:
                    env = api.Environment(cr, self.uid, {})
                    env["marketplace.conversation"].browse(chat_id).lead_id  # its snapshot is taken  # noqa: B018
                    barrier.wait(20)
                    made.append(
                        retrying(lambda: env["marketplace.conversation"].browse(chat_id)._make_lead().id, env)
                    )
            except Exception as error:  # noqa: BLE001 - shown by the test itself
                troubles.append(error)

        threads = [threading.Thread(target=click, args=(ids[name],)) for name in (one, other)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        finally:
            with self.registry.cursor() as cr:
                env = api.Environment(cr, self.uid, {})
                env["crm.lead"].browse(set(made)).unlink()
                env["marketplace.channel"].browse(channel.id).unlink()
        self.assertFalse(troubles)
        self.assertEqual(len(made), 2)
        return set(made)


@tagged("post_install", "-at_install")
class TestRule(DealCase):
    def setUp(self):
        super().setUp()
        clock = freeze_time(naive(30))
        clock.start()
        self.addCleanup(clock.stop)
        (self.avito | self.autoru).lead_rule = "both"
        (self.avito | self.autoru).lead_rule_since = naive(-60)

    def call(self, missed=True, number="1"):
        call = RemoteCall(number, moment(5), buyer_phone="79123456789", missed=missed, listing=self.listing)
        self.avito._apply_batch(self.avito._calls_as_batch([call]))
        self.follow()
        return self.env["marketplace.conversation"].search([("is_calls", "=", True)])

    def test_first_message(self):
        conversation = self.about_the_car()
        self.follow()
        lead = conversation.lead_id
        self.assertEqual((lead.company_id, lead.user_id.ids), (self.company, []))
        lead.unlink()
        self.apply(self.avito, incoming("c1-2", 10))
        self.follow()
        self.assertFalse(conversation.lead_id, "what somebody took away does not come back")

    def test_first_missed_call(self):
        self.avito.lead_rule = "call"
        self.avito.lead_rule_since = naive(-60)
        conversation = self.about_the_car()
        self.follow()
        self.assertFalse(conversation.lead_id)
        call = self.call()
        self.assertEqual(call.lead_id.medium_id, self.env.ref("crm_marketplace_chats.utm_medium_call"))
        self.assertEqual(call.lead_id.partner_id, call.partner_id)

    def test_a_call_that_was_taken_makes_none(self):
        self.assertFalse(self.call(missed=False).lead_id)

    def test_never(self):
        self.avito.lead_rule = "never"
        conversation = self.about_the_car()
        self.follow()
        self.assertFalse(conversation.lead_id or self.call().lead_id)

    def test_not_of_noise_history_or_old_messages(self):
        noise = self.about_the_car("c1", noise=True)
        notice = self.written(self.avito, "c2", incoming("c2-1", chat="c2", noise=True))
        before_the_rule = self.written(self.avito, "c3", incoming("c3-1", -61, "c3"), listing=self.listing)
        goes_on = self.written(
            self.avito, "c4", incoming("c4-1", -61, "c4"), incoming("c4-2", 1, "c4"), listing=self.listing
        )
        self.avito.lead_rule_since = START.replace(tzinfo=None) - timedelta(days=400)
        old = self.written(self.avito, "c5", incoming("c5-1", -60 * 24 * 4, "c5"), listing=self.listing)
        self.avito.lead_rule_since = naive(-60)
        self.follow()
        self.assertFalse((noise | notice | before_the_rule | goes_on | old).lead_id)

    def test_one_lead_of_a_batch(self):
        """The same buyer and car in two channels, found by one run."""
        avito = self.about_the_car(text=NUMBER, buyer_name="Maria")
        autoru = self.about_the_car("r1", self.autoru, text=NUMBER, buyer_name="Maria")
        self.follow()
        self.assertTrue(avito.lead_id)
        self.assertEqual(avito.lead_id, autoru.lead_id)


@tagged("post_install", "-at_install")
class TestDealOnScreen(DealCase):
    def test_won_and_lost_come_back(self):
        conversation = self.about_the_car()
        waiting = conversation.is_unprocessed
        lead = conversation.with_user(self.seller)._make_lead()
        self.assertEqual(conversation.deal_state, "pending")
        lead.action_set_lost()
        self.assertEqual((conversation.deal_state, conversation.is_unprocessed), ("lost", waiting))
        self.assertEqual(conversation.with_user(self.seller).chats_deal()["lead"]["stage"], "Lost")
        lead.action_unarchive()
        lead.action_set_won()
        self.assertEqual(conversation.deal_state, "won")

    def test_the_screens_are_told(self):
        conversation = self.about_the_car()
        lead = conversation.with_user(self.seller)._make_lead()
        self.env.cr.precommit.run()
        self.env["bus.bus"].search([]).unlink()
        lead.stage_id = self.env["crm.stage"].search([("id", "!=", lead.stage_id.id)], limit=1)
        self.env.cr.precommit.run()
        notes = self.env["bus.bus"].search([]).mapped("message")
        self.assertTrue([note for note in notes if "deal_changed" in note])
        self.assertFalse(
            [note for note in notes if lead.name in note], "no more than that there is something new"
        )

    def test_call_and_meeting(self):
        conversation = self.about_the_car()
        screen = conversation.with_user(self.seller)
        day = fields.Date.add(fields.Date.today(), days=2)
        deal = screen.chats_plan("call", fields.Date.to_string(day), "after six")["deal"]
        self.assertEqual(len(deal["activities"]), 1)
        activity = conversation.lead_id.activity_ids
        self.assertEqual((activity.date_deadline, activity.user_id), (day, self.seller))
        self.assertIn("after six", activity.note)
        screen.chats_plan("meeting", fields.Date.to_string(day))
        deal = screen.chats_finish(activity.id)["deal"]
        self.assertEqual([one["id"] for one in deal["activities"]], conversation.lead_id.activity_ids.ids)
        for kind, date in (("call", "2020-01-01"), ("party", "2100-01-01"), ("call", "")):
            with self.assertRaises(UserError):
                screen.chats_plan(kind, date)
        foreign = (
            self.env["crm.lead"].create({"name": "Other"}).activity_schedule("mail.mail_activity_data_call")
        )
        with self.assertRaises(UserError):
            screen.chats_finish(foreign.id)

    def test_the_chat_on_the_leads_form(self):
        conversation = self.about_the_car(text="secret of Avito")
        secret = self.about_the_car("r1", self.autoru, text="secret of Auto.ru")
        lead = conversation.with_user(self.seller)._make_lead()
        secret.lead_id = lead
        both = lead.with_user(self.seller).marketplace_message_ids
        self.assertEqual(set(both.mapped("body")), {"secret of Avito", "secret of Auto.ru"})
        one = self.person("one", "crm_marketplace_chats.group_chats_user", LEADS)
        self.avito.user_ids |= one
        self.assertEqual(lead.with_user(one).marketplace_message_ids.mapped("body"), ["secret of Avito"])
        self.assertEqual(lead.with_user(one).marketplace_conversation_ids, conversation)
        clerk = self.person("salesman", LEADS)
        arch = self.env["crm.lead"].with_user(clerk).get_view(view_type="form")["arch"]
        self.assertNotIn("marketplace_message_ids", arch)
