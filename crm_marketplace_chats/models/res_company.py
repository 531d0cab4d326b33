from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    marketplace_hours = fields.Char(
        "Opening Hours",
        translate=True,
        help="As clients are told them: the value {{hours}} of quick replies.",
    )
