"""What strangers send: bodies gone wrong through the webhook and its job, files through the upload."""

import copy
import io
import json
import time
from collections import Counter
from contextlib import contextmanager
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from odoo.http import Request
from odoo.tests import HttpCase, mute_logger, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.reading import clean
from odoo.addons.crm_marketplace_chats.marketplaces.transport import Transport

from .bazaar import unreachable
from .common import ChatsCase, ChatsMixin

EVENT = "odoo.addons.crm_marketplace_chats.models.marketplace_event"
#: What a handler of texts may trip over, and what a browser would run.
ODD = (
    None, True, 0, -1, 1.5, 2**31, 2**63, 10**400, float("nan"), float("inf"), [], {}, [[]], [{}], {"id": {}},
    "", " ", "-5", "9" * 5000, "\0", "a\0b", "\ud83d", "\u202egnp.exe", "e\u0301" * 40, "x" * 5000, "'; --", "%(a)s",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "<script>alert(1)</script>", "javascript://%0aalert(1)",
    "javascript:alert(1)", "//[", "file:///etc/passwd", {"9" * 5000 + "x1": "u"}, {"lat": float("nan"), "lon": {}},
)  # fmt: skip
SCALARS = (
    st.sampled_from([odd for odd in ODD if not isinstance(odd, list | dict)]) | st.integers() | st.text()
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def avito_delivery(number, kind="text", **content):
    content = content or {"text": f"text of {number}"}
    value = {
        "id": f"m{number}", "chat_id": f"u2i-{number % 7}", "chat_type": "u2i", "user_id": 9423, "author_id": 35,
        "item_id": 7463700000 + number % 3, "created": 1754916284 + number, "type": kind, "content": content,
    }  # fmt: skip
    return {"id": f"d{number}", "version": "v3.0.0", "payload": {"type": "message", "value": value}}


def autoru_delivery(number, **message):
    sender = {
        "id": f"s{number % 7}", "name": "Oleg", "title": "Salon : LADA Vesta, 990 000 руб",
        "url": "https://auto.ru/cars/used/sale/lada/vesta/1120000001-ab12cd34/", "photo": "//i/1.jpg", "vin": "XTA1",
    }  # fmt: skip
    message = message or {"type": "text", "text": f"text of {number}"}
    return {"sender": sender, "recipient": {"id": "r"}, "message": {"id": f"m{number}", **message}}


#: Well-formed deliveries by marketplace, of a number that makes their ids.
GOOD = {"avito": avito_delivery, "autoru": autoru_delivery}
RICH = {
    "avito": [
        avito_delivery(900_001),
        avito_delivery(900_002, "image", image={"sizes": {"1280x960": "https://img.avito.st/l"}}),
        avito_delivery(900_003, "location", location={"lat": 55.7, "lon": 37.6, "title": "Moscow"}),
        avito_delivery(900_004, "item", item={"title": "Car", "item_url": "https://avito.ru/1"}),
        avito_delivery(900_005, "link", link={"url": "https://a.example", "preview": {"title": "a"}}),
    ],
    "autoru": [autoru_delivery(900_001), autoru_delivery(900_002, type="photo", file="//i/1.jpg")],
}


def places(body, path=()):
    """Paths of everything inside a body."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


@st.composite
def mutated(draw, bodies):
    """One of these bodies, gone wrong in one to three places."""
    body = copy.deepcopy(draw(st.sampled_from(bodies)))
    for _time in range(draw(st.integers(1, 3))):
        found = list(places(body))
        if not found:
            break
        *outer, key = draw(st.sampled_from(found))
        place = body
        for step in outer:
            place = place[step]
        how = draw(st.sampled_from(("odd", "odd", "any", "gone", "deep")))
        if how == "odd":
            place[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        elif how == "any":
            place[key] = draw(ANY_JSON)
        elif how == "gone":
            del place[key]
        else:
            for _level in range(draw(st.integers(1, 300))):
                place[key] = [place[key]]
    return body


def examples(number):
    return settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )


@contextmanager
def figures(what):
    """Count, and say at the end what was counted."""
    counted, started = Counter(), time.monotonic()
    yield counted
    told = ", ".join(f"{number} {name}" for name, number in sorted(counted.items()))
    print(f"\nhostile input, {what}: {told}; {time.monotonic() - started:.0f} s")  # pylint: disable=print-used


class HostileMixin(ChatsMixin):
    """Channels of the real marketplaces, which are out of reach."""

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(Transport, "send", side_effect=unreachable()))
        self.channels = {"avito": self.avito, "autoru": self.autoru}

    def events(self, channel):
        return self.env["marketplace.event"].search([("channel_id", "=", channel.id)])

    def apply_events(self, channel):
        channel.job_ids._wake()
        with mute_logger(EVENT, "odoo.addons.crm_marketplace_chats.marketplaces"):
            self.run_job("events")
        self.env.invalidate_all()

    def require_settled(self, channel, counted):
        """Each event is understood or kept as poison, and each message of what is understood stands once."""
        with channel._client() as client:
            for event in self.events(channel):
                counted["events " + event.state] += 1
                try:
                    batch = client.read_delivery(clean(json.loads(event.body)))
                except (ValueError, RecursionError):
                    self.assertEqual((event.state, event.reason), ("poison", "bad_answer"), event.body[:500])
                    continue
                self.assertEqual(event.state, "done", f"{event.reason}: {event.body[:500]}")
                for message in batch.messages:
                    self.assertEqual(len(self.message(channel, message.external_id)), 1)


@tagged("post_install", "-at_install")
class TestHostileEvents(HostileMixin, ChatsCase):
    def test_bad_ones_among_good_ones(self):
        """A run over many deliveries of which most are bad: each good one is there, once and as it was typed."""
        numbers = iter(range(100_000))
        with figures("deliveries applied") as counted:
            for marketplace in self.channels:
                self.mix(marketplace, numbers, counted)
        self.assertGreater(counted["events done"], 200)
        self.assertGreater(counted["events poison"], 50)

    def mix(self, marketplace, numbers, counted):
        channel = self.channels[marketplace]

        @examples(20)
        @given(st.lists(mutated(RICH[marketplace]) | ANY_JSON, min_size=10, max_size=25))
        def run(bad):
            good = [next(numbers) for _ in range(5)]
            bodies = [GOOD[marketplace](number) for number in good]
            for place, body in enumerate(bad):
                bodies.insert(place * 2 % len(bodies), body)
            for body in bodies:
                if isinstance(body, dict) and body:
                    self.env["marketplace.event"]._store(channel, json.dumps(body))
                    counted["bodies"] += 1
            self.apply_events(channel)
            for number in good:
                [message] = self.message(channel, f"m{number}")
                self.assertEqual(message.body, f"text of {number}")

        run()
        self.require_settled(channel, counted)

    def test_addresses_that_a_browser_would_run(self):
        """They reach no field that a view shows as a link."""
        for number, url in enumerate(
            ("javascript:alert(1)", "javascript://%0aalert(1)", "data:text/html,x", "file:/")
        ):
            body = autoru_delivery(number)
            body["sender"]["url"] = f"{url}/1120000001-ab12cd3{number}"
            self.env["marketplace.event"]._store(self.autoru, json.dumps(body))
            item = {"title": "Car", "item_url": url, "image_url": url}
            body = avito_delivery(number, "item", item=item)
            self.env["marketplace.event"]._store(self.avito, json.dumps(body))
        self.apply_events(self.autoru)
        self.apply_events(self.avito)
        listings = self.env["marketplace.listing"].search([("channel_id", "=", self.autoru.id)])
        self.assertEqual((len(listings), set(listings.mapped("url"))), (4, {False}))
        messages = self.env["marketplace.message"].search([("channel_id", "=", self.avito.id)])
        self.assertEqual({message.data["listing"]["url"] for message in messages}, {""})
        chats = messages.conversation_id
        self.assertTrue(all(chat.url.startswith("https://www.avito.ru/") for chat in chats))


@tagged("post_install", "-at_install")
class TestHostileRequests(HostileMixin, HttpCase):
    CONTENT_TYPES = (
        "application/json", "application/json; charset=utf-16", "text/html", "image/jpeg", "application/xml",
        "application/octet-stream", "", "nonsense",
    )  # fmt: skip

    def deliver(self, channel, raw, content_type="application/json", query=""):
        path = f"/crm_marketplace_chats/hook/{channel.id}/{channel.webhook_secret}{query}"
        headers = {"Content-Type": content_type}
        return self.url_open(path, data=raw, headers=headers, method="POST").status_code

    @mute_logger("odoo.http")
    def test_bodies(self):
        """An object is stored byte for byte, whatever is in it and whatever it calls itself; the rest is refused."""
        with figures("requests") as counted:
            for marketplace in self.channels:
                self.send(marketplace, counted)

    def send(self, marketplace, counted):
        channel = self.channels[marketplace]

        @examples(120)
        @given(mutated(RICH[marketplace]) | ANY_JSON, st.sampled_from(self.CONTENT_TYPES), st.booleans())
        def run(body, content_type, is_ascii):
            raw = json.dumps(body, ensure_ascii=is_ascii).encode("utf-8", "replace")
            status = self.deliver(channel, raw, content_type)
            counted[f"answered {status}"] += 1
            try:
                told = json.loads(raw)
            except (ValueError, RecursionError):
                told = None
            self.assertEqual(status, 200 if isinstance(told, dict) else 400, raw[:300])
            if isinstance(told, dict) and told:
                kept = self.events(channel).filtered(lambda event: event.body == raw.decode())
                self.assertEqual(len(kept), 1)

        run()
        self.apply_events(channel)
        self.require_settled(channel, counted)

    @mute_logger("odoo.http")
    def test_bytes(self):
        """Cut, doubled and garbled ones."""
        good = json.dumps(avito_delivery(1)).encode()
        with figures("requests of garbled bytes") as counted:

            @examples(80)
            @given(st.binary(max_size=200), st.integers(0, len(good)), st.sampled_from(self.CONTENT_TYPES))
            def run(noise, place, content_type):
                status = self.deliver(self.avito, good[:place] + noise + good[place:], content_type)
                counted[f"answered {status}"] += 1
                self.assertIn(status, (200, 400))

            run()
            self.apply_events(self.avito)
            self.require_settled(self.avito, counted)

    @mute_logger("odoo.http")
    def test_addresses(self):
        """Numbers no table has, and secrets and queries of any letters."""
        secret = self.avito.webhook_secret
        for path in (
            f"{10**30}/{secret}", f"{2**31}/{secret}", f"0/{secret}", f"{self.avito.id}/%00", f"{self.avito.id}/%ff%fe",
            f"{self.avito.id}/{secret}%0a", f"{self.avito.id}/{'x' * 5000}", f"{self.avito.id}/{secret}?chat_id=%00",
            f"{self.avito.id}/{secret}?chat_id=%ed%a0%80", f"{self.avito.id}/{secret}?chat_id={'9' * 5000}",
        ):  # fmt: skip
            url = f"/crm_marketplace_chats/hook/{path}"
            status = self.url_open(url, data="{}", method="POST").status_code
            self.assertEqual(status, 404, path[:80])
        self.assertFalse(self.events(self.avito))


def picture(kind, mode="RGB", **options):
    file = io.BytesIO()
    Image.new(mode, (24, 16), "red").save(file, kind, **options)
    return file.getvalue()


def exif():
    tags = Image.Exif()
    tags[0x0112] = 6
    return tags.tobytes()


@tagged("post_install", "-at_install")
class TestHostileUploads(ChatsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours = cls.written(cls.avito)

    def setUp(self):
        super().setUp()
        self.authenticate(self.ivan.login, self.ivan.login)
        self.token = Request.csrf_token(self)

    def upload(self, content, name="photo.jpg", number=None):
        return self.url_open(
            f"/crm_marketplace_chats/upload/{number or self.ours.id}",
            data={"csrf_token": self.token},
            files={"file": (name, content, "image/jpeg")},
        )

    def test_pictures_gone_wrong(self):
        """Bytes changed anywhere: taken or refused in words, and what is taken is served as the picture it is."""
        files = [picture(kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP")]
        files += [picture("WEBP", exif=exif()), picture("BMP", "1"), picture("JPEG", exif=exif())]
        with figures("uploads") as counted:

            @examples(160)
            @given(
                st.sampled_from(files),
                st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), min_size=1, max_size=4),
                st.booleans(),
            )
            def run(content, changes, cut):
                for where, noise in changes:
                    place = int(where * len(content))
                    rest = b"" if cut else content[place + len(noise) :]
                    content = content[:place] + noise + rest
                response = self.upload(content)
                self.assertEqual(response.status_code, 200)
                answer = response.json()
                counted["refused" if "error" in answer else "taken"] += 1
                if "error" not in answer:
                    self.assertIn(answer["mimetype"], ("image/jpeg", "image/png", "image/gif"))

            run()

    def test_broken_turn_of_a_picture(self):
        """The camera's notes, which say how to turn it, are a file format of their own."""
        for notes in (
            b"Exif\0\0",
            b"Exif\0\0XX*\0",
            b"Exif\0\0II*\0\xff\xff\xff\xff",
            b"II*\0\x08\0\0\0\xff\xff",
            b"\0",
        ):
            response = self.upload(picture("WEBP", exif=notes))
            self.assertEqual(response.status_code, 200, notes)

    def test_two_things_at_once(self):
        """A picture that is a page as well, under a page's name, is served as a picture."""
        page = b"<html><script>alert(1)</script></html>"
        for content, name in (
            (picture("GIF") + page, "page.html"),
            (picture("JPEG", comment=page), "page.svg"),
            (picture("PNG") + page, "page.html"),
        ):
            answer = self.upload(content, name).json()
            for url in (answer["url"], f"/web/content/{answer['id']}"):
                served = self.url_open(url)
                self.assertEqual(served.headers["Content-Type"].split(";")[0], answer["mimetype"])
                self.assertEqual(served.headers["X-Content-Type-Options"], "nosniff")
        for content in (page, b"GIF89a" + page, b"BM" + page, b"\xff\xd8\xff" + page, b"%PDF-1.4" + page):
            self.assertEqual(set(self.upload(content, "photo.jpg").json()), {"error"})

    def test_names(self):
        for name in (
            "../../etc/passwd",
            "\u202egnp.exe",
            "x" * 5000 + ".jpg",
            "a\0b.jpg",
            "<b>.jpg",
            "\"\\'.jpg",
            " ",
        ):
            answer = self.upload(picture("PNG"), name).json()
            self.assertLessEqual(len(answer["name"]), 100)
            self.assertNotIn("\0", answer["name"])
            self.assertEqual(self.url_open(answer["url"]).status_code, 200)

    def test_chat_numbers_that_no_table_has(self):
        for number in (2**31, 2**63, 10**30):
            self.assertEqual(set(self.upload(picture("PNG"), number=number).json()), {"error"})
