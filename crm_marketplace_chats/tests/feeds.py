"""Feeds for the tests of this addon: written as files, uploaded to a feed, read by its job."""

import base64
from xml.sax.saxutils import escape

from .common import ChatsCase


def car(number, **elements):
    """A car of Auto.ru's format; its elements can be changed, None leaves one out."""
    told = {
        "unique_id": f"S-{number}",
        "mark_id": "Haval",
        "folder_id": "Jolion",
        "modification_id": "1.5 AMT (143 л.с.)",
        "year": 2025,
        "run": 10 + number,
        "price": 2_000_000 + number,
        "vin": f"XTATEST{number:010d}",
    } | elements
    inside = "".join(
        f"<{tag}>{escape(str(value))}</{tag}>" for tag, value in told.items() if value is not None
    )
    return f"<car>{inside}</car>\n"


def feed_xml(*cars):
    return f"<data><cars>\n{''.join(cars)}</cars></data>".encode()


class FeedCase(ChatsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["marketplace.feed"].search([]).active = False
        cls.feed = cls.env["marketplace.feed"].create(
            {"name": "Stock", "source": "file", "patience": 1, "company_id": cls.company.id}
        )

    def read_feed(self, *cars, feed=None, content=None):
        """Have the feed hold these cars and its job read it; the run."""
        feed = feed or self.feed
        self.upload(feed_xml(*cars) if content is None else content, feed)
        self.run_feeds()
        return feed.last_run_id

    def upload(self, content, feed=None):
        feed = feed or self.feed
        feed.file = base64.b64encode(content)
        feed.action_load()

    def run_feeds(self):
        with self.job_env() as env:
            env["marketplace.feed"]._run_due()
        self.env.invalidate_all()

    def counts(self, run):
        """Counters that are not zero."""
        names = ("new", "changed", "same", "returned", "gone", "missing", "refused")
        return {name: run[f"{name}_count"] for name in names if run[f"{name}_count"]}

    def vehicle(self, number):
        """The car under a number of the feed, archived or not."""
        return (
            self.env["product.template"]
            .with_context(active_test=False)
            .search([("vehicle_external_id", "=", f"S-{number}"), ("company_id", "=", self.company.id)])
        )
