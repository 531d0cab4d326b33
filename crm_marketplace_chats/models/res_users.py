from odoo import models

from odoo.addons.mail.tools.discuss import Store

#: What decides which channels a user may use, beside the channels themselves.
ACCESS_FIELDS = {"group_ids", "company_ids", "active"}


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        result = super().write(vals)
        if ACCESS_FIELDS & set(vals):
            # sudo: whoever changes a user's rights need not be an administrator of the chats
            self.env["marketplace.channel"].sudo().search([("user_ids", "in", self.ids)])._renew_access()
        return result

    def _init_store_data(self, store: Store):
        """Override of `mail`: the number of unprocessed chats comes with the page, without a request of its own."""
        super()._init_store_data(store)
        if self.env.user.has_group("crm_marketplace_chats.group_chats_user"):
            store.add_global_values(
                marketplace_chats_access=True,
                marketplace_chats_unprocessed=self.env["marketplace.conversation"].chats_counts()["unprocessed"],
            )
