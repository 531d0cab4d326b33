"""The car beside the chat: how its price moved, its status, and other cars to offer."""

import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing

from .common import ChatsCase, naive
from .test_send import PIXEL


class PanelCase(ChatsCase):
    def car(self, number, channel=None, **values):
        """A car in stock, advertised in a channel; its stock number joins the two."""
        car = self.env["product.template"].create(
            {
                "name": f"Car {number}",
                "is_vehicle": True,
                "company_id": self.company.id,
                "vehicle_external_id": f"S-{number}",
                "vehicle_make": "Haval",
                "vehicle_model": "Jolion",
                "vehicle_body": "suv",
                "list_price": 2_000_000,
                **values,
            }
        )
        if channel:
            self.apply(channel, self.listing(number))
        return car

    def listing(self, number, price=2_000_000, state="active"):
        return RemoteListing(
            f"l{number}", title=f"Car {number}", price=price, feed_id=f"S-{number}", state=state,
            url=f"https://market.example/l{number}",
        )  # fmt: skip

    def asked(self, number=1, channel=None):
        channel = channel or self.avito
        conversation = self.written(channel, f"c{number}", listing=self.listing(number))
        return conversation.with_user(self.anna)

    def similar(self, conversation):
        return [row["id"] for row in conversation.chats_panel()["similar"]]


@tagged("post_install", "-at_install")
class TestPrices(PanelCase):
    def prices(self, conversation):
        return [row["price"] for row in conversation.chats_panel()["prices"]]

    def age(self, *records):
        """What is known of their prices so far was known before the buyer asked."""
        self.env["marketplace.price"].search([]).at = naive(-60)

    def test_of_a_car_in_stock(self):
        car = self.car(1)
        conversation = self.asked()
        self.age()
        self.assertEqual(self.prices(conversation), [2_000_000])
        car.list_price = 1_900_000
        car.list_price = 1_900_000
        car.name = "Another name"
        self.assertEqual(self.prices(conversation), [2_000_000, 1_900_000])
        car.product_variant_id.lst_price = 1_850_000
        self.assertEqual(self.prices(conversation), [2_000_000, 1_900_000, 1_850_000])

    def test_of_a_listing(self):
        conversation = self.asked()
        self.age()
        self.apply(self.avito, self.listing(1, 1_950_000))
        self.apply(self.avito, self.listing(1, 1_950_000))
        self.assertEqual(self.prices(conversation), [2_000_000, 1_950_000])

    def test_prices_before_the_last_one_the_buyer_saw_are_left_out(self):
        car = self.car(1)
        car.list_price = 2_100_000
        self.age()
        conversation = self.asked()
        self.assertEqual(self.prices(conversation), [2_100_000])

    def test_other_products_have_no_history(self):
        product = self.env["product.template"].create({"name": "Mats", "list_price": 5000})
        self.assertFalse(self.env["marketplace.price"].search([("vehicle_id", "=", product.id)]))
        product.is_vehicle = True
        self.assertEqual(self.env["marketplace.price"].search([("vehicle_id", "=", product.id)]).price, 5000)


@tagged("post_install", "-at_install")
class TestStatuses(PanelCase):
    def statuses(self, car):
        return car.vehicle_status_ids.sorted("id").mapped("status")

    def test_each_change_is_kept_once(self):
        car = self.car(1)
        car.vehicle_status = "reserved"
        car.vehicle_status = "reserved"
        car.name = "Another name"
        car.vehicle_status = "in_stock"
        car.action_archive()
        self.assertEqual(self.statuses(car), ["in_stock", "reserved", "in_stock"])
        told = self.env["marketplace.vehicle.status"].with_context(lang="ru_RU").fields_get(["status"])
        self.assertIn(("in_stock", "В наличии"), told["status"]["selection"])

    def test_other_products_have_none(self):
        product = self.env["product.template"].create({"name": "Mats"})
        self.assertFalse(product.vehicle_status_ids)
        product.is_vehicle = True
        self.assertEqual(self.statuses(product), ["in_stock"])


