from odoo import models


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def _erase_texts(self):
        """Override: what was concluded from the texts goes with them."""
        self._forget_conclusions()
        return super()._erase_texts()

    def _mask_texts(self):
        self._forget_conclusions()
        return super()._mask_texts()

    def _forget_conclusions(self):
        """Numbers, who it may be, what was offered, and the name in the calendar."""
        self.phone_ids.unlink()
        self.client_link_ids.unlink()
        self.env["marketplace.offer.line"].search([("conversation_id", "in", self.ids)]).unlink()
        for visit in self.env["calendar.event"].search([("marketplace_conversation_id", "in", self.ids)]):
            visit.name = self.env._(
                "Test drive: %(what)s", what=visit.marketplace_vehicle_id.vehicle_title or ""
            )
