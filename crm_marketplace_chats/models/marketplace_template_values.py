"""Values that the text of a quick reply may name, and how a text is filled with them."""

import re

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import formatLang

#: ``{{name}}``, or ``{{name|what is said where it is not known}}``
PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*(?:\|([^{}]*))?\}\}")


def fill_text(text, values):
    """Put values in the place of their names.

    :param values: texts by name, empty where a value is not known; a name that is not among them is left alone
    :return: the text, and the names that are neither known nor have something to be said instead; their places stay
        marked as ``{{name}}``
    """
    missing = {}

    def put(match):
        name, instead = match.groups()
        if name not in values:
            return match[0]
        if not values[name] and instead is None:
            missing[name] = True
            return f"{{{{{name}}}}}"
        return values[name] or instead.strip()

    return PLACEHOLDER.sub(put, text or ""), list(missing)


class MarketplaceTemplate(models.Model):
    _inherit = "marketplace.template"

    @api.model
    def _placeholders(self):
        """Values that a text may name, by name: label, and how it is found for a conversation and its car (of the
        stock, else as the listing describes it)."""
        return {
            "car": (self.env._("car"), lambda c, car: c.vehicle_id.vehicle_title or c.listing_id.title),
            "price": (
                self.env._("price"),
                lambda c, car: self._format_price(c.vehicle_id.list_price or c.listing_id.price),
            ),
            "mileage": (self.env._("mileage"), lambda c, car: self._format_mileage(car)),
            "year": (self.env._("year"), lambda c, car: car.vehicle_year),
            "color": (self.env._("colour"), lambda c, car: car.vehicle_color),
            "owners": (self.env._("owners"), lambda c, car: car.vehicle_owners),
            "engine": (self.env._("engine"), lambda c, car: car._panel_values()["engine"]),
            "gearbox": (self.env._("gearbox"), lambda c, car: car._label("vehicle_gearbox")),
            "drive": (self.env._("drive"), lambda c, car: car._label("vehicle_drive")),
            "body": (self.env._("body"), lambda c, car: car._label("vehicle_body")),
            "trim": (self.env._("trim level"), lambda c, car: car.vehicle_trim),
            "pts": (self.env._("PTS"), lambda c, car: car._label("vehicle_pts")),
            "vin": (self.env._("VIN"), lambda c, car: c.vehicle_id.vehicle_vin or c.listing_id.vin),
            "address": (
                self.env._("address"),
                lambda c, car: (
                    c.vehicle_id.vehicle_location
                    or c.listing_id.address
                    or self._company_address(c.company_id)
                ),
            ),
            "link": (self.env._("link to the listing"), lambda c, car: c.listing_id.url),
            "client": (self.env._("client's name"), lambda c, car: c.buyer_name),
            "manager": (self.env._("employee's name"), lambda c, car: self.env.user.name),
            "manager_phone": (self.env._("employee's phone"), lambda c, car: self.env.user.sudo().phone),
            "company": (self.env._("dealership"), lambda c, car: c.company_id.name),
            "phone": (self.env._("dealership's phone"), lambda c, car: c.company_id.phone),
            "hours": (self.env._("opening hours"), lambda c, car: c.company_id.marketplace_hours),
        }

    @api.model
    def _value_labels(self):
        return {name: label for name, (label, _find) in self._placeholders().items()}

    @api.model
    def _unknown_values(self, text):
        return {match[1] for match in PLACEHOLDER.finditer(text or "")} - set(self._placeholders())

    @api.model
    def _holes(self, text):
        """Labels of the values whose places a text still holds: it must not reach a client."""
        labels = self._value_labels()
        names = dict.fromkeys(match[1] for match in PLACEHOLDER.finditer(text))
        return [labels[name] for name in names if name in labels]

    def _fill(self, conversation):
        """The texts for this conversation, each in the language of its template.

        :return: dicts: ``body``; ``missing`` names the values that are not known, whose places stay marked
        """
        labels, values = self._value_labels(), {}
        filled = []
        for template in self:
            lang = template.lang or self.env.lang
            if lang not in values:
                values[lang] = self.with_context(lang=lang)._values(conversation)
            body, missing = fill_text(template.with_context(lang=lang).body, values[lang])
            filled.append({"body": body, "missing": [labels[name] for name in missing]})
        return filled

    @api.model
    def _values(self, conversation):
        """Texts of all values for a conversation, by name; empty where one is not known."""
        # sudo: what the client asks about is for everybody who reads the chat
        conversation = conversation.sudo().with_env(self.env(su=True))
        car = conversation.vehicle_id or conversation.listing_id._described_vehicle()
        return {
            name: str(find(conversation, car) or "") for name, (_label, find) in self._placeholders().items()
        }

    @api.model
    @api.readonly
    def chats_preview(self, body, conversation_id=False, lang=False):
        """A text that somebody is writing for a template, as it would be in a chat.

        :param conversation_id: of a chat that the user may read; else the newest of them
        :return: ``{"conversation": {"id", "name"} | False, "text", "missing": [label], "unknown": [name],
            "values": [{"name", "label", "value"}]}``
        """
        self.browse().check_access("read")
        if not self.env.user.has_group("crm_marketplace_chats.group_chats_user"):
            raise AccessError(self.env._("Only employees who use the chats may do this."))
        conversations = self.env["marketplace.conversation"]
        conversation = (
            conversations.browse(conversation_id)
            if conversation_id
            else conversations.search([("last_message_at", "!=", False)], limit=1)
        )
        conversation.check_access("read")
        labels = self._value_labels()
        values = self.with_context(lang=lang or self.env.lang)._values(conversation)
        text, missing = fill_text(body, values)
        return {
            "conversation": bool(conversation) and {"id": conversation.id, "name": conversation.display_name},
            "text": text,
            "missing": [labels[name] for name in missing],
            "unknown": sorted(self._unknown_values(body)),
            "values": [
                {"name": name, "label": label, "value": values[name]} for name, label in labels.items()
            ],
        }

    @api.model
    def _format_price(self, price):
        return price and formatLang(self.env, price, digits=0) + "\u00a0₽"

    @api.model
    def _format_mileage(self, car):
        known = car.vehicle_mileage or car.vehicle_condition == "new"
        return known and self.env._(
            "%(mileage)s km", mileage=formatLang(self.env, car.vehicle_mileage, digits=0)
        )

    @api.model
    def _company_address(self, company):
        return ", ".join(filter(None, [company.city, company.street]))
