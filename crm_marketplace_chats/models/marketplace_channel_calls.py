"""Telephone calls become part of the chats: of the chat that is known to be this person's about this car, else of a
chat of their own."""

import time
from datetime import datetime, timedelta, timezone

from odoo import models

from ..marketplaces.payload import CALL, IN, Batch, RemoteConversation, RemoteMedia, RemoteMessage
from .marketplace_channel_apply import CALLS
from .marketplace_job import DONE

#: A call is listed some time after it was made; the first time, calls of a month are asked for.
OVERLAP, FIRST_SPAN = timedelta(hours=2), timedelta(days=30)


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _pull_calls(self, channel, job):
        """Job: calls since the last time, with an overlap; what is known already changes nothing."""
        with channel._client() as client:
            if not client.can_read_calls:
                return None
            started, now = time.time(), datetime.now(timezone.utc)
            last = (job.walk or {}).get("until")
            since = datetime.fromtimestamp(last, timezone.utc) - OVERLAP if last else now - FIRST_SPAN
            self.env.cr.commit()
            for calls in client.calls(since):
                channel._apply_and_commit(channel._calls_as_batch(calls))
            channel._apply_and_commit(Batch(), job=job, walk={"until": started})
        return DONE

    def _calls_as_batch(self, calls):
        """Calls in the words of conversations and messages.

        :param calls: `payload.RemoteCall`
        """
        chats = self._chats_of_callers({call.buyer_phone for call in calls if call.buyer_phone})
        conversations, messages = {}, []
        for call in calls:
            listing_id = call.listing.external_id if call.listing else ""
            known = chats.get((call.buyer_phone, listing_id))
            key = known or f"{CALLS}{call.buyer_phone or call.external_id}/{listing_id}"
            if not known:
                conversations[key] = RemoteConversation(
                    key,
                    buyer_name=f"+{call.buyer_phone}" if call.buyer_phone else "",
                    listing=call.listing,
                    # Nobody can be written to by a telephone number.
                    blocked=True,
                )
            messages.append(self._call_as_message(call, key))
        return Batch(tuple(conversations.values()), tuple(messages))

    @staticmethod
    def _call_as_message(call, conversation_id):
        recording = (RemoteMedia("recording", ref=call.external_id),) if call.has_recording else ()
        return RemoteMessage(
            external_id=f"call/{call.external_id}",
            conversation_id=conversation_id,
            direction=IN,
            kind=CALL,
            sent_at=call.started_at,
            media=recording,
            data={
                "call": {
                    "missed": call.missed,
                    # How long they talked, or how long the client waited in vain.
                    "seconds": call.wait_seconds if call.missed else call.talk_seconds,
                    "phone": call.buyer_phone,
                }
            },
        )

    def _chats_of_callers(self, phones):
        """``{(digits of a phone, listing's external id): chat's external id}`` for partners known by their number."""
        if not phones:
            return {}
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT right(regexp_replace(p.phone, '\\D', '', 'g'), 10), coalesce(l.external_id, ''), min(c.external_id)
              FROM marketplace_conversation c
              JOIN res_partner p ON p.id = c.partner_id
              LEFT JOIN marketplace_listing l ON l.id = c.listing_id
             WHERE c.channel_id = %s AND right(regexp_replace(p.phone, '\\D', '', 'g'), 10) = ANY(%s)
               AND c.external_id IS NOT NULL
             GROUP BY 1, 2 HAVING count(*) = 1
            """,
            (self.id, [phone[-10:] for phone in phones]),
        )
        found = {(digits, listing): chat for digits, listing, chat in self.env.cr.fetchall()}
        full = {phone[-10:]: phone for phone in phones}
        return {(full[digits], listing): chat for (digits, listing), chat in found.items()}
