"""What the Chats screen writes: replies and their pictures, held for a moment if the manager wants that, and what
quick replies are offered. Shapes of the answers: docs/architecture.md."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.mail.tools.discuss import Store

from .bulk import storable
from .pictures import fit_picture

#: The longest a reply may be held back, in seconds.
LONGEST_HOLD = 30
LONGEST_NAME = 100


def split_text(text, limit):
    """A text in parts of at most ``limit`` characters, cut at the end of a line or a word where there is one in the
    second half of a part. No word gets lost. The screen foretells the parts: static/src/chats/composer/length."""
    parts = []
    while len(text) > limit:
        head = text[: limit + 1]
        cut = next((at for at in (head.rfind("\n"), head.rfind(" ")) if at >= limit // 2), limit)
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [part for part in (*parts, text) if part]


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    # ------------------------------------------------------------ a reply

    def chats_post(self, body, key, attachment_ids=(), split=False, hold=0, template_ids=()):
        """Put a reply into the queue. The same key again changes nothing, so a browser may repeat a lost request.

        :param split: send a text over the marketplace's limit as several messages, because the manager said so
        :param hold: seconds in which it does not leave yet and can be taken back by `chats_undo`
        :param template_ids: quick replies that were put into it, to be counted
        """
        self.ensure_one()
        self.check_access("read")
        conversation = self.sudo()
        key = self._check_key(key)
        posted = self._reply(key)
        if not posted:
            texts = self._check_body(body, attachment_ids, split)
            conversation._check_writable()
            uploads = self._own_uploads(attachment_ids)
            not_before = self._not_before(hold)
            posted = posted.create(
                [
                    values | {"next_attempt_at": not_before}
                    for values in conversation._message_values(texts, key, uploads)
                ]
            )
            if not conversation.user_id:
                conversation.user_id = self.env.user
            conversation._recount()
            conversation.channel_id._tell_screens(conversation, posted.ids)
            self.env["marketplace.job"].sudo()._trigger("send", at=not_before or None)
            self.env["marketplace.template"]._count_use(template_ids)
        return {"ids": posted.ids, "store": Store().add(self).add(posted.sudo(False)).get_result()}

    def chats_undo(self, key):
        """Take back a reply that is still held or waits, all of its messages or none; its pictures can be sent in
        another one."""
        self.ensure_one()
        self.check_access("read")
        messages = self._reply(key).filtered(lambda message: message.author_id == self.env.user)
        held = messages.try_lock_for_update(allow_referencing=True) if messages else messages
        if not held or held != messages or any(message.state != "queued" for message in held):
            raise UserError(self.env._("It is too late: the message is on its way."))
        held.attachment_ids.write({"res_model": self._name, "res_id": self.id})
        held.write({"state": "canceled", "reason": False, "next_attempt_at": False})
        conversation = self.sudo()
        conversation._recount()
        conversation.channel_id._tell_screens(conversation, held.ids)
        return {"store": Store().add(self).add(held.sudo(False)).get_result()}

    def chats_release(self, key):
        """End the hold of a reply: the manager is sure, or has had the time to think. Where nobody asks, e.g. because
        the browser was closed, the send job finds it within a minute."""
        self.ensure_one()
        self.check_access("read")
        held = self._reply(key).filtered(lambda m: m.state == "queued" and m.next_attempt_at)
        held.next_attempt_at = False
        if held:
            self.env["marketplace.job"].sudo()._trigger("send")
        return True

    @api.model
    def _not_before(self, hold):
        seconds = min(max(int(hold or 0), 0), LONGEST_HOLD)
        return bool(seconds) and fields.Datetime.now() + timedelta(seconds=seconds)

    def _reply(self, key):
        """The messages of one reply, oldest first, as superuser: there may be several, see `_message_values`."""
        Message = self.env["marketplace.message"].sudo()
        key = self._check_key(key)
        return Message.search(
            [("conversation_id", "=", self.id), "|", ("key", "=", key), ("key", "=like", f"{key}/%")],
            order="id",
        )

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
        if holes := self.env["marketplace.template"]._holes(body):
            raise UserError(
                self.env._("The text still has places to fill in: %(names)s.", names=", ".join(holes))
            )
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

    # ------------------------------------------------------------ pictures

    def _keep_picture(self, name, raw):
        """Keep a picture for a reply that is being written, such as this channel takes it.

        :return: ``{"id", "name", "mimetype", "url"}``
        :raises UserError: when it cannot be sent here, with the reason
        """
        client = self.channel_id.sudo()._client_class()
        content, mimetype = fit_picture(self.env, raw, client.image_types, client.image_limit)
        # sudo: employees have no write access to chats; `chats_post` gives the picture to a message
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": name[:LONGEST_NAME] or "photo",
                    "raw": content,
                    "mimetype": mimetype,
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
        )
        url = f"/web/image/{attachment.id}"
        return {"id": attachment.id, "name": attachment.name, "mimetype": mimetype, "url": url}

    def _own_uploads(self, attachment_ids):
        """The pictures that this user uploaded for this very conversation, in the order he gave them."""
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
                ]
            )
        )
        if len(uploads) != len(set(attachment_ids)):
            raise AccessError(self.env._("A picture is not there any more. Attach it again."))
        uploads.res_model = "marketplace.message"
        return uploads.browse(dict.fromkeys(attachment_ids))

    # ------------------------------------------------------------ quick replies

    @api.readonly
    def chats_templates(self):
        self.ensure_one()
        self.check_access("read")
        templates = self.env["marketplace.template"]
        return {"items": templates._offered(self), "values": templates._value_labels()}

    def chats_template_pictures(self, template_id):
        """Copies of a quick reply's pictures, as if they had been uploaded for this chat.

        :return: see `_keep_picture`
        """
        self.ensure_one()
        self.check_access("read")
        template = self.env["marketplace.template"].search([("id", "=", template_id)])
        return [self._keep_picture(picture.name, picture.raw) for picture in template._own_pictures()]
