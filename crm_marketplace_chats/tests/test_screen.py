"""What the Chats screen asks and is told: the contract of docs/architecture.md."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing, RemoteVehicle
from odoo.addons.mail.tools.discuss import Store

from .common import ChatsCase, about, incoming, naive, outgoing

CHANNEL = {
    "id", "name", "active", "marketplace", "marketplace_label", "state", "state_message", "can_send_text",
    "can_send_images", "text_limit", "image_limit", "image_types", "last_success_at", "is_behind", "block_reasons",
}  # fmt: skip
CONVERSATION = {
    "id", "channel_id", "marketplace", "buyer_name", "car_title", "thumb_url", "last_message_at",
    "last_message_preview", "last_message_kind", "last_message_direction", "last_message_state", "unread_count",
    "amber_at", "goal_at",
    "is_unprocessed", "waiting_since", "responsible", "is_noise", "is_blocked", "url", "vehicle_id", "listing_id",
    "lead_id", "has_gap", "snoozed_until", "due_since", "last_message_id", "version",
}  # fmt: skip
MESSAGE = {
    "id", "conversation_id", "direction", "kind", "body", "sent_at", "author", "state", "error", "is_noise", "key",
    "is_auto",
    "data", "media_state",
    "can_delete",
    "delete_pending", "attachments", "version", "quoted_id",
}  # fmt: skip
COUNTS = {"waiting", "mine", "unowned", "snoozed", "unprocessed"}


class ScreenCase(ChatsCase):
    @property
    def screen(self):
        return self.env["marketplace.conversation"].with_user(self.anna)

    def rows(self, answer, model="marketplace.conversation"):
        return {row["id"]: row for row in answer["store"].get(model, [])}

    def fill(self, count, channel=None):
        """Chats c0 … : each buyer waits, the first one longest."""
        channel = channel or self.avito
        things = [incoming(f"c{number}-1", number, f"c{number}") for number in range(count)]
        self.apply(
            channel, *(about(f"c{number}", buyer_name=f"Buyer {number}") for number in range(count)), *things
        )
        return [self.chat(channel, f"c{number}") for number in range(count)]


@tagged("post_install", "-at_install")
class TestShapes(ScreenCase):
    def test_start(self):
        answer = self.screen.chats_start()
        self.assertEqual(set(answer), {"store", "counts", "channel_ids", "user_lang", "filters", "on_shift"})
        self.assertEqual(set(answer["channel_ids"]), {self.avito.id, self.autoru.id})
        self.assertEqual(set(answer["counts"]), COUNTS)
        self.assertEqual(answer["user_lang"], self.anna.lang)
        rows = self.rows(answer, "marketplace.channel")
        self.assertEqual(set(rows), {self.avito.id, self.autoru.id})
        self.assertEqual(set(rows[self.avito.id]), CHANNEL)
        self.assertEqual(
            (rows[self.avito.id]["marketplace"], rows[self.avito.id]["marketplace_label"]), ("avito", "Avito")
        )
        self.assertFalse(
            rows[self.autoru.id]["can_send_images"], "Auto.ru takes none where we ask for messages"
        )
        self.assertTrue(rows[self.avito.id]["can_send_images"])

    def test_list(self):
        listing = RemoteListing("l1", title="Haval Jolion 1.5 AMT, 2025", price=100)
        conversation = self.written(self.avito, "c1", buyer_name="Maria", url="https://x/c1", listing=listing)
        answer = self.screen.chats_list("waiting")
        self.assertEqual(set(answer), {"ids", "has_more", "counts", "hits", "store"})
        self.assertEqual((answer["ids"], answer["has_more"]), (conversation.ids, False))
        row = self.rows(answer)[conversation.id]
        self.assertEqual(set(row), CONVERSATION)
        self.assertEqual(
            {
                name: row[name]
                for name in ("buyer_name", "car_title", "unread_count", "is_unprocessed", "responsible")
            },
            {
                "buyer_name": "Maria",
                "car_title": "Haval Jolion 1.5 AMT, 2025",
                "unread_count": 1,
                "is_unprocessed": True,
                "responsible": False,
            },
        )
        self.assertEqual(row["waiting_since"], "2026-03-02 10:00:00")
        self.assertEqual(row["channel_id"], self.avito.id)
        for name in ("thumb_url", "vehicle_id", "lead_id"):
            self.assertIs(row[name], False, name)

    def test_thread(self):
        conversation = self.written(
            self.avito,
            "c1",
            incoming("m1", data={"lat": 1.5}),
            outgoing("m2", 1),
            incoming("m3", 2, noise=True),
        )
        posted = self.post(conversation, "Hello")
        answer = conversation.with_user(self.anna).chats_thread()
        self.assertEqual(set(answer), {"ids", "has_more", "has_newer", "unread_id", "store"})
        rows = self.rows(answer, "marketplace.message")
        self.assertEqual([rows[message]["body"] for message in answer["ids"]][-1], "Hello")
        for row in rows.values():
            self.assertEqual(set(row), MESSAGE)
        self.assertEqual(rows[posted.id]["author"], {"id": self.anna.id, "name": "Anna"})
        self.assertIs(rows[self.message(self.avito, "m2").id]["author"], False)
        self.assertEqual(rows[self.message(self.avito, "m1").id]["data"], {"lat": 1.5})
        self.assertEqual(rows[posted.id]["attachments"], [])
        self.assertEqual(self.rows(answer)[conversation.id]["last_message_preview"], "Hello")

    def test_post_tick_assign(self):
        conversation = self.written(self.avito)
        seen = conversation.message_ids
        answer = conversation.with_user(self.anna).chats_post("Hello", "00000000-0000-0000-0000-000000000001")
        self.assertEqual(set(answer), {"ids", "store"})
        self.assertEqual(set(self.rows(answer, "marketplace.message")), set(answer["ids"]))
        self.assertEqual(self.rows(answer)[conversation.id]["responsible"]["id"], self.anna.id)
        for answer in (
            conversation.with_user(self.anna).chats_tick(seen.id),
            conversation.with_user(self.anna).chats_assign(self.ivan.id),
        ):
            self.assertEqual(set(answer), {"store"})
        self.assertEqual(self.rows(answer)[conversation.id]["responsible"]["name"], "Ivan")
        conversation.with_user(self.anna).chats_assign(False)
        self.assertFalse(conversation.user_id)
        for number in (seen.id + 10**6, self.written(self.avito, "c2").message_ids.id):
            with self.assertRaises(UserError):
                conversation.with_user(self.anna).chats_tick(number)

    def test_nameless_buyer(self):
        conversation = self.written(self.autoru)
        self.assertEqual(
            self.rows(self.screen.chats_list())[conversation.id]["buyer_name"], "Client of Auto.ru"
        )

    def test_chat_without_a_listing(self):
        conversation = self.written(self.avito)
        row = self.rows(self.screen.chats_list())[conversation.id]
        self.assertEqual((row["car_title"], row["thumb_url"]), (False, False))
        panel = conversation.with_user(self.anna).chats_panel()
        self.assertEqual((panel["vehicle"], panel["listing"], panel["listings"]), (False, False, []))
        self.assertEqual(panel["client"]["name"], "Client of Avito")
        with self.assertRaises(UserError):
            conversation.with_user(self.anna).chats_make_vehicle()

    def test_texts_come_as_texts(self):
        """The screen gets plain strings: neither escaped nor made into markup."""
        name, text = "<b>Maria</b> &amp; 🚗", "<script>alert('x')</script>\n" + "ы" * 10_000
        conversation = self.written(self.avito, "c1", incoming("m1", text=text), buyer_name=name)
        answer = conversation.with_user(self.anna).chats_thread()
        row = self.rows(answer, "marketplace.message")[answer["ids"][0]]
        self.assertEqual((type(row["body"]), row["body"]), (str, text))
        self.assertEqual(self.rows(answer)[conversation.id]["buyer_name"], name)
        found = self.screen.chats_list("all", search="<script>")
        self.assertEqual(found["ids"], conversation.ids)

    def test_channel_that_is_refused(self):
        self.avito.write({"state": "refused", "reason": "wrong_keys"})
        row = self.rows(self.screen.chats_start(), "marketplace.channel")[self.avito.id]
        self.assertFalse(row["can_send_text"])
        self.assertIn("Avito", row["state_message"])


@tagged("post_install", "-at_install")
class TestPanel(ScreenCase):
    def test_listing_without_a_car(self):
        listing = RemoteListing("l1", title="Haval", price=90, url="https://x/l1", state="active")
        conversation = self.written(self.avito, "c1", listing=RemoteListing("l1", title="Haval", price=100))
        self.apply(self.avito, listing)
        panel = conversation.with_user(self.anna).chats_panel()
        self.assertLessEqual(
            {"vehicle", "listing", "listings", "others", "client", "lead", "prices", "similar"}, set(panel)
        )
        self.assertIs(panel["vehicle"], False)
        self.assertEqual(
            panel["listing"],
            {
                "id": conversation.listing_id.id,
                "title": "Haval",
                "price": 90,
                "price_seen": 100,
                "url": "https://x/l1",
                "thumb_url": False,
                "state": "active",
                "can_make_vehicle": True,
                "groups": [],
                "description": False,
                "equipment": [],
            },
        )
        self.assertEqual(
            panel["listings"],
            [
                {
                    "id": conversation.listing_id.id,
                    "marketplace": "avito",
                    "marketplace_label": "Avito",
                    "price": 90,
                    "url": "https://x/l1",
                    "state": "active",
                }
            ],
        )

    def test_car_of_both_marketplaces(self):
        vehicle = RemoteVehicle(
            make="Haval", model="Jolion", year=2025, mileage=45000, vin="XW8AN2NE3JH035743", gearbox="robot",
            engine_volume=1.5, power=150, fuel="petrol", condition="used", description="Good", equipment=("A", "B"),
        )  # fmt: skip
        listing = RemoteListing("l1", title="Haval Jolion", price=2_450_000, feed_id="S-1", vehicle=vehicle)
        conversation = self.written(self.avito, "c1", listing=listing)
        conversation.with_user(self.anna).chats_make_vehicle()
        other = self.written(
            self.autoru, "r1", listing=RemoteListing("o1", title="Haval", price=2_400_000, feed_id="S-1")
        )
        self.assertEqual(other.vehicle_id, conversation.vehicle_id)
        panel = conversation.with_user(self.anna).chats_panel()
        car = panel["vehicle"]
        self.assertEqual(
            (car["title"], car["price"], car["price_seen"]), ("Haval Jolion", 2_450_000, 2_450_000)
        )
        self.assertEqual(car["equipment"], ["A", "B"])
        rows = {row["label"]: row for group in car["groups"] for row in group["rows"]}
        self.assertEqual((rows["VIN"]["value"], rows["VIN"]["copy"]), ("XW8AN2NE3JH035743", True))
        self.assertEqual(rows["Mileage"]["value"], "45,000 km")
        self.assertEqual(rows["Engine"]["value"], "1.5 l · 150 hp · Petrol")
        self.assertFalse([row for row in rows.values() if row["value"] in ("", "False", "0")])
        self.assertEqual([row["marketplace"] for row in panel["listings"]].count("autoru"), 1)
        self.assertEqual([row["id"] for row in panel["others"]], other.ids)
        self.assertEqual(panel["others"][0]["marketplace"], "autoru")

    def test_client_and_lead(self):
        seller = self.person(
            "seller", "crm_marketplace_chats.group_chats_user", "sales_team.group_sale_salesman_all_leads"
        )
        self.avito.user_ids |= seller
        conversation = self.written(self.avito, "c1", buyer_name="Maria")
        partner = self.env["res.partner"].create({"name": "Maria Petrova", "phone": "+7 900 000-00-00"})
        conversation.with_user(seller).write({"partner_id": partner.id})
        answer = conversation.with_user(seller).chats_make_lead()
        self.assertEqual(answer["panel"]["client"]["name"], "Maria Petrova")
        self.assertEqual(answer["panel"]["client"]["phone"], "+7 900 000-00-00")
        lead = conversation.lead_id
        self.assertEqual((lead.partner_id, lead.source_id.name, lead.user_id), (partner, "Avito", seller))
        self.assertEqual(answer["panel"]["lead"]["id"], lead.id)
        conversation.with_user(seller).chats_make_lead()
        self.assertEqual(conversation.lead_id, lead, "a second click makes no second lead")


@tagged("post_install", "-at_install")
class TestList(ScreenCase):
    def test_views(self):
        waiting, mine, answered, noise = self.fill(4)
        mine.user_id = self.anna
        self.apply(
            self.avito, outgoing("c2-2", 50, "c2"), about("c3", noise=True), incoming("c3-2", 60, "c3")
        )
        self.assertEqual(self.screen.chats_list("waiting")["ids"], (waiting | mine).ids)
        self.assertEqual(self.screen.chats_list("mine")["ids"], mine.ids)
        self.assertEqual(self.screen.chats_list("unowned")["ids"], (answered | waiting).ids)
        self.assertEqual(self.screen.chats_list("all")["ids"], [noise.id, answered.id, mine.id, waiting.id])
        self.assertEqual(
            self.screen.chats_counts(),
            {"waiting": 2, "mine": 1, "unowned": 2, "snoozed": 0, "unprocessed": 2},
        )

    def test_conversations_without_messages_are_not_shown(self):
        self.apply(self.avito, about("empty", buyer_name="Nobody"))
        self.assertEqual(self.screen.chats_list("all")["ids"], [])

    def test_channels(self):
        self.fill(2)
        (other,) = self.fill(1, self.autoru)
        self.assertEqual(self.screen.chats_list("all", channel_ids=self.autoru.ids)["ids"], other.ids)
        self.assertEqual(len(self.screen.chats_list("all", channel_ids=[])["ids"]), 3)

    def test_counts_end_at_a_hundred(self):
        self.fill(120)
        self.assertEqual(self.screen.chats_counts()["waiting"], 100)

    def test_paging(self):
        """Every row once, in both orders, ties included."""
        self.fill(30)
        self.apply(self.avito, *(incoming(f"tie{number}", 100, f"t{number}") for number in range(30)))
        for view, order in (("waiting", "waiting_since, id"), ("all", "last_message_at desc, id desc")):
            expected = self.screen.search([], order=order).ids
            got, after, pages = [], False, 0
            while True:
                answer = self.screen.chats_list(view, after=after, limit=7)
                got += answer["ids"]
                pages += 1
                if not answer["has_more"]:
                    break
                after = answer["ids"][-1]
            self.assertEqual(got, expected)
            self.assertEqual(pages, 9)

    def test_limit(self):
        self.fill(60)
        self.assertEqual(len(self.screen.chats_list("all", limit=10_000)["ids"]), 50)

    def test_paging_while_the_list_moves(self):
        """Chats jump to the front between two pages: none of those that stayed is left out or told twice."""
        conversations = self.fill(20)
        first = self.screen.chats_list("all", limit=8)
        self.apply(
            self.avito, incoming("c2-2", 500, "c2"), incoming("c19-2", 501, "c19"), incoming("new", 502, "n1")
        )
        second = self.screen.chats_list("all", after=first["ids"][-1], limit=50)
        self.assertFalse(set(first["ids"]) & set(second["ids"]))
        jumped = conversations[2].id
        stayed = {conversation.id for conversation in conversations} - {jumped}
        self.assertEqual(set(first["ids"]) | set(second["ids"]), stayed)

    def test_search(self):
        self.env["product.template"].create(
            {
                "name": "Geely Monjaro",
                "is_vehicle": True,
                "vehicle_vin": "XW8AN2NE3JH035743",
                "vehicle_plate": "А123ВС777",
                "vehicle_external_id": "S-1",
            }
        )
        by_name = self.written(self.avito, "c1", buyer_name="Мария Ёлкина")
        listing = RemoteListing("l2", title="Haval Jolion 1.5 AMT, 2025")
        by_listing = self.written(self.avito, "c2", incoming("x2", chat="c2"), listing=listing)
        listing = RemoteListing("l3", title="No such words", feed_id="S-1")
        by_car = self.written(self.avito, "c3", incoming("x3", chat="c3"), listing=listing)
        by_text = self.written(
            self.avito,
            "c4",
            incoming("x4", 1, "c4", text="Торг уместен? 100% готов"),
            incoming("x5", 2, "c4"),
        )
        by_phone = self.written(self.avito, "c5", incoming("x6", chat="c5"))
        by_phone.partner_id = self.env["res.partner"].create(
            {"name": "Somebody", "phone": "+7 900 123-45-67"}
        )
        for text, found in {
            "мария": by_name,
            "ЁЛКИНА": by_name,
            "jolion": by_listing,
            "monjaro": by_car,
            "xw8an2ne3": by_car,
            "а123вс": by_car,
            "торг": by_text,
            "100%": by_text,
            "123-45": by_phone,
            "  jolion  ": by_listing,
            "no such thing": self.env["marketplace.conversation"],
        }.items():
            with self.subTest(text=text):
                self.assertEqual(self.screen.chats_list("all", search=text)["ids"], found.ids)
        everything = self.screen.chats_list("all")["ids"]
        self.assertEqual(self.screen.chats_list("all", search="   ")["ids"], everything)
        for wild in ("%", "_", "\\"):
            with self.subTest(wild=wild):
                self.assertEqual(
                    self.screen.chats_list("all", search=wild)["ids"],
                    by_text.ids if wild == "%" else [],
                    "taken literally",
                )

    def test_search_by_make_and_model(self):
        """The car's title as the list shows it is found as it is shown."""
        self.env["product.template"].create(
            {"name": "Stock 17", "is_vehicle": True, "vehicle_make": "Geely", "vehicle_model": "Monjaro",
             "vehicle_external_id": "S-1"}
        )  # fmt: skip
        conversation = self.written(self.avito, "c1", listing=RemoteListing("l1", title="x", feed_id="S-1"))
        for text in ("Monjaro", "geely"):
            self.assertEqual(self.screen.chats_list("all", search=text)["ids"], conversation.ids)

    def test_queries_do_not_grow_with_the_page(self):
        def fill(channel, count):
            for number in range(count):
                listing = RemoteListing(
                    f"l{number}", title=f"Car {number}", feed_id=f"{channel.name}-{number}"
                )
                self.env["product.template"].create(
                    {
                        "name": f"Car {number}",
                        "is_vehicle": True,
                        "vehicle_external_id": f"{channel.name}-{number}",
                    }
                )
                chat = f"c{number}"
                self.apply(channel, about(chat, listing=listing), incoming(f"{chat}-1", number, chat))
                self.chat(channel, chat).user_id = self.anna

        def count(channel):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            answer = self.screen.chats_list("all", channel_ids=channel.ids)
            return len(answer["ids"]), self.cr.sql_log_count - before

        fill(self.avito, 5)
        fill(self.autoru, 50)
        count(self.avito)  # caches of the registry
        (few, queries_of_few), (many, queries_of_many) = count(self.avito), count(self.autoru)
        self.assertEqual((few, many), (5, 50))
        self.assertLessEqual(queries_of_many, queries_of_few)
        self.assertLess(queries_of_many, 25)


