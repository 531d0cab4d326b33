from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.mail.tools.discuss import Store

from .reasons import describe_reason

#: Outgoing states that count as an answer to the buyer.
ANSWERED_STATES = ("queued", "sending", "sent", "read", "unknown")


class MarketplaceMessage(models.Model):
    """One entry of a conversation. Rows come from the marketplace (`marketplace.channel._apply_batch`) or from a
    manager's reply (`marketplace.conversation.chats_post`); nobody writes to them by hand."""

    _name = "marketplace.message"
    _inherit = ["marketplace.versioned"]
    _description = "Marketplace Message"
    _order = "sent_at desc, id desc"
    _rec_name = "body"

    channel_id = fields.Many2one("marketplace.channel", required=True, ondelete="cascade")
    conversation_id = fields.Many2one("marketplace.conversation", "Chat", required=True, ondelete="cascade")
    marketplace = fields.Selection(related="channel_id.marketplace")
    external_id = fields.Char("Number at the Marketplace", copy=False)
    direction = fields.Selection(
        [("in", "From the Client"), ("out", "From Us"), ("note", "Internal Note")], required=True
    )
    kind = fields.Selection(
        [
            ("text", "Text"),
            ("image", "Picture"),
            ("voice", "Voice Message"),
            ("call", "Call"),
            ("location", "Place"),
            ("listing", "Listing"),
            ("link", "Link"),
            ("system", "Notice"),
            ("deleted", "Deleted"),
            ("file", "File"),
            ("video", "Video"),
            ("unknown", "Other"),
        ],
        required=True,
        default="text",
    )
    body = fields.Text("Text", index="trigram")
    sent_at = fields.Datetime("Sent", required=True, default=fields.Datetime.now)
    author_id = fields.Many2one(
        "res.users", "Employee", help="Empty: the client, or us in the marketplace's own app."
    )
    state = fields.Selection(
        [
            ("received", "Received"),
            ("queued", "Waiting to Be Sent"),
            ("sending", "Being Sent"),
            ("sent", "Sent"),
            ("read", "Read"),
            ("failed", "Not Sent"),
            ("unknown", "Outcome Unknown"),
            ("canceled", "Cancelled"),
        ],
        required=True,
        default="received",
    )
    reason = fields.Char()
    detail = fields.Char("What the Marketplace Said")
    error = fields.Char(compute="_compute_error")
    is_noise = fields.Boolean(
        "Notice, Not a Client", help="Shown, but never counted as waiting for an answer."
    )
    is_auto = fields.Boolean(
        "Automatic", help="Sent outside working hours by itself: no answer, the client goes on waiting."
    )
    key = fields.Char(copy=False, help="Made by the browser; the same key is the same message.")
    data = fields.Json("Details")
    attachment_ids = fields.One2many(
        "ir.attachment", "res_id", "Files", domain=[("res_model", "=", "marketplace.message")]
    )
    media_state = fields.Selection(
        [("pending", "Being Fetched"), ("done", "Fetched"), ("failed", "Not Fetched")]
    )
    attempts = fields.Integer()
    attempted_at = fields.Datetime(help="When the request left.")
    delete_pending = fields.Boolean(help="To be deleted at the client's too.")
    readings = fields.Integer(
        help="How often the chat was read to find out what became of an unknown outcome."
    )
    next_attempt_at = fields.Datetime()

    _external = models.UniqueIndex(
        "(channel_id, external_id) WHERE external_id IS NOT NULL", "This message is there already."
    )
    _thread = models.Index("(conversation_id, sent_at DESC, id DESC)")
    _key = models.UniqueIndex(
        "(conversation_id, key) WHERE key IS NOT NULL", "This message is there already."
    )
    _outbox = models.Index("(channel_id, id) WHERE state IN ('queued', 'sending', 'unknown')")
    _to_delete = models.Index("(channel_id) WHERE delete_pending")
    _media = models.Index("(channel_id, id) WHERE media_state = 'pending'")

    def init(self):
        """Let PostgreSQL look at more texts when it learns what they are like: how often a word is said decides how a
        search is carried out, and of a hundred texts, its default, nothing rarer than each hundredth can be told."""
        self.env.cr.execute("ALTER TABLE marketplace_message ALTER COLUMN body SET STATISTICS 1000")

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_error(self):
        for message in self:
            message.error = message.reason and describe_reason(self.env, message.reason, message.marketplace)

    # ------------------------------------------------------------ to the screens

    def _to_store_defaults(self, target):
        return [
            Store.One("conversation_id", []),
            "direction",
            "kind",
            "body",
            "sent_at",
            "state",
            "error",
            "is_noise",
            "is_auto",
            "key",
            "media_state",
            # sudo: the name of a colleague who answered is for everybody who reads the chat
            Store.Attr(
                "author",
                lambda m: bool(m.author_id) and {"id": m.author_id.id, "name": m.author_id.sudo().name},
            ),
            Store.Attr(
                "data", lambda m: {key: value for key, value in (m.data or {}).items() if key != "media"}
            ),
            "delete_pending",
            Store.Attr("can_delete", lambda m: m._can_delete()),
            Store.Attr("attachments", lambda m: m._attachments_for_screens()),
        ]

    def _attachments_for_screens(self):
        # sudo: whoever may read the message may read its files
        return [
            {
                "id": file.id,
                "name": file.name,
                "mimetype": file.mimetype,
                "url": f"/web/{'image' if file.mimetype.startswith('image/') else 'content'}/{file.id}",
            }
            for file in self.sudo().attachment_ids
        ]

    # ------------------------------------------------------------ what a manager does

    def chats_retry(self):
        """Send a failed message once more, because a person decided so."""
        self.ensure_one()
        self.check_access("read")
        message = self.sudo()
        if message.state != "failed":
            raise UserError(self.env._("Only a message that was not sent can be sent again."))
        message.conversation_id._check_writable()
        message._requeue(attempts=0, readings=0)
        message.conversation_id._recount()
        return message._after_change()

    def chats_cancel(self):
        """Take back a message that has not left yet."""
        self.ensure_one()
        self.check_access("read")
        message = self.sudo().try_lock_for_update(allow_referencing=True)
        if not message or message.state not in ("queued", "failed"):
            raise UserError(self.env._("It is too late: the message is on its way."))
        message.write({"state": "canceled", "reason": False})
        message.conversation_id._recount()
        return message._after_change()

    def chats_delete(self):
        """Have a message that was sent deleted at the client's too; the send job does it."""
        self.ensure_one()
        self.check_access("read")
        message = self.sudo()
        if not message._can_delete():
            raise UserError(self.env._("This message cannot be deleted at the client's any more."))
        message.write({"delete_pending": True, "reason": False, "detail": False})
        self.env["marketplace.job"].sudo()._trigger("send")
        return message._after_change()

    def _can_delete(self):
        """Ours, at the marketplace, and young enough for it."""
        self.ensure_one()
        within = self.channel_id.sudo()._client_class().delete_within
        return bool(
            within
            and self.direction == "out"
            and self.state in ("sent", "read")
            and self.kind != "deleted"
            and self.external_id
            and not self.delete_pending
            and fields.Datetime.now() - self.sent_at < within
        )

    def _after_change(self):
        conversation = self.conversation_id
        conversation.channel_id._tell_screens(conversation, self.ids)
        return {"store": Store().add(conversation.with_env(self.env)).add(self).get_result()}

    def _requeue(self, **values):
        self.write({"state": "queued", "reason": False, "detail": False, "next_attempt_at": False, **values})
        self.env["marketplace.job"]._trigger("send")
