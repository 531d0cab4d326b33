"""What a car leads to: its chats, leads and listings."""

from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    marketplace_listing_ids = fields.One2many("marketplace.listing", "vehicle_id", "Listings")
    marketplace_conversation_ids = fields.One2many("marketplace.conversation", "vehicle_id", "Chats")
    marketplace_conversation_count = fields.Integer(compute="_compute_marketplace_conversation_count")
    marketplace_listing_count = fields.Integer(compute="_compute_marketplace_listing_count")
    marketplace_lead_count = fields.Integer(compute="_compute_marketplace_lead_count")

    def _compute_marketplace_conversation_count(self):
        self._count_links("marketplace.conversation", "marketplace_conversation_count")

    def _compute_marketplace_listing_count(self):
        self._count_links("marketplace.listing", "marketplace_listing_count")

    def _count_links(self, model, field):
        """Only those that the user may read are counted."""
        records = self.env[model]
        groups = (
            records._read_group([("vehicle_id", "in", self.ids)], ["vehicle_id"], ["__count"])
            if records.has_access("read")
            else []
        )
        counts = {vehicle.id: count for vehicle, count in groups}
        for vehicle in self:
            vehicle[field] = counts.get(vehicle.id, 0)

    def _compute_marketplace_lead_count(self):
        for vehicle in self:
            vehicle.marketplace_lead_count = len(vehicle._leads())

    def _leads(self):
        """Leads that the user may read and that his chats about these cars have become."""
        if not self.env["crm.lead"].has_access("read"):
            return self.env["crm.lead"]
        chats = self.env["marketplace.conversation"].search(
            [("vehicle_id", "in", self.ids), ("lead_id", "!=", False)]
        )
        return chats.lead_id._filtered_access("read")

    # ------------------------------------------------------------ buttons

    def action_open_marketplace_conversations(self):
        self.ensure_one()
        return self._open("action_conversation_list", [("vehicle_id", "=", self.id)])

    def action_open_listings(self):
        self.ensure_one()
        return self._open("action_listing", [("vehicle_id", "=", self.id)]) | {"context": {}}

    def action_open_leads(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Leads"),
            "res_model": "crm.lead",
            "views": [[False, "list"], [False, "form"]],
            "domain": [("id", "in", self._leads().ids)],
        }

    def _open(self, action, domain):
        found = self.env["ir.actions.act_window"]._for_xml_id(f"crm_marketplace_chats.{action}")
        return found | {"domain": domain}
