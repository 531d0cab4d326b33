import logging
import time
from datetime import timedelta, timezone
from zlib import crc32

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ..marketplaces.errors import MarketplaceError, RateLimitError
from .bulk import CONFLICTS
from .reasons import describe_reason

_logger = logging.getLogger(__name__)

#: What each kind of job calls: model and method, given the channel and the job.
WORK = {
    "events": ("marketplace.event", "_apply_stored"),
    "send": ("marketplace.message", "_send_queued"),
    "pull": ("marketplace.channel", "_pull"),
    "history": ("marketplace.channel", "_read_history"),
    "media": ("marketplace.message", "_fetch_media"),
    "listings": ("marketplace.listing", "_refresh"),
    "calls": ("marketplace.channel", "_pull_calls"),
    "webhook": ("marketplace.channel", "_keep_webhook"),
    "reconcile": ("marketplace.channel", "_reconcile"),
    "clients": ("marketplace.conversation", "_follow_rules"),
    "offers": ("marketplace.offer.line", "_send_offers"),
    "rules": ("marketplace.channel", "_keep_rules"),
}
#: When those that are woken all the time have something to do in a channel (of the job j): with hundreds of channels,
#: opening each of them to look would hold up the one in which a buyer has just written.
PENDING = {
    "events": """
        EXISTS (SELECT FROM marketplace_event e WHERE e.channel_id = j.channel_id AND e.state = 'new')
        OR EXISTS (SELECT FROM marketplace_conversation c WHERE c.channel_id = j.channel_id AND c.is_partial)
    """,
    "send": """
        EXISTS (SELECT FROM marketplace_message m
                 WHERE m.channel_id = j.channel_id AND m.state IN ('queued', 'sending', 'unknown'))
        OR EXISTS (SELECT FROM marketplace_message m WHERE m.channel_id = j.channel_id AND m.delete_pending)
        OR EXISTS (SELECT FROM marketplace_conversation c
                    WHERE c.channel_id = j.channel_id AND c.remote_read_pending)
        OR EXISTS (SELECT FROM marketplace_conversation c WHERE c.channel_id = j.channel_id AND c.block_pending)
    """,
}
#: Kinds that look at the marketplace from time to time, in seconds; the others wait for something to do.
PERIOD = {"pull": 60, "calls": 110, "listings": 3000, "webhook": 3000, "reconcile": 3000}
#: What a piece of work answers: something was done, there is more to do at once; None: there was nothing to do.
DONE, MORE = "done", "more"
#: Troubles that a job remembers.
KEPT_TROUBLES = 5
FIRST_BACK_OFF, LONGEST_BACK_OFF, RATE_LIMIT_PAUSE = 30, 900, 60


