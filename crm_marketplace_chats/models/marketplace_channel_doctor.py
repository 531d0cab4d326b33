"""What «Check the connection» looks at beside the keys: calls, deliveries, clocks, and Odoo's own settings."""

import ipaddress
import socket
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from odoo import models
from odoo.tools import config, format_datetime

from ..marketplaces.errors import REASONS, EntitlementError, MarketplaceError
from ..marketplaces.payload import Finding

#: Clocks that differ by more than this bend the order of messages and the matching of echoes.
CLOCK_TOLERANCE = timedelta(seconds=30)
#: Deliveries that are this much older than the newest message have ceased to come.
DELIVERY_TOLERANCE = timedelta(minutes=10)
#: Findings by which the keys are good, and only some of what they open is closed.
RIGHTS = {reason for reason, kind in REASONS.items() if kind is EntitlementError}
#: With fewer, a long history holds up the sending of replies.
CRON_THREADS = 2


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _examine(self, client):
        """Everything that the channel needs, each tried in turn.

        :return: list of `payload.Finding`
        """
        findings = client.check()
        errors = {finding.code for finding in findings if finding.level == "error"}
        return [
            *findings,
            # Where the keys themselves are good, what they open is tried to the end.
            *(self._examine_calls(client) if errors <= RIGHTS else ()),
            *self._examine_clock(client),
            *self._examine_deliveries(client),
            *self._examine_odoo(),
        ]

    def _examine_calls(self, client):
        if not client.can_read_calls:
            return []
        try:
            calls = next(iter(client.calls(datetime.now(timezone.utc) - timedelta(days=1))), ())
        except MarketplaceError as error:
            return [Finding("warning", "calls_refused", {"detail": error.detail or error.reason})]
        return [Finding("ok", "calls_visible", {"count": len(calls)})]

    def _examine_clock(self, client):
        difference = client.clock_difference
        if difference is None:
            return []
        values = {"seconds": round(abs(difference.total_seconds()))}
        if abs(difference) > CLOCK_TOLERANCE:
            return [Finding("warning", "clock", values)]
        return [Finding("ok", "clock_fine", values)]

    def _examine_deliveries(self, client):
        """Whether the marketplace reaches us. From inside it can only be seen that it cannot, or that it has."""
        if client.can_pull and not client.can_subscribe:
            return []
        address = self.webhook_url or ""
        if not _is_public(address) and _is_public(self.base_url or self.default_base_url):
            level = "warning" if client.can_pull else "error"
            return [Finding(level, "address_not_public", {"address": urlsplit(address).netloc})]
        if client.can_subscribe and not self.webhook_active:
            return [Finding("warning", "deliveries_off")]
        values = {"address": urlsplit(address).netloc}
        if not self.last_delivery_at:
            return [Finding("warning", "deliveries_none", values)]
        values["when"] = format_datetime(self.env, self.last_delivery_at, dt_format="short")
        if self._has_missed_deliveries():
            return [Finding("warning", "deliveries_stopped", values)]
        return [Finding("ok", "deliveries_come", values)]

    def _has_missed_deliveries(self):
        """Whether messages came by asking alone for a while. One that was asked for before it was delivered is none."""
        last = self.env["marketplace.message"].search(
            [
                ("channel_id", "=", self.id),
                ("direction", "=", "in"),
                ("is_noise", "!=", True),
                ("kind", "!=", "call"),
            ],
            limit=1,
        )
        return bool(last) and last.sent_at > self.last_delivery_at + DELIVERY_TOLERANCE

    def _examine_odoo(self):
        findings = []
        if not self.user_ids:
            findings.append(Finding("warning", "no_employees"))
        threads = config["max_cron_threads"]
        if threads < CRON_THREADS:
            findings.append(Finding("warning", "few_cron_threads", {"count": threads}))
        return findings


def _is_public(address):
    """Whether an address is one that can be reached by https from the internet, as far as its name tells."""
    parts = urlsplit(address or "")
    if parts.scheme != "https" or not parts.hostname:
        return False
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(parts.hostname, parts.port or 443)}
    except OSError:
        return False
    return all(ipaddress.ip_address(ip).is_global for ip in found)
