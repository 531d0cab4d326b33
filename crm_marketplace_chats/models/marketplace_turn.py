from odoo import api, fields, models
from odoo.tools import SQL

from .bulk import update_changed
from .marketplace_message import ANSWERED_STATES
from .turns import Entry, Place, Tick, turns_of

#: Conversations told anew in one transaction.
PORTION = 500
#: What is compared to see whether a stored turn still holds.
FACTS = (
    "started_at is_first starts_with ended_at ended_by user_id message_count call_count missed_count".split()
)
#: What a turn began with, and how it ended.
STARTS = [("message", "Message"), ("call", "Call")]
ENDINGS = [
    ("reply", "Reply"),
    ("app", "Reply in the Marketplace's App"),
    ("call", "Call"),
    ("tick", "Tick, Without an Answer"),
]


class MarketplaceTurn(models.Model):
    """One turn of a buyer: from what he said first that was not answered to the answer. See `turns` for the rules.

    A function of the messages and the ticks, told anew as a whole for each conversation that something happens to and
    never added to; so late messages, deletions and retries cannot bend it. The working time is reckoned when a turn
    ends, by the hours that held then: hours changed later do not change the past, unless somebody asks for it.
    """

    _name = "marketplace.turn"
    _description = "Client's Turn"
    _order = "started_at desc, id desc"
    _rec_name = "conversation_id"

    conversation_id = fields.Many2one(
        "marketplace.conversation", "Chat", required=True, ondelete="cascade", readonly=True
    )
    channel_id = fields.Many2one("marketplace.channel", required=True, ondelete="cascade", readonly=True)
    start_message_id = fields.Integer(required=True, readonly=True)
    started_at = fields.Datetime("Asked", required=True, readonly=True)
    is_first = fields.Boolean("First of the Chat", readonly=True)
    starts_with = fields.Selection(STARTS, "Began With", required=True, readonly=True)
    ended_at = fields.Datetime("Answered", readonly=True)
    ended_by = fields.Selection(
        ENDINGS,
        readonly=True,
        help="Empty: the client waits.",
    )
    user_id = fields.Many2one("res.users", "Answered By", ondelete="set null", readonly=True)
    working_seconds = fields.Integer("Working Time, s", readonly=True)
    message_count = fields.Integer("Messages", readonly=True)
    call_count = fields.Integer("Calls", readonly=True)
    missed_count = fields.Integer("Missed Calls", readonly=True)

    _start = models.UniqueIndex("(conversation_id, start_message_id)", "This turn is there already.")
    _began = models.Index("(channel_id, started_at)")
    _ended = models.Index("(channel_id, ended_at)")

    # ------------------------------------------------------------ telling anew

    @api.model
    def _retell(self, conversations, anew=False):
        """Tell the turns of these conversations from their messages: one statement per table.

        :param anew: reckon the working time also of turns that have not changed
        """
        if not conversations.ids:
            return
        stories = self._stories(conversations.ids)
        stored = self._stored(conversations.ids)
        told = [
            self._row(conversation_id, channel_id, turn)
            for conversation_id, (channel_id, entries, ticks) in stories.items()
            for turn in turns_of(entries, ticks)
        ]
        changed = []
        for row in told:
            known = stored.pop((row["conversation_id"], row["start_message_id"]), None)
            row["id"] = known and known["id"]
            if anew or not known or any(known[name] != row[name] for name in FACTS):
                changed.append(row)
        self._reckon(changed)
        if stored:
            self.browse(turn["id"] for turn in stored.values()).unlink()
        self.create([{name: row[name] for name in row if name != "id"} for row in changed if not row["id"]])
        update_changed(self, [{"id": row.pop("id"), **row} for row in changed if row["id"]])

    @api.model
    def _stories(self, conversation_ids):
        """``{conversation id: (channel id, entries, ticks)}``; noise tells nothing."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT m.conversation_id, m.channel_id, m.sent_at, m.id, m.author_id,
                   m.direction = 'in',
                   CASE WHEN m.kind = 'call' AND m.data->'call'->>'missed' = 'false' THEN 'call'
                        WHEN m.direction = 'out' AND m.state = ANY(%(answered)s)
                        THEN CASE WHEN m.author_id IS NULL THEN 'app' ELSE 'reply' END
                        ELSE '' END,
                   m.kind = 'call', m.kind = 'call' AND m.data->'call'->>'missed' = 'true'
              FROM marketplace_message m JOIN marketplace_conversation c ON c.id = m.conversation_id
             WHERE m.conversation_id = ANY(%(ids)s) AND m.is_noise IS NOT TRUE AND m.is_auto IS NOT TRUE
               AND c.is_noise IS NOT TRUE
               AND (m.direction = 'in' AND m.kind <> 'deleted'
                    OR m.direction = 'out' AND m.state = ANY(%(answered)s))
             ORDER BY m.conversation_id, m.sent_at, m.id
            """,
            {"ids": list(conversation_ids), "answered": list(ANSWERED_STATES)},
        )
        stories = {}
        for conversation, channel, at, message, author, asks, answers, call, missed in self.env.cr.fetchall():
            entries = stories.setdefault(conversation, (channel, [], []))[1]
            entries.append(Entry(Place(at, message), asks, answers, author, call, missed))
        self.env.cr.execute(
            """
            SELECT conversation_id, message_at, message_id, ticked_at, user_id FROM marketplace_tick
             WHERE conversation_id = ANY(%s) ORDER BY conversation_id, message_at, message_id
            """,
            (list(stories),),
        )
        for conversation, at, message, ticked_at, user in self.env.cr.fetchall():
            stories[conversation][2].append(Tick(Place(at, message), ticked_at, user))
        return stories

    @api.model
    def _stored(self, conversation_ids):
        """``{(conversation id, id of the first message): the turn as a dict}``"""
        names = ["id", "conversation_id", "start_message_id", *FACTS]
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM marketplace_turn WHERE conversation_id = ANY(%s)",
                SQL(", ").join(map(SQL.identifier, names)),
                list(conversation_ids),
            )
        )
        turns = [dict(zip(names, row, strict=True)) for row in rows]
        return {(turn["conversation_id"], turn["start_message_id"]): turn for turn in turns}

    @staticmethod
    def _row(conversation_id, channel_id, turn):
        return {
            "conversation_id": conversation_id,
            "channel_id": channel_id,
            "start_message_id": turn.start.id,
            "started_at": turn.start.at,
            "is_first": turn.is_first,
            "starts_with": turn.starts_with,
            "ended_at": turn.ended_at,
            "ended_by": turn.ended_by,
            "user_id": turn.user_id,
            "message_count": turn.message_count,
            "call_count": turn.call_count,
            "missed_count": turn.missed_count,
        }

    @api.model
    def _reckon(self, rows):
        """Add the working time: the hours of a channel are looked up once for all of its turns."""
        by_channel = {}
        for row in rows:
            row["working_seconds"] = None
            if row["ended_at"]:
                by_channel.setdefault(row["channel_id"], []).append(row)
        for channel_id, ended in by_channel.items():
            hours = (
                self.env["marketplace.channel"]
                .browse(channel_id)
                ._working_time(min(row["started_at"] for row in ended), max(row["ended_at"] for row in ended))
            )
            for row in ended:
                row["working_seconds"] = hours.seconds(row["started_at"], row["ended_at"])


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    turns_told = fields.Boolean(
        readonly=True, copy=False, help="Off: the answer times of all chats are to be reckoned anew."
    )

    def action_retell_turns(self):
        """Reckon all answer times anew, by the working hours that hold now."""
        self.check_access("write")
        self.sudo().turns_told = False
        self.env["marketplace.job"].sudo()._trigger("rules")

    def _retell_all(self):
        """For the job: it commits."""
        self.ensure_one()
        last = 0
        conversations = self.env["marketplace.conversation"].with_context(active_test=False)
        while portion := conversations.search(
            [("channel_id", "=", self.id), ("id", ">", last)], order="id", limit=PORTION
        ):
            self.env["marketplace.turn"]._retell(portion, anew=True)
            last = portion[-1].id
            self.env.cr.commit()
        self.turns_told = True
        self.env.cr.commit()
