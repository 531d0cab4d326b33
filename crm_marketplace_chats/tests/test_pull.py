"""Asking the marketplace: everything once, then what changed, whatever gets in between."""

import base64
from contextlib import suppress
from datetime import timedelta

from PIL import Image

from odoo import fields
from odoo.tests import freeze_time, mute_logger, tagged
from odoo.tools.image import image_to_base64

from odoo.addons.crm_marketplace_chats.marketplaces.errors import (
    CredentialsError,
    EntitlementError,
    RejectedError,
    TemporaryError,
)
from odoo.addons.crm_marketplace_chats.marketplaces.payload import (
    Download,
    RemoteListing,
    RemoteMedia,
    RemoteVehicle,
)

from .bazaar import MESSAGES_PAGE, deleted, unreachable
from .common import START, ChatsCase, batch, incoming, moment

JOB = "odoo.addons.crm_marketplace_chats.models.marketplace_job"
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)


def drawn(size):
    """A picture that can be read."""
    content = base64.b64decode(image_to_base64(Image.new("RGB", (size, size)), "JPEG"))
    return Download(content, "image/jpeg", "photo.jpg")


class Killed(BaseException):
    """The process is gone; nothing of ours gets to see it."""


class PullCase(ChatsCase):
    def setUp(self):
        super().setUp()
        self.enterContext(freeze_time(START + timedelta(hours=5)))
        self.shop, self.account = self.bazaar(users=self.anna)

    def fill(self, chats=7, messages=6):
        """Chats of different ages; the list of them takes more than one page, and so does each."""
        for chat in range(chats):
            for number in range(messages):
                put = self.account.reply if number % 3 == 2 else self.account.say
                put(f"c{chat}", f"{chat}/{number}", moment(10 * chat + number))

    def pull(self, **values):
        self.shop.job_ids._wake()
        self.run_job("pull", **values)

    def assertStored(self):
        """Every chat stands here as it stands there: nothing lost, nothing twice."""
        for external_id, chat in self.account.chats.items():
            there = [(message.external_id, message.direction, message.body) for message in chat.messages]
            here = self.chat(self.shop, external_id).message_ids.sorted(lambda m: (m.sent_at, m.id))
            self.assertEqual([(m.external_id, m.direction, m.body) for m in here], there)
            last = chat.messages[-1]
            self.assertEqual(self.chat(self.shop, external_id).last_message_preview, last.body)


@tagged("post_install", "-at_install")
class TestPull(PullCase):
    def test_first_connect(self):
        self.fill()
        self.pull()
        self.assertEqual(len(self.account.chats), 7)
        self.assertStored()
        self.assertEqual(self.shop.state, "connected")
        self.assertEqual(self.shop.last_success_at, fields.Datetime.now())

    def test_nothing_new_is_one_request(self):
        self.fill()
        self.pull()
        self.account.requests.clear()
        self.pull()
        self.assertEqual(self.account.requests["history"], 0)
        self.assertLessEqual(self.account.requests.total(), 2)

    def test_only_what_changed_is_asked_for(self):
        self.fill()
        self.pull()
        self.account.requests.clear()
        self.account.say("c2", "One more", moment(100))
        self.account.reply("c5", "Typed in the app", moment(101))
        self.pull()
        self.assertEqual(self.account.requests["history"], 2)
        self.assertStored()
        self.assertTrue(self.chat(self.shop, "c2").is_unprocessed)
        self.assertFalse(self.chat(self.shop, "c5").is_unprocessed, "an answer in the app is an answer")

    def test_long_chat_is_read_to_what_is_known(self):
        """Not all of it each time that the buyer writes."""
        for number in range(8 * MESSAGES_PAGE):
            self.account.say("c1", str(number), moment(number))
        self.pull()
        self.assertStored()
        self.account.requests.clear()
        self.account.say("c1", "One more", moment(200))
        self.pull()
        self.assertEqual(self.account.requests["history"], 1)
        self.assertStored()

    def test_empty_account(self):
        self.pull()
        self.assertEqual(self.shop.state, "connected")
        self.assertFalse(self.env["marketplace.conversation"].search([("channel_id", "=", self.shop.id)]))

    def test_interval(self):
        self.env["ir.config_parameter"].set_param("crm_marketplace_chats.pull_interval", 5)
        self.pull()
        asked = self.account.requests.total()
        with freeze_time(fields.Datetime.now() + timedelta(minutes=4)):
            self.run_job("pull")
            self.assertEqual(self.account.requests.total(), asked)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=5)):
            self.run_job("pull")
            self.assertGreater(self.account.requests.total(), asked)

    def test_lost_delivery(self):
        """Two messages, and only the delivery of the second one came: the next pull brings the first."""
        self.fill(chats=2)
        self.pull()
        self.account.say("c1", "lost", moment(100))
        second = self.account.say("c1", "delivered", moment(101))
        self.shop._apply_batch(batch(second))
        self.assertTrue(self.chat(self.shop, "c1").is_unprocessed)
        self.pull()
        self.assertStored()

    def test_lost_below_a_page_of_delivered_ones(self):
        self.fill(chats=2)
        self.pull()
        self.account.say("c1", "lost", moment(100))
        for number in range(MESSAGES_PAGE):
            self.shop._apply_batch(batch(self.account.say("c1", f"delivered {number}", moment(101 + number))))
        self.pull()
        self.assertStored()

    def test_last_entry_that_is_in_no_history(self):
        """Some lists show an advertisement as the last word of a chat: that is no reason to read it each minute."""
        self.fill(chats=2)
        self.account.chats["c1"].teaser = incoming("advert", 300, "c1", noise=True)
        self.pull()
        self.account.requests.clear()
        self.pull()
        self.assertEqual(self.account.requests["history"], 0)

    def test_last_message_that_was_deleted(self):
        """The list shows it as deleted; nothing else is new, so the chat itself is not asked for."""
        message = self.account.say("c1", "Wrong chat", moment(1))
        self.pull()
        self.account.chats["c1"].messages[:] = [deleted(message)]
        asked = self.account.requests["history"]
        self.pull()
        self.assertEqual(self.message(self.shop, message.external_id).kind, "deleted")
        self.assertFalse(self.chat(self.shop).is_unprocessed)
        self.assertEqual(self.account.requests["history"], asked)

    def test_delivery_before_the_first_pull(self):
        self.fill(chats=2)
        self.shop._apply_batch(batch(self.account.say("c1", "new", moment(100))))
        self.pull()
        self.assertStored()

    def test_archived_channel_rests(self):
        self.fill()
        self.shop.active = False
        self.pull()
        self.assertEqual(self.account.requests.total(), 0)

    def test_log_tells_no_texts(self):
        self.account.say("c1", "my phone is +79991234567", moment(1))
        with self.assertLogs("odoo.addons.crm_marketplace_chats", "DEBUG") as log:
            self.pull()
        self.assertNotIn("7999", "".join(log.output))


