"""Working through the queue: filters, what a search shows, own filters, many chats at once, reading around a hit."""

import dataclasses
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteCall, RemoteListing

from .common import incoming, moment, naive, outgoing
from .test_screen import ScreenCase

NOBODY = 0


class QueueCase(ScreenCase):
    def found(self, view="all", user=None, **query):
        return self.screen.with_user(user or self.anna).chats_list(view, **query)["ids"]

    def car(self, number, make, model):
        return self.env["product.template"].create(
            {
                "name": f"Stock {number}",
                "is_vehicle": True,
                "vehicle_make": make,
                "vehicle_model": model,
                "vehicle_external_id": number,
                "vehicle_vin": f"VIN000{number}",
                "vehicle_plate": f"А00{number}ВС777",
            }
        )

    def about_car(self, channel, chat, number):
        listing = RemoteListing(f"l{number}", title=f"Advertisement {number}", feed_id=number)
        return self.written(channel, chat, listing=listing)


@tagged("post_install", "-at_install")
class TestFilters(QueueCase):
    def test_marketplace_and_people(self):
        ours, theirs = self.written(self.avito), self.written(self.autoru)
        ours.user_id = self.ivan
        for filters, expected in (
            ({"marketplaces": ["avito"]}, ours),
            ({"marketplaces": ["avito", "autoru"]}, ours | theirs),
            ({"user_ids": [self.ivan.id]}, ours),
            ({"user_ids": [NOBODY]}, theirs),
            ({"user_ids": [NOBODY, self.ivan.id]}, ours | theirs),
            ({"user_ids": [self.anna.id]}, ours.browse()),
            ({"user_ids": [self.ivan.id], "marketplaces": ["autoru"]}, ours.browse()),
            ({"user_ids": [], "marketplaces": []}, ours | theirs),
        ):
            with self.subTest(filters=filters):
                self.assertEqual(set(self.found(filters=filters)), set(expected.ids))

    def test_car(self):
        for number, make, model in (
            ("1", "Geely", "Monjaro"),
            ("2", "Haval", "Jolion"),
            ("3", "Haval", "F7"),
        ):
            self.car(number, make, model)
        geely, jolion, f7 = (self.about_car(self.avito, f"c{number}", number) for number in "123")
        plain = self.written(self.avito, "c4", listing=RemoteListing("l4", title="Haval Jolion 1.5, 100%"))
        for text, expected in {
            "haval": jolion | f7 | plain,
            "Haval Jolion": jolion | plain,
            "jolion HAVAL": jolion | plain,
            "monj": geely,
            "Advertisement": geely | jolion | f7,
            "100%": plain,
            "%": plain,
            "no such": geely.browse(),
            "   ": geely | jolion | f7 | plain,
        }.items():
            with self.subTest(text=text):
                self.assertEqual(set(self.found(filters={"car": text})), set(expected.ids))
        self.assertEqual(self.screen.chats_cars("ha"), ["Haval F7", "Haval Jolion"])
        self.assertEqual(self.screen.chats_cars("jol hav"), ["Haval Jolion"])
        self.assertEqual(self.screen.chats_cars("%"), [])

    def test_cars_of_chats_that_are_not_ours_are_not_told(self):
        self.car("1", "Geely", "Monjaro")
        self.about_car(self.autoru, "c1", "1")
        self.assertEqual(self.screen.chats_cars("geely"), ["Geely Monjaro"])
        self.assertEqual(self.screen.with_user(self.ivan).chats_cars("geely"), [])
        with self.assertRaises(AccessError):
            self.screen.with_user(self.clerk).chats_cars("geely")

    def test_kind(self):
        chat = self.written(self.avito)
        missed = self.written(
            self.avito, "c2", incoming("c2-1", chat="c2", kind="call", data={"call": {"missed": True}})
        )
        call = RemoteCall("call1", moment(5), buyer_phone="79001234567", missed=True)
        self.avito._apply_batch(self.avito._calls_as_batch([call]))
        calls = self.env["marketplace.conversation"].search([("is_calls", "=", True)])
        self.assertTrue(calls)
        self.assertEqual(set(self.found(filters={"kind": "call"})), set((missed | calls).ids))
        self.assertEqual(self.found(filters={"kind": "chat"}), chat.ids)

    def test_age(self):
        long, day, short = (
            self.written(self.avito, chat, incoming(f"{chat}-1", minutes, chat))
            for chat, minutes in (("c1", -3 * 24 * 60), ("c2", -30), ("c3", 0))
        )
        answered = self.written(
            self.avito, "c4", incoming("c4-1", -10 * 24 * 60, "c4"), outgoing("c4-2", -9 * 24 * 60, "c4")
        )
        with freeze_time(naive(20)):
            for minutes, expected in ((15, long | day | short), (45, long | day), (24 * 60, long)):
                with self.subTest(minutes=minutes):
                    self.assertEqual(set(self.found(filters={"waiting": minutes})), set(expected.ids))
            self.assertEqual(set(self.found(filters={"last": "today"})), set((day | short).ids))
            self.assertEqual(set(self.found(filters={"last": "week"})), set((long | day | short).ids))
            self.assertNotIn(answered.id, self.found(filters={"last": "week"}))

    def test_today_is_the_users_day(self):
        conversation = self.written(self.avito)  # 10:00 UTC: one in the morning of the 3rd in Kiritimati
        with freeze_time(naive(10 * 60)):
            self.assertEqual(self.found(filters={"last": "today"}), conversation.ids)
        with freeze_time(naive(15 * 60)):
            screen = self.screen.with_context(tz="Pacific/Kiritimati")
            self.assertEqual(screen.chats_list("all", filters={"last": "today"})["ids"], conversation.ids)
            self.assertEqual(self.found(filters={"last": "today"}), [])

    def test_what_is_no_filter(self):
        for filters in (
            {"colour": "red"},
            {"kind": "fax"},
            {"last": "year"},
            {"waiting": "long"},
            {"waiting": 10**20},
            {"user_ids": ["x"]},
            {"user_ids": 5},
            {"car": 5},
            {"kind": ["call"]},
            [1],
            "x",
        ):
            with self.subTest(filters=filters), self.assertRaises(UserError):
                self.found(filters=filters)

    def test_they_combine_with_view_search_and_pages(self):
        conversations = self.fill(5)
        conversations[1].user_id = self.ivan
        filters = {"user_ids": [NOBODY], "marketplaces": ["avito"]}
        ids = [chat.id for number, chat in enumerate(conversations) if number != 1]
        self.assertEqual(self.found("waiting", filters=filters), ids)
        first = self.screen.chats_list("waiting", filters=filters, limit=2)
        self.assertTrue(first["has_more"])
        self.assertEqual(self.found("waiting", filters=filters, after=first["ids"][-1]), ids[2:])
        self.assertEqual(self.found("waiting", filters=filters, search="Buyer 3"), [conversations[3].id])

    def test_rights_hold(self):
        self.written(self.autoru)
        for filters in ({"marketplaces": ["autoru"]}, {"user_ids": [NOBODY]}, {"last": "week"}):
            self.assertEqual(self.found(user=self.ivan, filters=filters), [])
        names = [one["name"] for one in self.screen.with_user(self.ivan).chats_filter_choices()["employees"]]
        self.assertEqual(names, ["Anna", "Ivan"], "those of his channels")


