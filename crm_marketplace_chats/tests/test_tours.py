from odoo.tests import HttpCase, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing

from .common import ChatsMixin, incoming


@tagged("post_install", "-at_install")
class TestTours(ChatsMixin, HttpCase):
    def test_a_managers_ordinary_minute(self):
        """In the browser: the badge, a chat and its car, an answer from a template, a tick."""
        self.env["marketplace.template"].search([]).active = False
        self.env["marketplace.template"].create({"name": "In stock", "body": "Yes, {{car}} is in stock."})
        car = self.env["product.template"].create(
            {
                "name": "Haval Jolion",
                "is_vehicle": True,
                "company_id": self.company.id,
                "vehicle_make": "Haval",
                "vehicle_model": "Jolion",
                "vehicle_year": 2025,
                "vehicle_external_id": "S-1",
                "list_price": 2_450_000,
            }
        )
        listing = RemoteListing("l1", title="Haval Jolion, 2025", price=2_450_000, feed_id="S-1")
        answered = self.written(self.avito, "c1", buyer_name="Maria", listing=listing)
        ticked = self.written(self.autoru, "r1", incoming("r1-1", 5, "r1"), buyer_name="Pavel")
        self.assertEqual(answered.vehicle_id, car)

        self.start_tour("/odoo", "crm_marketplace_chats.chats_tour", login=self.anna.login, timeout=120)

        reply = answered.message_ids.filtered(lambda message: message.direction == "out")
        self.assertRecordValues(
            reply,
            [{"body": "Yes, Haval Jolion, 2025 is in stock.", "state": "queued", "author_id": self.anna.id}],
        )
        self.assertFalse((answered | ticked).filtered("is_unprocessed"))
        self.assertEqual(answered.user_id, self.anna)
        self.assertTrue(ticked.remote_read_pending)
        self.assertFalse(ticked.message_ids.filtered(lambda message: message.direction == "out"))
