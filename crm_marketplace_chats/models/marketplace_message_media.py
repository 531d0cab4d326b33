"""Copies of the pictures, voice messages and recordings behind messages."""

from datetime import timedelta

from odoo import api, fields, models

from ..marketplaces.errors import RejectedError, TemporaryError
from ..marketplaces.payload import RemoteMedia
from .marketplace_job import DONE, MORE

#: Files fetched in one run of the media job, how often one is tried (with pauses that double, an hour in all: a
#: recording is ready after half an hour), and how many may fail in a row.
MEDIA_PORTION, MEDIA_ATTEMPTS, MEDIA_TROUBLES = 20, 7, 3
#: Days that a picture waits for the reply it was taken for.
UPLOADS_KEPT_DAYS = 1


class MarketplaceMessage(models.Model):
    _inherit = "marketplace.message"

    @api.model
    def _fetch_media(self, channel, job):
        """Job: copy pictures, voice messages and recordings, whose links die, and the pictures of listings.

        A file that cannot be had now gets its own pause; only several in a row mean that the marketplace is ill.
        """
        messages = self.search(
            [
                ("channel_id", "=", channel.id),
                ("media_state", "=", "pending"),
                "|",
                ("next_attempt_at", "=", False),
                ("next_attempt_at", "<=", fields.Datetime.now()),
            ],
            order="id desc",
            limit=MEDIA_PORTION,
        )
        listings = self.env["marketplace.listing"].search(
            [("channel_id", "=", channel.id), ("image_url", "!=", False), ("image_state", "=", "pending")],
            limit=MEDIA_PORTION,
        )
        if not messages and not listings:
            return None
        with channel._client() as client:
            troubles = []
            for message in messages:
                self.env["marketplace.job"]._let_replies_pass()
                error = message._fetch_files(client)
                troubles = [*troubles, error] if error else []
                if len(troubles) == MEDIA_TROUBLES:
                    raise error
            for listing in listings:
                listing._fetch_image(client)
        return MORE if len(messages) == MEDIA_PORTION or len(listings) == MEDIA_PORTION else DONE

    @api.autovacuum
    def _gc_uploads(self):
        """Pictures that were taken for a reply nobody sent; a posted one belongs to its message."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=UPLOADS_KEPT_DAYS)
        self.env["ir.attachment"].search(
            [
                ("res_model", "=", "marketplace.conversation"),
                ("res_field", "=", False),
                ("create_date", "<", limit),
            ],
            limit=1000,
        ).unlink()

    def _fetch_files(self, client):
        """:return: what went wrong, if it may go right later"""
        media = [RemoteMedia(**item) for item in (self.data or {}).get("media", ())]
        self.env.cr.commit()
        try:
            files = [
                client.recording(item.ref) if item.kind == "recording" else client.download(item)
                for item in media
            ]
        except RejectedError as error:
            self._settle(self._record_media_failed, error)
        except TemporaryError as error:
            self._settle(self._record_media_trouble, error)
            return error
        else:
            self._settle(self._record_files, files)
        return None

    def _record_media_failed(self, error):
        self.write({"media_state": "failed", "reason": error.reason, "detail": error.detail})

    def _record_media_trouble(self, error):
        self.attempts += 1
        if self.attempts >= MEDIA_ATTEMPTS:
            self._record_media_failed(error)
        else:
            self.next_attempt_at = fields.Datetime.now() + timedelta(minutes=2 ** (self.attempts - 1))

    def _record_files(self, files):
        self.env["ir.attachment"].create(
            [
                {
                    "name": file.filename,
                    "raw": file.content,
                    "mimetype": file.mimetype,
                    "res_model": self._name,
                    "res_id": self.id,
                }
                for file in files
            ]
        )
        self.write({"media_state": "done", "reason": False, "detail": False})
