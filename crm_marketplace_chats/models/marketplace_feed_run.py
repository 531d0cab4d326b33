"""What each reading of a feed has done."""

from datetime import timedelta

from odoo import api, fields, models

from .marketplace_feed_reasons import describe_feed_reason

#: Reports are kept so long; the last one of each feed always.
KEPT_DAYS = 60
COUNTERS = ("new", "changed", "same", "returned", "gone", "missing", "refused")


class MarketplaceFeedRun(models.Model):
    """One reading of a feed and its counts. The lines tell of each car that was not simply the same."""

    _name = "marketplace.feed.run"
    _description = "Reading of a Stock Feed"
    _order = "id desc"
    _rec_name = "started_at"

    feed_id = fields.Many2one("marketplace.feed", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="feed_id.company_id", store=True)
    started_at = fields.Datetime("Begun", required=True, default=fields.Datetime.now)
    ended_at = fields.Datetime("Ended")
    state = fields.Selection(
        [
            ("running", "Being Read"),
            ("done", "Done"),
            ("held", "Waits for You"),
            ("failed", "Failed"),
            ("interrupted", "Interrupted"),
        ],
        required=True,
        default="running",
    )
    dialect = fields.Selection([("autoru", "Auto.ru"), ("avito", "Avito")], "Format")
    is_paused = fields.Boolean(help="Goes on in the next run of the scheduled action.")
    reason = fields.Char()
    detail = fields.Char()
    message = fields.Char(compute="_compute_message")
    total_count = fields.Integer("Entries in the File")
    known_count = fields.Integer("Cars Known Before")
    done_count = fields.Integer("Read")
    progress = fields.Float(compute="_compute_progress")
    new_count = fields.Integer("New")
    changed_count = fields.Integer("Changed")
    same_count = fields.Integer("The Same")
    returned_count = fields.Integer("Came Back")
    gone_count = fields.Integer("Gone")
    missing_count = fields.Integer("Missing")
    refused_count = fields.Integer("Refused")
    line_ids = fields.One2many("marketplace.feed.line", "run_id", "Report")

    @api.depends("reason", "detail")
    @api.depends_context("lang")
    def _compute_message(self):
        for run in self:
            run.message = run.reason and describe_feed_reason(self.env, run.reason, run.detail)

    @api.depends("done_count", "total_count", "state")
    def _compute_progress(self):
        for run in self:
            read = 100 * run.done_count / run.total_count if run.total_count else 0
            run.progress = 100 if run.state == "done" else min(read, 100)

    def _add(self, counts):
        """Add to the counters; keys of `COUNTERS`."""
        self.write({f"{name}_count": self[f"{name}_count"] + number for name, number in counts.items()})

    def _stored_count(self):
        """Cars that this reading has written."""
        return self.new_count + self.changed_count + self.returned_count

    def _resume(self):
        """Read the file from its beginning again: what is counted anew is forgotten."""
        self.line_ids.filtered(lambda line: line.kind in ("refused", "remark")).unlink()
        self.write({"is_paused": False, "done_count": 0, "refused_count": 0})

    def _end(self, state, reason=False, detail=False):
        self.write({"state": state, "reason": reason, "detail": detail, "ended_at": fields.Datetime.now()})

    @api.autovacuum
    def _forget_old(self):
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        last = self.env["marketplace.feed"].with_context(active_test=False).search([]).last_run_id
        self.search([("started_at", "<", limit), ("id", "not in", last.ids)], limit=1000).unlink()


class MarketplaceFeedLine(models.Model):
    """One entry of a feed in the report of a reading."""

    _name = "marketplace.feed.line"
    _description = "Line of a Stock Feed's Report"
    _order = "id"
    _rec_name = "name"

    run_id = fields.Many2one("marketplace.feed.run", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    kind = fields.Selection(
        [
            ("new", "Is New"),
            ("changed", "Has Changed"),
            ("returned", "Is Back"),
            ("gone", "Is Gone"),
            ("refused", "Is Refused"),
            ("remark", "Remark"),
        ],
        "What",
        required=True,
    )
    line = fields.Integer("Line of the File")
    external_id = fields.Char("Stock Number")
    vin = fields.Char("VIN")
    name = fields.Char("Car")
    vehicle_id = fields.Many2one("product.template", "Car in Stock", ondelete="set null")
    reason = fields.Char()
    detail = fields.Char()
    changes = fields.Json()
    message = fields.Char("What About It", compute="_compute_message")

    @api.depends("reason", "detail", "changes")
    @api.depends_context("lang")
    def _compute_message(self):
        labels = self.env["product.template"].fields_get(attributes=["string"])
        for line in self:
            if line.reason:
                line.message = describe_feed_reason(self.env, line.reason, line.detail)
            else:
                line.message = ", ".join(self._change(labels, *change) for change in line.changes or ())

    @staticmethod
    def _change(labels, name, old, new):
        label = labels.get(name, {}).get("string", name)
        return f"{label}: {old} → {new}" if old or new else label
