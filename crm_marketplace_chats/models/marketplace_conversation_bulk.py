"""One action on one chat or many: a few statements, however many, and an honest word on those it did not work for."""

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.mail.tools.discuss import Store

from .bulk import update_changed

MOST_AT_ONCE = 200


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def chats_tick_many(self, last_message_ids):
        """Tick chats up to the newest message that was seen of each, in their order."""
        chats = self._within_reach()
        seen = dict(zip(self.ids, last_message_ids, strict=False))
        chats._tick({chat.id: seen.get(chat.id) for chat in chats})
        return self._bulk_answer(chats.filtered("is_unprocessed"), self._written_meanwhile())

    def chats_assign_many(self, user_id):
        """:param user_id: of an employee of the channels, or False"""
        chats = self._within_reach()
        # sudo: who uses the channel with whom is no secret among them
        foreign = chats.filtered(lambda chat: user_id and user_id not in chat.channel_id.sudo().user_ids.ids)
        (chats - foreign).write({"user_id": user_id})
        return self._bulk_answer(foreign, self.env._("This employee does not use the channel."))

    def _within_reach(self):
        """Those of these chats that the user may read.

        :raises AccessError: when there is none
        """
        if len(self) > MOST_AT_ONCE:
            raise UserError(self.env._("At most %(count)s chats at once.", count=MOST_AT_ONCE))
        chats = self.exists()._filtered_access("read")
        if not chats:
            self.check_access("read")
        return chats

    def _bulk_answer(self, failed, reason):
        """:param failed: chats in reach for which the action did not work, with the reason"""
        reached = self.exists()._filtered_access("read")
        away = self.env._("This chat no longer exists, or it is not open to you.")
        return {
            "done": (reached - failed).ids,
            "undone": [
                {"id": chat.id, "reason": reason if chat in reached else away}
                for chat in self
                if chat in failed or chat not in reached
            ],
            "store": Store().add(reached).get_result(),
            "counts": self.chats_counts(),
        }

    def _written_meanwhile(self):
        return self.env._("The client has written meanwhile.")

    def _tick(self, last_message_ids):
        """Everything up to the messages that were seen is processed, here and (by the send job) at the marketplace.

        :param last_message_ids: ``{conversation id: id of the newest message seen}``; what is newer stays unread
        """
        messages = self.env["marketplace.message"].search(
            [("id", "in", list(last_message_ids.values())), ("conversation_id", "in", self.ids)]
        )
        rows = [
            row
            for message in messages
            if last_message_ids[message.conversation_id.id] == message.id
            # sudo: employees change the state of chats they may read, and nothing else of them
            and (row := message.conversation_id.sudo()._tick_values(message))
        ]
        self.env.flush_all()
        # With the same columns, so that it is one statement.
        changed = self.sudo().browse(update_changed(self, rows, keep_empty=TICK_COLUMNS))
        changed._recount()
        for channel, conversations in changed.grouped("channel_id").items():
            channel._tell_screens(conversations, [])
        if changed:
            self.env["marketplace.job"].sudo()._trigger("send")

    def _tick_values(self, message):
        """The row that a tick up to this message changes; None where it changes nothing."""
        ticked = (self.ticked_at or message.sent_at, self.ticked_message_id)
        is_newer = (message.sent_at, message.id) > ticked
        if not is_newer and not self.returned_at:
            return None
        return {
            "id": self.id,
            "returned_at": None,
            "ticked_at": message.sent_at if is_newer else None,
            "ticked_message_id": message.id if is_newer else None,
            "remote_read_pending": True if is_newer else None,
        }


#: What a tick leaves as it was where everything up to its message had been ticked before.
TICK_COLUMNS = frozenset(("ticked_at", "ticked_message_id", "remote_read_pending"))
