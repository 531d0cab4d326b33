import json
import logging
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.mail.tools.discuss import Store

from ..marketplaces import client_class, known_marketplaces
from ..marketplaces.errors import REASONS, CredentialsError, EntitlementError, MarketplaceError
from ..marketplaces.transport import origin
from .channel_session import SESSION_KEY, ChannelSession, FreshSession
from .marketplace_budget import SharedBudget
from .marketplace_job import DONE
from .reasons import describe_cure, describe_finding, describe_reason

_logger = logging.getLogger(__name__)

#: Jobs without which there is no chatting: each works every minute or where there is something to send.
CHAT_JOBS = ("pull", "send")
#: Failures that only an admin can end.
REFUSALS = (CredentialsError, EntitlementError)
#: Where keys may go without TLS: stand-ins on the same machine.
OWN_HOSTS = ("127.0.0.1", "localhost")


def write_only(name, label):
    """A key of the account: writing stores it in `marketplace.channel.secret`, reading gives nothing."""
    return fields.Char(
        label,
        compute="_compute_secret",
        inverse=lambda channels: channels._inverse_secret(name),
        groups="base.group_system",
    )


class MarketplaceChannel(models.Model):
    """One account of the dealer at one marketplace.

    Fields named ``<marketplace>_<key>`` are the settings of that marketplace's client: `_client` hands them over by
    their plain key. Those that are secret are written through and never read back, see `_secret_fields`.
    """

    _name = "marketplace.channel"
    _description = "Marketplace Channel"
    _inherit = ["mail.thread", "mail.activity.mixin", "bus.listener.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    marketplace = fields.Selection(lambda self: known_marketplaces(), required=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    user_ids = fields.Many2many(
        "res.users",
        "marketplace_channel_users_rel",
        string="Employees",
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref("crm_marketplace_chats.group_chats_user").id),
            ("share", "=", False),
        ],
        help="Who sees the chats of this channel and answers in them.",
        tracking=True,
    )
    base_url = fields.Char(
        "Service Address",
        groups="base.group_system",
        help="Leave empty to use the real service.",
    )
    default_base_url = fields.Char(compute="_compute_default_base_url", groups="base.group_system")

    avito_client_id = write_only("avito_client_id", "Client ID")
    avito_client_secret = write_only("avito_client_secret", "Client Secret")
    autoru_token = write_only("autoru_token", "Token")
    autoru_mode = fields.Selection(
        [
            ("pull", "Ask Auto.ru for messages (login and password)"),
            ("webhook", "Auto.ru delivers messages (ChatId)"),
        ],
        "Way of Receiving",
        default="pull",
        groups="base.group_system",
    )
    autoru_login = write_only("autoru_login", "Login")
    autoru_password = write_only("autoru_password", "Password")
    autoru_session_id = write_only("autoru_session_id", "Session ID")
    autoru_dealer_id = fields.Char("Dealer ID", groups="base.group_system", copy=False)
    autoru_chat_id = fields.Char(
        "ChatId", groups="base.group_system", copy=False, default=lambda self: secrets.token_hex(16)
    )
    autoru_hook_url = fields.Char("Address for Answers", groups="base.group_system")
    secrets_set = fields.Char(
        compute="_compute_secrets_set",
        groups="base.group_system",
        help="Names of the secrets that are stored, separated by spaces.",
    )

    webhook_secret = fields.Char(
        required=True, groups="base.group_system", copy=False, default=lambda self: secrets.token_urlsafe(32)
    )
    webhook_url = fields.Char(
        "Address for Deliveries", compute="_compute_webhook_url", groups="base.group_system"
    )
    webhook_active = fields.Boolean("Deliveries Switched On", readonly=True, copy=False)

    state = fields.Selection(
        [
            ("draft", "Not Checked"),
            ("connected", "Connected"),
            ("failing", "Temporary Trouble"),
            ("refused", "Keys Refused"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    reason = fields.Char(readonly=True, copy=False)
    reason_detail = fields.Char(readonly=True, copy=False, groups="crm_marketplace_chats.group_chats_manager")
    state_message = fields.Char("What Is Going On", compute="_compute_state_message")
    state_cure = fields.Char("What to Do", compute="_compute_state_message")
    check_report = fields.Text("Result of the Check", readonly=True, copy=False)
    job_ids = fields.One2many("marketplace.job", "channel_id", "Jobs", copy=False)
    last_success_at = fields.Datetime("Last Successful Pull", compute="_compute_last_success_at")
    access_epoch = fields.Integer(default=1, copy=False, help="Grows when the employees change.")
    conversation_count = fields.Integer(compute="_compute_conversation_count")

    # ------------------------------------------------------------ computes

    @api.depends("marketplace")
    def _compute_default_base_url(self):
        for channel in self:
            channel.default_base_url = (
                channel.marketplace and client_class(channel.marketplace).default_base_url
            )

    @api.model
    def _secret_fields(self):
        """Names of the fields whose values go to `marketplace.channel.secret` and are never shown again."""
        return [name for name, field in self._fields.items() if field.compute == "_compute_secret"]

    def _compute_secret(self):
        for name in self._secret_fields():
            self[name] = False

    def _inverse_secret(self, name):
        for channel in self:
            channel.env["marketplace.channel.secret"]._store(channel, name, (channel[name] or "").strip())
        self.invalidate_recordset([name, "secrets_set"])

    def _compute_secrets_set(self):
        for channel in self:
            stored = self.env["marketplace.channel.secret"]._read_all(channel) if channel.id else {}
            channel.secrets_set = " ".join(name for name in self._secret_fields() if name in stored)

    @api.depends("webhook_secret", "marketplace")
    def _compute_webhook_url(self):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        for channel in self:
            path = f"/crm_marketplace_chats/hook/{channel.id}/{channel.webhook_secret}"
            channel.webhook_url = base + path if channel.id and channel.webhook_secret else False

    @api.depends("state", "reason")
    @api.depends_context("lang")
    def _compute_state_message(self):
        for channel in self:
            said = (self.env, channel.reason, channel.marketplace)
            channel.state_message = channel.reason and describe_reason(*said)
            channel.state_cure = channel.reason and describe_cure(*said)

    @api.depends("job_ids.last_success_at")
    def _compute_last_success_at(self):
        pulls = (
            self.env["marketplace.job"].sudo().search([("channel_id", "in", self.ids), ("kind", "=", "pull")])
        )
        last = {job.channel_id.id: job.last_success_at for job in pulls}
        for channel in self:
            channel.last_success_at = last.get(channel.id)

    def _compute_conversation_count(self):
        groups = self.env["marketplace.conversation"]._read_group(
            [("channel_id", "in", self.ids)], ["channel_id"], ["__count"]
        )
        counts = {channel.id: count for channel, count in groups}
        for channel in self:
            channel.conversation_count = counts.get(channel.id, 0)

    # ------------------------------------------------------------ create, write

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        jobs = self.env["marketplace.job"].sudo()
        jobs._ensure(channels)
        for kind in ("pull", "listings"):
            jobs._trigger(kind)
        channels._call_employees()
        return channels

    def write(self, vals):
        result = super().write(vals)
        if {"user_ids", "company_id", "active"} & set(vals):
            self._renew_access()
        if self._connection_fields() & set(vals):
            self.sudo()._forget_session()
        return result

    def unlink(self):
        """Its chats leave the open screens with it; the database removes them without asking the models."""
        self._renew_access()
        return super().unlink()

    @api.constrains("base_url", "autoru_hook_url")
    def _check_addresses(self):
        for channel in self.sudo():
            for address in filter(None, (channel.base_url, channel.autoru_hook_url)):
                scheme, host, _port = origin(address)
                if not host or (scheme != "https" and (scheme != "http" or host not in OWN_HOSTS)):
                    raise ValidationError(self.env._("The address has to begin with https://."))

    @api.model
    def _connection_fields(self):
        return {
            name
            for code, _label in known_marketplaces()
            for name in self._fields
            if name.startswith(f"{code}_")
        } | {"base_url"}

    def _forget_session(self):
        """Keys have changed: tokens made with the old ones are worthless, and a refusal no longer holds."""
        for channel in self:
            self.env["marketplace.channel.secret"]._store(channel, SESSION_KEY, False)
        self.write({"state": "draft", "reason": False, "reason_detail": False})
        self._wake_jobs()

    def _wake_jobs(self):
        """Run what the channel does now; comparing is for later, when there is something to compare."""
        self.job_ids.filtered(lambda job: job.kind != "reconcile")._wake()

    # ------------------------------------------------------------ rights

    def _renew_access(self):
        """Whoever listens to these channels has to subscribe anew, so that a right taken away ends at once: notes go
        to a subchannel whose name changes with each change of the employees."""
        for channel in self.sudo():
            channel._bus_send(
                "crm_marketplace_chats.access_changed",
                {"channel_id": channel.id},
                subchannel=channel._bus_subchannel(),
            )
            channel.access_epoch += 1
        self._call_employees()

    def _call_employees(self):
        """Tell those who may not be listening to these channels yet."""
        for channel in self.sudo():
            for user in channel.user_ids:
                user._bus_send("crm_marketplace_chats.access_changed", {"channel_id": channel.id})

    def _bus_subchannel(self):
        self.ensure_one()
        return f"chats_{self.sudo().access_epoch}"

    # ------------------------------------------------------------ the client

    def _client_settings(self):
        """Keys of this channel by their plain names, secrets among them. For the client alone."""
        self.ensure_one()
        channel = self.sudo()
        prefix = f"{channel.marketplace}_"
        stored = self.env["marketplace.channel.secret"]._read_all(channel)
        settings = {
            name.removeprefix(prefix): stored.get(name, "")
            if name in self._secret_fields()
            else channel[name] or ""
            for name in self._fields
            if name.startswith(prefix)
        }
        return settings | {"base_url": channel.base_url or ""}

    def _client(self, session=None, patient=False):
        """The marketplace's client for this channel; for jobs, not for a user's transaction.

        :param patient: for what has time: all else that the account asks for goes first
        """
        self.ensure_one()
        settings = self._client_settings()
        budget = self._budget(settings)
        budget.patient = patient
        return self._client_class()(settings, session or ChannelSession(self), budget)

    def _budget(self, settings):
        """What this account may still ask, shared with all channels and workers of the same account."""
        client_class = self._client_class()
        return SharedBudget(
            self.env.registry, client_class.budget_key(settings), client_class.requests_per_minute
        )

    def _client_class(self):
        self.ensure_one()
        return client_class(self.marketplace)

    def action_check(self):
        """«Check the connection»: try the keys and say in words what works."""
        self.ensure_one()
        self.check_access("write")
        channel = self.sudo()
        session = FreshSession()
        with channel._client(session) as client:
            findings = channel._examine(client)
        report = "\n".join(describe_finding(self.env, finding, self.marketplace) for finding in findings)
        trouble = next((finding.code for finding in findings if finding.level == "error"), False)
        refused = trouble and issubclass(REASONS.get(trouble, MarketplaceError), REFUSALS)
        channel.write(
            {
                "check_report": report,
                "state": "refused" if refused else "failing" if trouble else "connected",
                "reason": trouble,
                "reason_detail": False,
            }
        )
        # The session has learnt things, such as the form of the token that works.
        self.env["marketplace.channel.secret"]._store(channel, SESSION_KEY, json.dumps(session.load()))
        channel._notify()
        if not trouble:
            channel._wake_jobs()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if trouble else "success",
                "title": self.name,
                "message": report,
                "sticky": bool(trouble),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_switch_webhook(self):
        """Ask the marketplace to deliver to us, or to stop."""
        self.ensure_one()
        self.check_access("write")
        channel = self.sudo()
        with channel._client() as client:
            try:
                (client.unsubscribe if channel.webhook_active else client.subscribe)(channel.webhook_url)
            except MarketplaceError as error:
                raise UserError(describe_reason(self.env, error.reason, channel.marketplace)) from error
        channel.webhook_active = not channel.webhook_active

    def _keep_webhook(self, channel, job):
        """Job: a marketplace forgets an address that did not answer for long; ask again where it did."""
        if not channel.webhook_active:
            return None
        with channel._client() as client:
            url = channel.webhook_url
            self.env.cr.commit()
            client.subscribe(url)
        return DONE

    def action_open_conversations(self):
        self.ensure_one()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketplace_chats.action_conversation_list"
        ) | {"domain": [("channel_id", "=", self.id)]}

    # ------------------------------------------------------------ state

    def _reflect_jobs(self):
        """State of the channel = the worst of what its jobs met last. Only those without which there is no chatting
        count: what an account may not do with calls or listings keeps nobody from answering, and a file that cannot
        be fetched is shown where it is missing."""
        self.ensure_one()
        troubles = self.job_ids.filtered(lambda job: job.reason and job.kind in CHAT_JOBS)
        refused = troubles.filtered(
            lambda job: issubclass(REASONS.get(job.reason, MarketplaceError), REFUSALS)
        )
        worst = (refused or troubles)[:1]
        values = {
            "state": "refused" if refused else "failing" if troubles else "connected",
            "reason": worst.reason,
            "reason_detail": worst.detail,
        }
        if any(self[name] != value for name, value in values.items()):
            self.write(values)
            # Of two jobs that meet here one has to wait for the next run, before it calls the administrators too.
            self.flush_recordset(values)
            self._call_administrators()
            self._notify()

    def _notify(self):
        """Tell the screens about the channel itself."""
        for channel in self:
            channel._store_for_screens().add(channel).bus_send()

    def _store_for_screens(self):
        """A store whose content goes to everybody who may use this channel."""
        self.ensure_one()
        return Store(bus_channel=self, bus_subchannel=self._bus_subchannel())

    def _to_store_defaults(self, target):
        return [
            "name",
            "active",
            "marketplace",
            "state",
            "state_message",
            "last_success_at",
            Store.Attr("is_behind", lambda channel: channel._is_behind()),
            Store.Attr("marketplace_label", lambda channel: channel._client_class().label),
            Store.Attr("can_send_text", lambda channel: channel.state != "refused" and channel.active),
            Store.Attr("can_send_images", lambda channel: channel._can_send_images()),
            Store.Attr("block_reasons", lambda channel: list(channel._client_class().block_reasons)),
            Store.Attr("text_limit", lambda channel: channel._client_class().text_limit),
            Store.Attr("image_limit", lambda channel: channel._client_class().image_limit),
            Store.Attr("image_types", lambda channel: list(channel._client_class().image_types)),
        ]

    def _can_send_images(self):
        self.ensure_one()
        return self._client_class().takes_images(self._client_settings())