@tagged("post_install", "-at_install")
class TestKilled(PullCase):
    def kill(self, request, chat=""):
        """Pull, and die in a request. What was committed stays: so no savepoint may lie around it."""
        self.account.fault(request, Killed(), chat=chat)
        with self.enter_registry_test_mode(), suppress(Killed):
            self.job(self.shop, "pull")._work_apart()
        self.assertFalse(self.account.faults[request].times)

    def test_killed_anywhere(self):
        """In every request of a first pull, one pull after the other: in the end everything is there once."""
        self.fill(chats=5)
        self.kill("conversations")
        for chat in reversed(range(5)):  # newest first, as they are read
            self.kill("history", f"c{chat}")
        self.pull()
        self.assertStored()

    def test_what_was_stored_is_not_asked_for_again(self):
        """Killed on the second page of the list: the chats of the first are there, and are not read again."""
        self.fill(chats=5)
        self.kill("history", "c0")  # the oldest: on the last page
        here = self.env["marketplace.conversation"].search([("channel_id", "=", self.shop.id)])
        self.assertGreaterEqual(len(here), 3)
        asked = self.account.requests["history"]
        self.pull()
        self.assertLess(self.account.requests["history"] - asked, asked)
        self.assertStored()

    def test_written_meanwhile(self):
        """The list moves while it is read: what jumps to the front comes with this pull or the next."""
        self.fill(chats=7)
        self.account.hook("conversations", lambda: self.account.say("c0", "jumped", moment(500)))
        self.pull()
        self.pull()
        self.assertStored()


