"""Searching the chats among many: what is found, in which order, page by page; and what short words may cost."""

from unittest.mock import patch

from odoo.tests import tagged

from ..models import marketplace_conversation_search as search
from .common import ChatsCase, incoming


@tagged("post_install", "-at_install")
class TestSearch(ChatsCase):
    def found(self, text, **page):
        return self.chats().chats_list(view="all", search=text, **page)

    def chats(self):
        return self.env["marketplace.conversation"].with_user(self.anna)

    def many(self, number, text, channel=None):
        """So many chats, the newest last, each with its text."""
        return [
            self.written(
                channel or self.avito,
                f"chat{n}",
                incoming(f"m{n}", n, f"chat{n}", text.format(n=n)),
                buyer_name=f"Buyer {n}",
            )
            for n in range(number)
        ]

    def test_newest_first_page_by_page(self):
        chats = self.many(5, "Is the hatch clean?")
        page = self.found("hatch", limit=2)
        self.assertEqual((page["ids"], page["has_more"]), ([chats[4].id, chats[3].id], True))
        page = self.found("hatch", limit=2, after=page["ids"][-1])
        self.assertEqual((page["ids"], page["has_more"]), ([chats[2].id, chats[1].id], True))
        page = self.found("hatch", limit=2, after=page["ids"][-1])
        self.assertEqual((page["ids"], page["has_more"]), ([chats[0].id], False))

    def test_what_is_found_in_several_places_comes_once_in_the_order_of_the_list(self):
        name = self.written(self.avito, "a", incoming("a1", 1, "a", "hello"), buyer_name="Granta")
        text = self.written(
            self.avito, "b", incoming("b1", 2, "b", "a granta, please"), buyer_name="Granta 2"
        )
        self.assertEqual(self.found("GRANTA")["ids"], [text.id, name.id])

    def test_short_words_are_looked_for_in_the_first_chats_only_and_in_all_cars(self):
        chats = self.many(4, "ok {n}")
        car = self.env["product.template"].create(
            {"name": "BMW X5", "is_vehicle": True, "vehicle_make": "BMW", "vehicle_model": "X5"}
        )
        chats[0].vehicle_id = car
        with patch.object(search, "FIRST", 2):
            self.assertEqual(self.found("ok")["ids"], [chats[3].id, chats[2].id])
            self.assertEqual(self.found("x5")["ids"], [chats[0].id])
            self.assertEqual(self.found("okay")["ids"], [])
            # Each page looks further.
            self.assertEqual(self.found("ok", after=chats[2].id)["ids"], [chats[1].id, chats[0].id])

    def test_many_cars_and_contacts_are_found_as_few_are(self):
        chats = self.many(3, "good day")
        for chat in chats:
            chat.vehicle_id = self.env["product.template"].create({"name": "Vesta", "is_vehicle": True})
            chat.partner_id = self.env["res.partner"].create({"name": "A", "phone": "+7 921 000 11 22"})
        everything = [chat.id for chat in reversed(chats)]
        for few in (1000, 1):
            with patch.object(search, "FEW", few):
                self.assertEqual(self.found("vesta")["ids"], everything)
                self.assertEqual(self.found("9210001122")["ids"], everything)

    def test_only_in_what_the_user_may_read(self):
        self.written(self.autoru, "theirs", incoming("t1", 1, "theirs", "a secret word"))
        self.assertTrue(self.found("secret word")["ids"])
        self.assertFalse(
            self.chats().with_user(self.ivan).chats_list(view="all", search="secret word")["ids"]
        )

    def test_the_last_message_that_holds_the_text_is_shown(self):
        chat = self.written(
            self.avito, "c", incoming("c1", 1, "c", "the winter tyres"), incoming("c2", 2, "c", "tyres again")
        )
        hit = self.found("tyres")["hits"][chat.id]
        self.assertEqual(hit["message_id"], self.message(self.avito, "c2").id)
        self.assertEqual((hit["before"], hit["hit"], hit["after"]), ("", "tyres", " again"))
