"""A car is sold or costs less: who is told, what, by whom, how fast, and never twice."""

from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, mute_logger, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing

from .common import about, incoming, naive, outgoing
from .test_deal import DealCase


class OffersCase(DealCase):
    def setUp(self):
        super().setUp()
        clock = freeze_time(naive(120))
        self.clock = clock.start()
        self.addCleanup(clock.stop)
        self.market, self.account = self.bazaar(users=self.anna | self.ivan)
        self.market.offer_per_minute = 2

    def asked(self, chat, minutes=0, channel=None, **values):
        channel = channel or self.market
        self.account.say(chat, "В наличии?")
        return self.written(
            channel, chat, incoming(f"{chat}-1", minutes, chat), listing=self.listing, **values
        )

    def offers(self):
        self.env["marketplace.job"].search([]).next_run_at = naive(-60)
        self.run_job("offers")
        self.env.invalidate_all()
        return self.env["marketplace.offer"].search([("vehicle_id", "=", self.car.id)])

    def minute(self):
        """The next minute's run."""
        self.clock.tick(timedelta(seconds=61))
        return self.offers()


@tagged("post_install", "-at_install")
class TestOffers(OffersCase):
    def test_sold(self):
        waiting, silent = self.asked("c1"), self.asked("c2")
        self.apply(self.market, outgoing("c2-2", 5, "c2"))
        self.car.vehicle_status = "sold"
        offer = self.offers()
        self.assertEqual((offer.kind, offer.state), ("sold", "draft"))
        self.assertEqual(offer.line_ids.conversation_id, waiting | silent)
        self.assertTrue(offer.activity_ids)
        self.assertFalse((waiting | silent).message_ids.filtered(lambda message: message.state == "queued"))

    def test_similar_cars_of_the_same_marketplace(self):
        def car(name, price, marketplace, number, **values):
            vehicle = self.env["product.template"].create(
                {"name": name, "is_vehicle": True, "vehicle_make": "Haval", "vehicle_model": name, "list_price": price,
                 "vehicle_external_id": name, **values}
            )  # fmt: skip
            listing = RemoteListing(
                f"o{number}",
                title=name,
                url=f"https://{marketplace.name}/{number}",
                feed_id=name,
                state="active",
            )
            self.apply(marketplace, listing)
            return vehicle

        self.car.write({"vehicle_make": "Haval", "vehicle_model": "Jolion"})
        car("Jolion", 2_300_000, self.market, 1)
        car("Dargo", 2_200_000, self.autoru, 2)
        car("F7", 2_100_000, self.market, 3)
        car("H9", 9_000_000, self.market, 4)
        car("M6", 2_200_000, self.market, 5, vehicle_status="sold")
        self.asked("c1")
        self.car.vehicle_status = "sold"
        line = self.offers().line_ids
        self.assertLess(line.text.index("https://one/1"), line.text.index("https://one/3"))
        for other in ("Dargo", "H9", "M6"):
            self.assertNotIn(other, line.text)
        self.assertTrue(line.is_selected)

    def test_nothing_similar_is_for_a_person_to_write(self):
        self.asked("c1")
        self.car.vehicle_status = "sold"
        self.assertFalse(self.offers().line_ids.is_selected)

    def test_price_cut(self):
        self.asked("c1")
        self.car.list_price = 2_190_000  # less than a percent
        self.assertFalse(self.offers())
        self.car.list_price = 2_000_000
        offer = self.offers()
        self.assertEqual((offer.kind, offer.price_before, offer.price_after), ("price", 2_190_000, 2_000_000))
        self.assertIn("2,000,000", offer.line_ids.text)
        self.car.list_price = 1_900_000
        self.assertEqual(self.offers(), offer, "one offer that waits, with the newest price")
        self.assertIn("1,900,000", offer.line_ids.text)
        self.car.list_price = 2_500_000
        self.assertEqual(len(self.offers()), 1)

    def test_who_is_left_in_peace(self):
        chosen = self.asked("c1")
        lost, won = self.asked("c2"), self.asked("c3")
        lost.with_user(self.seller).sudo()._make_lead().action_set_lost()
        won.with_user(self.seller).sudo()._make_lead().action_set_won()
        self.asked("c4", noise=True)
        self.asked("c5", blocked=True)
        self.asked("c6", -60 * 24 * 40)
        notice = self.written(
            self.market, "c7", incoming("c7-1", chat="c7", noise=True), listing=self.listing
        )
        self.assertTrue(notice)
        self.car.vehicle_status = "sold"
        self.assertEqual(self.offers().line_ids.conversation_id, chosen)

    def test_switched_off_and_nobody_there(self):
        self.car.vehicle_status = "sold"
        self.assertFalse(self.offers(), "nobody has asked")
        self.car.vehicle_status = "in_stock"
        self.asked("c1")
        self.company.write({"chats_offer_sold": False, "chats_offer_price": False})
        self.car.list_price = 1
        self.car.vehicle_status = "sold"
        self.assertFalse(self.offers())

    def test_many_cars_at_once(self):
        """A feed that sells a hundred cars in one write asks no query per car."""
        cars = self.env["product.template"].create(
            [{"name": f"Car {number}", "is_vehicle": True} for number in range(100)]
        )
        few = self.env["product.template"].create(
            [{"name": f"Few {number}", "is_vehicle": True} for number in range(2)]
        )

        def count(vehicles):
            self.env.flush_all()
            before = self.cr.sql_log_count
            vehicles._note_change({vehicle.id: ("in_stock", 0) for vehicle in vehicles})
            return self.cr.sql_log_count - before

        (cars | few).with_context(tracking_disable=True).vehicle_status = "sold"
        self.assertLessEqual(count(cars), count(few) + 2)

    def test_the_button_on_the_car(self):
        self.asked("c1")
        action = self.car.with_user(self.anna).action_offer()
        offer = self.env["marketplace.offer"].browse(action["res_id"])
        self.assertEqual((offer.kind, len(offer.line_ids)), ("price", 1))
        self.assertEqual(self.car.with_user(self.anna).action_offer()["res_id"], offer.id)


