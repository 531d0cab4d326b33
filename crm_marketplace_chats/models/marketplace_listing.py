import base64
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marketplaces.errors import RejectedError, TemporaryError
from ..marketplaces.payload import Batch, RemoteMedia
from .bulk import commit_retrying, insert_new, update_changed
from .marketplace_job import DONE
from .product_template import REMOTE_FIELDS, one_spelling

#: What the list of chats leaves out of a listing does not erase what the list of advertisements said.
KEPT_WHEN_EMPTY = frozenset("title url price image_url feed_id vin address vehicle_data".split())

#: Listings whose stock number is asked for one by one in one run.
FEED_IDS_PORTION = 200
#: What fits into the column; more roubles than that are no price of a car.
LARGEST_PRICE = 2**31 - 1


class MarketplaceListing(models.Model):
    """One advertisement at a marketplace."""

    _name = "marketplace.listing"
    _description = "Marketplace Listing"
    _rec_name = "title"
    _order = "id desc"

    channel_id = fields.Many2one("marketplace.channel", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    marketplace = fields.Selection(related="channel_id.marketplace", store=True)
    external_id = fields.Char("Number at the Marketplace", required=True)
    title = fields.Char(index="trigram")
    url = fields.Char("Address")
    price = fields.Integer("Price, ₽", aggregator=None)
    image_url = fields.Char("Picture at the Marketplace")
    image_state = fields.Selection(
        [("pending", "Being Fetched"), ("done", "Fetched"), ("failed", "Not Fetched")], default="pending"
    )
    image = fields.Image("Picture", max_width=1280, max_height=960)
    image_copied_url = fields.Char(help="Where the picture that we keep comes from.")
    state = fields.Selection(
        [("active", "Active"), ("inactive", "Not Active"), ("removed", "Removed"), ("unknown", "Unknown")],
        default="unknown",
        required=True,
    )
    feed_id = fields.Char("Stock Number in the Feed", index="btree_not_null")
    is_feed_id_asked = fields.Boolean(
        "Stock Number Asked For", help="Where it takes a request of its own, it is made once."
    )
    vin = fields.Char("VIN", index="btree_not_null")
    address = fields.Char("Where the Car Is")
    vehicle_data = fields.Json(
        help="What the marketplace says of the car, by the names of the vehicle's fields."
    )
    vehicle_id = fields.Many2one(
        "product.template",
        "Car",
        index="btree_not_null",
        ondelete="set null",
        domain=[("is_vehicle", "=", True)],
    )
    conversation_ids = fields.One2many("marketplace.conversation", "listing_id", "Chats")

    _external = models.UniqueIndex(
        "(channel_id, external_id) WHERE external_id IS NOT NULL", "This listing is there already."
    )

    @api.depends("title", "external_id")
    def _compute_display_name(self):
        for listing in self:
            listing.display_name = listing.title or listing.external_id

    # ------------------------------------------------------------ from the marketplace

    @api.model
    def _apply_remote(self, channel, remotes):
        """Store what a marketplace says of listings and join them to the cars in stock.

        :return: ``{external id: {"id", "vehicle_id", "price"}}``
        """
        external_ids = [remote.external_id for remote in remotes]
        known = self._ids_by_external(channel, external_ids)
        rows = {remote.external_id: self._row(remote) for remote in remotes}
        new = [
            {
                "channel_id": channel.id,
                "company_id": channel.company_id.id,
                "marketplace": channel.marketplace,
                "external_id": external_id,
                **row,
                "state": row["state"] or "unknown",
                "image_state": "pending",
            }
            for external_id, row in rows.items()
            if external_id not in known
        ]
        created = insert_new(self, new, ("channel_id", "external_id"))
        changed = update_changed(
            self,
            [{"id": known[key]["id"]} | row for key, row in rows.items() if key in known],
            keep_empty=KEPT_WHEN_EMPTY | {"state"},
        )
        if created or changed:
            self._join_vehicles(channel, [*created, *changed])
        if any(row["image_url"] for row in new):
            self.env["marketplace.job"]._trigger("media")
        if any(self.browse(created).mapped(lambda listing: not listing.vehicle_id)):
            channel.job_ids.filtered(lambda job: job.kind == "listings")._hurry()
        return self._ids_by_external(channel, external_ids)

    @api.model
    def _ids_by_external(self, channel, external_ids):
        self.env.cr.execute(
            "SELECT external_id, id, vehicle_id, price FROM marketplace_listing"
            " WHERE channel_id = %s AND external_id = ANY(%s)",
            (channel.id, external_ids),
        )
        return {
            external_id: {"id": listing, "vehicle_id": vehicle, "price": price}
            for external_id, listing, vehicle, price in self.env.cr.fetchall()
        }

    @api.model
    def _row(self, remote):
        vehicle = remote.vehicle
        data = {}
        if vehicle:
            data = {name: getattr(vehicle, attribute) for attribute, name in REMOTE_FIELDS.items()}
            data = {name: value for name, value in data.items() if value not in (None, "")}
            if vehicle.equipment:
                data["vehicle_equipment"] = "\n".join(vehicle.equipment)
            if vehicle.customs_cleared is not None:
                data["vehicle_customs"] = "cleared" if vehicle.customs_cleared else "not_cleared"
        return {
            "title": remote.title or None,
            "url": remote.url or None,
            "price": remote.price if remote.price and remote.price <= LARGEST_PRICE else None,
            "image_url": remote.image_urls[0] if remote.image_urls else None,
            "state": None if remote.state == "unknown" else remote.state,
            "feed_id": remote.feed_id or None,
            "vin": (one_spelling(vehicle.vin) or None) if vehicle else None,
            "address": remote.address or None,
            "vehicle_data": data or None,
        }

    def _refresh(self, channel, job):
        """Job: all advertisements of the account, for prices, states and the cars' data."""
        own = []
        with channel._client() as client:
            self.env.cr.commit()
            for listings in client.listings():
                channel._apply_and_commit(Batch(listings=tuple(listings)))
                own += [listing.external_id for listing in listings]
            if client.tells_feed_id_singly:
                self._ask_feed_ids(channel, client)
        self._fetch_images_again(channel)
        # Cars that were entered since the listings came.
        commit_retrying(self.env, lambda: self._join_vehicles(channel))
        commit_retrying(self.env, lambda: self._suggest_vehicles(channel))
        while commit_retrying(self.env, lambda: self._keep_stock(channel, own)):
            continue
        return DONE

    @api.model
    def _ask_feed_ids(self, channel, client):
        """One request for each listing that no car is known of; the newest first, a portion in each run."""
        unknown = self.search(
            [
                ("channel_id", "=", channel.id),
                ("feed_id", "=", False),
                ("vehicle_id", "=", False),
                ("is_feed_id_asked", "=", False),
            ],
            limit=FEED_IDS_PORTION,
        )
        for listing in unknown:
            external_id = listing.external_id
            self.env.cr.commit()
            try:
                feed_id = client.feed_id(external_id)
            except RejectedError:
                feed_id = ""
            values = {"feed_id": feed_id or False, "is_feed_id_asked": True}
            commit_retrying(self.env, partial(listing.write, values))

    @api.model
    def _fetch_images_again(self, channel):
        """Pictures that could not be fetched get another chance with each refresh, not with each run: one picture
        server that is down must not hold up the pictures of messages. So do those whose address has changed."""
        self.flush_model()
        self.env.cr.execute(
            """
            UPDATE marketplace_listing SET image_state = 'pending'
             WHERE channel_id = %s
               AND (image_state = 'failed' OR (image_state = 'done' AND image_url <> image_copied_url))
            RETURNING id
            """,
            (channel.id,),
        )
        again = self.browse(row[0] for row in self.env.cr.fetchall())
        again.invalidate_recordset(["image_state"])
        if again:
            self.env["marketplace.job"]._trigger("media")

    def _fetch_image(self, client):
        """Keep a copy of the listing's picture: links die, and a browser should ask nobody but us."""
        url = self.image_url
        self.env.cr.commit()
        try:
            file = client.download(RemoteMedia("image", url))
        except (RejectedError, TemporaryError):
            values = {"image_state": "failed"}
        else:
            values = {
                "image": base64.b64encode(file.content),
                "image_state": "done",
                "image_copied_url": url,
            }

        try:
            commit_retrying(self.env, partial(self._settle_image, values))
        except UserError:  # what looks like a picture by its first bytes cannot be read, or is far too large
            self.env.cr.rollback()
            commit_retrying(self.env, partial(self._settle_image, {"image_state": "failed"}))

    def _settle_image(self, values):
        self.write(values)
        self.channel_id._tell_screens(self.conversation_ids, [])
