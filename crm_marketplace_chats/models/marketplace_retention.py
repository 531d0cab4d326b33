"""How long a channel keeps what clients have written."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .marketplace_erasure import PORTION

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
        """Scheduled action: erase what has been kept long enough, in portions, each in a transaction of its own."""
        cron = self.env["ir.cron"]
        for channel in self.with_context(active_test=False).search([]):
            for outcome, name in OUTCOMES.items():
                while channel[name] and (outdated := channel._outdated(outcome, channel[name])):
                    self.env["marketplace.erasure"]._perform(outdated, "erase", "retention")
                    if not cron._commit_progress(len(outdated)):
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
