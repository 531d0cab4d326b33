"""Where the stock comes from by itself: a dealer's XML feed."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..marketplaces.feeds_fetch import OWN_HOSTS, host_of
from ..marketplaces.transport import origin
from .marketplace_feed_reasons import describe_feed_reason

#: The most often a feed is asked for, and the most seldom.
SHORTEST, LONGEST = 15, 7 * 24 * 60


class MarketplaceFeed(models.Model):
    """One XML feed of the stock: an address or an uploaded file, how often it is read, what becomes of cars that are
    no longer in it."""

    _name = "marketplace.feed"
    _description = "Stock Feed"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    source = fields.Selection(
        [("url", "From an Address"), ("file", "From a File")], required=True, default="url"
    )
    url = fields.Char(
        "Address",
        copy=False,
        help="The address of the XML that you give to Avito or Auto.ru. Whoever knows it can read your stock.",
    )
    host = fields.Char(compute="_compute_host")
    file = fields.Binary(attachment=True, copy=False)
    file_name = fields.Char()
    condition = fields.Selection(
        [("new", "New Cars"), ("used", "Used Cars")],
        "Holds",
        help="Auto.ru's format does not say whether a car is new; leave empty where the feed holds both.",
    )
    interval = fields.Integer("Read Every, min", default=60, required=True)
    gone_status = fields.Selection(
        [("withdrawn", "Withdrawn"), ("sold", "Sold")],
        "Cars Gone from the Feed Become",
        default="withdrawn",
        required=True,
        help="They are archived, never deleted, and come back when they are in the feed again.",
    )
    patience = fields.Integer(
        "Gone After",
        default=2,
        required=True,
        help="How many times in a row a car has to be missing from a complete feed.",
    )
    photo_limit = fields.Integer("Photos of a Car", default=20, required=True, help="0: none are fetched.")
    photo_hosts = fields.Char(
        "Photos Come From",
        help="Hosts whose pictures may be fetched, separated by blanks; the feed's own is always allowed.",
    )
    photo_hosts_met = fields.Char("Photos Lie At", readonly=True, copy=False)
    are_photos_refused = fields.Boolean(compute="_compute_are_photos_refused")

    next_run_at = fields.Datetime("Next Reading", copy=False)
    is_shrink_allowed = fields.Boolean(
        copy=False, help="An administrator has said that so many cars are gone."
    )
    run_ids = fields.One2many("marketplace.feed.run", "feed_id", "Readings of the Feed")
    last_run_id = fields.Many2one("marketplace.feed.run", "Last Reading", readonly=True, copy=False)
    state = fields.Selection(related="last_run_id.state")
    progress = fields.Float(related="last_run_id.progress")
    last_run_at = fields.Datetime(related="last_run_id.started_at", string="Last Read")
    message = fields.Char("What Is Going On", compute="_compute_message")
    vehicle_count = fields.Integer("Cars in the Feed", compute="_compute_vehicle_count")

    _intervals = models.Constraint(
        f"CHECK (interval BETWEEN {SHORTEST} AND {LONGEST})",
        f"A feed is read every {SHORTEST} minutes at most, and once a week at least.",
    )
    _limits = models.Constraint(
        "CHECK (patience BETWEEN 1 AND 100 AND photo_limit BETWEEN 0 AND 40)",
        "Cars are gone after 1 to 100 readings, and have 0 to 40 photos.",
    )

    # ------------------------------------------------------------ computes

    @api.depends("url", "source")
    def _compute_host(self):
        for feed in self:
            feed.host = host_of(feed.url or "") if feed.source == "url" else feed.file_name

    @api.depends("photo_hosts", "photo_hosts_met")
    def _compute_are_photos_refused(self):
        for feed in self:
            feed.are_photos_refused = bool(feed.photo_limit and feed._hosts_not_allowed())

    @api.depends("last_run_id.state", "last_run_id.reason")
    @api.depends_context("lang")
    def _compute_message(self):
        for feed in self:
            run = feed.last_run_id
            feed.message = run.message if run.state in ("failed", "held", "interrupted") else False

    def _compute_vehicle_count(self):
        groups = self.env["marketplace.feed.vehicle"]._read_group(
            [("feed_id", "in", self.ids), ("gone_at", "=", False)], ["feed_id"], ["__count"]
        )
        counts = {feed.id: count for feed, count in groups}
        for feed in self:
            feed.vehicle_count = counts.get(feed.id, 0)

    # ------------------------------------------------------------ entering

    @api.constrains("url", "source")
    def _check_url(self):
        for feed in self.filtered("url"):
            try:
                scheme, host, port = origin(feed.url)
            except ValueError:
                scheme, host, port = "", "", None
            if scheme == "http" and host in OWN_HOSTS:
                # A stand-in on this machine; others could use it to knock at doors of ours.
                if not self.env.user._is_system():  # constraints themselves run as superuser
                    raise AccessError(
                        self.env._("Only a system administrator sets an address of this server.")
                    )
            elif scheme != "https" or not host or port != 443:
                raise ValidationError(self.env._("The address has to begin with https://."))

    @api.model_create_multi
    def create(self, vals_list):
        now = fields.Datetime.now()
        for vals in vals_list:
            if vals.get("source", "url") == "url" and vals.get("url"):
                vals.setdefault("next_run_at", now)
        feeds = super().create(vals_list)
        feeds._trigger()
        return feeds

    def write(self, vals):
        if vals.get("url") or vals.get("active"):
            vals = {"next_run_at": fields.Datetime.now()} | vals
        done = super().write(vals)
        if vals.get("next_run_at"):
            self._trigger()
        return done

    @api.model
    def _trigger(self, photos=False):
        name = "ir_cron_feed_photos" if photos else "ir_cron_feeds"
        self.env.ref(f"crm_marketplace_chats.{name}").sudo()._trigger()

    # ------------------------------------------------------------ buttons

    def action_load(self):
        """Read the feed now, in the background."""
        self.check_access("write")
        for feed in self:
            if not (feed.url if feed.source == "url" else feed.file):
                raise UserError(self.env._("Enter the address of the feed, or upload its file."))
        self.next_run_at = fields.Datetime.now()
        self._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("The feed is being read. Its report will be here in a moment."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_allow_shrink(self):
        """Withdraw the cars that the last reading did not find, though they are many."""
        self.check_access("write")
        self.is_shrink_allowed = True
        self.activity_unlink(["mail.mail_activity_data_warning"])
        return self.action_load()

    def action_allow_photo_hosts(self):
        self.check_access("write")
        for feed in self:
            hosts = [*(feed.photo_hosts or "").split(), *feed._hosts_not_allowed()]
            feed.photo_hosts = " ".join(dict.fromkeys(hosts))
            feed._forget_photo_failures()
        self._trigger(photos=True)

    def action_open_vehicles(self):
        self.ensure_one()
        self.check_access("read")
        vehicles = self.env["marketplace.feed.vehicle"].search([("feed_id", "=", self.id)]).vehicle_id
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_marketplace_chats.action_vehicle")
        return action | {
            "domain": [("id", "in", vehicles.ids)],
            "context": {"active_test": False, "default_is_vehicle": True},
        }

    # ------------------------------------------------------------ running

    @api.model
    def _run_due(self):
        """Entry of the scheduled action: read the feeds that are due, one after the other."""
        due = self.search([("next_run_at", "<=", fields.Datetime.now())], order="next_run_at, id")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(due))
        for feed in due:
            if self.env["marketplace.job"]._hold(feed.id, "feed"):
                feed._work_apart("_import")
            if not cron._commit_progress(1):
                break

    def _work_apart(self, method):
        """Call one of our methods in a cursor of its own, whose transactions are as short as the work allows; the lock
        stays in the scheduled action's."""
        lang = self.company_id.partner_id.lang or self.env.user.lang
        with self.env.registry.cursor() as cr:
            env = api.Environment(
                cr, self.env.uid, {"lang": lang, "allowed_company_ids": self.company_id.ids}
            )
            return getattr(env[self._name].browse(self.id), method)()

    def _plan_next(self):
        """When this feed is read next; a file only when somebody asks for it."""
        self.next_run_at = (
            fields.Datetime.now() + timedelta(minutes=self.interval, seconds=-10)
            if self.source == "url"
            else False
        )

    def _describe(self, reason, detail):
        return describe_feed_reason(self.env, reason, detail)

    def _join_listings(self):
        """Listings that wait for cars which have just come."""
        self.env.flush_all()
        for channel in self.env["marketplace.channel"].search([("company_id", "=", self.company_id.id)]):
            self.env["marketplace.listing"]._join_vehicles(channel)
            self.env["marketplace.listing"]._suggest_vehicles(channel)

    def _count_present(self):
        return self.env.execute_query(
            SQL(
                "SELECT count(*) FROM marketplace_feed_vehicle WHERE feed_id = %s AND gone_at IS NULL",
                self.id,
            )
        )[0][0]
