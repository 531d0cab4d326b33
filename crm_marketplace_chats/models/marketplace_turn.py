from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from .bulk import insert_rows, update_changed
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


class Begin(NamedTuple):
    """Where a story is told from.

    :param has_earlier: whether there are turns before it
    """

    place: Place
    has_earlier: bool


BEGINNING = Begin(Place(fields.Datetime.to_datetime("1970-01-01"), 0), has_earlier=False)


class MarketplaceTurn(models.Model):
    """One turn of a buyer: from what he said first that was not answered to the answer. See `turns` for the rules.

    A function of the messages and the ticks, told anew for each conversation that something happens to and never
    added to; so late messages, deletions and retries cannot bend it. Where it is known from when on messages have
    changed, the turns before that moment are left alone (`_unbent`). The working time is reckoned when a turn ends, by
    the hours that held then: hours changed later do not change the past, unless somebody asks for it.
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
    _story = models.Index("(conversation_id, started_at)")

    # ------------------------------------------------------------ telling anew

    @api.model
    def _retell(self, conversations, anew=False, since=None):
        """Tell the turns of these conversations from their messages: one statement per table.

        :param anew: reckon the working time also of turns that have not changed
        :param since: ``{conversation id: moment}``: no earlier message has changed since the last telling, and no
            tick; conversations that are not in it are told as a whole
        """
        if not conversations.ids:
            return
        begins = self._unbent(conversations.ids, since or {})
        stories = self._stories(begins)
        stored = self._stored(begins)
        told = [
            self._row(conversation_id, channel_id, turn)
            for conversation_id, (channel_id, entries, ticks) in stories.items()
            for turn in turns_of(entries, ticks, begins[conversation_id].has_earlier)
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
        known = [row for row in changed if row["id"]]
        new = [{name: row[name] for name in row if name != "id"} for row in changed if not row["id"]]
        created = insert_rows(self, new, ("conversation_id", "start_message_id"))
        self.browse(created).invalidate_recordset()
        update_changed(self, [{"id": row.pop("id"), **row} for row in known])

    @api.model
    def _unbent(self, conversation_ids, since):
        """Where telling has to begin: with the last turn that an answer ended before the first change.

        Whatever came after that answer, neither this turn nor one before it can change: each of them ends with its
        first answer or first tick at the latest, and those are as they were.

        :return: ``{conversation id: Begin}``
        """
        begins = dict.fromkeys(conversation_ids, BEGINNING)
        if since:
            self.flush_model()
            self.env.cr.execute(
                """
                SELECT c.id, t.started_at, t.start_message_id, NOT t.is_first
                  FROM unnest(%s, %s::timestamp[]) AS c(id, since)
                  JOIN LATERAL (
                        SELECT * FROM marketplace_turn
                         WHERE conversation_id = c.id AND started_at < c.since AND ended_at < c.since
                           AND ended_by <> 'tick'
                         ORDER BY started_at DESC, start_message_id DESC LIMIT 1
                       ) t ON true
                """,
                (list(since), list(since.values())),
            )
            begins |= {
                conversation: Begin(Place(at, message), has_earlier)
                for conversation, at, message, has_earlier in self.env.cr.fetchall()
            }
        return begins

    @api.model
    def _stories(self, begins):
        """``{conversation id: (channel id, entries, ticks)}`` from there on; noise tells nothing."""
        self.env.flush_all()
        story = self._from(begins)
        self.env.cr.execute(
            """
            SELECT m.conversation_id, m.channel_id, m.sent_at, m.id, m.author_id,
                   m.direction = 'in',
                   CASE WHEN m.kind = 'call' AND m.data->'call'->>'missed' = 'false' THEN 'call'
                        WHEN m.direction = 'out' AND m.state = ANY(%(answered)s)
                        THEN CASE WHEN m.author_id IS NULL THEN 'app' ELSE 'reply' END
                        ELSE '' END,
                   m.kind = 'call', m.kind = 'call' AND m.data->'call'->>'missed' = 'true'
              FROM unnest(%(ids)s, %(moments)s::timestamp[], %(messages)s) AS b(id, at, message)
              JOIN marketplace_conversation c ON c.id = b.id
              JOIN marketplace_message m ON m.conversation_id = b.id AND (m.sent_at, m.id) >= (b.at, b.message)
             WHERE m.is_noise IS NOT TRUE AND m.is_auto IS NOT TRUE AND c.is_noise IS NOT TRUE
               AND (m.direction = 'in' AND m.kind <> 'deleted'
                    OR m.direction = 'out' AND m.state = ANY(%(answered)s))
             ORDER BY m.conversation_id, m.sent_at, m.id
            """,
            {**story, "answered": list(ANSWERED_STATES)},
        )
        stories = {}
        for conversation, channel, at, message, author, asks, answers, call, missed in self.env.cr.fetchall():
            entries = stories.setdefault(conversation, (channel, [], []))[1]
            entries.append(Entry(Place(at, message), asks, answers, author, call, missed))
        self.env.cr.execute(
            """
            SELECT t.conversation_id, t.message_at, t.message_id, t.ticked_at, t.user_id
              FROM unnest(%(ids)s, %(moments)s::timestamp[], %(messages)s) AS b(id, at, message)
              JOIN marketplace_tick t ON t.conversation_id = b.id AND (t.message_at, t.message_id) >= (b.at, b.message)
             ORDER BY t.conversation_id, t.message_at, t.message_id
            """,
            story,
        )
        for conversation, at, message, ticked_at, user in self.env.cr.fetchall():
            if conversation in stories:
                stories[conversation][2].append(Tick(Place(at, message), ticked_at, user))
        return stories

    @staticmethod
    def _from(begins):
        """Parameters of the statements that read a story from there on."""
        return {
            "ids": list(begins),
            "moments": [begin.place.at for begin in begins.values()],
            "messages": [begin.place.id for begin in begins.values()],
        }

    @api.model
    def _stored(self, begins):
        """``{(conversation id, id of the first message): the turn as a dict}``, from there on; without those whose
        messages were erased: figures say nothing of the client, and stay."""
        names = ["id", "conversation_id", "start_message_id", *FACTS]
        self.env.cr.execute(
            SQL(
                """
                SELECT %s FROM unnest(%s, %s::timestamp[], %s) AS b(id, at, message)
                  JOIN marketplace_turn t ON t.conversation_id = b.id
                   AND (t.started_at, t.start_message_id) >= (b.at, b.message)
                  JOIN marketplace_conversation c ON c.id = b.id
                 WHERE NOT (c.erased_at IS NOT NULL AND t.ended_at <= c.erased_at
                            AND NOT EXISTS (SELECT FROM marketplace_message m WHERE m.id = t.start_message_id))
                    OR t.ended_at IS NULL
                """,
                SQL(", ").join(SQL.identifier("t", name) for name in names),
                *self._from(begins).values(),
            )
        )
        turns = [dict(zip(names, row, strict=True)) for row in self.env.cr.fetchall()]
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