@tagged("post_install", "-at_install")
class TestThread(ScreenCase):
    def test_paging(self):
        """Oldest first in each page, pages from the newest back; ties included, nothing twice."""
        things = [incoming(f"m{number:03}", number // 3) for number in range(100)]
        conversation = self.written(self.avito, "c1", *things).with_user(self.anna)
        got, before, pages = [], False, 0
        while True:
            answer = conversation.chats_thread(before=before, limit=9)
            got = answer["ids"] + got
            pages += 1
            if not answer["has_more"]:
                break
            before = answer["ids"][0]
        expected = self.env["marketplace.message"].search(
            [("conversation_id", "=", conversation.id)], order="sent_at, id"
        )
        self.assertEqual(got, expected.ids)
        self.assertEqual(pages, 12)

    def test_new_messages_do_not_move_older_pages(self):
        conversation = self.written(
            self.avito, "c1", *(incoming(f"m{n:03}", n) for n in range(20))
        ).with_user(self.anna)
        first = conversation.chats_thread(limit=8)
        self.apply(self.avito, incoming("new", 500), incoming("old", -5))
        second = conversation.chats_thread(before=first["ids"][0], limit=50)
        self.assertEqual(len(first["ids"] + second["ids"]), 21)
        self.assertFalse(set(first["ids"]) & set(second["ids"]))

    def test_queries_do_not_grow_with_the_thread(self):
        def count(external_id, messages):
            things = [
                (incoming if (messages - number) % 2 else outgoing)(
                    f"{external_id}-{number}", number, external_id
                )
                for number in range(messages)
            ]
            conversation = self.written(self.avito, external_id, *things).with_user(self.anna)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            answer = conversation.chats_thread()
            self.assertEqual(len(answer["ids"]), messages)
            return self.cr.sql_log_count - before

        count("warm", 2)
        few, many = count("few", 5), count("many", 50)
        self.assertLessEqual(many, few)

    def test_page_load(self):
        """The badge's first number comes with the page."""
        self.fill(3)

        def badge(user):
            store = Store()
            self.env["res.users"].with_user(user)._init_store_data(store)
            values = store.get_result()["Store"]
            return values.get("marketplace_chats_access"), values.get("marketplace_chats_unprocessed")

        self.assertEqual(badge(self.anna), (True, 3))
        self.assertEqual(badge(self.nobody), (True, 0))
        self.assertEqual(badge(self.clerk), (None, None))

    def test_waiting_since_is_the_first_of_the_unanswered(self):
        conversation = self.written(
            self.avito, "c1", incoming("m1", 1), outgoing("m2", 2), incoming("m3", 3), incoming("m4", 4)
        )
        self.assertEqual(conversation.waiting_since, naive(3))

    def test_reply_shows_at_once(self):
        with freeze_time(naive(0) + timedelta(hours=1)):
            conversation = self.written(self.avito)
            self.post(conversation, "On its way")
            row = self.rows(self.screen.chats_list("all"))[conversation.id]
        self.assertEqual(
            (row["last_message_preview"], row["last_message_direction"], row["last_message_state"]),
            ("On its way", "out", "queued"),
        )