@tagged("post_install", "-at_install")
class TestSimilar(PanelCase):
    def test_what_is_alike(self):
        self.car(1)
        conversation = self.asked()
        same_model = self.car(2, self.avito, list_price=2_900_000)
        same_make = self.car(3, self.avito, vehicle_model="F7")
        same_body = self.car(4, self.avito, vehicle_make="Geely", vehicle_model="Coolray")
        self.car(5, self.avito, vehicle_make="Geely", vehicle_body="sedan")
        self.car(6, self.avito, vehicle_make="Geely", vehicle_model="Monjaro", list_price=4_000_000)
        self.car(7, self.avito, vehicle_status="sold")
        self.car(8)
        self.car(9, self.avito).active = False
        self.assertEqual(self.similar(conversation), [same_model.id, same_make.id, same_body.id])

    def test_of_another_company_never(self):
        self.car(1)
        conversation = self.asked()
        south = self.channel("Avito South", "avito", company=self.other_company)
        foreign = self.car(2, south, company_id=self.other_company.id)
        self.assertEqual(self.similar(conversation), [])
        with self.assertRaises(UserError):
            conversation.chats_offer(foreign.id)

    def test_without_a_car_in_stock_the_listing_says_what_is_alike(self):
        conversation = self.asked()
        conversation.sudo().listing_id.vehicle_data = {"vehicle_make": "haval", "vehicle_model": "JOLION"}
        car = self.car(2, self.avito)
        self.assertEqual(self.similar(conversation), [car.id])
        nothing = self.written(self.avito, "c9").with_user(self.anna)
        self.assertEqual(self.similar(nothing), [])

    def test_offer_with_this_marketplace_s_own_link(self):
        self.car(1)
        car = self.car(
            2, self.avito, vehicle_year=2025, vehicle_mileage=10, image_1920=base64.b64encode(PIXEL)
        )
        conversation = self.asked()
        (row,) = conversation.chats_panel()["similar"]
        self.assertEqual(row["listing_url"], "https://market.example/l2")
        offer = conversation.chats_offer(car.id)
        self.assertIn("Haval Jolion, 2025, 10 km", offer["text"])
        self.assertTrue(offer["text"].endswith("\nhttps://market.example/l2"))
        self.assertEqual(set(offer["picture"]), {"id", "name", "mimetype", "url"})
        posted = self.post(conversation, offer["text"], attachments=[offer["picture"]["id"]])
        self.assertEqual(posted.mapped("kind"), ["image", "text"])

    def test_no_link_of_another_marketplace(self):
        self.car(1)
        car = self.car(2, self.avito, image_1920=base64.b64encode(PIXEL))
        conversation = self.asked(1, self.autoru)
        (row,) = conversation.chats_panel()["similar"]
        self.assertIs(row["listing_url"], False)
        offer = conversation.chats_offer(car.id)
        self.assertNotIn("http", offer["text"])
        self.assertIs(offer["picture"], False, "Auto.ru takes no pictures here")

    def test_only_in_one_s_own_chats(self):
        self.car(1)
        car = self.car(2, self.avito)
        with self.assertRaises(AccessError):
            self.asked(1, self.autoru).with_user(self.ivan).chats_offer(car.id)


@tagged("post_install", "-at_install")
class TestStatus(PanelCase):
    def test_who_may_change_cars(self):
        car = self.car(1)
        conversation = self.asked()
        self.assertEqual(conversation.chats_panel()["vehicle"]["statuses"], [])
        with self.assertRaises(AccessError):
            conversation.chats_vehicle_status("sold")
        self.anna.group_ids |= self.env.ref("product.group_product_manager")
        offered = [status["value"] for status in conversation.chats_panel()["vehicle"]["statuses"]]
        self.assertIn("reserved", offered)
        answer = conversation.chats_vehicle_status("reserved")
        self.assertEqual((car.vehicle_status, answer["panel"]["vehicle"]["status"]), ("reserved", "reserved"))
        with self.assertRaises(ValueError):
            conversation.chats_vehicle_status("stolen")
