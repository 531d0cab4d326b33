"""Quick replies: a text with the values of this very car and client."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing

from .common import ChatsCase


@tagged("post_install", "-at_install")
class TestTemplates(ChatsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["marketplace.template"].search([]).active = False
        cls.car = cls.env["product.template"].create(
            {
                "name": "Stock 17",
                "is_vehicle": True,
                "vehicle_make": "Haval",
                "vehicle_model": "Jolion",
                "vehicle_year": 2025,
                "vehicle_mileage": 45000,
                "vehicle_vin": "XW8AN2NE3JH035743",
                "vehicle_external_id": "S-1",
                "vehicle_location": "Lenina 1",
                "list_price": 2_450_000,
            }
        )
        listing = RemoteListing(
            "l1", title="Haval Jolion, 2025", price=2_400_000, url="https://x/l1", feed_id="S-1"
        )
        cls.conversation = cls.written(cls.avito, "c1", buyer_name="Maria", listing=listing)
        cls.company.write({"phone": "+7 495 000-00-00", "city": "Moscow", "street": "Tverskaya 1"})

    def template(self, body, **values):
        return self.env["marketplace.template"].create({"name": "Reply", "body": body, **values})

    def filled(self, body, conversation=None, **values):
        template = self.template(body, **values)
        answer = (conversation or self.conversation).with_user(self.anna).chats_templates()
        return next((row for row in answer if row["id"] == template.id), None)

    def test_shape(self):
        row = self.filled("Hello", shortcut="hi", category="Greetings")
        self.assertEqual(set(row), {"id", "name", "shortcut", "category", "body", "missing"})
        self.assertEqual((row["shortcut"], row["category"], row["missing"]), ("hi", "Greetings", []))
        self.assertIs(self.filled("Hello")["shortcut"], False)

    def test_every_value(self):
        expected = {
            "car": "Haval Jolion, 2025",
            "price": "2,450,000\u00a0₽",
            "mileage": "45,000 km",
            "vin": "XW8AN2NE3JH035743",
            "address": "Lenina 1",
            "link": "https://x/l1",
            "client": "Maria",
            "manager": "Anna",
            "company": "Autosalon North",
            "phone": "+7 495 000-00-00",
        }
        self.assertEqual(set(self.env["marketplace.template"]._placeholders()), set(expected))
        for name, value in expected.items():
            with self.subTest(value=name):
                self.assertEqual(self.filled(f"[{{{{ {name} }}}}]")["body"], f"[{value}]")

    def test_unknown_values_stay_marked(self):
        """Nothing is sent with a hole in it that nobody sees."""
        bare = self.written(self.avito, "c2")
        row = self.filled("{{client}}, {{car}} costs {{price}}. {{manager}}", bare)
        self.assertEqual(row["body"], "{{client}}, {{car}} costs {{price}}. Anna")
        self.assertEqual(len(row["missing"]), 3)

    def test_address_of_the_company(self):
        self.assertEqual(
            self.filled("{{address}}", self.written(self.avito, "c2"))["body"], "Moscow, Tverskaya 1"
        )

    def test_values_are_no_templates(self):
        """A buyer who calls himself {{vin}} gets no VIN."""
        conversation = self.written(self.avito, "c2", buyer_name="{{phone}} \\1 <b>")
        self.assertEqual(self.filled("{{client}}!", conversation)["body"], "{{phone}} \\1 <b>!")

    def test_new_car_without_mileage(self):
        self.car.write({"vehicle_mileage": 0, "vehicle_condition": "new"})
        self.assertEqual(self.filled("{{mileage}}")["body"], "0 km")

    def test_marketplace(self):
        self.assertIsNone(self.filled("Hello", marketplace="autoru"))
        self.assertIsNotNone(self.filled("Hello", marketplace="avito"))

    def test_values_that_do_not_exist(self):
        for body in ("{{cost}}", "{{ car }} {{secret}}"):
            with self.assertRaises(ValidationError):
                self.template(body)
        self.template("{{ }} {car} {{car.name}}")

    def test_shortcuts(self):
        for shortcut in ("/price", "two words", "a.b"):
            with self.assertRaises(ValidationError):
                self.template("Hello", shortcut=shortcut)
        self.template("Hello", shortcut="цена-1")

    def test_only_administrators_change_them(self):
        template = self.template("Hello")
        with self.assertRaises(AccessError):
            template.with_user(self.anna).body = "Changed"
        template.with_user(self.manager).body = "Changed"

    def test_those_that_come_with_the_addon(self):
        templates = self.env["marketplace.template"].with_context(active_test=False).search([])
        templates.active = True
        for row in self.conversation.with_user(self.anna).chats_templates():
            self.assertFalse(row["missing"], row["name"])
            self.assertNotIn("{{", row["body"])
