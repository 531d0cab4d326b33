"""Who the buyer is: numbers with their evidence, contacts joined when sure and suggested when not."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteCall, RemoteListing

from .common import ChatsCase, about, incoming, moment

NUMBER, OTHER = "+79123456789", "+79001112233"


class ClientsCase(ChatsCase):
    def follow(self):
        self.run_job("clients")
        self.env.invalidate_all()

    def contact(self, name, phone, **values):
        return self.env["res.partner"].create({"name": name, "phone": phone, **values})

    def writes(self, text, chat="c1", channel=None, name="Maria", **values):
        """A chat in which the buyer has written that, after the job."""
        conversation = self.written(
            channel or self.avito,
            chat,
            incoming(f"{chat}-1", chat=chat, text=text),
            buyer_name=name,
            **values,
        )
        self.follow()
        return conversation

    def calls(self, phone, number="1", channel=None, **values):
        channel = channel or self.avito
        channel._apply_batch(
            channel._calls_as_batch([RemoteCall(number, moment(1), buyer_phone=phone, missed=True, **values)])
        )
        self.follow()
        return self.env["marketplace.conversation"].search(
            [("is_calls", "=", True)], order="id desc", limit=1
        )

    def links(self, conversation, state=None):
        links = conversation.client_link_ids
        return links.filtered(lambda link: link.state == state) if state else links


@tagged("post_install", "-at_install")
class TestClients(ClientsCase):
    def test_a_contact_is_made_with_its_evidence(self):
        conversation = self.writes("Позвоните: 8 (912) 345-67-89")
        partner = conversation.partner_id
        self.assertEqual((partner.name, partner.company_id), ("Maria", self.company))
        self.assertEqual(partner._chats_numbers(), {NUMBER})
        evidence = conversation.phone_ids
        self.assertEqual((evidence.phone, evidence.source), (NUMBER, "text"))
        self.assertEqual(evidence.message_id, conversation.message_ids)
        answer = conversation.with_user(self.anna).chats_client()
        self.assertEqual(answer["joined"]["automatic"], True)
        self.assertEqual(answer["phones"][0]["message_id"], conversation.message_ids.id)
        self.assertIn(NUMBER, answer["joined"]["reasons"][0])

    def test_a_contact_is_found_however_its_number_is_written(self):
        partner = self.contact("Maria Petrova", "8 912 345-67-89")
        self.assertEqual(self.writes("+79123456789").partner_id, partner)
        call = self.calls("79123456789", listing=RemoteListing("l9", title="Another car"))
        self.assertEqual(call.partner_id, partner)
        self.assertEqual(call.phone_ids.source, "call")

    def test_nobody_is_joined_when_it_is_not_sure(self):
        two = self.contact("Maria", NUMBER) | self.contact("Petr", "8(912)3456789")
        conversation = self.writes(f"Мой номер {NUMBER}")
        self.assertFalse(conversation.partner_id)
        self.assertEqual(self.links(conversation, "open").partner_id, two)
        self.assertIn("several_partners", self.links(conversation)[0].reasons)

    def test_two_numbers_are_only_suggested(self):
        partner = self.contact("Maria", NUMBER)
        conversation = self.writes(f"{NUMBER} или {OTHER}")
        self.assertFalse(conversation.partner_id)
        self.assertEqual(self.links(conversation, "open").partner_id, partner)
        self.assertFalse(
            self.env["res.partner"]
            .search([("phone", "like", "111")])
            .filtered("marketplace_conversation_ids")
        )

    def test_a_number_of_many_names_is_nobodys(self):
        for number, name in enumerate(("Maria", "Petr", "Oleg")):
            last = self.writes(f"Пишите {NUMBER}", f"c{number}", name=name)
        self.assertFalse(last.partner_id)
        self.assertEqual(self.links(last, "open").reasons, ["wrote", "shared_number"])

    def test_our_own_numbers_are_nobodys(self):
        self.company.phone = "+7 912 345-67-89"
        self.anna.partner_id.phone = OTHER
        conversation = self.writes(f"Звонил вам на {NUMBER} и Анне на {OTHER}, не дозвонился")
        self.assertFalse(conversation.phone_ids or conversation.partner_id)

    def test_no_other_company_is_looked_into(self):
        foreign = self.contact("Stranger", NUMBER, company_id=self.other_company.id)
        conversation = self.writes(NUMBER)
        self.assertNotEqual(conversation.partner_id, foreign)
        self.assertTrue(conversation.partner_id)

    def test_settings(self):
        self.avito.client_mode = "suggest"
        partner = self.contact("Maria", NUMBER)
        conversation = self.writes(NUMBER)
        self.assertFalse(conversation.partner_id)
        self.assertEqual(self.links(conversation, "open").partner_id, partner)
        self.avito.client_mode = "off"
        self.assertFalse(self.writes(OTHER, "c2").phone_ids)

    def test_noise_and_unknown_chats(self):
        noise = self.writes(NUMBER, "c1", noise=True)
        unknown = self.writes(OTHER, "c2", partial=True)
        self.assertFalse((noise | unknown).phone_ids)
        self.apply(self.avito, about("c2", buyer_name="Maria"))
        self.follow()
        self.assertEqual(unknown.phone_ids.phone, OTHER, "as soon as the chat is known in full")

    def test_again_changes_nothing(self):
        conversation = self.writes(f"{NUMBER}")
        before = (conversation.partner_id, self.links(conversation), conversation.phone_ids)
        self.apply(self.avito, incoming("c1-2", 5, text=f"Повторяю: {NUMBER}"))
        self.follow()
        self.follow()
        self.assertEqual((conversation.partner_id, self.links(conversation)), before[:2])
        self.assertEqual(len(conversation.phone_ids), 2, "one for each message that tells it")

    def test_two_channels_make_one_contact(self):
        listing = RemoteListing("l1", title="Haval")
        self.apply(self.avito, about("c1", buyer_name="Maria", listing=listing), incoming("a1", text=NUMBER))
        self.apply(self.autoru, about("c1", buyer_name="Мария"), incoming("a2", text=NUMBER))
        self.follow()
        self.assertTrue(self.chat(self.avito).partner_id)
        self.assertEqual(self.chat(self.avito).partner_id, self.chat(self.autoru).partner_id)

    def test_queries_do_not_grow_with_the_chats(self):
        def count(prefix, chats):
            for number in range(chats):
                name = f"{prefix}{number}"
                self.apply(
                    self.avito,
                    about(name, buyer_name=name),
                    incoming(f"{name}-1", chat=name, text="нет номера"),
                )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.follow()
            return self.cr.sql_log_count - before

        count("warm", 1)
        self.assertLessEqual(count("many", 40), count("few", 2) + 3)


@tagged("post_install", "-at_install")
class TestSuggestions(ClientsCase):
    def setUp(self):
        super().setUp()
        self.car = self.env["product.template"].create(
            {"name": "Haval", "is_vehicle": True, "vehicle_external_id": "S-1"}
        )
        self.listing = RemoteListing("l1", title="Haval", feed_id="S-1")

    def test_name_and_car_alike(self):
        known = self.writes(NUMBER, "c1", name="Мария Ёлкина", listing=self.listing)
        alike = self.writes("Ещё продаёте?", "c2", name="мария", listing=self.listing)
        self.writes("Ещё продаёте?", "c3", name="Олег", listing=self.listing)
        self.assertFalse(alike.partner_id)
        link = self.links(alike)
        self.assertEqual(
            (link.partner_id, link.reasons, link.source_id), (known.partner_id, ["same_name_and_car"], known)
        )
        self.assertFalse(self.links(self.chat(self.avito, "c3")))

    def test_same_account(self):
        known = self.writes(NUMBER, "c1", buyer_id="u-77")
        other = self.writes("Здравствуйте", "c2", name="Another", buyer_id="u-77")
        self.assertEqual(
            (self.links(other).partner_id, self.links(other).reasons), (known.partner_id, ["same_account"])
        )

    def test_confirm_reject_undo(self):
        known = self.writes(NUMBER, "c1", buyer_id="u-77")
        before = self.contact("Somebody else", False)
        other = self.writes("Здравствуйте", "c2", buyer_id="u-77")
        other.partner_id = before
        screen, link = other.with_user(self.anna), self.links(other)
        answer = screen.chats_decide_client(link.id, "confirm")
        self.assertEqual(other.partner_id, known.partner_id)
        self.assertEqual(answer["panel"]["client"]["partner_id"], known.partner_id.id)
        self.assertEqual(answer["client"]["joined"]["automatic"], False)
        screen.chats_decide_client(link.id, "undo")
        self.assertEqual(other.partner_id, before, "what was there before")
        self.assertEqual(link.state, "rejected")
        for decision in ("confirm", "reject", "undo", "nonsense"):
            with self.assertRaises(UserError):
                screen.chats_decide_client(link.id, decision)
        self.apply(self.avito, incoming("c2-2", 5, "c2"))
        self.follow()
        self.assertEqual(self.links(other, "open").ids, [], "not suggested again")

    def test_undoing_takes_back_the_contact_that_was_made(self):
        conversation = self.writes(NUMBER)
        partner, link = conversation.partner_id, self.links(conversation)
        conversation.with_user(self.anna).chats_decide_client(link.id, "undo")
        self.assertFalse(partner.exists() or conversation.partner_id)

    def test_a_contact_in_use_stays(self):
        conversation = self.writes(NUMBER)
        partner = conversation.partner_id
        self.env["crm.lead"].create({"name": "Deal", "partner_id": partner.id, "company_id": self.company.id})
        conversation.with_user(self.anna).chats_decide_client(self.links(conversation).id, "undo")
        self.assertTrue(partner.exists())
        self.assertFalse(conversation.partner_id)
        self.apply(self.avito, incoming("c1-2", 5, text=f"Повторяю {NUMBER}"))
        self.follow()
        self.assertFalse(conversation.partner_id, "somebody has said that it is not him")

    def test_a_contact_by_one_click(self):
        self.avito.client_mode = "suggest"
        conversation = self.writes(f"{NUMBER} или {OTHER}")
        answer = conversation.with_user(self.ivan).chats_make_client(OTHER)
        self.assertEqual(conversation.partner_id._chats_numbers(), {OTHER})
        self.assertTrue(answer["client"]["joined"])
        with self.assertRaises(UserError):
            conversation.with_user(self.ivan).chats_make_client("+79990000000")

    def test_the_same_person_elsewhere(self):
        conversation = self.writes(NUMBER)
        lead = self.env["crm.lead"].create(
            {"name": "Earlier", "partner_id": conversation.partner_id.id, "company_id": self.company.id}
        )
        call = self.calls("79123456789", channel=self.autoru)
        seller = self.person(
            "seller", "crm_marketplace_chats.group_chats_user", "sales_team.group_sale_salesman_all_leads"
        )
        (self.avito | self.autoru).user_ids |= seller
        answer = conversation.with_user(seller).chats_client()
        self.assertEqual([other["id"] for other in answer["conversations"]], call.ids)
        self.assertEqual(answer["conversations"][0]["is_calls"], True)
        self.assertEqual([one["id"] for one in answer["leads"]], lead.ids)
        self.assertEqual(conversation.with_user(self.anna).chats_client()["leads"], [], "no right to leads")

    def test_nothing_of_other_channels(self):
        """Ivan uses Avito alone: Auto.ru's chat is neither shown nor behind a suggestion that he sees."""
        secret = self.writes(NUMBER, "r1", self.autoru, name="Мария Секретная", listing=self.listing)
        ours = self.writes("Здравствуйте", "c1", name="Мария", listing=self.listing)
        self.assertEqual(self.links(ours).source_id, secret)
        answer = ours.with_user(self.ivan).chats_client()
        self.assertEqual((answer["suggestions"], answer["conversations"]), ([], []))
        self.assertEqual(len(ours.with_user(self.anna).chats_client()["suggestions"]), 1)
        with self.assertRaises(UserError):
            ours.with_user(self.ivan).chats_decide_client(self.links(ours).id, "confirm")
        with self.assertRaises(AccessError):
            self.links(ours).with_user(self.ivan).read(["partner_id"])
        self.writes(f"Мой {NUMBER}", "c2", name="Мария")
        answer = self.chat(self.avito, "c2").with_user(self.ivan).chats_client()
        self.assertNotIn(secret.id, [other["id"] for other in answer["conversations"]])
        self.assertFalse(
            self.env["marketplace.phone"].with_user(self.ivan).search([("conversation_id", "=", secret.id)])
        )

    def test_erasing_takes_the_conclusions_with_it(self):
        for number, kind in enumerate(("erase", "mask")):
            conversation = self.writes(NUMBER, f"c{number}")
            self.env["marketplace.erasure"]._perform(conversation, kind, "request")
            self.assertFalse(
                conversation.phone_ids or conversation.client_link_ids or conversation.partner_id
            )
            self.follow()
            self.assertFalse(conversation.phone_ids)
