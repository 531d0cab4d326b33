"""Searching the chats: by people, cars, papers, phones and the texts of all messages."""

import re

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

LONGEST_SEARCH = 100
#: Searched beside names and texts: the car asked about.
CAR = {
    "listing_id": ("title",),
    "vehicle_id": ("name", "vehicle_make", "vehicle_model", "vehicle_vin", "vehicle_plate"),
}
#: So many records that hold the text are few: then their numbers are looked for.
FEW = 1000
#: What the indexes of texts can help with: they hold groups of three letters or digits.
INDEXED = re.compile(r"[^\W_]{3}")
#: What they cannot help with is looked for in the cars, which are few, and in the first so many chats.
FIRST = 300
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
    def _search_page(self, text, domain, order, limit):
        """The first chats of a domain in which a text stands; of one or two letters, only in the first ones.

        Each place where it can stand is asked for its first chats alone, and the first of them all are taken: so
        PostgreSQL may choose for each between the index of its texts, where few hold the text, and going through the
        chats in their order until there are enough, where many do. With one condition out of several it could but
        look at everything.
        """
        # Several processes would run far ahead of the first so many that are wanted, and so would compiled code.
        self.env.cr.execute(
            "SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true)"
        )
        places = [
            Domain("buyer_name", "ilike", literal_pattern(text)),
            *self._phone_places(text),
            self._said_place(text),
        ]
        if not INDEXED.search(text):
            first = Domain("id", "in", self._search(domain, order=order, limit=FIRST).subselect())
            places = [first & place for place in places]
        for name, fields in CAR.items():
            places += self._linked_place(name, fields, text)
        found = self.browse().union(
            *(self.search(domain & place, order=order, limit=limit) for place in places)
        )
        return self.search(Domain("id", "in", found.ids), order=order, limit=limit)

    @api.model
    def _linked_place(self, name, fields, text):
        """:return: the chats whose linked record holds the text, as a list of at most one domain"""
        wanted = Domain.OR(Domain(field, "ilike", literal_pattern(text)) for field in fields)
        linked = self.env[self._fields[name].comodel_name].with_context(active_test=False)
        found = linked.search(wanted, order="id", limit=FEW + 1)
        if len(found) > FEW:
            return [Domain(name, "any", wanted)]
        # Of numbers PostgreSQL knows how many chats have them, of a text it can but guess.
        return [Domain(name, "in", found.ids)] if found else []

    @api.model
    def _phone_places(self, text):
        """Numbers of contacts as they are written, and by their last digits; the latter also of those who only call."""
        digits = re.sub(r"\D", "", text)
        if not digits:
            return []
        places = self._linked_place("partner_id", ("phone",), text)
        if PHONE.fullmatch(text) and len(digits) >= LEAST_DIGITS:
            digits = digits[-OWN_DIGITS:]
            places += self._linked_place("partner_id", ("phone_mobile_search",), digits)
            places.append(Domain("buyer_name", "ilike", digits))
        return places

    @api.model
    def _said_place(self, text):
        said = self.env["marketplace.message"]._search(self._text_domain(text))
        return Domain("id", "in", said.subselect("conversation_id"))

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
        # Under the user's own rights on messages.
        said = self.env["marketplace.message"]._search(self._text_domain(text), order="sent_at desc, id desc")
        # Chat by chat: of a word that many say, the index of texts would give all there are first.
        said.add_where("marketplace_message.conversation_id = chat.id")
        said.limit = 1
        last = said.select(SQL("marketplace_message.id, marketplace_message.body"))
        rows = self.env.execute_query(
            SQL(
                "SELECT chat.id, last.* FROM unnest(%s) AS chat(id) CROSS JOIN LATERAL (%s) last",
                self.ids,
                last,
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
