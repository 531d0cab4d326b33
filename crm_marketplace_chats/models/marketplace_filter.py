import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from .marketplace_conversation_list import VIEWS

MOST, LONGEST_NAME, LARGEST = 30, 60, 4000


class MarketplaceFilter(models.Model):
    """A view of the Chats screen with everything it is narrowed to, kept by one employee for himself."""

    _name = "marketplace.filter"
    _description = "Saved Filter of Chats"
    _order = "name, id"

    name = fields.Char(required=True)
    user_id = fields.Many2one(
        "res.users", required=True, default=lambda self: self.env.uid, ondelete="cascade", readonly=True
    )
    view = fields.Char(required=True)
    query = fields.Json(help="`channel_ids`, `search` and `filters` as `chats_list` takes them.")

    _name_of_user = models.UniqueIndex("(user_id, name)", "You have a filter of this name already.")

    @api.model
    def chats_save(self, name, view, query):
        """Keep a filter; one of the same name is replaced.

        :param query: ``{channel_ids, search, filters}``
        """
        self.check_access("create")
        name = str(name).strip()[:LONGEST_NAME]
        if not name:
            raise UserError(self.env._("Give the filter a name."))
        if view not in VIEWS or not isinstance(query, dict) or len(json.dumps(query)) > LARGEST:
            raise UserError(self.env._("This filter cannot be saved."))
        own = self.search([("user_id", "=", self.env.uid)])
        values = {"view": view, "query": query}
        if same := own.filtered(lambda saved: saved.name == name):
            same.write(values)
        elif len(own) >= MOST:
            raise UserError(self.env._("You have %(count)s filters. Delete one first.", count=MOST))
        else:
            self.create({"name": name, **values})
        return self._of_user()

    def chats_remove(self):
        """Delete an own filter."""
        self.unlink()
        return self._of_user()

    @api.model
    def _of_user(self):
        return [
            {"id": saved.id, "name": saved.name, "view": saved.view, **saved.query}
            for saved in self.search([("user_id", "=", self.env.uid)])
        ]
