"""Working hours, and the clock of each chat in working time."""

# ruff: noqa: DTZ001  moments without a zone are meant: local ones, and UTC as Odoo keeps it

from datetime import datetime, timedelta, timezone
from random import Random

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.crm_marketplace_chats.models.working_time import WorkingTime

from .common import ChatsCase, about, incoming, outgoing
from .hours import PlainHours, make_calendar, utc

SPRING = datetime(2026, 3, 20), datetime(2026, 5, 20)
AUTUMN = datetime(2026, 10, 19), datetime(2026, 11, 3)


class HoursCase(ChatsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = make_calendar(cls.env, cls.company)
        cls.avito.calendar_id = cls.calendar

    def asked(self, local, chat="c1", number=1):
        """A client who asks at a local moment; the conversation."""
        at = utc(local).replace(tzinfo=timezone.utc)
        self.apply(
            self.avito,
            about(chat),
            *(incoming(f"{chat}-{one}", 0, chat, sent_at=at) for one in range(number)),
        )
        return self.chat(self.avito, chat)


@tagged("post_install", "-at_install")
class TestWorkingTime(HoursCase):
    def test_against_counting_minutes(self):
        """Nights, weekends, a break, holidays, and both nights in which the clocks change."""
        random = Random(5)
        for start, end in (SPRING, AUTUMN):
            plain, hours = PlainHours(start, end), self.avito._working_time(start, end)
            span = round((end - start).total_seconds() / 60)
            for _try in range(300):
                first, last = sorted(random.randrange(span) for _end in range(2))
                a, b = start + timedelta(minutes=first), start + timedelta(minutes=last)
                self.assertEqual(hours.seconds(a, b), plain.seconds(a, b), (a, b))
                minutes = random.randrange(1, 900)
                self.assertEqual(hours.after(a, 60 * minutes), plain.after(a, minutes), (a, minutes))

    def test_the_night_of_the_clock_change(self):
        """On that Sunday the hours from 0 to 6 are five in spring and seven in autumn."""
        for day, hours in (
            (datetime(2026, 3, 29), 5),
            (datetime(2026, 10, 25), 7),
            (datetime(2026, 5, 10), 6),
        ):
            start, end = utc(day), utc(day + timedelta(hours=12))
            self.assertEqual(self.avito._working_time(start, end).seconds(start, end), 3600 * hours)

    def test_opening_and_closing(self):
        now = utc(datetime(2026, 4, 2, 21))
        hours = self.avito._working_time(now - timedelta(days=10), now + timedelta(days=10))
        self.assertFalse(hours.is_open(now))
        self.assertTrue(hours.is_open(utc(datetime(2026, 4, 2, 9))))
        self.assertFalse(hours.is_open(utc(datetime(2026, 4, 2, 20))))
        self.assertEqual(hours.last_closing(now), utc(datetime(2026, 4, 2, 20)))
        self.assertEqual(hours.next_opening(now), utc(datetime(2026, 4, 7, 9)))  # after Easter

    def test_around_the_clock(self):
        day = datetime(2026, 5, 4)
        always = WorkingTime(
            (day + timedelta(days=n), day + timedelta(days=n + 1, microseconds=-1)) for n in range(3)
        )
        self.assertEqual((len(always.starts), always.seconds(day, day + timedelta(days=2))), (1, 2 * 86400))
        whole = make_calendar(self.env, self.company, [(day, 0, 24) for day in range(7)], holidays=[])
        self.avito.calendar_id = whole
        start, end = SPRING
        self.assertEqual(
            self.avito._working_time(start, end).seconds(start, end), (end - start).total_seconds()
        )

    def test_never_open_and_no_hours_at_all(self):
        start, end = SPRING
        self.avito.calendar_id = make_calendar(self.env, self.company, [], holidays=[])
        self.assertEqual(self.avito._working_time(start, end).seconds(start, end), 0)
        self.assertIsNone(self.avito._working_time(start, end).after(start, 60))
        self.assertFalse(self.asked(datetime(2026, 4, 1, 10)).goal_at)
        self.avito.calendar_id = False
        self.company.resource_calendar_id.flexible_hours = True
        self.assertEqual(
            self.avito._working_time(start, end).seconds(start, end), (end - start).total_seconds()
        )

    def test_holidays_of_another_company(self):
        moment = utc(datetime(2026, 5, 6, 10))
        self.env["resource.calendar.leaves"].with_company(self.other_company).create(
            {
                "name": "Southern holiday",
                "calendar_id": False,
                "date_from": moment - timedelta(days=1),
                "date_to": moment + timedelta(days=1),
            }
        )
        hours = self.avito._working_time(moment - timedelta(days=1), moment + timedelta(days=1))
        self.assertTrue(hours.is_open(moment))


@tagged("post_install", "-at_install")
class TestClock(HoursCase):
    def clock(self, chat):
        chat.invalidate_recordset()
        return chat.amber_at, chat.goal_at

    def set_clocks(self):
        """What the job does after the hours have changed."""
        self.assertTrue(self.avito.clocks_pending)
        self.run_job("rules")
        self.env.invalidate_all()
        self.assertFalse(self.avito.clocks_pending)

    def test_by_day_and_by_night(self):
        self.avito.goal_minutes = 20
        by_day = self.asked(datetime(2026, 5, 6, 10), "day")
        self.assertEqual(
            self.clock(by_day), (utc(datetime(2026, 5, 6, 10, 10)), utc(datetime(2026, 5, 6, 10, 20)))
        )
        evening = self.asked(datetime(2026, 5, 6, 19, 50), "evening")
        self.assertEqual(
            self.clock(evening), (utc(datetime(2026, 5, 6, 20)), utc(datetime(2026, 5, 7, 9, 10)))
        )
        saturday = self.asked(datetime(2026, 5, 9, 20), "saturday")
        self.assertEqual(self.clock(saturday)[1], utc(datetime(2026, 5, 10, 0, 20)))

    def test_ends_with_the_answer_and_starts_anew(self):
        chat = self.asked(datetime(2026, 5, 6, 10))
        at = utc(datetime(2026, 5, 6, 11)).replace(tzinfo=timezone.utc)
        self.apply(self.avito, outgoing("o1", chat="c1", sent_at=at))
        self.assertEqual(self.clock(chat), (False, False))
        later = at + timedelta(hours=4)
        self.apply(self.avito, incoming("i2", chat="c1", sent_at=later))
        self.assertEqual(self.clock(chat)[1], (later + timedelta(minutes=15)).replace(tzinfo=None))

    def test_one_calendar_look_up_for_a_batch(self):
        """However many chats a batch brings, the calendar is asked once."""
        at = utc(datetime(2026, 5, 6, 10)).replace(tzinfo=timezone.utc)

        def cost(count):
            things = [incoming(f"{count}-{n}", chat=f"{count}-{n}", sent_at=at) for n in range(count)]
            before = self.env.cr.sql_log_count
            self.apply(self.avito, *things)
            return self.env.cr.sql_log_count - before

        cost(1)
        self.assertLessEqual(cost(60), cost(2) + 5)

    def test_hours_goal_and_holidays_change(self):
        chat = self.asked(datetime(2026, 5, 6, 19, 50))
        self.assertEqual(self.clock(chat)[1], utc(datetime(2026, 5, 7, 9, 5)))
        self.avito.goal_minutes = 30
        self.set_clocks()
        self.assertEqual(self.clock(chat)[1], utc(datetime(2026, 5, 7, 9, 20)))
        holiday = self.env["resource.calendar.leaves"].create(
            {
                "name": "Day off",
                "calendar_id": self.calendar.id,
                "date_from": utc(datetime(2026, 5, 7)),
                "date_to": utc(datetime(2026, 5, 8)),
            }
        )
        self.set_clocks()
        self.assertEqual(self.clock(chat)[1], utc(datetime(2026, 5, 8, 9, 20)))
        holiday.unlink()
        self.calendar.attendance_ids.filtered(
            lambda one: one.hour_from == 9 and one.dayofweek == "3"
        ).hour_from = 8
        self.set_clocks()
        self.assertEqual(self.clock(chat)[1], utc(datetime(2026, 5, 7, 8, 20)))
        self.avito.goal_minutes = 0
        self.set_clocks()
        self.assertEqual(self.clock(chat), (False, False))

    def test_hours_of_the_company(self):
        self.avito.calendar_id = False
        self.company.resource_calendar_id = self.calendar
        chat = self.asked(datetime(2026, 5, 6, 10))
        self.assertEqual(self.clock(chat)[1], utc(datetime(2026, 5, 6, 10, 15)))
        self.env["resource.calendar.leaves"].with_company(self.company).create(
            {
                "name": "Day of the company",
                "calendar_id": False,
                "date_from": utc(datetime(2026, 5, 6)),
                "date_to": utc(datetime(2026, 5, 7)),
            }
        )
        self.set_clocks()
        self.assertEqual(self.clock(chat)[1], utc(datetime(2026, 5, 7, 9, 15)))

    def test_goal_has_limits(self):
        for minutes in (-1, 1441):
            with self.assertRaises(ValidationError):
                self.avito.goal_minutes = minutes
