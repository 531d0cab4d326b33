from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .marketplace_reading import SETTING as READING_LOG

PULL_INTERVAL = "crm_marketplace_chats.pull_interval"


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    chats_pull_interval = fields.Integer(
        "Minutes Between Two Pulls", config_parameter=PULL_INTERVAL, default=1
    )
    chats_reading_log = fields.Boolean("Write Down Who Reads What", config_parameter=READING_LOG)
    marketplace_hours = fields.Char(related="company_id.marketplace_hours", readonly=False)
    chats_offer_sold = fields.Boolean(related="company_id.chats_offer_sold", readonly=False)
    chats_offer_price = fields.Boolean(related="company_id.chats_offer_price", readonly=False)
    chats_offer_days = fields.Integer(related="company_id.chats_offer_days", readonly=False)
    chats_offer_fall = fields.Float(related="company_id.chats_offer_fall", readonly=False)
    chats_channel_ids = fields.Many2many("marketplace.channel", compute="_compute_chats_channel_ids")
    chats_employee_count = fields.Integer(compute="_compute_chats_channel_ids")

    @api.depends("company_id")
    def _compute_chats_channel_ids(self):
        for settings in self:
            channels = self.env["marketplace.channel"].search([("company_id", "=", settings.company_id.id)])
            settings.chats_channel_ids = channels
            settings.chats_employee_count = len(channels.user_ids)

    @api.constrains("chats_pull_interval")
    def _check_chats_pull_interval(self):
        for settings in self:
            if not 1 <= settings.chats_pull_interval <= 60:
                raise ValidationError(self.env._("Messages are asked for every 1 to 60 minutes."))

    @api.model
    def _chats_pull_interval(self):
        """Minutes between two pulls of one channel."""
        return int(self.env["ir.config_parameter"].sudo().get_param(PULL_INTERVAL, 1))
