"""Putting a chat off until later: it leaves those that wait and returns by itself, or when the client writes.

`is_unprocessed` stays a fact of the messages alone. What stands in the waiting view, and counts beside «Чаты», is
`queued_since`: unprocessed and not snoozed, or returned from snooze and not answered since. `_recount` computes it.
"""

from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError

from .bulk import commit_retrying, update_changed

#: The hour at which a working day begins, for "until tomorrow" and "until Friday".
MORNING = time(9)
FRIDAY = 4
LONGEST = timedelta(days=366)


def _in_two_hours(now):
    return now + timedelta(hours=2)


def _tomorrow(now):
    return datetime.combine(now.date() + timedelta(days=1), MORNING)


def _friday(now):
    """The coming Friday; on a Friday the next one."""
    days = (FRIDAY - now.weekday()) % 7 or 7
    return datetime.combine(now.date() + timedelta(days=days), MORNING)


#: Moments that have a name: local time -> local time.
PRESETS = {"two_hours": _in_two_hours, "tomorrow": _tomorrow, "friday": _friday}


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    snoozed_until = fields.Datetime("Put Off Until", readonly=True, copy=False)
    snoozed_message_id = fields.Integer(
        readonly=True, copy=False, help="The newest message that was seen; a newer one ends the snooze."
    )
    returned_at = fields.Datetime(readonly=True, copy=False, help="When the last snooze ended by its time.")

    _snoozed = models.Index("(snoozed_until, id) WHERE snoozed_until IS NOT NULL")

    def chats_snooze(self, until, last_message_ids=()):
        """Put these chats off, or end that by hand.

        :param until: a name of `PRESETS`, counted in the user's time zone; a moment in UTC; False: end it now
        :param last_message_ids: the newest message seen of each chat; with a newer one from the client a chat
            stays where it is
        """
        moment = self._snooze_moment(until)
        seen = self._arrived_until(last_message_ids) if moment else {}
        # sudo: employees change the state of chats they may read, and nothing else of them
        chats = self._within_reach()
        conversations = chats.sudo()
        self.env.flush_all()
        update_changed(
            conversations,
            [
                {
                    "id": conversation.id,
                    "snoozed_until": moment,
                    "snoozed_message_id": seen.get(conversation.id, 0),
                    "returned_at": None,
                }
                for conversation in conversations
            ],
        )
        conversations._recount()
        for channel, changed in conversations.grouped("channel_id").items():
            channel._tell_screens(changed, [])
        if moment:
            self.env["marketplace.job"].sudo()._trigger("snooze", moment)
        failed = chats.filtered(lambda chat: moment and not chat.snoozed_until)
        return self._bulk_answer(failed, self._written_meanwhile())

    def _arrived_until(self, last_message_ids):
        """:return: ``{conversation id: id of what came last among the messages up to the one that was seen}``"""
        self.env.cr.execute(
            """
            SELECT seen.conversation_id, max(m.id)
              FROM marketplace_message seen
              JOIN marketplace_message m ON m.conversation_id = seen.conversation_id
               AND (m.sent_at, m.id) <= (seen.sent_at, seen.id)
             WHERE seen.id = ANY(%s) AND seen.conversation_id = ANY(%s)
             GROUP BY seen.conversation_id
            """,
            ([int(number) for number in last_message_ids if number], list(self.ids)),
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _snooze_moment(self, until):
        """:return: a naive moment in UTC, or None"""
        if not until:
            return None
        now = fields.Datetime.now()
        if isinstance(until, str) and until in PRESETS:
            zone = self.env.tz
            local = pytz.utc.localize(now).astimezone(zone).replace(tzinfo=None)
            # What the clocks skip or repeat in that night is settled by pytz; no dealership opens then.
            return zone.localize(PRESETS[until](local)).astimezone(pytz.utc).replace(tzinfo=None)
        try:
            moment = fields.Datetime.to_datetime(until).replace(microsecond=0)
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("This is no moment: %(text)s", text=str(until)[:30])) from error
        if not now < moment < now + LONGEST:
            raise UserError(self.env._("Choose a moment within the coming year."))
        return moment

    @api.model
    def _return_snoozed(self):
        """Entry of the scheduled action: those whose time has come go back to the waiting ones."""

        def work():
            now = fields.Datetime.now()
            self.env.flush_all()
            self.env.cr.execute(
                """
                UPDATE marketplace_conversation SET snoozed_until = NULL, returned_at = %s
                 WHERE snoozed_until <= %s RETURNING id
                """,
                (now, now),
            )
            returned = self.browse(row[0] for row in self.env.cr.fetchall())
            returned.invalidate_recordset()
            returned._recount()
            for channel, conversations in returned.grouped("channel_id").items():
                lang = channel.company_id.partner_id.lang or self.env.user.lang
                channel._tell_screens(conversations.with_context(lang=lang), [])

        commit_retrying(self.env, work)