@tagged("post_install", "-at_install")
class TestSick(PullCase):
    @mute_logger(JOB)
    def test_one_sick_channel(self):
        well, account = self.bazaar(name="two")
        account.say("c1", "Hello")
        for error in (unreachable(), CredentialsError("wrong_keys"), ZeroDivisionError()):
            with self.subTest(error=error):
                self.account.fault("conversations", error)
                self.pull(defects=True)
                self.assertNotEqual(self.shop.state, "connected")
                self.assertEqual(well.state, "connected")
        self.assertTrue(self.chat(well, "c1").is_unprocessed)

    @mute_logger(JOB)
    def test_words_for_every_trouble(self):
        for error, state in (
            (CredentialsError("wrong_keys", "secret detail"), "refused"),
            (EntitlementError("payment_required"), "refused"),
            (EntitlementError("forbidden"), "refused"),
            (unreachable(), "failing"),
            (TemporaryError("server_error"), "failing"),
        ):
            with self.subTest(error=error):
                self.account.fault("conversations", error)
                self.pull()
                self.assertEqual(self.shop.state, state)
                self.assertIn("Bazaar", self.shop.state_message)
                self.assertNotIn(error.reason, self.shop.state_message)
        self.pull()
        self.assertEqual((self.shop.state, self.shop.state_message), ("connected", False))

    @mute_logger(JOB)
    def test_pauses_grow_and_end_with_new_keys(self):
        self.account.fault("conversations", CredentialsError("wrong_keys"), times=99)
        self.pull()
        asked = self.account.requests.total()
        with freeze_time(fields.Datetime.now() + timedelta(minutes=10)):
            self.run_job("pull")
        self.assertEqual(
            self.account.requests.total(), asked, "keys that are refused are not tried each minute"
        )
        self.account.faults.clear()
        self.shop.base_url = self.account.address
        self.run_job("pull")
        self.assertEqual(self.shop.state, "connected")

    def test_one_chat_cannot_be_read(self):
        """The others come, its last message too where the list tells it, and the pull goes on."""
        for error in (RejectedError("not_found"), TemporaryError("bad_answer")):
            with self.subTest(error=error):
                shop, account = self.bazaar(name=error.reason)
                for chat in range(7):
                    account.say(f"c{chat}", f"text {chat}", moment(chat))
                account.fault("history", error, times=99, chat="c5")
                self.run_job("pull")
                shown = self.env["marketplace.conversation"].search(
                    [("channel_id", "=", shop.id), ("is_unprocessed", "=", True)]
                )
                self.assertEqual(sorted(shown.mapped("external_id")), [f"c{chat}" for chat in range(7)])
                self.assertEqual(shop.state, "connected")
                account.faults.clear()
                account.say("c5", "again", moment(50))
                shop.job_ids._wake()
                self.run_job("pull")
                self.assertEqual(
                    self.chat(shop, "c5").message_ids.sorted("id").mapped("body"), ["text 5", "again"]
                )

    def test_put_aside_is_read_by_the_next_pull(self):
        self.fill(chats=3)
        self.account.fault("history", TemporaryError("server_error"), chat="c1")
        self.pull()
        self.pull()
        self.assertStored()

    @mute_logger(JOB)
    def test_ill_marketplace_does_not_lose_chats(self):
        """It fails for a while in every chat: the walk waits, and then everything comes."""
        self.fill(chats=7)
        self.account.fault("history", TemporaryError("server_error"), times=9)
        for _ in range(12):
            self.pull()
        self.assertStored()

    def test_what_no_column_holds(self):
        self.account.say("c1", "before\0after \ud83d", moment(1))
        self.account.say("c2", "fine", moment(2))
        self.pull()
        self.assertEqual(self.chat(self.shop, "c2").last_message_preview, "fine")
        self.assertIn("after", self.chat(self.shop, "c1").last_message_preview)


