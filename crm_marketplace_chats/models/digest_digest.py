from odoo import fields, models
from odoo.exceptions import AccessError

ANSWERED = [("ended_by", "in", ("reply", "app", "call"))]


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_chats_answered = fields.Boolean("Clients Answered in Chats")
    kpi_chats_answered_value = fields.Integer(compute="_compute_kpi_chats_answered_value")
    kpi_chats_within_goal = fields.Boolean("Clients Answered Within the Goal, %")
    kpi_chats_within_goal_value = fields.Float(compute="_compute_kpi_chats_within_goal_value")
    kpi_chats_missed_calls = fields.Boolean("Missed Calls of the Marketplaces")
    kpi_chats_missed_calls_value = fields.Integer(compute="_compute_kpi_chats_missed_calls_value")

    def _compute_kpi_chats_answered_value(self):
        self._check_chats_figures()
        self._calculate_company_based_kpi(
            "marketplace.turn.report",
            "kpi_chats_answered_value",
            date_field="started_at",
            additional_domain=ANSWERED,
        )

    def _compute_kpi_chats_within_goal_value(self):
        self._check_chats_figures()
        start, end, companies = self._get_kpi_compute_parameters()
        groups = self.env["marketplace.turn.report"]._read_group(
            [("company_id", "in", companies.ids), ("started_at", ">=", start), ("started_at", "<", end)],
            ["company_id"],
            ["within_goal:avg"],
        )
        shares = {company.id: share for company, share in groups}
        for digest in self:
            company = digest.company_id or self.env.company
            digest.kpi_chats_within_goal_value = shares.get(company.id) or 0

    def _compute_kpi_chats_missed_calls_value(self):
        self._check_chats_figures()
        self._calculate_company_based_kpi(
            "marketplace.turn.report",
            "kpi_chats_missed_calls_value",
            date_field="started_at",
            sum_field="missed_count",
        )

    def _check_chats_figures(self):
        """Those who may not see the figures get a digest without them."""
        if not self.env.user.has_group("crm_marketplace_chats.group_chats_manager"):
            raise AccessError(self.env._("The figures of the chats are for their administrators."))

    def _compute_kpis_actions(self, company, user):
        menu = self.env.ref("crm_marketplace_chats.menu_root")
        action = f"crm_marketplace_chats.action_turn_report?menu_id={menu.id}"
        return {
            **super()._compute_kpis_actions(company, user),
            "kpi_chats_answered": action,
            "kpi_chats_within_goal": action,
            "kpi_chats_missed_calls": action,
        }
