"""Searching the chats: by people, cars, papers, phones and the texts of all messages."""

import re

from odoo import api, models
from odoo.fields import Domain

LONGEST_SEARCH = 100
SEARCHED = (
    "buyer_name",
    "listing_id.title",
    "vehicle_id.name",
    "vehicle_id.vehicle_make",
    "vehicle_id.vehicle_model",
    "vehicle_id.vehicle_vin",
    "vehicle_id.vehicle_plate",
    "partner_id.phone",
    "message_ids.body",
)


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    @api.model
    def _clean_search(self, text):
        return (text or "").strip()[:LONGEST_SEARCH]

    @api.model
    def _search_domain(self, text):
        literally = literal_pattern(text)
        return Domain.OR(Domain(name, "ilike", literally) for name in SEARCHED)


def literal_pattern(text):
    """What people type is meant as it stands: «100%» is no pattern."""
    return re.sub(r"([\\%_])", r"\\\1", text)
