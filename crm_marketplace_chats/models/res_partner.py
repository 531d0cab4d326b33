from odoo import api, fields, models
from odoo.tools import SQL

from .phones import e164

#: What numbers are compared by before they are compared as a whole: it has an index.
LAST_DIGITS = SQL("right(regexp_replace(phone, '\\D', '', 'g'), 10)")


class ResPartner(models.Model):
    _inherit = "res.partner"

    marketplace_conversation_ids = fields.One2many("marketplace.conversation", "partner_id", "Chats")

    _phone_last_digits = models.Index(
        "(right(regexp_replace(phone, '\\D', '', 'g'), 10)) WHERE phone IS NOT NULL"
    )

    def _chats_numbers(self):
        """Numbers of these partners as E.164. Not `phone_sanitized`: where the library `phonenumbers` is missing, Odoo
        sanitizes nothing."""
        return {number for number in (e164(partner.phone) for partner in self) if number}

    @api.model
    def _chats_by_number(self, company, numbers):
        """Clients with exactly these numbers, by one query.

        :param numbers: E.164
        :return: ``{number: partners}``; nobody who works here, nobody of another company
        """
        found = dict.fromkeys(numbers, self.browse())
        if not numbers:
            return found
        self.flush_model(["phone", "active", "company_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, p.phone FROM res_partner p
                 WHERE p.phone IS NOT NULL AND %s = ANY(%s) AND p.active
                   AND (p.company_id IS NULL OR p.company_id = %s)
                   AND NOT EXISTS (SELECT FROM res_users u WHERE u.partner_id = p.id AND u.share IS NOT TRUE)
                   AND NOT EXISTS (SELECT FROM res_company c WHERE c.partner_id = p.id)
                 ORDER BY p.id
                """,
                LAST_DIGITS,
                [number[-10:].lstrip("+") for number in numbers],
                company.id,
            )
        )
        for partner_id, phone in rows:
            number = e164(phone)
            if number in found:
                found[number] |= self.browse(partner_id)
        return found

    def _is_only_of_chats(self):
        """Whether nothing but chats ever made use of this contact, and none does now."""
        self.ensure_one()
        return not (
            self.marketplace_conversation_ids
            or self.user_ids
            or self.env["crm.lead"]
            .with_context(active_test=False)
            .search_count([("partner_id", "=", self.id)], limit=1)
            or self.env["calendar.event"].search_count([("partner_ids", "in", self.ids)], limit=1)
        )
