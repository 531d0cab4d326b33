import logging
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.mail.tools.discuss import Store

from ..marketplaces.errors import MarketplaceError, OutcomeUnknownError, RejectedError, TemporaryError
from ..marketplaces.payload import Batch, RemoteMedia
from .bulk import commit_retrying, to_naive
from .marketplace_channel import REFUSALS
from .marketplace_job import DONE, MORE
from .reasons import describe_reason

_logger = logging.getLogger(__name__)

#: An unknown outcome is looked into this often, this many times, before the message is sent once more or given up.
READING_PAUSE, READINGS = 15, 2
#: How often a message is sent at all: where the marketplace knows our key, and where it does not.
ATTEMPTS, ATTEMPTS_WITHOUT_KEY = 3, 2
#: Files fetched in one run of the media job, how often one is tried (with pauses that double, an hour in all: a
#: recording is ready after half an hour), and how many may fail in a row.
MEDIA_PORTION, MEDIA_ATTEMPTS, MEDIA_TROUBLES = 20, 7, 3
#: Outgoing states that count as an answer to the buyer.
ANSWERED_STATES = ("queued", "sending", "sent", "read", "unknown")


class MarketplaceMessage(models.Model):
    """One entry of a conversation. Rows come from the marketplace (`marketplace.channel._apply_batch`) or from a
    manager's reply (`marketplace.conversation.chats_post`); nobody writes to them by hand."""

    _name = "marketplace.message"
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

    # ------------------------------------------------------------ the queue

    @api.model
    def _send_queued(self, channel, job):
        """Job: send what waits, oldest first, in the order of each conversation; find out about unknown outcomes."""
        self._recover(channel)
        if not any(find(channel) for find in (self._next_to_send, self._to_delete_now, self._to_mark_read)):
            return None
        with channel._client() as client:
            while message := self._next_to_send(channel):
                if message.state == "queued":
                    message._send(client)
                else:
                    message._find_out(client)
            for message in self._to_delete_now(channel):
                message._delete(client)
            for conversation in self._to_mark_read(channel):
                conversation._mark_read(client)
        self._come_back(channel)
        return DONE

    @api.model
    def _to_delete_now(self, channel):
        return self.search([("channel_id", "=", channel.id), ("delete_pending", "=", True)], order="id")

    def _delete(self, client):
        """Deleting twice is deleting once, so a process that dies here does no harm."""
        conversation, external_id = self.conversation_id.external_id, self.external_id
        self.env.cr.commit()
        try:
            client.delete(conversation, external_id)
        except RejectedError as error:
            refusal = {"delete_pending": False, "reason": error.reason, "detail": error.detail}
            self._settle(self.write, refusal)
        else:
            self._settle(self.write, {"delete_pending": False, "kind": "deleted"})

    @api.model
    def _to_mark_read(self, channel):
        return self.env["marketplace.conversation"].search(
            [("channel_id", "=", channel.id), ("remote_read_pending", "=", True)]
        )

    @api.model
    def _recover(self, channel):
        """We hold the lock, so whatever is still "sending" was left behind by a process that died."""
        for lost in self.search([("channel_id", "=", channel.id), ("state", "=", "sending")]):
            lost._settle(lost._record_unknown)

    @api.model
    def _next_to_send(self, channel):
        """The next message that is due: nothing before it in its conversation is unsettled."""
        self.env.cr.execute(
            """
            SELECT m.id FROM marketplace_message m
             WHERE m.channel_id = %(channel)s AND m.state IN ('queued', 'unknown')
               AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= %(now)s)
               AND NOT EXISTS (
                     SELECT FROM marketplace_message b
                      WHERE b.conversation_id = m.conversation_id AND b.id < m.id
                        AND b.state IN ('queued', 'sending', 'unknown')
                   )
             ORDER BY m.id LIMIT 1
            """,
            {"channel": channel.id, "now": fields.Datetime.now()},
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    def _send(self, client):
        """Claim, send, record. The claim is committed before the request leaves: if this process dies, the message
        is known to be in doubt."""
        if not self._claim():
            return
        try:
            sent = self._hand_over(client)
        except OutcomeUnknownError as error:
            self._settle(self._record_unknown, error)
        except RejectedError as error:
            self._settle(self._record_failed, error)
        except REFUSALS as error:
            self._settle(self._record_failed, error)
            raise
        except MarketplaceError as error:
            # It has certainly not been sent: back into the queue, and the whole channel waits.
            self._settle(self._record_waiting, error)
            raise
        else:
            self._settle(self._record_sent, sent.external_id, to_naive(sent.sent_at))

    def _claim(self):
        """:return: False when it was cancelled at this very moment"""
        claimed = False

        def claim():
            nonlocal claimed
            # Looked at anew each time that another transaction was faster.
            self.invalidate_recordset(["state", "attempts"])
            claimed = self.state == "queued"
            if claimed:
                now = fields.Datetime.now()
                self.write({"state": "sending", "attempted_at": now, "attempts": self.attempts + 1})

        self._settle(claim)
        return claimed

    def _hand_over(self, client):
        """The request itself, outside of any transaction: no snapshot is held while the marketplace thinks."""
        conversation, key, body, kind = (
            self.conversation_id.external_id,
            self._remote_key(),
            self.body,
            self.kind,
        )
        file = self.attachment_ids[:1]
        content, mimetype = (file.raw, file.mimetype) if kind == "image" else (b"", "")
        url = self._public_url(file) if kind == "image" else ""
        self.env.cr.commit()
        if kind == "text":
            return client.send_text(conversation, body, key)
        return client.send_image(conversation, content, mimetype, key, public_url=url)

    def _remote_key(self):
        """Our key as the marketplace gets it: a UUID, also for one of several messages of a reply."""
        return str(uuid5(NAMESPACE_URL, self.key)) if self.key and "/" in self.key else self.key

    def _public_url(self, file):
        """Where the marketplace can fetch the picture, for those that do not take bytes."""
        if not file.access_token:
            file.generate_access_token()
        return f"{self.get_base_url()}/web/image/{file.id}?access_token={file.access_token}"

    def _settle(self, record, *args):
        """Write down what happened to this message, commit, and tell the screens."""

        def work():
            record(*args)
            self._tell()

        commit_retrying(self.env, work)

    def _tell(self):
        conversation = self.conversation_id
        conversation._recount()
        conversation.channel_id._tell_screens(conversation, self.ids)

    # ------------------------------------------------------------ outcomes

    def _record_sent(self, external_id, sent_at=None, read=False):
        """The marketplace has it. Where its echo came first and stands as a row of its own, that row goes: ours keeps
        author and key."""
        self.ensure_one()
        values = {
            "state": "read" if read else "sent",
            "reason": False,
            "detail": False,
            "next_attempt_at": False,
        }
        if external_id and external_id != self.external_id:
            echo = self.search([("channel_id", "=", self.channel_id.id), ("external_id", "=", external_id)])
            if echo.state == "read":
                values["state"] = "read"
            if echo:
                self.channel_id._store_for_screens().delete(echo).bus_send()
                echo.unlink()
            self.env.flush_all()
            values["external_id"] = external_id
        if sent_at:
            values["sent_at"] = sent_at
        self.write(values)
        if values["state"] == "sent":
            # A chat that we have answered is read at the marketplace too.
            self.conversation_id.remote_read_pending = True

    def _record_unknown(self, error=None):
        self.write(
            {
                "state": "unknown",
                "reason": "line_broken",
                "detail": error.detail if error else False,
                "readings": 0,
                "next_attempt_at": fields.Datetime.now(),
            }
        )

    def _record_waiting(self, error):
        self.write({"state": "queued", "reason": error.reason, "detail": error.detail})

    def _record_failed(self, error):
        self.write(
            {"state": "failed", "reason": error.reason, "detail": error.detail, "next_attempt_at": False}
        )

    def _find_out(self, client):
        """An unknown outcome: repeat it where the marketplace knows our key; else read the conversation, twice, before
        sending once more."""
        if client.send_is_idempotent:
            self._settle(self._again_or_fail, ATTEMPTS)
            return
        conversation = self.conversation_id.external_id
        self.env.cr.commit()
        try:
            newest = client.newest(conversation)
        except RejectedError as error:
            # The marketplace does not let us look: a person has to, and the other chats go on.
            self._settle(self._record_failed, error)
            return
        # Applying adopts the echo, if it is there: see `marketplace.channel._adopt_echoes`.
        self.channel_id._apply_and_commit(Batch(messages=newest[::-1]))
        if self.state != "unknown":
            return
        if self.readings + 1 < READINGS:
            pause = fields.Datetime.now() + timedelta(seconds=READING_PAUSE)
            self._settle(self.write, {"readings": self.readings + 1, "next_attempt_at": pause})
        else:
            self._settle(self._again_or_fail, ATTEMPTS_WITHOUT_KEY)

    def _again_or_fail(self, attempts):
        if self.attempts < attempts:
            self.write({"state": "queued", "next_attempt_at": False})
        else:
            self._record_failed(RejectedError("not_delivered"))

    @api.model
    def _come_back(self, channel):
        """Have the job run when the next unknown outcome is due to be looked into."""
        later = self.search(
            [
                ("channel_id", "=", channel.id),
                ("state", "in", ("queued", "unknown")),
                ("next_attempt_at", "!=", False),
            ],
            order="next_attempt_at",
            limit=1,
        )
        if later:
            self.env["marketplace.job"]._trigger("send", at=later.next_attempt_at)

    # ------------------------------------------------------------ media

    @api.model
    def _fetch_media(self, channel, job):
        """Job: copy pictures, voice messages and recordings, whose links die, and the pictures of listings.

        A file that cannot be had now gets its own pause; only several in a row mean that the marketplace is ill.
        """
        messages = self.search(
            [
                ("channel_id", "=", channel.id),
                ("media_state", "=", "pending"),
                "|",
                ("next_attempt_at", "=", False),
                ("next_attempt_at", "<=", fields.Datetime.now()),
            ],
            order="id desc",
            limit=MEDIA_PORTION,
        )
        listings = self.env["marketplace.listing"].search(
            [("channel_id", "=", channel.id), ("image_url", "!=", False), ("image_state", "=", "pending")],
            limit=MEDIA_PORTION,
        )
        if not messages and not listings:
            return None
        with channel._client() as client:
            troubles = []
            for message in messages:
                error = message._fetch_files(client)
                troubles = [*troubles, error] if error else []
                if len(troubles) == MEDIA_TROUBLES:
                    raise error
            for listing in listings:
                listing._fetch_image(client)
        return MORE if len(messages) == MEDIA_PORTION or len(listings) == MEDIA_PORTION else DONE

    def _fetch_files(self, client):
        """:return: what went wrong, if it may go right later"""
        media = [RemoteMedia(**item) for item in (self.data or {}).get("media", ())]
        self.env.cr.commit()
        try:
            files = [
                client.recording(item.ref) if item.kind == "recording" else client.download(item)
                for item in media
            ]
        except RejectedError as error:
            self._settle(self._record_media_failed, error)
        except TemporaryError as error:
            self._settle(self._record_media_trouble, error)
            return error
        else:
            self._settle(self._record_files, files)
        return None

    def _record_media_failed(self, error):
        self.write({"media_state": "failed", "reason": error.reason, "detail": error.detail})

    def _record_media_trouble(self, error):
        self.attempts += 1
        if self.attempts >= MEDIA_ATTEMPTS:
            self._record_media_failed(error)
        else:
            self.next_attempt_at = fields.Datetime.now() + timedelta(minutes=2 ** (self.attempts - 1))

    def _record_files(self, files):
        self.env["ir.attachment"].create(
            [
                {
                    "name": file.filename,
                    "raw": file.content,
                    "mimetype": file.mimetype,
                    "res_model": self._name,
                    "res_id": self.id,
                }
                for file in files
            ]
        )
        self.write({"media_state": "done", "reason": False, "detail": False})
