"""How long a channel keeps what clients have written."""

from datetime import timedelta
from itertools import accumulate

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Chats and messages erased in one transaction: it has to be short, since others write to the same tables.
PORTION, MESSAGES = 200, 500
#: What came of a chat, and the channel's field that says for how many months such chats are kept.
OUTCOMES = {"none": "keep_months", "lost": "keep_lost_months", "won": "keep_won_months"}
#: A chat is not erased while the client may still answer, whatever an administrator has entered.
SHORTEST = timedelta(days=28)


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    keep_months = fields.Integer(
        "Keep Chats without a Deal, Months", help="Since the last message; 0: for ever.", tracking=True
    )
    keep_lost_months = fields.Integer("Keep Chats of Lost Deals, Months", help="0: for ever.", tracking=True)
    keep_won_months = fields.Integer("Keep Chats of Won Deals, Months", help="0: for ever.", tracking=True)

    @api.constrains(*OUTCOMES.values())
    def _check_keeping(self):
        if any(channel[name] < 0 for channel in self for name in OUTCOMES.values()):
            raise ValidationError(self.env._("Months are counted from 0."))

    @api.model
    def _erase_outdated(self):
        """Scheduled action: erase what has been kept long enough, in portions, each in a transaction of its own. Killed
        at any moment, the next run goes on: what is left is still outdated."""
        cron = self.env["ir.cron"]
        for channel in self.with_context(active_test=False).search([]):
            for outcome, name in OUTCOMES.items():
                while channel[name] and (outdated := channel._outdated(outcome, channel[name])):
                    erased = outdated._erase_some()
                    if not cron._commit_progress(len(erased)):
                        cron._commit_progress(remaining=1)
                        return

    def _outdated(self, outcome, months):
        """Chats with that outcome in which nothing was said for so long, a portion of them, the oldest first.

        A chat whose deal is open, that waits for an answer, or from which something is leaving is not among them.
        """
        now = fields.Datetime.now()
        before = min(now - relativedelta(months=months), now - SHORTEST)
        self.env.cr.execute(
            """
            SELECT c.id
              FROM marketplace_conversation c
              LEFT JOIN crm_lead l ON l.id = c.lead_id
              LEFT JOIN crm_stage s ON s.id = l.stage_id
             WHERE c.channel_id = %(channel)s AND c.last_message_at < %(before)s
               AND c.is_unprocessed IS NOT TRUE
               AND CASE WHEN l.id IS NULL THEN 'none' WHEN s.is_won THEN 'won' WHEN NOT l.active THEN 'lost'
                        ELSE 'open' END = %(outcome)s
               AND NOT EXISTS (
                     SELECT FROM marketplace_message m
                      WHERE m.conversation_id = c.id AND m.state IN ('queued', 'sending', 'unknown')
                   )
             ORDER BY c.last_message_at LIMIT %(portion)s
            """,
            {"channel": self.id, "before": before, "outcome": outcome, "portion": PORTION},
        )
        return self.env["marketplace.conversation"].browse(row[0] for row in self.env.cr.fetchall())


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def _erase_some(self):
        """Erase as many of these outdated chats, in their order, as have few enough messages together; where the first
        alone has too many, the oldest of its messages.

        :return: the chats that are erased
        """
        Message, Erasure = self.env["marketplace.message"], self.env["marketplace.erasure"]
        counts = dict(
            Message._read_group([("conversation_id", "in", self.ids)], ["conversation_id"], ["__count"])
        )
        sums = accumulate(counts.get(chat, 0) for chat in self)
        erased = self.browse(
            chat.id for chat, messages in zip(self, sums, strict=True) if messages <= MESSAGES
        )
        if erased:
            Erasure._perform(erased, "erase", "retention")
        else:
            oldest = Message.search(
                [("conversation_id", "=", self[:1].id)], order="sent_at, id", limit=MESSAGES
            )
            values = {"message_count": len(oldest), "file_count": oldest._forget_files()}
            oldest.unlink()
            Erasure.create(
                {"company_id": self[:1].company_id.id, "kind": "erase", "origin": "retention", **values}
            )
        return erased
