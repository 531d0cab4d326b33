"""How Avito writes chats, messages, listings and calls, in the profiles `live` and `spec`."""

from urllib.parse import urlsplit

from .media import Media
from .settings import Settings
from .times import seconds_utc
from .world import Call, Chat, Listing, Message

STATUS_IDS = {"active": 4, "removed": 20}
CHAT_SIZES = ("1280x960", "640x480", "140x105", "32x32")
_AVATAR_SIZES = ("24x24", "64x64", "128x128", "256x256")
# The message types of the list in the official document; others exist only live.
SPEC_TYPES = {"text", "image", "link", "item", "location", "call", "deleted", "voice", "system"}
_EMPTY_TYPES = {"deleted", "file", "video", "appCall"}
_SERVICE_AUTHOR = 0


def price_string(price: int) -> str:
    """Thousands parted by no-break spaces, then an ordinary one and the rouble sign."""
    return f"{price:,}".replace(",", "\u00a0") + " ₽"


class AvitoWire:
    """Renders for one account; `live` adds what the official document lacks."""

    def __init__(self, settings: Settings, media: Media, account):
        self.settings, self.media, self.account = settings, media, account
        self.live = settings.profile == "live"

    def visible(self, chat: Chat) -> list[Message]:
        """What the API shows of a chat, oldest first."""
        if self.live:
            return chat.messages
        return [message for message in chat.messages if message.kind in SPEC_TYPES]

    # --- messages ---

    def content(self, message: Message) -> dict:
        """The `content` object: only the key of the message's type."""
        kind, data = message.kind, message.data
        if kind in _EMPTY_TYPES:
            return {}
        if kind == "image":
            return {"image": {"sizes": self.media.picture_sizes(data["picture"], CHAT_SIZES)}}
        if kind == "voice":
            return {"voice": {"voice_id": data["voice_id"]}}
        if kind == "call":
            return {"call": {"status": "missed", "target_user_id": self.account.user_id}}
        if kind == "location":
            return {
                "location": {key: data[key] for key in ("lat", "lon", "kind", "title")}
                | {"text": message.text}
            }
        if kind == "item":
            return {"item": self._card(data["listing"])}
        if kind == "link":
            return {"link": self._link(message)}
        if kind == "system":
            return {"text": message.text, "flow_id": data.get("flow_id", "flower_161071")}
        if kind == "text":
            return {"text": message.text}
        return {kind: {"payload": message.text or ""}}

    def _card(self, listing: Listing) -> dict:
        return {
            "title": listing.title,
            "item_url": listing.url,
            "price_string": price_string(listing.price),
            "image_url": self.media.picture_url(listing.photos[0], "140x105"),
        }

    def _link(self, message: Message) -> dict:
        data = message.data
        preview = None
        if data.get("title"):
            preview = {
                "title": data["title"],
                "description": data.get("description", ""),
                "domain": urlsplit(data["url"]).hostname or data["url"],
                "url": data["url"],
                "images": None,
            }
        return {"text": message.text or data["url"], "url": data["url"], "preview": preview}

    def author_id(self, chat: Chat, message: Message) -> int:
        return {"buyer": chat.buyer_id, "dealer": chat.our_id, "service": _SERVICE_AUTHOR}[message.author]

    def message(self, chat: Chat, message: Message) -> dict:
        """One message of the v3 list."""
        row = {
            "id": message.id,
            "author_id": self.author_id(chat, message),
            "created": int(message.created),
            "content": self.content(message),
            "type": message.kind,
            "direction": message.direction,
        }
        seen = message.direction == "out" or message.read_at is not None
        row[self.settings.avito_read_key if self.live else "is_read"] = seen
        # `read` tells when the other side read it: known for our own messages.
        row["read"] = int(message.read_at) if message.direction == "out" and message.read_at else None
        if message.quote:
            row["quote"] = {
                "id": message.quote.id,
                "author_id": self.author_id(chat, message.quote),
                "created": int(message.quote.created),
                "type": message.quote.kind,
                "content": self.content(message.quote),
            }
        return row

    def sent(self, chat: Chat, message: Message) -> dict:
        """The answer to a send."""
        row = {
            "id": message.id,
            "created": int(message.created),
            "direction": "out",
            "type": message.kind,
            "content": self.content(message),
        }
        if self.live or message.kind == "image":
            row["author_id"] = chat.our_id
        return row

    def delivery(self, chat: Chat, message: Message) -> dict:
        """`payload.value` of a webhook."""
        return {
            "id": message.id,
            "chat_id": chat.id,
            "user_id": self.account.user_id,
            "author_id": self.author_id(chat, message),
            "created": int(message.created),
            "type": message.kind,
            "chat_type": chat.kind,
            "content": self.content(message),
            "item_id": chat.listing.id if chat.listing and chat.kind == "u2i" else None,
            "published_at": seconds_utc(message.created),
        }

    # --- chats ---

    def chat(self, chat: Chat) -> dict:
        row = {
            "id": chat.id,
            "created": int(chat.created),
            "updated": int(chat.updated),
            "users": [self._buyer(chat), self._us(chat)],
        }
        if chat.listing:
            row["context"] = {"type": "item", "value": self._context(chat.listing)}
        shown = self.visible(chat)
        if shown:
            row["last_message"] = self._last_message(chat, shown[-1])
        return row

    def _last_message(self, chat: Chat, message: Message) -> dict:
        row = {
            key: value
            for key, value in self.message(chat, message).items()
            if key in ("id", "author_id", "created", "content", "type", "direction")
        }
        if self.live:
            row["delivered"] = int(message.created)
            if message.direction == "out" and message.read_at:
                row["read"] = int(message.read_at)
        return row

    def _context(self, listing: Listing) -> dict:
        value = {
            "id": listing.id,
            "title": listing.title,
            "price_string": price_string(listing.price),
            "user_id": self.account.user_id if listing.own else 281_114_006,
            "url": listing.url,
            "status_id": STATUS_IDS[listing.status],
            "images": {
                "main": {"140x105": self.media.picture_url(listing.photos[0], "140x105")},
                "count": len(listing.photos),
            },
        }
        if self.live:
            value["location"] = {"title": "Воронеж", "lat": 51.7102, "lon": 39.1785}
        return value

    def _buyer(self, chat: Chat) -> dict:
        key = f"avatar-{chat.buyer_id}"
        profile = {
            "user_id": chat.buyer_id,
            "url": f"https://avito.ru/user/{chat.buyer_id:032x}/profile",
            "avatar": {
                "default": self.media.picture_url(key, "256x256"),
                "images": self.media.picture_sizes(key, _AVATAR_SIZES),
            },
        }
        if chat.listing:
            profile["item_id"] = chat.listing.id
        row = {"id": chat.buyer_id, "name": chat.name or "Пользователь", "public_user_profile": profile}
        return row | {"parsing_allowed": False} if self.live else row

    def _us(self, chat: Chat) -> dict:
        row = {"id": chat.our_id, "name": self.account.name, "public_user_profile": {}}
        return row | {"parsing_allowed": True} if self.live else row

    # --- listings and calls ---

    @staticmethod
    def resource(listing: Listing) -> dict:
        """One entry of the listings' list."""
        return {
            "id": listing.id,
            "title": listing.title,
            "status": listing.status,
            "price": listing.price,
            "url": listing.url,
            "address": "Воронеж, Московский проспект, 97",
            "category": {"id": 9, "name": "Автомобили"},
        }

    @staticmethod
    def call(call: Call) -> dict:
        return {
            "callId": call.id,
            "callTime": seconds_utc(call.created),
            "buyerPhone": call.buyer_phone,
            "sellerPhone": call.dealer_phone,
            "virtualPhone": call.proxy_phone,
            "talkDuration": call.talk_seconds,
            "waitingDuration": call.wait_seconds,
            "itemId": call.listing.id if call.listing else None,
        }