@tagged("post_install", "-at_install")
class TestHits(QueueCase):
    def hits(self, text, user=None):
        answer = self.screen.with_user(user or self.anna).chats_list("all", search=text)
        self.assertLessEqual(set(answer["hits"]), set(answer["ids"]))
        return answer["hits"]

    def test_the_newest_message_that_says_it(self):
        conversation = self.written(
            self.avito,
            "c1",
            incoming("m1", 1, text="Trade-in?"),
            incoming("m2", 2, text="And what about\n\nTRADE-IN   of my old <b>car</b>, please?"),
            incoming("m3", 3, text="Hello?"),
        )
        hit = self.hits("trade-in")[conversation.id]
        self.assertEqual(
            hit,
            {
                "message_id": self.message(self.avito, "m2").id,
                "label": False,
                "before": "And what about ",
                "hit": "TRADE-IN",
                "after": " of my old <b>car</b>, please?",
            },
        )

    def test_a_long_text_is_cut_around_the_hit(self):
        conversation = self.written(self.avito, "c1", incoming("m1", text="а" * 5000 + "Торг" + "б" * 5000))
        hit = self.hits("торг")[conversation.id]
        self.assertEqual((hit["before"], hit["hit"]), ("…" + "а" * 24, "Торг"))
        self.assertEqual(hit["after"], "б" * 120)

    def test_papers_and_phone(self):
        self.car("1", "Geely", "Monjaro")
        conversation = self.about_car(self.avito, "c1", "1")
        conversation.partner_id = self.env["res.partner"].create({"name": "X", "phone": "+7 900 123-45-67"})
        for text, label, before in (("vin0001", "VIN", ""), ("123-45", "Phone", "+7 900 ")):
            hit = self.hits(text)[conversation.id]
            self.assertEqual((hit["message_id"], hit["label"], hit["before"]), (False, label, before))
        for text in ("89001234567", "+7 (900) 123 45 67", "9001234567"):
            with self.subTest(text=text):
                self.assertEqual(self.found(search=text), conversation.ids)
        self.assertEqual(self.hits("monjaro"), {}, "the row says it anyway")

    def test_what_was_cancelled_or_deleted_is_not_found(self):
        conversation = self.written(self.avito)
        self.post(conversation, "A secret offer").sudo().state = "canceled"
        self.assertEqual(self.found(search="secret offer"), [])
        self.apply(self.avito, dataclasses.replace(incoming("c1-1", text=""), kind="deleted"))
        self.assertEqual(self.found(search="text of c1-1"), [])

    def test_rights_hold(self):
        self.written(self.autoru, "c1", incoming("m1", text="Only for Anna"))
        self.assertEqual(len(self.hits("only for")), 1)
        self.assertEqual(self.hits("only for", self.ivan), {})

    def test_as_many_queries_for_fifty(self):
        def count(channel):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            answer = self.screen.chats_list("all", channel_ids=channel.ids, search="text of")
            self.assertEqual(len(answer["hits"]), len(answer["ids"]))
            return len(answer["ids"]), self.cr.sql_log_count - before

        self.fill(3)
        self.fill(50, self.autoru)
        count(self.avito)
        (few, queries_of_few), (many, queries_of_many) = count(self.avito), count(self.autoru)
        self.assertEqual((few, many), (3, 50))
        self.assertLessEqual(queries_of_many, queries_of_few)


