"""Quick replies: a text with the values of this very car and client."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing, RemoteVehicle

from .common import ChatsCase, key
from .test_send import PIXEL

#: Nobody works.
SUNDAY = "2026-11-22 12:00:00"


class TemplateCase(ChatsCase):
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
                "vehicle_color": "white",
                "vehicle_owners": 1,
                "vehicle_engine_volume": 1.5,
                "vehicle_power": 143,
                "vehicle_fuel": "petrol",
                "vehicle_gearbox": "robot",
                "vehicle_drive": "front",
                "vehicle_body": "suv",
                "vehicle_trim": "Premium",
                "vehicle_pts": "electronic",
                "list_price": 2_450_000,
            }
        )
        listing = RemoteListing(
            "l1", title="Haval Jolion, 2025", price=2_400_000, url="https://x/l1", feed_id="S-1"
        )
        cls.conversation = cls.written(cls.avito, "c1", buyer_name="Maria", listing=listing)
        cls.company.write(
            {
                "phone": "+7 495 000-00-00",
                "city": "Moscow",
                "street": "Tverskaya 1",
                "marketplace_hours": "daily from 9 to 21",
            }
        )
        cls.anna.phone = "+7 900 000-00-00"

    def template(self, body, **values):
        return self.env["marketplace.template"].create({"name": "Reply", "body": body, **values})

    def filled(self, body, conversation=None, **values):
        template = self.template(body, **values)
        return self.offered(conversation).get(template.id)

    def offered(self, conversation=None, user=None):
        """What an employee is offered in a chat, by id, in its order."""
        answer = (conversation or self.conversation).with_user(user or self.anna).chats_templates()
        return {row["id"]: row for row in answer["items"]}


@tagged("post_install", "-at_install")
class TestTemplates(TemplateCase):
    def test_shape(self):
        category = self.env["marketplace.template.category"].create({"name": "Greetings"})
        row = self.filled("Hello", shortcut="hi", category_id=category.id)
        names = {"id", "name", "shortcut", "category", "is_own", "lang", "pictures", "body", "missing"}
        self.assertEqual(set(row), names)
        self.assertEqual((row["shortcut"], row["category"], row["missing"]), ("hi", "Greetings", []))
        self.assertIs(self.filled("Hello")["shortcut"], False)

    def test_every_value(self):
        expected = {
            "car": "Haval Jolion, 2025",
            "price": "2,450,000\u00a0₽",
            "mileage": "45,000 km",
            "year": "2025",
            "color": "white",
            "owners": "1",
            "engine": "1.5 l · 143 hp · Petrol",
            "gearbox": "Robotized Gearbox",
            "drive": "Front-Wheel Drive",
            "body": "SUV",
            "trim": "Premium",
            "pts": "Electronic",
            "vin": "XW8AN2NE3JH035743",
            "address": "Lenina 1",
            "link": "https://x/l1",
            "client": "Maria",
            "manager": "Anna",
            "manager_phone": "+7 900 000-00-00",
            "company": "Autosalon North",
            "phone": "+7 495 000-00-00",
            "hours": "daily from 9 to 21",
        }
        elsewhere = {"visit", "similar", "opening"}  # see test_visits.py, test_offers.py, test_autoreply.py
        self.assertEqual(set(self.env["marketplace.template"]._placeholders()), set(expected) | elsewhere)
        for name, value in expected.items():
            with self.subTest(value=name):
                self.assertEqual(self.filled(f"[{{{{ {name} }}}}]")["body"], f"[{value}]")

    def test_unknown_values_stay_marked(self):
        """Nothing is sent with a hole in it that nobody sees."""
        bare = self.written(self.avito, "c2")
        row = self.filled("{{client}}, {{car}} costs {{price}}. {{manager}}", bare)
        self.assertEqual(row["body"], "{{client}}, {{car}} costs {{price}}. Anna")
        self.assertEqual(len(row["missing"]), 3)

    def test_said_instead(self):
        """``{{mileage|…}}``: where the value is not known, and only there."""
        bare = self.written(self.avito, "c2")
        text = "{{ mileage | I will look it up }}, {{vin|}}{{ car |a car}}"
        self.assertEqual(self.filled(text, bare)["body"], "I will look it up, a car")
        self.assertEqual(self.filled(text, bare)["missing"], [])
        self.assertEqual(self.filled("{{mileage|unknown}}")["body"], "45,000 km")

    def test_car_that_is_not_in_stock(self):
        """What the listing says of it is known too."""
        vehicle = RemoteVehicle(color="red", gearbox="manual", mileage=7000, owners=2)
        listing = RemoteListing("l2", title="LADA Vesta", vehicle=vehicle)
        chat = self.written(self.avito, "c3", listing=listing)
        row = self.filled("{{color}}, {{gearbox}}, {{mileage}}, {{owners}}, {{drive|?}}", chat)
        self.assertEqual(row["body"], "red, Manual Gearbox, 7,000 km, 2, ?")

    def test_a_hole_is_never_sent(self):
        for text in ("It costs {{price}}", "{{ car |a car}}", "{{vin}}"):
            with self.subTest(text=text), self.assertRaisesRegex(UserError, "places to fill in"):
                self.post(self.conversation, text)
        for text in ("{{something}}", "{price}", "{{ }}"):
            self.assertEqual(self.post(self.conversation, text).body, text)

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
        with freeze_time(SUNDAY):
            offered = self.offered()
        self.assertIn(self.env.ref("crm_marketplace_chats.template_closed").id, offered)
        for row in offered.values():
            self.assertFalse(row["missing"], row["name"])
            self.assertNotIn("{{", row["body"])


@tagged("post_install", "-at_install")
class TestOffered(TemplateCase):
    """Whose templates are offered, where, and in which order."""

    def names(self, user=None, conversation=None):
        return [row["name"] for row in self.offered(conversation, user).values()]

    def make(self, name, user=None, **values):
        templates = (
            self.env["marketplace.template"].with_user(user) if user else self.env["marketplace.template"]
        )
        return templates.create({"name": name, "body": name, **values})

    def test_own_ones(self):
        mine = self.make("Anna's", self.anna)
        self.make("Everybody's", self.manager)
        self.assertEqual(mine.user_id, self.anna)
        self.assertEqual(self.names(), ["Anna's", "Everybody's"])
        self.assertEqual(self.names(self.ivan), ["Everybody's"])
        self.assertEqual(self.offered()[mine.id]["is_own"], True)
        mine.body = "Changed"
        with self.assertRaises(AccessError):
            mine.with_user(self.ivan).read(["body"])
        self.assertEqual(
            self.names(self.manager), ["Everybody's"], "to write with; he may still tidy them up"
        )
        mine.with_user(self.manager).unlink()

    def test_nobody_gives_his_own_to_others(self):
        for user in (False, self.ivan.id):
            with self.assertRaises(AccessError):
                self.make("x", self.anna, user_id=user)
            with self.assertRaises(AccessError):
                self.make("y", self.anna).user_id = user
        mine = self.make("z", self.anna)
        self.assertEqual(self.make("Everybody's").with_user(self.anna).copy().user_id, self.anna)
        mine.unlink()

    def test_marketplace_channel_company(self):
        other = self.channel("Avito West", "avito", users=self.anna)
        self.make("autoru", marketplace="autoru")
        self.make("west", channel_ids=[Command.set(other.ids)])
        self.make("south", company_id=self.other_company.id)
        self.make("here", marketplace="avito", channel_ids=[Command.set((other | self.avito).ids)])
        self.assertEqual(self.names(), ["here"])
        # Ivan does not use the western channel, and what is for it is still none of his.
        self.assertEqual(self.names(self.ivan), ["here"])
        other.active = False
        self.assertEqual(self.names(), ["here"])

    def test_most_used_first(self):
        first, second, third = (self.make(name) for name in ("1", "2", "3"))
        self.assertEqual(self.names(), ["1", "2", "3"])
        for user, template, times in ((self.ivan, third, 3), (self.anna, second, 1)):
            for _ in range(times):
                self.conversation.with_user(user).chats_post("Hello", key(), template_ids=template.ids)
        self.assertEqual(self.names(), ["2", "3", "1"], "one's own habits before those of the house")
        self.assertEqual(self.names(self.ivan), ["3", "2", "1"])
        self.assertEqual((first | second | third).mapped("uses"), [0, 1, 3])

    def test_a_repeated_request_counts_once(self):
        template, same = self.make("1"), key()
        for _ in range(2):
            self.conversation.with_user(self.anna).chats_post("Hello", same, template_ids=template.ids)
        self.assertEqual(template.uses, 1)

    def test_those_of_others_are_not_counted(self):
        foreign = self.make("Ivan's", self.ivan)
        self.conversation.with_user(self.anna).chats_post("Hello", key(), template_ids=foreign.ids)
        self.assertEqual(foreign.uses, 0)

    def test_language(self):
        """In the client's language first; a template with a language is filled in in it, whoever uses it."""
        self.env["res.lang"]._activate_lang("ru_RU")
        russian = self.make("Russian", lang="ru_RU", sequence=1)
        russian.with_context(lang="ru_RU").body = "{{price}}, {{mileage}}"
        self.make("Any", sequence=2)
        self.assertEqual(self.names(), ["Any", "Russian"])
        row = self.offered()[russian.id]
        self.assertIn("2\u00a0450\u00a0000", row["body"].replace("\u202f", "\u00a0"))
        self.assertTrue(row["lang"])
        self.conversation.partner_id = self.env["res.partner"].create({"name": "Maria", "lang": "ru_RU"})
        self.assertEqual(self.names(), ["Russian", "Any"])
        self.assertIs(self.offered()[russian.id]["lang"], False)

    def test_queries_do_not_grow(self):
        def asked():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.offered()
            return self.env.cr.sql_log_count - before

        self.make("1")
        asked()
        few = asked()
        for number in range(20):
            self.make(f"more {number}", attachment_ids=[Command.create({"name": "x", "raw": PIXEL})])
        self.assertLessEqual(asked(), few + 2)


