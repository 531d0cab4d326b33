"""The clock of each chat, in working time: from when on it is shown amber, from when on red. Calendars are the
server's business; a screen only compares two moments with now."""

from datetime import timedelta

from odoo import fields, models

from .bulk import update_changed

#: Further than this nobody plans: a channel that does not open within it has no clock.
HORIZON = timedelta(days=30)
#: A chat is amber from this part of the goal on.
AMBER = 0.5


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    amber_at = fields.Datetime("Half of the Goal", readonly=True, copy=False)
    goal_at = fields.Datetime("Answer Until", readonly=True, copy=False)
    clock_since = fields.Datetime(
        readonly=True, copy=False, help="The beginning of the wait that the two moments are reckoned from."
    )

    def _recount(self, since=None):
        changed = super()._recount(since)
        self._set_clock()
        # sudo: ticks and turns follow from what was done, whoever did it
        ticked = self.env["marketplace.tick"].sudo()._keep(self)
        unticked = {chat: moment for chat, moment in (since or {}).items() if chat not in ticked}
        self.env["marketplace.turn"].sudo()._retell(self, since=unticked)
        return changed

    def _set_clock(self, anew=False):
        """Reckon the two moments of chats whose wait has begun or ended: once per channel, one statement for all.

        :param anew: of all of them, because hours or goals have changed
        :return: the conversations that changed
        """
        if not self.ids:
            return self
        self.env.cr.execute(
            """
            SELECT channel_id, id, waiting_since FROM marketplace_conversation
             WHERE id = ANY(%s) AND (%s OR waiting_since IS DISTINCT FROM clock_since)
            """,
            (self.ids, anew),
        )
        waits = {}
        for channel_id, conversation_id, since in self.env.cr.fetchall():
            waits.setdefault(channel_id, []).append((conversation_id, since))
        rows = []
        for channel_id, wanted in waits.items():
            rows += self.env["marketplace.channel"].browse(channel_id)._clock_rows(wanted)
        return self.browse(update_changed(self, rows))


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _clock_rows(self, waits):
        """
        :param waits: ``[(conversation id, waiting since or None)]``
        :return: rows for `update_changed`
        """
        moments = [since for _id, since in waits if since]
        goal = 60 * self.sudo().goal_minutes
        hours = self._working_time(min(moments), max(moments) + HORIZON) if goal and moments else None
        return [
            {
                "id": conversation_id,
                "clock_since": since,
                "amber_at": hours.after(since, AMBER * goal) if hours and since else None,
                "goal_at": hours.after(since, goal) if hours and since else None,
            }
            for conversation_id, since in waits
        ]
