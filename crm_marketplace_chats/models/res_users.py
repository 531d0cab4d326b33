from odoo import models

from odoo.addons.mail.tools.discuss import Store

#: What decides which channels a user may use, beside the channels themselves.
ACCESS_FIELDS = {"group_ids", "company_ids", "active"}


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        if not ACCESS_FIELDS & set(vals):
            return super().write(vals)
        used = self._use_chats()
        result = super().write(vals)
        if used or self._use_chats():
            # sudo: whoever changes a user's rights need not be an administrator of the chats.
            # All channels: administrators of the chats listen to channels that do not name them.
            self.env["marketplace.channel"].sudo().search([])._renew_access()
        return result

    def _use_chats(self):
        return any(user.has_group("crm_marketplace_chats.group_chats_user") for user in self.sudo())

    def _init_store_data(self, store: Store):
        """Override of `mail`: the number of unprocessed chats comes with the page, without a request of its own."""
        result = super()._init_store_data(store)
        if self.env.user.has_group("crm_marketplace_chats.group_chats_user"):
            store.add_global_values(
                marketplace_chats_access=True,
                marketplace_chats_unprocessed=self.env["marketplace.conversation"]._count_view("waiting"),
            )
        return result
