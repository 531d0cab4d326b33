from odoo import fields, models
from odoo.tools import SQL


class MarketplaceOutcomeReport(models.Model):
    """What the chats brought: one row per conversation, with its lead. A lead of several chats counts once, with the
    first of them."""

    _name = "marketplace.outcome.report"
    _description = "Leads and Deals of the Chats"
    _auto = False
    _order = "started_at desc, id desc"
    _rec_name = "conversation_id"
    _depends = {
        "marketplace.conversation": [
            "channel_id", "listing_id", "vehicle_id", "user_id", "lead_id", "last_message_at", "is_calls", "is_noise",
        ],
        "marketplace.turn": ["conversation_id", "started_at", "is_first"],
        "marketplace.channel": ["company_id", "marketplace"],
        "marketplace.listing": ["vehicle_data"],
        "product.template": ["vehicle_make"],
        "crm.lead": ["won_status", "expected_revenue"],
    }  # fmt: skip

    conversation_id = fields.Many2one("marketplace.conversation", "Chat", readonly=True)
    channel_id = fields.Many2one("marketplace.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    marketplace = fields.Char(readonly=True)
    listing_id = fields.Many2one("marketplace.listing", readonly=True)
    vehicle_id = fields.Many2one("product.template", "Car", readonly=True)
    vehicle_make = fields.Char("Make", readonly=True)
    user_id = fields.Many2one("res.users", "Responsible", readonly=True)
    started_at = fields.Datetime("Asked", readonly=True)
    chat_count = fields.Integer("Chats", readonly=True)
    call_count = fields.Integer("Chats of Calls Alone", readonly=True)
    lead_count = fields.Integer("Leads", readonly=True)
    won_count = fields.Integer("Deals Won", readonly=True)
    lost_count = fields.Integer("Lost", readonly=True)
    lead_share = fields.Float("Leads per Chat, %", readonly=True, aggregator="avg")
    won_share = fields.Float("Won per Chat, %", readonly=True, aggregator="avg")
    won_revenue = fields.Float("Revenue Won", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT c.id, c.id AS conversation_id, c.channel_id, ch.company_id, ch.marketplace, c.listing_id,
                   c.vehicle_id, coalesce(p.vehicle_make, l.vehicle_data->>'vehicle_make') AS vehicle_make,
                   c.user_id, coalesce(t.started_at, c.last_message_at) AS started_at,
                   1 AS chat_count, (c.is_calls IS TRUE)::int AS call_count,
                   (lead.id IS NOT NULL)::int AS lead_count,
                   coalesce(lead.won_status = 'won', false)::int AS won_count,
                   coalesce(lead.won_status = 'lost', false)::int AS lost_count,
                   CASE WHEN lead.id IS NULL THEN 0 ELSE 100 END AS lead_share,
                   CASE WHEN lead.won_status = 'won' THEN 100 ELSE 0 END AS won_share,
                   CASE WHEN lead.won_status = 'won' THEN lead.expected_revenue ELSE 0 END AS won_revenue
              FROM marketplace_conversation c
              JOIN marketplace_channel ch ON ch.id = c.channel_id
              LEFT JOIN marketplace_turn t ON t.conversation_id = c.id AND t.is_first
              LEFT JOIN marketplace_listing l ON l.id = c.listing_id
              LEFT JOIN product_template p ON p.id = c.vehicle_id
              LEFT JOIN crm_lead lead ON lead.id = c.lead_id
                    AND c.id = (SELECT min(o.id) FROM marketplace_conversation o WHERE o.lead_id = c.lead_id)
             WHERE c.is_noise IS NOT TRUE
            """
        )
