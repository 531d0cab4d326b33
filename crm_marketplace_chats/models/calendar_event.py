from datetime import datetime, timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import format_date, format_time

#: How long before a test drive the client is reminded of it.
REMIND_BEFORE = timedelta(days=1)


class CalendarEvent(models.Model):
    """A test drive is an event of Odoo's calendar that knows its chat and its car."""

    _inherit = "calendar.event"

    marketplace_conversation_id = fields.Many2one(
        "marketplace.conversation",
        "Chat",
        index="btree_not_null",
        ondelete="set null",
        groups="crm_marketplace_chats.group_chats_user",
    )
    marketplace_vehicle_id = fields.Many2one(
        "product.template", "Car", index="btree_not_null", ondelete="set null"
    )
    marketplace_remind_at = fields.Datetime(
        copy=False,
        index="btree_not_null",
        help="When the client is to be reminded; empty: done, or not at all.",
    )

    def _visit_moment(self, day_format="EEEE, d MMMM"):
        """Day and time in words, by the dealership's clock: that is the one the client looks at."""
        if not self:
            return ""
        chat = self.sudo().marketplace_conversation_id
        zone = pytz.timezone(chat._visit_zone())
        local = pytz.utc.localize(self.start).astimezone(zone)
        day = format_date(self.env, local.date(), date_format=day_format)
        return f"{day}, {format_time(self.env, local.time(), time_format='HH:mm')}"

    def _visit_data(self):
        return {
            "id": self.id,
            "label": self._visit_moment("EEE, d MMM"),
            "start": fields.Datetime.to_string(self.start),
            "responsible": self.user_id.sudo().name or False,
        }

    @api.model
    def _remind_of_visits(self, channel):
        """For the job `clients`: what the channel's setting says, once for each test drive.

        :return: whether there was any
        """
        now = fields.Datetime.now()
        due = self.search(
            [
                ("marketplace_remind_at", "<=", now),
                ("marketplace_conversation_id.channel_id", "=", channel.id),
            ]
        )
        for visit in due:
            visit.marketplace_remind_at = False
            if visit.start > now:
                visit._remind(channel.visit_reminder)
            self.env.cr.commit()
        return bool(due)

    def _remind(self, how):
        chat = self.marketplace_conversation_id
        # In the name of whoever awaits the client, also where the job makes the text.
        templates = self.env["marketplace.template"].with_user(self.user_id or self.env.user).sudo()
        text = templates._text_for("reminder", chat)
        if how == "message" and text["body"] and not text["missing"] and not chat._obstacle():
            chat._post_by_itself(text["body"], f"visit-{self.id:08}", self.user_id)
        elif self.opportunity_id and how != "off":
            self.opportunity_id.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=fields.Date.context_today(self),
                summary=self.env._("Remind of the test drive"),
                note=text["body"],
                user_id=self.user_id.id,
            )

    @api.model
    def _taken(self, since, until, vehicle, partner):
        """Spans in which one of the two is not free, as ``(start, stop, the employee's, the car's)``; naive UTC."""
        # sudo: only whether, never what
        events = self.sudo().search(
            [
                ("start", "<", until),
                ("stop", ">", since),
                ("show_as", "=", "busy"),
                "|",
                ("marketplace_vehicle_id", "in", vehicle.ids),
                ("partner_ids", "in", partner.ids),
            ]
        )
        return [
            (
                *self._whole_day(event),
                bool(partner & event.partner_ids),
                bool(vehicle & event.marketplace_vehicle_id),
            )
            for event in events
        ]

    @staticmethod
    def _whole_day(event):
        if not event.allday:
            return event.start, event.stop
        return (
            datetime.combine(event.start_date, datetime.min.time()),
            datetime.combine(event.stop_date, datetime.max.time()),
        )
