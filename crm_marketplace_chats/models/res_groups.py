from odoo import models

GROUPS = ("crm_marketplace_chats.group_chats_user", "crm_marketplace_chats.group_chats_manager")


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        """Rights on the chats that change by way of a group count as much as those that change by way of a user."""
        if not {"user_ids", "implied_ids", "implied_by_ids"} & set(vals):
            return super().write(vals)
        before = self._chats_people()
        result = super().write(vals)
        if self._chats_people() != before:
            # sudo: whoever changes groups need not be an administrator of the chats
            self.env["marketplace.channel"].sudo().search([])._renew_access()
        return result

    def _chats_people(self):
        """Who is in the groups of the chats. They are not there yet while the addon is being installed."""
        groups = [self.env.ref(name, raise_if_not_found=False) for name in GROUPS]
        return [group.sudo().all_user_ids.ids for group in groups if group]
