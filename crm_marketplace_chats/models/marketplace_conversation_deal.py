"""The deal a chat is about: one lead for one buyer and one car, made by a click or by rule, and what comes next."""

from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tools import format_date, mute_logger

from odoo.addons.mail.tools.discuss import Store

from .marketplace_channel_deal import LEAD_SIGNS
from .phones import e164

#: What is older makes no lead by itself, e.g. after a time without connection.
FRESH = timedelta(days=3)
#: What an employee may plan from a chat.
ACTIVITIES = {"call": "mail.mail_activity_data_call", "meeting": "mail.mail_activity_data_meeting"}
LONGEST_NOTE = 1000


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    deal_state = fields.Selection(related="lead_id.won_status", string="Deal", store=True)
    lead_ruled = fields.Boolean(readonly=True, copy=False, help="The rule has had its say about a lead.")

    # ------------------------------------------------------------ one lead for one buyer and car

    def _make_lead(self):
        """The lead of this chat: the one that is linked, the open one of the same buyer and car, or a new one. Under
        the user's own rights to leads.

        Two who make it at the same time: one of them starts again from a new snapshot and finds the other's.
        """
        self.ensure_one()
        if self.lead_id:
            return self.lead_id
        self.check_access("write")
        Lead = self.env["crm.lead"]
        Lead.check_access("create")
        lead = self._open_lead()
        if not lead:
            try:
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    # sudo: of a colleague's chat it is the colleague's lead, which a seller of own leads may not write
                    lead = Lead.sudo().create(self._lead_values()).with_env(Lead.env)
                    lead.flush_recordset()
            except UniqueViolation as error:
                raise ConcurrencyError(self.env._("Somebody has made this lead just now.")) from error
        self.lead_id = lead
        return lead

    def _buyers(self):
        """By what this buyer is known: ``(numbers, partner)``."""
        # sudo: numbers are of this very chat
        numbers = set(self.sudo().phone_ids.mapped("phone"))
        return numbers | self.sudo().partner_id._chats_numbers(), self.partner_id

    def _deal_key(self):
        """Names buyer and car the same way in every chat of theirs; False where one of the two is not known."""
        numbers, partner = self._buyers()
        car = (self.vehicle_id and f"v{self.vehicle_id.id}") or (self.listing_id and f"l{self.listing_id.id}")
        buyer = min(numbers) if len(numbers) == 1 else partner and f"p{partner.id}"
        return f"{self.company_id.id}/{buyer}/{car}" if buyer and car else False

    def _open_lead(self):
        """An open lead of the same buyer and car, of whatever marketplace or salesperson."""
        numbers, partner = self._buyers()
        car = fields.Domain.FALSE
        if self.vehicle_id:
            car |= fields.Domain("marketplace_vehicle_id", "=", self.vehicle_id.id)
        if self.listing_id:
            car |= fields.Domain("marketplace_conversation_ids.listing_id", "=", self.listing_id.id)
        buyer = fields.Domain.FALSE
        if partner:
            buyer |= fields.Domain("partner_id", "=", partner.id)
            buyer |= fields.Domain("marketplace_conversation_ids.partner_id", "=", partner.id)
        if numbers:
            buyer |= fields.Domain("marketplace_conversation_ids.phone_ids.phone", "in", list(numbers))
        if key := self._deal_key():
            buyer |= fields.Domain("marketplace_deal_key", "=", key)
        # sudo: a colleague's lead must not be made twice; nothing of it is shown to whom may not read it
        Lead = self.env["crm.lead"].sudo()
        open_ones = fields.Domain("won_status", "=", "pending") & fields.Domain("active", "=", True)
        company = fields.Domain("company_id", "in", [self.company_id.id, False])
        return Lead.search(open_ones & company & car & buyer, order="id", limit=1).sudo(False)

    def _lead_values(self):
        # sudo: what the chat is about, and the marks of where it comes from, are for everybody who reads the chat
        chat, utm = self.sudo(), self.env["utm.mixin"].sudo()
        numbers, partner = self._buyers()
        name = partner and False or (self.buyer_name if e164(self.buyer_name) not in numbers else False)
        values = {
            "name": " · ".join(filter(None, [self._buyer_name(), self.car_title])),
            "type": "opportunity",
            "contact_name": name,
            "partner_id": partner.id,
            "user_id": chat.user_id.id or (False if self.env.su else self.env.uid),
            "company_id": chat.company_id.id,
            "expected_revenue": chat.vehicle_id.list_price or chat.listing_id.price,
            "source_id": utm._find_or_create_record("utm.source", chat.channel_id._client_class().label).id,
            "medium_id": self.env.ref(
                f"crm_marketplace_chats.utm_medium_{'call' if chat.is_calls else 'chat'}"
            ).id,
            "marketplace_vehicle_id": chat.vehicle_id.id,
            "marketplace_deal_key": self._deal_key(),
            "description": self.url and self.env._("Chat: %(address)s", address=self.url),
        }
        if numbers and not partner:
            values["phone"] = min(numbers)
        if chat.channel_id.team_id:
            values["team_id"] = chat.channel_id.team_id.id
        return values

    def action_make_lead(self):
        self.ensure_one()
        lead = self._make_lead()
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.lead",
            "res_id": lead.id,
            "views": [[False, "form"]],
        }

    def _make_leads_by_rule(self, channel):
        """Leads of chats that began with what the channel's rule names. Each chat is judged once: a lead that somebody
        takes away does not come back."""
        signs = LEAD_SIGNS[channel.lead_rule]
        if not signs:
            return
        since = max(channel.lead_rule_since or channel.create_date, fields.Datetime.now() - FRESH)
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE marketplace_conversation c SET lead_ruled = true
              FROM (
                    SELECT m.conversation_id,
                           min(m.sent_at) FILTER (WHERE m.kind NOT IN ('call', 'system')) AS message_at,
                           min(m.sent_at) FILTER (WHERE m.data->'call'->>'missed' = 'true') AS missed_at
                      FROM marketplace_message m
                     WHERE m.conversation_id = ANY(%(ids)s) AND m.direction = 'in' AND m.is_noise IS NOT TRUE
                     GROUP BY m.conversation_id
                   ) n
             WHERE n.conversation_id = c.id AND c.lead_id IS NULL AND c.lead_ruled IS NOT TRUE
               AND (%(messages)s AND n.message_at >= %(since)s OR %(calls)s AND n.missed_at >= %(since)s)
            RETURNING c.id
            """,
            {"ids": self.ids, "since": since, "calls": "call" in signs, "messages": "message" in signs},
        )
        chosen = self.browse(row[0] for row in self.env.cr.fetchall())
        chosen.invalidate_recordset(["lead_ruled"])
        for chat in chosen.with_company(channel.company_id):
            chat._make_lead()

    def _tell_deal_changed(self):
        """A note without content: whoever shows one of these chats asks for what he may know."""
        for chat in self:
            chat.channel_id._bus_send(
                "crm_marketplace_chats.deal_changed",
                {"conversation_id": chat.id},
                subchannel=chat.channel_id._bus_subchannel(),
            )

    # ------------------------------------------------------------ what the screen asks

    def chats_make_lead(self):
        self.ensure_one()
        self._make_lead()
        return {
            "store": Store().add(self).get_result(),
            "panel": self.chats_panel(),
            "deal": self.chats_deal(),
        }

    @api.readonly
    def chats_deal(self):
        """Shape: docs/architecture.md. Of the lead, what the user himself may read."""
        self.ensure_one()
        self.check_access("read")
        Lead = self.env["crm.lead"]
        may_read = Lead.has_access("read")
        lead = self.lead_id._filtered_access("read") if may_read else Lead
        return {
            "lead": bool(lead)
            and {
                "id": lead.id,
                "name": lead.name,
                "stage": lead._stage_in_words(),
                "state": lead.won_status,
                "responsible": lead.user_id.sudo().name or False,
            },
            "has_other_lead": bool(self.lead_id and not lead),
            "can_make_lead": Lead.has_access("create"),
            "activities": [self._activity_data(activity) for activity in lead.activity_ids] if lead else [],
            "visits": [visit._visit_data() for visit in self._visits()],
        }

    def _activity_data(self, activity):
        return {
            "id": activity.id,
            "name": activity.summary or activity.activity_type_id.name,
            "icon": activity.activity_type_id.icon or "fa-clock-o",
            "date": format_date(self.env, activity.date_deadline, date_format="d MMM"),
            "is_late": activity.state == "overdue",
            "is_today": activity.state == "today",
            "responsible": activity.user_id.sudo().name or False,
        }

    def chats_plan(self, kind, date, note=""):
        """Plan a call or a meeting on the chat's lead, which is made where there is none.

        :param kind: ``call`` or ``meeting``
        :param date: ``YYYY-MM-DD``, not in the past
        """
        self.ensure_one()
        self.check_access("write")
        day = fields.Date.to_date(date)
        if kind not in ACTIVITIES or not day or day < fields.Date.context_today(self):
            raise UserError(self.env._("Choose a day from today on."))
        lead = self._make_lead()
        if not lead.has_access("read"):
            raise AccessError(self.env._("The lead of this client and car is led by a colleague."))
        lead.activity_schedule(
            ACTIVITIES[kind],
            date_deadline=day,
            user_id=(self.user_id or self.env.user).id,
            note=(note or "")[:LONGEST_NOTE],
        )
        return self._deal_changed()

    def chats_finish(self, activity_id):
        """An activity of this chat's lead is done."""
        self.ensure_one()
        self.check_access("write")
        activity = self.env["mail.activity"].search(
            [("id", "=", activity_id), ("res_model", "=", "crm.lead"), ("res_id", "=", self.lead_id.id)]
        )
        if not activity:
            raise UserError(self.env._("This is done already."))
        activity.action_done()
        return self._deal_changed()

    def _deal_changed(self):
        return {"store": Store().add(self).get_result(), "deal": self.chats_deal()}