@tagged("post_install", "-at_install")
class TestListings(PullCase):
    def refresh(self):
        self.shop.job_ids._wake()
        self.run_job("listings")

    def test_prices_and_states_follow(self):
        self.account.adverts = [RemoteListing("l1", title="Car", price=100, state="active")]
        self.refresh()
        listing = self.env["marketplace.listing"].search([("channel_id", "=", self.shop.id)])
        self.assertRecordValues(listing, [{"title": "Car", "price": 100, "state": "active"}])
        self.account.adverts = [RemoteListing("l1", title="Car", price=90, state="inactive")]
        self.refresh()
        self.assertRecordValues(listing, [{"title": "Car", "price": 90, "state": "inactive"}])

    def test_vehicle_in_one_click(self):
        vehicle = RemoteVehicle(
            make="Haval", model="Jolion", year=2025, mileage=45, vin="xw8an2ne3jh035743", gearbox="robot",
            equipment=("Heated seats", "Camera"), customs_cleared=True, engine_volume=1.5, power=150,
        )  # fmt: skip
        self.account.adverts = [
            RemoteListing(
                "l1", title="Haval Jolion 1.5 AMT, 2025", price=2_450_000, feed_id="S-1", vehicle=vehicle
            )
        ]
        self.refresh()
        conversation = self.written(self.shop, "c1", listing=RemoteListing("l1", partial=True))
        answer = conversation.with_user(self.anna).chats_make_vehicle()
        car = conversation.vehicle_id
        self.assertRecordValues(
            car,
            [
                {
                    "is_vehicle": True,
                    "vehicle_make": "Haval",
                    "vehicle_year": 2025,
                    "vehicle_vin": "XW8AN2NE3JH035743",
                    "vehicle_external_id": "S-1",
                    "vehicle_gearbox": "robot",
                    "vehicle_customs": "cleared",
                    "vehicle_equipment": "Heated seats\nCamera",
                    "list_price": 2_450_000,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(answer["panel"]["vehicle"]["id"], car.id)
        self.assertFalse(answer["panel"]["listing"])
        conversation.with_user(self.anna).chats_make_vehicle()
        self.assertEqual(conversation.vehicle_id, car, "a second click makes no second car")


@tagged("post_install", "-at_install")
class TestMedia(PullCase):
    def picture(self, external_id, url):
        return incoming(external_id, kind="image", text="", media=(RemoteMedia("image", url),))

    def fetch(self):
        self.shop.job_ids._wake()
        self.run_job("media")

    def test_fetched_once(self):
        self.account.files["https://x/1"] = Download(JPEG, "image/jpeg", "photo.jpg")
        conversation = self.written(self.shop, "c1", self.picture("m1", "https://x/1"))
        self.fetch()
        message = conversation.message_ids
        self.assertEqual(message.media_state, "done")
        self.assertRecordValues(
            message.attachment_ids, [{"name": "photo.jpg", "mimetype": "image/jpeg", "raw": JPEG}]
        )
        self.fetch()
        self.assertEqual(self.account.requests["download"], 1)

    def test_gone(self):
        conversation = self.written(self.shop, "c1", self.picture("m1", "https://x/1"))
        self.fetch()
        self.assertRecordValues(conversation.message_ids, [{"media_state": "failed", "reason": "not_found"}])
        self.assertEqual(self.shop.state, "connected", "it is shown where it is missing")

    @mute_logger(JOB)
    def test_tried_again_and_given_up(self):
        conversation = self.written(self.shop, "c1", self.picture("m1", "https://x/1"))
        self.account.fault("download", unreachable(), times=99)
        message = conversation.message_ids
        for tried in range(1, 8):
            self.assertEqual(message.media_state, "pending")
            self.fetch()
            self.fetch()
            self.assertEqual(self.account.requests["download"], tried, "each time after a pause of its own")
            message.next_attempt_at = False
        self.assertEqual(message.media_state, "failed")
        self.fetch()
        self.assertEqual(self.account.requests["download"], 7)

    @mute_logger(JOB)
    def test_picture_of_a_listing_does_not_hold_up_messages(self):
        """A picture server that is down for good: messages' pictures still come, each time at once."""
        self.written(
            self.shop,
            "c1",
            incoming("m0"),
            listing=RemoteListing("l1", title="Car", image_urls=("https://x/dead",)),
        )
        self.account.fault("download", unreachable(), times=1)
        self.run_job("media")
        self.account.faults.clear()
        self.account.files["https://x/1"] = Download(JPEG, "image/jpeg", "photo.jpg")
        conversation = self.written(self.shop, "c1", self.picture("m1", "https://x/1"))
        self.run_job("media")
        self.assertIn("done", conversation.message_ids.mapped("media_state"))

    def test_picture_of_a_listing_that_cannot_be_read(self):
        self.account.files["https://x/1"] = Download(JPEG, "image/jpeg", "photo.jpg")
        pictured = RemoteListing("l1", title="Car", image_urls=("https://x/1",))
        self.written(self.shop, "c1", incoming("m0"), listing=pictured)
        self.fetch()
        listing = self.env["marketplace.listing"].search([("channel_id", "=", self.shop.id)])
        self.assertEqual((listing.image_state, listing.image), ("failed", False))

    @mute_logger(JOB)
    def test_picture_of_a_listing_follows_its_address(self):
        def advert(name):
            return RemoteListing("l1", title="Car", image_urls=(f"https://x/{name}",))

        self.account.files["https://x/old"] = drawn(4)
        self.account.files["https://x/new"] = drawn(8)
        self.written(self.shop, "c1", incoming("m0"), listing=advert("old"))
        listing = self.env["marketplace.listing"].search([("channel_id", "=", self.shop.id)])
        self.fetch()
        old = listing.image
        self.account.adverts = [advert("gone")]
        for _ in range(2):
            self.shop.job_ids._wake()
            self.run_job("listings")
            self.fetch()
            self.assertEqual((listing.image, listing.image_state), (old, "failed"))
            self.assertTrue(self.chat(self.shop)._thumb_url(), "the old one is shown meanwhile")
        self.account.adverts = [advert("new")]
        self.shop.job_ids._wake()
        self.run_job("listings")
        self.fetch()
        self.assertNotEqual(listing.image, old)
        asked = self.account.requests["download"]
        self.shop.job_ids._wake()
        self.run_job("listings")
        self.fetch()
        self.assertEqual(
            self.account.requests["download"], asked, "what has not changed is not fetched again"
        )
