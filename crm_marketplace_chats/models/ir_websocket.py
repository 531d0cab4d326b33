from odoo import models


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Override of `bus`: a user listens to the channels that the record rules let him read."""
        channels = list(channels)
        if self.env.user.has_group("crm_marketplace_chats.group_chats_user"):
            for channel in self.env["marketplace.channel"].search([]):
                channels.append((channel, channel._bus_subchannel()))
        return super()._build_bus_channel_list(channels)
