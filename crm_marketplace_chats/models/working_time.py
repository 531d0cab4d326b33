"""Opening hours as plain arithmetic: how much of the time between two moments was working time."""

from bisect import bisect_left, bisect_right
from datetime import timedelta

#: Calendars end a day at 23:59:59.999999: what is open around the clock has no gap at midnight.
TOUCHING = timedelta(seconds=1)


class WorkingTime:
    """The opening hours of one span of time. All moments are naive, in UTC, as Odoo stores them.

    :param intervals: pairs of moments, in any order, overlapping or not
    """

    def __init__(self, intervals):
        self.starts, self.ends = [], []
        for start, end in sorted(intervals):
            if self.ends and start - self.ends[-1] < TOUCHING:
                self.ends[-1] = max(self.ends[-1], end)
            elif end > start:
                self.starts.append(start)
                self.ends.append(end)
        #: Seconds worked until the end of each interval.
        self.worked_until = []
        total = 0
        for start, end in zip(self.starts, self.ends, strict=True):
            total += (end - start).total_seconds()
            self.worked_until.append(total)

    def _worked(self, moment):
        """Seconds worked before a moment."""
        last = bisect_right(self.starts, moment) - 1
        if last < 0:
            return 0
        return self.worked_until[last] - max((self.ends[last] - moment).total_seconds(), 0)

    def seconds(self, start, end):
        """:return: whole seconds of working time between two moments"""
        return round(self._worked(end) - self._worked(start))

    def after(self, moment, seconds):
        """:return: when that many seconds (more than none) have been worked since a moment; None: not in this span"""
        wanted = self._worked(moment) + seconds
        place = bisect_left(self.worked_until, wanted)
        if place == len(self.starts):
            return None
        return self.ends[place] - timedelta(seconds=self.worked_until[place] - wanted)

    def is_open(self, moment):
        place = bisect_right(self.starts, moment) - 1
        return place >= 0 and moment < self.ends[place]

    def next_opening(self, moment):
        """:return: the first opening after a moment, None where there is none in this span"""
        place = bisect_right(self.starts, moment)
        return self.starts[place] if place < len(self.starts) else None

    def last_closing(self, moment):
        """:return: the last closing not after a moment, None where there is none in this span"""
        place = bisect_right(self.ends, moment) - 1
        return self.ends[place] if place >= 0 else None
