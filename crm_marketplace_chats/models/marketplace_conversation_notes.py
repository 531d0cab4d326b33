"""Internal notes: what colleagues tell each other in a chat. No marketplace ever sees one."""

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.mail.tools.discuss import Store

from .bulk import storable

LONGEST_NOTE = 10_000


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def chats_note(self, body, key, mention_ids=()):
        """Write an internal note. The same key again changes nothing.

        :param mention_ids: users to tell of it
        """
        self.ensure_one()
        self.check_access("read")
        key = self._check_key(key)
        note = self.env["marketplace.message"].search(
            [("conversation_id", "=", self.id), ("key", "=", key), ("direction", "=", "note")]
        )
        if not note:
            text = self._check_note(body)
            mentioned = self._mentioned(mention_ids)
            note = self._add_note(text, key, mentioned)
            self._tell_colleagues(mentioned, "mentioned", lambda chat: chat._describe_mention(text))
        return {"ids": note.ids, "store": Store().add(note).get_result()}

    def _mentioned(self, user_ids):
        if not user_ids:
            return self.env["res.users"]
        mentioned = self._colleagues().filtered(lambda user: user.id in user_ids)
        if len(mentioned) != len(set(user_ids)):
            raise UserError(self.env._("Somebody whom you mention does not see this chat."))
        return mentioned

    @api.readonly
    def chats_colleagues(self):
        """Whom a note can mention."""
        self.ensure_one()
        self.check_access("read")
        return [
            {"id": user.id, "name": user.name} for user in (self._colleagues() - self.env.user).sorted("name")
        ]

    def _colleagues(self):
        """Who may see this chat: the channel's employees, and the administrators of the chats."""
        # sudo: who else uses the chats
        administrators = self.env.ref("crm_marketplace_chats.group_chats_manager").sudo().all_user_ids
        users = (self.channel_id.sudo().user_ids | administrators).filtered(
            lambda user: user.active and not user.share
        )
        return users.filtered(
            lambda user: (
                self.with_user(user).with_context(allowed_company_ids=user.company_ids.ids).has_access("read")
            )
        )

    def _check_note(self, body):
        text = storable(body or "").strip()
        if not text:
            raise UserError(self.env._("An empty note says nothing."))
        if len(text) > LONGEST_NOTE:
            raise UserError(self.env._("A note has %(limit)s characters at most.", limit=LONGEST_NOTE))
        return text

    def _add_note(self, text, key=False, mentioned=()):
        """A row that no counter and no job looks at; see also `marketplace.message._note_stays`."""
        # sudo: employees write messages by these methods only
        note = (
            self.env["marketplace.message"]
            .sudo()
            .create(
                {
                    "channel_id": self.channel_id.id,
                    "conversation_id": self.id,
                    "direction": "note",
                    "body": text,
                    "key": key,
                    # Never above what its author has seen.
                    "sent_at": max(fields.Datetime.now(), self.last_message_at or fields.Datetime.now()),
                    "author_id": self.env.uid,
                    "data": {"mentions": [{"id": user.id, "name": user.name} for user in mentioned]}
                    if mentioned
                    else False,
                }
            )
        )
        self.channel_id.sudo()._tell_screens(self.sudo(), note.ids)
        return note.sudo(False)

    def _describe_mention(self, text):
        """:return: subject and body for those whom a note mentions"""
        subject = self.env._(
            "%(colleague)s mentions you: %(client)s", colleague=self.env.user.name, client=self._buyer_name()
        )
        return subject, Markup("<br/>").join(escape(line) for line in text.split("\n"))
