import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: What a vehicle identification number may hold (ISO 3779): no I, O, Q.
VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")

#: The fields that a vehicle and `payload.RemoteVehicle` have in common: attribute -> field.
REMOTE_FIELDS = {
    "make": "vehicle_make",
    "model": "vehicle_model",
    "generation": "vehicle_generation",
    "modification": "vehicle_modification",
    "trim": "vehicle_trim",
    "body": "vehicle_body",
    "year": "vehicle_year",
    "mileage": "vehicle_mileage",
    "vin": "vehicle_vin",
    "plate": "vehicle_plate",
    "engine_volume": "vehicle_engine_volume",
    "power": "vehicle_power",
    "fuel": "vehicle_fuel",
    "gearbox": "vehicle_gearbox",
    "drive": "vehicle_drive",
    "wheel": "vehicle_wheel",
    "color": "vehicle_color",
    "owners": "vehicle_owners",
    "pts": "vehicle_pts",
    "condition": "vehicle_condition",
    "description": "vehicle_description",
}


def one_spelling(vin):
    """A VIN without blanks and dashes, in capitals."""
    return re.sub(r"[\s-]", "", vin).upper()


class ProductTemplate(models.Model):
    _inherit = "product.template"

    is_vehicle = fields.Boolean("Is a Vehicle", index=True)
    vehicle_make = fields.Char("Make", index="trigram")
    vehicle_model = fields.Char("Model", index="trigram")
    vehicle_generation = fields.Char("Generation")
    vehicle_modification = fields.Char(
        "Modification", help="Engine and gearbox as the trade writes them: 1.5 AMT."
    )
    vehicle_trim = fields.Char("Trim Level")
    vehicle_body = fields.Selection(
        [
            ("sedan", "Sedan"),
            ("hatchback", "Hatchback"),
            ("liftback", "Liftback"),
            ("wagon", "Station Wagon"),
            ("suv", "SUV"),
            ("coupe", "Coupe"),
            ("convertible", "Convertible"),
            ("minivan", "Minivan"),
            ("pickup", "Pickup"),
            ("van", "Van"),
            ("other", "Other Body"),
        ],
        "Body",
    )
    vehicle_year = fields.Integer("Year of Manufacture")
    vehicle_mileage = fields.Integer("Mileage, km")
    vehicle_vin = fields.Char("VIN", index="btree_not_null", copy=False)
    vehicle_plate = fields.Char("Licence Plate", copy=False)
    vehicle_engine_volume = fields.Float("Engine Volume, l", digits=(4, 1))
    vehicle_power = fields.Integer("Power, hp")
    vehicle_fuel = fields.Selection(
        [
            ("petrol", "Petrol"),
            ("diesel", "Diesel"),
            ("hybrid", "Hybrid"),
            ("electric", "Electric"),
            ("gas", "Gas"),
        ],
        "Fuel",
    )
    vehicle_gearbox = fields.Selection(
        [
            ("manual", "Manual Gearbox"),
            ("automatic", "Automatic Gearbox"),
            ("robot", "Robotized Gearbox"),
            ("variator", "CVT"),
        ],
        "Gearbox",
    )
    vehicle_drive = fields.Selection(
        [("front", "Front-Wheel Drive"), ("rear", "Rear-Wheel Drive"), ("all", "All-Wheel Drive")], "Drive"
    )
    vehicle_wheel = fields.Selection(
        [("left", "Left-Hand Drive"), ("right", "Right-Hand Drive")], "Steering Wheel"
    )
    vehicle_color = fields.Char("Colour")
    vehicle_owners = fields.Integer("Owners by PTS")
    vehicle_pts = fields.Selection(
        [("original", "Original"), ("duplicate", "Duplicate"), ("electronic", "Electronic")],
        "PTS",
        help="Vehicle passport.",
    )
    vehicle_customs = fields.Selection([("cleared", "Cleared"), ("not_cleared", "Not Cleared")], "Customs")
    vehicle_condition = fields.Selection([("new", "New Car"), ("used", "Used Car")], "Condition")
    vehicle_status = fields.Selection(
        [("in_stock", "In Stock"), ("reserved", "Reserved"), ("sold", "Sold"), ("withdrawn", "Withdrawn")],
        default="in_stock",
        tracking=True,
    )
    vehicle_external_id = fields.Char(
        "Stock Number",
        index="btree_not_null",
        copy=False,
        help="The dealer's own id of the car, the one that feeds give to the marketplaces. "
        "A listing with this id is joined to the car.",
    )
    vehicle_availability = fields.Selection(
        [("in_stock", "Stands Here"), ("on_order", "To Order"), ("in_transit", "On Its Way")], "Availability"
    )
    vehicle_discount_max = fields.Integer(
        "Largest Discount, ₽", help="What all discounts may come to together; not the sum of the others."
    )
    vehicle_discount_credit = fields.Integer("Discount for Credit, ₽")
    vehicle_discount_tradein = fields.Integer("Discount for Trade-In, ₽")
    vehicle_discount_insurance = fields.Integer("Discount for Insurance, ₽")
    vehicle_site_url = fields.Char("Page on Our Site")
    vehicle_location = fields.Char("Where It Stands")
    vehicle_arrived_on = fields.Date("In Stock Since")
    vehicle_description = fields.Text("Advertisement Text")
    vehicle_equipment = fields.Text("Equipment", help="One item a line.")
    vehicle_photo_ids = fields.Many2many(
        "ir.attachment",
        "product_template_vehicle_photo_rel",
        string="Photos",
        domain=[("mimetype", "=like", "image/%")],
    )
    vehicle_title = fields.Char("Car", compute="_compute_vehicle_title")

    @api.depends(
        "name", "is_vehicle", "vehicle_make", "vehicle_model", "vehicle_modification", "vehicle_year"
    )
    def _compute_vehicle_title(self):
        for vehicle in self:
            name = " ".join(
                filter(None, [vehicle.vehicle_make, vehicle.vehicle_model, vehicle.vehicle_modification])
            )
            year = str(vehicle.vehicle_year or "")
            # A name that nobody took apart, such as a listing's, names the year by itself.
            vehicle.vehicle_title = ", ".join(filter(None, [name, year])) if name else vehicle.name

    @api.onchange("vehicle_make", "vehicle_model", "vehicle_modification", "vehicle_year")
    def _onchange_vehicle_name(self):
        if self.is_vehicle and self.vehicle_make and self.vehicle_model:
            self.name = self.vehicle_title

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._normalize_vehicle_values(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._normalize_vehicle_values(vals))

    @api.model
    def _normalize_vehicle_values(self, vals):
        """VINs are compared between systems that write them in their own way: one spelling is stored."""
        if vals.get("vehicle_vin"):
            vals = dict(vals, vehicle_vin=one_spelling(vals["vehicle_vin"]))
        return vals

    @api.constrains("vehicle_vin", "is_vehicle")
    def _check_vehicle_vin(self):
        for vehicle in self.filtered("is_vehicle"):
            vin = vehicle.vehicle_vin or ""
            # Cars built for Japan carry shorter frame numbers; those are let through.
            if len(vin) >= 17 and not VIN.fullmatch(vin):
                raise ValidationError(
                    self.env._(
                        "%(vin)s is not a VIN: it has 17 letters and digits, without I, O and Q.", vin=vin
                    )
                )