@tagged("post_install", "-at_install")
class TestOwnFilters(QueueCase):
    QUERY = {"channel_ids": [1], "search": "x", "filters": {"kind": "call"}}

    def save(self, name="Calls", user=None, view="all", query=None):
        filters = self.env["marketplace.filter"].with_user(user or self.anna)
        return filters.chats_save(name, view, self.QUERY if query is None else query)

    def test_saved_found_at_the_start_replaced_removed(self):
        (saved,) = self.save("  Calls ")
        self.assertEqual(saved, {"id": saved["id"], "name": "Calls", "view": "all", **self.QUERY})
        self.assertEqual(self.screen.chats_start()["filters"], [saved])
        (again,) = self.save("Calls", view="mine")
        self.assertEqual((again["id"], again["view"]), (saved["id"], "mine"))
        own = self.env["marketplace.filter"].with_user(self.anna).browse(saved["id"])
        self.assertEqual(own.chats_remove(), [])
        self.assertFalse(own.exists())

    def test_everybody_has_his_own(self):
        (saved,) = self.save()
        self.assertEqual(len(self.save(user=self.ivan)), 1, "the same name is another's")
        for user in (self.ivan, self.manager):
            others = self.env["marketplace.filter"].with_user(user)
            self.assertNotIn(saved["id"], [one["id"] for one in others._of_user()])
            self.assertNotIn(saved["id"], others.search([]).ids)
            for action in (
                lambda record: record.chats_remove(),
                lambda record: record.read(),
                lambda record: record.write({"name": "mine"}),
            ):
                with self.assertRaises(AccessError):
                    action(others.browse(saved["id"]))
            with self.assertRaises(AccessError):
                others.create({"name": "x", "view": "all", "query": {}, "user_id": self.anna.id})
        with self.assertRaises(AccessError):
            self.save(user=self.clerk)

    def test_what_cannot_be_saved(self):
        for name, view, query in (
            (" ", "all", None),
            ("x", "none", None),
            ("x", "all", []),
            ("x", "all", {"search": "x" * 5000}),
        ):
            with self.subTest(name=name, view=view), self.assertRaises(UserError):
                self.save(name, view=view, query=query)
        for number in range(30):
            self.save(f"Filter {number}")
        with self.assertRaises(UserError):
            self.save("One more")
        self.assertEqual(len(self.save("Filter 7")), 30, "replacing goes on")


