"""One action on many chats at once: a few statements, however many chats."""

from odoo import models

from .bulk import update_changed


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def _tick(self, last_message_ids):
        """Everything up to the messages that were seen is processed, here and (by the send job) at the marketplace.

        :param last_message_ids: ``{conversation id: id of the newest message seen}``; what is newer stays unread
        :return: those of the conversations to which their message belongs
        """
        messages = self.env["marketplace.message"].search(
            [("id", "in", list(last_message_ids.values())), ("conversation_id", "in", self.ids)]
        )
        seen = {
            message.conversation_id: message
            for message in messages
            if last_message_ids[message.conversation_id.id] == message.id
        }
        rows = []
        for conversation, message in seen.items():
            # sudo: employees change the state of chats they may read, and nothing else of them
            ticked = conversation.sudo()
            newer = (message.sent_at, message.id) > (
                ticked.ticked_at or message.sent_at,
                ticked.ticked_message_id,
            )
            if newer:
                rows.append(
                    {
                        "id": ticked.id,
                        "returned_at": None,
                        "ticked_at": message.sent_at,
                        "ticked_message_id": message.id,
                        "remote_read_pending": True,
                    }
                )
            elif ticked.returned_at:
                rows.append({"id": ticked.id, "returned_at": None})
        self.env.flush_all()
        changed = self.sudo().browse(update_changed(self, rows))
        changed._recount()
        for channel, conversations in changed.grouped("channel_id").items():
            channel._tell_screens(conversations, [])
        if changed:
            self.env["marketplace.job"].sudo()._trigger("send")
        return self.browse(conversation.id for conversation in seen)