class MarketplaceJob(models.Model):
    """One concern of one channel: when it is due, how it went, how far it came.

    A slow concern never delays a fast one, and a sick channel never delays a healthy one. Whoever works on a job
    holds an advisory lock in the scheduled action's own transaction, and does the work in another cursor, whose
    transactions are as short as the work allows. A killed process leaves nothing behind but unfinished work.
    """

    _name = "marketplace.job"
    _description = "Marketplace Job"
    _order = "channel_id, kind"
    _rec_name = "kind"

    channel_id = fields.Many2one("marketplace.channel", required=True, ondelete="cascade", index=True)
    kind = fields.Selection(
        [
            ("events", "Deliveries"),
            ("send", "Sending"),
            ("pull", "Asking for Messages"),
            ("history", "History"),
            ("media", "Pictures and Voice"),
            ("listings", "Listings"),
            ("calls", "Calls"),
            ("webhook", "Subscription to Deliveries"),
            ("reconcile", "Comparison"),
            ("clients", "Clients and Leads"),
            ("offers", "Offers"),
            ("rules", "Rules of Work"),
        ],
        required=True,
    )
    next_run_at = fields.Datetime("Not Before", required=True, default=fields.Datetime.now)
    last_run_at = fields.Datetime(readonly=True)
    last_success_at = fields.Datetime(readonly=True)
    duration = fields.Float("Took, s", readonly=True)
    failures = fields.Integer("Failures in a Row", readonly=True)
    reason = fields.Char(readonly=True)
    detail = fields.Char(readonly=True)
    message = fields.Char("Last Trouble", compute="_compute_message")
    troubles = fields.Json(
        help="The last few: reason, detail, Unix times of the first and the last, how often."
    )
    report = fields.Json(help="What the last run found, where it finds something.")
    walk = fields.Json(help="How far the job has come; belongs to the marketplace's client.")

    _channel_kind = models.UniqueIndex("(channel_id, kind)", "A channel has one job of each kind.")
    _due = models.Index("(kind, next_run_at)")

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_message(self):
        for job in self:
            job.message = job.reason and describe_reason(self.env, job.reason, job.channel_id.marketplace)

    # ------------------------------------------------------------ schedule

    @api.model
    def _ensure(self, channels):
        """Make the jobs that these channels lack."""
        have = {(job.channel_id.id, job.kind) for job in self.search([("channel_id", "in", channels.ids)])}
        self.create(
            [
                {"channel_id": channel.id, "kind": kind}
                for channel in channels
                for kind in WORK
                if (channel.id, kind) not in have
            ]
        )

    @api.model
    def _ensure_all(self):
        self._ensure(self.env["marketplace.channel"].with_context(active_test=False).search([]))

    @api.model
    def _trigger(self, kind, at=None):
        """Have the jobs of a kind run now, or at a moment, rather than at the next minute."""
        cron = self.env.ref(f"crm_marketplace_chats.ir_cron_{kind}").sudo()
        if at or not self._is_triggered(cron):
            cron._trigger(at)

    def _is_triggered(self, cron):
        """Whether the next run of a scheduled action is called for already and will see what this transaction writes:
        fifty deliveries a second need not wake the workers fifty times.

        A run takes its triggers away before it looks for work. So one that can be locked belongs to a run that has not
        begun, and it cannot begin before this transaction has ended. Only this second's triggers are asked: no longer
        than that has a run to wait for those who hold its own. One that was made earlier, for this moment, has woken
        nobody.
        """
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(
                    """
                    SELECT id FROM ir_cron_trigger WHERE cron_id = %s AND call_at = %s AND create_date >= call_at
                     LIMIT 1 FOR KEY SHARE SKIP LOCKED
                    """,
                    (cron.id, fields.Datetime.now()),
                    log_exceptions=False,
                )
                return bool(self.env.cr.fetchone())
        except CONFLICTS:  # a run has taken it since this transaction began
            return False

    def _wake(self):
        """Forget back-offs and run now, e.g. because an admin has entered new keys."""
        self.write({"next_run_at": fields.Datetime.now(), "failures": 0})
        for kind in set(self.mapped("kind")):
            self._trigger(kind)

    def _hurry(self):
        """Run now rather than at the regular time; a job that pauses because of trouble goes on pausing."""
        early = self.filtered(lambda job: not job.failures and job.next_run_at > fields.Datetime.now())
        early.write({"next_run_at": fields.Datetime.now()})
        for kind in set(early.mapped("kind")):
            self._trigger(kind)

    def action_wake(self):
        self.check_access("write")
        self.sudo()._wake()

    # ------------------------------------------------------------ running

    @api.model
    def _run(self, kind):
        """Entry of the scheduled actions: run what is due of one kind, channel by channel."""
        due = self._due(kind)
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(due))
        for job in due:
            if self._hold(job.channel_id.id, kind):
                job._work_apart()
            if not cron._commit_progress(1):
                break

    @api.model
    def _let_replies_pass(self):
        """For whoever is at work for long, between two requests: send what waits, where no other worker does. Where all
        workers read long histories, a reply would else wait until one of them has done."""
        with self.env.registry.cursor() as cr:
            jobs = api.Environment(cr, SUPERUSER_ID, {})["marketplace.job"]
            for job in jobs._due("send"):
                done = jobs._hold(job.channel_id.id, "send") and job._work_apart()
                cr.commit()  # the lock is free again
                if done:
                    # The scheduled action may have found it held and gone, and something may have come since.
                    jobs._trigger("send")

    @api.model
    def _due(self, kind):
        """Jobs of a kind whose time has come, less those that have nothing to do; a trouble has to be seen to end."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT j.id FROM marketplace_job j JOIN marketplace_channel channel ON channel.id = j.channel_id
                 WHERE j.kind = %s AND j.next_run_at <= %s AND channel.active AND (j.reason IS NOT NULL OR %s)
                 ORDER BY j.next_run_at, j.id
                """,
                kind,
                fields.Datetime.now(),
                SQL(PENDING.get(kind, "true")),
            )
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    @api.model
    def _hold(self, channel_id, what, wait=False):
        """Take the lock on one concern of one channel until this transaction ends.

        :return: whether it is ours; always so with ``wait``
        """
        lock = (crc32(f"crm_marketplace_chats.{what}".encode()) & 0x7FFFFFFF, channel_id)
        if wait:
            self.env.cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", lock)
            return True
        self.env.cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", lock)
        return self.env.cr.fetchone()[0]

    def _work_apart(self):
        """Work in a cursor of its own and write down how it went; never raises for what one channel does wrong.

        :return: what was done, see `DONE`
        """
        self.ensure_one()
        try:
            with self.env.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {"lang": self._lang()})
                job = env["marketplace.job"].browse(self.id)
                # Another worker may have done it between our look at the list and our lock.
                return job._work() if job.next_run_at <= fields.Datetime.now() else None
        except CONFLICTS:
            _logger.info(
                "channel %s, %s: disturbed by another transaction, again at the next run", *self._where()
            )
            return None

    def _work(self):
        started = time.monotonic()
        model, method = WORK[self.kind]
        error = done = None
        try:
            done = getattr(self.env[model], method)(self.channel_id, self)
        except CONFLICTS:
            raise
        except MarketplaceError as trouble:
            self.env.cr.rollback()
            error = trouble
        except Exception:  # a defect met in one channel must not stop the others
            self.env.cr.rollback()
            _logger.exception("channel %s, %s: failed", *self._where())
            error = MarketplaceError("internal")
        # A trouble ends also where there was nothing left to do, as after a refused reply: `_wake` keeps the reason.
        if error or done or self.reason or self.kind in PERIOD:
            self._record(error, time.monotonic() - started)
        if done == MORE:
            self.next_run_at = fields.Datetime.now()
            self._trigger(self.kind)
        return done

    def _where(self):
        return self.channel_id.id, self.kind

    def _lang(self):
        """Language of what is written to the screens of this channel's employees by bus."""
        return self.channel_id.company_id.partner_id.lang or self.env.user.lang

    def _record(self, error, seconds):
        """Write down the outcome and when to come back."""
        now = fields.Datetime.now()
        values = {"last_run_at": now, "duration": round(seconds, 3)}
        if error is None:
            values |= {
                "last_success_at": now,
                "failures": 0,
                "reason": False,
                "detail": False,
                "next_run_at": now + timedelta(seconds=self._period()),
            }
        else:
            failures = self.failures + 1
            values |= {
                "failures": failures,
                "reason": error.reason,
                "detail": error.detail,
                "next_run_at": now + timedelta(seconds=self._back_off(error, failures)),
                "troubles": self._with_trouble(error, now),
            }
            _logger.warning("channel %s, %s: %s", *self._where(), error)
        self.write(values)
        self.channel_id._reflect_jobs()
        if isinstance(error, RateLimitError):
            # The account has to be quiet as a whole.
            quiet = self.channel_id.job_ids.filtered(lambda job: job.next_run_at < values["next_run_at"])
            quiet.write({"next_run_at": values["next_run_at"]})

    def _with_trouble(self, error, now):
        """The last troubles with one more, newest first; the same again in a row is one that lasts."""
        at = now.replace(tzinfo=timezone.utc).timestamp()
        troubles = list(self.troubles or ())
        if troubles and self.failures and troubles[0]["reason"] == error.reason:
            lasting = troubles.pop(0)
            entry = lasting | {"last": at, "times": lasting["times"] + 1, "detail": error.detail}
        else:
            entry = {"reason": error.reason, "detail": error.detail, "first": at, "last": at, "times": 1}
        return [entry, *troubles][:KEPT_TROUBLES]

    def _period(self):
        """Seconds until the next regular run. Slightly less than the scheduled action's own interval, so that a run
        which began late does not skip the next."""
        if self.kind == "pull":
            return 60 * self.env["res.config.settings"]._chats_pull_interval() - 10
        return PERIOD.get(self.kind, 0)

    @staticmethod
    def _back_off(error, failures):
        if isinstance(error, RateLimitError):
            return error.retry_after or min(RATE_LIMIT_PAUSE * 2 ** (failures - 1), 300)
        if not error.passing and error.reason != "internal":
            return LONGEST_BACK_OFF
        return min(FIRST_BACK_OFF * 2 ** (failures - 1), LONGEST_BACK_OFF)
