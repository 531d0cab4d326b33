from odoo.tests import tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import Batch, RemoteCall, RemoteListing

from .common import ChatsCase, incoming, moment, naive

CAR = RemoteListing("l1", title="Haval Jolion, 2025", price=100, partial=True)


def call(number, minutes=0, phone="79990000001", talk=0, listing=CAR):
    return RemoteCall(
        str(number),
        moment(minutes),
        phone,
        talk,
        wait_seconds=9,
        missed=not talk,
        listing=listing,
        has_recording=talk > 0,
    )


@tagged("post_install", "-at_install")
class TestCalls(ChatsCase):
    def ring(self, *calls):
        self.avito._apply_batch(self.avito._calls_as_batch(calls))
        return self.env["marketplace.conversation"].search([("is_calls", "=", True)], order="id")

    def test_missed_call_waits_for_an_answer(self):
        chat = self.ring(call(1, 5))
        self.assertRecordValues(
            chat,
            [
                {
                    "buyer_name": "+79990000001",
                    "is_unprocessed": True,
                    "unread_count": 1,
                    "waiting_since": naive(5),
                    "last_message_kind": "missed_call",
                    "is_blocked": True,
                    "price_seen": 100,
                }
            ],
        )
        self.assertEqual(chat.listing_id.title, "Haval Jolion, 2025")
        self.assertEqual(
            chat.message_ids.data["call"], {"missed": True, "seconds": 9, "phone": "79990000001"}
        )

    def test_known_calls_change_nothing(self):
        calls = [call(1), call(2, 3, talk=60)]
        chat = self.ring(*calls)
        before = chat.message_ids.ids
        self.assertEqual(self.ring(*calls).message_ids.ids, before)

    def test_call_that_was_taken_answers(self):
        """The client reached us in the end: nobody has to call back."""
        chat = self.ring(call(1, 0), call(2, 1), call(3, 2, talk=67))
        self.assertFalse(chat.is_unprocessed)
        self.assertEqual(chat.last_message_kind, "call")
        chat = self.ring(call(4, 10))
        self.assertEqual(chat.unread_count, 1, "but the next missed one waits")

    def test_one_chat_per_number_and_car(self):
        chats = self.ring(
            call(1), call(2, listing=RemoteListing("l2", partial=True)), call(3, phone="79990000002"), call(4)
        )
        self.assertEqual(chats.mapped(lambda chat: len(chat.message_ids)), [2, 1, 1])

    def test_hidden_numbers_are_not_mixed(self):
        chats = self.ring(call(1, phone=""), call(2, phone=""))
        self.assertEqual(len(chats), 2)

    def test_chat_of_a_known_person(self):
        """The number belongs to the client of a chat about this car: the call is part of it."""
        chat = self.written(self.avito, "c1", incoming("m1"), listing=CAR)
        chat.partner_id = self.env["res.partner"].create({"name": "Oleg", "phone": "+7 999 000-00-01"})
        self.assertFalse(self.ring(call(1, 5)))
        self.assertEqual(chat.unread_count, 2)
        self.assertEqual(chat.last_message_kind, "missed_call")
        self.assertEqual(
            len(self.ring(call(2, listing=None))), 1, "a call about no car is not about this one"
        )

    def test_recording_is_fetched_by_its_call(self):
        chat = self.ring(call(1, talk=30))
        self.assertEqual(chat.message_ids.media_state, "pending")
        self.assertEqual(chat.message_ids.data["media"], [{"kind": "recording", "url": "", "ref": "1"}])

    def test_tick_asks_nothing_of_the_marketplace(self):
        shop, account = self.bazaar(users=self.anna)
        shop._apply_batch(shop._calls_as_batch([call(1)]))
        chat = self.env["marketplace.conversation"].search([("channel_id", "=", shop.id)])
        chat.with_user(self.anna).chats_tick(chat.message_ids.id)
        self.run_job("send")
        self.assertFalse(chat.is_unprocessed)
        self.assertFalse(chat.remote_read_pending)
        self.assertEqual(account.requests["mark_read"], 0)

    def test_channel_without_a_list_of_calls(self):
        shop, _account = self.bazaar(users=self.anna)
        self.run_job("calls")
        self.assertEqual(self.job(shop, "calls").failures, 0)

    def test_empty_page(self):
        self.assertEqual(self.avito._calls_as_batch(()), Batch())
