"""The list of the Chats screen: its views, their numbers, its pages. Shapes of the answers: docs/architecture.md."""

from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.mail.tools.discuss import Store

from .marketplace_conversation_screen import PAGE

#: Numbers beyond this are shown as "99+".
COUNT_LIMIT = 100


@dataclass(frozen=True)
class View:
    """One view of the list: what it is sorted by, and which end comes first. What is in it: `_view_domain`."""

    column: str
    descending: bool = False

    @property
    def order(self):
        direction = " desc" if self.descending else ""
        return f"{self.column}{direction}, id{direction}"

    def behind(self, last):
        """What comes behind a row; works while the list moves."""
        operator, moment = "<" if self.descending else ">", last[self.column]
        if not moment:
            return Domain.TRUE
        return Domain(self.column, operator, moment) | (
            Domain(self.column, "=", moment) & Domain("id", operator, last.id)
        )


VIEWS = {
    "waiting": View("queued_since"),
    "mine": View("last_message_at", descending=True),
    "unowned": View("last_message_at", descending=True),
    "snoozed": View("snoozed_until"),
    "all": View("last_message_at", descending=True),
}
#: Views whose number is shown.
COUNTED = ("waiting", "mine", "unowned", "snoozed")


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    _queued = models.Index("(queued_since, id) WHERE queued_since IS NOT NULL")
    _of_responsible = models.Index("(user_id, last_message_at DESC, id DESC) WHERE user_id IS NOT NULL")
    _unowned = models.Index("(last_message_at DESC, id DESC) WHERE user_id IS NULL AND is_noise IS NOT TRUE")

    @api.model
    @api.readonly
    def chats_list(self, view="waiting", channel_ids=False, search="", after=False, limit=PAGE, filters=None):
        domain = self._view_domain(view)
        if channel_ids:
            domain &= Domain("channel_id", "in", channel_ids)
        domain &= self._filter_domain(filters)
        if after:
            domain &= VIEWS[view].behind(self.browse(after))
        limit, order = min(int(limit), PAGE), VIEWS[view].order
        if search := self._clean_search(search):
            found = self._search_page(search, domain, order, limit + 1)
        else:
            found = self.search(domain, order=order, limit=limit + 1)
        page = found[:limit]
        return {
            "ids": page.ids,
            "has_more": len(found) > limit,
            "counts": self.chats_counts(),
            "hits": page._search_hits(search),
            "store": Store().add(page).get_result(),
        }

    @api.model
    def _view_domain(self, view):
        written = Domain("last_message_at", "!=", False)
        return {
            "waiting": Domain("queued_since", "!=", False),
            "mine": written & Domain("user_id", "=", self.env.uid),
            "unowned": written & Domain("user_id", "=", False) & Domain("is_noise", "=", False),
            "snoozed": Domain("snoozed_until", "!=", False),
            "all": written,
        }[view]

    @api.model
    @api.readonly
    def chats_counts(self):
        counts = {view: self._count_view(view) for view in COUNTED}
        return {**counts, "unprocessed": counts["waiting"]}

    @api.model
    def _count_view(self, view):
        return self.search_count(self._view_domain(view), limit=COUNT_LIMIT)