@tagged("post_install", "-at_install")
class TestMany(QueueCase):
    def setUp(self):
        super().setUp()
        self.chats = self.env["marketplace.conversation"].union(*self.fill(4))

    def seen(self, chats):
        return chats.mapped("last_message_id")

    def test_tick(self):
        seen = self.seen(self.chats)
        self.apply(self.avito, incoming("late", 100, "c1"))
        answer = self.chats.with_user(self.anna).chats_tick_many(seen)
        late = self.chats[1]
        self.assertEqual(answer["done"], (self.chats - late).ids)
        self.assertEqual(answer["undone"], [{"id": late.id, "reason": "The client has written meanwhile."}])
        self.assertEqual((late.unread_count, answer["counts"]["waiting"]), (1, 1))
        self.assertEqual(
            {row["id"] for row in answer["store"]["marketplace.conversation"]}, set(self.chats.ids)
        )
        self.assertEqual(self.chats.mapped("remote_read_pending"), [True] * 4, "the marketplace is told too")

    def test_a_tick_takes_the_message_of_the_very_chat(self):
        foreign = self.chats[0].last_message_id
        answer = self.chats[1:3].with_user(self.anna).chats_tick_many([foreign, foreign])
        self.assertEqual(answer["done"], [])
        self.assertTrue(all(self.chats.mapped("is_unprocessed")))

    def test_assign(self):
        theirs = self.written(self.autoru, "r1")
        answer = (self.chats | theirs).with_user(self.anna).chats_assign_many(self.ivan.id)
        self.assertEqual(answer["done"], self.chats.ids)
        self.assertEqual([one["id"] for one in answer["undone"]], theirs.ids)
        self.assertIn("does not use the channel", answer["undone"][0]["reason"])
        self.assertEqual((self.chats.user_id, theirs.user_id), (self.ivan, self.env["res.users"]))
        self.chats.with_user(self.anna).chats_assign_many(False)
        self.assertFalse(self.chats.user_id)

    def test_snooze(self):
        seen = self.seen(self.chats)
        self.apply(self.avito, incoming("late", 100, "c1"))
        answer = self.chats.with_user(self.anna).chats_snooze("tomorrow", seen)
        self.assertEqual([one["id"] for one in answer["undone"]], self.chats[1].ids)
        self.assertEqual((answer["counts"]["waiting"], answer["counts"]["snoozed"]), (1, 3))

    def test_chats_that_are_not_ours(self):
        theirs = self.written(self.autoru, "r1")
        gone = self.env["marketplace.conversation"].browse(theirs.id + 10**6)
        mixed = (self.chats | theirs | gone).with_user(self.ivan)
        seen = [*self.seen(self.chats), theirs.last_message_id, 1]
        for method, args in (
            ("chats_tick_many", [seen]),
            ("chats_snooze", ["tomorrow", seen]),
            ("chats_assign_many", [self.ivan.id]),
        ):
            with self.subTest(method=method):
                answer = getattr(mixed, method)(*args)
                self.assertEqual(answer["done"], self.chats.ids)
                self.assertEqual([one["id"] for one in answer["undone"]], [theirs.id, gone.id])
                told = {row["id"] for row in answer["store"]["marketplace.conversation"]}
                self.assertEqual(told, set(self.chats.ids), "nothing is told of the others")
                with self.assertRaises(AccessError):
                    getattr(theirs.with_user(self.ivan), method)(*args)
        self.assertTrue(theirs.is_unprocessed)
        self.assertFalse(theirs.snoozed_until or theirs.user_id)

    def test_too_many(self):
        with self.assertRaises(UserError):
            self.screen.browse(range(1, 300)).chats_assign_many(False)

    def test_as_many_statements_for_forty(self):
        def count(action, size, prefix):
            self.apply(self.avito, *(incoming(f"{prefix}{n}-1", n, f"{prefix}{n}") for n in range(size)))
            chats = self.env["marketplace.conversation"].search([("external_id", "=like", f"{prefix}%")])
            seen = self.seen(chats)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            answer = action(chats.with_user(self.anna), seen)
            self.assertEqual(len(answer["done"]), size)
            return self.cr.sql_log_count - before

        for name, action in {
            "tick": lambda chats, seen: chats.chats_tick_many(seen),
            "assign": lambda chats, seen: chats.chats_assign_many(self.ivan.id),
            "snooze": lambda chats, seen: chats.chats_snooze("tomorrow", seen),
        }.items():
            with self.subTest(action=name):
                count(action, 2, f"{name}w")
                few, many = count(action, 2, f"{name}a"), count(action, 40, f"{name}b")
                self.assertLessEqual(many, few + 2)


