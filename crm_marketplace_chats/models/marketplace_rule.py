from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MarketplaceRule(models.Model):
    """Who gets a chat that waits and is nobody's: the first rule that fits and finds somebody who is there."""

    _name = "marketplace.rule"
    _description = "Distribution of Chats"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, help="Empty: for all.")
    channel_ids = fields.Many2many(
        "marketplace.channel", string="Channels", check_company=True, help="Empty: all channels."
    )
    makes = fields.Char(help="Makes of the cars asked about, separated by commas. Empty: all.")
    price_from = fields.Integer("Price From, ₽", aggregator=None)
    price_to = fields.Integer("Price To, ₽", aggregator=None, help="0: no limit.")
    strategy = fields.Selection(
        [
            ("owner", "Responsible for the car, else in turn"),
            ("turn", "In turn: whoever has the fewest waiting chats"),
        ],
        "Who Gets It",
        default="owner",
        required=True,
    )
    user_ids = fields.Many2many(
        "res.users",
        string="Employees",
        domain=[("share", "=", False)],
        help="Empty: all employees of the channel. Only those who are there, and who use the channel.",
    )
    hand_on_minutes = fields.Integer(
        "Hand On After, min",
        default=10,
        help="A waiting chat whose responsible has been away that long goes to somebody who is there. 0: never.",
    )

    @api.constrains("price_from", "price_to", "hand_on_minutes")
    def _check_numbers(self):
        for rule in self:
            if min(rule.price_from, rule.price_to, rule.hand_on_minutes) < 0:
                raise ValidationError(self.env._("Prices and minutes are not negative."))
            if rule.price_to and rule.price_to < rule.price_from:
                raise ValidationError(self.env._("The prices of a rule go from the lower to the higher one."))

    def _fits(self, make, price):
        """Whether a chat about such a car is this rule's; a car that is not known fits no limit.

        :param make: lower case, empty when not known
        :param price: roubles, 0 when not known
        """
        self.ensure_one()
        makes = {one.strip().lower() for one in (self.makes or "").split(",")} - {""}
        if makes and make not in makes:
            return False
        if not (self.price_from or self.price_to):
            return True
        return bool(price) and self.price_from <= price <= (self.price_to or price)