@tagged("post_install", "-at_install")
class TestPictures(TemplateCase):
    def picture(self, user, **values):
        return self.env["ir.attachment"].with_user(user).create({"name": "salon.png", "raw": PIXEL, **values})

    def with_pictures(self, count=2):
        pictures = self.env["ir.attachment"].union(*(self.picture(self.manager) for _ in range(count)))
        return (
            self.env["marketplace.template"]
            .with_user(self.manager)
            .create({"name": "Way", "body": "Here", "attachment_ids": [Command.set(pictures.ids)]})
        )

    def test_they_go_out_with_it(self):
        template = self.with_pictures()
        chat = self.conversation.with_user(self.anna)
        self.assertEqual(len(self.offered()[template.id]["pictures"]), 2)
        for picture in self.offered()[template.id]["pictures"]:
            self.env["ir.attachment"].with_user(self.anna).browse(picture["id"]).check_access("read")
        copies = [picture["id"] for picture in chat.chats_template_pictures(template.id)]
        posted = self.post(self.conversation, "Here", attachments=copies[::-1])
        self.assertEqual(posted.mapped("kind"), ["image", "image", "text"])
        self.assertEqual(posted.attachment_ids.ids, copies[::-1], "in the order in which they were put")
        self.assertEqual(len(template.attachment_ids), 2, "the template keeps its own")

    def test_only_pictures(self):
        with self.assertRaisesRegex(UserError, "not a picture"):
            self.env["marketplace.template"].create(
                {"name": "x", "body": "x", "attachment_ids": [Command.create({"name": "x", "raw": b"text"})]}
            )

    def test_nobody_takes_a_file_that_is_not_his(self):
        secret = self.env["ir.attachment"].create(
            {"name": "x", "raw": PIXEL, "res_model": "res.partner", "res_id": self.manager.partner_id.id}
        )
        try:
            template = (
                self.env["marketplace.template"]
                .with_user(self.anna)
                .create({"name": "x", "body": "x", "attachment_ids": [Command.set(secret.ids)]})
            )
        except AccessError:
            return
        self.assertEqual(self.offered()[template.id]["pictures"], [])
        self.assertEqual(self.conversation.with_user(self.anna).chats_template_pictures(template.id), [])
        self.assertEqual(secret.res_model, "res.partner")

    def test_of_a_template_that_is_not_ours(self):
        template = self.with_pictures()
        template.user_id = self.manager
        self.assertEqual(self.conversation.with_user(self.anna).chats_template_pictures(template.id), [])

    def test_copied_with_its_pictures(self):
        template = self.with_pictures()
        copied = template.copy()
        self.assertEqual(len(copied.attachment_ids), 2)
        self.assertFalse(copied.attachment_ids & template.attachment_ids)
        template.unlink()
        self.assertEqual(len(copied._own_pictures()), 2)


