"""What a marketplace client promises, and the registry by which the addon finds it.

A client is plain Python over `transport.Transport`; it can be used and tested without Odoo. It keeps nothing
between calls but what the `SessionStore` holds (tokens, sessions). Every method raises a
`errors.MarketplaceError` and nothing else when the marketplace fails.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from .errors import EntitlementError, MarketplaceError, RejectedError
from .payload import (
    Batch,
    Download,
    Finding,
    History,
    Page,
    RemoteCall,
    RemoteConversation,
    RemoteListing,
    RemoteMedia,
    RemoteMessage,
    Sent,
)
from .reading import text
from .transport import shared_budget

if TYPE_CHECKING:
    from typing import Self


class Budget(Protocol):
    """How many requests one account may make. `transport.LocalBudget` is that of one process; whoever runs
    several hands every client one that they share.
    """

    def take(self, cost: int = 1, urgent: bool = False) -> None:
        """Return when so many requests may leave.

        :param urgent: somebody waits for it (a reply); it goes first, and a part of the budget is kept for such
        :raises RateLimitError: ``too_many_requests``, when that takes longer than one wants to wait;
            ``retry_after`` says how long
        """

    def note(
        self, limit_per_minute: int | None = None, remaining: int | None = None, pause: float | None = None
    ) -> None:
        """What an answer told.

        :param limit_per_minute: requests that the marketplace allows in a minute
        :param remaining: how many of them are left
        :param pause: seconds in which nothing may leave: the marketplace has refused with 429
        """


class SessionStore(Protocol):
    """Where a client keeps its tokens between processes. The addon keeps them beside the channel's keys."""

    def load(self) -> dict[str, Any]: ...

    def save(self, session: Mapping[str, Any]) -> None: ...

    def lock(self) -> AbstractContextManager[None]:
        """Held while a token is renewed, so that one process renews and the others find the new one by
        `load`.
        """


