"""Who answers a chat: taking it, giving it away, and hearing of it."""

from markupsafe import Markup, escape

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.mail.tools.discuss import Store


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def write(self, vals):
        if not vals.get("user_id"):
            return super().write(vals)
        given = self.filtered(lambda chat: chat.user_id.id != vals["user_id"])
        result = super().write(vals)
        given._tell_responsible()
        return result

    def chats_assign(self, user_id, note=""):
        """Make an employee responsible.

        :param user_id: False for nobody
        :param note: what he has to know; stands in the chat as an internal note
        """
        self.ensure_one()
        if user_id and user_id not in [user["id"] for user in self.chats_assignees()]:
            raise UserError(self.env._("This employee does not use the channel."))
        text = note and self._check_note(note)
        self.with_context(hand_over_note=text).user_id = user_id
        if text:
            self._add_note(text)
        return {"store": Store().add(self).get_result()}

    @api.readonly
    def chats_assignees(self):
        self.ensure_one()
        self.check_access("read")
        # sudo: the names of colleagues who use the same channel
        return [{"id": user.id, "name": user.name} for user in self.channel_id.sudo().user_ids.sorted("name")]

    def _tell_responsible(self):
        """Tell the new responsible of these chats, unless he took them himself. Many at once are one message."""
        if self:
            self[0]._tell_colleagues(self.user_id, "assigned", lambda chat: chat._describe_handover(self))

    def _describe_handover(self, chats):
        """:return: subject and body for the new responsible, in the language of this record's environment"""
        if len(chats) > 1:
            subject = self.env._("%(count)s chats are yours now", count=len(chats))
        else:
            subject = self.env._("A chat is yours now: %(client)s", client=self._buyer_name())
        colleague = self._acting_colleague()
        by = (
            self.env._("%(colleague)s has made you responsible.", colleague=colleague)
            if colleague
            else self.env._("By the rule of distribution you are responsible.")
        )
        note = self.env.context.get("hand_over_note")
        return subject, escape(by) + (Markup("<br/>%s") % note if note else "")
