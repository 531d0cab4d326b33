"""One way in: a batch applied in whatever way gives the same chats and the same numbers."""

import json
from dataclasses import replace
from datetime import timedelta, timezone
from random import Random
from unittest.mock import patch

from odoo import fields
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import (
    Batch,
    RemoteListing,
    RemoteMedia,
    RemoteVehicle,
)

from ..models.marketplace_channel_notify import LIVE_MESSAGES, MISSED
from .bazaar import deleted
from .common import ChatsCase, about, batch, incoming, moment, naive, outgoing

#: What a stranger can see of a conversation and its messages, without ids.
FACTS = (
    "buyer_name unread_count is_unprocessed waiting_since last_message_at last_message_preview last_message_kind"
    " last_message_direction last_message_state is_noise is_blocked is_partial url"
).split()
MESSAGE_FACTS = "external_id direction kind body sent_at state is_noise".split()


class ApplyCase(ChatsCase):
    def facts(self, channel):
        """Everything that a batch stores, in an order that does not depend on how it was stored."""
        conversations = self.env["marketplace.conversation"].search([("channel_id", "=", channel.id)])
        return {
            conversation.external_id: (
                {name: conversation[name] for name in FACTS},
                conversation.listing_id.external_id,
                sorted(
                    (
                        tuple(message[name] or "" for name in MESSAGE_FACTS)
                        for message in conversation.message_ids
                    ),
                    key=str,
                ),
            )
            for conversation in conversations
        }

    def assertCounters(self, conversation, unread, since=None, last=None):
        self.assertEqual(conversation.unread_count, unread)
        self.assertEqual(conversation.is_unprocessed, unread > 0)
        self.assertEqual(conversation.waiting_since or None, since)
        if last:
            self.assertEqual(conversation.last_message_preview, last)


