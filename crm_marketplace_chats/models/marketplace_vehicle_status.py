"""What became of cars: a row whenever the status of a car changes."""

from odoo import api, fields, models
from odoo.tools import SQL

from .bulk import keep_changes


class MarketplaceVehicleStatus(models.Model):
    """One status of one car, and since when it had it."""

    _name = "marketplace.vehicle.status"
    _description = "Status of a Car"
    _order = "at desc, id desc"
    _log_access = False

    vehicle_id = fields.Many2one(
        "product.template", "Car", required=True, ondelete="cascade", index=True, readonly=True
    )
    status = fields.Selection(
        lambda self: self.env["product.template"]._fields["vehicle_status"]._description_selection(self.env),
        required=True,
        readonly=True,
    )
    at = fields.Datetime("Since", required=True, readonly=True)

    @api.model
    def _note(self, vehicles):
        """Keep the present status of these cars, where it differs from the last one kept."""
        keep_changes(
            self,
            "vehicle_id",
            vehicles.ids,
            "status",
            vehicles._table,
            SQL("s.vehicle_status"),
            SQL("s.is_vehicle AND s.vehicle_status IS NOT NULL"),
        )
        vehicles.invalidate_recordset(["vehicle_status_ids"], flush=False)


class ProductTemplate(models.Model):
    _inherit = "product.template"

    vehicle_status_ids = fields.One2many("marketplace.vehicle.status", "vehicle_id", "History", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        # sudo: a history is written by nobody's hand
        self.env["marketplace.vehicle.status"].sudo()._note(templates.filtered("is_vehicle"))
        return templates

    def write(self, vals):
        result = super().write(vals)
        if {"vehicle_status", "is_vehicle"} & set(vals):
            self.env["marketplace.vehicle.status"].sudo()._note(self.filtered("is_vehicle"))
        return result
