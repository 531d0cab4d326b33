from odoo import fields, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

#: Why a partner may be the buyer of a chat.
REASONS = {
    "called": _lt("called from the number %(phone)s"),
    "wrote": _lt("wrote the number %(phone)s"),
    "several_numbers": _lt("more than one number is known in this chat"),
    "several_partners": _lt("several contacts have this number"),
    "shared_number": _lt("clients with different names use this number"),
    "same_name_and_car": _lt("a client of that name asked about the same car"),
    "same_account": _lt("the same account at the marketplace in another chat"),
}


class MarketplaceClientLink(models.Model):
    """That a partner is, or may be, the buyer of a chat: why, what was decided, and what was there before."""

    _name = "marketplace.client.link"
    _description = "Client of a Chat"
    _order = "id desc"

    channel_id = fields.Many2one("marketplace.channel", required=True, ondelete="cascade", index=True)
    conversation_id = fields.Many2one(
        "marketplace.conversation", "Chat", required=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one("res.partner", "Client", required=True, ondelete="cascade", index=True)
    source_id = fields.Many2one(
        "marketplace.conversation",
        "Known from the Chat",
        ondelete="cascade",
        index="btree_not_null",
        help="Whoever may not read this chat is not told of the suggestion.",
    )
    phone = fields.Char("Number")
    reasons = fields.Json()
    state = fields.Selection(
        [("open", "Suggested"), ("joined", "Joined"), ("rejected", "Rejected")], default="open", required=True
    )
    is_automatic = fields.Boolean("Joined by Itself")
    made_partner = fields.Boolean(help="The contact was made for this chat.")
    previous_partner_id = fields.Many2one("res.partner", "Client Before", ondelete="set null")
    user_id = fields.Many2one("res.users", "Decided By", ondelete="set null")

    _pair = models.UniqueIndex("(conversation_id, partner_id)", "This client is suggested already.")
    _partner_open = models.Index("(conversation_id) WHERE state = 'open'")

    def _reasons_in_words(self):
        return [
            self.env._(REASONS[code]) % {"phone": self.phone}  # pylint: disable=translation-not-lazy
            for code in self.reasons or ()
        ]

    def _join(self, automatic=False):
        """The chat becomes this partner's. What was there before is kept for `_undo`."""
        for link in self:
            conversation = link.conversation_id
            link.write(
                {
                    "state": "joined",
                    "is_automatic": automatic,
                    "user_id": not automatic and self.env.uid,
                    "previous_partner_id": conversation.partner_id.id,
                }
            )
            conversation.partner_id = link.partner_id

    def _undo(self):
        """Take the joining back. A contact that was made for it and serves nothing else goes too. It is not joined or
        suggested again."""
        for link in self:
            partner, conversation, made = link.partner_id, link.conversation_id, link.made_partner
            if conversation.partner_id == partner:
                conversation.partner_id = link.previous_partner_id
            link.write({"state": "rejected", "user_id": self.env.uid})
            if made and partner._is_only_of_chats():
                partner.unlink()
