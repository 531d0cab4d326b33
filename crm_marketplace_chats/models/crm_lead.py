from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    marketplace_conversation_ids = fields.One2many("marketplace.conversation", "lead_id", "Chats")

    def action_open_marketplace_chat(self):
        return self.marketplace_conversation_ids[:1].action_open_chat()
