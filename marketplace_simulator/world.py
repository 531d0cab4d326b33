"""What one account of a marketplace holds: listings, chats, messages, calls. Knows no wire format."""

import bisect
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .ids import AutoruIds, AvitoIds, hook_uuid
from .settings import BadInput

IDS = {"avito": AvitoIds, "autoru": AutoruIds}


@dataclass(slots=True)
class Listing:
    """One advertisement. `id` is Avito's integer or Auto.ru's `digits-hex`; `price` in roubles."""

    id: int | str
    title: str
    price: int
    url: str
    photos: list[str]
    car: "object | None" = None
    own: bool = True
    status: str = "active"
    created: float = 0.0


@dataclass(slots=True)
class Message:
    """One entry of a chat. `direction` is the dealer's view: `in` from the other side, `out` ours.

    `read_at`: for `in` when the dealer marked it read, for `out` when the buyer read it.
    `data` holds what a kind needs beside `text` (picture, voice_id, lat, url, …), in words of this program.
    `author`: `buyer`, `dealer` or `service` (the marketplace itself).
    """

    id: str
    direction: str
    kind: str
    created: float
    text: str | None
    data: dict
    author: str
    via: str
    read_at: float | None = None
    quote: "Message | None" = None
    provided_id: str | None = None
    hook_id: str | None = None


@dataclass(slots=True)
class Chat:
    """One dialogue. `kind`: `u2i`, `u2u`, `a2u` at Avito, `offer` or `support` at Auto.ru."""

    id: str
    kind: str
    name: str
    listing: Listing | None
    created: float
    buyer_id: int | str
    our_id: int | str
    we_are_buyer: bool = False
    blocked: bool = False
    odd_author: bool = False
    dealer_read_at: float | None = None
    buyer_read_at: float | None = None
    unread: int = 0
    messages: list[Message] = field(default_factory=list)

    @property
    def updated(self) -> float:
        return self.messages[-1].created if self.messages else self.created

    def message(self, message_id: str) -> Message | None:
        """Search from the newest: what is asked for is nearly always recent."""
        return next((message for message in reversed(self.messages) if message.id == message_id), None)


@dataclass(slots=True)
class Call:
    """One call through a substitute number; `talk_seconds` 0 = missed. `quirks`: what the wire leaves out."""

    id: int
    created: float
    buyer_phone: str
    dealer_phone: str
    proxy_phone: str
    talk_seconds: int
    wait_seconds: float
    listing: Listing | None
    quirks: frozenset[str] = frozenset()


