"""The messages of one conversation, page by page, from either end or around one that was found."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.mail.tools.discuss import Store

from .marketplace_conversation_screen import PAGE


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
        domain = Domain("conversation_id", "=", self.id) & Domain("state", "!=", "canceled")
        if anchor:
            domain &= Domain("sent_at", operator[0], anchor.sent_at) | (
                Domain("sent_at", "=", anchor.sent_at) & Domain("id", operator, anchor.id)
            )
        newest_first = operator[0] == "<"
        order = "sent_at desc, id desc" if newest_first else "sent_at, id"
        found = self.env["marketplace.message"].search(domain, order=order, limit=limit + 1)
        page = found[:limit]
        return page[::-1] if newest_first else page, len(found) > limit
