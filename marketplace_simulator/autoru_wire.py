"""How Auto.ru writes rooms, messages, offers, calls and scheme A's deliveries. Falsy fields are left out."""

from .demo_data import ADDRESS, COORDINATES, SALON
from .media import Media
from .times import millis_utc
from .world import Call, Chat, Listing, Message, World

MESSAGE_SIZES = ("320x320", "460x460", "1200x1200")
_OFFER_SIZES = ("320x240", "456x342", "1200x900n")
SUPPORT_TITLE = "Чат с поддержкой"
_ODD_PREFIX = 11  # characters in which an author outside `users` differs from the user he is


def lean(value):
    """A copy without false, zero and empty fields, the way protobuf's JSON leaves them out."""
    if isinstance(value, dict):
        parts = {key: lean(part) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part not in (None, False, 0, "", [], {})}
    return [lean(part) for part in value] if isinstance(value, list) else value


class AutoruWire:
    """Renders for one account."""

    def __init__(self, media: Media, account):
        self.media, self.account = media, account

    def _relative(self, url: str) -> str:
        return url.partition(":")[2]

    def _sizes(self, picture: str, sizes: tuple[str, ...]) -> dict[str, str]:
        return {size: self._relative(url) for size, url in self.media.picture_sizes(picture, sizes).items()}

    # --- rooms and messages ---

    def _author(self, chat: Chat, message: Message) -> str:
        if message.author == "dealer":
            return chat.our_id
        if chat.odd_author:
            return "x" * _ODD_PREFIX + chat.buyer_id[_ODD_PREFIX:]
        return chat.buyer_id

    def message(self, chat: Chat, message: Message) -> dict:
        row = {
            "id": message.id,
            "room_id": chat.id,
            "author": self._author(chat, message),
            "created": millis_utc(message.created),
            "payload": {"content_type": "TEXT_PLAIN"},
            "me": message.author == "dealer",
        }
        if message.kind == "system":
            row["payload"] = {"content_type": "TEXT_HTML", "value": message.text}
            row["properties"] = {"type": message.data.get("notice", "NOTIFICATION")}
        elif message.kind in ("text", "link"):
            row["payload"]["value"] = message.text
        elif message.kind == "image":
            row["attachments"] = [{"image": {"sizes": self._sizes(message.data["picture"], MESSAGE_SIZES)}}]
        else:
            attachment = {
                key: value for key, value in message.data.items() if isinstance(value, str | int | float)
            }
            row["attachments"] = [{message.kind: attachment | {"text": message.text or "?"}}]
        return lean(row)

    def room(self, chat: Chat, *, rich: bool = False) -> dict:
        """:param rich: as `by-id` gives it, with the offer, the other side's name and the car as titles."""
        buyer = {
            "id": chat.buyer_id,
            "blocked_room": chat.blocked,
            "average_reply_delay_minutes": 14,
            "room_last_read": chat.buyer_read_at and millis_utc(chat.buyer_read_at),
            "last_seen": millis_utc(chat.updated),
        }
        ours = {
            "id": chat.our_id,
            "room_last_read": chat.dealer_read_at and millis_utc(chat.dealer_read_at),
            "average_reply_delay_minutes": 6,
        }
        row = {
            "id": chat.id,
            "created": millis_utc(chat.created),
            "updated": millis_utc(chat.updated),
            "users": [buyer, ours],
            "me": chat.our_id,
            "subject": self._subject(chat, rich),
            "room_type": "ROOM_TYPE_OFFER" if chat.listing else "ROOM_TYPE_SUPPORT",
        }
        if chat.messages:
            row["last_message"] = self.message(chat, chat.messages[-1])
        return lean(row)

    def _subject(self, chat: Chat, rich: bool) -> dict:
        if chat.kind == "support":
            return {"title": SUPPORT_TITLE, "title_v2": SUPPORT_TITLE}
        if chat.listing is None:
            return {"title": "Чат", "title_v2": "Чат"}
        source = {"category": "cars", "id": chat.listing.id}
        if not rich:
            return {"offer": {"source": source}, "title": "Чат", "title_v2": "Чат"}
        return {
            "offer": {"source": source, "value": self.offer(chat.listing)},
            "title": chat.name or "Чат",
            "title_v2": chat.listing.title,
            "image": self._sizes(chat.listing.photos[0], _OFFER_SIZES),
        }

    # --- offers ---

    def offer(self, listing: Listing) -> dict:
        dealer = self.account.user_id if listing.own else 40417
        row = {
            "id": listing.id,
            "url": listing.url,
            "mobile_url": listing.url.replace("//auto", "//m.auto"),
            "category": "CARS",
            "section": "NEW" if listing.car and listing.car.is_new else "USED",
            "status": {"active": "ACTIVE", "removed": "INACTIVE"}[listing.status],
            "price_info": {
                "price": listing.price,
                "rur_price": listing.price,
                "rur_dprice": float(listing.price),
                "currency": "RUR",
            },
            "user_ref": f"dealer:{dealer}",
            "salon": {"name": SALON, "client_id": str(dealer)},
            "seller": {
                "name": SALON,
                "chats_enabled": True,
                "location": {
                    "address": ADDRESS,
                    "coord": {"latitude": COORDINATES[0], "longitude": COORDINATES[1]},
                },
            },
            "state": {
                "image_urls": [
                    {"name": key, "sizes": self._sizes(key, _OFFER_SIZES)} for key in listing.photos
                ]
            },
            "additional_info": {
                "is_owner": listing.own,
                "creation_date": str(int(listing.created * 1000)),
                "update_date": str(int((listing.created + 86400) * 1000)),
            },
            "created": millis_utc(listing.created),
        }
        if listing.car:
            self._add_car(row, listing.car)
        return lean(row)

    @staticmethod
    def _add_car(row: dict, car) -> None:
        row["documents"] = {
            "vin": car.vin,
            "license_plate": car.plate,
            "year": car.year,
            "owners_number": car.owners,
            "pts": car.pts,
        }
        row["car_info"] = {
            "mark": car.mark.upper(),
            "model": car.model.upper().replace(" ", "_"),
            "mark_info": {"name": car.mark},
            "model_info": {"name": car.model},
            "super_gen": {"name": car.generation},
            "tech_param": {"human_name": car.modification, "displacement": car.engine_cc, "power": car.power},
            "complectation": {"name": car.trim},
            "body_type": car.body,
            "engine_type": car.fuel,
            "transmission": car.gearbox,
            "drive": car.drive,
            "horse_power": car.power,
            "steering_wheel": "LEFT",
        }
        row["state"]["mileage"] = car.mileage
        row["color_hex"] = car.colour_rgb.lstrip("#").upper()
        row["description"] = car.description
        row["feedprocessor_unique_id"] = car.external_id

    # --- calls ---

    def call(self, call: Call) -> dict:
        """Quirks: `no_fraction` a time without milliseconds, `no_offer`, `no_durations`."""
        moment = millis_utc(call.created)
        row = {
            "call_id": call.id,
            "external_id": {"id": f"T{call.id}", "service": "TELEPONY"},
            "result": "SUCCESS" if call.talk_seconds else "NO_ANSWER",
            "source": {"raw": call.buyer_phone},
            "target": {"raw": call.dealer_phone},
            "proxy": {
                "object_id": f"dealer-{self.account.user_id}",
                "target_number": {"raw": call.dealer_phone},
                "proxy_number": {"raw": call.proxy_phone},
            },
            "timestamp": moment[:-5] + "Z" if "no_fraction" in call.quirks else moment,
            "targeting": {"is_target": True},
            "record_available": call.talk_seconds > 0,
            "is_unique": True,
            "category": "CARS",
            "section": "USED",
            "billing": {"state": "PAID", "cost": {"amount": "45000"}},
        }
        if "no_durations" not in call.quirks:
            row |= {
                "call_duration": {"seconds": call.talk_seconds + int(call.wait_seconds)},
                "talk_duration": {"seconds": call.talk_seconds},
                "wait_duration": {"seconds": call.wait_seconds},
            }
        if call.listing and "no_offer" not in call.quirks:
            row["offer"] = self.offer(call.listing)
            row["section"] = row["offer"]["section"]
        return lean(row)

    # --- scheme A ---

    def delivery(self, world: World, chat: Chat, message: Message, named: bool) -> dict:
        """The body of a webhook: the sender is the room, its message id is not the REST one."""
        sender = {
            "id": chat.id,
            "photo": "",
            "url": "",
            "title": "",
            "address": ADDRESS,
            "coord": f"{COORDINATES[0]:.2f}, {COORDINATES[1]:.2f}",
        }
        if named and chat.name:
            sender["name"] = chat.name
        if chat.listing:
            price = f"{chat.listing.price:,}".replace(",", " ")
            car = chat.listing.car
            sender |= {
                "photo": self.media.picture_url(chat.listing.photos[0], "320x240"),
                "url": chat.listing.url,
                "title": f"{SALON} : {car.name if car else chat.listing.title}  , {price} руб",
            }
            if car and int(world.hook_id(message)[-1], 16) < 10:
                sender["vin"] = car.vin
        body = {"type": "text", "id": world.hook_id(message), "text": message.text}
        if message.kind == "image":
            picture = message.data["picture"]
            body = {
                "type": "photo",
                "id": body["id"],
                "file": self.media.picture_url(picture, "1200x1200"),
                "thumb": self.media.picture_url(picture, "320x320"),
            }
        elif message.kind not in ("text", "link"):
            body["type"] = message.kind
        return {"sender": sender, "message": {key: value for key, value in body.items() if value is not None}}
