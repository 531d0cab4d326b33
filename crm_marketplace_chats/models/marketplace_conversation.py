import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..marketplaces.errors import NOT_DONE
from .bulk import commit_retrying
from .marketplace_message import ANSWERED_STATES

_logger = logging.getLogger(__name__)

#: A marketplace that refuses a read mark is asked again with the next runs, this often in all.
READ_REFUSALS = 3
#: What an employee may change by hand; everything else follows from the messages.
EDITABLE = {"user_id", "partner_id", "lead_id", "vehicle_id", "active"}


class MarketplaceConversation(models.Model):
    """One dialogue with one buyer about one listing.

    The counters and the last-message columns are functions of the stored messages, of the last tick and of the last
    snooze; `_recount` is the only place that writes them, and it never adds.
    """

    _name = "marketplace.conversation"
    _inherit = ["marketplace.versioned"]
    _description = "Marketplace Chat"
    _order = "last_message_at desc nulls last, id desc"
    _rec_name = "buyer_name"

    channel_id = fields.Many2one(
        "marketplace.channel", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    marketplace = fields.Selection(related="channel_id.marketplace", store=True)
    external_id = fields.Char("Number at the Marketplace", readonly=True, copy=False)
    active = fields.Boolean(default=True)
    buyer_name = fields.Char("Client's Name", readonly=True, index="trigram")
    buyer_external_id = fields.Char(readonly=True, copy=False)
    partner_id = fields.Many2one("res.partner", "Client", index="btree_not_null", ondelete="set null")
    listing_id = fields.Many2one("marketplace.listing", index="btree_not_null", readonly=True)
    vehicle_id = fields.Many2one(
        "product.template",
        "Car",
        index="btree_not_null",
        ondelete="set null",
        domain=[("is_vehicle", "=", True)],
        help="Follows the listing; what is chosen here is chosen for the listing.",
    )
    car_title = fields.Char("Asked About", compute="_compute_car_title")
    price_seen = fields.Integer("Price at the Beginning, ₽", readonly=True, aggregator=None)
    lead_id = fields.Many2one("crm.lead", index="btree_not_null", ondelete="set null")
    user_id = fields.Many2one("res.users", "Responsible", index="btree_not_null", ondelete="set null")
    url = fields.Char("Address at the Marketplace", readonly=True)
    is_noise = fields.Boolean(
        "No Client Behind It", readonly=True, help="Support, the marketplace, our own purchases."
    )
    is_blocked = fields.Boolean("Closed for Writing", readonly=True)
    is_calls = fields.Boolean("Calls Alone", readonly=True, help="Ours: the marketplace knows no such chat.")
    is_partial = fields.Boolean(readonly=True, help="The marketplace has not been asked for the details yet.")
    has_gap = fields.Boolean("Older Messages Missing", readonly=True)
    buyer_read_at = fields.Datetime(
        readonly=True, copy=False, help="What we wrote up to this moment has been read by the client."
    )
    message_ids = fields.One2many("marketplace.message", "conversation_id", "Messages", readonly=True)

    last_message_id = fields.Integer("Number of the Last Message", readonly=True, copy=False)
    last_message_at = fields.Datetime("Last Message", readonly=True)
    last_message_preview = fields.Char("Last Text", readonly=True)
    last_message_kind = fields.Char(readonly=True)
    last_message_direction = fields.Selection([("in", "Client"), ("out", "We")], "Last Word", readonly=True)
    last_message_state = fields.Char(readonly=True)
    unread_count = fields.Integer("Unread", readonly=True, aggregator="sum")
    is_unprocessed = fields.Boolean("Waits for an Answer", readonly=True)
    waiting_since = fields.Datetime(readonly=True)
    due_since = fields.Datetime(
        "Returned", readonly=True, help="When the last snooze ended, as long as nobody has answered since."
    )
    queued_since = fields.Datetime(
        "In the Waiting View Since",
        readonly=True,
        help="Unprocessed and not snoozed, or returned from snooze.",
    )
    ticked_at = fields.Datetime("Ticked Up To", readonly=True, copy=False)
    ticked_message_id = fields.Integer(
        readonly=True, copy=False, help="Breaks ties of messages of the same second."
    )

    pulled_external_id = fields.Char(readonly=True, copy=False, help="Newest message that a pull has seen.")
    pull_pending = fields.Boolean(
        readonly=True, copy=False, help="Could not be read; the next pull tries again."
    )
    remote_read_pending = fields.Boolean(
        readonly=True, copy=False, help="To be marked read at the marketplace."
    )
    remote_read_refusals = fields.Integer(readonly=True, copy=False)

    _external = models.UniqueIndex(
        "(channel_id, external_id) WHERE external_id IS NOT NULL", "This chat is there already."
    )
    _newest = models.Index("(last_message_at DESC, id DESC)")
    _newest_of_channel = models.Index("(channel_id, last_message_at DESC, id DESC)")
    _waiting = models.Index("(channel_id, waiting_since) WHERE is_unprocessed")
    _to_mark_read = models.Index("(channel_id) WHERE remote_read_pending")
    _to_describe = models.Index("(channel_id) WHERE is_partial")
    _to_pull_again = models.Index("(channel_id) WHERE pull_pending")

    @api.depends("buyer_name", "marketplace")
    def _compute_display_name(self):
        for conversation in self:
            conversation.display_name = conversation._buyer_name()

    @api.depends("vehicle_id.vehicle_title", "listing_id.title")
    def _compute_car_title(self):
        for conversation in self:
            # sudo: what the client asks about is for everybody who reads the chat
            conversation.car_title = (
                conversation.vehicle_id.sudo().vehicle_title or conversation.listing_id.sudo().title or False
            )

    def _buyer_name(self):
        """Many buyers give no name: then they are a buyer of that marketplace."""
        self.ensure_one()
        return self.buyer_name or self.env._(
            "Client of %(marketplace)s", marketplace=self.channel_id.sudo()._client_class().label
        )

    # ------------------------------------------------------------ writing

    def write(self, vals):
        if not self.env.su and set(vals) - EDITABLE:
            raise AccessError(
                self.env._("Chats are written by the marketplaces; only people and links are yours.")
            )
        result = super().write(vals)
        if "vehicle_id" in vals:
            # sudo: employees join listings to cars through their chats
            listings = self.sudo().listing_id
            listings.vehicle_id = vals["vehicle_id"]
            super(MarketplaceConversation, listings.conversation_ids).write(
                {"vehicle_id": vals["vehicle_id"]}
            )
        if set(vals) & EDITABLE:
            for channel, conversations in self.sudo().grouped("channel_id").items():
                channel._tell_screens(conversations, [])
        return result

    def unlink(self):
        self._tell_gone()
        return super().unlink()

    def _tell_gone(self):
        """What open screens hold of these chats goes, and they ask anew for the numbers."""
        for channel, conversations in self.sudo().grouped("channel_id").items():
            channel._bus_send(
                "crm_marketplace_chats.conversations_gone",
                {"ids": conversations.ids},
                subchannel=channel._bus_subchannel(),
            )

    def _obstacle(self):
        """Why nothing can be written here, in words; False where something can."""
        self.ensure_one()
        channel = self.channel_id.sudo()
        if not channel.active:
            return self.env._("The channel is switched off.")
        if channel.state == "refused":
            return channel.state_message
        if self._is_closed():
            return self.env._("The marketplace has closed this chat for writing.")
        return False

    def _check_writable(self):
        """:raises UserError: when nothing can be sent here, with the reason"""
        if obstacle := self._obstacle():
            raise UserError(obstacle)

    # ------------------------------------------------------------ counters

    def _recount(self, since=None):
        """Recompute what follows from the messages, the last tick and the last snooze, in one statement.

        Done = up to the later of our last answer (a call that was taken is one) and the last tick. Unread = from the
        client, no notice, later than that. Order within one second is the order of the ids.
        A snooze ends with an unread message that came after it, whatever its time: ids grow as messages come.

        :param since: ``{conversation id: moment}`` where no message before that moment has changed; it spares those
            who read the messages one by one (`marketplace.turn`) the older ones
        :return: the conversations in which something changed
        """
        if not self.ids:
            return self
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE marketplace_conversation c
               SET unread_count = n.unread, is_unprocessed = n.unread > 0, waiting_since = n.since,
                   snoozed_until = n.snoozed, due_since = n.due, queued_since = n.queued, last_message_id = n.last_id,
                   last_message_at = n.last_at, last_message_preview = n.preview, last_message_kind = n.kind,
                   last_message_direction = n.direction, last_message_state = n.state
              FROM (
                    SELECT c.id, coalesce(u.unread, 0) AS unread, u.since, z.snoozed, d.due,
                           CASE WHEN z.snoozed IS NULL THEN coalesce(u.since, d.due) END AS queued,
                           l.id AS last_id, l.sent_at AS last_at,
                           left(regexp_replace(l.body, '\\s+', ' ', 'g'), 160) AS preview,
                           CASE WHEN l.kind = 'call' AND l.data->'call'->>'missed' = 'true'
                                THEN 'missed_call' ELSE l.kind END AS kind,
                           l.direction, l.state
                      FROM marketplace_conversation c
                      LEFT JOIN LATERAL (
                            SELECT m.sent_at, m.id FROM marketplace_message m
                             WHERE m.conversation_id = c.id
                               AND (m.direction = 'out' AND m.state = ANY(%(answered)s)
                                    OR m.kind = 'call' AND m.data->'call'->>'missed' = 'false')
                               AND m.is_noise IS NOT TRUE AND m.is_auto IS NOT TRUE
                             ORDER BY m.sent_at DESC, m.id DESC LIMIT 1
                           ) a ON true
                      LEFT JOIN LATERAL (
                            SELECT count(*) AS unread, min(m.sent_at) AS since, max(m.id) AS arrived
                              FROM marketplace_message m
                             WHERE m.conversation_id = c.id AND m.direction = 'in' AND m.is_noise IS NOT TRUE
                               AND m.kind <> 'deleted' AND c.is_noise IS NOT TRUE
                               AND (m.sent_at, m.id) > (coalesce(a.sent_at, '-infinity'), coalesce(a.id, 0))
                               AND (m.sent_at, m.id)
                                 > (coalesce(c.ticked_at, '-infinity'), coalesce(c.ticked_message_id, 0))
                           ) u ON true
                     CROSS JOIN LATERAL (
                            SELECT CASE WHEN u.arrived IS NULL OR u.arrived <= c.snoozed_message_id
                                        THEN c.snoozed_until END AS snoozed
                           ) z
                     CROSS JOIN LATERAL (
                            SELECT CASE WHEN z.snoozed IS NULL
                                         AND c.returned_at > coalesce(a.sent_at, '-infinity')
                                        THEN c.returned_at END AS due
                           ) d
                      LEFT JOIN LATERAL (
                            -- Two walks from the end: sorting by noise would read the whole chat.
                            (SELECT m.*, 1 AS choice FROM marketplace_message m
                              WHERE m.conversation_id = c.id AND m.direction <> 'note' AND m.state <> 'canceled'
                                AND m.is_noise IS NOT TRUE AND m.is_auto IS NOT TRUE
                              ORDER BY m.sent_at DESC, m.id DESC LIMIT 1)
                             UNION ALL
                            (SELECT m.*, 2 FROM marketplace_message m
                              WHERE m.conversation_id = c.id AND m.direction <> 'note' AND m.state <> 'canceled'
                              ORDER BY m.sent_at DESC, m.id DESC LIMIT 1)
                             ORDER BY choice LIMIT 1
                           ) l ON true
                     WHERE c.id = ANY(%(ids)s)
                   ) n
             WHERE c.id = n.id
               AND (c.unread_count, c.is_unprocessed, c.waiting_since, c.snoozed_until, c.due_since, c.queued_since,
                    c.last_message_id, c.last_message_at, c.last_message_preview, c.last_message_kind,
                    c.last_message_direction, c.last_message_state)
                   IS DISTINCT FROM
                   (n.unread::int, n.unread > 0, n.since, n.snoozed, n.due, n.queued, n.last_id, n.last_at,
                    n.preview, n.kind, n.direction, n.state)
            RETURNING c.id
            """,
            {"ids": list(self.ids), "answered": list(ANSWERED_STATES)},
        )
        changed = self.browse(row[0] for row in self.env.cr.fetchall())
        changed.invalidate_recordset()
        return changed

    def _mark_read(self, client):
        """Tell the marketplace that this chat has been answered or ticked. For the send job: it commits."""
        self.ensure_one()
        last = self.env["marketplace.message"].search(
            [("conversation_id", "=", self.id), ("direction", "=", "in"), ("external_id", "!=", False)],
            limit=1,
        )
        external_id, last_id, is_calls = self.external_id, last.external_id or "", self.is_calls
        seen = (self.ticked_message_id, self.last_message_at)
        self.env.cr.commit()
        refusal = None
        if not is_calls:
            try:
                client.mark_read(external_id, last_id)
            except NOT_DONE as error:
                refusal = error

        def settle():
            refusals = self.remote_read_refusals + 1 if refusal else 0
            again = 0 < refusals < READ_REFUSALS
            self.remote_read_refusals = refusals if again else 0
            # What was ticked or answered while the request was on its way is for the next one.
            if (self.ticked_message_id, self.last_message_at) == seen:
                self.remote_read_pending = again

        commit_retrying(self.env, settle)
        if refusal and not self.remote_read_pending:
            _logger.info("channel %s: a chat was not marked read: %s", self.channel_id.id, refusal)

    # ------------------------------------------------------------ elsewhere

    def action_open_chat(self):
        """The chat of this record in the Chats screen."""
        self.ensure_one()
        return self.env["ir.actions.actions"]._for_xml_id("crm_marketplace_chats.action_chats") | {
            "params": {"conversation_id": self.id},
            "context": {"active_id": self.id},
        }
