"""Who gets a chat that waits: by car, by turn, by who is there; and what becomes of the chats of those who left."""

# ruff: noqa: DTZ001  moments without a zone are meant: local ones, and UTC as Odoo keeps it

from datetime import datetime, timedelta, timezone

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing

from .common import ChatsCase, about, incoming, outgoing
from .hours import make_calendar, utc

NOW = utc(datetime(2026, 5, 6, 15))


@tagged("post_install", "-at_install")
class TestDistribution(ChatsCase):
    def setUp(self):
        super().setUp()
        self.startFreeze = freeze_time(NOW)
        self.startFreeze.start()
        self.addCleanup(self.startFreeze.stop)
        self.rule = self.make_rule()

    def make_rule(self, **values):
        return self.env["marketplace.rule"].create({"name": "Rule", "company_id": self.company.id, **values})

    def ask(self, chat, minutes_ago=0, car=None, price=None, channel=None):
        channel = channel or self.avito
        at = (NOW - timedelta(minutes=minutes_ago)).replace(tzinfo=timezone.utc)
        listing = RemoteListing(f"l-{chat}", title="Car", price=price) if price or car else None
        self.apply(channel, about(chat, listing=listing), incoming(f"{chat}-1", chat=chat, sent_at=at))
        found = self.chat(channel, chat)
        if car:
            found.vehicle_id = car
        return found

    def car(self, make="Haval", owner=None, price=0):
        return self.env["product.template"].create(
            {
                "name": make,
                "is_vehicle": True,
                "vehicle_make": make,
                "list_price": price,
                "vehicle_user_id": owner and owner.id,
            }
        )

    def distribute(self, channel=None):
        given = (channel or self.avito)._distribute()
        self.env.invalidate_all()
        return given

    def shift(self, user, on, minutes_ago=0):
        with freeze_time(NOW - timedelta(minutes=minutes_ago)):
            self.env["marketplace.employee"]._of(user).on_shift = on

    def test_in_turn(self):
        chats = [self.ask(f"c{number}", 60 - number) for number in range(5)]
        self.distribute()
        people = [chat.user_id for chat in chats]
        self.assertEqual(sorted(people.count(user) for user in (self.anna, self.ivan)), [2, 3])
        self.assertEqual(people[0], people[2])
        self.assertNotEqual(people[0], people[1])

    def test_fewest_waiting(self):
        for number in range(3):
            self.ask(f"b{number}", 90).user_id = self.anna
        chats = [self.ask(f"c{number}") for number in range(3)]
        self.distribute()
        self.assertEqual([chat.user_id for chat in chats], [self.ivan] * 3)

    def test_the_owner_of_the_car(self):
        chat = self.ask("c1", car=self.car(owner=self.ivan))
        self.ask("c0", 10).user_id = self.ivan
        self.distribute()
        self.assertEqual(chat.user_id, self.ivan, "though he is the busier one")

    def test_owner_who_is_away_or_has_no_such_channel(self):
        self.shift(self.ivan, False)
        away, stranger = (
            self.ask("c1", car=self.car(owner=self.ivan)),
            self.ask("c2", car=self.car(owner=self.nobody)),
        )
        self.distribute()
        self.assertEqual(away.user_id | stranger.user_id, self.anna)

    def test_in_turn_means_in_turn(self):
        self.rule.strategy = "turn"
        self.ask("c0", 10).user_id = self.ivan
        chat = self.ask("c1", car=self.car(owner=self.ivan))
        self.distribute()
        self.assertEqual(chat.user_id, self.anna)

    def test_makes_prices_channels_people(self):
        self.rule.write({"makes": " haval, CHERY", "price_from": 1000, "price_to": 2000, "strategy": "turn"})
        self.rule.user_ids = self.ivan
        fits = self.ask("c1", car=self.car(price=1500))
        others = (
            self.ask("c2", car=self.car(make="Lada", price=1500)),
            self.ask("c3", car=self.car(price=2500)),
            self.ask("c4"),
        )
        self.distribute()
        self.assertEqual(fits.user_id, self.ivan)
        self.assertFalse(any(chat.user_id for chat in others))
        fallback = self.make_rule(sequence=20, strategy="turn")
        fallback.channel_ids = self.autoru
        self.distribute()
        self.assertFalse(others[0].user_id)
        fallback.channel_ids = self.avito
        self.distribute()
        self.assertTrue(all(chat.user_id for chat in others))

    def test_next_rule_when_nobody_of_the_first_is_there(self):
        self.rule.user_ids = self.ivan
        self.shift(self.ivan, False)
        chat = self.ask("c1")
        self.distribute()
        self.assertFalse(chat.user_id)
        self.make_rule(sequence=20)
        self.distribute()
        self.assertEqual(chat.user_id, self.anna)

    def test_who_is_there(self):
        employee = self.env["marketplace.employee"]._of(self.ivan)
        self.assertTrue(employee._is_in(NOW))
        employee.calendar_id = make_calendar(self.env, self.company)
        self.assertTrue(employee._is_in(NOW))
        self.assertFalse(employee._is_in(NOW + timedelta(hours=8)))
        employee.calendar_id = False
        self.ivan.out_of_office_from = NOW - timedelta(days=1)
        self.assertFalse(employee._is_in(NOW))
        self.ivan.out_of_office_to = NOW - timedelta(hours=1)
        self.assertTrue(employee._is_in(NOW))
        resource = self.env["resource.resource"].create(
            {"name": "Ivan", "user_id": self.ivan.id, "calendar_id": False, "company_id": self.company.id}
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "resource_id": resource.id,
                "date_from": NOW - timedelta(days=1),
                "date_to": NOW + timedelta(days=1),
            }
        )
        self.env.invalidate_all()
        self.assertFalse(employee._is_in(NOW))

    def test_handed_on(self):
        chat, fresh = self.ask("c1", 30), self.ask("c2", 2)
        (chat | fresh).user_id = self.ivan
        self.shift(self.ivan, False, minutes_ago=5)
        self.distribute()
        self.assertEqual((chat.user_id, fresh.user_id), (self.ivan, self.ivan), "he left five minutes ago")
        self.shift(self.ivan, True)
        self.shift(self.ivan, False, minutes_ago=11)
        self.distribute()
        self.assertEqual((chat.user_id, fresh.user_id), (self.anna, self.ivan))

    def test_not_handed_on(self):
        """Answered, nobody else there, or switched off."""
        answered, chat = self.ask("c1", 30), self.ask("c2", 30)
        self.apply(self.avito, outgoing("o", chat="c1", sent_at=NOW.replace(tzinfo=timezone.utc)))
        (answered | chat).user_id = self.ivan
        self.shift(self.ivan | self.anna, False, minutes_ago=20)
        self.distribute()
        self.assertEqual(chat.user_id, self.ivan, "there is nobody else")
        self.rule.hand_on_minutes = 0
        self.shift(self.anna, True)
        self.distribute()
        self.assertEqual(chat.user_id, self.ivan, "this rule hands nothing on")
        self.rule.hand_on_minutes = 10
        self.distribute()
        self.assertEqual((answered.user_id, chat.user_id), (self.ivan, self.anna))

    def test_of_one_who_does_not_use_the_channel_any_more(self):
        chat = self.ask("c1", 30)
        chat.user_id = self.ivan
        self.avito.user_ids = [Command.unlink(self.ivan.id)]
        self.distribute()
        self.assertEqual(chat.user_id, self.anna)

    def test_nothing_without_a_rule(self):
        self.rule.active = False
        chat = self.ask("c1", 30)
        self.assertFalse(self.distribute())
        self.assertFalse(chat.user_id)
        default = self.env.ref("crm_marketplace_chats.rule_default")
        self.assertFalse(default.active)

    def test_what_is_put_off_is_left_alone(self):
        chat = self.ask("c1", 30)
        chat.with_user(self.anna).chats_snooze("tomorrow", chat.message_ids.ids)
        self.assertFalse(self.distribute())

    def test_by_the_job_and_as_many_statements_for_many(self):
        def cost(count):
            for number in range(count):
                self.ask(f"{count}-{number}")
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.distribute()
            return self.env.cr.sql_log_count - before

        cost(2)
        small, large = cost(4), cost(40)
        self.assertLessEqual(large, small + 10)
        chat = self.ask("last")
        self.job(self.avito, "rules").next_run_at = NOW
        self.run_job("rules")
        self.env.invalidate_all()
        self.assertTrue(chat.user_id)

    def test_a_second_worker_keeps_away(self):
        """The lock of the job is one per channel."""
        self.assertTrue(self.env["marketplace.job"]._hold(self.avito.id, "rules"))
        with self.registry.cursor() as cr:
            self.assertFalse(self.env(cr=cr)["marketplace.job"]._hold(self.avito.id, "rules"))

    def test_numbers_of_a_rule(self):
        for values in ({"price_from": -1}, {"price_from": 5, "price_to": 4}, {"hand_on_minutes": -1}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.rule.write(values)

    def test_ones_own_shift(self):
        screen = self.env["marketplace.conversation"].with_user(self.ivan)
        self.assertIs(screen.chats_start()["on_shift"], True)
        self.assertEqual(screen.chats_shift(False), {"on_shift": False})
        self.assertIs(screen.chats_start()["on_shift"], False)
        self.rule.active = False
        self.assertIsNone(screen.chats_start()["on_shift"])
