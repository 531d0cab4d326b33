"""Who looks at a chat or writes in it at this moment. Told, never stored: the screens forget it by themselves."""

import time

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.mail.tools.discuss import Store

PRESENCES = ("looking", "typing", "gone")


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def chats_presence(self, state):
        """Tell the screens of colleagues who may see this chat what this user does in it."""
        self.ensure_one()
        self.check_access("read")
        if state not in PRESENCES:
            raise UserError(self.env._("Nobody can do this in a chat."))
        channel = self.channel_id.sudo()
        Store(bus_channel=channel, bus_subchannel=channel._presence_subchannel()).add_model_values(
            "marketplace.presence",
            {
                "id": f"{self.id}/{self.env.uid}",
                "conversation_id": self.id,
                "user": {"id": self.env.uid, "name": self.env.user.name},
                "state": state,
                # Makes every note a change; the screens go by their own clocks.
                "number": time.time_ns() // 1_000_000,
            },
        ).bus_send()


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _presence_subchannel(self):
        """Apart from the other notes, so that pages without the Chats screen are not woken for it."""
        return f"{self._bus_subchannel()}_presence"
