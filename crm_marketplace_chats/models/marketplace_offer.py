"""A car is sold, or costs less: what its other clients are told, looked at by a person before it leaves."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: What a person may change by hand.
EDITABLE = {"line_ids"}
#: An offer to more chats than this is no offer but a mailing.
MOST_LINES = 500


class MarketplaceOffer(models.Model):
    _name = "marketplace.offer"
    _description = "Offer to the Clients of a Car"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "vehicle_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    vehicle_id = fields.Many2one(
        "product.template", "Car", required=True, readonly=True, ondelete="cascade", index=True
    )
    kind = fields.Selection([("sold", "Car Sold"), ("price", "Price Cut")], required=True, readonly=True)
    price_before = fields.Float(digits=(12, 0), readonly=True)
    price_after = fields.Float("Price Now", digits=(12, 0), readonly=True)
    state = fields.Selection(
        [("draft", "To Be Looked At"), ("running", "Being Sent"), ("stopped", "Stopped"), ("done", "Done")],
        default="draft",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", "Who Decides", readonly=True)
    is_listed = fields.Boolean(readonly=True, help="The clients have been looked for.")
    line_ids = fields.One2many("marketplace.offer.line", "offer_id", "Clients")
    line_count = fields.Integer("Clients Found", compute="_compute_counts")
    selected_count = fields.Integer("To Be Written To", compute="_compute_counts")
    sent_count = fields.Integer("Written To", compute="_compute_counts")

    _draft = models.UniqueIndex(
        "(vehicle_id, kind) WHERE state = 'draft'", "Such an offer is waiting to be looked at already."
    )
    _not_listed = models.Index("(company_id) WHERE NOT is_listed")

    @api.depends("line_ids.is_selected", "line_ids.state")
    def _compute_counts(self):
        for offer in self:
            lines = offer.line_ids
            offer.line_count = len(lines)
            offer.selected_count = len(
                lines.filtered(lambda line: line.state == "draft" and line.is_selected)
            )
            offer.sent_count = len(lines.filtered(lambda line: line.state == "sent"))

    def write(self, vals):
        if not self.env.su and set(vals) - EDITABLE - {"activity_ids", "message_follower_ids", "message_ids"}:
            raise AccessError(self.env._("Of an offer, only its texts and ticks are yours to change."))
        return super().write(vals)

    # ------------------------------------------------------------ made

    @api.model
    def _prepare(self, vehicles, kind, prices_before):
        """Remember that these cars were sold or cost less; the job `offers` finds the clients. One statement's worth of
        work however many cars a feed brings.

        :param prices_before: by vehicle id
        """
        switch = {"sold": "chats_offer_sold", "price": "chats_offer_price"}[kind]
        company_of = self._companies_of_chats(vehicles)
        drafts = {
            offer.vehicle_id: offer
            for offer in self.search(
                [("vehicle_id", "in", vehicles.ids), ("kind", "=", kind), ("state", "=", "draft")]
            )
        }
        new = []
        for vehicle in vehicles:
            company = company_of.get(vehicle.id)
            if not company or not company[switch]:
                continue
            if draft := drafts.get(vehicle):
                draft.write({"price_after": vehicle.list_price, "is_listed": False})
                continue
            new.append(
                {
                    "vehicle_id": vehicle.id,
                    "company_id": company.id,
                    "kind": kind,
                    "price_before": prices_before.get(vehicle.id),
                    "price_after": vehicle.list_price,
                }
            )
        if new or drafts:
            self.create(new)
            self.env["marketplace.job"]._trigger("offers")

    @api.model
    def _companies_of_chats(self, vehicles):
        """``{vehicle id: company}`` of those that anybody writes about."""
        groups = self.env["marketplace.conversation"]._read_group(
            [("vehicle_id", "in", vehicles.ids), ("is_noise", "=", False)], ["vehicle_id", "company_id"]
        )
        return {vehicle.id: company for vehicle, company in groups}

    def _list_clients(self):
        """Find the clients, with a text for each. Texts that somebody has changed stay, as do those on their way."""
        Line = self.env["marketplace.offer.line"]
        for offer in self:
            chats = offer._clients()
            lines = {line.conversation_id: line for line in offer.line_ids}
            untouched = offer.line_ids.filtered(lambda line: line.state == "draft" and not line.is_edited)
            (untouched.filtered(lambda line, chats=chats: line.conversation_id not in chats)).unlink()
            for chat in chats:
                line = lines.get(chat)
                if line and line in untouched:
                    line.write(offer._line_values(chat, offer._text(chat)))
                elif not line:
                    Line.create(
                        {"offer_id": offer.id, "conversation_id": chat.id}
                        | offer._line_values(chat, offer._text(chat))
                    )
            offer.is_listed = True

    def _clients(self):
        """Waiting and silent chats about the car: no notices, not closed, no deal that is lost or won, and the client
        has been heard within the company's days of silence."""
        self.ensure_one()
        since = fields.Datetime.now() - timedelta(days=self.company_id.chats_offer_days)
        return self.env["marketplace.conversation"].search(
            [
                ("vehicle_id", "=", self.vehicle_id.id),
                ("company_id", "=", self.company_id.id),
                ("is_noise", "=", False),
                ("is_blocked", "=", False),
                ("block_reason", "=", False),
                ("is_calls", "=", False),
                ("deal_state", "not in", ("lost", "won")),
                ("channel_id.active", "=", True),
                (
                    "message_ids",
                    "any",
                    [("direction", "=", "in"), ("is_noise", "=", False), ("sent_at", ">=", since)],
                ),
            ],
            order="last_message_at desc, id",
            limit=MOST_LINES,
        )

    def _text(self, chat):
        """``{"body", "missing"}``, signed by whoever leads the chat, also where the job makes the text."""
        templates = self.env["marketplace.template"].with_user(chat.user_id or self.env.user)
        return templates.sudo()._text_for(self.kind, chat)

    @api.model
    def _line_values(self, chat, text):
        return {
            "text": text["body"],
            # A text with holes is for a person to fill.
            "is_selected": bool(text["body"]) and not text["missing"],
            "seen_at": chat.last_message_at,
        }

    @api.model
    def _list_new(self, company):
        """For the job: the clients of what was prepared, and a note to whoever decides. An offer that nobody would get
        goes.

        :return: whether there was any
        """
        new = self.search(
            [("is_listed", "=", False), ("state", "=", "draft"), ("company_id", "=", company.id)]
        )
        for offer in new:
            offer._list_clients()
            if not offer.line_ids:
                offer.unlink()
            else:
                offer._call_responsible()
            self.env.cr.commit()
        return bool(new)

    def _call_responsible(self):
        """The head of sales: who leads the channel's team, else an administrator of the chats."""
        self.ensure_one()
        channels = self.line_ids.channel_id
        managers = self.env.ref("crm_marketplace_chats.group_chats_manager").all_user_ids
        self.user_id = (
            channels.team_id.user_id[:1]
            or (managers & channels.user_ids)[:1]
            or managers.filtered(lambda user: not user.share and self.company_id in user.company_ids)[:1]
        )
        if self.user_id and not self.activity_ids:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=self.user_id.id,
                summary=self.env._(
                    "%(car)s: %(count)s clients to be told",
                    car=self.vehicle_id.vehicle_title,
                    count=len(self.line_ids),
                ),
            )

    # ------------------------------------------------------------ a person decides

    def action_send(self):
        """Let what is ticked leave, at the channels' pace. Of chats that the user may not read nothing is sent."""
        self.ensure_one()
        self.check_access("write")
        lines = self._lines_of_user([("state", "=", "draft"), ("is_selected", "=", True)])
        if not lines:
            raise UserError(self.env._("Nobody is ticked."))
        lines._check_texts()
        # sudo: the state follows from the user's decision
        lines.sudo().write({"state": "queued", "user_id": self.env.uid})
        offer = self.sudo()
        offer.state = "running"
        offer.activity_ids.action_done()
        self.env["marketplace.job"].sudo()._trigger("offers")

    def action_stop(self):
        """What has not left yet does not leave."""
        self.ensure_one()
        self.check_access("write")
        # sudo: as above
        self._lines_of_user([("state", "=", "queued")]).sudo().write({"state": "stopped"})
        if not self.sudo().line_ids.filtered(lambda line: line.state == "queued"):
            self.sudo().state = "stopped"

    def _lines_of_user(self, domain):
        """Asked for anew, under the user's rights: what is in memory may have been read under others."""
        return self.env["marketplace.offer.line"].search([("offer_id", "=", self.id), *domain])

    def action_refresh(self):
        """Look for the clients again."""
        self.ensure_one()
        self.check_access("write")
        # sudo: lines of chats that the user may not read are made too, and are not shown to him
        self.sudo()._list_clients()

    def _finish(self):
        for offer in self.filtered(lambda one: one.state == "running"):
            if not offer.line_ids.filtered(lambda line: line.state == "queued"):
                offer.state = "done"
