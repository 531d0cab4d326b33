from odoo import api, fields, models

#: What of a lead the Chats screen shows.
SHOWN = {"stage_id", "active", "probability", "user_id", "lost_reason_id", "name"}
#: Messages that a lead's form shows; older ones are in the Chats screen.
MESSAGES_SHOWN = 200


class CrmLead(models.Model):
    _inherit = "crm.lead"

    marketplace_conversation_ids = fields.One2many("marketplace.conversation", "lead_id", "Chats")
    marketplace_message_ids = fields.Many2many(
        "marketplace.message",
        string="Messages of the Chats",
        compute="_compute_marketplace_message_ids",
        groups="crm_marketplace_chats.group_chats_user",
    )
    marketplace_vehicle_id = fields.Many2one(
        "product.template",
        "Car",
        index="btree_not_null",
        ondelete="set null",
        domain=[("is_vehicle", "=", True)],
    )
    marketplace_deal_key = fields.Char(
        readonly=True, copy=False, help="Buyer and car: while it is open, there is one lead of them."
    )

    _one_open_deal = models.UniqueIndex(
        "(marketplace_deal_key) WHERE marketplace_deal_key IS NOT NULL AND active AND won_status = 'pending'",
        "This buyer has an open lead for this car already.",
    )

    @api.depends_context("uid")
    def _compute_marketplace_message_ids(self):
        """Of the chats that the user may read, oldest first."""
        Message = self.env["marketplace.message"]
        for lead in self:
            lead.marketplace_message_ids = Message.search(
                [("conversation_id.lead_id", "in", lead.ids), ("state", "!=", "canceled")],
                limit=MESSAGES_SHOWN,
            )

    def write(self, vals):
        result = super().write(vals)
        if SHOWN & set(vals):
            # sudo: whoever moves a lead need not use the chats
            self.sudo().marketplace_conversation_ids._tell_deal_changed()
        return result

    def action_open_marketplace_chat(self):
        return self.marketplace_conversation_ids[:1].action_open_chat()

    def _stage_in_words(self):
        self.ensure_one()
        words = {"won": self.env._("Won"), "lost": self.env._("Lost")}
        return words.get(self.won_status) or self.stage_id.name or ""
