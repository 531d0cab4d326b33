"""What a client has the right to: that his data are erased, or masked, wherever they lie, and that it stays so."""

import dataclasses
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marketplaces.personal import mask
from .bulk import to_naive

#: What tells who somebody is, beside the name.
PARTNER_TELLS = ("phone", "email", "street", "street2", "zip", "function", "website", "comment", "image_1920")
LEAD_TELLS = (
    "contact_name", "partner_name", "phone", "email_from", "email_cc", "street", "street2", "zip", "function",
    "website", "description",
)  # fmt: skip
#: A delivery comes no later than this after the message that it brings.
LATE = timedelta(days=7)


class MarketplaceErasure(models.Model):
    """Record that the data of clients were erased: who, when, how much and why, without saying whose they were."""

    _name = "marketplace.erasure"
    _description = "Erasure of Clients' Data"
    _order = "id desc"
    _rec_name = "create_date"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    kind = fields.Selection([("erase", "Erased"), ("mask", "Masked")], required=True, readonly=True)
    origin = fields.Selection(
        [("request", "By a Person"), ("retention", "Kept Long Enough")], required=True, readonly=True
    )
    basis = fields.Char(readonly=True, help="Such as the number and date of the client's letter.")
    user_id = fields.Many2one("res.users", "By", readonly=True)
    conversation_ids = fields.Many2many("marketplace.conversation", string="Chats", readonly=True)
    conversation_count = fields.Integer("Number of Chats", readonly=True)
    message_count = fields.Integer("Messages", readonly=True)
    file_count = fields.Integer("Files", readonly=True)
    event_count = fields.Integer("Deliveries", readonly=True)
    partner_done = fields.Boolean("Contact and Leads Too", readonly=True)

    @api.model
    def _perform(self, conversations, kind, origin, basis="", with_partner=False):
        """Erase or mask these chats, of one company, and write down that it was done.

        :param conversations: as superuser; who may ask for it is for the caller to check
        :param with_partner: what the CRM itself knows of the person loses its personal data too
        :raises UserError: something is on its way to one of the clients at this moment
        """
        conversations._check_nothing_leaves()
        counts = {
            "message_count": conversations.message_ids.search_count(
                [("conversation_id", "in", conversations.ids)]
            ),
            "file_count": conversations._forget_files(),
            "event_count": conversations._forget_deliveries(origin),
        }
        if with_partner:
            conversations._forget_person()
        (conversations._erase_texts if kind == "erase" else conversations._mask_texts)()
        # What is left of them comes with the next page.
        conversations._tell_gone()
        return self.create(
            {
                "company_id": conversations.company_id.id,
                "kind": kind,
                "origin": origin,
                "basis": basis,
                "user_id": self.env.uid,
                "conversation_ids": conversations.ids if origin == "request" else [],
                "conversation_count": len(conversations),
                "partner_done": with_partner,
                **counts,
            }
        )


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    erased_at = fields.Datetime(
        readonly=True, copy=False, help="What was written until then is not taken from the marketplace again."
    )

    _erased = models.Index("(channel_id, external_id) WHERE erased_at IS NOT NULL")

    def _check_nothing_leaves(self):
        """:raises UserError: a row cannot be removed while it is not known what became of it"""
        leaving = [("conversation_id", "in", self.ids), ("state", "in", ("queued", "sending", "unknown"))]
        if self.env["marketplace.message"].search(leaving, limit=1):
            raise UserError(self.env._("A message to this client is being sent. Try again in a minute."))

    def _of_same_client(self):
        """The chats that are certainly this client's: same contact, or the same person in the same account."""
        return self.search(
            [
                ("company_id", "in", self.company_id.ids),
                "|",
                "|",
                ("id", "in", self.ids),
                ("partner_id", "in", self.partner_id.ids),
                "&",
                (
                    "channel_id",
                    "in",
                    self.channel_id.filtered(lambda c: c._client_class().buyer_id_lasts).ids,
                ),
                ("buyer_external_id", "in", [c.buyer_external_id for c in self if c.buyer_external_id]),
            ]
        )

    def _forget_files(self):
        """:return: number of files removed, those uploaded and never sent among them"""
        uploaded = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        count = len(uploaded) + self.message_ids._forget_files()
        uploaded.unlink()
        return count

    def _forget_deliveries(self, origin):
        """Raw deliveries that name these chats. Those that were understood are not looked for when they have come long
        after the last message of chats that were kept long enough: each of them would be compared with each chat.

        :return: number of them
        """
        until = max(self.mapped("last_message_at")) + LATE if origin == "retention" else None
        self.env.cr.execute(
            """
            DELETE FROM marketplace_event e USING marketplace_conversation c
             WHERE c.id = ANY(%(ids)s) AND c.external_id IS NOT NULL AND e.channel_id = c.channel_id
               AND (e.state = 'poison' OR e.state = 'done'
                    AND (%(until)s::timestamp IS NULL OR e.create_date < %(until)s::timestamp))
               AND position(c.external_id in e.body) > 0
            """,
            {"ids": self.ids, "until": until},
        )
        return self.env.cr.rowcount

    def _forget_person(self):
        """Contact and leads lose what says who it is, and what was noted about the person; what else hangs on them
        (orders, invoices) stays."""
        unknown = self.env._("Client (data erased)")
        # What is changed now must not be kept as "changed from".
        leads = self.lead_id.with_context(tracking_disable=True)
        partners = self.partner_id.with_context(tracking_disable=True)
        (leads.message_ids | partners.message_ids).unlink()
        # The contact first: a lead takes over what it lacks from it.
        partners.write({"name": unknown} | dict.fromkeys(PARTNER_TELLS, False))
        leads.write({"name": unknown} | dict.fromkeys(LEAD_TELLS, False))

    def _erase_texts(self):
        """The messages go; the chat itself stays as an empty place, so that a pull does not bring them back."""
        self.env["marketplace.message"].search([("conversation_id", "in", self.ids)]).unlink()
        self.write(
            {
                "erased_at": fields.Datetime.now(),
                "buyer_name": False,
                "buyer_external_id": False,
                "url": False,
                "partner_id": False,
                "lead_id": False,
                "remote_read_pending": False,
                "pull_pending": False,
            }
        )
        self._recount()

    def _mask_texts(self):
        """The talk stays readable; who it was with does not."""
        for conversation in self:
            names = [conversation.buyer_name or "", conversation.partner_id.name or ""]
            for message in conversation.message_ids:
                message.write(
                    {
                        "body": message.body and mask(message.body, names),
                        "data": _mask_json(message.data, names),
                        "media_state": False,
                    }
                )
        self.write(
            {
                "erased_at": fields.Datetime.now(),
                "buyer_name": self.env._("Client (data erased)"),
                "buyer_external_id": False,
                "url": False,
                "partner_id": False,
            }
        )
        self._recount()


