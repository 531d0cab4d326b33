"""The connection test of Auto.ru: what works, what does not, and which of the unclear ways works here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING

from .base import run_steps
from .errors import CredentialsError, EntitlementError, MarketplaceError
from .payload import Finding
from .reading import mapping, text

if TYPE_CHECKING:
    from .autoru import AutoruClient

#: Pages of offers looked at; enough to tell one's own rooms from others.
_OFFER_PAGES = 10


def check(client: AutoruClient) -> list[Finding]:
    """Findings of all steps that this channel's mode needs; see `base.MarketplaceClient.check`."""
    own_offers = cache(partial(_own_offers, client))
    steps: list[tuple[str, Callable[[], list[Finding]]]] = []
    if not client.can_pull:
        steps.append(("hook", partial(_hook, client)))
    if client.can_pull or client.api.has_keys:
        steps += [
            ("session", partial(_session, client)),
            ("dealer", partial(_dealer, client)),
            ("offers", partial(_offers, own_offers)),
        ]
    if client.can_pull:
        steps.append(("rooms", partial(_rooms, client, own_offers)))
    return run_steps(steps)


def _hook(client: AutoruClient) -> list[Finding]:
    """Nothing can be tried without writing to a buyer; only the settings are looked at."""
    if not client.settings.get("chat_id"):
        raise CredentialsError("keys_missing")
    return [Finding("ok", "hook_ready")]


def _session(client: AutoruClient) -> list[Finding]:
    api = client.api
    try:
        api.call("GET", "/dealer/account")
    except (CredentialsError, EntitlementError) as refused:
        if api.has_prefix or refused.status not in {401, 403}:
            raise
        api.remember(bare_token=True)
        try:
            api.call("GET", "/dealer/account")
        except MarketplaceError:
            api.remember(bare_token=False)
            raise refused from None
    bare = bool(api.recall("bare_token"))
    expires = api.expires_at
    findings = [
        Finding("ok", "token_ok", {"form": "bare" if bare else "vertis"}),
        Finding("ok", "session_ok", {"expires": expires.isoformat(timespec="seconds") if expires else ""}),
    ]
    if bare:
        findings.append(Finding("warning", "bare_token_works"))
    return findings


def _dealer(client: AutoruClient) -> list[Finding]:
    account = mapping(client.api.call("GET", "/dealer/account").data)
    dealer_id = client.api.dealer_id or text(account.get("account_id"))
    return [Finding("ok", "dealer", {"id": dealer_id, "status": text(account.get("dealer_status"))})]


def _own_offers(client: AutoruClient) -> set[str]:
    return {listing.external_id for page in islice(client.listings(), _OFFER_PAGES) for listing in page}


def _offers(own_offers: Callable[[], set[str]]) -> list[Finding]:
    count = len(own_offers())
    return [Finding("ok" if count else "warning", "offers_visible", {"count": count})]


def _rooms(client: AutoruClient, own_offers: Callable[[], set[str]]) -> list[Finding]:
    """Of a real account it is told that a session showed the stock but not the salon's chats.

    Where a dealer id is set, both ways are tried: with and without naming it in the chat requests.
    """
    offers = own_offers()

    def look() -> tuple[int, int]:
        rooms = client.rooms()
        return len(rooms), sum(1 for room in rooms if room.listing and room.listing.external_id in offers)

    count, own = look()
    if not own and client.settings.get("dealer_id"):
        client.api.remember(dealer_on_chat=not client.api.recall("dealer_on_chat"))
        other_count, other_own = look()
        if other_own:
            count, own = other_count, other_own
        else:
            client.api.remember(dealer_on_chat=False)
    findings = [Finding("ok", "rooms_visible", {"count": count, "own": own})]
    if offers and not own:
        findings.append(Finding("warning", "rooms_not_own", {"count": count, "offers": len(offers)}))
    return findings
