from odoo import api, fields, models


class MarketplaceEmployee(models.Model):
    """Whether somebody who answers chats is there: the switch «on shift», working hours, days off."""

    _name = "marketplace.employee"
    _description = "Employee of the Chats"
    _rec_name = "user_id"
    _order = "user_id"

    user_id = fields.Many2one("res.users", "Employee", required=True, ondelete="cascade", readonly=True)
    company_ids = fields.Many2many(related="user_id.company_ids")
    on_shift = fields.Boolean(default=True)
    off_since = fields.Datetime(readonly=True, help="When the shift was ended.")
    calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Hours",
        help="Empty: those of the employee's resource, where there is one; else whoever is on shift is there.",
    )

    _user = models.UniqueIndex("(user_id)", "This employee is there already.")

    def write(self, vals):
        if "on_shift" in vals:
            vals = {**vals, "off_since": False if vals["on_shift"] else fields.Datetime.now()}
        return super().write(vals)

    @api.model
    def _of(self, users):
        """The records of these users, made where they are missing."""
        employees = self.sudo()
        known = employees.search([("user_id", "in", users.ids)])
        return known | employees.create([{"user_id": user.id} for user in users - known.user_id])

    @api.model
    def _ensure_all(self):
        self._of(self.env["marketplace.channel"].with_context(active_test=False).search([]).user_ids)

    def _away_throughout(self, since, now):
        """Those who are not there now, and were not there at a moment before.

        :return: users
        """
        return (
            self.filtered(
                lambda one: (
                    not one._is_in(now)
                    and not one._is_in(since)
                    and (one.on_shift or not one.off_since or one.off_since <= since)
                )
            )
        ).user_id

    def _is_in(self, moment):
        """Whether this employee is there at a moment: for the switch, its present position counts."""
        self.ensure_one()
        user, resource = self.user_id, self.user_id.resource_ids[:1]
        if not user.active or not self.on_shift:
            return False
        # mail's own days off, set by the employee in the preferences
        starts, ends = user.out_of_office_from, user.out_of_office_to
        if starts and starts <= moment and (not ends or moment <= ends):
            return False
        if self._is_on_leave(resource, moment):
            return False
        calendar = self.calendar_id or resource.calendar_id
        if not calendar or calendar.flexible_hours:
            return True
        day = fields.Date.to_date(moment)
        start = fields.Datetime.to_datetime(fields.Date.subtract(day, days=1))
        end = fields.Datetime.to_datetime(fields.Date.add(day, days=2))
        return calendar._chats_working_time(start, end, user.company_id).is_open(moment)

    @staticmethod
    def _is_on_leave(resource, moment):
        return bool(resource) and bool(
            resource.env["resource.calendar.leaves"].search_count(
                [
                    ("resource_id", "=", resource.id),
                    ("time_type", "=", "leave"),
                    ("date_from", "<=", moment),
                    ("date_to", ">", moment),
                ],
                limit=1,
            )
        )


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        self.env["marketplace.employee"]._of(channels.user_ids)
        return channels

    def write(self, vals):
        result = super().write(vals)
        if "user_ids" in vals:
            self.env["marketplace.employee"]._of(self.user_ids)
        return result


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    @api.model
    @api.readonly
    def chats_start(self):
        """With ``on_shift``: of this user; None where chats are not distributed, so that nobody has to care."""
        # sudo: rules are the administrators' business, that there are any is not
        ruled = (
            self.env["marketplace.rule"]
            .sudo()
            .search_count([("company_id", "in", [False, *self.env.companies.ids])], limit=1)
        )
        employee = self.env["marketplace.employee"].sudo().search([("user_id", "=", self.env.uid)])
        return {**super().chats_start(), "on_shift": employee.on_shift if ruled and employee else None}

    @api.model
    def chats_shift(self, on=True):
        """Begin or end one's own shift."""
        self.check_access("read")
        # sudo: one's own switch
        employee = self.env["marketplace.employee"]._of(self.env.user)
        employee.on_shift = bool(on)
        self.env["marketplace.job"].sudo()._trigger("rules")
        return {"on_shift": employee.on_shift}
