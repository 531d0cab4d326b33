from datetime import timedelta

from odoo import api, fields, models

SETTING = "crm_marketplace_chats.reading_log"
#: Who keeps a chat open reads it once in this time.
SAME_READING = timedelta(minutes=10)
KEPT = timedelta(days=365)


class MarketplaceReading(models.Model):
    """Who read which client's chat. Kept only where an administrator has switched it on."""

    _name = "marketplace.reading"
    _description = "Reading of Clients' Data"
    _order = "id desc"
    _rec_name = "create_date"

    conversation_id = fields.Many2one("marketplace.conversation", "Chat", required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, index=True)
    user_id = fields.Many2one("res.users", "Employee", required=True)
    action = fields.Selection([("read", "Read"), ("export", "Exported")], required=True)
    at = fields.Datetime("When", required=True)

    _reading = models.Index("(conversation_id, user_id, action, at DESC)")

    @api.model
    def _is_on(self):
        return self.env["ir.config_parameter"].sudo().get_param(SETTING) == "True"

    @api.model
    def _note(self, conversations, action="read"):
        """Write down that this user sees these chats now.

        In a transaction of its own: reading requests are answered from read-only ones, and whoever has seen
        something has seen it, also if the request fails afterwards.
        """
        if not conversations or not self._is_on():
            return
        now = fields.Datetime.now()
        with self.env.registry.cursor() as cr:
            cr.execute(
                """
                INSERT INTO marketplace_reading (conversation_id, company_id, user_id, action, at)
                SELECT c.id, c.company_id, %(user)s, %(action)s, %(now)s
                  FROM marketplace_conversation c
                 WHERE c.id = ANY(%(ids)s) AND NOT EXISTS (
                         SELECT FROM marketplace_reading l
                          WHERE l.conversation_id = c.id AND l.user_id = %(user)s AND l.action = %(action)s
                            AND l.at > %(since)s
                       )
                """,
                {
                    "ids": conversations.ids,
                    "user": self.env.uid,
                    "action": action,
                    "now": now,
                    "since": now - SAME_READING,
                },
            )

    @api.autovacuum
    def _gc_old(self):
        self.search([("at", "<", fields.Datetime.now() - KEPT)], limit=10000).unlink()


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def chats_thread(self, *args, **kwargs):
        answer = super().chats_thread(*args, **kwargs)
        self.env["marketplace.reading"]._note(self)
        return answer

    def web_read(self, specification):
        answer = super().web_read(specification)
        self.env["marketplace.reading"]._note(self)
        return answer


class MarketplaceMessage(models.Model):
    _inherit = "marketplace.message"

    def web_read(self, specification):
        answer = super().web_read(specification)
        self.env["marketplace.reading"]._note(self.conversation_id)
        return answer
