"""Fills a world: the stock's listings, the demo's conversations and calls. The same for the same seed."""

from . import demo_chats
from .demo_data import CARS, SALON, Car
from .kinds import make
from .world import Listing, World

__all__ = ["SALON", "bulk", "fill"]

_DAY = 86_400.0
# Latin words of the listings' addresses, where the model's own name would need changing.
_SLUG = str.maketrans({" ": "_", "-": "_"})
# Names of chats that are not about the stock.
_SOLD, _FOREIGN = "camry_sold", "foreign"


def _title(car: Car) -> str:
    return f"{car.name} {car.modification.split(' (')[0]}, {car.year}"


def _listing(marketplace: str, car: Car, listing_id, created: float) -> Listing:
    slug = f"{car.mark}_{car.model}".lower().translate(_SLUG)
    if marketplace == "avito":
        url = f"https://www.avito.ru/voronezh/avtomobili/{slug}_{car.year}_{listing_id}"
    else:
        section = "new" if car.is_new else "used"
        mark, model = car.mark.lower(), car.model.lower().translate(_SLUG)
        url = f"https://auto.ru/cars/{section}/sale/{mark}/{model}/{listing_id}/"
    return Listing(listing_id, _title(car), car.price, url, car.photos, car=car, created=created)


def _listings(world: World) -> dict[str, Listing]:
    """By the car's key, plus one that is sold and one of somebody else."""
    field, now, by_key = f"{world.marketplace}_id", world.now(), {}
    for number, car in enumerate(CARS):
        if listing_id := getattr(car, field):
            by_key[car.key] = _listing(world.marketplace, car, listing_id, now - (40 - 2 * number) * _DAY)
    if world.marketplace == "avito":
        by_key[_SOLD] = Listing(
            7463699871,
            "Toyota Camry 2.5 AT, 2019",
            2_690_000,
            "https://www.avito.ru/voronezh/avtomobili/toyota_camry_2019_7463699871",
            ["chat-sold"],
            status="removed",
            created=now - 90 * _DAY,
        )
        by_key[_FOREIGN] = Listing(
            7391004417,
            "Диски R17 5x114.3 комплект",
            24_000,
            "https://www.avito.ru/voronezh/zapchasti/diski_r17_7391004417",
            ["chat-discs"],
            own=False,
            created=now - 12 * _DAY,
        )
    else:
        by_key[_FOREIGN] = Listing(
            "1119876543-77fe01aa",
            "Volkswagen Tiguan II, 2018",
            2_190_000,
            "https://auto.ru/cars/used/sale/volkswagen/tiguan/1119876543-77fe01aa/",
            ["chat-foreign"],
            own=False,
            created=now - 20 * _DAY,
        )
    world.listings = {listing.id: listing for listing in by_key.values()}
    return by_key


def fill(world: World, *, demo: bool) -> None:
    """The stock's listings and, for the demo, conversations and calls with ages counted from now."""
    by_key = _listings(world)
    if not demo:
        return
    for talk in demo_chats.TALKS:
        if talk.marketplace == world.marketplace:
            _talk(world, talk, by_key)
    world.sort_chats()
    for marketplace, key, hours, seconds, quirks in demo_chats.CALLS:
        if marketplace == world.marketplace:
            world.add_call(
                listing=by_key.get(key),
                buyer_phone=f"79{world.rng.randint(10**8, 10**9 - 1)}",
                talk_seconds=seconds,
                created=world.now() - hours * 3600,
                quirks=quirks,
            )


def _talk(world: World, talk: demo_chats.Talk, by_key: dict[str, Listing]) -> None:
    end = world.now() - talk.age * 60
    listing = by_key[talk.car] if talk.car else None
    chat = world.new_chat(
        kind=talk.kind,
        listing=listing,
        name=talk.name,
        created=end - talk.lines[0][0] * 60,
        we_are_buyer=talk.we_are_buyer,
    )
    chat.odd_author = talk.odd_author
    for minutes, who, kind, text in talk.lines:
        how = {
            "created": end - minutes * 60,
            "notify": False,
            "via": {"d": "api", "a": "app"}.get(who, "app"),
        }
        if who in "da":
            how["direction"] = "out"
        if who == "s":
            how["author"] = "service"
        if talk.quote is not None and minutes == 0:
            how["quote"] = chat.messages[talk.quote]
        make(world, chat, kind, {"text": text} if text else {}, **how)
    _marks(chat, talk)


def _marks(chat, talk: demo_chats.Talk) -> None:
    """Who has read what, an hour or a line's time after it was written."""
    incoming = [message for message in chat.messages if message.direction == "in"]
    read = incoming[: len(incoming) - talk.unread]
    for message in read:
        message.read_at = message.created + 45
    chat.unread = talk.unread
    if read:
        chat.dealer_read_at = read[-1].read_at
    ours = [message for message in chat.messages if message.direction == "out"]
    if talk.seen and ours:
        for message in ours:
            message.read_at = message.created + 90
        chat.buyer_read_at = ours[-1].read_at


def bulk(
    world: World, chats: int, messages: int, *, days: float = 30.0, unread_share: float = 0.2
) -> list[str]:
    """`chats` new chats of `messages` texts each, spread over the last `days`; no webhook tells of them.

    Every second text is ours. :returns: the chats' ids.
    """
    own, rng, now, made = world.own_listings(), world.rng, world.now(), []
    for number in range(chats):
        end = now - rng.random() * days * _DAY
        step = min(600.0, days * _DAY / max(messages, 1))
        chat = world.new_chat(listing=own[number % len(own)], name=rng.choice(demo_chats.BUYERS), created=end)
        waiting = rng.random() < unread_share
        for place in range(messages):
            left = messages - 1 - place
            direction = "in" if left % 2 == (0 if waiting else 1) else "out"
            words = demo_chats.OPENINGS if direction == "in" else demo_chats.REMARKS
            message = world.add(
                chat,
                direction,
                "text",
                f"{words[place % len(words)]} №{number}-{place}",
                created=end - left * step,
                notify=False,
            )
            message.read_at = message.created + 30 if left or not waiting else None
        chat.unread = int(waiting and messages > 0)
        chat.dealer_read_at = chat.buyer_read_at = end - step
        made.append(chat.id)
    world.sort_chats()
    return made
