from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .bulk import commit_retrying
from .marketplace_job import DONE

#: What a person may change by hand, before it leaves.
EDITABLE = {"text", "is_selected"}
#: Share of an account's requests above which offers wait: pulls and replies come first.
BUSY = 0.5


class MarketplaceOfferLine(models.Model):
    """What one client is told. It becomes an ordinary message, one for each offer and chat."""

    _name = "marketplace.offer.line"
    _description = "Offer to a Client"
    _order = "offer_id, id"
    _rec_name = "conversation_id"

    offer_id = fields.Many2one("marketplace.offer", required=True, ondelete="cascade", readonly=True)
    conversation_id = fields.Many2one(
        "marketplace.conversation", "Chat", required=True, ondelete="cascade", readonly=True, index=True
    )
    channel_id = fields.Many2one(related="conversation_id.channel_id", store=True, index=True)
    is_unprocessed = fields.Boolean(related="conversation_id.is_unprocessed")
    last_message_at = fields.Datetime(related="conversation_id.last_message_at")
    last_message_preview = fields.Char(related="conversation_id.last_message_preview")
    responsible_id = fields.Many2one(related="conversation_id.user_id", string="Responsible")
    is_selected = fields.Boolean("Write", default=True)
    text = fields.Text()
    is_edited = fields.Boolean(readonly=True)
    seen_at = fields.Datetime(readonly=True, help="The chat's last message when the text was made.")
    state = fields.Selection(
        [
            ("draft", "Not Sent"),
            ("queued", "Waits for Its Turn"),
            ("sent", "Handed Over"),
            ("skipped", "Left Out"),
            ("stopped", "Stopped"),
        ],
        default="draft",
        required=True,
        readonly=True,
    )
    reason = fields.Selection(
        [
            ("answered", "There is something new in the chat"),
            ("closed", "Nothing can be written there any more"),
            ("deal", "The deal is decided"),
            ("car", "The car is for sale again"),
        ],
        "Why Left Out",
        readonly=True,
    )
    user_id = fields.Many2one("res.users", "Sent By", readonly=True)
    message_id = fields.Many2one("marketplace.message", readonly=True, ondelete="set null")

    _once = models.UniqueIndex("(offer_id, conversation_id)", "A chat gets an offer once.")
    _queued = models.Index("(channel_id, id) WHERE state = 'queued'")

    def write(self, vals):
        if not self.env.su:
            if set(vals) - EDITABLE:
                raise AccessError(self.env._("Of an offer, only its texts and ticks are yours to change."))
            if any(line.state != "draft" for line in self):
                raise UserError(self.env._("What is on its way cannot be changed any more."))
            if "text" in vals:
                self.sudo().write({"is_edited": True})
        return super().write(vals)

    def _check_texts(self):
        """As a reply is checked: not empty, not too long, without places that are still to be filled."""
        for line in self:
            try:
                line.conversation_id._check_body(line.text, ())
            except UserError as error:
                name = line.conversation_id._buyer_name()
                raise UserError(
                    self.env._("The text for %(name)s: %(trouble)s", name=name, trouble=error)
                ) from error

    # ------------------------------------------------------------ the job

    @api.model
    def _send_offers(self, channel, job):
        """Job: hand a few lines over to the ordinary queue, so that offers spread and no reply waits behind them."""
        listed = self.env["marketplace.offer"]._list_new(channel.company_id)
        lines = self.search(
            [("channel_id", "=", channel.id), ("state", "=", "queued")],
            order="id",
            limit=channel.offer_per_minute,
        )
        if not lines:
            return DONE if listed else None
        if self._comes_first(channel) or not self._is_time(job):
            return None
        for line in lines:
            commit_retrying(self.env, line._hand_over)
        return DONE

    @api.model
    def _is_time(self, job):
        """Once a minute, however often the job is woken."""
        last = (job.walk or {}).get("handed_over", 0)
        now = fields.Datetime.now().timestamp()
        if now - last < 55:
            return False
        job.walk = {"handed_over": now}
        return True

    @api.model
    def _comes_first(self, channel):
        """Whether something waits to be sent, or the account's requests are needed for more than offers."""
        waiting = self.env["marketplace.message"].search_count(
            [("channel_id", "=", channel.id), ("state", "in", ("queued", "sending", "unknown"))], limit=1
        )
        return bool(waiting) or channel._budget(channel._client_settings()).used(self.env.cr) > BUSY

    def _hand_over(self):
        """In one transaction: the line is sent, and its message waits in the queue. The message's key is the line's, so
        there cannot be a second one."""
        self.invalidate_recordset()
        if self.state != "queued":
            return
        reason = self._obstacle()
        if reason:
            self.write({"state": "skipped", "reason": reason})
        else:
            message = self.conversation_id._post_by_itself(self.text, f"offer-{self.id:08}", self.user_id)
            self.write({"state": "sent", "message_id": message.id})
        self.env.flush_all()
        self.offer_id._finish()

    def _obstacle(self):
        """Why it should not leave after all; the world goes on between the decision and the sending."""
        chat, vehicle = self.conversation_id, self.offer_id.vehicle_id
        obstacles = {
            "answered": chat.last_message_at != self.seen_at,
            "closed": bool(chat.is_noise or chat._obstacle()),
            "deal": chat.deal_state in ("lost", "won"),
            "car": self.offer_id.kind == "sold"
            and vehicle.vehicle_status in ("in_stock", "reserved")
            or self.offer_id.kind == "price"
            and vehicle.vehicle_status != "in_stock",
        }
        return next((reason for reason, is_so in obstacles.items() if is_so), False)


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def _post_by_itself(self, text, key, author):
        """Put a text into the ordinary queue in the name of the one who decided it.

        :param key: 8 to 64 characters; the same key again changes nothing
        """
        self.ensure_one()
        Message = self.env["marketplace.message"]
        posted = Message.search([("conversation_id", "=", self.id), ("key", "=", key)])
        if not posted:
            chat = self.with_user(author or self.env.user).sudo()
            posted = Message.create(chat._message_values([text], key, ()))
            self._recount()
            self.channel_id._tell_screens(self, posted.ids)
            self.env["marketplace.job"]._trigger("send")
        return posted
