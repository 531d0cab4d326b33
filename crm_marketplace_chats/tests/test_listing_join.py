"""Which car a listing is about: by numbers, by a suggestion that a person decides on, or made of the listing itself."""

from dataclasses import replace

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing, RemoteVehicle

from .common import ChatsCase, about, batch, incoming
from .feeds import FeedCase, car

JOLION = "Haval Jolion 1.5 AMT, 2025, 45 км"


class JoinCase(ChatsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The demo's cars belong to every company.
        cls.env["product.template"].search([("is_vehicle", "=", True)]).active = False

    def stock(self, **values):
        return self.env["product.template"].create(
            {
                "name": "Haval",
                "is_vehicle": True,
                "vehicle_make": "Haval",
                "vehicle_model": "Jolion",
                "vehicle_modification": "1.5 AMT",
                "vehicle_year": 2025,
                "vehicle_mileage": 45,
                "list_price": 2_000_000,
                "company_id": self.company.id,
                **values,
            }
        )

    def listing(self, external_id="l1", title=JOLION, price=2_000_000, channel=None, **values):
        channel = channel or self.avito
        remote = RemoteListing(external_id, title=title, price=price, **{"state": "active", **values})
        channel._apply_batch(batch(remote))
        return self.env["marketplace.listing"].search(
            [("channel_id", "=", channel.id), ("external_id", "=", external_id)]
        )

    def suggest(self, channel=None):
        self.env["marketplace.listing"]._suggest_vehicles(channel or self.avito)


@tagged("post_install", "-at_install")
class TestKnownForSure(JoinCase):
    def test_by_stock_number_before_vin(self):
        by_number = self.stock(vehicle_external_id="S-1")
        self.stock(vehicle_vin="XTATEST0000000001")
        listing = self.listing(feed_id="S-1", vehicle=RemoteVehicle(vin="XTATEST0000000001"))
        self.assertEqual((listing.vehicle_id, listing.joined_by), (by_number, "feed_id"))

    def test_by_vin(self):
        vehicle = self.stock(vehicle_vin="xta test 0000000001")
        listing = self.listing(vehicle=RemoteVehicle(vin="XTATEST0000000001"))
        self.assertEqual((listing.vehicle_id, listing.joined_by), (vehicle, "vin"))

    def test_two_cars_answer(self):
        self.stock(vehicle_external_id="S-1")
        self.stock(vehicle_external_id="S-1")
        self.assertFalse(self.listing(feed_id="S-1").vehicle_id)

    def test_a_car_of_another_company(self):
        self.stock(vehicle_external_id="S-1", company_id=self.other_company.id)
        self.assertFalse(self.listing(feed_id="S-1").vehicle_id)

    def test_price_at_the_time_of_asking_is_kept(self):
        vehicle = self.stock(vehicle_external_id="S-1")
        listing = self.listing(feed_id="S-1")
        remote = RemoteListing("l1", title=JOLION, price=2_000_000, feed_id="S-1")
        self.apply(self.avito, about("c1", listing=remote), incoming("m1"))
        self.apply(self.avito, replace(remote, price=1_800_000), incoming("m2", 5))
        vehicle.list_price = 1_700_000
        chat = self.chat(self.avito)
        self.assertEqual((chat.price_seen, listing.price, chat.vehicle_id), (2_000_000, 1_800_000, vehicle))
        self.apply(
            self.avito, about("c2", listing=replace(remote, price=1_800_000)), incoming("m3", chat="c2")
        )
        self.assertEqual(self.chat(self.avito, "c2").price_seen, 1_800_000)


@tagged("post_install", "-at_install")
class TestKnownByFeed(FeedCase):
    def test_by_a_number_that_the_feed_had_once(self):
        """The car was relisted: chats about the old listing still find it."""
        self.read_feed(*map(car, range(1, 8)))
        self.read_feed(car(1, unique_id="S-100"), *map(car, range(2, 8)))
        self.apply(self.avito, RemoteListing("l1", title="x", feed_id="S-1"))
        self.apply(self.avito, RemoteListing("l2", title="x", feed_id="S-100"))
        listings = self.env["marketplace.listing"].search([("channel_id", "=", self.avito.id)])
        self.assertEqual(listings.vehicle_id, self.vehicle(100))
        self.assertEqual(len(listings.filtered("vehicle_id")), 2)

    def test_by_the_number_at_the_marketplace(self):
        self.apply(self.avito, about("c1", listing=RemoteListing("7463700001", title="x")), incoming("m1"))
        self.apply(self.autoru, RemoteListing("7463700001", title="x"))
        self.read_feed(
            content=b"<Ads><Ad><Id>a</Id><AvitoId>7463700001</AvitoId><Make>Haval</Make><Model>F7</Model></Ad></Ads>"
        )
        vehicle = self.env["product.template"].search([("vehicle_external_id", "=", "a")])
        listing = self.chat(self.avito).listing_id
        self.assertEqual((listing.vehicle_id, listing.joined_by), (vehicle, "external_id"))
        self.assertEqual(self.chat(self.avito).vehicle_id, vehicle)
        self.assertFalse(
            self.env["marketplace.listing"].search([("channel_id", "=", self.autoru.id)]).vehicle_id
        )


@tagged("post_install", "-at_install")
class TestSuggestions(JoinCase):
    def test_evidence_in_words(self):
        vehicle = self.stock()
        listing = self.listing()
        self.suggest()
        self.assertEqual(listing.suggested_vehicle_id, vehicle)
        self.assertFalse(listing.vehicle_id)
        for words in ("Haval Jolion", "same year, 2025", "same mileage, 45", "same price, 2,000,000"):
            self.assertIn(words, listing.with_context(lang="en_US").suggestion_evidence)

    def test_the_best_of_several(self):
        self.stock(vehicle_mileage=900, list_price=1_950_000)
        best = self.stock()
        self.stock(vehicle_year=2024)
        self.stock(vehicle_model="Jol")
        listing = self.listing()
        self.suggest()
        self.assertEqual(listing.suggested_vehicle_id, best)

    def test_no_suggestion(self):
        for values in (
            {"vehicle_year": 2024},
            {"vehicle_make": "Geely"},
            {"vehicle_model": "Jolion Pro"},
            {"vehicle_status": "sold"},
            {"company_id": self.other_company.id},
            {"vehicle_mileage": 7, "list_price": 9_000_000, "vehicle_year": 0},
        ):
            with self.subTest(values=values), self.env.cr.savepoint() as savepoint:
                self.stock(**values)
                listing = self.listing()
                self.suggest()
                self.assertFalse(listing.suggested_vehicle_id)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_two_that_fit_equally_well(self):
        self.stock()
        self.stock()
        listing = self.listing()
        self.suggest()
        self.assertFalse(listing.suggested_vehicle_id)

    def test_a_car_that_is_advertised_already(self):
        vehicle = self.stock(vehicle_external_id="S-1")
        self.listing("l0", feed_id="S-1")
        other = self.listing("l1")
        elsewhere = self.listing("l2", channel=self.autoru)
        self.suggest()
        self.suggest(self.autoru)
        self.assertFalse(other.suggested_vehicle_id)
        self.assertEqual(elsewhere.suggested_vehicle_id, vehicle)

    def test_names_are_compared_as_people_read_them(self):
        vehicle = self.stock(vehicle_make="Mazda", vehicle_model="СX-5")  # a Cyrillic С
        listing = self.listing(title="MAZDA CX 5 2.5 AT, 2025, 45 км")
        self.suggest()
        self.assertEqual(listing.suggested_vehicle_id, vehicle)

    def test_accepted(self):
        vehicle = self.stock()
        listing = self.listing()
        chat = self.written(self.avito, "c1", incoming("m1"), listing=RemoteListing("l1", title=JOLION))
        other = self.listing("l2", title="Nothing of ours")
        self.suggest()
        (listing | other).with_user(self.manager).action_accept_suggestion()
        self.assertEqual((listing.vehicle_id, listing.joined_by), (vehicle, "suggestion"))
        self.assertEqual(chat.vehicle_id, vehicle)
        self.assertFalse(listing.suggested_vehicle_id)
        self.assertFalse(other.vehicle_id)
        with self.assertRaises(UserError):
            other.with_user(self.manager).action_accept_suggestion()

    def test_several_at_once(self):
        self.stock()
        self.stock(vehicle_model="F7", list_price=3_000_000)
        listings = self.listing() | self.listing("l2", title="Haval F7 2.0, 2025", price=3_000_000)
        self.suggest()
        listings.with_user(self.manager).action_accept_suggestion()
        self.assertEqual(len(listings.vehicle_id), 2)

    def test_rejected(self):
        first = self.stock()
        second = self.stock(vehicle_mileage=46)
        listing = self.listing()
        self.suggest()
        self.assertEqual(listing.suggested_vehicle_id, first)
        listing.with_user(self.manager).action_reject_suggestion()
        self.assertEqual((listing.vehicle_id.id, listing.suggested_vehicle_id), (False, second))
        listing.with_user(self.manager).action_reject_suggestion()
        self.suggest()
        self.assertFalse(listing.suggested_vehicle_id)

    def test_only_managers_decide(self):
        self.stock()
        listing = self.listing()
        self.suggest()
        for user in (self.anna, self.nobody):
            with self.assertRaises(AccessError):
                listing.with_user(user).action_accept_suggestion()
            with self.assertRaises(AccessError):
                listing.with_user(user).action_reject_suggestion()

    def test_picked_by_hand(self):
        vehicle = self.stock()
        chat = self.written(self.avito, "c1", incoming("m1"), listing=RemoteListing("l1", title=JOLION))
        chat.listing_id.with_user(self.manager).vehicle_id = vehicle
        self.assertEqual((chat.vehicle_id, chat.listing_id.joined_by), (vehicle, "hand"))


@tagged("post_install", "-at_install")
class TestCarsFromListings(JoinCase):
    def setUp(self):
        super().setUp()
        self.shop, self.account = self.bazaar()
        self.account.adverts = [
            RemoteListing("l1", title=JOLION, price=100, state="active"),
            RemoteListing(
                "l2",
                state="active",
                title="Geely",
                vehicle=RemoteVehicle(make="Geely", vin="XTATEST0000000001"),
            ),
            RemoteListing("l3", title="Old one", state="removed"),
        ]

    def refresh(self):
        self.job(self.shop, "listings")._wake()
        self.run_job("listings")
        self.env.invalidate_all()

    def listings(self):
        return self.env["marketplace.listing"].search(
            [("channel_id", "=", self.shop.id)], order="external_id"
        )

    def test_off_unless_switched_on(self):
        self.refresh()
        self.assertFalse(self.listings().vehicle_id)

    def test_a_car_for_each_active_own_listing(self):
        self.shop.makes_vehicles = True
        self.written(
            self.shop, "c1", incoming("m1"), listing=RemoteListing("theirs", title="Foreign", state="active")
        )
        self.refresh()
        self.refresh()
        first, second, third, foreign = self.listings()
        self.assertFalse(third.vehicle_id or foreign.vehicle_id)
        vehicle = first.vehicle_id
        self.assertEqual((vehicle.name, vehicle.vehicle_year, vehicle.vehicle_mileage), (JOLION, 2025, 45))
        self.assertEqual((vehicle.list_price, second.vehicle_id.vehicle_vin), (100, "XTATEST0000000001"))
        self.assertEqual(self.env["product.template"].search_count([("company_id", "=", self.company.id)]), 2)

    def test_archived_with_its_listing_and_back(self):
        self.shop.makes_vehicles = True
        self.refresh()
        vehicle = self.listings()[0].vehicle_id
        active = self.account.adverts[0]
        self.account.adverts[0] = replace(active, state="removed")
        self.refresh()
        self.assertEqual((vehicle.active, vehicle.vehicle_status), (False, "withdrawn"))
        self.account.adverts[0] = active
        self.refresh()
        self.assertEqual((vehicle.active, vehicle.vehicle_status), (True, "in_stock"))

    def test_a_suggestion_waits_for_a_person(self):
        vehicle = self.stock(list_price=100)
        self.shop.makes_vehicles = True
        self.refresh()
        self.assertEqual(self.listings()[0].suggested_vehicle_id, vehicle)
        self.assertFalse(self.listings()[0].vehicle_id)
