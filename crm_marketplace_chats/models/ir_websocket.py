from odoo import models

#: What a page asks for while it shows the Chats screen.
PRESENCE = "crm_marketplace_chats.presence"


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Override of `bus`: a user listens to the channels that the record rules let him read."""
        asked = [channel for channel in channels if channel != PRESENCE]
        if self.env.user.has_group("crm_marketplace_chats.group_chats_user"):
            for channel in self.env["marketplace.channel"].search([]):
                asked.append((channel, channel._bus_subchannel()))
                if PRESENCE in channels:
                    asked.append((channel, channel._presence_subchannel()))
        return super()._build_bus_channel_list(asked)
