"""Applying what a marketplace brings: the one way in, for deliveries, pulls, history and reconciliation alike."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections import defaultdict
from datetime import timedelta
from functools import partial

from odoo import models
from odoo.tools import split_every

from ..marketplaces.errors import MarketplaceError, RateLimitError, RejectedError, TemporaryError
from ..marketplaces.payload import DELETED, OUT, Batch, History, RemoteConversation
from .bulk import commit_retrying, insert_new, to_naive, update_changed
from .marketplace_job import DONE, MORE

_logger = logging.getLogger(__name__)

#: Our clock and the marketplace's may differ by this much when an echo is matched with what we sent.
CLOCK_DIFFERENCE = timedelta(seconds=60)
#: What a marketplace leaves out of a conversation does not erase what it said before.
KEPT_WHEN_EMPTY = frozenset(
    "buyer_name buyer_external_id url listing_id vehicle_id is_noise is_blocked is_partial".split()
)
#: How the ids of our own chats of telephone calls begin.
CALLS = "calls/"
#: More messages than this in one batch are history: screens get the conversations only.
LIVE_MESSAGES = 50
#: Conversations read between two commits of a pull, and seconds after which a pull lets other channels work.
PORTION, LONGEST_PULL = 10, 50


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _apply_and_commit(self, batch: Batch, pulled=None, gaps=(), job=None, walk=None):
        """Apply and commit, again when another worker touched the same rows meanwhile.

        :param pulled: newest message read so far, by conversation (external ids); kept with the batch
        :param gaps: conversations whose older messages the marketplace does not give
        :param job: with ``walk``, the job whose walk came this far; kept in the same commit
        :return: the conversations that changed
        """

        def work():
            changed = self._apply_batch(batch)
            self._note_pulled(pulled or {}, gaps)
            if walk is not None:
                job.walk = walk
            return changed

        return commit_retrying(self.env, work)

    def _note_pulled(self, pulled, gaps):
        if pulled:
            self.env.cr.execute(
                """
                UPDATE marketplace_conversation c
                   SET pulled_external_id = v.message, pull_pending = false,
                       has_gap = has_gap OR c.external_id = ANY(%s)
                  FROM unnest(%s, %s) AS v(conversation, message)
                 WHERE c.channel_id = %s AND c.external_id = v.conversation
                """,
                (list(gaps), list(pulled), list(pulled.values()), self.id),
            )

    def _apply_batch(self, batch: Batch):
        """Store a batch. Applying it again, or parts of it in any order, changes nothing more.

        One search, one insert and one update per table, whatever the size. Raises `SerializationFailure` when
        another transaction stored the same rows at the same time; then the caller starts again.

        :return: the conversations that changed
        """
        self.ensure_one()
        listings = self._apply_listings(batch)
        conversations = self._apply_conversations(batch, listings)
        touched, messages = self._apply_messages(batch, conversations)
        read, were_read = self._apply_reading(batch, conversations)
        touched |= read
        messages += were_read
        changed = self.env["marketplace.conversation"].browse(touched)._recount() | conversations["changed"]
        self._tell_screens(changed, messages)
        return changed

    # ------------------------------------------------------------ listings

    def _apply_listings(self, batch):
        """:return: listing ids by external id"""
        found = [*batch.listings, *(c.listing for c in batch.conversations if c.listing)]
        # What the list of advertisements says is fuller than what came with a chat, so it is applied last.
        rows = {
            listing.external_id: listing for listing in sorted(found, key=lambda listing: not listing.partial)
        }
        if not rows:
            return {}
        Listing = self.env["marketplace.listing"]
        return Listing._apply_remote(self, list(rows.values()))

    # ------------------------------------------------------------ conversations

    def _apply_conversations(self, batch, listings):
        """:return: ``{"ids": {external id: id}, "changed": recordset}``"""
        # Where a batch speaks of a conversation more than once, what tells more counts.
        told = sorted(batch.conversations, key=lambda conversation: not conversation.partial)
        remote = {conversation.external_id: conversation for conversation in told}
        wanted = set(remote) | {message.conversation_id for message in batch.messages}
        Conversation = self.env["marketplace.conversation"]
        known = self._conversation_ids(wanted)
        new = [
            self._new_conversation(external_id, remote.get(external_id), listings)
            for external_id in sorted(wanted - set(known))
        ]
        created = insert_new(Conversation, new, ("channel_id", "external_id"))
        changed = update_changed(
            Conversation,
            [
                {"id": known[key]} | self._conversation_values(remote[key], listings)
                for key in remote
                if key in known
            ],
            keep_empty=KEPT_WHEN_EMPTY,
        )
        if created:
            known = self._conversation_ids(wanted)
        self._keep_prices_seen(known.values())
        return {"ids": known, "changed": Conversation.browse([*created, *changed])}

    def _keep_prices_seen(self, conversation_ids):
        """What the buyer saw when the chat began, or when its listing became known: later prices do not change it."""
        self.env.cr.execute(
            """
            UPDATE marketplace_conversation c SET price_seen = l.price
              FROM marketplace_listing l
             WHERE l.id = c.listing_id AND c.id = ANY(%s) AND c.price_seen IS NULL AND l.price IS NOT NULL
            RETURNING c.id
            """,
            (list(conversation_ids),),
        )
        kept = [row[0] for row in self.env.cr.fetchall()]
        self.env["marketplace.conversation"].browse(kept).invalidate_recordset(["price_seen"])

    def _conversation_ids(self, external_ids):
        self.env.cr.execute(
            "SELECT external_id, id FROM marketplace_conversation WHERE channel_id = %s AND external_id = ANY(%s)",
            (self.id, list(external_ids)),
        )
        return dict(self.env.cr.fetchall())

    def _new_conversation(self, external_id, remote, listings):
        remote = remote or RemoteConversation(external_id, partial=True)
        values = self._conversation_values(remote, listings)
        return {
            "channel_id": self.id,
            "company_id": self.company_id.id,
            "marketplace": self.marketplace,
            "external_id": external_id,
            "active": True,
            "unread_count": 0,
            "is_unprocessed": False,
            "has_gap": False,
            "pull_pending": False,
            "remote_read_pending": False,
            "is_calls": external_id.startswith(CALLS),
            **values,
            "is_partial": remote.partial,
            "is_noise": bool(values["is_noise"]),
            "is_blocked": bool(values["is_blocked"]),
        }

    def _conversation_values(self, remote, listings):
        listing = (remote.listing and listings.get(remote.listing.external_id)) or {}
        return {
            "buyer_name": remote.buyer_name or None,
            "buyer_external_id": remote.buyer_id or None,
            "url": remote.url or None,
            "listing_id": listing.get("id"),
            "vehicle_id": listing.get("vehicle_id"),
            "is_noise": None if remote.partial else remote.noise,
            "is_blocked": None if remote.partial else remote.blocked,
            "is_partial": None if remote.partial else False,
        }

    # ------------------------------------------------------------ messages

    def _apply_messages(self, batch, conversations):
        """:return: ids of the conversations whose messages changed, and ids of the messages"""
        # Where a batch holds a message more than once, what became of it counts.
        told = sorted(batch.messages, key=lambda message: (message.kind == DELETED, bool(message.read_at)))
        unique = {message.external_id: message for message in told if message.external_id}
        if not unique:
            return set(), []
        Message = self.env["marketplace.message"]
        known = self._known_messages(unique)
        fresh = [message for external_id, message in unique.items() if external_id not in known]
        # Oldest first, so that ids break ties between messages of the same second; there the batch's order counts.
        place = {message.external_id: number for number, message in enumerate(batch.messages)}
        fresh.sort(key=lambda message: (message.sent_at, place[message.external_id]))
        adopted = self._adopt_echoes(
            [message for message in fresh if message.direction == OUT], conversations
        )
        new = [
            self._new_message(message, conversations["ids"][message.conversation_id])
            for message in fresh
            if message.external_id not in adopted
        ]
        created = insert_new(Message, new, ("channel_id", "external_id"))
        changed = update_changed(
            Message,
            [self._changed_message(known[key], unique[key]) for key in known],
            keep_empty={"state"},
        )
        ids = [*created, *changed, *adopted.values()]
        Message.browse(ids).invalidate_recordset()
        touched = set(Message.browse(ids).conversation_id.ids)
        if any(row["media_state"] == "pending" for row in new):
            self.env["marketplace.job"]._trigger("media")
        return touched, ids

    def _known_messages(self, external_ids):
        self.env.cr.execute(
            "SELECT external_id, id, kind FROM marketplace_message WHERE channel_id = %s AND external_id = ANY(%s)",
            (self.id, list(external_ids)),
        )
        return {external_id: (message_id, kind) for external_id, message_id, kind in self.env.cr.fetchall()}

    def _new_message(self, message, conversation_id):
        return {
            "channel_id": self.id,
            "conversation_id": conversation_id,
            "external_id": message.external_id,
            "direction": message.direction,
            "kind": message.kind,
            "body": message.body or None,
            "sent_at": to_naive(message.sent_at),
            "state": ("read" if message.read_at else "sent") if message.direction == OUT else "received",
            "is_noise": message.noise,
            "data": self._message_data(message),
            "media_state": "pending" if message.media else None,
            "attempts": 0,
            "readings": 0,
        }

    @staticmethod
    def _message_data(message):
        data = dict(message.data)
        if message.media:
            data["media"] = [{"kind": item.kind, "url": item.url, "ref": item.ref} for item in message.media]
        return data or None

    @staticmethod
    def _changed_message(known, message):
        """What may change in a message after it was stored: it can be deleted, and the buyer can read ours."""
        message_id, kind = known
        return {
            "id": message_id,
            "kind": message.kind if message.kind == "deleted" else kind,
            "state": "read" if message.direction == OUT and message.read_at else None,
        }

    def _adopt_echoes(self, outgoing, conversations):
        """Give messages that we sent ourselves the ids under which they come back.

        An echo can be here before the sending was recorded, or settle one whose outcome is unknown. By our own key
        where the marketplace returns it; else the oldest row of ours in that conversation that has no id yet, with
        the same content, not older than the moment it left. Two equal texts find two rows.

        :return: ``{external id: message id}``
        """
        if not outgoing:
            return {}
        candidates = self.env["marketplace.message"].search(
            [
                ("conversation_id", "in", [conversations["ids"][m.conversation_id] for m in outgoing]),
                ("external_id", "=", False),
                ("direction", "=", "out"),
                # A queued one that has left before may have arrived after all.
                "|",
                ("state", "in", ("sending", "unknown", "sent")),
                "&",
                ("state", "=", "queued"),
                ("attempts", ">", 0),
            ],
            order="sent_at, id",
        )
        by_conversation = defaultdict(list)
        for row in candidates:
            by_conversation[row.conversation_id.external_id].append(row)
        adopted = {}
        for message in outgoing:
            rows = by_conversation[message.conversation_id]
            row = next((row for row in rows if self._is_echo(row, message)), None)
            if row:
                rows.remove(row)
                row._record_sent(message.external_id, to_naive(message.sent_at), read=bool(message.read_at))
                adopted[message.external_id] = row.id
        return adopted

    @staticmethod
    def _is_echo(row, message):
        if message.key:
            return row.key == message.key
        since = (row.attempted_at or row.sent_at) - CLOCK_DIFFERENCE
        same = row.kind == message.kind and (
            row.kind != "text" or (row.body or "").strip() == message.body.strip()
        )
        return same and to_naive(message.sent_at) >= since

    def _apply_reading(self, batch, conversations):
        """The buyer has read ours up to a moment.

        :return: ids of the conversations, and of the messages that were not known as read
        """
        marks = [
            (conversations["ids"][c.external_id], to_naive(c.buyer_read_at))
            for c in batch.conversations
            if c.buyer_read_at
        ]
        if not marks:
            return set(), []
        ids, moments = zip(*marks, strict=True)
        self.env.cr.execute(
            """
            UPDATE marketplace_message m SET state = 'read'
              FROM unnest(%s, %s::timestamp[]) AS mark(conversation_id, read_at)
             WHERE m.conversation_id = mark.conversation_id AND m.direction = 'out' AND m.state = 'sent'
               AND m.sent_at <= mark.read_at
            RETURNING m.conversation_id, m.id
            """,
            (list(ids), list(moments)),
        )
        rows = self.env.cr.fetchall()
        messages = [message for _conversation, message in rows]
        self.env["marketplace.message"].browse(messages).invalidate_recordset(["state"])
        return {conversation for conversation, _message in rows}, messages

    # ------------------------------------------------------------ screens

    def _tell_screens(self, conversations, message_ids):
        """One note per batch, to those who may use the channel."""
        conversations = conversations.filtered("last_message_at")
        if not conversations:
            return
        store = self._store_for_screens().add(conversations)
        if len(message_ids) <= LIVE_MESSAGES:
            store.add(self.env["marketplace.message"].browse(message_ids))
        store.bus_send()

    # ------------------------------------------------------------ pulling

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
                return DONE
            if time.monotonic() - started > LONGEST_PULL:
                return MORE

    def _pull_portion(self, client, remotes):
        """Read and store the conversations of one portion. One that cannot be read is put aside, see `_pull_again`; a
        second one means that the marketplace is ill, and the pull ends with what it has. The last message, which the
        list tells, is shown all the same.

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
                if last and last.external_id != newest:
                    known = partial(self._known_to_pulls, newest)
                    histories[remote.external_id] = client.history(
                        remote.external_id, known, last.external_id
                    )
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
        """A conversation in full, or what is known of it where the marketplace does not tell more."""
        try:
            remote = client.conversation(remote.external_id)
        except RejectedError as error:
            _logger.info("chat %s is not described: %s", remote.external_id, error)
        return dataclasses.replace(remote, partial=False)

    def _pulled_so_far(self, remotes):
        """``{external id: (newest message seen by a pull, whether the conversation is known in full)}``"""
        self.env.cr.execute(
            """
            SELECT external_id, pulled_external_id, NOT is_partial FROM marketplace_conversation
             WHERE channel_id = %s AND external_id = ANY(%s)
            """,
            (self.id, [remote.external_id for remote in remotes]),
        )
        return {external_id: (newest, described) for external_id, newest, described in self.env.cr.fetchall()}
