"""Comparing what we hold with what the marketplace holds, and repairing what differs."""

import time

from odoo import fields, models
from odoo.tools import split_every

from ..marketplaces.errors import RejectedError
from ..marketplaces.payload import Batch
from .marketplace_channel_pull import LONGEST_PULL, PORTION
from .marketplace_job import DONE, MORE

#: Waiting chats whose newest messages are read again, in one run.
WAITING_CHATS = 100


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def action_reconcile(self):
        """«Compare now»."""
        self.check_access("write")
        self.sudo().job_ids.filtered(lambda job: job.kind == "reconcile")._wake()

    def _reconcile(self, channel, job):
        """Job: compare the last message of every chat that the marketplace lists, and the newest messages of those
        that wait for an answer; what differs is read anew and written down."""
        started = time.monotonic()
        with channel._client() as client:
            if not client.can_pull or not channel.last_success_at or not channel.history_done:
                return None  # nothing to compare yet
            state = dict(job.walk or {"walk": {}, "checked": 0, "repaired": []})
            while True:
                self.env.cr.commit()
                page = client.conversations(state["walk"])
                for part in split_every(PORTION, page.conversations):
                    state["repaired"] += channel._repair_portion(client, part)
                state["checked"] += len(page.conversations)
                state["walk"] = dict(page.walk)
                if page.done:
                    break
                job.walk = state
                if time.monotonic() - started > LONGEST_PULL:
                    return MORE
            state["repaired"] += channel._repair_waiting(client)
        channel._write_down(job, state)
        return DONE

    def _repair_portion(self, client, remotes):
        """:return: ids of the chats in which messages were missing"""
        before = self._message_counts([remote.external_id for remote in remotes])
        self.env.cr.commit()
        self._pull_portion(client, remotes)
        after = self._message_counts([remote.external_id for remote in remotes])
        self.env.cr.commit()
        return [key for key, count in after.items() if count != before.get(key, 0)]

    def _repair_waiting(self, client):
        """Chats that wait in our list may have been answered, or their last message deleted, without any word of it."""
        waiting = self.env["marketplace.conversation"].search(
            [("channel_id", "=", self.id), ("is_unprocessed", "=", True), ("is_calls", "=", False)],
            order="waiting_since",
            limit=WAITING_CHATS,
        )
        external_ids = waiting.mapped("external_id")
        self.env.cr.commit()
        repaired = []
        for external_id in filter(None, external_ids):
            try:
                newest = client.newest(external_id)
            except RejectedError:
                continue
            repaired += self._apply_and_commit(Batch(messages=newest[::-1])).mapped("external_id")
        return repaired

    def _message_counts(self, external_ids):
        """Messages held of these chats, by the chat's external id."""
        self.env.cr.execute(
            """
            SELECT c.external_id, count(m.id)
              FROM marketplace_conversation c
              LEFT JOIN marketplace_message m ON m.conversation_id = c.id AND m.external_id IS NOT NULL
             WHERE c.channel_id = %s AND c.external_id = ANY(%s)
             GROUP BY c.id
            """,
            (self.id, external_ids),
        )
        return dict(self.env.cr.fetchall())

    def _write_down(self, job, state):
        repaired = sorted(set(state["repaired"]))
        job.write(
            {
                "walk": False,
                "report": {
                    "at": fields.Datetime.to_string(fields.Datetime.now()),
                    "checked": state["checked"],
                    "repaired": len(repaired),
                },
            }
        )
        if repaired:
            self.message_post(
                body=self.env._(
                    "Comparison with the marketplace: %(checked)s chats, %(repaired)s of them differed and were "
                    "read anew.",
                    checked=state["checked"],
                    repaired=len(repaired),
                )
            )
        self.env.cr.commit()
