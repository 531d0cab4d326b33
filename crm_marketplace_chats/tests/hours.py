"""Working hours for the tests, and the same thing reckoned plainly: minute by minute, without Odoo's calendars."""

# ruff: noqa: DTZ001  moments without a zone are meant: local ones, and UTC as Odoo keeps it

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import Command

ZONE = ZoneInfo("Europe/Berlin")
#: Day of the week, from, to: a break at noon, a short Saturday, and a Sunday in whose night the clocks change.
WEEK = [
    *((day, start, end) for day in range(5) for start, end in ((9, 13), (14, 20))),
    (5, 10, 16),
    (6, 0, 6),
]
#: Local days on which nobody works, inclusive.
HOLIDAYS = [(datetime(2026, 4, 3), datetime(2026, 4, 6)), (datetime(2026, 3, 25), datetime(2026, 3, 25))]


def make_calendar(env, company, week=WEEK, zone="Europe/Berlin", holidays=HOLIDAYS):
    calendar = env["resource.calendar"].create(
        {
            "name": "Showroom",
            "company_id": company.id,
            "tz": zone,
            "attendance_ids": [Command.clear()]
            + [
                Command.create(
                    {
                        "name": f"{day} {start}",
                        "dayofweek": str(day),
                        "hour_from": start,
                        "hour_to": end,
                        "day_period": "morning" if end <= 13 else "afternoon",
                    }
                )
                for day, start, end in week
            ],
        }
    )
    for first, last in holidays:
        env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "company_id": company.id,
                "date_from": utc(first),
                "date_to": utc(last + timedelta(days=1)),
            }
        )
    return calendar


def utc(local):
    """A local moment as Odoo keeps it."""
    return local.replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def is_working(minute):
    """Whether the minute that begins at this naive moment in UTC is working time."""
    local = minute.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZONE).replace(tzinfo=None)
    if any(first <= local < last + timedelta(days=1) for first, last in HOLIDAYS):
        return False
    return any(day == local.weekday() and start <= local.hour < end for day, start, end in WEEK)


class PlainHours:
    """Counts minutes one by one over a span of whole minutes."""

    def __init__(self, start, end):
        self.start, self.worked, minute = start, [0], start
        while minute < end:
            self.worked.append(self.worked[-1] + is_working(minute))
            minute += timedelta(minutes=1)

    def _place(self, moment):
        return round((moment - self.start).total_seconds() / 60)

    def seconds(self, start, end):
        return 60 * (self.worked[self._place(end)] - self.worked[self._place(start)])

    def after(self, moment, minutes):
        """The end of that many working minutes; None beyond the span."""
        wanted = self.worked[self._place(moment)] + minutes
        return next(
            (
                self.start + timedelta(minutes=place)
                for place, worked in enumerate(self.worked)
                if worked >= wanted
            ),
            None,
        )
