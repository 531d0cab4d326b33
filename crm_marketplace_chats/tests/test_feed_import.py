"""Reading a dealer's feed: what it makes of the stock, again and again, whole or broken."""

import base64
import contextlib
from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import mute_logger, tagged

from odoo.addons.crm_marketplace_chats.marketplaces import feeds_fetch
from odoo.addons.crm_marketplace_chats.marketplaces.errors import RejectedError, TemporaryError
from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing

from .common import incoming
from .feeds import FeedCase, car, feed_xml
from .test_send import PIXEL


@tagged("post_install", "-at_install")
class TestFeedImport(FeedCase):
    def test_new_cars(self):
        run = self.read_feed(
            car(1, body_type="Внедорожник 5 дв.", color="Серый", extras="Камера, Люк", max_discount=100_000),
            car(2),
        )
        self.assertEqual((run.state, run.dialect, self.counts(run)), ("done", "autoru", {"new": 2}))
        vehicle = self.vehicle(1)
        self.assertEqual(vehicle.name, "Haval Jolion 1.5 AMT, 2025")
        self.assertEqual(vehicle.list_price, 2_000_001)
        self.assertEqual((vehicle.vehicle_vin, vehicle.vehicle_mileage), ("XTATEST0000000001", 11))
        self.assertEqual(
            (vehicle.vehicle_body, vehicle.vehicle_gearbox, vehicle.vehicle_power), ("suv", "robot", 143)
        )
        self.assertEqual(vehicle.vehicle_equipment, "Камера\nЛюк")
        self.assertEqual((vehicle.vehicle_discount_max, vehicle.vehicle_status), (100_000, "in_stock"))
        self.assertEqual(vehicle.company_id, self.company)
        self.assertEqual(run.line_ids.mapped("kind"), ["new", "new"])
        self.assertEqual(run.line_ids[0].vehicle_id, vehicle)
        self.assertEqual(self.feed.vehicle_count, 2)
        self.assertEqual(run.progress, 100)

    def test_the_same_again_changes_nothing(self):
        self.read_feed(car(1), car(2))
        before = self.vehicle(1).read() + self.vehicle(2).read()
        run = self.read_feed(car(1), car(2))
        self.assertEqual(self.counts(run), {"same": 2})
        self.assertFalse(run.line_ids)
        self.assertEqual(self.vehicle(1).read() + self.vehicle(2).read(), before)

    def test_a_changed_car(self):
        self.read_feed(car(1, description="Old"), car(2))
        run = self.read_feed(car(1, price=1_900_000, description="New"), car(2))
        self.assertEqual(self.counts(run), {"changed": 1, "same": 1})
        self.assertEqual(self.vehicle(1).list_price, 1_900_000)
        line = run.line_ids
        self.assertIn("2000001", line.message)
        self.assertIn("1900000", line.message)
        self.assertIn("Advertisement Text", line.message)

    def test_what_people_change_stays_until_the_feed_changes_it(self):
        self.read_feed(car(1, color="Серый"))
        vehicle = self.vehicle(1)
        vehicle.write({"vehicle_color": "Графит", "list_price": 5})
        self.read_feed(car(1, color="Серый", run=99))
        self.assertEqual(
            (vehicle.vehicle_color, vehicle.list_price, vehicle.vehicle_mileage), ("Графит", 5, 99)
        )
        self.read_feed(car(1, color="Синий", run=99, price=7))
        self.assertEqual((vehicle.vehicle_color, vehicle.list_price), ("Синий", 7))

    def test_what_the_feed_ceases_to_say_is_forgotten_but_not_the_price(self):
        self.read_feed(car(1, color="Серый", max_discount=5))
        self.read_feed(car(1, price=None))
        vehicle = self.vehicle(1)
        self.assertEqual((vehicle.vehicle_color, vehicle.vehicle_discount_max), (False, 0))
        self.assertEqual(vehicle.list_price, 2_000_001)

    def test_a_car_that_is_there_already_is_found(self):
        Vehicle = self.env["product.template"]
        values = {"is_vehicle": True, "company_id": self.company.id}
        by_vin = Vehicle.create({"name": "A", "vehicle_vin": "XTATEST0000000001", **values})
        by_number = Vehicle.create({"name": "B", "vehicle_external_id": "S-2", **values})
        foreign = Vehicle.create(
            {
                "name": "C",
                "is_vehicle": True,
                "vehicle_vin": "XTATEST0000000003",
                "company_id": self.other_company.id,
            }
        )
        run = self.read_feed(car(1), car(2), car(3))
        self.assertEqual(self.counts(run), {"new": 1, "changed": 2})
        self.assertEqual((self.vehicle(1), self.vehicle(2)), (by_vin, by_number))
        self.assertEqual(by_vin.name, "Haval Jolion 1.5 AMT, 2025")
        self.assertNotEqual(self.vehicle(3), foreign)
        self.assertEqual(foreign.name, "C")

    def test_relisted_under_a_new_number(self):
        """The marketplace wants a new number for the same car: it stays one car, and is not gone."""
        self.read_feed(*map(car, range(1, 8)))
        vehicle = self.vehicle(1)
        run = self.read_feed(car(1, unique_id="S-100"), *map(car, range(2, 8)))
        self.assertEqual((vehicle.vehicle_external_id, vehicle.active), ("S-100", True))
        self.assertEqual(self.counts(run), {"changed": 1, "same": 6, "gone": 1})
        self.assertEqual(vehicle.vehicle_status, "in_stock")

    def test_another_car_under_an_old_number(self):
        self.read_feed(car(1), car(2))
        first = self.vehicle(1)
        self.read_feed(car(1, vin="XTATEST0000000009", folder_id="Dargo"), car(2))
        self.assertEqual((first.vehicle_model, first.vehicle_vin), ("Jolion", "XTATEST0000000001"))
        new = self.vehicle(1) - first
        self.assertEqual((new.vehicle_model, new.vehicle_vin), ("Dargo", "XTATEST0000000009"))

    def test_a_corrected_vin(self):
        self.read_feed(car(1))
        first = self.vehicle(1)
        self.read_feed(car(1, vin="XTATEST0000000009"))
        self.assertEqual(self.vehicle(1), first)
        self.assertEqual(first.vehicle_vin, "XTATEST0000000009")

    def test_refused_with_line_and_reason(self):
        run = self.read_feed(
            car(1), car(2, unique_id=None, vin=None), car(3, mark_id=""), car(1), car(5, vin="OOO")
        )
        self.assertEqual(self.counts(run), {"new": 2, "refused": 3})
        lines = [(line.kind, line.line, line.reason) for line in run.line_ids if line.reason]
        self.assertEqual(
            lines,
            [
                ("refused", 3, "no_key"),
                ("refused", 4, "no_name"),
                ("refused", 5, "twice"),
                ("remark", 6, "bad_vin"),
            ],
        )
        self.assertTrue(all(run.line_ids.filtered("reason").mapped("message")))

    def test_statements_do_not_grow_with_the_cars(self):
        """One portion of 5 and one of 100 cars take about as many statements, new, changed and the same. (A price or a
        status that changes is history besides, and has a note in the car's chatter.)"""

        def statements(*cars):
            self.upload(feed_xml(*cars))
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.run_feeds()
            return self.env.cr.sql_log_count - before

        few, many = range(5), range(100, 200)
        self.read_feed(car(0))  # fills caches
        self.feed.is_shrink_allowed = True
        figures = {
            "new": (statements(*map(car, few)), statements(*map(car, [*few, *many]))),
            "same": (statements(*map(car, [*few, *many])), statements(*map(car, [*few, *many]))),
            "changed": (
                statements(*[car(number, run=5) for number in few], *map(car, many)),
                statements(*map(car, few), *[car(number, run=6) for number in many]),
            ),
        }
        for kind, (small, large) in figures.items():
            with self.subTest(kind=kind):
                self.assertLess(large, small + 40, figures)

    # ------------------------------------------------------------ gone, and back

    def test_gone_and_back(self):
        self.read_feed(*map(car, range(6)))
        vehicle = self.vehicle(1)
        listing = RemoteListing("l1", title="Haval", feed_id="S-1")
        chat = self.written(self.avito, "c1", incoming("m1"), listing=listing)
        self.assertEqual(chat.vehicle_id, vehicle)
        run = self.read_feed(*[car(number) for number in range(6) if number != 1])
        self.assertEqual(self.counts(run), {"same": 5, "gone": 1})
        self.assertEqual((vehicle.active, vehicle.vehicle_status), (False, "withdrawn"))
        self.assertEqual(chat.vehicle_id, vehicle)
        self.assertEqual(run.line_ids.vehicle_id, vehicle)
        run = self.read_feed(*map(car, range(6)))
        self.assertEqual(self.counts(run), {"same": 5, "returned": 1})
        self.assertEqual((vehicle.active, vehicle.vehicle_status), (True, "in_stock"))

    def test_gone_as_sold_and_only_after_a_while(self):
        self.feed.write({"gone_status": "sold", "patience": 2})
        self.read_feed(*map(car, range(6)))
        run = self.read_feed(*map(car, range(5)))
        self.assertEqual(self.counts(run), {"same": 5, "missing": 1})
        self.assertTrue(self.vehicle(5).active)
        self.read_feed(*map(car, range(5)))
        self.assertEqual((self.vehicle(5).active, self.vehicle(5).vehicle_status), (False, "sold"))

    def test_sold_here_stays_sold(self):
        self.read_feed(*map(car, range(6)))
        sold = self.vehicle(1)
        sold.vehicle_status = "sold"
        run = self.read_feed(car(1, price=5), *[car(number) for number in range(6) if number != 1])
        self.assertEqual(sold.vehicle_status, "sold")
        self.assertEqual(run.line_ids.filtered(lambda line: line.kind == "remark").reason, "still_advertised")
        self.read_feed(*[car(number) for number in range(6) if number != 1])
        self.assertEqual((sold.active, sold.vehicle_status), (False, "sold"))
        sold.vehicle_status = "reserved"
        self.read_feed(*map(car, range(6)))
        self.assertEqual((sold.active, sold.vehicle_status), (False, "reserved"))

    def test_a_tiny_feed_does_not_withdraw_the_stock(self):
        self.read_feed(*map(car, range(10)))
        run = self.read_feed(*map(car, range(4)))
        self.assertEqual((run.state, run.reason, run.detail), ("held", "shrunk", "6"))
        self.assertIn("6 cars", self.feed.message)
        self.assertTrue(all(self.vehicle(number).active for number in range(10)))
        self.assertEqual(len(self.feed.activity_ids), 1)
        self.feed.action_allow_shrink()
        self.run_feeds()
        self.assertEqual((self.feed.state, self.feed.last_run_id.gone_count), ("done", 6))
        self.assertFalse(self.feed.activity_ids)
        self.assertFalse(self.feed.is_shrink_allowed)
        self.assertFalse(self.vehicle(9).active)

    def test_an_empty_feed_does_not_withdraw_even_a_small_stock(self):
        self.read_feed(car(1), car(2))
        run = self.read_feed()
        self.assertEqual(run.state, "held")
        self.assertTrue(self.vehicle(1).active)

    def test_the_feed_recovers_by_itself(self):
        self.read_feed(*map(car, range(10)))
        self.read_feed(*map(car, range(4)))
        run = self.read_feed(*map(car, range(10)))
        self.assertEqual((run.state, self.counts(run)), ("done", {"same": 10}))

    def test_two_feeds_of_one_car(self):
        other = self.feed.copy({"name": "Other"})
        self.read_feed(*map(car, range(6)))
        self.read_feed(*[car(number, unique_id=f"T-{number}") for number in range(6)], feed=other)
        run = self.read_feed(*map(car, range(5)))
        self.assertEqual(run.gone_count, 1)
        vehicle = self.env["product.template"].search([("vehicle_vin", "=", "XTATEST0000000005")])
        self.assertEqual(vehicle.vehicle_status, "in_stock")
        self.read_feed(*map(car, range(6)))
        other.active = False
        self.read_feed(*map(car, range(5)))
        self.assertEqual((vehicle.active, vehicle.vehicle_status), (False, "withdrawn"))

    # ------------------------------------------------------------ broken

    def test_a_broken_file_changes_nothing(self):
        self.read_feed(*map(car, range(6)))
        whole = feed_xml(*[car(number, price=5) for number in range(6)])
        for content, reason in (
            (whole[:-30], "not_xml"),
            (b"<!DOCTYPE data>" + whole, "doctype"),
            (b"<html/>", "not_a_feed"),
            (b"<catalog/>", "catalogue"),
        ):
            run = self.read_feed(content=content)
            self.assertEqual((run.state, run.reason), ("failed", reason))
            self.assertTrue(self.feed.message)
        self.assertEqual(self.vehicle(1).list_price, 2_000_001)
        self.assertTrue(self.vehicle(5).active)

    def test_an_address_out_of_reach(self):
        feed = self.env["marketplace.feed"].create(
            {"name": "Far", "url": "https://dealer.example.org/f.xml", "company_id": self.company.id}
        )
        with patch.object(feeds_fetch, "save", side_effect=TemporaryError("timeout")):
            self.run_feeds()
        self.assertEqual((feed.state, feed.last_run_id.reason), ("failed", "timeout"))
        self.assertTrue(feed.next_run_at)

    @mute_logger("odoo.addons.crm_marketplace_chats.models.marketplace_feed_import")
    def test_a_defect_in_one_feed_does_not_stop_another(self):
        other = self.feed.copy({"name": "Other"})
        self.upload(feed_xml(car(1)))
        self.upload(feed_xml(car(2)), other)
        original = type(self.feed)._bring

        def bring(feed, path):
            if feed.id == self.feed.id:
                raise RuntimeError
            original(feed, path)

        self.patch(type(self.feed), "_bring", bring)
        self.run_feeds()
        self.assertEqual((self.feed.last_run_id.reason, other.state), ("internal", "done"))

    def test_killed_in_the_middle(self):
        """Killed after the first portion: that one is stored, nothing is withdrawn, and the next reading goes on."""
        self.read_feed(*map(car, range(6)))

        class Killed(BaseException):
            pass

        Feed = type(self.feed)
        original, calls = Feed._store_portion, []

        def store(feed, run, entries):
            calls.append(len(entries))
            if len(calls) == 2:
                raise Killed
            original(feed, run, entries)

        self.patch(Feed, "_store_portion", store)
        self.upload(feed_xml(*[car(number, price=5) for number in range(10)]))
        with patch(f"{Feed._import.__module__}.PORTION", 4), self.job_env() as env:
            # Not `assertRaises`, which would undo what was committed before.
            with contextlib.suppress(Killed):
                self.feed.with_env(env)._import()
            env.cr.rollback()
        self.assertEqual(calls, [4, 4])
        self.env.invalidate_all()
        self.assertEqual(self.feed.state, "running")
        self.assertEqual((self.vehicle(3).list_price, self.vehicle(5).list_price), (5, 2_000_005))
        self.patch(Feed, "_store_portion", original)
        self.run_feeds()
        run = self.feed.last_run_id
        self.assertEqual((run.state, self.counts(run)), ("done", {"same": 4, "changed": 2, "new": 4}))
        self.assertEqual(self.feed.run_ids[1].state, "interrupted")
        self.assertTrue(all(len(self.vehicle(number)) == 1 for number in range(10)))

    def test_a_long_reading_pauses_and_goes_on(self):
        """Odoo ends scheduled actions that take too long: each slice stores something, one report tells of all."""
        self.read_feed(*map(car, range(3)))
        content = feed_xml(*map(car, range(11)), car(50, unique_id=None, vin=None))
        module, slices = type(self.feed)._import.__module__, 0
        with patch(f"{module}.PORTION", 4), patch(f"{module}.SLICE", 0):
            self.upload(content)
            while self.feed.next_run_at and slices < 9:
                self.run_feeds()
                slices += 1
        run = self.feed.last_run_id
        self.assertEqual((slices, run.state), (4, "done"))
        self.assertEqual(self.counts(run), {"new": 8, "same": 3, "refused": 1})
        self.assertEqual((run.done_count, run.total_count, len(run.line_ids)), (12, 12, 9))
        self.assertEqual(len(self.feed.run_ids), 2)

    # ------------------------------------------------------------ schedule and rights

    def test_a_file_is_read_once_an_address_on_schedule(self):
        self.read_feed(car(1))
        self.assertFalse(self.feed.next_run_at)
        run = self.feed.last_run_id
        self.run_feeds()
        self.assertEqual(self.feed.last_run_id, run)

    def test_addresses(self):
        Feed = self.env["marketplace.feed"].with_user(self.manager)
        for url in (
            "http://dealer.example.org/f",
            "ftp://dealer.example.org",
            "https://",
            "https://x:8443/f",
            "https://[::1",
        ):
            with self.subTest(url=url), self.assertRaises(ValidationError):
                Feed.create({"name": "x", "url": url})
        with self.assertRaises(AccessError):
            Feed.create({"name": "x", "url": "http://127.0.0.1:8069/web"})

    def test_rights(self):
        for user in (self.anna, self.clerk, self.visitor):
            for model in (
                "marketplace.feed",
                "marketplace.feed.run",
                "marketplace.feed.line",
                "marketplace.feed.vehicle",
            ):
                self.assertFalse(self.env[model].with_user(user).has_access("read"))
        south = self.env["marketplace.feed"].create(
            {"name": "South", "source": "file", "company_id": self.other_company.id}
        )
        north = self.person("north", "crm_marketplace_chats.group_chats_manager")
        self.assertFalse(south.with_user(north).has_access("read"))

    def test_manager_reads_the_report(self):
        run = self.read_feed(car(1), car(2))
        found = run.with_user(self.manager)
        self.assertEqual(found.line_ids.vehicle_id.mapped("vehicle_external_id"), ["S-1", "S-2"])


