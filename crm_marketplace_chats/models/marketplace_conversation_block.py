"""Shutting a buyer out at the marketplace: asked for by a person, done by the send job."""

import logging

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.mail.tools.discuss import Store

from ..marketplaces.errors import NOT_DONE
from .bulk import commit_retrying

_logger = logging.getLogger(__name__)


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    block_reason = fields.Selection(
        [("spam", "Spam"), ("fraud", "Fraud"), ("abuse", "Insults"), ("other", "Another Reason")],
        "Shut Out Because Of",
        readonly=True,
        copy=False,
    )
    blocked_by_id = fields.Many2one("res.users", "Shut Out By", readonly=True, copy=False)
    block_pending = fields.Boolean(readonly=True, copy=False, help="To be shut out at the marketplace.")

    _to_block = models.Index("(channel_id) WHERE block_pending")

    def _is_closed(self):
        """Nothing can be written here: the marketplace says so, or we have shut the buyer out, of which a
        marketplace may tell nothing."""
        return self.is_blocked or bool(self.block_reason)

    def _can_block(self):
        """Whether the marketplace has such a thing, and tells who the buyer is."""
        self.ensure_one()
        client_class = self.channel_id.sudo()._client_class()
        return bool(client_class.block_reasons and self.buyer_external_id and not self._is_closed())

    def chats_block(self, reason):
        """Shut the buyer out for good, as a person decided; a job tells the marketplace."""
        self.ensure_one()
        self.check_access("read")
        if not self._can_block() or reason not in self.channel_id.sudo()._client_class().block_reasons:
            raise UserError(self.env._("This client cannot be shut out here."))
        # sudo: employees write to chats through their methods alone
        conversation = self.sudo()
        conversation.write({"block_reason": reason, "blocked_by_id": self.env.uid, "block_pending": True})
        conversation.channel_id._tell_screens(conversation, [])
        self.env["marketplace.job"].sudo()._trigger("send")
        return {"store": Store().add(self).get_result()}

    def _block(self, client):
        """Tell the marketplace. For the send job: it commits. Shutting out twice is shutting out once."""
        self.ensure_one()
        buyer, listing, reason = self.buyer_external_id, self.listing_id.external_id or "", self.block_reason
        self.env.cr.commit()
        try:
            client.block(buyer, listing, reason)
        except NOT_DONE as error:
            _logger.info("channel %s: a client was not shut out: %s", self.channel_id.id, error)
            values = {"block_pending": False, "block_reason": False, "blocked_by_id": False}
        else:
            values = {"block_pending": False}

        def settle():
            self.write(values)
            self.channel_id._tell_screens(self, [])

        commit_retrying(self.env, settle)