class MarketplaceClient(ABC):
    """One account of the dealer at one marketplace.

    :param settings: keys of this channel by their plain names, e.g. ``{"client_id": …, "client_secret": …}``;
        ``base_url`` replaces the real service's address
    :param session: store of tokens
    :param budget: of all requests in the name of this account; by default one of this process
    """

    #: Code by which channels name the marketplace, and the name people use.
    code: ClassVar[str]
    label: ClassVar[str]
    #: Address of the real service.
    default_base_url: ClassVar[str]
    #: Longest text one message may have.
    text_limit: ClassVar[int] = 1000
    #: Largest picture in bytes, and the types taken.
    image_limit: ClassVar[int] = 0
    image_types: ClassVar[tuple[str, ...]] = ()
    #: True when sending twice with the same key gives one message, so that an unknown outcome may simply be
    #: repeated.
    send_is_idempotent: ClassVar[bool] = False
    #: Requests that a budget should allow, and the settings by which the marketplace tells whose requests they are.
    requests_per_minute: ClassVar[int] = 60
    counted_by: ClassVar[tuple[str, ...]] = ()
    #: How long after its sending a message can be deleted at the client's too; None where that is not possible.
    delete_within: ClassVar[timedelta | None] = None
    #: Why a buyer can be shut out, see `block`: of spam, fraud, abuse, other. Empty: there is no such thing.
    block_reasons: ClassVar[tuple[str, ...]] = ()
    #: Whether ``RemoteConversation.buyer_id`` is the same in all chats of that buyer with this account.
    buyer_id_lasts: ClassVar[bool] = False
    #: True when `subscribe` asks the marketplace for deliveries; where a person does it there, False.
    can_subscribe: ClassVar[bool] = False
    #: Hosts (and all below them) that media may be fetched from.
    media_hosts: ClassVar[tuple[str, ...]] = ()

    def __init__(self, settings: Mapping[str, Any], session: SessionStore, budget: Budget | None = None):
        self.settings = settings
        self.session = session
        self.budget = budget or shared_budget(self.budget_key(settings), self.requests_per_minute)

    @classmethod
    def budget_key(cls, settings: Mapping[str, Any]) -> str:
        """A name, without any secret, that is the same for all channels whose requests are counted together."""
        values = (text(settings.get(name)).strip().rstrip("/") for name in ("base_url", *cls.counted_by))
        return f"{cls.code} {hashlib.sha256(chr(10).join(values).encode()).hexdigest()[:16]}"

    @abstractmethod
    def close(self) -> None:
        """Give back the connections. A client is also a context manager that does it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    # ------------------------------------------------------------ connection

    @abstractmethod
    def check(self) -> list[Finding]:
        """Try what the channel needs, step by step, and say what works; never raises for what it is there to
        find.
        """

    # ------------------------------------------------------------ in

    @property
    def clock_difference(self) -> timedelta | None:
        """How far the marketplace's clock is ahead of ours, as far as an answer has told."""
        return None

    @classmethod
    def pulls(cls, settings: Mapping[str, Any]) -> bool:
        """Whether a channel with these settings asks the marketplace for messages."""
        return True

    @classmethod
    def takes_images(cls, settings: Mapping[str, Any]) -> bool:
        """Whether a channel with these settings can send pictures."""
        return bool(cls.image_types)

    @property
    def can_pull(self) -> bool:
        """False where this channel only receives deliveries (Auto.ru's webhook way)."""
        return self.pulls(self.settings)

    @abstractmethod
    def conversations(self, walk: Mapping[str, Any]) -> Page:
        """One page of the conversations that changed, one request (a probe may come before it).

        :param walk: state of the last page; empty on first connect, which walks through everything there is
        """

    @abstractmethod
    def conversation(self, external_id: str) -> RemoteConversation:
        """One conversation with all the marketplace tells of it. One request."""

    @abstractmethod
    def history(
        self, conversation_id: str, known: Callable[[Collection[str]], Collection[str]], last_id: str = ""
    ) -> History:
        """Messages of a conversation, newest first, in whole pages, until the oldest of a page is known.

        Not until the first known one: a delivery may have brought the newest message while older ones got
        lost. What is known already comes along where its page was read anyway, with fresh read marks.

        :param known: tells which of the given message ids are stored already
        :param last_id: id of the newest message as the list of conversations gave it, to notice an answer
            that does not reach it
        """

    @abstractmethod
    def newest(self, conversation_id: str) -> tuple[RemoteMessage, ...]:
        """The newest page of a conversation, newest first. One request; used to find out what became of a
        sending.
        """

    @abstractmethod
    def listings(self) -> Iterator[tuple[RemoteListing, ...]]:
        """All advertisements of the account, page by page."""

    #: The list of advertisements leaves ``feed_id`` out, and `feed_id` tells it one by one.
    tells_feed_id_singly: ClassVar[bool] = False

    def feed_id(self, listing_id: str) -> str:
        """The dealer's own number of an advertised car, empty where he gave none. One request."""
        raise RejectedError("not_supported")

    @abstractmethod
    def read_delivery(self, body: Mapping[str, Any]) -> Batch:
        """Understand one webhook delivery. No request. Unknown kinds become messages of kind ``unknown``.

        :raises ValueError: when the body cannot be what the marketplace sends
        """

    # ------------------------------------------------------------ calls

    @property
    def can_read_calls(self) -> bool:
        """False where this channel's keys open no list of calls."""
        return False

    def calls(self, since: datetime) -> Iterator[tuple[RemoteCall, ...]]:
        """Telephone calls from ``since`` until now, page by page, the oldest page first where the marketplace
        lets us choose, each page oldest first; no call comes twice.

        A call is listed some time after it was made, so whoever asks repeatedly has to ask for an overlap.

        :param since: aware
        :raises RejectedError: ``not_supported`` where `can_read_calls` is False
        """
        raise RejectedError("not_supported")

    def recording(self, call_external_id: str) -> Download:
        """The recording of one call.

        :raises TemporaryError: ``not_ready``: it will be there later
        :raises RejectedError: ``not_found``: there is none (any more); ``not_supported``
        """
        raise RejectedError("not_supported")

    # ------------------------------------------------------------ out

    @abstractmethod
    def send_text(self, conversation_id: str, text: str, key: str) -> Sent:
        """Send one text.

        :param key: made once per message and kept; given to the marketplace where it knows such keys
        :raises OutcomeUnknownError: the request left and no answer came
        """

    @abstractmethod
    def send_image(
        self, conversation_id: str, content: bytes, mimetype: str, key: str, public_url: str = ""
    ) -> Sent:
        """Send one picture. ``public_url`` is where the marketplace can fetch it, for those that do not take
        bytes.
        """

    def delete(self, conversation_id: str, message_id: str) -> None:
        """Take back a message of ours. Repeatable.

        :raises RejectedError: ``too_late``, or ``not_supported`` where the marketplace has no such thing
        """
        raise RejectedError("not_supported")

    def block(self, buyer_id: str, listing_id: str, reason: str) -> None:
        """Shut a buyer out: he can no longer write to this account. Repeatable; there is no way back.

        :param buyer_id: ``RemoteConversation.buyer_id``
        :param listing_id: what he wrote about, empty where that is not known
        :param reason: one of `block_reasons`
        :raises RejectedError: ``not_supported`` where the marketplace has no such thing
        """
        raise RejectedError("not_supported")

    @abstractmethod
    def mark_read(self, conversation_id: str, last_message_id: str = "") -> None:
        """Mark the whole conversation read at the marketplace. Repeatable."""

    # ------------------------------------------------------------ webhooks

    def subscribe(self, url: str) -> None:
        """Ask the marketplace to deliver to ``url``; asking twice is one subscription."""
        raise NotImplementedError

    def unsubscribe(self, url: str) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------ media

    @abstractmethod
    def download(self, media: RemoteMedia) -> Download:
        """Fetch a picture or a voice message, from the marketplace's own hosts only."""


def run_steps(steps: Iterable[tuple[str, Callable[[], list[Finding]]]]) -> list[Finding]:
    """The findings of a connection test's named steps, the failure of one being a finding too.

    After a failure that concerns this step's rights alone the others are still tried; after any other they
    would only say the same. What fails in the same way as before is not told again.
    """
    findings: list[Finding] = []
    for name, step in steps:
        try:
            findings += step()
        except MarketplaceError as error:
            if error.reason not in {finding.code for finding in findings}:
                values = {"step": name, "detail": error.detail, "status": error.status}
                findings.append(Finding("error", error.reason, values))
            if not isinstance(error, EntitlementError) or error.reason == "not_a_dealer":
                break
    return findings


_registry: dict[str, type[MarketplaceClient]] = {}


def register(client: type[MarketplaceClient]) -> type[MarketplaceClient]:
    """Class decorator: make a client known under its code. Another addon brings its marketplace so too."""
    _registry[client.code] = client
    return client


def client_class(code: str) -> type[MarketplaceClient]:
    """The client of a marketplace; KeyError for a code nobody registered."""
    return _registry[code]


def known_marketplaces() -> list[tuple[str, str]]:
    """Pairs of code and name, in the order of registration."""
    return [(code, client.label) for code, client in _registry.items()]