@tagged("post_install", "-at_install")
class TestFeedPhotos(FeedCase):
    def setUp(self):
        super().setUp()
        self.asked, self.wrong = [], {}
        self.patch(feeds_fetch, "fetch_photo", self.fetch_photo)

    def fetch_photo(self, url, feed_url, hosts):
        self.asked.append(url)
        if url in self.wrong:
            raise self.wrong[url]
        return feeds_fetch.Download(PIXEL, "image/png", "photo.png")

    def photos(self, *urls):
        run = self.read_feed(
            car(1, images=None).replace(
                "</car>", f"<images>{''.join(f'<image>{url}</image>' for url in urls)}</images></car>"
            )
        )
        with self.job_env() as env:
            env["marketplace.feed"]._run_photos()
        self.env.invalidate_all()
        return run

    def test_cover_and_photos(self):
        self.photos(*[f"https://p.example/{number}.jpg" for number in range(3)])
        vehicle = self.vehicle(1)
        self.assertEqual(base64.b64decode(vehicle.image_1920)[:4], PIXEL[:4])
        self.assertEqual(len(vehicle.vehicle_photo_ids), 2)
        self.assertEqual(len(self.asked), 3)

    def test_unchanged_ones_are_not_fetched_again(self):
        self.photos("https://p.example/1.jpg", "https://p.example/2.jpg")
        first = self.vehicle(1).vehicle_photo_ids
        self.photos("https://p.example/1.jpg", "https://p.example/2.jpg")
        self.assertEqual(len(self.asked), 2)
        self.photos("https://p.example/1.jpg", "https://p.example/3.jpg")
        self.assertEqual(self.asked[2:], ["https://p.example/3.jpg"])
        self.assertEqual(len(self.vehicle(1).vehicle_photo_ids), 1)
        self.assertFalse(first.exists())

    def test_limits(self):
        self.feed.photo_limit = 2
        self.photos(*[f"https://p.example/{number}.jpg" for number in range(9)])
        self.assertEqual(len(self.asked), 2)

    def test_refused_ones_are_left_out_and_asked_for_when_allowed(self):
        self.wrong = {"https://p.example/2.jpg": RejectedError("media_refused")}
        self.photos("https://p.example/1.jpg", "https://p.example/2.jpg")
        self.assertFalse(self.vehicle(1).vehicle_photo_ids)
        self.assertTrue(self.feed.are_photos_refused)
        self.wrong = {}
        self.feed.action_allow_photo_hosts()
        self.assertEqual((self.feed.photo_hosts, self.feed.are_photos_refused), ("p.example", False))
        with self.job_env() as env:
            env["marketplace.feed"]._run_photos()
        self.env.invalidate_all()
        self.assertEqual(len(self.vehicle(1).vehicle_photo_ids), 1)
        self.assertEqual(self.asked.count("https://p.example/1.jpg"), 1)

    def test_trouble_comes_again_later(self):
        self.wrong = {"https://p.example/1.jpg": TemporaryError("timeout")}
        self.photos("https://p.example/1.jpg", "https://p.example/2.jpg")
        link = self.env["marketplace.feed.vehicle"].search([("feed_id", "=", self.feed.id)])
        self.assertTrue(link.photos_pending and link.photo_next_at)
        self.assertEqual(len(self.vehicle(1).vehicle_photo_ids), 1)

    def test_photos_of_people_stay(self):
        self.read_feed(car(1))
        self.vehicle(1).image_1920 = base64.b64encode(PIXEL)
        self.photos("https://p.example/1.jpg", "https://p.example/2.jpg")
        self.assertEqual(self.asked, [])
        self.assertFalse(self.vehicle(1).vehicle_photo_ids)
