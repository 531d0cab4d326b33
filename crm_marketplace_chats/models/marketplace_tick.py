from odoo import api, fields, models


class MarketplaceTick(models.Model):
    """Somebody marked a chat as processed up to a message. The conversation itself keeps the last tick only; what was
    answered when, and by whom, takes all of them."""

    _name = "marketplace.tick"
    _description = "Tick of a Chat"
    _order = "message_at desc, message_id desc"
    _rec_name = "ticked_at"

    conversation_id = fields.Many2one("marketplace.conversation", "Chat", required=True, ondelete="cascade")
    channel_id = fields.Many2one(related="conversation_id.channel_id")
    message_at = fields.Datetime("Up To", required=True)
    message_id = fields.Integer(required=True, help="Breaks ties of messages of the same second.")
    ticked_at = fields.Datetime("Ticked", required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", "Employee", ondelete="set null")

    _conversation = models.Index("(conversation_id, message_at, message_id)")

    @api.model
    def _keep(self, conversations):
        """The newest tick kept is the conversation's own: one more is added, what was taken back goes.

        :return: ids of the conversations whose ticks have changed
        """
        self.env.cr.execute(
            """
            WITH gone AS (
                DELETE FROM marketplace_tick t USING marketplace_conversation c
                 WHERE c.id = t.conversation_id AND c.id = ANY(%(ids)s)
                   AND (c.ticked_at IS NULL
                        OR (t.message_at, t.message_id) > (c.ticked_at, coalesce(c.ticked_message_id, 0)))
                RETURNING t.conversation_id
            ), come AS (
                INSERT INTO marketplace_tick (conversation_id, message_at, message_id, ticked_at, user_id,
                                              create_uid, create_date, write_uid, write_date)
                SELECT c.id, c.ticked_at, coalesce(c.ticked_message_id, 0), %(now)s, %(uid)s,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM marketplace_conversation c
                 WHERE c.id = ANY(%(ids)s) AND c.ticked_at IS NOT NULL
                   AND NOT EXISTS (SELECT FROM marketplace_tick t
                                    WHERE t.conversation_id = c.id AND t.message_at = c.ticked_at
                                      AND t.message_id = coalesce(c.ticked_message_id, 0))
                RETURNING conversation_id
            )
            SELECT conversation_id FROM gone UNION SELECT conversation_id FROM come
            """,
            {"ids": conversations.ids, "now": fields.Datetime.now(), "uid": self.env.uid},
        )
        changed = {row[0] for row in self.env.cr.fetchall()}
        if changed:
            self.invalidate_model()
        return changed
