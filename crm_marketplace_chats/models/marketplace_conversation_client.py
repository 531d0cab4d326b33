"""Who the buyer is: telephone numbers with their evidence, joined to contacts when sure, suggested when not."""

import time
from collections import defaultdict
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from .bulk import commit_retrying, insert_rows
from .marketplace_job import DONE, MORE
from .phones import e164

#: Chats looked at between two commits, and seconds after which other channels have their turn.
PORTION, LONGEST_RUN = 200, 30
#: More chats than this at once are history: nobody is looking at them.
LIVE_CHATS = 20
#: A number that clients of this many names use belongs to none of them: a marketplace's substitute, a reseller's.
NAMES_OF_SHARED = 3
OTHERS = 10


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
            self._one_at_a_time(channel.company_id, partial(chats._apply_rules, channel))
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
        leads would be made of him. The lock is the session's, so that the work's snapshot is taken after it."""
        lock = (7011, company.id)
        self.env.cr.execute("SELECT pg_advisory_lock(%s, %s)", lock)
        try:
            self.env.cr.commit()
            commit_retrying(self.env, work)
        finally:
            self.env.cr.rollback()
            self.env.cr.execute("SELECT pg_advisory_unlock(%s, %s)", lock)

    def _apply_rules(self, channel):
        """Set-based for all these chats. Written down at once with what was done, so nothing is done twice."""
        self.invalidate_recordset()
        clients = self.filtered(lambda chat: not chat.is_noise)
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
            (self.ids,),
        )
        self.invalidate_recordset(["rules_pending", "rules_message_id"])
        if len(clients) <= LIVE_CHATS:
            clients._tell_deal_changed()

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
        rows += self._alike()
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

    def _alike(self):
        """Contacts of other chats that may be the same person: a name alike and the same car, or the same account."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT c.id, o.partner_id, o.id, 'same_account'
              FROM marketplace_conversation c
              JOIN marketplace_conversation o ON o.buyer_external_id = c.buyer_external_id
               AND o.marketplace = c.marketplace
             WHERE c.id = ANY(%(ids)s) AND c.partner_id IS NULL AND c.buyer_external_id <> ''
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
            {"ids": self.ids},
        )
        chats, partners = self.env["marketplace.conversation"], self.env["res.partner"]
        return [
            chats.browse(chat_id)._link_row(partners.browse(partner_id), [reason], source_id=source_id)
            for chat_id, partner_id, source_id, reason in self.env.cr.fetchall()
        ]

    # ------------------------------------------------------------ what the screen asks

    @api.readonly
    def chats_client(self):
        """Shape: docs/architecture.md. Under the user's own rights: chats, leads and suggestions that he may not read
        are not there."""
        self.ensure_one()
        self.check_access("read")
        rows = self.phone_ids.sorted("id", reverse=True)
        numbers = list(dict.fromkeys(rows.mapped("phone")))
        links = self.env["marketplace.client.link"].search(
            [("conversation_id", "=", self.id), ("state", "in", ("open", "joined"))]
        )
        joined = links.filtered(lambda link: link.state == "joined" and link.partner_id == self.partner_id)[
            :1
        ]
        # sudo: the names of contacts, as the panel shows that of the client
        return {
            "phones": [
                self._phone_data(rows.filtered(lambda row, n=number: row.phone == n)) for number in numbers
            ],
            "suggestions": [
                {
                    "id": link.id,
                    "name": link.partner_id.sudo().name,
                    "phone": link.partner_id.sudo().phone or False,
                    "reasons": link._reasons_in_words(),
                }
                for link in links
                if link.state == "open" and link.partner_id != self.partner_id
            ],
            "joined": bool(joined)
            and {"id": joined.id, "automatic": joined.is_automatic, "reasons": joined._reasons_in_words()},
            "conversations": self._same_person(numbers),
            "leads": self._leads_of_person(),
        }

    def _phone_data(self, rows):
        newest = rows[:1]
        shown = self.env["res.partner"]._phone_format_number(
            newest.phone, self.env.ref("base.ru"), "INTERNATIONAL"
        )
        labels = dict(newest._fields["source"]._description_selection(self.env))
        return {
            "phone": newest.phone,
            "label": shown or newest.phone,
            "message_id": newest.message_id.id,
            "evidence": f"{labels[newest.source]}, {format_datetime(self.env, newest.found_at, dt_format='short')}",
        }

    def _same_person(self, numbers):
        """Other chats and calls with one of these numbers, or with this contact."""
        if not numbers and not self.partner_id:
            return []
        domain = fields.Domain("phone_ids.phone", "in", numbers) if numbers else fields.Domain.FALSE
        if self.partner_id:
            domain |= fields.Domain("partner_id", "=", self.partner_id.id)
        others = self.search(domain & fields.Domain("id", "!=", self.id), limit=OTHERS)
        return [
            {
                "id": other.id,
                "car_title": other.car_title or False,
                "buyer_name": other._buyer_name(),
                "marketplace": other.marketplace,
                "is_calls": other.is_calls,
                "last_message_at": fields.Datetime.to_string(other.last_message_at),
            }
            for other in others
        ]

    def _leads_of_person(self):
        Lead = self.env["crm.lead"].with_context(active_test=False)
        if not self.partner_id or not Lead.has_access("read"):
            return []
        leads = Lead.search(
            [("partner_id", "=", self.partner_id.id), ("id", "!=", self.lead_id.id)], limit=OTHERS
        )
        return [{"id": lead.id, "name": lead.name, "stage": lead._stage_in_words()} for lead in leads]

    def chats_decide_client(self, link_id, decision):
        """:param decision: ``confirm``, ``reject`` a suggestion; ``undo`` what was joined"""
        self.ensure_one()
        self.check_access("write")
        # Under the user's own rights: what he is not told of he cannot decide.
        link = self.env["marketplace.client.link"].search(
            [("id", "=", link_id), ("conversation_id", "=", self.id)]
        )
        wanted = {"confirm": "open", "reject": "open", "undo": "joined"}.get(decision)
        if not link or link.state != wanted:
            raise UserError(self.env._("Somebody has decided this already."))
        # sudo: contacts are not the employee's, the chat is
        link = link.sudo()
        if decision == "confirm":
            link._join()
        elif decision == "reject":
            link.write({"state": "rejected", "user_id": self.env.uid})
        else:
            link._undo()
        return self._client_changed()

    def chats_make_client(self, phone):
        """A contact of one of the numbers known in this chat: the one that has it, else a new one."""
        self.ensure_one()
        self.check_access("write")
        if phone not in self.phone_ids.mapped("phone"):
            raise UserError(self.env._("This number is not known in the chat."))
        # sudo: as above
        chat = self.sudo()
        partners = self.env["res.partner"].sudo()._chats_by_number(chat.company_id, [phone])[phone]
        if len(partners) > 1:
            raise UserError(
                self.env._("Several contacts have this number: choose one of those that are suggested.")
            )
        partner = partners or chat._make_partner(phone)
        Link = self.env["marketplace.client.link"].sudo()
        link = Link.search([("conversation_id", "=", self.id), ("partner_id", "=", partner.id)])
        link = link or Link.create(chat._link_row(partner, [chat._how_known(phone)], phone=phone))
        link.made_partner = not partners
        link._join()
        return self._client_changed()

    def _client_changed(self):
        self.invalidate_recordset()
        return {"client": self.chats_client(), "panel": self.chats_panel()}
