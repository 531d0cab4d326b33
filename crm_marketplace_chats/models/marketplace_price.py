"""What cars have cost: a row whenever the price of a car in stock or of a listing changes."""

from odoo import api, fields, models
from odoo.tools import SQL

from .bulk import keep_changes

#: Where prices come from: the column that names it, its table, its price.
SOURCES = {
    "vehicle_id": ("product_template", SQL("round(s.list_price)::int"), SQL("s.is_vehicle")),
    "listing_id": ("marketplace_listing", SQL("s.price"), SQL("TRUE")),
}


class MarketplacePrice(models.Model):
    """One price of one car in stock, or of one listing, and the moment it was first known to us."""

    _name = "marketplace.price"
    _description = "Price of a Car"
    _order = "at desc, id desc"
    _log_access = False

    vehicle_id = fields.Many2one(
        "product.template", "Car", ondelete="cascade", index="btree_not_null", readonly=True
    )
    listing_id = fields.Many2one(
        "marketplace.listing", ondelete="cascade", index="btree_not_null", readonly=True
    )
    channel_id = fields.Many2one(related="listing_id.channel_id")
    price = fields.Integer("Price, ₽", required=True, readonly=True, aggregator="avg")
    at = fields.Datetime("Since", required=True, readonly=True)

    @api.model
    def _note(self, source, ids):
        """Keep the present prices of these cars or listings, where they differ from the last ones kept."""
        table, price, condition = SOURCES[source]
        keep_changes(self, source, ids, "price", table, price, SQL("%s AND %s > 0", condition, price))
        self.env["product.template"].browse(ids if source == "vehicle_id" else ()).invalidate_recordset(
            ["vehicle_price_ids"], flush=False
        )

    @api.model
    def _since(self, source, record_id, moment):
        """The price at a moment and all later ones, oldest first; for the screen."""
        prices = self.search([(source, "=", record_id)])
        later = prices.filtered(lambda price: price.at > moment) if moment else prices
        shown = (later | (prices - later)[:1]).sorted(lambda price: (price.at, price.id))
        return [{"price": one.price, "at": fields.Datetime.to_string(one.at)} for one in shown]


class ProductTemplate(models.Model):
    _inherit = "product.template"

    vehicle_price_ids = fields.One2many("marketplace.price", "vehicle_id", "Prices", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        self.env["marketplace.price"].sudo()._note("vehicle_id", templates.filtered("is_vehicle").ids)
        return templates

    def write(self, vals):
        result = super().write(vals)
        if {"list_price", "is_vehicle"} & set(vals):
            # sudo: a history is written by nobody's hand
            self.env["marketplace.price"].sudo()._note("vehicle_id", self.filtered("is_vehicle").ids)
        return result


class MarketplaceListing(models.Model):
    _inherit = "marketplace.listing"

    @api.model_create_multi
    def create(self, vals_list):
        listings = super().create(vals_list)
        self.env["marketplace.price"].sudo()._note("listing_id", listings.ids)
        return listings

    def write(self, vals):
        result = super().write(vals)
        if "price" in vals:
            self.env["marketplace.price"].sudo()._note("listing_id", self.ids)
        return result

    @api.model
    def _apply_remote(self, channel, remotes):
        known = super()._apply_remote(channel, remotes)
        self.env["marketplace.price"].sudo()._note("listing_id", [row["id"] for row in known.values()])
        return known
