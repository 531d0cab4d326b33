"""A test drive from the chat: free times in the channel's working hours, and the booking."""

from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_time

from odoo.addons.mail.tools.discuss import Store

from .calendar_event import REMIND_BEFORE

#: How far ahead times are proposed, how far ahead one may be booked, and how long before it.
PROPOSED, LATEST, EARLIEST = timedelta(days=7), timedelta(days=90), timedelta(minutes=30)
STEP = timedelta(minutes=30)


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def _visits(self):
        """Test drives to come, the next one first."""
        # sudo: whoever reads the chat may know when its client comes
        return (
            self.env["calendar.event"]
            .sudo()
            .search(
                [("marketplace_conversation_id", "in", self.ids), ("stop", ">", fields.Datetime.now())],
                order="start",
            )
        )

    def _visit_calendar(self):
        """Working hours in which test drives are made."""
        return self.channel_id._calendar()

    def _visit_zone(self):
        return self._visit_calendar().tz or self.company_id.partner_id.tz or self.env.user.tz or "UTC"

    @api.readonly
    def chats_visit_slots(self):
        """Times of the next days, as ``{days: [{date, label, slots: [{start, label, car}]}], minutes, employee}``;
        ``start`` in UTC; ``car``: it is booked then.
        Times at which the employee is busy are left out."""
        self.ensure_one()
        self.check_access("read")
        length = timedelta(minutes=self.channel_id.sudo().visit_minutes)
        now = fields.Datetime.now()
        taken = self.env["calendar.event"]._taken(
            now, now + PROPOSED + length, self.vehicle_id.sudo(), self._visit_employee().sudo().partner_id
        )
        days = {}
        for start in self._visit_starts(now + EARLIEST, now + PROPOSED, length):
            meets = [busy for begin, end, *busy in taken if begin < start + length and start < end]
            if any(employee for employee, _car in meets):
                continue
            local = self._local(start)
            day = days.setdefault(
                local.date(),
                {
                    "date": fields.Date.to_string(local.date()),
                    "label": format_date(self.env, local.date(), date_format="EEE, d MMM"),
                    "slots": [],
                },
            )
            label = format_time(self.env, local.time(), time_format="HH:mm")
            day["slots"].append(
                {
                    "start": fields.Datetime.to_string(start),
                    "label": label,
                    "car": any(car for _employee, car in meets),
                }
            )
        return {
            "days": list(days.values()),
            "minutes": self.channel_id.sudo().visit_minutes,
            "employee": self._visit_employee().sudo().name,
        }

    def _visit_employee(self):
        return self.user_id or self.env.user

    def _local(self, moment):
        return pytz.utc.localize(moment).astimezone(pytz.timezone(self._visit_zone()))

    def _visit_starts(self, since, until, length):
        """Each half hour from which on there are working hours enough; naive UTC."""
        calendar = self._visit_calendar()
        if not calendar:
            return
        since, until = pytz.utc.localize(since), pytz.utc.localize(until)
        # sudo: opening hours are no secret
        for begin, end, _attendance in calendar.sudo()._work_intervals_batch(since, until)[False]:
            begin, end = begin.astimezone(pytz.utc), end.astimezone(pytz.utc)
            start = begin.replace(minute=begin.minute // 30 * 30, second=0, microsecond=0)
            while start + length <= end:
                if start >= begin:
                    yield start.replace(tzinfo=None)
                start += STEP

    def chats_visit_book(self, start):
        """Book a test drive. The client is told nothing by this: the text of the confirmation comes back, for the
        employee to send.

        :param start: UTC, as `chats_visit_slots` gives it
        """
        self.ensure_one()
        self.check_access("write")
        moment = fields.Datetime.to_datetime(start)
        now = fields.Datetime.now()
        if not moment or not now <= moment <= now + LATEST:
            raise UserError(self.env._("Choose a time to come."))
        lead = self._make_lead() if self.env["crm.lead"].has_access("create") else self.env["crm.lead"]
        # Nobody is written to but by the employee himself.
        event = self.env["calendar.event"].with_context(no_mail_to_attendees=True)
        visit = event.create(self._visit_values(moment, lead.filtered(lambda one: one.has_access("read"))))
        visit.sudo().write(
            {"marketplace_conversation_id": self.id, "marketplace_remind_at": self._remind_at(moment)}
        )
        text = self.env["marketplace.template"].sudo()._text_for("visit", self.sudo())
        return {
            "store": Store().add(self).get_result(),
            "deal": self.chats_deal(),
            "text": text["body"],
            "visit": visit.sudo()._visit_data(),
        }

    def _visit_values(self, start, lead):
        # sudo: what the chat is about
        vehicle, employee = self.vehicle_id.sudo(), self._visit_employee()
        values = {
            "name": self.env._(
                "Test drive: %(what)s", what=" · ".join(filter(None, [self.car_title, self._buyer_name()]))
            ),
            "start": start,
            "stop": start + timedelta(minutes=self.channel_id.sudo().visit_minutes),
            "user_id": employee.id,
            "partner_ids": [fields.Command.set((employee.sudo().partner_id | self.partner_id).ids)],
            "location": vehicle.vehicle_location
            or self.env["marketplace.template"]._company_address(self.company_id.sudo()),
            "marketplace_vehicle_id": vehicle.id,
            "alarm_ids": [fields.Command.set(self.env.ref("calendar.alarm_notif_3").ids)],
        }
        if lead:
            values |= {
                "opportunity_id": lead.id,
                "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
                "res_id": lead.id,
            }
        return values

    def _remind_at(self, start):
        """A day before; not where the test drive is nearer than that, since the confirmation has just been written."""
        at = start - REMIND_BEFORE
        is_wanted = self.channel_id.sudo().visit_reminder != "off"
        return at if is_wanted and at > fields.Datetime.now() else False
