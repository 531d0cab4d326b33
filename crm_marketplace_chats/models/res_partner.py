from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    marketplace_conversation_ids = fields.One2many("marketplace.conversation", "partner_id", "Chats")
