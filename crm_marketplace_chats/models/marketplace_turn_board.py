"""«Board»: what a head of sales has on the wall."""

from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.exceptions import AccessError

#: Answered within so many seconds of working time is what the wall counts as quick.
QUICK = 300


class MarketplaceTurn(models.Model):
    _inherit = "marketplace.turn"

    @api.model
    @api.readonly
    def chats_board(self):
        """The numbers of the wall, for all chats this administrator may see.

        :return: ``{waiting, late, unowned, oldest, answered, quick_percent, money, people, at}``; ``oldest``:
            ``{since, buyer, car}`` or False; ``quick_percent``: of the clients answered today, False before the first;
            ``money``: whole roubles, each car once; ``people``: ``[{id, name, on_shift, waiting, answered}]``
        """
        if not self.env.user.has_group("crm_marketplace_chats.group_chats_manager"):
            raise AccessError(self.env._("The board is for the administrators of the chats."))
        answered, quick = self._answered_today()
        total = sum(answered.values())
        return {
            **self._waiting_now(),
            "answered": total,
            "quick_percent": round(100 * quick / total) if total else False,
            "people": self._people(answered),
            "at": fields.Datetime.to_string(fields.Datetime.now()),
        }

    @api.model
    def _waits(self):
        """Which chats wait: put off ones do not."""
        return [("queued_since", "!=", False), ("is_unprocessed", "=", True)]

    @api.model
    def _waiting_now(self):
        conversations, waits = self.env["marketplace.conversation"], self._waits()
        oldest = conversations.search(waits, order="waiting_since, id", limit=1)
        return {
            "waiting": conversations.search_count(waits),
            "late": conversations.search_count([*waits, ("goal_at", "<=", fields.Datetime.now())]),
            "unowned": conversations.search_count([*waits, ("user_id", "=", False)]),
            "oldest": bool(oldest)
            and {
                "since": fields.Datetime.to_string(oldest.waiting_since),
                "buyer": oldest._buyer_name(),
                "car": oldest.car_title or "",
            },
            "money": self._money_waiting(waits),
        }

    @api.model
    def _money_waiting(self, waits):
        """Prices of the cars that those who wait ask about; a car that three ask about counts once."""
        groups = self.env["marketplace.conversation"]._read_group(waits, ["vehicle_id", "listing_id"])
        # sudo: employees of the chats need no rights on products to see the price of a car asked about
        prices = {
            (vehicle or listing): vehicle.sudo().list_price or listing.sudo().price
            for vehicle, listing in groups
        }
        return round(sum(prices.values()))

    @api.model
    def _answered_today(self):
        """``{user, empty for the marketplace's app and calls: number of turns}``, and how many of them were quick."""
        zone = timezone(self.env.user.tz or "UTC")
        midnight = zone.localize(datetime.combine(fields.Date.context_today(self), time.min))
        today = [
            ("ended_at", ">=", midnight.astimezone(utc).replace(tzinfo=None)),
            ("ended_at", "<", fields.Datetime.now() + timedelta(days=1)),
            ("ended_by", "in", ("reply", "app", "call")),
        ]
        answered = dict(self._read_group(today, ["user_id"], ["__count"]))
        return answered, self.search_count([*today, ("working_seconds", "<=", QUICK)])

    @api.model
    def _people(self, answered):
        waiting = dict(
            self.env["marketplace.conversation"]._read_group(
                [*self._waits(), ("user_id", "!=", False)], ["user_id"], ["__count"]
            )
        )
        channels = self.env["marketplace.channel"].search([])
        # sudo: names of those who use the channels this administrator sees
        users = (channels.sudo().user_ids | self.env["res.users"].union(*waiting, *answered).sudo()).sorted(
            "name"
        )
        employees = self.env["marketplace.employee"].sudo().search([("user_id", "in", users.ids)])
        here = {one.user_id.id for one in employees if one._is_in(fields.Datetime.now())}
        counts = [{user.id: number for user, number in one.items()} for one in (waiting, answered)]
        return [
            {
                "id": user.id,
                "name": user.name,
                "on_shift": user.id in here,
                "waiting": counts[0].get(user.id, 0),
                "answered": counts[1].get(user.id, 0),
            }
            for user in users
        ]
