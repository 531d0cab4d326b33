"""When a channel is open, and how soon its clients are to be answered."""

from datetime import timedelta

from pytz import utc

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .working_time import WorkingTime


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Hours",
        check_company=True,
        help="When the clients of this channel are answered. Empty: the working hours of the company. "
        "Holidays are the calendar's time off.",
    )
    goal_minutes = fields.Integer(
        "Answer Within, min",
        default=15,
        required=True,
        help="Working minutes. Beyond it a chat is shown red, from half of it amber. 0: no goal.",
    )

    clocks_pending = fields.Boolean(
        readonly=True, copy=False, help="Hours have changed: the clocks of those who wait are to be set anew."
    )

    @api.constrains("goal_minutes")
    def _check_goal_minutes(self):
        if any(not 0 <= channel.goal_minutes <= 24 * 60 for channel in self):
            raise ValidationError(self.env._("The goal for an answer is 0 to 1440 minutes."))

    def write(self, vals):
        result = super().write(vals)
        if {"calendar_id", "goal_minutes"} & set(vals):
            self._hours_changed()
        return result

    def _calendar(self):
        """The calendar that counts, none where there are no fixed hours: then the channel is always open."""
        self.ensure_one()
        # sudo: opening hours are for everybody who uses the channel
        channel = self.sudo()
        calendar = channel.calendar_id or channel.company_id.resource_calendar_id
        return calendar.filtered(lambda one: not one.flexible_hours)

    def _working_time(self, start, end):
        """:return: `WorkingTime` of this channel between two naive moments"""
        calendar = self._calendar()
        if not calendar:
            return WorkingTime([(start, end)])
        return calendar._chats_working_time(start, end, self.sudo().company_id)

    @api.model
    def _of_calendars(self, calendars):
        """Channels that keep one of these hours."""
        own = Domain("calendar_id", "in", calendars.ids)
        company = Domain("calendar_id", "=", False) & Domain(
            "company_id.resource_calendar_id", "in", calendars.ids
        )
        return self.with_context(active_test=False).search(own | company)

    def _hours_changed(self):
        """The job sets the clocks of those who wait anew: it can step aside where chats are being written, and whoever
        changes hours cannot."""
        # sudo: whoever may change the hours may change what follows from them
        self.sudo().filtered(lambda channel: not channel.clocks_pending).clocks_pending = True
        if self:
            self.env["marketplace.job"].sudo()._trigger("rules")

    def _set_clocks_anew(self):
        """For the job. Chats that others are writing at this moment are left for the next time: waiting for them while
        holding others would be a deadlock sooner or later."""
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id FROM marketplace_conversation WHERE channel_id = %s AND is_unprocessed"
            " FOR NO KEY UPDATE SKIP LOCKED",
            (self.id,),
        )
        waiting = self.env["marketplace.conversation"].browse(row[0] for row in self.env.cr.fetchall())
        self._tell_screens(waiting._set_clock(anew=True), [])
        left = [("channel_id", "=", self.id), ("is_unprocessed", "=", True), ("id", "not in", waiting.ids)]
        self.clocks_pending = bool(waiting.search_count(left, limit=1))
        if self.clocks_pending:
            self.env["marketplace.job"]._trigger("rules")
        return waiting


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def _chats_working_time(self, start, end, company, resources=None):
        """Opening hours between two naive moments, without the holidays of this calendar and of the company.

        :param resources: one `resource.resource` whose own time off counts too
        """
        self.ensure_one()
        leaves = [("time_type", "=", "leave"), ("company_id", "in", [False, company.id])]
        found = self.sudo()._work_intervals_batch(
            utc.localize(start), utc.localize(end), resources=resources, domain=leaves
        )[resources.id if resources else False]
        return WorkingTime((_naive(begin), _naive(finish)) for begin, finish, _attendance in found)

    def write(self, vals):
        result = super().write(vals)
        self._chats_hours_changed()
        return result

    def _chats_hours_changed(self):
        # sudo: whoever may change the hours need not see the channels
        self.env["marketplace.channel"].sudo()._of_calendars(self)._hours_changed()


def _naive(moment):
    """In UTC, and whole seconds: the end of a day is its last microsecond."""
    moment = moment.astimezone(utc).replace(tzinfo=None)
    return moment.replace(microsecond=0) + timedelta(seconds=moment.microsecond > 0)


class ResourceCalendarAttendance(models.Model):
    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        attendances = super().create(vals_list)
        attendances.calendar_id._chats_hours_changed()
        return attendances

    def write(self, vals):
        calendars = self.calendar_id
        result = super().write(vals)
        (calendars | self.calendar_id)._chats_hours_changed()
        return result

    def unlink(self):
        calendars = self.calendar_id
        result = super().unlink()
        calendars._chats_hours_changed()
        return result


class ResourceCalendarLeaves(models.Model):
    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._chats_calendars()._chats_hours_changed()
        return leaves

    def write(self, vals):
        calendars = self._chats_calendars()
        result = super().write(vals)
        (calendars | self._chats_calendars())._chats_hours_changed()
        return result

    def unlink(self):
        calendars = self._chats_calendars()
        result = super().unlink()
        calendars._chats_hours_changed()
        return result

    def _chats_calendars(self):
        """Calendars in which these days are off for everybody."""
        public = self.filtered(lambda leave: not leave.resource_id)
        calendars = public.calendar_id
        for_all = public.filtered(lambda leave: not leave.calendar_id)
        if for_all:
            # sudo: a holiday of the company closes all of its channels
            channels = (
                self.env["marketplace.channel"].sudo().search([("company_id", "in", for_all.company_id.ids)])
            )
            for channel in channels:
                calendars |= channel._calendar()
        return calendars


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        result = super().write(vals)
        if "resource_calendar_id" in vals:
            self.resource_calendar_id._chats_hours_changed()
        return result
