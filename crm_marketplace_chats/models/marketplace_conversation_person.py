"""What the panel shows of the person, and what an employee decides about it. Shapes: docs/architecture.md."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

#: Other chats and leads shown.
OTHERS = 10


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

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