@tagged("post_install", "-at_install")
class TestIdempotence(ApplyCase):
    def story(self, random):
        """Three conversations told by chance: messages of all kinds, some of them deleted or read later."""
        things = []
        for chat in ("c1", "c2", "c3"):
            listing = RemoteListing(f"l-{chat}", title=f"Car of {chat}", price=1_000_000, partial=True)
            things.append(
                about(chat, buyer_name=f"Buyer of {chat}", listing=listing, url=f"https://x/{chat}")
            )
            for number in range(random.randint(1, 12)):
                build = random.choice((incoming, incoming, outgoing))
                noise = build is incoming and random.random() < 0.2
                # Moments are unlike: what order messages of one second have is told by none but the marketplace.
                minutes = 60 * number + random.randint(0, 59)
                message = build(
                    f"{chat}-{number}", minutes, chat, noise=noise, kind="system" if noise else "text"
                )
                if build is outgoing and random.random() < 0.5:
                    message = replace(message, read_at=moment(minutes + 1))
                things.append(message)
        return things

    def test_any_parts_in_any_order(self):
        """Forty stories, each told at once, twice, one by one, and shuffled with repetitions."""
        for seed in range(40):
            with self.subTest(seed=seed):
                random = Random(seed)
                things = self.story(random)
                whole, twice, parts, shuffled = (self.channel(f"{seed}/{way}", "avito") for way in range(4))
                self.apply(whole, *things)
                expected = self.facts(whole)
                self.assertEqual(len(expected), 3)

                self.apply(twice, *things)
                self.assertFalse(self.apply(twice, *things), "applying again changes nothing")
                self.assertEqual(self.facts(twice), expected)

                for thing in things:
                    self.apply(parts, thing)
                self.assertEqual(self.facts(parts), expected)

                pool = things + random.sample(things, len(things) // 2)
                random.shuffle(pool)
                while pool:
                    size = random.randint(1, 5)
                    self.apply(shuffled, *pool[:size])
                    pool = pool[size:]
                self.assertEqual(self.facts(shuffled), expected)

    def test_changes_come_before_or_after(self):
        """A message and what became of it, in one batch and in two, in both orders."""
        asked = incoming("m1", 1)
        answered = outgoing("m2", 2)
        read = replace(answered, read_at=moment(3))
        for number, steps in enumerate(
            (
                [(deleted(asked), asked, answered, read)],
                [(asked, answered), (deleted(asked), read)],
                [(asked, answered, deleted(asked), read)],
                [(deleted(asked), read, asked, answered)],
                [(deleted(asked), read), (asked, answered)],
            )
        ):
            with self.subTest(order=number):
                channel = self.channel(f"order {number}", "avito")
                for things in steps:
                    self.apply(channel, about(), *things)
                self.assertEqual(self.message(channel, "m1").kind, "deleted")
                self.assertEqual(self.message(channel, "m1").body, asked.body, "we go on knowing what it was")
                self.assertEqual(self.message(channel, "m2").state, "read")
                self.assertCounters(self.chat(channel), 0)

    def test_full_and_partial_in_one_batch(self):
        """Two deliveries and a description applied together: the description counts, whatever its place."""
        full = about(buyer_name="Maria", url="https://x/c1")
        partial = about(partial=True)
        for number, pair in enumerate(((full, partial), (partial, full))):
            channel = self.channel(f"pair {number}", "avito")
            self.apply(channel, *pair, incoming("m1"))
            self.assertEqual(self.chat(channel).buyer_name, "Maria")
            self.assertFalse(self.chat(channel).is_partial)

    def test_messages_alone_make_their_conversation(self):
        self.apply(self.avito, incoming("m1"))
        conversation = self.chat(self.avito)
        self.assertTrue(conversation.is_partial)
        self.assertCounters(conversation, 1, naive(0), "text of m1")
        self.assertEqual(conversation.company_id, self.company)
        self.assertEqual(conversation.marketplace, "avito")

    def test_same_ids_in_two_channels(self):
        other = self.channel("Avito South", "avito", company=self.other_company)
        self.apply(self.avito, about(), incoming("m1", text="to the north"))
        self.apply(other, about(), incoming("m1", text="to the south"))
        self.assertEqual(self.texts(self.chat(self.avito)), [("in", "to the north")])
        self.assertEqual(self.texts(self.chat(other)), [("in", "to the south")])
        self.assertEqual(self.chat(other).company_id, self.other_company)

    def test_empty_batch(self):
        self.assertFalse(self.avito._apply_batch(Batch()))

    def test_queries_do_not_grow_with_the_batch(self):
        """1,000 messages in 100 conversations take as many statements as 10 in 2."""

        def count(channel, chats, messages):
            things = []
            for chat in range(chats):
                listing = RemoteListing(f"l{chat}", title=f"Car {chat}", price=1000 + chat, partial=True)
                things.append(about(f"c{chat}", buyer_name=f"Buyer {chat}", listing=listing))
                things += [
                    (incoming if number % 3 else outgoing)(f"c{chat}-{number}", number, f"c{chat}")
                    for number in range(messages)
                ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.apply(channel, *things)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(self.channel("warm", "avito"), 2, 5)  # caches of the registry
        few = count(self.channel("few", "avito"), 2, 5)
        many = count(self.channel("many", "avito"), 100, 10)
        self.assertLessEqual(many, few)
        self.assertLess(many, 50)
        again = count(self.env["marketplace.channel"].search([("name", "=", "many")]), 100, 10)
        self.assertLessEqual(again, many)


@tagged("post_install", "-at_install")
class TestCounters(ApplyCase):
    def test_buyer_writes_we_answer(self):
        conversation = self.written(self.avito, "c1", incoming("m1", 1), incoming("m2", 2))
        self.assertCounters(conversation, 2, naive(1), "text of m2")
        self.assertEqual(conversation.last_message_direction, "in")
        self.apply(self.avito, outgoing("m3", 3))
        self.assertCounters(conversation, 0, last="text of m3")
        self.assertEqual(
            (conversation.last_message_direction, conversation.last_message_state), ("out", "sent")
        )
        self.apply(self.avito, incoming("m4", 4))
        self.assertCounters(conversation, 1, naive(4), "text of m4")

    def test_older_messages_found_later_change_nothing_that_is_over(self):
        conversation = self.written(self.avito, "c1", incoming("m5", 5), outgoing("m6", 6))
        self.apply(self.avito, incoming("m1", 1), incoming("m2", 2))
        self.assertCounters(conversation, 0, last="text of m6")

    def test_answer_typed_in_the_marketplaces_app(self):
        conversation = self.written(self.avito, "c1", incoming("m1", 1), outgoing("m2", 2))
        self.assertCounters(conversation, 0)
        self.assertFalse(self.message(self.avito, "m2").author_id)

    def test_noise_is_shown_and_never_counted(self):
        conversation = self.written(self.avito, "c1", incoming("m1", 1, noise=True, kind="system"))
        self.assertCounters(conversation, 0)
        self.assertEqual(conversation.last_message_at, naive(1))
        self.apply(self.avito, incoming("m2", 2), incoming("m3", 3, noise=True, kind="system"))
        self.assertCounters(conversation, 1, naive(2), "text of m2")

    def test_conversation_without_a_buyer(self):
        conversation = self.written(self.avito, "support", incoming("s1", chat="support"), noise=True)
        self.assertTrue(conversation.is_noise)
        self.assertCounters(conversation, 0)

    def test_noise_of_ours_is_no_answer(self):
        """A chat-bot's or the marketplace's own word under our name leaves the buyer waiting."""
        conversation = self.written(
            self.avito, "c1", incoming("m1", 1), outgoing("m2", 2, noise=True, kind="system")
        )
        self.assertCounters(conversation, 1, naive(1))

    def test_deleted_is_not_waited_for(self):
        conversation = self.written(self.avito, "c1", incoming("m1", 1), incoming("m2", 2))
        self.apply(self.avito, deleted(incoming("m1", 1)))
        self.assertCounters(conversation, 1, naive(2))
        self.assertEqual(self.message(self.avito, "m1").body, "text of m1", "nothing that was said is lost")
        self.apply(self.avito, deleted(incoming("m2", 2)))
        self.assertCounters(conversation, 0)

    def test_same_second(self):
        """Of two messages of one second the one stored later is the later one."""
        conversation = self.written(self.avito, "c1", incoming("a", 1), outgoing("b", 1))
        self.assertCounters(conversation, 0, last="text of b")
        self.apply(self.avito, incoming("c", 1))
        self.assertCounters(conversation, 1, naive(1), "text of c")

    def test_order_of_a_batch_within_one_second(self):
        """Ids say nothing of the order: the batch does, also where what became of a message is told behind it."""
        conversation = self.written(
            self.avito,
            "c1",
            outgoing("zz", 1, text="first", read_at=moment(2)),
            incoming("mm", 1, text="second"),
            incoming("aa", 1, text="third"),
        )
        told = conversation.message_ids.sorted(lambda message: (message.sent_at, message.id)).mapped("body")
        self.assertEqual(told, ["first", "second", "third"])
        self.assertCounters(conversation, 2, naive(1), "third")

    def test_reply_in_the_second_of_the_question(self):
        conversation = self.written(self.avito)
        conversation.last_message_at = naive(0)
        with freeze_time(naive(0)):
            self.post(conversation, "At once")
        self.assertCounters(conversation, 0, last="At once")

    def test_reply_when_the_marketplaces_clock_is_ahead(self):
        """A reply is never older than what it answers."""
        conversation = self.written(self.avito, "c1", incoming("m1", 10))
        with freeze_time(naive(5)):
            self.post(conversation, "Already answered")
        self.assertCounters(conversation, 0, last="Already answered")

    def test_milliseconds(self):
        """Auto.ru counts in milliseconds: a tick covers the very message that was seen, an answer what it answers."""
        early, late = (
            replace(incoming(name), sent_at=moment(1) + timedelta(milliseconds=ms))
            for name, ms in (("a", 100), ("b", 900))
        )
        conversation = self.written(self.autoru, "c1", early, late)
        self.assertCounters(conversation, 2, naive(1))
        conversation.with_user(self.anna).chats_tick(self.message(self.autoru, "b").id)
        self.assertCounters(conversation, 0)

    def test_states_that_answer(self):
        """What did not reach the buyer does not count as an answer."""
        conversation = self.written(self.avito)
        message = self.post(conversation, "Hello")
        for state in ("queued", "sending", "sent", "read", "unknown"):
            message.state = state
            conversation._recount()
            self.assertCounters(conversation, 0, last="Hello")
        for state in ("failed", "canceled"):
            message.state = state
            conversation._recount()
            self.assertCounters(conversation, 1, naive(0))
        self.assertEqual(
            conversation.last_message_preview, "text of c1-1", "a cancelled one is not the last word"
        )

    def test_tick_covers_what_was_seen(self):
        conversation = self.written(self.avito, "c1", incoming("m1", 1))
        seen = self.message(self.avito, "m1")
        self.apply(self.avito, incoming("m2", 2))  # between the look and the click
        conversation.with_user(self.anna).chats_tick(seen.id)
        self.assertCounters(conversation, 1, naive(2))
        self.assertTrue(conversation.remote_read_pending)
        conversation.with_user(self.anna).chats_tick(self.message(self.avito, "m2").id)
        self.assertCounters(conversation, 0)

    def test_tick_never_goes_back(self):
        conversation = self.written(self.avito, "c1", incoming("m1", 1), incoming("m2", 2))
        first, second = self.message(self.avito, "m1"), self.message(self.avito, "m2")
        conversation.with_user(self.anna).chats_tick(second.id)
        conversation.with_user(self.ivan).chats_tick(first.id)
        self.assertCounters(conversation, 0)

    def test_tick_within_one_second(self):
        conversation = self.written(self.avito, "c1", incoming("a", 1), incoming("b", 1))
        conversation.with_user(self.anna).chats_tick(self.message(self.avito, "a").id)
        self.assertCounters(conversation, 1, naive(1))

    def test_opening_changes_nothing(self):
        conversation = self.written(self.avito)
        conversation.with_user(self.anna).chats_thread()
        conversation.with_user(self.anna).chats_panel()
        self.assertCounters(conversation, 1, naive(0))

    def test_preview_is_one_line(self):
        conversation = self.written(self.avito, "c1", incoming("m1", text="two\n\n  lines\t" + "x" * 300))
        self.assertEqual(conversation.last_message_preview, ("two lines " + "x" * 300)[:160])

    def test_buyer_has_read(self):
        conversation = self.written(self.avito, "c1", outgoing("m1", 1), outgoing("m2", 2))
        self.apply(self.avito, about(buyer_read_at=moment(1)))
        self.assertEqual(self.message(self.avito, "m1").state, "read")
        self.assertEqual(self.message(self.avito, "m2").state, "sent")
        self.assertEqual(conversation.last_message_state, "sent")
        self.apply(self.avito, about(buyer_read_at=moment(2)))
        self.assertEqual(conversation.last_message_state, "read")
        self.apply(self.avito, outgoing("m1", 1), outgoing("m2", 2))  # without marks: what is known stays
        self.assertEqual(self.message(self.avito, "m2").state, "read")

    def test_buyer_has_read_what_is_not_known_yet(self):
        """The list of chats tells of it once; the messages come by another road, and later."""
        self.apply(self.avito, about(buyer_read_at=moment(2)))
        self.apply(self.avito, outgoing("m1", 1), outgoing("m3", 3))
        self.assertEqual(self.message(self.avito, "m1").state, "read")
        self.assertEqual(self.message(self.avito, "m3").state, "sent")
        self.apply(self.avito, about(buyer_read_at=moment(1)))
        self.apply(self.avito, outgoing("m2", 2))
        self.assertEqual(self.message(self.avito, "m2").state, "read", "marks never go back")

    def test_buyer_has_read_what_is_being_sent(self):
        conversation = self.written(self.avito)
        ours = self.post(conversation, "Yes")
        ours.state = "sending"
        self.apply(self.avito, about(buyer_read_at=moment(9)))
        ours._record_sent("m2", naive(8))
        self.assertEqual(ours.state, "read")
        later = self.post(conversation, "Come today")
        later._record_sent("m3", naive(10))
        self.assertEqual(later.state, "sent")

    def test_a_wrong_clock_does_not_read_what_comes_later(self):
        self.written(self.avito)
        self.apply(self.avito, about(buyer_read_at=moment(60 * 24 * 365 * 50)))
        with freeze_time(fields.Datetime.now() + timedelta(minutes=5)):
            now = fields.Datetime.now().replace(tzinfo=timezone.utc)
            self.apply(self.avito, replace(outgoing("m2"), sent_at=now))
        self.assertEqual(self.message(self.avito, "m2").state, "sent")

    def test_screens_are_told_of_what_changes_no_number(self):
        """A message in the middle is deleted, or read: whoever has the chat open has to see it."""
        self.written(self.avito, "c1", incoming("m1", 1), outgoing("m2", 2), incoming("m3", 3))
        for change in (deleted(incoming("m1", 1)), replace(outgoing("m2", 2), read_at=moment(3))):
            with patch.object(type(self.avito), "_tell_screens") as tell:
                self.apply(self.avito, change)
            conversations, messages = tell.call_args[0]
            self.assertEqual(conversations, self.chat(self.avito))
            self.assertEqual(messages, self.message(self.avito, change.external_id).ids)

    def test_what_does_not_go_along_is_told(self):
        """Of a small batch all messages reach the screens; of a large one, when those were."""
        chat = self.written(self.avito)
        times = {"since": "2026-03-02 10:05:00", "until": "2026-03-02 13:25:00"}
        missed = [{"id": chat.id, **times}]
        for count, told in ((LIVE_MESSAGES, []), (LIVE_MESSAGES + 1, missed)):
            notes = []

            def note(_bus, _to, kind, payload, notes=notes):
                notes.append((kind, payload))

            with patch.object(type(self.env["bus.bus"]), "_sendone", note):
                self.apply(self.avito, *(incoming(f"{count}-{n}", minutes=5 + n) for n in range(count)))
            stored = [one for kind, payload in notes for one in payload.get("marketplace.message", ())]
            self.assertEqual(len(stored), 0 if told else count)
            self.assertEqual(
                [one for kind, payload in notes if kind == MISSED for one in payload["chats"]], told
            )


@tagged("post_install", "-at_install")
class TestContent(ApplyCase):
    def test_texts_are_kept_as_they_came(self):
        texts = {
            "long": "ы" * 10_000,
            "emoji": "👍🏽 👨‍👩‍👧 ❤️",
            "script": "<script>alert('x')</script>&amp;<b>bold</b>",
            "quotes": 'it\'s 100% "true" \\ {{car}} %s %(a)s $1',
            "lines": "  first\r\nsecond\u2028third\u00a0",
            "rtl": "\u202eabc\u202c",
        }
        things = [incoming(name, number, text=text) for number, (name, text) in enumerate(texts.items())]
        self.apply(self.avito, about(buyer_name="<img src=x onerror=alert(1)> Ёлкина 🚗"), *things)
        self.env.invalidate_all()
        for name, text in texts.items():
            self.assertEqual(self.message(self.avito, name).body, text)
        self.assertEqual(self.chat(self.avito).buyer_name, "<img src=x onerror=alert(1)> Ёлкина 🚗")

    def test_what_no_column_can_hold(self):
        """NUL characters and halves of surrogate pairs are dropped or marked; the rest of the text stays."""
        bad = json.loads('"before\\u0000after \\ud83d end"')
        things = (incoming("m1", text=bad, data={"title": bad}), incoming("m2", 1, text="next"))
        self.apply(self.avito, about(buyer_name=bad, listing=RemoteListing("l1", title=bad)), *things)
        self.env.invalidate_all()
        body = self.message(self.avito, "m1").body
        self.assertTrue(body.startswith("before"))
        self.assertIn("after", body)
        self.assertTrue(body.endswith(" end"))
        self.assertEqual(self.message(self.avito, "m2").body, "next")

    def test_empty_texts_and_unknown_kinds(self):
        self.apply(
            self.avito,
            about(),
            incoming("m1", text=""),
            incoming("m2", 1, text="", kind="unknown", data={"type": "hologram"}),
            incoming("m3", 2, text="", kind="call", data={"call": {"missed": True, "seconds": 0}}),
            incoming("m4", 3, text="", kind="location", data={"lat": 55.7, "lon": 37.6, "title": "Here"}),
        )
        conversation = self.chat(self.avito)
        self.assertCounters(conversation, 4, naive(0))
        self.assertEqual(self.message(self.avito, "m2").data, {"type": "hologram"})
        self.assertEqual(self.message(self.avito, "m4").data["lat"], 55.7)
        self.assertEqual(conversation.last_message_kind, "location")

    def test_media_wait_to_be_fetched(self):
        picture = incoming("m1", kind="image", text="", media=(RemoteMedia("image", "https://x/1.jpg"),))
        self.apply(self.avito, about(), picture)
        message = self.message(self.avito, "m1")
        self.assertEqual(message.media_state, "pending")
        self.assertEqual(message.data, {"media": [{"kind": "image", "url": "https://x/1.jpg", "ref": ""}]})

    def test_what_is_left_out_does_not_erase(self):
        listing = RemoteListing("l1", title="Haval Jolion", price=2_450_000, url="https://x/l1", partial=True)
        conversation = self.written(self.avito, "c1", buyer_name="Maria", url="https://x/c1", listing=listing)
        self.apply(self.avito, about(partial=True), incoming("m2", 2))
        self.apply(self.avito, about(listing=RemoteListing("l1", partial=True)))
        self.assertEqual((conversation.buyer_name, conversation.url), ("Maria", "https://x/c1"))
        self.assertEqual(conversation.listing_id.title, "Haval Jolion")
        self.assertEqual(conversation.listing_id.price, 2_450_000)
        self.assertFalse(conversation.is_partial)

    def test_blocked_and_unblocked(self):
        conversation = self.written(self.avito, "c1", blocked=True)
        self.assertTrue(conversation.is_blocked)
        self.apply(self.avito, about(partial=True))
        self.assertTrue(conversation.is_blocked)
        self.apply(self.avito, about())
        self.assertFalse(conversation.is_blocked)

    def test_price_at_the_beginning_stays(self):
        conversation = self.written(self.avito, "c1", listing=RemoteListing("l1", title="Car", price=100))
        self.apply(self.avito, RemoteListing("l1", title="Car", price=90, state="active"))
        self.apply(self.avito, about(listing=RemoteListing("l1", title="Car", price=90, partial=True)))
        self.assertEqual(conversation.listing_id.price, 90)
        self.assertEqual(conversation.price_seen, 100)

    def test_price_of_a_chat_that_a_delivery_brought_first(self):
        conversation = self.written(self.avito, "c1", partial=True)
        self.apply(self.avito, about(listing=RemoteListing("l1", title="Car", price=100)))
        self.apply(self.avito, about(listing=RemoteListing("l1", title="Car", price=90)))
        self.assertEqual(conversation.price_seen, 100)

    def test_prices_no_column_can_hold(self):
        conversation = self.written(self.avito, "c1", listing=RemoteListing("l1", title="Car", price=10**12))
        self.assertFalse(conversation.listing_id.price)
        self.assertFalse(conversation.price_seen)


@tagged("post_install", "-at_install")
class TestJoining(ApplyCase):
    VIN = "XW8AN2NE3JH035743"

    def car(self, **values):
        return self.env["product.template"].create(
            {"name": "Haval Jolion", "is_vehicle": True, "company_id": self.company.id, **values}
        )

    def listed(self, external_id="l1", feed_id="", vin="", channel=None):
        channel = channel or self.avito
        vehicle = RemoteVehicle(make="Haval", vin=vin) if vin else None
        self.apply(channel, RemoteListing(external_id, title="Car", feed_id=feed_id, vehicle=vehicle))
        return self.env["marketplace.listing"].search(
            [("channel_id", "=", channel.id), ("external_id", "=", external_id)]
        )

    def test_stock_number_then_vin(self):
        by_number = self.car(vehicle_external_id="S-1")
        by_vin = self.car(vehicle_vin=self.VIN)
        self.assertEqual(self.listed("l1", "S-1", self.VIN).vehicle_id, by_number)
        self.assertEqual(self.listed("l2", "S-2", self.VIN).vehicle_id, by_vin)
        self.assertEqual(self.listed("l3", "", self.VIN).vehicle_id, by_vin)
        self.assertFalse(self.listed("l4", "S-2").vehicle_id)

    def test_vin_in_any_spelling(self):
        car = self.car(vehicle_vin=" xw8an2ne3jh 035743")
        self.assertEqual(self.listed("l1", vin="xw8an2ne-3jh035743").vehicle_id, car)

    def test_not_when_two_cars_answer(self):
        self.car(vehicle_external_id="S-1")
        self.car(vehicle_external_id="S-1")
        self.assertFalse(self.listed("l1", "S-1").vehicle_id)

    def test_a_car_in_the_archive_does_not_answer(self):
        self.car(vehicle_vin=self.VIN, active=False)
        car = self.car(vehicle_vin=self.VIN)
        self.assertEqual(self.listed("l1", vin=self.VIN).vehicle_id, car)

    def test_only_cars_of_the_company(self):
        self.car(vehicle_external_id="S-1", company_id=self.other_company.id)
        self.assertFalse(self.listed("l1", "S-1").vehicle_id)
        shared = self.car(vehicle_external_id="S-2", company_id=False)
        self.assertEqual(self.listed("l2", "S-2").vehicle_id, shared)

    def test_only_cars(self):
        self.car(vehicle_external_id="S-1", is_vehicle=False)
        self.assertFalse(self.listed("l1", "S-1").vehicle_id)

    def test_conversations_follow(self):
        """Whichever comes first: the chat, what the listing is, or the chat again."""
        car = self.car(vehicle_external_id="S-1")
        conversation = self.written(self.avito, "c1", listing=RemoteListing("l1", title="Car", partial=True))
        self.assertFalse(conversation.vehicle_id)
        self.listed("l1", "S-1")
        self.assertEqual(conversation.vehicle_id, car)
        later = self.written(self.avito, "c2", listing=RemoteListing("l1", title="Car", partial=True))
        self.assertEqual(later.vehicle_id, car)

    def test_a_car_that_is_entered_later(self):
        """The next refresh of the listings joins it, though nothing changed at the marketplace."""
        channel, account = self.bazaar()
        account.adverts = [RemoteListing("l1", title="Car", feed_id="S-9")]
        self.run_job("listings")
        listing = self.env["marketplace.listing"].search([("channel_id", "=", channel.id)])
        self.assertFalse(listing.vehicle_id)
        car = self.car(vehicle_external_id="S-9")
        self.job(channel, "listings")._wake()
        self.run_job("listings")
        self.assertEqual(listing.vehicle_id, car)

    def test_chosen_by_hand(self):
        car, other = self.car(vehicle_external_id="S-1"), self.car()
        conversation = self.written(self.avito, "c1", listing=RemoteListing("l1", title="Car", feed_id="S-1"))
        sibling = self.written(self.avito, "c2", listing=RemoteListing("l1", title="Car", feed_id="S-1"))
        self.assertEqual(conversation.vehicle_id, car)
        conversation.with_user(self.anna).write({"vehicle_id": other.id})
        self.apply(self.avito, RemoteListing("l1", title="Car, better", feed_id="S-1"))
        self.apply(self.avito, about("c1", listing=RemoteListing("l1", title="Car", partial=True)))
        self.assertEqual(conversation.vehicle_id, other)
        self.assertEqual(conversation.listing_id.vehicle_id, other)
        self.assertEqual(sibling.vehicle_id, other, "what is chosen here is chosen for the listing")

    def test_listing_and_its_chat_in_one_batch(self):
        """What came with the chat does not push out what the list of advertisements says."""
        full = RemoteListing("l1", title="Full", price=100, state="active", feed_id="S-1", address="Moscow")
        self.avito._apply_batch(
            batch(
                full,
                about(listing=RemoteListing("l1", title="Short", price=90, partial=True)),
                incoming("m1"),
            )
        )
        listing = self.chat(self.avito).listing_id
        self.assertEqual((listing.title, listing.price, listing.address), ("Full", 100, "Moscow"))
