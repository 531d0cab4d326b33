"""Applying what a marketplace brings: the one way in, for deliveries, pulls, history and reconciliation alike."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from datetime import timedelta

from odoo import fields, models

from ..marketplaces.payload import DELETED, OUT, UNKNOWN, Batch, RemoteConversation
from .bulk import commit_retrying, insert_new, to_naive, update_changed

#: Our clock and the marketplace's may differ by this much when an echo is matched with what we sent.
CLOCK_DIFFERENCE = timedelta(seconds=60)
#: What a marketplace leaves out of a conversation does not erase what it said before.
KEPT_WHEN_EMPTY = frozenset(
    "buyer_name buyer_external_id url listing_id vehicle_id is_noise is_blocked is_partial".split()
)
#: How the ids of our own chats of telephone calls begin.
CALLS = "calls/"


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
            # Locked in the order of their ids, as everybody else does: in another two workers wait for each other.
            self.env.cr.execute(
                """
                UPDATE marketplace_conversation c
                   SET pulled_external_id = seen.message, pull_pending = false,
                       has_gap = has_gap OR c.external_id = ANY(%s)
                  FROM (
                        SELECT c.id, v.message
                          FROM marketplace_conversation c
                          JOIN unnest(%s, %s) AS v(conversation, message) ON c.external_id = v.conversation
                         WHERE c.channel_id = %s
                         ORDER BY c.id FOR NO KEY UPDATE OF c
                       ) seen
                 WHERE c.id = seen.id
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
        batch = self._without_erased(batch)
        listings = self._apply_listings(batch)
        conversations = self._apply_conversations(batch, listings)
        touched, messages, adopted = self._apply_messages(batch, conversations)
        read, were_read = self._apply_reading(batch, conversations, touched)
        messages += were_read
        # Whether a chat is noise decides about its numbers, so those that changed are counted anew too.
        changed = self.env["marketplace.conversation"].browse(touched | read) | conversations["changed"]
        changed._recount(self._changed_since(messages, adopted | conversations["changed"]))
        self._tell_screens(changed, messages)
        self._ring(messages)
        return changed

    def _changed_since(self, message_ids, whole):
        """From when on messages have changed, for `_recount`.

        :param whole: conversations in which more has changed, or something at another time than its messages'
        :return: ``{conversation id: moment}``
        """
        self.env.cr.execute(
            """
            SELECT conversation_id, min(sent_at) FROM marketplace_message
             WHERE id = ANY(%s) AND conversation_id <> ALL(%s) GROUP BY conversation_id
            """,
            (message_ids, whole.ids),
        )
        return dict(self.env.cr.fetchall())

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
        remote |= self._not_whole(remote, known)
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

    def _not_whole(self, remote, known):
        """A chat about a listing never ceases to be about one. What is told of it without the listing, as no client's
        chat, is not whole: its noise does not count.

        :return: those of ``remote``, as partial ones
        """
        doubtful = {
            known[key]: key for key, one in remote.items() if one.noise and not one.listing and key in known
        }
        if not doubtful:
            return {}
        self.env.cr.execute(
            "SELECT id FROM marketplace_conversation WHERE id = ANY(%s) AND listing_id IS NOT NULL",
            (list(doubtful),),
        )
        keys = [doubtful[row[0]] for row in self.env.cr.fetchall()]
        return {key: dataclasses.replace(remote[key], partial=True) for key in keys}

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
        """:return: ids of the conversations whose messages changed, ids of the messages, and the conversations in
        which one of ours was found again: it may have been sent at another time than we thought"""
        Message = self.env["marketplace.message"]
        unique = self._each_once(batch.messages)
        if not unique:
            return set(), [], Message.conversation_id
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
            keep_empty={"state", "body", "data", "media_state"},
        )
        ids = [*created, *changed, *adopted.values()]
        Message.browse(ids).invalidate_recordset()
        self.env.cr.execute(
            """
            SELECT conversation_id, bool_or(media_state = 'pending') FROM marketplace_message
             WHERE id = ANY(%s) GROUP BY conversation_id
            """,
            (ids,),
        )
        touched = dict(self.env.cr.fetchall())
        if any(touched.values()):
            self.env["marketplace.job"]._trigger("media")
        return set(touched), ids, Message.browse(adopted.values()).conversation_id

    @staticmethod
    def _each_once(messages):
        """Where a batch holds a message more than once, what became of it counts; what a deleted one said is kept.

        :return: messages by external id
        """
        unique = {}
        for message in sorted(messages, key=lambda one: (one.kind == DELETED, bool(one.read_at))):
            before = unique.get(message.external_id)
            if before and message.kind == DELETED and not message.body:
                kept = {name: getattr(before, name) for name in ("body", "media", "data")}
                message = dataclasses.replace(message, **kept)
            unique[message.external_id] = message
        unique.pop("", None)
        return unique

    def _known_messages(self, external_ids):
        """``{external id: (id, kind, whether it has a text)}``"""
        self.env.cr.execute(
            """
            SELECT external_id, id, kind, body IS NOT NULL FROM marketplace_message
             WHERE channel_id = %s AND external_id = ANY(%s)
            """,
            (self.id, list(external_ids)),
        )
        return {external_id: tuple(row) for external_id, *row in self.env.cr.fetchall()}

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

    def _changed_message(self, known, message):
        """What may change in a message after it was stored: it can be deleted, and the buyer can read ours. What one
        said that is known as deleted may come later, and so may what one holds at all."""
        message_id, kind, has_text = known
        # One answer may leave out what a message holds; as soon as another tells, it is known.
        understood = kind == UNKNOWN and message.kind != UNKNOWN
        fills = understood or (kind == DELETED and not has_text)
        return {
            "id": message_id,
            "kind": message.kind if understood or message.kind == DELETED else kind,
            "body": message.body or None if fills else None,
            "data": self._message_data(message) if understood else None,
            "media_state": "pending" if understood and message.media else None,
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
        candidates = (
            self.env["marketplace.message"]
            .search(
                [
                    ("conversation_id", "in", [conversations["ids"][m.conversation_id] for m in outgoing]),
                    ("external_id", "=", False),
                    ("direction", "=", "out"),
                    # One that waits or was given up, but has left before, may have arrived after all.
                    "|",
                    ("state", "in", ("sending", "unknown", "sent", "read")),
                    "&",
                    ("state", "in", ("queued", "failed")),
                    ("attempts", ">", 0),
                ],
                order="sent_at, id",
            )
            .sorted(lambda row: row.state == "failed")
        )  # these last: the others are the likelier ones
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
            return row._remote_key() == message.key
        since = (row.attempted_at or row.sent_at) - CLOCK_DIFFERENCE
        same = row.kind == message.kind and (
            row.kind != "text" or (row.body or "").strip() == message.body.strip()
        )
        return same and to_naive(message.sent_at) >= since

    def _apply_reading(self, batch, conversations, touched):
        """The buyer has read ours up to a moment. The moment is kept: a message of ours may become known later.

        :param touched: ids of the conversations that have new messages
        :return: ids of the conversations, and of the messages that were not known as read
        """
        latest = fields.Datetime.now() + CLOCK_DIFFERENCE  # a wrong clock must not mark what comes later
        marks = {
            conversations["ids"][c.external_id]: min(to_naive(c.buyer_read_at), latest)
            for c in batch.conversations
            if c.buyer_read_at
        }
        moved = self._keep_buyer_read_at(marks) if marks else []
        self.env.cr.execute(
            """
            UPDATE marketplace_message m SET state = 'read'
              FROM marketplace_conversation c
             WHERE c.id = m.conversation_id AND c.id = ANY(%s) AND m.direction = 'out' AND m.state = 'sent'
               AND m.sent_at <= c.buyer_read_at
            RETURNING m.conversation_id, m.id
            """,
            ([*moved, *touched],),
        )
        rows = self.env.cr.fetchall()
        messages = [message for _conversation, message in rows]
        self.env["marketplace.message"].browse(messages).invalidate_recordset(["state"])
        return {conversation for conversation, _message in rows}, messages

    def _keep_buyer_read_at(self, marks):
        """:return: ids of the conversations in which the buyer has read further than was known"""
        ids, moments = zip(*marks.items(), strict=True)
        self.env.cr.execute(
            """
            UPDATE marketplace_conversation c SET buyer_read_at = mark.read_at
              FROM unnest(%s, %s::timestamp[]) AS mark(conversation_id, read_at)
             WHERE c.id = mark.conversation_id
               AND mark.read_at > coalesce(c.buyer_read_at, '-infinity'::timestamp)
            RETURNING c.id
            """,
            (list(ids), list(moments)),
        )
        moved = [row[0] for row in self.env.cr.fetchall()]
        self.env["marketplace.conversation"].browse(moved).invalidate_recordset(["buyer_read_at"])
        return moved