@tagged("post_install", "-at_install")
class TestPreview(TemplateCase):
    def preview(self, text, user=None, **options):
        return self.env["marketplace.template"].with_user(user or self.anna).chats_preview(text, **options)

    def test_newest_chat_of_the_user(self):
        answer = self.preview("{{client}}: {{car}}, {{trim}}, {{cost}}, {{manager_phone|-}}")
        self.assertEqual(answer["conversation"], {"id": self.conversation.id, "name": "Maria"})
        self.assertEqual(answer["text"], "Maria: Haval Jolion, 2025, Premium, {{cost}}, +7 900 000-00-00")
        self.assertEqual((answer["unknown"], answer["missing"]), (["cost"], []))
        values = {row["name"]: row["value"] for row in answer["values"]}
        self.assertEqual(set(values), set(self.env["marketplace.template"]._placeholders()))
        self.assertEqual(values["vin"], "XW8AN2NE3JH035743")

    def test_a_chosen_one(self):
        bare = self.written(self.avito, "c2")
        answer = self.preview("{{car}}!", conversation_id=bare.id)
        self.assertEqual((answer["text"], answer["missing"]), ("{{car}}!", ["car"]))

    def test_without_any_chat(self):
        answer = self.preview("{{car}}, {{manager}}", self.nobody)
        self.assertIs(answer["conversation"], False)
        self.assertEqual(answer["text"], "{{car}}, Nobody")

    def test_of_a_foreign_chat(self):
        foreign = self.written(self.autoru, "c9")
        with self.assertRaises(AccessError):
            self.preview("{{client}}", self.ivan, conversation_id=foreign.id)
        with self.assertRaises(AccessError):
            self.preview("{{company}}", self.clerk)
