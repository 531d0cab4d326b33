"""Chats that are put off: when they leave the waiting ones, and when they come back."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import ChatsCase, incoming, naive, outgoing

NOON = naive(120)  # of a Monday, the 2nd of March
TUESDAY, FRIDAY, NEXT_FRIDAY = (NOON + timedelta(days=days, hours=-3) for days in (1, 4, 11))


@tagged("post_install", "-at_install")
class TestSnooze(ChatsCase):
    def setUp(self):
        super().setUp()
        self.set_clock(NOON)
        self.conversation = self.written(self.avito)

    def set_clock(self, moment):
        clock = freeze_time(moment)
        clock.start()
        self.addCleanup(clock.stop)

    @property
    def screen(self):
        return self.env["marketplace.conversation"].with_user(self.anna)

    def snooze(self, until="two_hours", conversation=None, user=None):
        conversation = conversation or self.conversation
        seen = conversation.mapped("last_message_id")
        return conversation.with_user(user or self.anna).chats_snooze(until, seen)

    def pass_until(self, moment):
        self.set_clock(moment)
        with self.job_env() as env:
            env["marketplace.conversation"]._return_snoozed()
        self.env.invalidate_all()

    def waiting(self):
        return self.screen.chats_list("waiting")["ids"]

    def snoozed(self):
        return self.screen.chats_list("snoozed")["ids"]

    def test_it_leaves_the_waiting_and_every_number(self):
        answer = self.snooze()
        self.assertEqual(answer["counts"]["waiting"], 0)
        self.assertEqual(answer["counts"]["unprocessed"], 0)
        self.assertEqual(answer["counts"]["snoozed"], 1)
        self.assertEqual((self.waiting(), self.snoozed()), ([], self.conversation.ids))
        row = answer["store"]["marketplace.conversation"][0]
        self.assertEqual(row["snoozed_until"], "2026-03-02 14:00:00")
        self.assertTrue(self.conversation.is_unprocessed, "a fact of the messages, whatever is put off")
        self.assertEqual(self.screen.chats_list("all")["ids"], self.conversation.ids)

    def test_named_moments_in_the_users_time(self):
        for zone, until, expected in (
            ("UTC", "tomorrow", "2026-03-03 09:00:00"),
            ("Europe/Moscow", "tomorrow", "2026-03-03 06:00:00"),
            ("Europe/Moscow", "friday", "2026-03-06 06:00:00"),
            ("Asia/Vladivostok", "tomorrow", "2026-03-02 23:00:00"),
            ("Pacific/Kiritimati", "tomorrow", "2026-03-03 19:00:00"),  # there it is Tuesday already
            ("America/New_York", "tomorrow", "2026-03-03 14:00:00"),
            ("Asia/Vladivostok", "two_hours", "2026-03-02 14:00:00"),
            (False, "tomorrow", "2026-03-03 09:00:00"),
        ):
            with self.subTest(zone=zone, until=until):
                self.snooze(until, self.conversation.with_context(tz=zone))
                self.assertEqual(str(self.conversation.snoozed_until), expected)

    def test_clocks_that_change_in_the_night(self):
        self.set_clock(NOON + timedelta(days=5, hours=8))  # on the 8th clocks go forward there
        self.snooze("tomorrow", self.conversation.with_context(tz="America/New_York"))
        self.assertEqual(str(self.conversation.snoozed_until), "2026-03-08 13:00:00")

    def test_friday_on_a_friday_is_the_next_one(self):
        self.set_clock(FRIDAY - timedelta(hours=1))
        self.snooze("friday")
        self.assertEqual(self.conversation.snoozed_until, NEXT_FRIDAY)

    def test_own_moment(self):
        self.snooze("2026-03-04 10:30:00")
        self.assertEqual(str(self.conversation.snoozed_until), "2026-03-04 10:30:00")
        for moment in (
            "2026-03-02 11:00:00",
            "2028-01-01 00:00:00",
            "soon",
            "0001-01-01 00:00:00",
            [1],
            {"a": 1},
            5,
        ):
            with self.subTest(moment=moment), self.assertRaises(UserError):
                self.snooze(moment)

    def test_it_returns_at_its_time(self):
        self.snooze()
        self.pass_until(NOON + timedelta(minutes=119))
        self.assertEqual(self.waiting(), [])
        self.pass_until(NOON + timedelta(hours=2))
        self.assertEqual((self.waiting(), self.snoozed()), (self.conversation.ids, []))
        self.assertEqual(self.conversation.queued_since, naive(0), "it has waited since the client wrote")
        self.assertEqual(self.conversation.due_since, NOON + timedelta(hours=2))
        self.assertEqual(self.screen.chats_counts()["unprocessed"], 1)

    def test_the_job_is_woken_for_that_moment(self):
        cron = self.env.ref("crm_marketplace_chats.ir_cron_snooze")
        self.snooze("tomorrow")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertIn(self.conversation.snoozed_until, triggers.mapped("call_at"))
        self.assertIn("_return_snoozed", cron.code)

    def test_screens_are_told_of_the_return(self):
        self.snooze()
        self.env["bus.bus"].sudo().search([]).unlink()
        self.pass_until(NOON + timedelta(hours=3))
        notes = self.env["bus.bus"].sudo().search([]).mapped("message")
        self.assertTrue(any('"due_since":"2026-03-02 15:00:00"' in note for note in notes), notes)

    def test_the_clients_message_brings_it_back_at_once(self):
        self.snooze("friday")
        changed = self.apply(self.avito, incoming("m2", 130))
        self.assertIn(self.conversation, changed)
        self.assertEqual((self.waiting(), self.snoozed()), (self.conversation.ids, []))
        self.assertFalse(self.conversation.due_since, "nothing was put off to this moment")

    def test_what_is_no_clients_message_does_not(self):
        self.snooze("friday")
        self.apply(self.avito, incoming("m2", 130, noise=True), outgoing("m3", 131))
        self.assertEqual(self.snoozed(), self.conversation.ids)

    def test_a_message_that_came_late_brings_it_back_too(self):
        """It was written before the last one that was seen, but nobody could see it."""
        self.snooze("friday")
        self.apply(self.avito, incoming("late", -1))
        self.assertEqual(self.waiting(), self.conversation.ids)

    def test_what_was_not_seen_is_not_put_off(self):
        seen = self.conversation.last_message_id
        self.apply(self.avito, incoming("m2", 1))
        self.conversation.with_user(self.anna).chats_snooze("friday", [seen])
        self.assertEqual((self.waiting(), self.snoozed()), (self.conversation.ids, []))

    def test_older_history_that_was_stored_later_is_seen_all_the_same(self):
        """Numbers of messages do not follow their times: what counts is what had come when it was put off."""
        self.apply(self.avito, incoming("older", -60))
        self.snooze("friday")
        self.assertEqual(self.snoozed(), self.conversation.ids)

    def test_an_answered_chat_is_a_reminder(self):
        self.post(self.conversation, "I will write on Friday")
        self.snooze("friday")
        self.assertEqual((self.waiting(), self.snoozed()), ([], self.conversation.ids))
        self.pass_until(FRIDAY)
        self.assertEqual(
            self.waiting(), self.conversation.ids, "it is seen though nobody waits for an answer"
        )
        self.assertFalse(self.conversation.is_unprocessed)
        self.assertEqual((self.conversation.due_since, self.conversation.queued_since), (FRIDAY, FRIDAY))
        self.set_clock(FRIDAY + timedelta(minutes=1))
        self.post(self.conversation, "Here I am")
        self.assertEqual(self.waiting(), [])
        self.assertFalse(self.conversation.due_since)

    def test_an_answer_that_failed_leaves_the_reminder(self):
        self.post(self.conversation, "Soon")
        self.snooze()
        self.pass_until(NOON + timedelta(hours=2))
        self.set_clock(NOON + timedelta(hours=3))
        message = self.post(self.conversation, "Here I am")
        self.assertEqual(self.waiting(), [])
        message.state = "failed"
        self.conversation._recount()
        self.assertEqual(self.waiting(), self.conversation.ids)

    def test_a_tick_ends_the_reminder(self):
        self.post(self.conversation, "Soon")
        self.snooze()
        self.pass_until(NOON + timedelta(hours=2))
        self.conversation.with_user(self.anna).chats_tick(self.conversation.last_message_id)
        self.assertEqual(self.waiting(), [])
        self.assertFalse(self.conversation.due_since)
        # … and once more, when everything up to there was ticked before.
        self.snooze()
        self.pass_until(NOON + timedelta(hours=5))
        self.assertEqual(self.waiting(), self.conversation.ids)
        self.conversation.with_user(self.anna).chats_tick(self.conversation.last_message_id)
        self.assertEqual(self.waiting(), [])

    def test_our_answer_does_not_end_the_snooze(self):
        self.snooze("friday")
        self.post(self.conversation, "On Friday then")
        self.assertEqual(self.snoozed(), self.conversation.ids)
        self.pass_until(FRIDAY)
        self.assertEqual(self.waiting(), self.conversation.ids)

    def test_ended_by_hand(self):
        self.snooze("friday")
        answer = self.snooze(False)
        self.assertEqual(answer["counts"]["waiting"], 1)
        self.assertEqual((self.waiting(), self.snoozed()), (self.conversation.ids, []))
        self.assertFalse(self.conversation.due_since)

    def test_snoozed_again(self):
        self.snooze()
        self.pass_until(NOON + timedelta(hours=2))
        self.snooze("tomorrow")
        self.assertEqual((self.waiting(), self.snoozed()), ([], self.conversation.ids))

    def test_soonest_return_first(self):
        later = self.written(self.avito, "c2")
        self.snooze("friday", later)
        self.snooze("tomorrow")
        self.assertEqual(self.snoozed(), [self.conversation.id, later.id])
        first = self.screen.chats_list("snoozed", limit=1)
        self.assertTrue(first["has_more"])
        self.assertEqual(self.screen.chats_list("snoozed", after=first["ids"][0])["ids"], later.ids)

    def test_many_at_once(self):
        """As many statements for fifty as for two."""

        def count(chats):
            conversations = self.env["marketplace.conversation"]
            for chat in chats:
                conversations |= self.written(self.avito, chat)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.snooze("tomorrow", conversations)
            self.assertEqual(set(conversations.mapped("snoozed_until")), {TUESDAY})
            return self.cr.sql_log_count - before

        count(["w1", "w2"])
        few, many = count(["a1", "a2"]), count([f"b{number}" for number in range(50)])
        self.assertLessEqual(many, few + 2)

    def test_others_chats(self):
        foreign = self.written(self.autoru)
        with self.assertRaises(AccessError):
            self.snooze("tomorrow", foreign, user=self.ivan)
        self.assertFalse(foreign.snoozed_until)
        self.snooze("tomorrow", foreign)
        self.assertEqual(foreign.with_user(self.ivan).search_count([("snoozed_until", "!=", False)]), 0)
