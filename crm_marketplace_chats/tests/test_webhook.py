"""Deliveries: checked, stored and answered in the request; understood later, by a job."""

import json
import logging
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests import HttpCase, mute_logger, tagged

from odoo.addons.crm_marketplace_chats.controllers.access_log import hide_secret_part

from .bazaar import unreachable
from .common import ChatsCase, ChatsMixin, moment

EVENT = "odoo.addons.crm_marketplace_chats.models.marketplace_event"
JOB = "odoo.addons.crm_marketplace_chats.models.marketplace_job"


def delivery(external_id="d1", text="Hello", chat="c1", minutes=0, **values):
    return {"id": external_id, "chat": chat, "text": text, "at": moment(minutes).timestamp(), **values}


@tagged("post_install", "-at_install")
class TestWebhook(ChatsMixin, HttpCase):
    def setUp(self):
        super().setUp()
        self.shop, self.account = self.bazaar(users=self.anna)
        self.path = f"/crm_marketplace_chats/hook/{self.shop.id}/{self.shop.webhook_secret}"

    def deliver(self, body=None, path=None, raw=None, **kwargs):
        data = raw if raw is not None else json.dumps(body)
        headers = {"Content-Type": "application/json", **kwargs.pop("headers", {})}
        return self.url_open(path or self.path, data=data, headers=headers, method="POST", **kwargs)

    @property
    def events(self):
        return self.env["marketplace.event"].search([("channel_id", "=", self.shop.id)], order="id")

    def test_stored_and_answered(self):
        """The request stores; nothing is understood in it, so a slow marketplace or a defect delays no answer."""
        response = self.deliver(delivery(), headers={"x-avito-messenger-signature": "abc"})
        self.assertEqual((response.status_code, response.text), (200, ""))
        self.assertRecordValues(
            self.events, [{"state": "new", "body": json.dumps(delivery()), "signature": "abc"}]
        )
        self.assertFalse(self.chat(self.shop))
        self.assertEqual(self.account.requests.total(), 0)
        triggers = self.env["ir.cron.trigger"].search(
            [("cron_id", "=", self.env.ref("crm_marketplace_chats.ir_cron_events").id)]
        )
        self.assertTrue(triggers, "the job runs at once, not at the next minute")

    def test_log_of_requests_leaves_the_secret_out(self):
        self.assertIn(hide_secret_part, logging.getLogger("werkzeug").filters)
        address = f"/crm_marketplace_chats/hook/{self.shop.id}/s3cret-Part_1?chat_id=Q7mV"
        for message, args in (
            ('"%s" %s', (f"POST {address} HTTP/1.1", 200)),
            (f'"POST {address} HTTP/1.1" 404', None),
        ):
            record = logging.LogRecord("werkzeug", logging.INFO, "", 0, message, args, None)
            self.assertTrue(hide_secret_part(record))
            self.assertIn(
                f'"POST /crm_marketplace_chats/hook/{self.shop.id}/*** HTTP/1.1"', record.getMessage()
            )

    def test_answers_no_session(self):
        self.assertNotIn("session_id", self.deliver(delivery()).headers.get("Set-Cookie", ""))

    def test_same_delivery_twice(self):
        for _ in range(3):
            self.assertEqual(self.deliver(delivery()).status_code, 200)
        self.assertEqual(len(self.events), 1)

    def test_empty_object_is_the_marketplaces_test(self):
        self.assertEqual(self.deliver({}).status_code, 200)
        self.assertFalse(self.events)

    @mute_logger("odoo.http")
    def test_wrong_addresses(self):
        secret, other = self.shop.webhook_secret, self.avito
        for path in (
            f"/crm_marketplace_chats/hook/{self.shop.id}/wrong",
            f"/crm_marketplace_chats/hook/{self.shop.id}/{secret}x",
            f"/crm_marketplace_chats/hook/{other.id}/{secret}",
            f"/crm_marketplace_chats/hook/999999999/{secret}",
            f"/crm_marketplace_chats/hook/{self.shop.id}/%D1%91",
            f"{self.path}?chat_id=wrong",
        ):
            self.assertEqual(self.deliver(delivery(), path=path).status_code, 404, path)
        self.shop.active = False
        self.env.flush_all()
        self.assertEqual(self.deliver(delivery()).status_code, 404)
        self.assertFalse(
            self.env["marketplace.event"].search([("channel_id", "in", (self.shop | other).ids)])
        )

    def test_chat_id_that_is_right(self):
        path = f"{self.path}?chat_id={self.shop.autoru_chat_id}"
        self.assertEqual(self.deliver(delivery(), path=path).status_code, 200)
        self.assertEqual(len(self.events), 1)

    @mute_logger("odoo.http")
    def test_not_a_delivery(self):
        for raw in ("", "text", "[1]", '"text"', "{", b"\xff\xfe", "[" * 100_000, '{"a": "\0"}'):
            self.assertEqual(self.deliver(raw=raw).status_code, 400, str(raw)[:20])
        self.assertFalse(self.events)

    @mute_logger("odoo.http")
    def test_too_large(self):
        self.assertEqual(self.deliver(delivery(text="x" * 1024 * 1024)).status_code, 413)
        self.assertEqual(self.deliver(delivery(text="x" * 1000 * 1000)).status_code, 200)
        self.assertEqual(len(self.events), 1)

    @mute_logger("odoo.http")
    def test_only_post(self):
        self.assertIn(self.url_open(self.path).status_code, (404, 405))

    def test_what_no_column_holds(self):
        """A NUL that JSON spells is no reason to lose what the buyer wrote."""
        response = self.deliver(delivery(text="before\0after \ud83d"))
        self.assertEqual(response.status_code, 200)
        self.assertEqual(len(self.events), 1)


