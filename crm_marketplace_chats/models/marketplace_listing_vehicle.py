"""Cars made from what the marketplaces say of them, for what no feed and no person has entered."""

import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from .product_template import REMOTE_FIELDS

#: Cars made at once.
PORTION = 200

#: What a listing may say of a car, by the names of the vehicle's fields.
VEHICLE_FACTS = frozenset((*REMOTE_FIELDS.values(), "vehicle_equipment", "vehicle_customs"))


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    makes_vehicles = fields.Boolean(
        "Create Cars from Listings",
        help="For a dealer without a feed: each own active listing that no car is known of becomes a car in stock. "
        "It is archived when none of its listings is active, and comes back with one.",
    )


class MarketplaceListing(models.Model):
    _inherit = "marketplace.listing"

    made_vehicle = fields.Boolean(readonly=True, help="Its car was made of it by the channel's option.")

    def _described_vehicle(self):
        """The car as the marketplace describes it: a record that is not stored."""
        facts = {name: value for name, value in (self.vehicle_data or {}).items() if name in VEHICLE_FACTS}
        return self.env["product.template"].new(facts)

    def _make_vehicle(self):
        """The car of this listing: the one that is known, or a new one from what the marketplace says."""
        self.ensure_one()
        if self.vehicle_id:
            return self.vehicle_id
        if not self.title:
            raise UserError(self.env._("The marketplace tells nothing of this car yet."))
        vehicle = self.env["product.template"].create(self._new_vehicle())
        self.vehicle_id = vehicle
        return vehicle

    def _new_vehicle(self):
        """Values of a car as the marketplace describes it."""
        return {
            "name": self.title,
            "type": "consu",
            "is_vehicle": True,
            "company_id": self.company_id.id,
            "list_price": self.price or 0,
            "image_1920": self.image,
            "vehicle_external_id": self.feed_id,
            "vehicle_vin": self.vin,
            "vehicle_year": self._year_of_title(),
            "vehicle_mileage": self._mileage_of_title(),
            "vehicle_location": self.address,
            **(self.vehicle_data or {}),
        }

    def _year_of_title(self):
        """Avito says no more of a car than its title: «Haval Jolion 1.5 AMT, 2025, 45 км»."""
        year = re.search(r",\s*((?:19|20)\d\d)\b", self.title or "")
        return int(year[1]) if year else 0

    def _mileage_of_title(self):
        mileage = re.search(r",\s*(\d[\d\s]{0,8})\s*км\b", self.title or "")
        return int("".join(mileage[1].split())) if mileage else 0

    def action_make_vehicle(self):
        vehicle = self._make_vehicle()
        return {
            "type": "ir.actions.act_window",
            "res_model": "product.template",
            "res_id": vehicle.id,
            "views": [[self.env.ref("crm_marketplace_chats.product_template_view_form_vehicle").id, "form"]],
        }

    # ------------------------------------------------------------ the channel's option

    @api.model
    def _keep_stock(self, channel, own):
        """Where the channel says so: a car for each own active listing without one, in portions; and archive or bring
        back those cars as their listings end and begin. A listing with a suggestion waits for a person.

        :param own: numbers of the listings that the marketplace has just given as the dealer's own
        :return: whether there are more
        """
        if not channel.makes_vehicles:
            return False
        lacking = self.search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "in", own),
                ("state", "=", "active"),
                ("vehicle_id", "=", False),
                ("suggested_vehicle_id", "=", False),
                ("title", "!=", False),
            ],
            limit=PORTION,
        )
        Vehicle = self.env["product.template"].with_context(tracking_disable=True, mail_create_nolog=True)
        today = fields.Date.context_today(self)
        vehicles = Vehicle.create(
            [{**listing._new_vehicle(), "vehicle_arrived_on": today} for listing in lacking]
        )
        for listing, vehicle in zip(lacking, vehicles, strict=True):
            listing.write({"vehicle_id": vehicle.id, "joined_by": False, "made_vehicle": True})
        self._follow_states(channel)
        return len(lacking) == PORTION

    @api.model
    def _follow_states(self, channel):
        made = self.search(
            [("channel_id", "=", channel.id), ("made_vehicle", "=", True), ("vehicle_id", "!=", False)]
        )
        vehicles = made.vehicle_id.with_context(active_test=False)
        offered = vehicles.filtered(
            lambda vehicle: "active" in vehicle.marketplace_listing_ids.mapped("state")
        )
        back = offered.filtered(lambda vehicle: not vehicle.active and vehicle.vehicle_status == "withdrawn")
        back.write({"active": True, "vehicle_status": "in_stock"})
        ended = (vehicles - offered).filtered("active")
        ended.filtered(lambda vehicle: vehicle.vehicle_status in ("in_stock", "reserved")).write(
            {"vehicle_status": "withdrawn"}
        )
        ended.write({"active": False})
