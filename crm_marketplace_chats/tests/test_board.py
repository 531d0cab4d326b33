"""The wall, the digest, and the marketplace's own average beside ours."""

# ruff: noqa: DTZ001  moments without a zone are meant: local ones, and UTC as Odoo keeps it

from datetime import datetime, timedelta, timezone

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_marketplace_chats.marketplaces import autoru_words
from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing

from .common import about, incoming, outgoing
from .hours import utc
from .test_clock import HoursCase

NOW = utc(datetime(2026, 5, 6, 15))


class BoardCase(HoursCase):
    def at(self, minutes):
        """Minutes before now."""
        return (NOW - timedelta(minutes=minutes)).replace(tzinfo=timezone.utc)

    def ask(self, chat, minutes, answered=None, listing=None, user=None):
        self.apply(
            self.avito,
            about(chat, buyer_name=chat, listing=listing),
            incoming(f"{chat}-1", chat=chat, sent_at=self.at(minutes)),
        )
        found = self.chat(self.avito, chat)
        if answered is not None:
            self.apply(self.avito, outgoing(f"{chat}-2", chat=chat, sent_at=self.at(answered)))
            self.message(self.avito, f"{chat}-2").author_id = user or self.anna
            found._recount()
        elif user:
            found.user_id = user
        return found


@tagged("post_install", "-at_install")
class TestBoard(BoardCase):
    def board(self, user=None):
        with freeze_time(NOW):
            return self.env["marketplace.turn"].with_user(user or self.manager).chats_board()

    def test_figures(self):
        cheap = RemoteListing("l1", title="Vesta", price=1_000_000)
        dear = RemoteListing("l2", title="Monjaro", price=4_000_000)
        self.ask("Oleg", 40, listing=dear, user=self.ivan)
        self.ask("Maria", 3, listing=cheap)
        self.ask("Pavel", 2, listing=cheap)
        self.ask("quick", 60, answered=56)
        self.ask("slow", 60, answered=40)
        self.ask("by Ivan", 10, answered=8, user=self.ivan)
        self.ask("yesterday", 1500, answered=1495)
        self.ask("ticked", 20)
        with freeze_time(NOW):
            chat = self.chat(self.avito, "ticked")
            chat.with_user(self.anna).chats_tick(chat.message_ids.id)
        board = self.board()
        self.assertEqual((board["waiting"], board["late"], board["unowned"]), (3, 1, 2))
        self.assertEqual(board["oldest"]["buyer"], "Oleg")
        self.assertEqual(board["oldest"]["car"], "Monjaro")
        self.assertEqual(board["oldest"]["since"], "2026-05-06 12:20:00")
        self.assertEqual((board["answered"], board["quick_percent"]), (3, 67))
        self.assertEqual(board["money"], 5_000_000, "a car that two ask about counts once")
        people = {person["name"]: person for person in board["people"]}
        self.assertEqual((people["Anna"]["waiting"], people["Anna"]["answered"]), (0, 2))
        self.assertEqual((people["Ivan"]["waiting"], people["Ivan"]["answered"]), (1, 1))
        self.assertTrue(people["Anna"]["on_shift"])
        self.env["marketplace.employee"]._of(self.anna).on_shift = False
        people = {person["name"]: person for person in self.board()["people"]}
        self.assertFalse(people["Anna"]["on_shift"])

    def test_empty(self):
        board = self.board()
        self.assertEqual(
            (board["waiting"], board["oldest"], board["quick_percent"], board["money"], board["answered"]),
            (0, False, False, 0, 0),
        )

    def test_only_ones_own_companies_and_administrators(self):
        south = self.channel("South", "avito", company=self.other_company)
        self.written(south)
        self.assertEqual(self.board()["waiting"], 1)
        self.assertEqual(
            self.board(self.person("north", "crm_marketplace_chats.group_chats_manager"))["waiting"], 0
        )
        for user in (self.anna, self.clerk):
            with self.assertRaises(AccessError):
                self.board(user)

    def test_constant_cost(self):
        def cost():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.board()
            return self.env.cr.sql_log_count - before

        self.ask("c0", 5)
        small = cost()
        for number in range(20):
            self.ask(f"c{number}", 5, listing=RemoteListing(f"l{number}", title="Car", price=1))
        self.assertLessEqual(cost(), small + 2)


@tagged("post_install", "-at_install")
class TestDigest(BoardCase):
    def values(self, user=None):
        digest = self.env.ref("crm_marketplace_chats.digest_chats").with_user(user or self.manager)
        digest = digest.with_context(
            start_datetime=NOW - timedelta(days=7), end_datetime=NOW + timedelta(days=1)
        ).with_company(self.company)
        return (
            digest.kpi_chats_answered_value,
            digest.kpi_chats_within_goal_value,
            digest.kpi_chats_missed_calls_value,
        )

    def test_figures(self):
        self.env.ref("crm_marketplace_chats.digest_chats").company_id = False
        self.ask("quick", 60, answered=50)
        self.ask("slow", 60, answered=10)
        self.ask("long ago", 60 * 24 * 8, answered=60 * 24 * 8)
        self.apply(
            self.avito,
            about("caller"),
            incoming(
                "call", chat="caller", kind="call", sent_at=self.at(50), data={"call": {"missed": True}}
            ),
            outgoing("back", chat="caller", sent_at=self.at(49)),
        )
        answered, share, missed = self.values()
        self.assertEqual((answered, missed), (3, 1))
        self.assertAlmostEqual(share, 200 / 3, 3)

    def test_only_for_those_who_may_see_the_figures(self):
        with self.assertRaises(AccessError):
            self.values(self.anna)

    def test_it_can_be_written(self):
        digest = self.env.ref("crm_marketplace_chats.digest_chats")
        self.assertEqual((digest.periodicity, digest.state), ("weekly", "activated"))
        kpis = digest._compute_kpis(self.company, self.manager)
        self.assertEqual(
            {kpi["kpi_name"] for kpi in kpis},
            {"kpi_chats_answered", "kpi_chats_within_goal", "kpi_chats_missed_calls"},
        )
        self.assertFalse(digest._compute_kpis(self.company, self.anna))


@tagged("post_install", "-at_install")
class TestDelay(BoardCase):
    def test_the_newest_word_counts(self):
        self.apply(
            self.autoru,
            about("c1", updated_at=self.at(5), our_delay_minutes=9),
            about("c2", updated_at=self.at(1), our_delay_minutes=7),
            about("c3", updated_at=self.at(0)),
        )
        self.assertEqual(self.autoru.remote_delay_minutes, 7)
        self.apply(self.autoru, about("c3", updated_at=self.at(0)))
        self.assertEqual(self.autoru.remote_delay_minutes, 7)

    def test_read_from_auto_ru(self):
        room = {
            "id": "1" * 32,
            "me": "we",
            "users": [
                {"id": "buyer", "average_reply_delay_minutes": 90},
                {"id": "we", "average_reply_delay_minutes": 6},
            ],
        }
        read = autoru_words.conversation(room, "https://x", "", full=True)
        self.assertEqual(read.our_delay_minutes, 6)
        for odd in (None, "soon", -4, [], 2**40):
            room["users"][1]["average_reply_delay_minutes"] = odd
            self.assertIsNone(autoru_words.conversation(room, "https://x", "", full=True).our_delay_minutes)

    def test_ours(self):
        with freeze_time(NOW):
            self.ask("c1", 60, answered=50)
            self.ask("c2", 60, answered=40)
            self.avito.invalidate_recordset()
            self.assertEqual(self.avito.own_delay_minutes, 15)
            self.assertEqual(self.autoru.own_delay_minutes, 0)
