"""One polite text outside working hours that says when somebody will be there. It is no answer: the clock goes on."""

import re
from datetime import datetime, timedelta

from babel.dates import format_date, format_time
from pytz import timezone, utc

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import get_lang
from odoo.tools.misc import babel_locale_parse

from .marketplace_conversation_clock import HORIZON

#: Whoever wrote longer ago is not told any more that nobody is there: after an outage, or from the history.
FRESH = timedelta(hours=1)


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    autoreply_active = fields.Boolean(
        "Answer Outside Working Hours",
        tracking=True,
        help="Clients who write while the channel is closed get one text each. It does not count as an answer.",
    )
    autoreply_template_id = fields.Many2one(
        "marketplace.template",
        "Text Outside Working Hours",
        default=lambda self: self.env.ref("crm_marketplace_chats.template_closed", raise_if_not_found=False),
        ondelete="restrict",
        check_company=True,
    )
    autoreply_since = fields.Datetime(readonly=True, copy=False, help="When it was switched on.")

    @api.constrains("autoreply_active", "autoreply_template_id")
    def _check_autoreply(self):
        for channel in self.filtered("autoreply_active"):
            template = channel.autoreply_template_id
            if not template:
                raise ValidationError(self.env._("Choose the text that is sent outside working hours."))
            template._check_always_known()

    def write(self, vals):
        if vals.get("autoreply_active"):
            self.filtered(lambda one: not one.autoreply_active).autoreply_since = fields.Datetime.now()
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        now = fields.Datetime.now()
        return super().create(
            [{**vals, "autoreply_since": now} if vals.get("autoreply_active") else vals for vals in vals_list]
        )

    def _closed_now(self):
        """:return: ``(closed since, opens at)``; None while the channel is open, or when it never opens"""
        now = fields.Datetime.now()
        hours = self._working_time(now - HORIZON, now + HORIZON)
        opening = hours.next_opening(now)
        if hours.is_open(now) or not opening:
            return None
        return hours.last_closing(now) or now - HORIZON, opening

    def _opening_words(self):
        """When the channel opens, as one says it: «tomorrow at 9:00». False while it is open."""
        closed = self and self._closed_now()
        if not closed:
            return False
        zone = timezone(self._calendar().tz or "UTC")
        opening, today = (utc.localize(one).astimezone(zone) for one in (closed[1], fields.Datetime.now()))
        locale = babel_locale_parse(get_lang(self.env).code)
        words = {
            # Nobody says «at 09:00».
            "time": re.sub(r"^0(?=\d)", "", format_time(opening, "short", locale=locale)),
            "date": format_date(opening, "d MMMM", locale=locale),
        }
        days = (opening.date() - today.date()).days
        if days == 0:
            return self.env._("today at %(time)s", **words)
        if days == 1:
            return self.env._("tomorrow at %(time)s", **words)
        return self.env._("on %(date)s at %(time)s", **words)

    def _answer_automatically(self):
        """Queue the text for everybody who has written since the channel closed and has not got it yet.

        :return: the messages
        """
        self.ensure_one()
        Message = self.env["marketplace.message"]
        closed = self.autoreply_active and self.state != "refused" and self._closed_now()
        if not closed:
            return Message
        since = max(closed[0], self.autoreply_since, fields.Datetime.now() - FRESH)
        chats = self._to_answer_automatically(closed[0], since)
        texts = self.autoreply_template_id._fill_closed(chats, self._opening_words())
        limit = self._client_class().text_limit
        queued = Message.create(
            [chat._autoreply(text, closed[0]) for chat, text in texts.items() if len(text) <= limit]
        )
        if queued:
            queued.conversation_id._recount()
            self._tell_screens(queued.conversation_id, queued.ids)
            self.env["marketplace.job"]._trigger("send")
        return queued

    def _to_answer_automatically(self, closed_at, since):
        """Chats in which a client has written since a moment and nothing was said by itself since the closing."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT c.id FROM marketplace_conversation c
             WHERE c.channel_id = %(channel)s AND c.is_unprocessed AND c.is_noise IS NOT TRUE
               AND c.is_blocked IS NOT TRUE AND c.block_reason IS NULL
               AND c.is_calls IS NOT TRUE AND c.external_id IS NOT NULL
               AND EXISTS (SELECT FROM marketplace_message m
                            WHERE m.conversation_id = c.id AND m.sent_at >= %(since)s AND m.direction = 'in'
                              AND m.is_noise IS NOT TRUE AND m.kind <> 'deleted')
               AND NOT EXISTS (SELECT FROM marketplace_message m
                                WHERE m.conversation_id = c.id AND m.sent_at >= %(closed)s AND m.is_auto)
             ORDER BY c.waiting_since, c.id
            """,
            {"channel": self.id, "since": since, "closed": closed_at},
        )
        return self.env["marketplace.conversation"].browse(row[0] for row in self.env.cr.fetchall())


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def _autoreply(self, text, closed_at: datetime):
        """Values of the message; its key is the closed period's, so that the database itself refuses a second one."""
        (values,) = self._message_values([text], f"auto/{self.id}/{closed_at:%Y%m%d%H%M}", ())
        return values | {"author_id": False, "is_auto": True}
