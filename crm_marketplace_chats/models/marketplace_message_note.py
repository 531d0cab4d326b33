from odoo import models
from odoo.exceptions import AccessError

from odoo.addons.mail.tools.discuss import Store


class MarketplaceMessage(models.Model):
    _inherit = "marketplace.message"

    _note_stays = models.Constraint(
        "CHECK (direction <> 'note' OR (state = 'received' AND external_id IS NULL AND delete_pending IS NOT TRUE))",
        "An internal note cannot be sent.",
    )

    def chats_delete_note(self):
        """Take back a note of one's own."""
        self.ensure_one()
        self.check_access("read")
        if self.direction != "note" or self.author_id != self.env.user:
            raise AccessError(self.env._("Only the author of a note can delete it."))
        answer = Store().delete(self).get_result()
        self.channel_id.sudo()._store_for_screens().delete(self).bus_send()
        # sudo: employees remove no messages but by this method
        self.sudo().unlink()
        return {"store": answer}

    def _before_note(self):
        """This message, or the last one before this note: what a manager had seen who ends a chat at it. A note is no
        word of the client, and its moment says nothing about messages that are still on their way."""
        self.ensure_one()
        if self.direction != "note":
            return self
        return self.search(
            [
                ("conversation_id", "=", self.conversation_id.id),
                ("direction", "!=", "note"),
                ("id", "<", self.id),
            ],
            limit=1,
        )
