"""What a car's sale or price cut means for those who asked about it."""

from odoo import fields, models


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

    def _listing_at(self, marketplace):
        """The advertisement at that marketplace that a client can open."""
        return self.marketplace_listing_ids.filtered(
            lambda listing: listing.marketplace == marketplace and listing.state == "active" and listing.url
        )[:1]
