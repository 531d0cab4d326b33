import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import formatLang

from ..marketplaces import known_marketplaces

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class MarketplaceTemplate(models.Model):
    """A quick reply. Its text may name values of the very car and client: ``{{car}}``, ``{{price}}`` …"""

    _name = "marketplace.template"
    _description = "Quick Reply"
    _order = "sequence, name"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    shortcut = fields.Char(help="Typed after a slash in the message, e.g. /price.")
    category = fields.Char()
    body = fields.Text("Text", required=True, translate=True)
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
    marketplace = fields.Selection(lambda self: known_marketplaces(), help="Empty: for all marketplaces.")
    placeholder_help = fields.Text("Values", compute="_compute_placeholder_help")

    @api.model
    def _placeholders(self):
        """Values that a text may name, by name: label, and how it is found for a conversation."""
        return {
            "car": (self.env._("car"), lambda c: c.vehicle_id.vehicle_title or c.listing_id.title),
            "price": (
                self.env._("price"),
                lambda c: self._format_price(c.vehicle_id.list_price or c.listing_id.price),
            ),
            "mileage": (self.env._("mileage"), lambda c: self._format_mileage(c.vehicle_id)),
            "vin": (self.env._("VIN"), lambda c: c.vehicle_id.vehicle_vin or c.listing_id.vin),
            "address": (
                self.env._("address"),
                lambda c: (
                    c.vehicle_id.vehicle_location
                    or c.listing_id.address
                    or self._company_address(c.company_id)
                ),
            ),
            "link": (self.env._("link to the listing"), lambda c: c.listing_id.url),
            "client": (self.env._("client's name"), lambda c: c.buyer_name),
            "manager": (self.env._("employee's name"), lambda c: self.env.user.name),
            "company": (self.env._("dealership"), lambda c: c.company_id.name),
            "phone": (self.env._("dealership's phone"), lambda c: c.company_id.phone),
        }

    @api.depends_context("lang")
    def _compute_placeholder_help(self):
        self.placeholder_help = "\n".join(
            f"{{{{{name}}}}} — {label}" for name, (label, _get) in self._placeholders().items()
        )

    @api.constrains("body")
    def _check_body(self):
        for template in self:
            unknown = set(PLACEHOLDER.findall(template.body or "")) - set(self._placeholders())
            if unknown:
                raise ValidationError(
                    self.env._(
                        "There is no value %(names)s.",
                        names=", ".join(f"{{{{{name}}}}}" for name in sorted(unknown)),
                    )
                )

    @api.constrains("shortcut")
    def _check_shortcut(self):
        for template in self.filtered("shortcut"):
            if not re.fullmatch(r"[\w-]+", template.shortcut):
                raise ValidationError(self.env._("A shortcut is one word, without a slash."))

    def _fill(self, conversation):
        """The texts for this conversation.

        :return: dicts for the screen; ``missing`` names the values that are not known, whose places stay marked
        """
        # sudo: what the client asks about is for everybody who reads the chat
        conversation = conversation.sudo()
        placeholders = self._placeholders()
        fitting = self.filtered(lambda template: template.marketplace in (False, conversation.marketplace))
        return [template._fill_one(conversation, placeholders) for template in fitting]

    def _fill_one(self, conversation, placeholders):
        missing = []

        def value_of(match):
            label, get = placeholders[match[1]]
            value = get(conversation)
            if not value:
                missing.append(label)
            return str(value or match[0])

        body = PLACEHOLDER.sub(value_of, self.body)
        return {
            "id": self.id,
            "name": self.name,
            "shortcut": self.shortcut or False,
            "category": self.category or False,
            "body": body,
            "missing": missing,
        }

    @api.model
    def _format_price(self, price):
        return price and formatLang(self.env, price, digits=0) + "\u00a0₽"

    @api.model
    def _format_mileage(self, vehicle):
        known = vehicle.vehicle_mileage or vehicle.vehicle_condition == "new"
        return known and self.env._(
            "%(mileage)s km", mileage=formatLang(self.env, vehicle.vehicle_mileage, digits=0)
        )

    @api.model
    def _company_address(self, company):
        return ", ".join(filter(None, [company.city, company.street]))