@tagged("post_install", "-at_install")
class TestSendingOffers(OffersCase):
    def prepared(self, count=3):
        for number in range(count):
            self.asked(f"c{number}")
        self.car.list_price = 2_000_000
        return self.offers()

    def handed_over(self, offer):
        return offer.line_ids.filtered(lambda line: line.state == "sent")

    def test_at_the_channels_pace_through_the_queue(self):
        offer = self.prepared(3)
        offer.line_ids[0].with_user(self.anna).write({"text": "Only for you: 2 million"})
        offer.with_user(self.anna).action_send()
        self.assertFalse(offer.activity_ids)
        self.offers()
        self.assertEqual(len(self.handed_over(offer)), 2)
        self.offers()
        self.run_job("send")
        self.assertEqual(len(self.handed_over(offer)), 2, "not before the next minute")
        self.minute()
        self.assertEqual((len(self.handed_over(offer)), offer.state), (3, "done"))
        self.run_job("send")
        self.assertEqual(self.account.ours("c0"), ["Only for you: 2 million"])
        self.assertEqual(offer.line_ids.message_id.author_id, self.anna)
        self.assertEqual({len(self.account.ours(f"c{number}")) for number in range(3)}, {1})

    def test_replies_go_first(self):
        offer = self.prepared(2)
        offer.action_send()
        reply = self.post(self.chat(self.market, "c1"), "A reply", user=self.anna)
        self.offers()
        self.assertFalse(self.handed_over(offer))
        self.run_job("send")
        self.assertEqual(reply.state, "sent")
        self.minute()
        self.assertEqual(self.handed_over(offer).conversation_id, self.chat(self.market, "c0"))

    def test_what_changed_meanwhile_is_left_out(self):
        offer = self.prepared(4)
        offer.action_send()
        self.apply(self.market, incoming("c0-2", 130, "c0"))
        self.apply(self.market, about("c1", blocked=True))
        self.chat(self.market, "c2").sudo()._make_lead().action_set_lost()
        self.minute()
        self.minute()
        reasons = {line.conversation_id.external_id: line.reason for line in offer.line_ids}
        self.assertEqual(reasons, {"c0": "answered", "c1": "closed", "c2": "deal", "c3": False})
        self.assertEqual(offer.state, "done")

    def test_a_car_that_is_sold_meanwhile(self):
        offer = self.prepared(1)
        offer.action_send()
        self.car.vehicle_status = "sold"
        self.minute()
        self.assertEqual(offer.line_ids.reason, "car")

    def test_stop(self):
        offer = self.prepared(3)
        offer.action_send()
        self.offers()
        offer.action_stop()
        self.minute()
        self.assertEqual(offer.state, "stopped")
        self.assertEqual(sorted(offer.line_ids.mapped("state")), ["sent", "sent", "stopped"])

    def test_only_what_is_ticked(self):
        offer = self.prepared(2)
        offer.line_ids[0].is_selected = False
        self.assertEqual(offer.selected_count, 1)
        offer.action_send()
        self.minute()
        self.assertEqual(offer.line_ids.mapped("state"), ["draft", "sent"])

    def test_never_twice(self):
        offer = self.prepared(1)
        line = offer.line_ids
        offer.action_send()
        self.offers()
        line.state = "queued"  # as if the process had died between two commits
        self.minute()
        self.run_job("send")
        self.assertEqual(len(self.account.ours("c0")), 1)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.cr.savepoint():
            self.env["marketplace.offer.line"].create(
                {"offer_id": offer.id, "conversation_id": line.conversation_id.id}
            ).flush_recordset()

    def test_texts_are_checked(self):
        offer = self.prepared(1)
        for text in ("", "  ", "x" * 100_000):
            offer.line_ids.text = text
            with self.assertRaises(UserError):
                offer.action_send()
        offer.line_ids.is_selected = False
        with self.assertRaises(UserError):
            offer.action_send()

    def test_rights(self):
        """An employee sees, changes and sends what belongs to his channels."""
        self.asked("c0")
        theirs, account = self.bazaar(name="two", users=self.seller)
        account.say("x1", "Hello")
        secret = self.written(theirs, "x1", incoming("x1-1", chat="x1"), listing=self.listing)
        self.car.list_price = 2_000_000
        offer = self.offers()
        self.assertEqual(len(offer.line_ids), 2)
        foreign = offer.line_ids.filtered(lambda line: line.conversation_id == secret)
        self.env.invalidate_all()  # each request has its own
        as_anna = offer.with_user(self.anna)
        self.assertEqual(as_anna.line_ids.conversation_id, self.chat(self.market, "c0"))
        self.assertEqual((as_anna.line_count, as_anna.selected_count), (1, 1))
        with self.assertRaises(AccessError):
            foreign.with_user(self.anna).write({"text": "x"})
        for values in ({"state": "done"}, {"price_after": 1}, {"vehicle_id": False}):
            with self.assertRaises(AccessError):
                as_anna.write(values)
        for values in ({"state": "sent"}, {"user_id": self.anna.id}, {"conversation_id": secret.id}):
            with self.assertRaises(AccessError):
                as_anna.line_ids.write(values)
        as_anna.action_send()
        self.assertEqual(foreign.state, "draft")
        with self.assertRaises(AccessError):
            offer.with_user(self.clerk).action_send()
        with self.assertRaises(UserError):
            as_anna.line_ids.write({"text": "Too late"})