class MarketplaceMessage(models.Model):
    _inherit = "marketplace.message"

    def _forget_files(self):
        """:return: number of files removed"""
        files = self.env["ir.attachment"].search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        count = len(files)
        files.unlink()
        return count


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _without_erased(self, batch):
        """The batch without what a client has had erased: a marketplace goes on telling it."""
        keys = {conversation.external_id for conversation in batch.conversations}
        keys |= {message.conversation_id for message in batch.messages}
        self.env.cr.execute(
            "SELECT external_id, erased_at FROM marketplace_conversation"
            " WHERE channel_id = %s AND external_id = ANY(%s) AND erased_at IS NOT NULL",
            (self.id, list(keys)),
        )
        erased = dict(self.env.cr.fetchall())
        if not erased:
            return batch

        def is_newer(key, moment):
            return key not in erased or (moment and to_naive(moment) > erased[key])

        return dataclasses.replace(
            batch,
            conversations=tuple(
                conversation
                if is_newer(conversation.external_id, conversation.updated_at)
                else dataclasses.replace(
                    conversation, buyer_name="", buyer_id="", url="", last_message=None, buyer_read_at=None
                )
                for conversation in batch.conversations
            ),
            messages=tuple(
                message for message in batch.messages if is_newer(message.conversation_id, message.sent_at)
            ),
        )


def _mask_json(value, names):
    if isinstance(value, str):
        return mask(value, names)
    if isinstance(value, dict):
        return {key: _mask_json(item, names) for key, item in value.items() if key != "media"}
    return [_mask_json(item, names) for item in value] if isinstance(value, list) else value
