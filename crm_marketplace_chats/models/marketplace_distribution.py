"""Giving chats to people by the rules: chats that are nobody's, and those of somebody who is away."""

from collections import namedtuple
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

Waiting = namedtuple("Waiting", "id user_id since make price owner_id")
#: How far back it is looked whose turn it is.
MEMORY = timedelta(days=1)


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _rules(self):
        """The rules that may concern this channel, in their order."""
        self.ensure_one()
        return self.env["marketplace.rule"].search(
            Domain("company_id", "in", [False, self.company_id.id])
            & (Domain("channel_ids", "=", False) | Domain("channel_ids", "in", self.ids))
        )

    def _distribute(self):
        """Give what waits to somebody who is there; one statement per employee.

        :return: the conversations that were given
        """
        self.ensure_one()
        Conversation = self.env["marketplace.conversation"]
        rules = self._rules()
        waiting = rules and self._waiting_chats()
        if not waiting:
            return Conversation
        now = fields.Datetime.now()
        everybody = self.user_ids | self.env["res.users"].browse({one.user_id for one in waiting} - {None})
        employees = self.env["marketplace.employee"]._of(everybody)
        desk = Desk(self, employees.filtered(lambda one: one._is_in(now)).user_id & self.user_ids)
        left_alone = {rule: self._left_alone(rule, employees, waiting, now) for rule in rules}
        given = {}
        for chat in waiting:
            for rule in rules:
                is_free = not chat.user_id or chat.id in left_alone[rule]
                if is_free and rule._fits(chat.make, chat.price) and (user := desk.choose(rule, chat)):
                    given.setdefault(user, []).append(chat.id)
                    break
        for user, ids in given.items():
            Conversation.browse(ids).write({"user_id": user.id})
        return Conversation.browse(number for ids in given.values() for number in ids)

    def _left_alone(self, rule, employees, waiting, now):
        """:return: ids of chats whose responsible has been away too long, or does not use the channel any more"""
        if not rule.hand_on_minutes:
            return set()
        since = now - timedelta(minutes=rule.hand_on_minutes)
        gone = set((employees._away_throughout(since, now) | (employees.user_id - self.user_ids)).ids)
        return {chat.id for chat in waiting if chat.user_id in gone and chat.since <= since}

    def _waiting_chats(self):
        """What waits and is not put off, the longest wait first, with what the rules ask for."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT c.id, c.user_id, c.waiting_since,
                   lower(coalesce(p.vehicle_make, l.vehicle_data->>'vehicle_make', '')),
                   coalesce(nullif(p.list_price, 0), l.price, 0), p.vehicle_user_id
              FROM marketplace_conversation c
              LEFT JOIN product_template p ON p.id = c.vehicle_id
              LEFT JOIN marketplace_listing l ON l.id = c.listing_id
             WHERE c.channel_id = %s AND c.is_unprocessed AND c.queued_since IS NOT NULL
             ORDER BY c.waiting_since, c.id
            """,
            (self.id,),
        )
        return [Waiting(*row) for row in self.env.cr.fetchall()]


class Desk:
    """Those who are there, and how busy they are while chats are handed out."""

    def __init__(self, channel, users):
        self.users = users
        conversations = channel.env["marketplace.conversation"]
        busy = conversations._read_group(
            [("user_id", "in", users.ids), ("is_unprocessed", "=", True)], ["user_id"], ["__count"]
        )
        recent = fields.Datetime.now() - MEMORY
        last = conversations._read_group(
            [("user_id", "in", users.ids), ("assigned_at", ">", recent)], ["user_id"], ["assigned_at:max"]
        )
        self.load = dict.fromkeys(users, 0) | dict(busy)
        self.last = dict.fromkeys(users, recent) | dict(last)

    def choose(self, rule, chat):
        """:return: the employee who gets this chat by this rule, None when nobody is there"""
        owner = self.users.filtered(lambda user: user.id == chat.owner_id)
        able = self.users & rule.user_ids if rule.user_ids else self.users
        user = (
            owner
            if rule.strategy == "owner" and owner
            else min(able, key=lambda user: (self.load[user], self.last[user], user.id), default=None)
        )
        if user:
            self.load[user] += 1
            self.last[user] = fields.Datetime.now()
        return user


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    assigned_at = fields.Datetime("Given", readonly=True, copy=False)

    _assigned = models.Index("(user_id, assigned_at) WHERE assigned_at IS NOT NULL")
    _waiting_of = models.Index("(user_id) WHERE is_unprocessed")

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            # sudo: follows from the assignment, which was allowed
            self.sudo().assigned_at = fields.Datetime.now() if vals["user_id"] else False
        return result


class ProductTemplate(models.Model):
    _inherit = "product.template"

    vehicle_user_id = fields.Many2one(
        "res.users",
        "Responsible for the Car",
        domain=[("share", "=", False)],
        ondelete="set null",
        help="Gets the chats about this car, where a rule of distribution says so.",
    )
