"""A marketplace that lives in memory: it keeps chats, gives ids, pages, repeats, refuses and drops the line.

The addon's jobs run against it as they run against a real one, through the registry of clients; what a test
believes is what stands here in the end. An account is found by the channel's service address.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from odoo.addons.crm_marketplace_chats.marketplaces.base import MarketplaceClient
from odoo.addons.crm_marketplace_chats.marketplaces.errors import RejectedError, TemporaryError
from odoo.addons.crm_marketplace_chats.marketplaces.payload import (
    Batch,
    Download,
    Finding,
    History,
    Page,
    RemoteConversation,
    RemoteListing,
    RemoteMessage,
    Sent,
)

#: Small pages, so that a handful of chats shows what hundreds do elsewhere.
CHATS_PAGE, MESSAGES_PAGE = 3, 4


@dataclass
class Chat:
    """
    :param teaser: what the list of chats shows as the last message, though it is none
    """

    external_id: str
    buyer_name: str = ""
    listing: RemoteListing | None = None
    messages: list[RemoteMessage] = field(default_factory=list)
    buyer_read_at: datetime | None = None
    read_to: str = ""
    teaser: RemoteMessage | None = None

    @property
    def updated_at(self):
        return self.messages[-1].sent_at

    def summary(self):
        return RemoteConversation(
            self.external_id,
            buyer_name=self.buyer_name,
            listing=self.listing,
            updated_at=self.updated_at,
            last_message=self.teaser or self.messages[-1],
            buyer_read_at=self.buyer_read_at,
        )


@dataclass
class Fault:
    """What goes wrong in the next requests of a kind.

    :param after: the work is done all the same, and only the answer gets lost
    :param chat: only in requests about this chat
    """

    error: Exception
    times: int = 1
    after: bool = False
    chat: str = ""


class Account:
    """One account at the bazaar, as it stands there."""

    accounts: dict[str, "Account"] = {}

    def __init__(self, address):
        self.address = address
        self.chats: dict[str, Chat] = {}
        self.requests = Counter()
        self.keys: dict[str, RemoteMessage] = {}
        self.faults: dict[str, Fault] = {}
        self.hooks = {}
        self.files: dict[str, Download] = {}
        self.adverts: list[RemoteListing] = []
        self.blocked: dict[str, str] = {}
        self.last_id = 0
        self.accounts[address] = self

    # ------------------------------------------------------------ what people do there

    def put(self, chat_id, direction, text="", at=None, kind="text", **values):
        """Somebody writes; the message as it stands."""
        chat = self.chats.setdefault(chat_id, Chat(chat_id, buyer_name=f"Buyer {chat_id}"))
        self.last_id += 1
        message = RemoteMessage(
            f"m{self.last_id}",
            chat_id,
            direction,
            kind,
            at or datetime.now(timezone.utc).replace(microsecond=0),
            body=text,
            **values,
        )
        chat.messages.append(message)
        return message

    def say(self, chat_id, text, at=None, **values):
        return self.put(chat_id, "in", text, at, **values)

    def reply(self, chat_id, text, at=None, **values):
        return self.put(chat_id, "out", text, at, **values)

    def ours(self, chat_id):
        """What the buyer has been told, oldest first."""
        return [message.body for message in self.chats[chat_id].messages if message.direction == "out"]

    # ------------------------------------------------------------ what goes wrong

    def fault(self, request, error, **values):
        self.faults[request] = Fault(error, **values)

    def hook(self, request, call):
        """Have ``call`` run in the middle of the next request of a kind, when the work is done."""
        self.hooks[request] = call

    def serve(self, request, work, chat=""):
        """One request: count it, do the work, go wrong where told to."""
        self.requests[request] += 1
        fault = self.faults.get(request)
        failing = fault and fault.times and fault.chat in ("", chat)
        if failing:
            fault.times -= 1
            if not fault.after:
                raise fault.error
        answer = work()
        if hook := self.hooks.pop(request, None):
            hook()
        if failing:
            raise fault.error
        return answer


class BazaarClient(MarketplaceClient):
    code = "bazaar"
    label = "Bazaar"
    default_base_url = "https://bazaar.example"
    requests_per_minute = 1_000_000
    delete_within = timedelta(hours=1)
    block_reasons = ("spam", "other")
    counted_by = ("base_url",)
    image_limit = 1024
    image_types = ("image/png", "image/jpeg")

    def __init__(self, settings, session, budget=None):
        super().__init__(settings, session, budget)
        self.account = Account.accounts[settings["base_url"]]
        self.closed = False

    def close(self):
        self.closed = True

    def check(self):
        return [Finding("ok", "chats_visible", {"count": len(self.account.chats)})]

    # ------------------------------------------------------------ in

    def conversations(self, walk):
        """Newest first; the walk ends with a page that is older than the newest of the last walk."""

        def work():
            chats = sorted(self.account.chats.values(), key=lambda chat: chat.updated_at, reverse=True)
            offset, cursor = walk.get("offset", 0), walk.get("cursor", "")
            page = chats[offset : offset + CHATS_PAGE]
            newest = walk.get("newest") or max((chat.updated_at.isoformat() for chat in page), default=cursor)
            done = offset + CHATS_PAGE >= len(chats) or page[-1].updated_at.isoformat() < cursor
            state = {"cursor": newest} if done else {**walk, "offset": offset + CHATS_PAGE, "newest": newest}
            return Page(tuple(chat.summary() for chat in page), state, done)

        return self.account.serve("conversations", work)

    def conversation(self, external_id):
        return self.account.serve("conversation", lambda: self._chat(external_id).summary(), external_id)

    def _chat(self, external_id):
        if external_id not in self.account.chats:
            raise RejectedError("not_found", status=404)
        return self.account.chats[external_id]

    def history(self, conversation_id, known, last_id=""):
        found = ()
        while True:
            found += self._page("history", conversation_id, len(found))
            if len(found) == len(self._chat(conversation_id).messages) or known([found[-1].external_id]):
                return History(found)

    def _page(self, request, conversation_id, start=0):
        """One page of a chat, newest first."""

        def work():
            return tuple(self._chat(conversation_id).messages[::-1][start : start + MESSAGES_PAGE])

        return self.account.serve(request, work, conversation_id)

    def newest(self, conversation_id):
        return self._page("newest", conversation_id)

    def listings(self):
        yield self.account.serve("listings", lambda: tuple(self.account.adverts))

    def read_delivery(self, body):
        """A delivery is ``{"chat", "id", "text", "direction", "at"}``; times in Unix seconds."""
        if body.get("broken"):
            raise ValueError("not what the bazaar sends")
        message = RemoteMessage(
            body["id"],
            body["chat"],
            body.get("direction", "in"),
            "text",
            datetime.fromtimestamp(body["at"], timezone.utc),
            body=body["text"],
        )
        return Batch((RemoteConversation(body["chat"], partial=True),), (message,))

    # ------------------------------------------------------------ out

    def send_text(self, conversation_id, text, key):
        if len(text) > self.text_limit:
            raise RejectedError("text_too_long")
        return self._send(conversation_id, key, text, "text")

    def send_image(self, conversation_id, content, mimetype, key, public_url=""):
        if mimetype not in self.image_types or not content:
            raise RejectedError("image_refused")
        return self._send(conversation_id, key, "", "image")

    def _send(self, conversation_id, key, text, kind):
        def work():
            chat = self._chat(conversation_id)
            return self.account.put(chat.external_id, "out", text, kind=kind)

        message = self.account.serve("send", work, conversation_id)
        return Sent(message.external_id, message.sent_at)

    def mark_read(self, conversation_id, last_message_id=""):
        def work():
            self._chat(conversation_id).read_to = last_message_id

        self.account.serve("mark_read", work, conversation_id)

    def delete(self, conversation_id, message_id):
        def work():
            chat = self._chat(conversation_id)
            chat.messages[:] = [
                deleted(message) if message.external_id == message_id else message
                for message in chat.messages
            ]

        self.account.serve("delete", work, conversation_id)

    def block(self, buyer_id, listing_id, reason):
        self.account.serve("block", lambda: self.account.blocked.update({buyer_id: reason}))

    def subscribe(self, url):
        self.account.serve("subscribe", lambda: None)

    def unsubscribe(self, url):
        self.account.serve("unsubscribe", lambda: None)

    def download(self, media):
        def work():
            if media.url not in self.account.files:
                raise RejectedError("not_found", status=404)
            return self.account.files[media.url]

        return self.account.serve("download", work)


class KeyedBazaarClient(BazaarClient):
    """Knows our keys: the same key twice is one message, and the key comes back with it."""

    code = "keyed"
    label = "Keyed bazaar"
    send_is_idempotent = True

    def _send(self, conversation_id, key, text, kind):
        def work():
            if key not in self.account.keys:
                self.account.keys[key] = self.account.put(conversation_id, "out", text, kind=kind, key=key)
            return self.account.keys[key]

        message = self.account.serve("send", work, conversation_id)
        return Sent(message.external_id, message.sent_at)


class TidyingBazaarClient(BazaarClient):
    """Changes what it is told, as some do with blanks and line breaks, and has other words for it afterwards."""

    code = "tidying"
    label = "Tidying bazaar"

    def _send(self, conversation_id, key, text, kind):
        return super()._send(conversation_id, key, f"{text} …", kind)


def unreachable():
    return TemporaryError("unreachable")


def deleted(message):
    return replace(message, kind="deleted", body="")
