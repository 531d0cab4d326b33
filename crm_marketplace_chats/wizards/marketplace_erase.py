from odoo import Command, api, fields, models


class MarketplaceErase(models.TransientModel):
    """Asks what is to be erased of a client, shows how much it is, and does it."""

    _name = "marketplace.erase"
    _description = "Erase a Client's Data"

    conversation_ids = fields.Many2many(
        "marketplace.conversation",
        string="Chats",
        required=True,
        help="Those that are certainly this client's. Take out what is not to be erased.",
    )
    kind = fields.Selection(
        [
            ("erase", "Erase: texts, files and deliveries go"),
            ("mask", "Mask: the texts stay, without names, numbers and files"),
        ],
        required=True,
        default="erase",
    )
    with_partner = fields.Boolean(
        "Contact and Leads Too", help="Names, phones, addresses, and what was noted on them."
    )
    basis = fields.Char(help="Such as the number and date of the client's letter. Without the client's name.")
    message_count = fields.Integer("Messages", compute="_compute_message_count")

    @api.model
    def default_get(self, names):
        values = super().default_get(names)
        chosen = self.env["marketplace.conversation"].browse(self.env.context.get("active_ids", ()))
        return values | {"conversation_ids": [Command.set(chosen._of_same_client().ids)]}

    @api.depends("conversation_ids")
    def _compute_message_count(self):
        counts = self.env["marketplace.message"]._read_group(
            [("conversation_id", "in", self.conversation_ids.ids)], ["conversation_id"], ["__count"]
        )
        numbers = {conversation.id: count for conversation, count in counts}
        for wizard in self:
            wizard.message_count = sum(numbers.get(one, 0) for one in wizard.conversation_ids.ids)

    def action_erase(self):
        self.ensure_one()
        self.conversation_ids.check_access("unlink")
        erasures = self.env["marketplace.erasure"]
        for conversations in self.conversation_ids.grouped("company_id").values():
            # sudo: rows of messages are nobody's to remove by hand; who may do it was checked
            erasures |= erasures.sudo()._perform(
                conversations.sudo(), self.kind, "request", self.basis or "", self.with_partner
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": "marketplace.erasure",
            "res_id": erasures[:1].id,
            "views": [[False, "form"]],
        }