class World:
    """The state of one account. Chats are kept in the order of their last message, newest last."""

    def __init__(self, marketplace: str, account_id: int, seed: int):
        self.marketplace = marketplace
        self.account_id = account_id
        self.rng = random.Random(f"{marketplace}/{account_id}/{seed}")
        self.ids = IDS[marketplace](self.rng)
        self.listings: dict[int | str, Listing] = {}
        self.chats: OrderedDict[str, Chat] = OrderedDict()
        self.calls: list[Call] = []
        self.voices: set[str] = set()
        self.pictures: dict[str, bytes] = {}
        self.provided: dict[tuple[str, str], Message] = {}
        self.on_message: Callable[[Chat, Message], None] = lambda chat, message: None
        self.skew: Callable[[], float] = lambda: 0.0

    def __getstate__(self) -> dict:
        """All but the ties to the running program, which made it and makes them anew."""
        return {key: value for key, value in self.__dict__.items() if key not in ("on_message", "skew")}

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def forget_seed(self) -> None:
        """From here on ids are unpredictable: after a reset nothing new may repeat an earlier id."""
        self.rng.seed()

    # --- chats ---

    def new_chat(
        self,
        *,
        kind: str | None = None,
        listing: Listing | None = None,
        name: str | None = None,
        created: float | None = None,
        we_are_buyer: bool = False,
    ) -> Chat:
        """Open an empty chat; without `kind` one about `listing`, or between users when there is none."""
        if kind is None:
            with_listing, without = {"avito": ("u2i", "u2u"), "autoru": ("offer", "offer")}[self.marketplace]
            kind = with_listing if listing else without
        chat = Chat(
            id=self.ids.chat(kind, self.account_id),
            kind=kind,
            name=name or "",
            listing=listing,
            created=self.now() if created is None else created,
            buyer_id=self.ids.buyer(),
            our_id=self.ids.ours(self.account_id),
            we_are_buyer=we_are_buyer,
        )
        self.chats[chat.id] = chat
        return chat

    def chat(self, chat_id: str) -> Chat:
        """:raises BadInput: no such chat."""
        if chat_id not in self.chats:
            raise BadInput(f"There is no chat {chat_id!r}.")
        return self.chats[chat_id]

    def newest_first(self) -> Iterable[Chat]:
        return reversed(self.chats.values())

    def sort_chats(self) -> None:
        """Restore the order by last message after chats were filled out of turn."""
        self.chats = OrderedDict(sorted(self.chats.items(), key=lambda pair: pair[1].updated))

    # --- messages ---

    def add(
        self,
        chat: Chat,
        direction: str,
        kind: str,
        text: str | None,
        data: dict | None = None,
        *,
        author: str | None = None,
        via: str = "app",
        created: float | None = None,
        quote: Message | None = None,
        provided_id: str | None = None,
        notify: bool = True,
    ) -> Message:
        """Put a message into a chat at its place in time and tell the listeners (unless `notify` is off)."""
        created = self.now() + self.skew() if created is None else created
        position = len(chat.messages)
        if chat.messages and created < chat.messages[-1].created:
            position = bisect.bisect_right(chat.messages, created, key=lambda message: message.created)
        before = chat.messages[position - 1].id if position else None
        message = Message(
            id=self.ids.message(created, before),
            direction=direction,
            kind=kind,
            created=created,
            text=text,
            data=data or {},
            author=author or ("buyer" if direction == "in" else "dealer"),
            via=via,
            quote=quote,
            provided_id=provided_id,
        )
        chat.messages.insert(position, message)
        chat.created = min(chat.created, created)
        chat.unread += direction == "in"
        if provided_id:
            self.provided[chat.id, provided_id] = message
        if position == len(chat.messages) - 1:
            self.chats.move_to_end(chat.id)
        if notify:
            self.on_message(chat, message)
        return message

    def hook_id(self, message: Message) -> str:
        """The message's id in scheme A, another one than in the REST methods; stays the same once given."""
        if message.hook_id is None:
            message.hook_id = hook_uuid(self.rng)
        return message.hook_id

    def read_by_dealer(self, chat: Chat) -> None:
        chat.dealer_read_at = self.now()
        chat.unread = 0
        self._mark(chat, "in", chat.dealer_read_at)

    def read_by_buyer(self, chat: Chat) -> None:
        chat.buyer_read_at = self.now()
        self._mark(chat, "out", chat.buyer_read_at)

    @staticmethod
    def _mark(chat: Chat, direction: str, when: float) -> None:
        for message in reversed(chat.messages):
            if message.direction == direction:
                if message.read_at is not None:
                    return
                message.read_at = when

    # --- calls, voices, listings ---

    def add_call(
        self,
        *,
        listing: Listing | None,
        buyer_phone: str,
        talk_seconds: int,
        wait_seconds: float = 7.5,
        created: float | None = None,
        quirks: Iterable[str] = (),
    ) -> Call:
        call = Call(
            id=self.rng.randint(10**9, 10**10),
            created=self.now() if created is None else created,
            buyer_phone=buyer_phone,
            dealer_phone="74732000101",
            proxy_phone="79580000110",
            talk_seconds=talk_seconds,
            wait_seconds=wait_seconds,
            listing=listing,
            quirks=frozenset(quirks),
        )
        bisect.insort(self.calls, call, key=lambda entry: entry.created)
        return call

    def new_voice(self) -> str:
        voice_id = self.ids.media()
        self.voices.add(voice_id)
        return voice_id

    def find_listing(self, listing_id) -> Listing:
        """By id, written as a number or as text. :raises BadInput: no such listing."""
        for known, listing in self.listings.items():
            if str(known) == str(listing_id):
                return listing
        raise BadInput(f"There is no listing {listing_id!r}.")

    def own_listings(self) -> list[Listing]:
        return [listing for listing in self.listings.values() if listing.own]
