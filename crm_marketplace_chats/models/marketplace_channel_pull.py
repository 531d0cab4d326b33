"""Asking a marketplace for what changed, and reading it, portion by portion."""

import dataclasses
import logging
import time
from functools import partial

from odoo import models
from odoo.tools import split_every

from ..marketplaces.errors import MarketplaceError, RateLimitError, RejectedError, TemporaryError
from ..marketplaces.payload import DELETED, Batch, History, RemoteConversation
from .bulk import to_naive
from .marketplace_job import DONE, MORE

_logger = logging.getLogger(__name__)

#: Conversations read between two commits of a pull, and seconds after which a pull lets other channels work.
PORTION, LONGEST_PULL = 10, 50


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _pull(self, channel, job):
        """Job: walk through the conversations that changed, and read what is new in them.

        A page is read in portions, each stored when it is there; the walk moves on with the last one. A killed
        process costs one portion, and what it stored already is not asked for again.
        """
        with channel._client() as client:
            if not client.can_pull:
                return DONE
            channel._pull_again(client)
            return channel._walk(client, job)

    def _walk(self, client, job):
        started = time.monotonic()
        while True:
            walk = job.walk or {}
            self.env.cr.commit()  # no snapshot is held while the marketplace thinks
            page = client.conversations(walk)
            messages = sum(
                self._pull_portion(client, part) for part in split_every(PORTION, page.conversations)
            )
            self._apply_and_commit(Batch(), job=job, walk=dict(page.walk))
            _logger.info(
                "channel %s: %s conversations, %s messages pulled in %.0f ms",
                *(self.id, len(page.conversations), messages, (time.monotonic() - started) * 1000),
            )
            if page.done:
                if not self.history_done:
                    self.env["marketplace.job"]._trigger("history")
                return DONE
            if time.monotonic() - started > LONGEST_PULL:
                return MORE

    def _pull_portion(self, client, remotes, old=False):
        """Read and store the conversations of one portion. One that cannot be read is put aside, see `_pull_again`; a
        second one means that the marketplace is ill, and the pull ends with what it has. The last message, which the
        list tells, is shown all the same.

        :param old: read also what is older than the channel and has not been read yet: that is the work of the
            history job, so that it does not hold up what comes in now
        :return: number of messages read
        """
        seen = self._pulled_so_far(remotes)
        self.env.cr.commit()
        conversations, histories, troubles, unread = [], {}, {}, []
        for remote in remotes:
            newest, described = seen.get(remote.external_id, (None, False))
            conversations.append(remote)
            last = remote.last_message
            try:
                if remote.partial and not described:
                    conversations[-1] = self._described(client, remote)
                # Whether to ask is decided by what a pull has seen: that a delivery brought the newest message does
                # not mean that the delivery before it was not lost.
                if last and newest is None and not old and self._is_history(last):
                    unread.append(last)
                elif last and last.external_id != newest:
                    self.env["marketplace.job"]._let_replies_pass()
                    known = partial(self._known_to_pulls, newest)
                    histories[remote.external_id] = client.history(
                        remote.external_id, known, last.external_id
                    )
                elif last and last.kind == DELETED:
                    unread.append(last)  # no news but this
            except RejectedError as error:
                _logger.info("channel %s: chat %s: %s", self.id, remote.external_id, error)
                unread += [last] if last else []
            except TemporaryError as error:
                unread += [last] if last else []
                troubles[remote.external_id] = error
                if len(troubles) > 1:
                    break
        lasts = {
            remote.external_id: remote.last_message.external_id for remote in remotes if remote.last_message
        }
        self._store_histories(histories, conversations, unread, lasts)
        self._put_aside(troubles)
        if len(troubles) > 1:
            raise list(troubles.values())[-1]
        return sum(len(history.messages) for history in histories.values())

    def _store_histories(self, histories, conversations=(), others=(), lasts=None):
        """
        :param histories: `payload.History` by the conversation's external id
        :param others: messages known without a history
        :param lasts: ids of the last messages as the list of conversations gives them. Some are in no history (an
            advertisement, say); to compare with the list next time, its own word counts.
        """
        messages = tuple(message for history in histories.values() for message in reversed(history.messages))
        newest = {
            key: history.messages[0].external_id for key, history in histories.items() if history.messages
        }
        self._apply_and_commit(
            Batch(tuple(conversations), messages + tuple(others)),
            pulled=newest | {key: last for key, last in (lasts or {}).items() if key in histories},
            gaps=[key for key, history in histories.items() if not history.complete],
        )

    def _known_to_pulls(self, newest, external_ids):
        """Which of these messages are stored and not newer than the newest that a pull has seen: what deliveries have
        brought since does not tell what lies between. Ends its transaction at once."""
        if not newest:
            return set()
        self.env.cr.execute(
            """
            SELECT external_id FROM marketplace_message
             WHERE channel_id = %(channel)s AND external_id = ANY(%(ids)s)
               AND sent_at <= COALESCE(
                     (SELECT sent_at FROM marketplace_message
                       WHERE channel_id = %(channel)s AND external_id = %(newest)s),
                     'infinity')
            """,
            {"channel": self.id, "ids": list(external_ids), "newest": newest},
        )
        known = {row[0] for row in self.env.cr.fetchall()}
        self.env.cr.commit()
        return known

    def _is_history(self, message):
        """Whether a chat that no pull has read is left to the history job."""
        return not self.history_done and to_naive(message.sent_at) < self.create_date

    def _put_aside(self, external_ids):
        """Remember conversations that could not be read: the walk goes on without them."""
        if external_ids:
            self.env.cr.execute(
                "UPDATE marketplace_conversation SET pull_pending = true"
                " WHERE channel_id = %s AND external_id = ANY(%s)",
                (self.id, list(external_ids)),
            )
            self.env.cr.commit()

    def _pull_again(self, client):
        """Try once more what was put aside."""
        for conversation in self.env["marketplace.conversation"].search(
            [("channel_id", "=", self.id), ("pull_pending", "=", True)], limit=PORTION
        ):
            external_id, newest = conversation.external_id, conversation.pulled_external_id
            self.env.cr.commit()
            try:
                history = client.history(external_id, partial(self._known_to_pulls, newest))
            except TemporaryError as error:
                _logger.info("channel %s: chat %s still cannot be read: %s", self.id, external_id, error)
                continue
            except RejectedError:
                history = History(())
            self._store_histories({external_id: history})
            conversation.pull_pending = False
            self.env.cr.commit()

    def _describe_partial(self, client):
        """Ask for the names and cars of conversations that a delivery brought first. What cannot be had now is asked
        for by the next run: deliveries are never held up by it."""
        for conversation in self._partial_conversations():
            remote = RemoteConversation(conversation.external_id)
            self.env.cr.commit()
            try:
                described = self._described(client, remote)
            except RateLimitError:
                raise
            except MarketplaceError as error:
                _logger.info(
                    "channel %s: chat %s is not described yet: %s", self.id, remote.external_id, error
                )
                break
            self._apply_and_commit(Batch(conversations=(described,)))

    def _partial_conversations(self):
        return self.env["marketplace.conversation"].search(
            [("channel_id", "=", self.id), ("is_partial", "=", True), ("external_id", "!=", False)],
            limit=PORTION,
        )

    @staticmethod
    def _described(client, remote):
        """A conversation in full, or what is known of it where the marketplace does not tell more.

        Where the list knows of a listing and the full answer does not, the answer is not whole: nothing is concluded
        from it, and the next pull asks again.
        """
        try:
            found = client.conversation(remote.external_id)
            if remote.listing and not found.listing:
                return remote
            remote = found
        except RejectedError as error:
            _logger.info("chat %s is not described: %s", remote.external_id, error)
        return dataclasses.replace(remote, partial=False)

    def _pulled_so_far(self, remotes):
        """``{external id: (newest message seen by a pull, whether the conversation is known in full)}``"""
        self.env.cr.execute(
            """
            SELECT external_id, pulled_external_id,
                   -- noise for want of a listing is looked at again as soon as the list names one
                   NOT is_partial AND NOT (is_noise AND listing_id IS NULL)
              FROM marketplace_conversation
             WHERE channel_id = %s AND external_id = ANY(%s)
            """,
            (self.id, [remote.external_id for remote in remotes]),
        )
        return {external_id: (newest, described) for external_id, newest, described in self.env.cr.fetchall()}
