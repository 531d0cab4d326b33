"""Searching the chats: by people, cars, papers, phones and the texts of all messages."""

import re

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

LONGEST_SEARCH = 100
#: Fields searched, in groups that one index or one join can answer each.
SEARCHED = (
    ("buyer_name",),
    ("listing_id.title",),
    (
        "vehicle_id.name",
        "vehicle_id.vehicle_make",
        "vehicle_id.vehicle_model",
        "vehicle_id.vehicle_vin",
        "vehicle_id.vehicle_plate",
    ),
    ("partner_id.phone",),
)
#: What the row of a chat does not show by itself: where a search has found it there, the row says so.
HIDDEN = ("vehicle_id.vehicle_vin", "vehicle_id.vehicle_plate", "partner_id.phone")
#: A phone number is found however it is written: its last digits count.
PHONE, LEAST_DIGITS, OWN_DIGITS = re.compile(r"[\d\s()+-]+"), 5, 10
#: Characters of a text that are shown before and behind what was found.
BEFORE, BEHIND = 24, 120


def literal_pattern(text):
    """What people type is meant as it stands: «100%» is no pattern."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def snippet(text, wanted):
    """``{before, hit, after}``: plain text, the hit as it is written there; an empty hit where nothing is found."""
    found = re.search(re.escape(wanted), text, re.IGNORECASE)
    start, end = found.span() if found else (0, 0)
    head, tail = text[max(0, start - BEFORE) : start], text[end : end + BEHIND]
    return {
        "before": ("…" if start > BEFORE else "") + re.sub(r"\s+", " ", head),
        "hit": text[start:end],
        "after": re.sub(r"\s+", " ", tail),
    }


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    @api.model
    def _clean_search(self, text):
        return (text or "").strip()[:LONGEST_SEARCH]

    @api.model
    def _search_domain(self, text):
        literally = literal_pattern(text)
        parts = [Domain.OR(Domain(name, "ilike", literally) for name in group) for group in SEARCHED]
        digits = re.sub(r"\D", "", text)
        if PHONE.fullmatch(text) and len(digits) >= LEAST_DIGITS:
            digits = digits[-OWN_DIGITS:]
            parts.append(Domain("partner_id.phone_mobile_search", "ilike", digits))
            parts.append(Domain("buyer_name", "ilike", digits))  # of those who only call
        found = [self._search(part).select() for part in parts]
        found.append(
            self.env["marketplace.message"]._search(self._text_domain(text)).select("conversation_id")
        )
        # A union, because no index helps with one condition out of several.
        return Domain("id", "in", SQL("(%s)", SQL(" UNION ").join(found)))

    @api.model
    def _text_domain(self, text):
        return (
            Domain("body", "ilike", literal_pattern(text))
            & Domain("state", "!=", "canceled")
            & Domain("kind", "!=", "deleted")
        )

    def _search_hits(self, text):
        """Where in these chats the text stands, if not in what their rows show anyway: two queries for all.

        :return: ``{id: {message_id: id or False, label: of the field or False, before, hit, after}}``
        """
        if not self or not text:
            return {}
        domain = Domain("conversation_id", "in", self.ids) & self._text_domain(text)
        # Under the user's own rights on messages.
        found = self.env["marketplace.message"]._search(domain)
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (conversation_id) conversation_id, id, body FROM marketplace_message
                    WHERE id IN %s ORDER BY conversation_id, sent_at DESC, id DESC""",
                found.subselect(),
            )
        )
        hits = {
            conversation: {"message_id": message, "label": False, **snippet(body, text)}
            for conversation, message, body in rows
        }
        for conversation in self.filtered(lambda conversation: conversation.id not in hits):
            if hit := conversation._hidden_hit(text):
                hits[conversation.id] = hit
        return hits

    def _hidden_hit(self, text):
        # sudo: the panel shows all of it to everybody who reads the chat
        for path in HIDDEN:
            value = self.sudo().mapped(path)
            if value and value[0] and text.casefold() in value[0].casefold():
                record, name = path.split(".")
                label = self.env[self._fields[record].comodel_name]._fields[name].get_description(self.env)
                return {"message_id": False, "label": label["string"], **snippet(value[0], text)}
        return None
