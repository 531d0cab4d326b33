"""What the list of chats can be narrowed to; filters combine with each other, with a view and with a search."""

from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .marketplace_conversation_search import literal_pattern

CAR_FIELDS = ("listing_id.title", "vehicle_id.vehicle_make", "vehicle_id.vehicle_model", "vehicle_id.name")
LONGEST_CAR, MOST_CARS = 60, 8
CALLS = Domain("is_calls", "=", True) | Domain("last_message_kind", "in", ("call", "missed_call"))


def _kind(env, value):
    """A call: the last word was one, or there is nothing but calls."""
    return {"call": CALLS, "chat": ~CALLS}[value]


def _car(env, text):
    """Each word stands somewhere in the car's make, model, name or in the title of the advertisement."""
    words = text.strip()[:LONGEST_CAR].split()
    return Domain.AND(
        Domain.OR(Domain(name, "ilike", literal_pattern(word)) for name in CAR_FIELDS) for word in words
    )


def _last(env, value):
    now = fields.Datetime.now()
    local = pytz.utc.localize(now).astimezone(env.tz)
    midnight = env.tz.localize(local.replace(tzinfo=None, hour=0, minute=0, second=0))
    since = {"today": midnight.astimezone(pytz.utc).replace(tzinfo=None), "week": now - timedelta(days=7)}
    return Domain("last_message_at", ">=", since[value])


#: Name of a filter: its value from the screen -> domain.
FILTERS = {
    "marketplaces": lambda env, codes: Domain("marketplace", "in", [str(code) for code in codes]),
    "user_ids": lambda env, ids: Domain("user_id", "in", [int(number) or False for number in ids]),
    "car": _car,
    "kind": _kind,
    "waiting": lambda env, minutes: Domain(
        "waiting_since", "<=", fields.Datetime.now() - timedelta(minutes=int(minutes))
    ),
    "last": _last,
}


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    @api.model
    def _filter_domain(self, filters):
        """:raises UserError: for what no filter is, e.g. one that was saved long ago"""
        try:
            return Domain.AND(
                FILTERS[name](self.env, value) for name, value in (filters or {}).items() if value
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise UserError(self.env._("This filter is not known. Remove it and choose anew.")) from error

    @api.model
    @api.readonly
    def chats_filter_choices(self):
        """Whom the chats that this user sees can belong to."""
        # sudo: the names of colleagues who use the same channels
        users = self.env["marketplace.channel"].search([]).sudo().user_ids
        return {"employees": [{"id": user.id, "name": user.name} for user in users.sorted("name")]}

    @api.model
    @api.readonly
    def chats_cars(self, text):
        """Makes and models that clients of this user's chats ask about, by what is being typed."""
        domain = Domain("is_vehicle", "=", True) & Domain.AND(
            Domain("vehicle_make", "ilike", literal_pattern(word))
            | Domain("vehicle_model", "ilike", literal_pattern(word))
            for word in str(text)[:LONGEST_CAR].split()
        )
        # sudo: which cars there are; told are only those of chats that the user may read
        cars = self.env["product.template"].sudo().with_context(active_test=False).search(domain)
        asked = self._read_group([("vehicle_id", "in", cars.ids)], ["vehicle_id"])
        names = {
            " ".join(filter(None, (car.vehicle_make, car.vehicle_model)))
            for car in self.env["product.template"].sudo().browse(car.id for (car,) in asked)
        }
        return sorted(names - {""})[:MOST_CARS]
