"""Photos of the cars of a feed, copied in the background."""

import base64
from datetime import timedelta
from functools import partial

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools.image import ImageProcess

from ..marketplaces import feeds_fetch
from ..marketplaces.errors import MarketplaceError, TemporaryError
from .bulk import commit_retrying

#: Cars whose photos are fetched in one run, how often one is tried (pauses double), and failures in a row that mean
#: that the pictures' server is ill.
PORTION, ATTEMPTS, TROUBLES = 20, 5, 3


class MarketplaceFeed(models.Model):
    _inherit = "marketplace.feed"

    def _run_photos(self):
        """Entry of the scheduled action: a portion of cars of each feed; again at once where there are more."""
        cron = self.env["ir.cron"]
        feeds = self.search([("photo_limit", ">", 0)])
        cron._commit_progress(remaining=len(feeds))
        for feed in feeds:
            if self.env["marketplace.job"]._hold(feed.id, "feed_photos") and feed._work_apart(
                "_fetch_photos"
            ):
                self._trigger(photos=True)
            if not cron._commit_progress(1):
                break

    def _fetch_photos(self):
        """:return: whether there is more to do at once"""
        links = self.env["marketplace.feed.vehicle"].search(
            [
                ("feed_id", "=", self.id),
                ("photos_pending", "=", True),
                ("gone_at", "=", False),
                "|",
                ("photo_next_at", "=", False),
                ("photo_next_at", "<=", fields.Datetime.now()),
            ],
            limit=PORTION,
        )
        troubles = 0
        for link in links:
            troubles = troubles + 1 if link._fetch_photos() else 0
            self.env.invalidate_all()
            if troubles == TROUBLES:
                return False
        return len(links) == PORTION

    def _allowed_hosts(self):
        return tuple((self.photo_hosts or "").lower().split())

    def _hosts_not_allowed(self):
        """Hosts that the feed's photos lie on and that nobody has allowed."""
        allowed = (*self._allowed_hosts(), feeds_fetch.host_of(self.url or ""))
        return [
            host
            for host in (self.photo_hosts_met or "").split()
            if not any(host == name or host.endswith(f".{name}") for name in filter(None, allowed))
        ]

    def _forget_photo_failures(self):
        """Ask again for what was refused, e.g. because hosts have been allowed."""
        links = self.env["marketplace.feed.vehicle"].search(
            [("feed_id", "=", self.id), ("gone_at", "=", False)]
        )
        lacking = links.filtered(lambda link: link._lacking())
        lacking.write({"photos_pending": True, "photo_attempts": 0, "photo_next_at": False})


class MarketplaceFeedVehicle(models.Model):
    _inherit = "marketplace.feed.vehicle"

    def _wanted(self):
        """Addresses of the photos that the car is to have."""
        return (self.photo_urls or [])[: self.feed_id.photo_limit]

    def _lacking(self):
        return [url for url in self._wanted() if (self.photos or {}).get(url) is None]

    def _has_photos_of_people(self):
        """Whether somebody has put in photos by hand: those are better than the feed's, and nothing is added."""
        vehicle, ours = self.vehicle_id, self.photos or {}
        return bool(
            (vehicle.image_128 and 0 not in ours.values())
            or vehicle.vehicle_photo_ids.filtered(lambda photo: photo.id not in ours.values())
        )

    def _fetch_photos(self):
        """Copy the photos that the car does not have yet, the cover first; those that have left the feed go.

        A photo that is refused for good is not tried again as long as its address stays the same.

        :return: whether there was trouble that may pass
        """
        feed = self.feed_id
        if self._has_photos_of_people():
            commit_retrying(self.env, partial(self.write, {"photos_pending": False}))
            return False
        url, hosts = feed.url or "", feed._allowed_hosts()
        wanted = self._wanted()
        # What was not allowed may have been allowed since; an own cover that is no longer the first is fetched anew.
        photos = {
            address: photo
            for address, photo in (self.photos or {}).items()
            if address in wanted and photo is not None and (photo == 0) == (address == wanted[0])
        }
        trouble = False
        # Attachments are shown newest first: the cover, then the last photo first, and they stand as the dealer wants.
        for address in [*wanted[:1], *wanted[:0:-1]]:
            if address in photos:
                continue
            self.env.cr.commit()
            try:
                photo = feeds_fetch.fetch_photo(address, url, hosts)
                ImageProcess(
                    photo.content
                )  # refuses what is no picture, and what would unpack to one too large
            except TemporaryError:
                trouble = True
            except (MarketplaceError, UserError):
                photos[address] = None
            else:
                photos[address] = commit_retrying(
                    self.env, partial(self._keep_photo, photo, address, wanted, photos)
                )
        commit_retrying(self.env, partial(self._settle_photos, photos, wanted, trouble))
        return trouble

    def _keep_photo(self, photo, address, wanted, photos):
        """Store one photo, and that it is stored: whoever is killed here does not leave a second copy.

        :return: number of the attachment, 0 for the cover, which is the car's own picture
        """
        number = 0
        if address == wanted[0]:
            self.vehicle_id.image_1920 = base64.b64encode(photo.content)
        else:
            number = self._attach(photo).id
        self.photos = {**photos, address: number}
        return number

    def _attach(self, photo):
        return self.env["ir.attachment"].create(
            {
                "name": photo.filename,
                "raw": photo.content,
                "mimetype": photo.mimetype,
                "res_model": "product.template",
                "res_id": self.vehicle_id.id,
            }
        )

    def _settle_photos(self, photos, wanted, trouble):
        kept = [photos[address] for address in wanted if photos.get(address)]
        old = self.vehicle_id.vehicle_photo_ids
        self.vehicle_id.vehicle_photo_ids = [Command.set(kept)]
        (old - self.vehicle_id.vehicle_photo_ids).unlink()
        attempts = self.photo_attempts + 1 if trouble else 0
        self.write(
            {
                "photos": photos,
                "photo_attempts": attempts,
                "photos_pending": trouble and attempts < ATTEMPTS,
                "photo_next_at": trouble and fields.Datetime.now() + timedelta(minutes=2**attempts) or False,
            }
        )
