"""The way out: messages that wait to be sent, and what became of those that were."""

from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from odoo import api, fields, models

from ..marketplaces.errors import NOT_DONE, MarketplaceError, OutcomeUnknownError, RejectedError
from ..marketplaces.payload import Batch
from .bulk import commit_retrying, to_naive
from .marketplace_channel import REFUSALS
from .marketplace_job import DONE

#: An unknown outcome is looked into this often, this many times, before the message is sent once more or given up.
READING_PAUSE, READINGS = 15, 2
#: How often a message is sent at all: where the marketplace knows our key, and where it does not.
ATTEMPTS, ATTEMPTS_WITHOUT_KEY = 3, 2


class MarketplaceMessage(models.Model):
    _inherit = "marketplace.message"

    @api.model
    def _send_queued(self, channel, job):
        """Job: send what waits, oldest first, in the order of each conversation; find out about unknown outcomes."""
        self._recover(channel)
        if not any(
            find(channel)
            for find in (self._next_to_send, self._to_delete_now, self._to_mark_read, self._to_shut_out)
        ):
            return None
        with channel._client() as client:
            while message := self._next_to_send(channel):
                if message.state == "queued":
                    message._send(client)
                else:
                    message._find_out(client)
            for message in self._to_delete_now(channel):
                message._delete(client)
            for conversation in self._to_shut_out(channel):
                conversation._block(client)
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
        except NOT_DONE as error:
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
    def _to_shut_out(self, channel):
        return self.env["marketplace.conversation"].search(
            [("channel_id", "=", channel.id), ("block_pending", "=", True)]
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
             WHERE m.channel_id = %(channel)s AND m.direction = 'out' AND m.state IN ('queued', 'unknown')
               AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= %(now)s)
               AND NOT EXISTS (
                     SELECT FROM marketplace_message b
                      WHERE b.conversation_id = m.conversation_id AND b.id < m.id AND b.direction = 'out'
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
        read_at = self.conversation_id.buyer_read_at
        left_at = sent_at or self.attempted_at or self.sent_at
        values = {
            "state": "read" if read or (read_at and left_at <= read_at) else "sent",
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
        if not self.is_auto:
            # A chat that we have answered is read at the marketplace too.
            self.conversation_id.remote_read_pending = True

    def _has_arrived(self):
        """Whether its echo has settled it while the answer was awaited: then it was sent, whatever the answer says."""
        self.invalidate_recordset(["external_id"])
        return bool(self.external_id)

    def _record_unknown(self, error=None):
        if self._has_arrived():
            return
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
        if self._has_arrived():
            return
        self.write({"state": "queued", "reason": error.reason, "detail": error.detail})

    def _record_failed(self, error):
        if self._has_arrived():
            return
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
        if self._has_arrived():
            return
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
