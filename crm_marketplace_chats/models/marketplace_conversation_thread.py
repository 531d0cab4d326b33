"""The messages of one conversation, page by page, from either end or around one that was found."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.mail.tools.discuss import Store

from .marketplace_conversation_screen import PAGE

#: Pictures that the viewer leafs through.
PICTURES = 500


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    @api.readonly
    def chats_thread(self, before=False, limit=PAGE, after=False, around=False):
        """A page of messages, oldest first: the newest, those before or after a message, or those around one."""
        self.ensure_one()
        self.check_access("read")
        limit = min(int(limit), 2 * PAGE)
        anchor = self._own_message(before or after or around)
        older = newer = self.env["marketplace.message"]
        has_more = has_newer = False
        if not after:
            older, has_more = self._thread_part(
                "<" if before else "<=", anchor, limit // 2 if around else limit
            )
        if after or around:
            newer, has_newer = self._thread_part(">", anchor, limit - len(older))
        page = older + newer
        return {
            "ids": page.ids,
            "has_more": has_more,
            "has_newer": has_newer,
            "unread_id": self._first_unread().id,
            "store": Store().add(self).add(page).get_result(),
        }

    def _own_message(self, message_id):
        """:raises UserError: when it belongs to another chat"""
        message = self.env["marketplace.message"].search(
            [("id", "=", message_id), ("conversation_id", "=", self.id)]
        )
        if message_id and not message:
            raise UserError(self.env._("This message is not part of the chat."))
        return message

    def _thread_part(self, operator, anchor, limit):
        """:return: messages on one side of a message (all sides without one), oldest first; whether there are more"""
        domain = self._thread_domain()
        if anchor:
            domain &= Domain("sent_at", operator[0], anchor.sent_at) | (
                Domain("sent_at", "=", anchor.sent_at) & Domain("id", operator, anchor.id)
            )
        newest_first = operator[0] == "<"
        order = "sent_at desc, id desc" if newest_first else "sent_at, id"
        found = self.env["marketplace.message"].search(domain, order=order, limit=limit + 1)
        page = found[:limit]
        return page[::-1] if newest_first else page, len(found) > limit

    def _thread_domain(self):
        return Domain("conversation_id", "=", self.id) & Domain("state", "!=", "canceled")

    def _first_unread(self):
        """The oldest message that waits: unread ones are the last of the client's, see `_recount`."""
        Message = self.env["marketplace.message"]
        if not self.unread_count:
            return Message
        domain = self._thread_domain() & Domain(
            [("direction", "=", "in"), ("is_noise", "!=", True), ("kind", "!=", "deleted")]
        )
        return Message.search(domain, order="sent_at desc, id desc", offset=self.unread_count - 1, limit=1)

    @api.readonly
    def chats_pictures(self):
        """All pictures of the chat, oldest first, for the viewer; of very many the newest."""
        self.ensure_one()
        self.check_access("read")
        domain = self._thread_domain() & Domain([("kind", "=", "image"), ("media_state", "!=", "failed")])
        order = "sent_at desc, id desc"
        messages = self.env["marketplace.message"].search(domain, order=order, limit=PICTURES)
        return [picture for message in messages[::-1] for picture in message._attachments_for_screens()]


class MarketplaceMessage(models.Model):
    _inherit = "marketplace.message"

    def _to_store(self, store, fields):
        """A quote leads to the message that it quotes, where we hold it."""
        result = super()._to_store(store, fields)
        if fields:
            for message, quoted in self._quoted().items():
                store.add_model_values(self._name, {"id": message.id, "quoted_id": quoted})
        return result

    def _quoted(self):
        """:return: for each message the id of the one it quotes, or False; one query for all"""
        wanted = {
            message: (
                message.conversation_id.id,
                ((message.data or {}).get("quote") or {}).get("external_id"),
            )
            for message in self
        }
        found = self.search(
            Domain("conversation_id", "in", list({chat for chat, quoted in wanted.values() if quoted}))
            & Domain("external_id", "in", list({quoted for chat, quoted in wanted.values() if quoted}))
        )
        ids = {(message.conversation_id.id, message.external_id): message.id for message in found}
        return {message: ids.get(place, False) for message, place in wanted.items()}
