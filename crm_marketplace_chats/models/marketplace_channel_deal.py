"""What a channel does by itself with clients and deals; each of it can be switched off."""

from odoo import api, fields, models

from ..marketplaces.payload import IN

#: Which of a buyer's first signs make a lead: a message, a call that nobody took.
LEAD_SIGNS = {"never": (), "message": ("message",), "call": ("call",), "both": ("message", "call")}


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    client_mode = fields.Selection(
        [
            ("auto", "Join by themselves when the number is sure"),
            ("suggest", "Only suggest"),
            ("off", "Leave alone"),
        ],
        "Clients",
        default="auto",
        required=True,
        help="What happens when a client's telephone number becomes known. Doubtful cases are always only suggested.",
    )
    lead_rule = fields.Selection(
        [
            ("never", "Never"),
            ("message", "With the first message"),
            ("call", "With the first missed call"),
            ("both", "With the first message or missed call"),
        ],
        "Lead by Itself",
        default="call",
        required=True,
        help="Never for notices of the marketplace, for the history, or for what is days old.",
    )
    lead_rule_since = fields.Datetime(
        readonly=True, copy=False, default=fields.Datetime.now, help="What came before makes no lead."
    )
    team_id = fields.Many2one("crm.team", "Sales Team", check_company=True, ondelete="set null")
    visit_minutes = fields.Integer("Minutes of a Test Drive", default=60, required=True)
    visit_reminder = fields.Selection(
        [
            ("off", "No reminder"),
            ("activity", "Remind the employee to write"),
            ("message", "Write to the client"),
        ],
        "The Day Before a Test Drive",
        default="activity",
        required=True,
    )
    offer_per_minute = fields.Integer(
        "Offers a Minute",
        default=3,
        required=True,
        help="How fast a text that goes to many clients leaves. Replies of employees always go first.",
    )

    _visit_minutes = models.Constraint(
        "CHECK (visit_minutes BETWEEN 15 AND 480)", "A test drive takes 15 minutes to 8 hours."
    )
    _offer_per_minute = models.Constraint(
        "CHECK (offer_per_minute BETWEEN 1 AND 30)", "1 to 30 offers leave in a minute."
    )

    def write(self, vals):
        if "lead_rule" in vals:
            vals = vals | {"lead_rule_since": fields.Datetime.now()}
        return super().write(vals)

    def _apply_messages(self, batch, conversations):
        """What buyers have written or how they have called is looked at by the job `clients`, not here: a delivery
        waits for nothing."""
        touched, messages, adopted = super()._apply_messages(batch, conversations)
        heard = {
            conversations["ids"][message.conversation_id]
            for message in batch.messages
            if message.direction == IN and not message.noise
        }
        if heard & touched:
            self.env.cr.execute(
                "UPDATE marketplace_conversation SET rules_pending = true"
                " WHERE id = ANY(%s) AND rules_pending IS NOT TRUE",
                (list(heard & touched),),
            )
            self.env["marketplace.conversation"].browse(heard & touched).invalidate_recordset(
                ["rules_pending"]
            )
            self.env["marketplace.job"]._trigger("clients")
        return touched, messages, adopted

    @api.model
    def _own_numbers(self, company):
        """Telephone numbers of the dealership and of those who work there: nobody's as a client."""
        people = self.env["res.users"].search([("share", "=", False), ("company_ids", "in", company.ids)])
        return (people.partner_id | company.partner_id | company.child_ids.partner_id)._chats_numbers()
