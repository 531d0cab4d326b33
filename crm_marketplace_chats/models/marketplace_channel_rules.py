"""What happens by itself with the chats of a channel, in a job of its own: never in the request of a delivery."""

from odoo import models

from .bulk import commit_retrying
from .marketplace_job import DONE


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _apply_batch(self, batch):
        changed = super()._apply_batch(batch)
        if self._has_rules() and any(changed.mapped("is_unprocessed")):
            self.env["marketplace.job"]._trigger("rules")
        return changed

    def _has_rules(self):
        """Whether anything is to be done by itself here."""
        return self.autoreply_active or bool(self._rules())

    def _keep_rules(self, channel, job):
        """Job: give chats to people, answer outside working hours. Whoever works holds the lock on this concern of this
        channel; a person who takes a chat at the same moment wins, and it is all looked at again."""
        if not channel.turns_told:
            channel._retell_all()
        if channel.clocks_pending:
            commit_retrying(self.env, channel._set_clocks_anew)
        answered = commit_retrying(self.env, channel._answer_automatically)
        given = commit_retrying(self.env, channel._distribute)
        return DONE if answered or given else None
