"""Reading a chat: pages in both directions, the first unread message, quotes, pictures, versions of rows."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ChatsCase, incoming, outgoing
from .test_send import PIXEL


class ThreadCase(ChatsCase):
    def long_chat(self, count=30):
        """Three messages a minute, so that many share their second."""
        things = [incoming(f"m{number:03}", number // 3) for number in range(count)]
        return self.written(self.avito, "c1", *things).with_user(self.anna)

    def in_order(self, conversation):
        domain = [("conversation_id", "=", conversation.id)]
        return self.env["marketplace.message"].search(domain, order="sent_at, id").ids

    def row(self, answer, record):
        return next(row for row in answer["store"][record._name] if row["id"] == record.id)


@tagged("post_install", "-at_install")
class TestPages(ThreadCase):
    def test_around_and_on_to_both_ends(self):
        conversation = self.long_chat()
        expected = self.in_order(conversation)
        centre = expected[13]
        answer = conversation.chats_thread(around=centre, limit=8)
        self.assertEqual(answer["ids"], expected[10:18])
        self.assertEqual((answer["has_more"], answer["has_newer"]), (True, True))
        newer = conversation.chats_thread(after=answer["ids"][-1], limit=8)
        self.assertEqual((newer["ids"], newer["has_newer"]), (expected[18:26], True))
        last = conversation.chats_thread(after=newer["ids"][-1], limit=8)
        self.assertEqual((last["ids"], last["has_newer"]), (expected[26:], False))
        older = conversation.chats_thread(before=answer["ids"][0], limit=9)
        self.assertEqual((older["ids"], older["has_more"]), (expected[1:10], True))

    def test_the_newest_page_has_nothing_newer(self):
        answer = self.long_chat().chats_thread(limit=10)
        self.assertEqual((answer["has_more"], answer["has_newer"]), (True, False))

    def test_first_unread(self):
        conversation = self.written(
            self.avito,
            "c1",
            incoming("m1", 1),
            outgoing("m2", 2),
            incoming("m3", 3),
            incoming("notice", 4, noise=True),
            incoming("m4", 5),
        ).with_user(self.anna)
        self.assertEqual(conversation.chats_thread(limit=2)["unread_id"], self.message(self.avito, "m3").id)
        conversation.chats_tick(self.message(self.avito, "m3").id)
        self.assertEqual(conversation.chats_thread()["unread_id"], self.message(self.avito, "m4").id)
        conversation.chats_tick(self.message(self.avito, "m4").id)
        self.assertIs(conversation.chats_thread()["unread_id"], False)


@tagged("post_install", "-at_install")
class TestQuotesAndPictures(ThreadCase):
    def test_quote_leads_to_its_message(self):
        quote = {"text": "text of m1", "direction": "in", "external_id": "m1"}
        lost = {"text": "long ago", "direction": "in", "external_id": "m0"}
        conversation = self.written(
            self.avito,
            "c1",
            incoming("m1"),
            incoming("m2", 1, data={"quote": quote}),
            incoming("m3", 2, data={"quote": lost}),
        )
        # The same number in another chat of the channel's is another message.
        self.written(self.autoru, "c1", incoming("m0", 0))
        answer = conversation.with_user(self.anna).chats_thread()
        first, second, third = (self.message(self.avito, name) for name in ("m1", "m2", "m3"))
        self.assertEqual(self.row(answer, second)["quoted_id"], first.id)
        self.assertIs(self.row(answer, third)["quoted_id"], False)
        self.assertIs(self.row(answer, first)["quoted_id"], False)

    def test_pictures_of_the_whole_chat(self):
        conversation = self.written(self.avito, "c1", *(incoming(f"m{n}", n, kind="image") for n in range(3)))
        files = self.env["ir.attachment"]
        for number in (2, 0):
            message = self.message(self.avito, f"m{number}")
            values = {"name": f"{number}.png", "raw": PIXEL, "mimetype": "image/png"}
            message.attachment_ids = [Command.create(values | {"res_model": message._name})]
            files = message.attachment_ids + files
        pictures = conversation.with_user(self.anna).chats_pictures()
        self.assertEqual([picture["id"] for picture in pictures], files.ids)
        self.assertEqual(pictures[0]["name"], "0.png")
        with self.assertRaises(AccessError):
            conversation.with_user(self.nobody).chats_pictures()


@tagged("post_install", "-at_install")
class TestVersions(ThreadCase):
    def test_a_version_grows_with_each_transaction_that_writes(self):
        """Each savepoint is a transaction of its own to PostgreSQL, and gives rows a number of its own."""
        conversation = self.written(self.avito, "c1", incoming("m1"))
        message = self.message(self.avito, "m1")

        def versions():
            answer = conversation.with_user(self.anna).chats_thread()
            return self.row(answer, conversation)["version"], self.row(answer, message)["version"]

        before = versions()
        self.assertEqual(versions(), before, "reading changes nothing")
        with self.env.cr.savepoint():
            conversation.with_user(self.anna).chats_tick(message.id)
        ticked = versions()
        self.assertGreater(ticked[0], before[0])
        self.assertEqual(ticked[1], before[1])
        with self.env.cr.savepoint():
            message.media_state = "failed"
            self.assertGreater(versions()[1], ticked[1], "what is not flushed yet counts")
