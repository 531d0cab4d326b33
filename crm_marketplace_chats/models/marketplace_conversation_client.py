"""Who the buyer is: telephone numbers with their evidence, joined to contacts when sure, suggested when not."""

import time
from collections import defaultdict
from functools import partial

from odoo import api, fields, models

from .bulk import commit_retrying, insert_rows
from .marketplace_job import DONE, MORE
from .phones import e164

#: Chats looked at between two commits, and seconds after which other channels have their turn.
PORTION, LONGEST_RUN = 200, 30
#: More chats than this at once are history: nobody is looking at them.
LIVE_CHATS = 20
#: A number that clients of this many names use belongs to none of them: a marketplace's substitute, a reseller's.
NAMES_OF_SHARED = 3


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    phone_ids = fields.One2many("marketplace.phone", "conversation_id", "Telephone Numbers", readonly=True)
    client_link_ids = fields.One2many("marketplace.client.link", "conversation_id", readonly=True)
    # By default, so that the chats that were there before this was are looked at too.
    rules_pending = fields.Boolean(
        readonly=True, copy=False, default=True, help="The buyer has been heard since the rules last looked."
    )
    rules_message_id = fields.Integer(readonly=True, copy=False, help="Newest message the rules have seen.")

    _rules_pending = models.Index("(channel_id, id) WHERE rules_pending")

    # ------------------------------------------------------------ the job

    @api.model
    def _follow_rules(self, channel, job):
        """Job: what follows from what buyers have said: numbers, clients, leads, reminders."""
        started, done = time.monotonic(), None
        while chats := self._next_for_rules(channel):
            if not self._one_at_a_time(channel.company_id, partial(chats._apply_rules, channel)):
                return MORE
            done = DONE
            if time.monotonic() - started > LONGEST_RUN:
                return MORE
        return DONE if self.env["calendar.event"]._remind_of_visits(channel) else done

    @api.model
    def _next_for_rules(self, channel):
        """Chats of clients known in full: of others it is not sure yet that there is a client."""
        return self.search(
            [("channel_id", "=", channel.id), ("rules_pending", "=", True), ("is_partial", "!=", True)],
            order="id",
            limit=PORTION,
        )

    @api.model
    def _one_at_a_time(self, company, work):
        """Channels of one company are worked on at the same time, and one buyer writes in several: two contacts or two
        leads would be made of him. The lock is the session's, so that the work's snapshot is taken after it.

        :return: what ``work`` returns
        """
        lock = (7011, company.id)
        self.env.cr.execute("SELECT pg_advisory_lock(%s, %s)", lock)
        try:
            self.env.cr.commit()
            return commit_retrying(self.env, work)
        finally:
            self.env.cr.rollback()
            self.env.cr.execute("SELECT pg_advisory_unlock(%s, %s)", lock)

    def _apply_rules(self, channel):
        """Set-based for those of these chats that nobody else is writing to: to wait for others while holding some
        would be a deadlock sooner or later. Written down at once with what was done, so nothing is done twice.

        :return: the chats that were free
        """
        self.invalidate_recordset()
        free = self.try_lock_for_update(allow_referencing=True)
        clients = free.filtered(lambda chat: not chat.is_noise)
        if channel.client_mode != "off":
            self.env["marketplace.phone"]._find_in(clients, channel._own_numbers(channel.company_id))
            clients.filtered(lambda chat: not chat.partner_id)._find_clients(channel)
        clients._make_leads_by_rule(channel)
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE marketplace_conversation c SET rules_pending = false, rules_message_id =
                   (SELECT max(m.id) FROM marketplace_message m WHERE m.conversation_id = c.id)
             WHERE c.id = ANY(%s)
            """,
            (free.ids,),
        )
        free.invalidate_recordset(["rules_pending", "rules_message_id"])
        if len(clients) <= LIVE_CHATS:
            clients._tell_deal_changed()
        return free

    # ------------------------------------------------------------ sure and doubtful

    def _find_clients(self, channel):
        numbers = self.env["marketplace.phone"]._by_conversation(self)
        everything = {number for known in numbers.values() for number in known}
        partners = self.env["res.partner"]._chats_by_number(channel.company_id, everything)
        shared = self._shared_numbers(channel.company_id, everything)
        rejected = self._rejected()
        rows = []
        for chat in self:
            known = [number for number in numbers[chat.id] if number not in rejected[chat.id]]
            sure = (
                len(numbers[chat.id]) == 1
                and known
                and known[0] not in shared
                and len(partners[known[0]]) < 2
            )
            if sure and channel.client_mode == "auto":
                chat._join_by_number(known[0], partners)
                continue
            rows += [
                chat._link_row(
                    partner, chat._doubts(number, numbers[chat.id], partners, shared), phone=number
                )
                for number in known
                for partner in partners[number]
            ]
        rows += self._alike(channel._client_class().buyer_id_lasts)
        insert_rows(self.env["marketplace.client.link"], rows, ("conversation_id", "partner_id"))

    def _join_by_number(self, number, partners):
        """Sure: the only number of this chat, and at most one contact has it."""
        Link = self.env["marketplace.client.link"]
        partner = partners[number]
        values = {"made_partner": not partner}
        if not partner:
            partner = partners[number] = self._make_partner(number)
        link = Link.search([("conversation_id", "=", self.id), ("partner_id", "=", partner.id)])
        if link.state == "rejected":
            return
        values = self._link_row(partner, [self._how_known(number)], phone=number) | values
        if link:
            link.write(values)
        else:
            link = Link.create(values)
        link._join(automatic=True)

    def _make_partner(self, number):
        self.ensure_one()
        partner = self.env["res.partner"]
        shown = partner._phone_format_number(number, self.env.ref("base.ru"), "INTERNATIONAL") or number
        named = self.buyer_name if self.buyer_name and e164(self.buyer_name) != number else False
        return partner.create(
            {
                "name": named or shown,
                "phone": shown,
                "company_id": self.company_id.id,
                "user_id": self.user_id.id,
                "lang": self.company_id.partner_id.lang,
            }
        )

    def _how_known(self, number):
        called = any(row.phone == number and row.source == "call" for row in self.phone_ids)
        return "called" if called else "wrote"

    def _doubts(self, number, numbers, partners, shared):
        doubts = {
            "several_numbers": len(numbers) > 1,
            "several_partners": len(partners[number]) > 1,
            "shared_number": number in shared,
        }
        return [self._how_known(number), *(code for code, is_so in doubts.items() if is_so)]

    def _link_row(self, partner, reasons, phone=None, source_id=None):
        return {
            "channel_id": self.channel_id.id,
            "conversation_id": self.id,
            "partner_id": partner.id,
            "phone": phone,
            "reasons": reasons,
            "source_id": source_id,
            "state": "open",
        }

    def _rejected(self):
        """``{conversation id: numbers of contacts that somebody has said it is not}``"""
        rejected = defaultdict(set)
        for link in self.env["marketplace.client.link"].search(
            [("conversation_id", "in", self.ids), ("state", "=", "rejected")]
        ):
            rejected[link.conversation_id.id] |= {link.phone} | link.partner_id._chats_numbers()
        return rejected

    @api.model
    def _shared_numbers(self, company, numbers):
        self.env.cr.execute(
            """
            SELECT p.phone FROM marketplace_phone p JOIN marketplace_conversation c ON c.id = p.conversation_id
             WHERE p.phone = ANY(%s) AND c.company_id = %s AND c.buyer_name IS NOT NULL AND c.is_calls IS NOT TRUE
             GROUP BY p.phone HAVING count(DISTINCT lower(c.buyer_name)) >= %s
            """,
            (list(numbers), company.id, NAMES_OF_SHARED),
        )
        return {row[0] for row in self.env.cr.fetchall()}

    def _alike(self, buyer_id_lasts):
        """Contacts of other chats that may be the same person: a name alike and the same car, or the same account.

        :param buyer_id_lasts: whether a buyer has the same id in all his chats at this marketplace
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT c.id, o.partner_id, o.id, 'same_account'
              FROM marketplace_conversation c
              JOIN marketplace_conversation o ON o.buyer_external_id = c.buyer_external_id
               AND o.marketplace = c.marketplace
             WHERE %(lasts)s AND c.id = ANY(%(ids)s) AND c.partner_id IS NULL AND c.buyer_external_id <> ''
               AND o.id <> c.id AND o.partner_id IS NOT NULL AND o.company_id = c.company_id
             UNION ALL
            SELECT c.id, o.partner_id, o.id, 'same_name_and_car'
              FROM marketplace_conversation c
              JOIN marketplace_conversation o ON o.vehicle_id = c.vehicle_id
               AND split_part(replace(lower(o.buyer_name), 'ё', 'е'), ' ', 1)
                 = split_part(replace(lower(c.buyer_name), 'ё', 'е'), ' ', 1)
             WHERE c.id = ANY(%(ids)s) AND c.partner_id IS NULL AND length(c.buyer_name) > 2
               AND o.id <> c.id AND o.partner_id IS NOT NULL AND o.company_id = c.company_id
               AND o.is_calls IS NOT TRUE
            """,
            {"ids": self.ids, "lasts": buyer_id_lasts},
        )
        chats, partners = self.env["marketplace.conversation"], self.env["res.partner"]
        return [
            chats.browse(chat_id)._link_row(partners.browse(partner_id), [reason], source_id=source_id)
            for chat_id, partner_id, source_id, reason in self.env.cr.fetchall()
        ]
