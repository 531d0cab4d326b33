"""How well a channel is connected, for the page «Connection» and for the screens that depend on it."""

from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.tools import format_datetime

from .reasons import describe_reason

#: A channel that was not asked for longer than this is behind, whatever its jobs say.
BEHIND_AFTER = timedelta(minutes=3)
#: Of all jobs together, on the page.
SHOWN_TROUBLES = 5
WARNING = "mail.mail_activity_data_warning"


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    lag_minutes = fields.Integer("Behind, min", compute="_compute_connection")
    outbox_count = fields.Integer("Waiting to Be Sent", compute="_compute_connection")
    unknown_count = fields.Integer("Outcome Unknown", compute="_compute_connection")
    failed_count = fields.Integer("Not Sent", compute="_compute_connection")
    media_count = fields.Integer("Files Being Fetched", compute="_compute_connection")
    budget_used = fields.Integer("Request Budget Used, %", compute="_compute_connection")
    poison_count = fields.Integer("Deliveries Not Understood", compute="_compute_connection")
    last_delivery_at = fields.Datetime("Last Delivery", compute="_compute_last_delivery_at")
    has_deliveries = fields.Boolean(compute="_compute_connection")
    last_troubles = fields.Json("Last Errors", compute="_compute_last_troubles")
    reconciled_at = fields.Datetime("Last Comparison", compute="_compute_connection")
    reconcile_result = fields.Char("Result of the Comparison", compute="_compute_connection")

    @api.depends_context("lang")
    def _compute_connection(self):
        states = self._count_by_channel("marketplace.message", "state", [("direction", "=", "out")])
        media = self._count_by_channel(
            "marketplace.message", "media_state", [("media_state", "=", "pending")]
        )
        events = self._count_by_channel("marketplace.event", "state", [("state", "=", "poison")])
        now = fields.Datetime.now()
        for channel in self:
            count = states.get(channel.id, {})
            channel.outbox_count = count.get("queued", 0) + count.get("sending", 0)
            channel.unknown_count = count.get("unknown", 0)
            channel.failed_count = count.get("failed", 0)
            channel.media_count = media.get(channel.id, {}).get("pending", 0)
            channel.poison_count = events.get(channel.id, {}).get("poison", 0)
            channel.budget_used = 100 * channel._budget(channel._client_settings()).used(self.env.cr)
            channel.has_deliveries = channel._client_class().can_subscribe or not channel._pulls()
            channel.lag_minutes = channel._lag(now).total_seconds() // 60
            # sudo: jobs are for administrators, what they found is for the page
            report = channel.sudo().job_ids.filtered(lambda job: job.kind == "reconcile").report or {}
            channel.reconciled_at = report.get("at")
            channel.reconcile_result = bool(report) and self.env._(
                "%(checked)s chats compared, %(repaired)s repaired",
                checked=report["checked"],
                repaired=report["repaired"],
            )

    def _compute_last_delivery_at(self):
        for channel in self:
            # sudo: when one came is for everybody who sees the channel, what it says is not
            last = self.env["marketplace.event"].sudo().search([("channel_id", "=", channel.id)], limit=1)
            channel.last_delivery_at = last.create_date

    @api.depends("job_ids.troubles")
    @api.depends_context("lang", "uid")  # of the user is the time zone
    def _compute_last_troubles(self):
        kinds = dict(self.env["marketplace.job"]._fields["kind"]._description_selection(self.env))
        for channel in self:
            # sudo: jobs are for administrators, what they met is for the page
            troubles = [
                (trouble, kinds[job.kind]) for job in channel.sudo().job_ids for trouble in job.troubles or ()
            ]
            troubles.sort(key=lambda pair: pair[0]["last"], reverse=True)
            channel.last_troubles = [
                channel._describe_trouble(number, *pair)
                for number, pair in enumerate(troubles[:SHOWN_TROUBLES])
            ]

    def _describe_trouble(self, number, trouble, kind):
        """A trouble of a job as the page shows it."""
        last = datetime.fromtimestamp(trouble["last"], timezone.utc).replace(tzinfo=None)
        return {
            "id": number,
            "when": format_datetime(self.env, last, dt_format="dd.MM HH:mm"),
            "what": kind,
            "words": describe_reason(self.env, trouble["reason"], self.marketplace),
            "times": trouble["times"],
        }

    def _pulls(self):
        return self._client_class().pulls(self._client_settings())

    def _count_by_channel(self, model, field, domain):
        """``{channel id: {value: count}}``; sudo: counts for those who may see the channel"""
        groups = (
            self.env[model]
            .sudo()
            ._read_group([("channel_id", "in", self.ids), *domain], ["channel_id", field], ["__count"])
        )
        counts = {}
        for channel, value, count in groups:
            counts.setdefault(channel.id, {})[value] = count
        return counts

    def _lag(self, now):
        """Time since the marketplace was last asked with success; nothing for a channel that only receives."""
        self.ensure_one()
        if not self.active or not self._pulls():
            return timedelta()
        interval = timedelta(minutes=self.env["res.config.settings"]._chats_pull_interval())
        since = self.last_success_at or self.create_date or now
        return max(now - since - interval, timedelta())

    def _is_behind(self):
        return self._lag(fields.Datetime.now()) > BEHIND_AFTER

    def _call_administrators(self):
        """An activity for those who can enter keys while the keys are refused, gone as soon as they are taken again."""
        self.ensure_one()
        if self.state != "refused":
            self.activity_unlink([WARNING])
            return
        if self.activity_search([WARNING]):
            return
        for user in self.env.ref("base.group_system").all_user_ids.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        ):
            channel = self.with_context(lang=user.lang)
            note = " ".join(filter(None, (channel.state_message, channel.state_cure)))
            self.activity_schedule(WARNING, summary=self.name, note=note, user_id=user.id)
