from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    marketplace_hours = fields.Char(
        "Opening Hours",
        translate=True,
        help="As clients are told them: the value {{hours}} of quick replies.",
    )
    chats_offer_sold = fields.Boolean("Offer When a Car Is Sold", default=True)
    chats_offer_price = fields.Boolean("Offer When a Price Falls", default=True)
    chats_offer_days = fields.Integer(
        "Days of Silence", default=30, help="Clients who have been silent for longer are left in peace."
    )
    chats_offer_fall = fields.Float(
        "Smallest Price Cut, %", default=1.0, help="Of less than that nobody is told."
    )
