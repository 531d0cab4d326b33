"""Workers side by side, with connections and commits of their own: deliveries and pulls hold no lock on each other."""

import threading
import unittest
from contextlib import contextmanager
from random import Random
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.orm.registry import DummyRLock
from odoo.tests import BaseCase, mute_logger, tagged
from odoo.tests.common import get_db_name

from .common import ChatsCase, about, batch, incoming, outgoing

WORKERS, CHATS, MESSAGES = 4, 6, 8


@tagged("post_install", "-at_install")
class TestSideBySide(BaseCase):
    """Real transactions: what is made here is committed, and removed in the end."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        # Odoo's own runner holds this lock while it runs the tests; our threads would wait for its end.
        self.startPatcher(patch.object(Registry, "_lock", DummyRLock()))
        with self.env() as env:
            self.channel_id = (
                env["marketplace.channel"].create({"name": "Side by side", "marketplace": "avito"}).id
            )
        self.addCleanup(self.remove)

    def remove(self):
        with self.env() as env:
            env["marketplace.channel"].browse(self.channel_id).unlink()

    @contextmanager
    def env(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def story(self):
        things = []
        for chat in range(CHATS):
            things.append(about(f"c{chat}", buyer_name=f"Buyer {chat}"))
            for number in range(MESSAGES):
                build = outgoing if number == MESSAGES // 2 else incoming
                things.append(build(f"{chat}-{number}", 10 * number + chat, f"c{chat}"))
        return things

    def work(self, number, failures):
        """Tell the whole story, in small batches and an order of its own."""
        things = self.story()
        Random(number).shuffle(things)
        try:
            with self.env() as env:
                channel = env["marketplace.channel"].browse(self.channel_id)
                while things:
                    channel._apply_and_commit(batch(*things[:5]))
                    things = things[5:]
        except Exception as error:  # noqa: BLE001  a thread's failure is the test's
            failures.append(error)

    def test_a_token_stored_twice_at_once(self):
        """Who is late starts again, as Odoo does with such an error, and the log holds no token."""

        def store(env, value):
            channel = env["marketplace.channel"].browse(self.channel_id)
            env["marketplace.channel.secret"]._store(channel, "session", value)
            return channel

        for before in ("", "old-token"):
            with self.env() as env:
                store(env, before)
            with self.env() as late, self.assertNoLogs("odoo.sql_db"):
                late["marketplace.channel"].search([])  # from here on it sees the database as it is now
                with self.env() as env:
                    store(env, "token-of-the-first")
                # Odoo's own would take our `env` for an environment.
                with unittest.TestCase.assertRaises(self, SerializationFailure):
                    store(late, "token-of-the-late")
                late.cr.rollback()
                channel = store(late, "token-of-the-late")
                self.assertEqual(
                    late["marketplace.channel.secret"]._read_all(channel), {"session": "token-of-the-late"}
                )

    @mute_logger("odoo.sql_db")  # conflicts are awaited, and solved
    def test_same_story_told_at_once(self):
        failures = []
        threads = [
            threading.Thread(target=self.work, args=(number, failures), daemon=True)
            for number in range(WORKERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(failures, [])
        with self.env() as env:
            conversations = env["marketplace.conversation"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(len(conversations), CHATS)
            for conversation in conversations:
                self.assertEqual(len(conversation.message_ids), MESSAGES)
                self.assertEqual(conversation.unread_count, MESSAGES // 2 - 1)
                self.assertEqual(conversation.buyer_name, f"Buyer {conversation.external_id[1:]}")


@tagged("post_install", "-at_install")
class TestOneWorkerPerChannel(ChatsCase):
    def setUp(self):
        super().setUp()
        self.shop, self.account = self.bazaar()
        self.account.say("c1", "Hello")

    @contextmanager
    def another_worker(self, kind):
        """Another process that works on this concern of this channel."""
        with Registry(get_db_name()).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.assertTrue(env["marketplace.job"]._hold(self.shop.id, kind))
            yield

    def test_others_keep_away(self):
        with self.another_worker("pull"):
            self.run_job("pull")
            self.assertEqual(self.account.requests.total(), 0)
        self.run_job("pull")
        self.assertTrue(self.chat(self.shop))

    def test_other_concerns_and_channels_go_on(self):
        other, account = self.bazaar(name="two")
        account.say("c1", "Hello")
        with self.another_worker("send"):
            self.run_job("pull")
        self.assertTrue(self.chat(self.shop))
        self.assertTrue(self.chat(other))

    def test_lock_ends_with_the_process(self):
        with self.another_worker("pull"):
            pass
        self.run_job("pull")
        self.assertGreater(self.account.requests.total(), 0)

    def test_stored_once_whoever_looked_when(self):
        """A worker whose look is older than another's insert: the database itself knows what is there."""
        self.apply(self.shop, about("c1"), incoming("m1"))
        channel_class = type(self.shop)
        self.patch(channel_class, "_known_messages", lambda channel, ids: {})
        self.apply(self.shop, incoming("m1"), incoming("m2", 1))
        self.assertEqual(self.chat(self.shop).message_ids.mapped("external_id"), ["m2", "m1"])
