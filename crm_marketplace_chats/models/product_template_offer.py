"""What a car's sale or price cut means for those who asked about it, and which cars are like it."""

from odoo import fields, models

#: How far another price may lie from a car's own for it to be alike.
PRICE_SPAN = 0.25
#: Cars looked at to find similar ones.
LOOKED_AT = 200


class ProductTemplate(models.Model):
    _inherit = "product.template"

    marketplace_offer_ids = fields.One2many("marketplace.offer", "vehicle_id", "Offers")

    def write(self, vals):
        watched = self._watched(vals)
        before = {vehicle.id: (vehicle.vehicle_status, vehicle.list_price) for vehicle in watched}
        result = super().write(vals)
        if watched:
            watched._note_change(before)
        return result

    def _watched(self, vals):
        """The cars for whose clients this change may mean something."""
        if not {"vehicle_status", "list_price"} & set(vals):
            return self.browse()
        return self.filtered("is_vehicle")

    def _note_change(self, before):
        # sudo: whoever sells a car or cuts a price need not use the chats
        vehicles = self.sudo()
        sold = vehicles.filtered(lambda car: car.vehicle_status == "sold" and before[car.id][0] != "sold")
        cheaper = vehicles.filtered(
            lambda car: car.vehicle_status == "in_stock" and car._has_fallen(before[car.id][1])
        )
        prices = {vehicle_id: price for vehicle_id, (_status, price) in before.items()}
        offers = self.env["marketplace.offer"].sudo()
        if sold:
            offers._prepare(sold, "sold", prices)
        if cheaper:
            offers._prepare(cheaper, "price", prices)

    def _has_fallen(self, before):
        least = (self.company_id or self.env.company).chats_offer_fall
        return (
            bool(self.list_price)
            and self.list_price <= before * (1 - least / 100)
            and self.list_price < before
        )

    def action_offer(self):
        """The offer of this car that waits to be looked at, or a new one."""
        self.ensure_one()
        self.check_access("read")
        self.env["marketplace.offer"].check_access("read")
        kind = "sold" if self.vehicle_status == "sold" else "price"
        # sudo: whoever reads the car may have its clients looked for; he sees those whose chats he may read
        offers = self.env["marketplace.offer"].sudo()
        offer = offers.search(
            [("vehicle_id", "=", self.id), ("kind", "=", kind), ("state", "=", "draft")], limit=1
        ) or offers.create(
            {
                "vehicle_id": self.id,
                "company_id": (self.company_id or self.env.company).id,
                "kind": kind,
                "price_before": self.list_price,
                "price_after": self.list_price,
                "user_id": self.env.uid,
            }
        )
        offer._list_clients()
        return {
            "type": "ir.actions.act_window",
            "res_model": "marketplace.offer",
            "res_id": offer.id,
            "views": [[False, "form"]],
        }

    # ------------------------------------------------------------ similar cars

    def _listing_at(self, marketplace):
        """The advertisement at that marketplace that a client can open."""
        return self.marketplace_listing_ids.filtered(
            lambda listing: listing.marketplace == marketplace and listing.state == "active" and listing.url
        )[:1]

    def _similar_vehicles(self, marketplace, limit):
        """Cars in stock that are advertised at the marketplace, the most alike first: the same model, then the same
        make, then the same body; within each, the nearest price. For superusers: of the car's company.

        :param marketplace: its code, such as ``avito``
        """
        if not self:
            return self
        self.ensure_one()
        price = self.list_price
        near = [
            ("list_price", ">=", price * (1 - PRICE_SPAN)),
            ("list_price", "<=", price * (1 + PRICE_SPAN)),
        ]
        found = self.search(
            [
                ("is_vehicle", "=", True),
                ("id", "!=", self.id),
                ("vehicle_status", "=", "in_stock"),
                ("company_id", "in", (False, self.company_id.id)),
                (
                    "marketplace_listing_ids",
                    "any",
                    [("marketplace", "=", marketplace), ("state", "=", "active"), ("url", "!=", False)],
                ),
                *(near if price else ()),
            ],
            limit=LOOKED_AT,
        )
        return found.sorted(lambda other: (-self._likeness(other), abs(other.list_price - price), other.id))[
            :limit
        ]

    def _likeness(self, other):
        alike = {
            4: self.vehicle_make == other.vehicle_make and self.vehicle_model == other.vehicle_model,
            2: self.vehicle_make == other.vehicle_make,
            1: self.vehicle_body == other.vehicle_body,
        }
        return sum(weight for weight, is_so in alike.items() if is_so and self.vehicle_make)
