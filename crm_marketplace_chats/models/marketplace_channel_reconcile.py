"""Comparing what we hold with what the marketplace holds, and repairing what differs."""

import time
from datetime import timedelta
from functools import partial

from odoo import fields, models
from odoo.tools import split_every

from ..marketplaces.errors import RejectedError
from ..marketplaces.payload import Batch
from .bulk import commit_retrying
from .marketplace_channel_pull import LONGEST_PULL, PORTION
from .marketplace_job import DONE, MORE

#: Where messages can be deleted no list tells of it: chats as young as this are looked into too.
RECENT = timedelta(days=1)
#: How far a comparison has come: the list's ``walk``, portions of its page that are done, whether the list is done,
#: the last chat that was looked into; counts of the portion under way; and what was found so far.
BEGINNING = {
    "walk": {}, "read": 0, "listed": False, "after": 0, "before": {}, "checked": 0, "repaired": [],
}  # fmt: skip


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def action_reconcile(self):
        """«Compare now»."""
        self.check_access("write")
        self.sudo().job_ids.filtered(lambda job: job.kind == "reconcile")._wake()

    def _reconcile(self, channel, job):
        """Job: compare the last message of every chat that the marketplace lists, then the newest messages of those
        that wait for an answer or are young; what differs is read anew and written down. How far it came is kept with
        each portion, so that a killed process forgets nothing of what it has repaired."""
        with channel._client() as client:
            if not client.can_pull or not channel.last_success_at or not channel.history_done:
                return None  # nothing to compare yet
            started = time.monotonic()
            for step in (channel._compare_list, channel._compare_chats):
                if not step(client, job, started):
                    return MORE
        channel._write_down(job)
        return DONE

    def _compare_list(self, client, job, started):
        """:return: whether it has come to the end"""
        state = BEGINNING | (job.walk or {})
        while not state["listed"]:
            self.env.cr.commit()
            page = client.conversations(state["walk"])
            for part in list(split_every(PORTION, page.conversations))[state["read"] :]:
                state = self._repair_portion(client, job, state, part)
            state |= {"walk": dict(page.walk), "read": 0, "listed": page.done}
            self._keep_state(job, state)
            if not page.done and time.monotonic() - started > LONGEST_PULL:
                return False
        return True

    def _repair_portion(self, client, job, state, remotes):
        """:return: the state after it"""
        external_ids = [remote.external_id for remote in remotes]
        # A process that was killed here has noted what there was before it began.
        noted = {key: count for key, count in state["before"].items() if key in external_ids}
        before = self._message_counts(external_ids) | noted
        self._keep_state(job, state | {"before": before})
        self._pull_portion(client, remotes)
        after = self._message_counts(external_ids)
        differed = [key for key, count in after.items() if count != before.get(key, 0)]
        state = state | {
            "read": state["read"] + 1,
            "before": {},
            "checked": state["checked"] + len(remotes),
            "repaired": [*state["repaired"], *differed],
        }
        self._keep_state(job, state)
        return state

    def _compare_chats(self, client, job, started):
        """Chats that wait in our list may have been answered, and messages deleted, without any word of it.

        :return: whether it has come to the end
        """
        while chats := self._chats_to_look_into(client, job.walk["after"]):
            for chat in chats:
                self._look_into(client, job, chat)
            if time.monotonic() - started > LONGEST_PULL:
                return False
        return True

    def _chats_to_look_into(self, client, after):
        since = fields.Datetime.now() - RECENT
        young = [("last_message_at", ">", since)]
        if not client.delete_within:  # then only what has not been understood may be told better now
            young = [("message_ids", "any", [("kind", "=", "unknown"), ("sent_at", ">", since)])]
        domain = ["|", ("is_unprocessed", "=", True), *young]
        return self.env["marketplace.conversation"].search(
            [
                ("channel_id", "=", self.id),
                ("id", ">", after),
                ("is_calls", "=", False),
                ("external_id", "!=", False),
                *domain,
            ],
            order="id",
            limit=PORTION,
        )

    def _look_into(self, client, job, chat):
        """Apply the newest messages of one chat, as far back as one can have been deleted since the last comparison;
        whether they differed is kept in the same commit."""
        chat_id, external_id = chat.id, chat.external_id
        last = fields.Datetime.to_datetime((job.report or {}).get("at")) or fields.Datetime.now() - RECENT
        self.env.cr.commit()
        try:
            newest = client.history(
                external_id, partial(self._said_before, last - (client.delete_within or timedelta()))
            ).messages
        except RejectedError:
            newest = ()

        def work():
            differed = self._apply_batch(Batch(messages=newest[::-1])).mapped("external_id")
            job.walk = job.walk | {"after": chat_id, "repaired": [*job.walk["repaired"], *differed]}

        commit_retrying(self.env, work)

    def _said_before(self, moment, external_ids):
        """Which of these messages are stored and older. Ends its transaction at once."""
        self.env.cr.execute(
            "SELECT external_id FROM marketplace_message"
            " WHERE channel_id = %s AND external_id = ANY(%s) AND sent_at < %s",
            (self.id, list(external_ids), moment),
        )
        found = {row[0] for row in self.env.cr.fetchall()}
        self.env.cr.commit()
        return found

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

    def _keep_state(self, job, state):
        job.walk = state
        self.env.cr.commit()

    def _write_down(self, job):
        checked, repaired = job.walk["checked"], len(set(job.walk["repaired"]))
        job.write(
            {
                "walk": False,
                "report": {
                    "at": fields.Datetime.to_string(fields.Datetime.now()),
                    "checked": checked,
                    "repaired": repaired,
                },
            }
        )
        if repaired:
            self.message_post(
                body=self.env._(
                    "Comparison with the marketplace: %(checked)s chats, %(repaired)s of them differed and were "
                    "read anew.",
                    checked=checked,
                    repaired=repaired,
                )
            )
        self.env.cr.commit()
