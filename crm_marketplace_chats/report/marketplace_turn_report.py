from odoo import fields, models
from odoo.tools import SQL

from ..models.marketplace_turn import ENDINGS, STARTS

#: Minutes of working time in which it is told whether an answer came.
STEPS = (1, 5, 15)


class MarketplaceTurnReport(models.Model):
    """Answer times: one row per turn of a buyer, with what it is grouped by.

    A client who still waits counts against a step only when that is certain: when the goal has passed, and the step is
    not beyond the goal. What was ticked without an answer is in no share.
    """

    _name = "marketplace.turn.report"
    _description = "Answer Times"
    _auto = False
    _order = "started_at desc, id desc"
    _rec_name = "conversation_id"
    _depends = {
        "marketplace.turn": [
            "conversation_id", "channel_id", "started_at", "ended_at", "ended_by", "starts_with", "is_first", "user_id",
            "working_seconds", "call_count", "missed_count",
        ],
        "marketplace.conversation": ["user_id", "listing_id", "vehicle_id", "goal_at"],
        "marketplace.channel": ["company_id", "marketplace", "calendar_id", "goal_minutes"],
        "marketplace.listing": ["vehicle_data"],
        "product.template": ["vehicle_make"],
        "res.company": ["resource_calendar_id"],
        "resource.calendar": ["tz"],
    }  # fmt: skip

    conversation_id = fields.Many2one("marketplace.conversation", "Chat", readonly=True)
    chat_count = fields.Integer("Chats", readonly=True, aggregator="count_distinct")
    channel_id = fields.Many2one("marketplace.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    marketplace = fields.Char(readonly=True)
    listing_id = fields.Many2one("marketplace.listing", readonly=True)
    vehicle_make = fields.Char("Make", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        "Employee",
        readonly=True,
        help="Who answered; while the client waits: who is responsible. Nobody for answers by telephone and in the "
        "marketplace's own app, which do not say who gave them.",
    )
    started_at = fields.Datetime("Asked", readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    hour = fields.Char("Hour of the Day", readonly=True, help="By the clock of the channel's working hours.")
    weekday = fields.Selection(
        [
            ("1", "Monday"),
            ("2", "Tuesday"),
            ("3", "Wednesday"),
            ("4", "Thursday"),
            ("5", "Friday"),
            ("6", "Saturday"),
            ("7", "Sunday"),
        ],
        "Day of the Week",
        readonly=True,
    )
    starts_with = fields.Selection(STARTS, "Began With", readonly=True)
    ended_by = fields.Selection(ENDINGS, readonly=True)
    is_first = fields.Boolean("First of the Chat", readonly=True)
    call_count = fields.Integer("Calls", readonly=True)
    missed_count = fields.Integer("Missed Calls", readonly=True)
    answered_count = fields.Integer("Answered", readonly=True)
    ticked_count = fields.Integer("Ticked Without an Answer", readonly=True)
    waiting_count = fields.Integer("Waiting", readonly=True)
    minutes = fields.Float("Answer, Working Min", readonly=True, aggregator="avg")
    first_minutes = fields.Float("First Answer, Working Min", readonly=True, aggregator="avg")
    longest_minutes = fields.Float("Longest Wait, Working Min", readonly=True, aggregator="max")
    within_1 = fields.Float("Within 1 Min, %", readonly=True, aggregator="avg")
    within_5 = fields.Float("Within 5 Min, %", readonly=True, aggregator="avg")
    within_15 = fields.Float("Within 15 Min, %", readonly=True, aggregator="avg")
    within_goal = fields.Float("Within the Goal, %", readonly=True, aggregator="avg")

    @property
    def _table_query(self):
        return SQL("%s %s", self._select(), self._from())

    def _select(self):
        within = [
            SQL("%s AS %s", self._within(SQL("%s", step)), SQL.identifier(f"within_{step}")) for step in STEPS
        ]
        return SQL(
            """
            SELECT t.id, t.conversation_id, t.conversation_id AS chat_count, t.channel_id, ch.company_id,
                   ch.marketplace, c.listing_id,
                   coalesce(p.vehicle_make, l.vehicle_data->>'vehicle_make') AS vehicle_make,
                   CASE WHEN t.ended_at IS NULL THEN c.user_id ELSE t.user_id END AS user_id,
                   t.started_at, t.ended_at, to_char(x.local, 'HH24') AS hour,
                   extract(isodow FROM x.local)::int::text AS weekday,
                   t.starts_with, t.ended_by, t.is_first, t.call_count, t.missed_count,
                   x.is_answered::int AS answered_count, (t.ended_by = 'tick')::int AS ticked_count,
                   (t.ended_at IS NULL)::int AS waiting_count,
                   x.minutes, CASE WHEN t.is_first THEN x.minutes END AS first_minutes,
                   x.minutes AS longest_minutes, %s, %s AS within_goal
            """,
            SQL(", ").join(within),
            self._within(SQL("nullif(ch.goal_minutes, 0)")),
        )

    @staticmethod
    def _within(minutes):
        """100 or 0: whether the answer came within these minutes; null while that is open, or never will be known."""
        return SQL(
            """
            CASE WHEN x.is_answered THEN CASE WHEN x.minutes <= %(minutes)s THEN 100 ELSE 0 END
                 WHEN t.ended_at IS NULL AND c.goal_at <= now() AT TIME ZONE 'UTC'
                      AND %(minutes)s <= ch.goal_minutes THEN 0
            END
            """,
            minutes=minutes,
        )

    def _from(self):
        return SQL(
            """
              FROM marketplace_turn t
              JOIN marketplace_conversation c ON c.id = t.conversation_id
              JOIN marketplace_channel ch ON ch.id = t.channel_id
              JOIN res_company co ON co.id = ch.company_id
              LEFT JOIN resource_calendar rc ON rc.id = coalesce(ch.calendar_id, co.resource_calendar_id)
              LEFT JOIN marketplace_listing l ON l.id = c.listing_id
              LEFT JOIN product_template p ON p.id = c.vehicle_id
              CROSS JOIN LATERAL (
                    SELECT t.ended_at IS NOT NULL AND t.ended_by <> 'tick' AS is_answered,
                           CASE WHEN t.ended_by <> 'tick' THEN t.working_seconds / 60.0 END AS minutes,
                           t.started_at AT TIME ZONE 'UTC' AT TIME ZONE coalesce(rc.tz, 'UTC') AS local
                   ) x
            """
        )
