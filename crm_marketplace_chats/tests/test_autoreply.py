"""The text outside working hours: one, with the real opening, and never an answer."""

# ruff: noqa: DTZ001  moments without a zone are meant: local ones, and UTC as Odoo keeps it

from datetime import datetime, timedelta, timezone

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from .common import about, incoming
from .hours import make_calendar, utc
from .test_clock import HoursCase

#: An evening of Wednesday, after 20:00 of the showroom's clock.
EVENING = utc(datetime(2026, 5, 6, 21))


@tagged("post_install", "-at_install")
class TestAutoreply(HoursCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop, cls.account = cls.bazaar(users=cls.anna)
        cls.shop.calendar_id = cls.calendar
        cls.template = cls.env.ref("crm_marketplace_chats.template_closed")
        cls.template.with_context(lang="en_US").body = "Closed. We answer {{opening}}."
        with freeze_time(EVENING - timedelta(days=2)):
            cls.shop.write({"autoreply_active": True, "autoreply_template_id": cls.template.id})

    def setUp(self):
        super().setUp()
        self.account.chats.clear()

    def say(self, moment, chat="c1", text="Hello"):
        return self.account.say(chat, text, at=moment.replace(tzinfo=timezone.utc))

    def work(self, moment):
        """At a moment: what came is pulled, the rules are kept, what is queued leaves."""
        with freeze_time(moment):
            for kind in ("pull", "rules", "send"):
                self.shop.job_ids.next_run_at = moment - timedelta(days=1)
                self.run_job(kind)
        self.env.invalidate_all()

    def test_once_in_a_closed_period(self):
        self.say(EVENING)
        self.work(EVENING + timedelta(minutes=1))
        self.assertEqual(self.account.ours("c1"), ["Closed. We answer tomorrow at 9:00\u202fAM."])
        chat = self.chat(self.shop)
        self.assertTrue(chat.is_unprocessed)
        self.assertEqual(chat.waiting_since, EVENING)
        self.assertEqual(chat.goal_at, utc(datetime(2026, 5, 7, 9, 15)))
        self.assertFalse(self.account.chats["c1"].read_to, "nobody has read it")
        turns = self.env["marketplace.turn"].search([("conversation_id", "=", chat.id)])
        self.assertEqual(turns.mapped("ended_at"), [False])
        # He writes again: he knows already.
        self.say(EVENING + timedelta(minutes=5), text="And the price?")
        self.work(EVENING + timedelta(minutes=6))
        self.assertEqual(len(self.account.ours("c1")), 1)
        # Its echo comes back with a pull and is still no answer.
        self.work(EVENING + timedelta(minutes=8))
        self.assertEqual(chat.unread_count, 2)
        # The next night is another one.
        self.say(EVENING + timedelta(days=1), text="Still nobody?")
        self.work(EVENING + timedelta(days=1, minutes=1))
        self.assertEqual(len(self.account.ours("c1")), 2)

    def test_never_while_open(self):
        noon = utc(datetime(2026, 5, 6, 15))
        self.say(noon)
        self.work(noon + timedelta(minutes=1))
        self.assertEqual(self.account.ours("c1"), [])

    def test_not_what_was_written_while_open(self):
        self.say(utc(datetime(2026, 5, 6, 19, 55)))
        self.work(utc(datetime(2026, 5, 6, 20, 5)))
        self.assertEqual(self.account.ours("c1"), [])

    def test_neither_old_nor_noise_nor_answered(self):
        self.say(EVENING, "old")
        self.account.put(
            "noise",
            "in",
            "Rate us",
            at=(EVENING + timedelta(hours=2)).replace(tzinfo=timezone.utc),
            noise=True,
        )
        self.say(EVENING + timedelta(hours=2), "answered")
        self.account.reply("answered", "Yes", at=(EVENING + timedelta(hours=2)).replace(tzinfo=timezone.utc))
        self.work(EVENING + timedelta(hours=2, minutes=1))
        self.assertEqual(
            [self.account.ours(chat) for chat in ("old", "noise", "answered")], [[], [], ["Yes"]]
        )

    def test_off_by_default_and_not_for_what_came_before(self):
        self.assertFalse(self.avito.autoreply_active)
        self.shop.autoreply_active = False
        self.say(EVENING)
        self.work(EVENING + timedelta(minutes=1))
        with freeze_time(EVENING + timedelta(minutes=2)):
            self.shop.autoreply_active = True
        self.work(EVENING + timedelta(minutes=3))
        self.assertEqual(self.account.ours("c1"), [])

    def test_words_for_the_opening(self):
        def words(*when, lang="en_US"):
            with freeze_time(utc(datetime(2026, *when))):
                said = self.shop.with_context(lang=lang)._opening_words()
            return said and said.replace("\u202f", " ")

        self.assertEqual(words(5, 6, 5), "today at 9:00 AM")
        self.assertEqual(words(5, 6, 13, 30), "today at 2:00 PM")
        self.assertEqual(words(4, 2, 22), "on 7 April at 9:00 AM")
        self.assertFalse(words(5, 6, 10))
        self.shop.calendar_id = make_calendar(self.env, self.company, [], holidays=[])
        self.assertFalse(words(5, 6, 5), "it never opens")

    def test_by_hand_it_is_offered_while_closed(self):
        self.say(EVENING)
        self.work(EVENING + timedelta(minutes=1))
        chat = self.chat(self.shop).with_user(self.anna)
        late = self.template.copy({"name": "Late", "user_id": False})
        late.body = "We answer {{opening|soon}}."
        for moment, offered in ((EVENING, True), (EVENING + timedelta(hours=14), False)):
            with freeze_time(moment):
                texts = {one["id"]: one["body"] for one in chat.chats_templates()["items"]}
            self.assertIn("We answer ", texts[late.id])
            self.assertEqual(self.template.id in texts, offered)

    def test_a_text_that_is_always_whole(self):
        for body in ("{{car}} is here", "I am {{manager}}"):
            with self.subTest(body=body), self.assertRaises(ValidationError):
                self.template.body = body
        self.shop.autoreply_active = False
        self.template.body = "I am {{manager}}"
        with self.assertRaises(ValidationError):
            self.shop.autoreply_active = True

    def test_two_workers(self):
        """The database itself refuses a second text for the same night."""
        self.apply(
            self.shop, about("c9"), incoming("m9", chat="c9", sent_at=EVENING.replace(tzinfo=timezone.utc))
        )
        chat = self.chat(self.shop, "c9")
        first, second = (chat._autoreply("Closed", EVENING)["key"] for _worker in range(2))
        self.assertEqual(first, second)
        self.assertTrue(first.startswith(f"auto/{chat.id}/"))
