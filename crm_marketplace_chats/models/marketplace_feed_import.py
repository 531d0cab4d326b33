"""The job that reads a feed: fetch, look whether the file is sound, store it in portions, see what is gone."""

import logging
import shutil
import time
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from odoo import fields, models

from ..marketplaces import feeds, feeds_fetch
from ..marketplaces.errors import MarketplaceError
from .bulk import commit_retrying

_logger = logging.getLogger(__name__)

#: Cars stored by one transaction.
PORTION = 200
#: Seconds after which a reading that stores much pauses and goes on in the next run: Odoo ends scheduled actions that
#: take two minutes.
SLICE = 45
#: A feed that knew at least so many cars and suddenly lacks more than half of them is not believed.
GUARDED = 5


class MarketplaceFeed(models.Model):
    _inherit = "marketplace.feed"

    def _import(self):
        """Read the feed once and write down how it went. Never raises for what a feed does wrong.

        What a killed reading leaves behind are portions that are stored and a run in state "running"; the next one
        stores the same cars again, which changes nothing, and goes on.
        """
        started = time.monotonic()
        run = self._begin_run()
        try:
            with TemporaryDirectory(prefix="marketplace-feed-") as folder:
                path = Path(folder) / "feed.xml"
                self._bring(path)
                if not self._store_file(run, path, started):
                    self._pause(run)
                    return
            commit_retrying(self.env, partial(self._see_what_is_gone, run))
            commit_retrying(self.env, self._join_listings)
        except feeds.FeedError as error:
            self._fail(run, error.reason, str(error.line or "") or error.detail)
        except MarketplaceError as error:
            self._fail(run, error.reason, error.detail)
        except Exception:  # a defect met in one feed must not stop the others
            _logger.exception("feed %s: failed", self.id)
            self._fail(run, "internal", "")
        self._plan_next()
        self.env.cr.commit()
        self._trigger(photos=True)
        _logger.info(
            "feed %s: %s, %s entries in %d ms",
            self.id,
            run.state,
            run.total_count,
            (time.monotonic() - started) * 1000,
        )

    def _begin_run(self):
        """A new run, or the one that has paused."""
        Run = self.env["marketplace.feed.run"]
        paused = Run.search([("feed_id", "=", self.id), ("is_paused", "=", True)], limit=1)
        if paused:
            paused._resume()
            self.env.cr.commit()
            return paused
        Run.search([("feed_id", "=", self.id), ("state", "=", "running")])._end("interrupted", "interrupted")
        run = Run.create({"feed_id": self.id, "known_count": self._count_present()})
        self.last_run_id = run
        self.env.cr.commit()
        return run

    def _pause(self, run):
        """Go on as soon as other work had its turn."""
        run.is_paused = True
        self.next_run_at = fields.Datetime.now()
        self.env.cr.commit()
        self._trigger()
        self.env.cr.commit()

    def _fail(self, run, reason, detail):
        """Nothing of the last portion is kept, everything before it is; what is gone is not looked at."""
        self.env.cr.rollback()
        run._end("failed", reason, detail)

    def _bring(self, path):
        """Have the feed's plain XML at ``path``. No transaction is open while another server is asked."""
        url, source = self.url, self.source
        if source == "url":
            self.env.cr.commit()
            feeds_fetch.fetch(url or "", path)
            return
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", "file")], limit=1
        )
        if not attachment:
            raise feeds.FeedError("no_file")
        packed = path.with_name("packed")
        if attachment.store_fname:
            shutil.copyfile(attachment._full_path(attachment.store_fname), packed)
        else:
            packed.write_bytes(attachment.raw)
            attachment.invalidate_recordset()
        feeds_fetch.unpack(packed, path)

    def _store_file(self, run, path, started):
        """:return: whether all of it is stored; else the time is over, and something was stored"""
        surveyed = feeds.survey(path)
        run.write({"dialect": surveyed.dialect, "total_count": surveyed.cars})
        self.env.cr.commit()
        entries = feeds.cars(path, surveyed, self.condition or "")
        hosts, stored = set(), run._stored_count()
        while portion := list(islice(entries, PORTION)):
            commit_retrying(self.env, partial(self._store_portion, run, portion))
            hosts |= {feeds_fetch.host_of(url) for entry in portion for url in getattr(entry, "photos", ())}
            # What is cached of cars that are done is of no more use, and 20,000 of them are a lot.
            self.env.invalidate_all()
            if time.monotonic() - started > SLICE and run._stored_count() > stored:
                return False
        self.photo_hosts_met = " ".join(sorted(hosts)[:20])
        self.env.cr.commit()
        return True

    def _see_what_is_gone(self, run):
        """End a complete reading: cars that it did not find are missing, and gone when they were missing often enough.

        An empty feed, or one that lacks more than half of the cars known before, is not believed: somebody has to
        confirm it.
        """
        Link = self.env["marketplace.feed.vehicle"]
        missing = Link.search([("feed_id", "=", self.id), ("gone_at", "=", False), ("run_id", "!=", run.id)])
        known = run.known_count
        doubtful = len(missing) * 2 > known >= GUARDED or (
            known and len(missing) == known and not run.new_count
        )
        if doubtful and not self.is_shrink_allowed:
            run._end("held", "shrunk", str(len(missing)))
            self._ask_administrator(run)
            return
        gone = missing._note_missing(self.patience)
        counts = {"missing": len(missing) - len(gone), "gone": len(gone)}
        for start in range(0, len(gone), PORTION):
            gone[start : start + PORTION]._withdraw(run, self.gone_status)
        self._note_still_advertised(run)
        run._add(counts)
        run._end("done")
        self.is_shrink_allowed = False

    def _ask_administrator(self, run):
        user = self.write_uid if self.write_uid.active else self.create_uid
        if not self.activity_search(["mail.mail_activity_data_warning"]):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Cars would vanish"),
                note=run.message,
                user_id=user.id,
                date_deadline=fields.Date.context_today(self),
            )

    def _note_still_advertised(self, run):
        """Cars that are sold or withdrawn here, by people, and that the feed still offers."""
        links = self.env["marketplace.feed.vehicle"].search(
            [("run_id", "=", run.id), ("vehicle_id.vehicle_status", "in", ("sold", "withdrawn"))]
        )
        self.env["marketplace.feed.line"].create(
            [
                {
                    "run_id": run.id,
                    "kind": "remark",
                    "external_id": link.external_id,
                    "vin": link.vehicle_id.vehicle_vin,
                    "name": link.vehicle_id.name,
                    "vehicle_id": link.vehicle_id.id,
                    "reason": "still_advertised",
                }
                for link in links
            ]
        )
