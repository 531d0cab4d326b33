from odoo import api, fields, models

from .bulk import insert_rows
from .phones import e164, find_phones


class MarketplacePhone(models.Model):
    """A telephone number of the buyer, with where it is known from: one row for each message or call that tells it."""

    _name = "marketplace.phone"
    _description = "Client's Telephone Number"
    _order = "found_at desc, id desc"
    _rec_name = "phone"

    channel_id = fields.Many2one("marketplace.channel", required=True, ondelete="cascade", index=True)
    conversation_id = fields.Many2one(
        "marketplace.conversation", "Chat", required=True, ondelete="cascade", index=True
    )
    message_id = fields.Many2one(
        "marketplace.message", "Where It Was Found", required=True, ondelete="cascade"
    )
    phone = fields.Char("Number", required=True, help="E.164")
    source = fields.Selection([("text", "Written by the client"), ("call", "Called from it")], required=True)
    found_at = fields.Datetime("When", required=True)

    _evidence = models.UniqueIndex("(message_id, phone)", "This number is known from this message already.")
    _phone = models.Index("(phone, conversation_id)")

    @api.model
    def _find_in(self, conversations, own_numbers):
        """Keep the numbers that the buyers' messages tell since each chat was looked at last: one query, one insert.

        :param own_numbers: the dealership's, which buyers may quote
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT m.id, m.channel_id, m.conversation_id, m.kind, m.body, m.data->'call'->>'phone', m.sent_at
              FROM marketplace_message m JOIN marketplace_conversation c ON c.id = m.conversation_id
             WHERE c.id = ANY(%s) AND m.id > coalesce(c.rules_message_id, 0)
               AND m.direction = 'in' AND m.is_noise IS NOT TRUE AND m.kind IN ('text', 'call')
             ORDER BY m.id
            """,
            (conversations.ids,),
        )
        rows = []
        for message_id, channel_id, conversation_id, kind, body, caller, sent_at in self.env.cr.fetchall():
            numbers = [e164(caller)] if kind == "call" else find_phones(body)
            rows += [
                {
                    "channel_id": channel_id,
                    "conversation_id": conversation_id,
                    "message_id": message_id,
                    "phone": number,
                    "source": "call" if kind == "call" else "text",
                    "found_at": sent_at,
                }
                for number in numbers
                if number and number not in own_numbers and self._may_exist(number)
            ]
        insert_rows(self, rows, ("message_id", "phone"))

    @api.model
    def _may_exist(self, number):
        """Odoo's own judgement, which needs the library `phonenumbers`; without it every number may."""
        return bool(self._phone_format_number(number, self.env.ref("base.ru")))

    @api.model
    def _by_conversation(self, conversations):
        """``{conversation id: its numbers, newest first, each once}``"""
        numbers = {conversation.id: [] for conversation in conversations}
        for row in self.search([("conversation_id", "in", conversations.ids)]):
            known = numbers[row.conversation_id.id]
            if row.phone not in known:
                known.append(row.phone)
        return numbers