@tagged("post_install", "-at_install")
class TestAround(ScreenCase):
    def setUp(self):
        super().setUp()
        things = [incoming(f"m{number:03}", number // 3) for number in range(60)]
        self.conversation = self.written(self.avito, "c1", *things).with_user(self.anna)
        messages = self.env["marketplace.message"].search(
            [("conversation_id", "=", self.conversation.id)], order="sent_at, id"
        )
        self.ids = messages.ids

    def page(self, **where):
        answer = self.conversation.chats_thread(**where)
        return answer["ids"], answer["has_more"], answer["has_newer"]

    def test_around(self):
        self.assertEqual(self.page(around=self.ids[30], limit=10), (self.ids[26:36], True, True))
        self.assertEqual(self.page(around=self.ids[1], limit=10), (self.ids[:10], False, True))
        self.assertEqual(self.page(around=self.ids[-1], limit=10), (self.ids[-5:], True, False))

    def test_pages_meet_in_both_directions(self):
        ids, has_more, has_newer = self.page(around=self.ids[30], limit=9)
        while has_more:
            older, has_more, _ = self.page(before=ids[0], limit=9)
            ids = older + ids
        while has_newer:
            newer, _, has_newer = self.page(after=ids[-1], limit=9)
            ids = ids + newer
        self.assertEqual(ids, self.ids)

    def test_a_message_of_another_chat(self):
        other = self.written(self.avito, "c2").message_ids.id
        for where in ("before", "after", "around"):
            with self.subTest(where=where), self.assertRaises(UserError):
                self.conversation.chats_thread(**{where: other})
        self.assertEqual(naive(0) + timedelta(minutes=19), self.conversation.last_message_at)
