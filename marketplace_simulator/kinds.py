"""What a buyer can send, as the control API's `say` names it, with a believable example of each."""

from collections.abc import Callable

from .settings import BadInput
from .world import Chat, Message, World

_TEXTS = ("chat_id", "name", "type", "text", "quote", "picture", "kind")
_SECONDS = ("ago", "talk_seconds")
_FIELDS = {*_TEXTS, *_SECONDS, "item_id", "account"}


def _image(world: World, chat: Chat, wish: dict) -> dict:
    return {"picture": wish.get("picture") or f"chat-{world.ids.media()[-8:]}"}


def _listing_card(world: World, chat: Chat, wish: dict) -> dict:
    return {"listing": chat.listing or world.own_listings()[0]}


# Kind -> (text when none is given, what the message carries beside it).
EXAMPLES: dict[str, tuple[str | None, Callable[[World, Chat, dict], dict]]] = {
    "text": ("Здравствуйте, ещё в наличии?", lambda *_: {}),
    "image": (None, _image),
    "voice": (None, lambda world, *_: {"voice_id": world.new_voice(), "seconds": 4}),
    "location": (
        "Воронеж, улица Плехановская, 12",
        lambda *_: {"lat": 51.6641, "lon": 39.2003, "kind": "house", "title": "Плехановская, 12"},
    ),
    "link": (
        "https://auto.example.ru/otchet/4821",
        lambda world, chat, wish: {
            "url": wish.get("text") or "https://auto.example.ru/otchet/4821",
            "title": "Отчёт об автомобиле",
            "description": "История, ДТП, залоги",
        },
    ),
    "item": (None, _listing_card),
    "call": (None, lambda *_: {"status": "missed"}),
    "system": (
        "Покупатель интересуется объявлением. Ответьте ему, чтобы не потерять сделку.",
        lambda *_: {"flow_id": "flower_161071", "notice": "NOTIFICATION"},
    ),
    "deleted": (None, lambda *_: {}),
    "file": (None, lambda *_: {}),
    "video": (None, lambda *_: {}),
    "appCall": (None, lambda *_: {}),
    "unknown": ("🤷", lambda *_: {"version": 1}),
}
CHAT_KINDS = {"avito": ("u2i", "u2u", "a2u"), "autoru": ("offer", "support")}
# The name under which an unknown kind goes out.
UNKNOWN_KIND = "hologram"
_NO_MESSAGE = {"autoru": {"call"}}
_NOT_THERE = {"autoru": {"deleted"}}


def make(world: World, chat: Chat, kind: str, wish: dict, **how) -> Message:
    """Put a message of `kind` into a chat; `how` goes to `World.add`. :raises BadInput: no such kind here."""
    if kind not in EXAMPLES or kind in _NOT_THERE.get(world.marketplace, ()):
        raise BadInput(f"There is no type {kind!r}; there are: {', '.join(EXAMPLES)}.")
    example, data = EXAMPLES[kind]
    text = wish.get("text") or example
    if kind == "system":
        how["author"] = "service"
    if kind == "system" and world.marketplace == "autoru":
        text = f"<p>{text}</p>"
    stored = UNKNOWN_KIND if kind == "unknown" else kind
    return world.add(chat, how.pop("direction", "in"), stored, text, data(world, chat, wish), **how)


def say(world: World, wish: dict) -> dict:
    """A buyer writes. :returns: `chat_id`, `message_id`, for a call also `call_id`. :raises BadInput:"""
    _check(wish)
    kind = wish.get("type", "text")
    if kind not in EXAMPLES:
        raise BadInput(f"There is no type {kind!r}; there are: {', '.join(EXAMPLES)}.")
    created = world.now() - wish["ago"] if wish.get("ago") else None
    listing = None
    if wish.get("item_id") is not None:
        listing = world.find_listing(wish["item_id"])
    if kind in _NO_MESSAGE.get(world.marketplace, ()):
        return {"chat_id": None, "message_id": None} | _call(world, listing, wish, created)
    known = wish.get("chat_id") is not None
    chat = world.chat(wish["chat_id"]) if known else _new_chat(world, listing, wish, created)
    quote = None
    if wish.get("quote") and (quote := chat.message(wish["quote"])) is None:
        raise BadInput(f"There is no message {wish['quote']!r} to quote.")
    message = make(world, chat, kind, wish, created=created, quote=quote)
    result = {"chat_id": chat.id, "message_id": message.id}
    return result | _call(world, chat.listing, wish, created) if kind == "call" else result


def _new_chat(world: World, listing, wish: dict, created: float | None) -> Chat:
    if "item_id" not in wish and wish.get("kind") in (None, "u2i", "offer"):
        # Without a wish of one's own, a different car each time.
        own = [row for row in world.own_listings() if row.status == "active"]
        listing = own[len(world.chats) % len(own)]
    name = wish.get("name", "Покупатель")
    kind = wish.get("kind")
    if kind is not None and kind not in CHAT_KINDS[world.marketplace]:
        raise BadInput(f"'kind' of a new chat is one of: {', '.join(CHAT_KINDS[world.marketplace])}.")
    return world.new_chat(kind=kind, listing=listing, name=name, created=created)


def _call(world: World, listing, wish: dict, created: float | None) -> dict:
    call = world.add_call(
        listing=listing,
        buyer_phone=f"79{world.rng.randint(10**8, 10**9 - 1)}",
        talk_seconds=wish.get("talk_seconds", 0),
        created=created,
    )
    return {"call_id": call.id}


def _check(wish: dict) -> None:
    unknown = set(wish) - _FIELDS
    if unknown:
        raise BadInput(
            f"say does not know {', '.join(sorted(unknown))}; it takes {', '.join(sorted(_FIELDS))}."
        )
    for key in _TEXTS:
        if not isinstance(wish.get(key), str | None):
            raise BadInput(f"{key!r} is a text.")
    for key in _SECONDS:
        if type(wish.get(key, 0)) not in (int, float) or wish.get(key, 0) < 0:
            raise BadInput(f"{key!r} is a number of seconds from 0 up.")