@tagged("post_install", "-at_install")
class TestEvents(ChatsCase):
    def setUp(self):
        super().setUp()
        self.shop, self.account = self.bazaar(users=self.anna)

    def store(self, *bodies):
        for body in bodies:
            self.env["marketplace.event"]._store(self.shop, json.dumps(body))
        return self.events

    @property
    def events(self):
        return self.env["marketplace.event"].search([("channel_id", "=", self.shop.id)], order="id")

    def apply_events(self):
        self.shop.job_ids._wake()
        self.run_job("events")

    def test_applied(self):
        self.account.say("c1", "Hello")
        self.store(delivery("d1"), delivery("d2", "There?", minutes=1), delivery("d1"))
        self.apply_events()
        conversation = self.chat(self.shop)
        self.assertEqual(self.texts(conversation), [("in", "Hello"), ("in", "There?")])
        self.assertEqual(set(self.events.mapped("state")), {"done"})
        self.assertEqual(conversation.buyer_name, "Buyer c1", "names come with one request for the chat")
        self.assertFalse(conversation.is_partial)

    def test_reordered_and_repeated(self):
        self.store(delivery("d2", "second", minutes=1), delivery("d1", "first"))
        self.apply_events()
        self.store(delivery("d1", "first", again=1))
        self.apply_events()
        self.assertEqual(self.texts(self.chat(self.shop)), [("in", "first"), ("in", "second")])

    def test_one_that_is_not_understood(self):
        """Kept, shown, tried again on demand; never in the way of the others."""
        self.store(delivery("d1"), {"broken": True}, {"strange": 1}, delivery("d2", minutes=1))
        with mute_logger(EVENT):
            self.apply_events()
        self.assertEqual(self.events.mapped("state"), ["done", "poison", "poison", "done"])
        self.assertEqual(len(self.chat(self.shop).message_ids), 2)
        poison = self.events[1]
        self.assertIn("Bazaar", poison.error)

        poison.body = json.dumps(delivery("d3", minutes=2))  # as if a new version understood it
        poison.with_user(self.manager).action_retry()
        self.apply_events()
        self.assertEqual(poison.state, "done")
        self.assertEqual(len(self.chat(self.shop).message_ids), 3)

    def test_one_that_cannot_be_stored(self):
        """Understood, but no column takes it: found among the others, and kept."""
        self.store(delivery("d1"), delivery({"strange": "id"}), delivery("d4", minutes=1))
        with mute_logger(EVENT, "odoo.sql_db"):
            self.apply_events()
        self.assertEqual(self.events.mapped("state"), ["done", "poison", "done"])
        self.assertEqual(len(self.chat(self.shop).message_ids), 2)

    def test_one_that_met_others_at_work(self):
        """A conflict with another worker that lasts: nothing is wrong with the deliveries, the next run takes them."""
        self.store(delivery("d1"), delivery("d2", minutes=1))

        def disturbed(*_args, **_kwargs):
            raise SerializationFailure()

        with patch.object(type(self.shop), "_apply_batch", disturbed), patch("time.sleep"):
            self.apply_events()
        self.assertEqual(set(self.events.mapped("state")), {"new"})
        self.apply_events()
        self.assertEqual(self.chat(self.shop).unread_count, 2)

    def test_characters_that_no_column_holds(self):
        self.store(delivery("d1", "before\0after \ud83d"), delivery("d2", "fine", minutes=1))
        self.apply_events()
        texts = self.chat(self.shop).message_ids.sorted("sent_at").mapped("body")
        self.assertIn("after", texts[0])
        self.assertEqual(texts[1], "fine")

    @mute_logger(JOB)
    def test_marketplace_out_of_reach(self):
        """Names cannot be asked for; what is delivered is shown all the same, and without a pause."""
        self.account.fault("conversation", unreachable(), times=99)
        self.store(delivery("d1"))
        self.apply_events()
        self.assertTrue(self.chat(self.shop).is_unprocessed)
        self.store(delivery("d2", minutes=1))
        self.run_job("events")
        self.assertEqual(self.chat(self.shop).unread_count, 2)
        self.account.faults.clear()
        self.account.say("c1", "Hello")
        self.store(delivery("d3", minutes=2))
        self.apply_events()
        self.assertEqual(self.chat(self.shop).buyer_name, "Buyer c1")

    def test_many(self):
        """More than one run takes: the job comes back at once."""
        self.store(*(delivery(f"d{number}", minutes=number) for number in range(250)))
        self.apply_events()
        self.run_job("events")
        self.assertEqual(self.chat(self.shop).unread_count, 250)

    def test_understood_ones_go_after_a_while(self):
        self.store(delivery("d1"), delivery("d2", minutes=1))
        old, poison = self.events
        self.env.cr.execute(
            "UPDATE marketplace_event SET create_date = now() - interval '30 days' WHERE id = ANY(%s)",
            [self.events.ids],
        )
        old.state, poison.state = "done", "poison"
        self.env["marketplace.event"]._gc_understood()
        self.assertEqual(self.events, poison)
