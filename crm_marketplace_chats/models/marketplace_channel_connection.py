"""How well a channel is connected, for the page «Connection» and for the screens that depend on it."""

from datetime import timedelta

from odoo import api, fields, models

#: A channel that was not asked for longer than this is behind, whatever its jobs say.
BEHIND_AFTER = timedelta(minutes=3)
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
            channel.lag_minutes = channel._lag(now).total_seconds() // 60
            # sudo: jobs are for administrators, what they found is for the page
            report = channel.sudo().job_ids.filtered(lambda job: job.kind == "reconcile").report or {}
            channel.reconciled_at = report.get("at")
            channel.reconcile_result = bool(report) and self.env._(
                "%(checked)s chats compared, %(repaired)s repaired",
                checked=report["checked"],
                repaired=report["repaired"],
            )

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
        if not self.active or not self._client_class().pulls(self._client_settings()):
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
            message = self.with_context(lang=user.lang).state_message
            self.activity_schedule(WARNING, summary=self.name, note=message, user_id=user.id)
