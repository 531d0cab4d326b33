"""What the Chats screen asks. Shapes of the answers: docs/architecture.md."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.mail.tools.discuss import Store

from .bulk import storable

#: Rows of the list, messages of a thread.
PAGE = 50


def split_text(text, limit):
    """A text in parts of at most ``limit`` characters, cut at the end of a line or a word where there is one in the
    second half of a part. No word gets lost."""
    parts = []
    while len(text) > limit:
        head = text[: limit + 1]
        cut = next((at for at in (head.rfind("\n"), head.rfind(" ")) if at >= limit // 2), limit)
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [part for part in (*parts, text) if part]


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def _to_store_defaults(self, target):
        return [
            Store.One("channel_id", []),
            "marketplace",
            "last_message_at",
            "last_message_preview",
            "last_message_kind",
            "last_message_direction",
            "last_message_state",
            "unread_count",
            "is_unprocessed",
            "waiting_since",
            "snoozed_until",
            "due_since",
            "last_message_id",
            "is_noise",
            Store.Attr("is_blocked", lambda c: c._is_closed()),
            "has_gap",
            "url",
            "car_title",
            Store.Attr("buyer_name", lambda c: c._buyer_name()),
            Store.Attr("thumb_url", lambda c: c._thumb_url()),
            Store.Attr(
                "responsible",
                lambda c: bool(c.user_id) and {"id": c.user_id.id, "name": c.user_id.sudo().name},
            ),
            Store.Attr("vehicle_id", lambda c: c.vehicle_id.id),
            Store.Attr("listing_id", lambda c: c.listing_id.id),
            Store.Attr("lead_id", lambda c: c.lead_id.id),
        ]

    def _thumb_url(self):
        """The car's picture: of the car in stock, else of the listing."""
        # sudo: both are shown to everybody who reads the chat
        vehicle, listing = self.vehicle_id.sudo(), self.listing_id.sudo()
        if vehicle.image_128:
            return (
                f"/web/image/product.template/{vehicle.id}/image_128?unique={vehicle.write_date:%Y%m%d%H%M%S}"
            )
        if listing.image_copied_url:
            return f"/web/image/marketplace.listing/{listing.id}/image/128x128"
        return False

    # ------------------------------------------------------------ the screen

    @api.model
    @api.readonly
    def chats_start(self):
        channels = self.env["marketplace.channel"].search([])
        return {
            "store": Store().add(channels).get_result(),
            "channel_ids": channels.ids,
            "counts": self.chats_counts(),
            "filters": self.env["marketplace.filter"]._of_user(),
            "user_lang": self.env.user.lang,
        }

    # ------------------------------------------------------------ one conversation

    def chats_post(self, body, key, attachment_ids=(), split=False):
        """Put a reply into the queue. The same key again changes nothing, so a browser may repeat a lost request.

        :param split: send a text over the marketplace's limit as several messages, because the manager said so
        """
        self.ensure_one()
        self.check_access("read")
        conversation = self.sudo()
        Message = self.env["marketplace.message"].sudo()
        key = self._check_key(key)
        posted = Message.search(
            # One reply may be several messages, see `_message_values`.
            [("conversation_id", "=", self.id), "|", ("key", "=", key), ("key", "=like", f"{key}/%")],
            order="id",
        )
        if not posted:
            texts = self._check_body(body, attachment_ids, split)
            conversation._check_writable()
            posted = Message.create(
                conversation._message_values(texts, key, self._own_uploads(attachment_ids))
            )
            if not conversation.user_id:
                conversation.user_id = self.env.user
            conversation._recount()
            conversation.channel_id._tell_screens(conversation, posted.ids)
            self.env["marketplace.job"].sudo()._trigger("send")
        return {"ids": posted.ids, "store": Store().add(self).add(posted.sudo(False)).get_result()}

    def _message_values(self, texts, key, uploads):
        """Pictures first, each a message of its own, then the text. Never older than what the manager answered."""
        now = max(fields.Datetime.now(), self.last_message_at or fields.Datetime.now())
        common = {
            "channel_id": self.channel_id.id,
            "conversation_id": self.id,
            "direction": "out",
            "state": "queued",
            "sent_at": now,
            "author_id": self.env.uid,
        }
        values = [
            common
            | {"kind": "image", "key": f"{key}/{number}", "attachment_ids": [fields.Command.link(upload.id)]}
            for number, upload in enumerate(uploads)
        ]
        return values + [
            common | {"kind": "text", "key": f"{key}/t{number}" if number else key, "body": text}
            for number, text in enumerate(texts)
        ]

    @api.model
    def _check_key(self, key):
        if not isinstance(key, str) or not 8 <= len(key) <= 64 or not key.replace("-", "").isalnum():
            raise UserError(self.env._("The message has no key of its own."))
        return key

    def _check_body(self, body, attachment_ids, split=False):
        """:return: the texts to send: none, one, or the parts of a long one"""
        body = storable(body or "").strip()
        limit = self.channel_id.sudo()._client_class().text_limit
        if not body and not attachment_ids:
            raise UserError(self.env._("An empty text cannot be sent."))
        if split:
            return split_text(body, limit)
        if len(body) > limit:
            raise UserError(
                self.env._(
                    "The text has %(length)s characters, the marketplace takes %(limit)s.",
                    length=len(body),
                    limit=limit,
                )
            )
        return [body] if body else []

    def _own_uploads(self, attachment_ids):
        """The pictures that this user uploaded for this very conversation."""
        if not attachment_ids:
            return self.env["ir.attachment"].sudo()
        if not self.channel_id.sudo()._can_send_images():
            raise UserError(self.env._("This channel does not take pictures."))
        uploads = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("id", "in", list(attachment_ids)),
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("create_uid", "=", self.env.uid),
                ],
                order="id",
            )
        )
        if len(uploads) != len(set(attachment_ids)):
            raise AccessError(self.env._("A picture is not there any more. Attach it again."))
        uploads.res_model = "marketplace.message"
        return uploads

    def chats_tick(self, last_message_id):
        """Everything up to the message that the manager saw is processed, here and at the marketplace."""
        self.ensure_one()
        self.check_access("read")
        self._tick({self.id: self._own_message(last_message_id)._before_note().id})
        return {"store": Store().add(self).get_result()}

    @api.readonly
    def chats_templates(self):
        self.ensure_one()
        self.check_access("read")
        return self.env["marketplace.template"].search([])._fill(self)

    def chats_make_vehicle(self):
        self.ensure_one()
        self.check_access("write")
        listing = self.listing_id
        if not listing:
            raise UserError(self.env._("This chat has no listing to make a car from."))
        # sudo: employees need no rights on products for the one car they talk about
        listing.sudo()._make_vehicle()
        listing.sudo().conversation_ids.write({"vehicle_id": listing.vehicle_id.id})
        self.invalidate_recordset()
        return {"store": Store().add(self).get_result(), "panel": self.chats_panel()}

    def chats_make_lead(self):
        self.ensure_one()
        self._make_lead()
        return {"store": Store().add(self).get_result(), "panel": self.chats_panel()}
