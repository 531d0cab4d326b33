import json
import logging
from hashlib import sha256

from odoo import api, fields, models
from odoo.tools import SQL

from ..marketplaces.payload import Batch
from ..marketplaces.reading import clean
from .bulk import CONFLICTS, execute_quietly
from .marketplace_job import DONE, MORE
from .reasons import describe_reason

_logger = logging.getLogger(__name__)

PORTION = 200
#: Days that understood events are kept; how many of the older ones go in one transaction.
KEPT_DAYS, GONE_AT_ONCE = 14, 5000


class MarketplaceEvent(models.Model):
    """One delivery exactly as it came. It is stored before anybody tries to understand it, so that nothing is lost
    by a mistake of ours; what cannot be understood stays, visible, and can be tried again."""

    _name = "marketplace.event"
    _description = "Marketplace Delivery"
    _order = "id desc"
    _rec_name = "create_date"

    channel_id = fields.Many2one(
        "marketplace.channel", required=True, ondelete="cascade", index=True, readonly=True
    )
    key = fields.Char(
        required=True, readonly=True, help="Digest of the body: the same delivery twice is stored once."
    )
    body = fields.Text(required=True, readonly=True, groups="base.group_system")
    signature = fields.Char(readonly=True, groups="base.group_system", help="As sent; never trusted.")
    state = fields.Selection(
        [("new", "New"), ("done", "Understood"), ("poison", "Not Understood")],
        default="new",
        required=True,
        readonly=True,
    )
    reason = fields.Char(readonly=True)
    error = fields.Char(compute="_compute_error")

    _delivery = models.UniqueIndex("(channel_id, key)", "This delivery is stored already.")
    _new = models.Index("(channel_id, id) WHERE state = 'new'")

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_error(self):
        for event in self:
            event.error = event.reason and describe_reason(
                self.env, event.reason, event.channel_id.marketplace
            )

    @api.model
    def _store(self, channel, body, signature=""):
        """Store a delivery.

        :param str body: JSON, checked by the caller
        :return: whether it is new
        """
        rows = execute_quietly(
            self.env,
            SQL(
                """
                INSERT INTO marketplace_event (channel_id, key, body, signature, state, create_date, write_date,
                                               create_uid, write_uid)
                VALUES (%s, %s, %s, %s, 'new', now() at time zone 'UTC', now() at time zone 'UTC', %s, %s)
                ON CONFLICT (channel_id, key) DO NOTHING RETURNING id
                """,
                channel.id,
                sha256(body.encode()).hexdigest(),
                body,
                signature[:256],
                self.env.uid,
                self.env.uid,
            ),
        )
        return bool(rows)

    @api.model
    def _apply_stored(self, channel, job):
        """Job: understand and apply what was delivered, oldest first. One bad delivery does not stop the next."""
        events = self.search(
            [("channel_id", "=", channel.id), ("state", "=", "new")], order="id", limit=PORTION
        )
        if not events and not channel._partial_conversations():
            return None
        with channel._client() as client:
            self._apply_readable(channel, client, events)
            channel._describe_partial(client)
        return MORE if len(events) == PORTION else DONE

    @api.model
    def _apply_readable(self, channel, client, events):
        batches = {event: event._read(client) for event in events}
        readable = {event: batch for event, batch in batches.items() if batch}
        self.env.cr.commit()
        try:
            self._apply_all(channel, readable)
        except CONFLICTS:  # others are busy with the same chats: no fault of the deliveries
            raise
        except Exception:  # one of them holds what cannot be stored: find out which, and go on without it
            self.env.cr.rollback()
            _logger.warning("channel %s: deliveries are applied one by one", channel.id, exc_info=True)
            for event, batch in readable.items():
                event._apply_alone(channel, batch)

    def _read(self, client):
        """:return: `payload.Batch`, or None when the delivery is not understood"""
        try:
            return client.read_delivery(clean(json.loads(self.body)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            _logger.warning(
                "channel %s: delivery %s is not understood", self.channel_id.id, self.id, exc_info=True
            )
            self.write({"state": "poison", "reason": "bad_answer"})

    @api.model
    def _apply_all(self, channel, batches):
        channel._apply_and_commit(
            Batch(
                tuple(remote for batch in batches.values() for remote in batch.conversations),
                tuple(remote for batch in batches.values() for remote in batch.messages),
                tuple(remote for batch in batches.values() for remote in batch.listings),
            )
        )
        self.union(*batches).write({"state": "done"})
        self.env.cr.commit()

    def _apply_alone(self, channel, batch):
        try:
            self._apply_all(channel, {self: batch})
        except CONFLICTS:
            raise
        except Exception:  # kept, shown to the administrator, and tried again on demand
            self.env.cr.rollback()
            _logger.exception("channel %s: delivery %s cannot be applied", channel.id, self.id)
            self.write({"state": "poison", "reason": "internal"})
            self.env.cr.commit()

    def action_retry(self):
        """Try again what was not understood."""
        self.check_access("write")
        self.sudo().write({"state": "new", "reason": False})
        self.env["marketplace.job"].sudo()._trigger("events")

    @api.autovacuum
    def _gc_understood(self):
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS)
        self.flush_model(["state"])
        self.env.cr.execute(
            """
            DELETE FROM marketplace_event WHERE id IN (
                SELECT id FROM marketplace_event WHERE state = 'done' AND create_date < %s ORDER BY id LIMIT %s
            )
            """,
            (limit, GONE_AT_ONCE),
        )
        # Odoo calls again for what is left, in a transaction of its own.
        return self.env.cr.rowcount, self.env.cr.rowcount == GONE_AT_ONCE
