"""How long clients wait on average: as the marketplace reckons it, and as we do."""

from datetime import timedelta

from odoo import api, fields, models

#: Our own average is of the turns that ended in these days.
DAYS = 30


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    remote_delay_minutes = fields.Integer(
        "Average Answer by the Marketplace, min", readonly=True, copy=False, aggregator=None
    )
    remote_delay_at = fields.Datetime(readonly=True, copy=False, help="When the marketplace said so first.")
    own_delay_minutes = fields.Float(
        "Average Answer, Working Min", compute="_compute_own_delay_minutes", digits=(10, 1)
    )

    def _compute_own_delay_minutes(self):
        since = fields.Datetime.now() - timedelta(days=DAYS)
        # sudo: the average of a channel is for everybody who may see the channel's page
        groups = (
            self.env["marketplace.turn"]
            .sudo()
            ._read_group(
                [
                    ("channel_id", "in", self.ids),
                    ("ended_at", ">=", since),
                    ("ended_by", "in", ("reply", "app")),
                ],
                ["channel_id"],
                ["working_seconds:avg"],
            )
        )
        averages = {channel.id: seconds for channel, seconds in groups}
        for channel in self:
            channel.own_delay_minutes = averages.get(channel.id, 0) / 60

    @api.model
    def _newest_delay(self, batch):
        """What the chat says that moved last; None where none says anything."""
        told = [one for one in batch.conversations if one.our_delay_minutes is not None and one.updated_at]
        return max(told, key=lambda one: one.updated_at).our_delay_minutes if told else None

    def _apply_batch(self, batch):
        minutes = self._newest_delay(batch)
        if minutes is not None:
            # Past the ORM, which would have the channel written with each batch.
            self.env.cr.execute(
                """
                UPDATE marketplace_channel
                   SET remote_delay_minutes = %(minutes)s, remote_delay_at = now() at time zone 'UTC'
                 WHERE id = %(id)s
                   AND (remote_delay_minutes IS DISTINCT FROM %(minutes)s OR remote_delay_at IS NULL)
                """,
                {"minutes": minutes, "id": self.id},
            )
            self.invalidate_recordset(["remote_delay_minutes", "remote_delay_at"])
        return super()._apply_batch(batch)
