"""Turns and the report over them, against a plain and slow recomputation of generated histories."""

# ruff: noqa: DTZ001  moments without a zone are meant: local ones, and UTC as Odoo keeps it

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from random import Random
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing

from .common import about, incoming, outgoing
from .hours import PlainHours
from .test_clock import HoursCase

START, DAYS = datetime(2026, 3, 20), 20
SPAN = START, START + timedelta(days=DAYS + 5)


def call(external_id, chat, at, missed):
    return incoming(
        external_id,
        chat=chat,
        kind="call",
        text="",
        sent_at=at,
        data={"call": {"missed": missed, "seconds": 30}},
    )


class History:
    """What happens in some chats, by chance, in whole minutes; then told to Odoo in an order by chance."""

    def __init__(self, seed, chats=4, events=24):
        random = self.random = Random(seed)
        self.chats = [f"c{number}" for number in range(chats)]
        self.messages = []
        for chat in self.chats:
            minutes = sorted(random.sample(range(DAYS * 24 * 60), events))
            for number, minute in enumerate(minutes):
                at = (START + timedelta(minutes=minute)).replace(tzinfo=timezone.utc)
                self.messages.append(self.message(f"{chat}-{number}", chat, at))

    def message(self, external_id, chat, at):
        kind = self.random.choices(("in", "out", "missed", "taken", "noise"), (6, 5, 2, 1, 1))[0]
        if kind in ("missed", "taken"):
            return call(external_id, chat, at, kind == "missed")
        if kind == "out":
            return outgoing(external_id, chat=chat, sent_at=at)
        return incoming(external_id, chat=chat, sent_at=at, noise=kind == "noise")


def plain_turns(chat, plain):
    """The turns of a conversation, each thing that the client said looked at by itself: what ended it is the first
    answer or the first tick that covers it, whichever came first."""
    messages = chat.message_ids.sorted(lambda one: (one.sent_at, one.id)).filtered(
        lambda one: not one.is_noise and not one.is_auto
    )
    calls = {one: (one.data or {}).get("call") for one in messages if one.kind == "call"}
    asking = [one for one in messages if one.direction == "in" and one.kind != "deleted"]
    answers = [
        one
        for one in messages
        if (one in calls and not calls[one]["missed"])
        or (one.direction == "out" and one.state in ("queued", "sending", "sent", "read", "unknown"))
    ]
    ticks = chat.env["marketplace.tick"].search(
        [("conversation_id", "=", chat.id)], order="message_at, message_id"
    )
    groups = defaultdict(list)
    for one in asking:
        place = (one.sent_at, one.id)
        answer = next((other for other in answers if (other.sent_at, other.id) >= place), None)
        tick = next((other for other in ticks if (other.message_at, other.message_id) >= place), None)
        if answer and tick and answer.sent_at > tick.ticked_at:
            answer = None
        groups[answer or tick].append(one)
    rows = []
    for end, said in groups.items():
        ended_at, by, user = None, False, False
        if end and end._name == "marketplace.tick":
            ended_at, by, user = end.ticked_at, "tick", end.user_id.id
        elif end:
            by = "call" if end in calls else "reply" if end.author_id else "app"
            ended_at, user = end.sent_at, end.author_id.id
        ended_at = ended_at and max(ended_at, said[0].sent_at)
        rows.append(
            (
                said[0].id,
                said[0].sent_at,
                ended_at or False,
                by,
                user,
                plain.seconds(said[0].sent_at, ended_at) if ended_at else 0,
                len(said),
                sum(one in calls for one in said),
                sum(one in calls and calls[one]["missed"] for one in said),
            )
        )
    return sorted(rows, key=lambda row: row[1])


@tagged("post_install", "-at_install")
class TestTurns(HoursCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = PlainHours(*SPAN)

    def stored(self, chat):
        turns = self.env["marketplace.turn"].search(
            [("conversation_id", "=", chat.id)], order="started_at, id"
        )
        return [
            (
                turn.start_message_id,
                turn.started_at,
                turn.ended_at,
                turn.ended_by,
                turn.user_id.id,
                turn.working_seconds,
                turn.message_count,
                turn.call_count,
                turn.missed_count,
            )
            for turn in turns
        ]

    def check(self, story):
        for chat in self.env["marketplace.conversation"].search([("channel_id", "=", self.avito.id)]):
            rows = self.stored(chat)
            self.assertEqual(rows, plain_turns(chat, self.plain), story)
            # Whoever waits has an open turn, and it begins where the wait does.
            open_turns = [row[1] for row in rows if not row[2]]
            self.assertEqual(open_turns, [chat.waiting_since] if chat.waiting_since else [], story)
            firsts = self.env["marketplace.turn"].search(
                [("conversation_id", "=", chat.id), ("is_first", "=", True)]
            )
            self.assertEqual(firsts.mapped("started_at"), [row[1] for row in rows[:1]])
            if chat.waiting_since:
                self.assertEqual(chat.goal_at or None, self.plain.after(chat.waiting_since, 15), story)

    def live(self, seed):
        """A history told in batches by chance, with ticks, deletions, authors and reassignment in between."""
        history = History(seed)
        random, told = history.random, []
        late = random.sample(history.messages, len(history.messages) // 3)
        stream = [one for one in history.messages if one not in late]
        random.shuffle(late)
        while stream or late:
            source = stream if stream and (not late or random.random() < 0.7) else late
            part = [source.pop(0) for _one in range(min(len(source), random.randrange(1, 8)))]
            self.apply(self.avito, *(about(one.conversation_id) for one in part), *part)
            told += part
            self.meddle(random, told)
        return history

    def meddle(self, random, told):
        chosen = random.choice(told)
        message = self.message(self.avito, chosen.external_id)
        chat = message.conversation_id
        at = message.sent_at + timedelta(minutes=random.randrange(3000))
        what = random.choice(("tick", "delete", "author", "assign", "nothing"))
        if what == "tick":
            # Time goes on: nobody ticks before he ticked.
            last = self.env["marketplace.tick"].search([], order="ticked_at desc", limit=1).ticked_at or at
            with freeze_time(min(max(at, last), SPAN[1] - timedelta(days=1))):
                chat.with_user(self.anna).chats_tick(message.id)
        elif what == "delete" and message.kind == "text":
            self.apply(self.avito, incoming(chosen.external_id, chat=chosen.conversation_id, kind="deleted"))
        elif what == "author" and message.direction == "out":
            message.author_id = random.choice((self.anna, self.ivan))
            chat._recount()
        elif what == "assign":
            chat.user_id = random.choice((self.anna, self.ivan, self.env["res.users"]))

    def test_generated_histories(self):
        for seed in range(6):
            with self.subTest(seed=seed):
                history = self.live(seed)
                self.check(f"seed {seed}")
                self.check_report()
                # Told again in whatever order, nothing changes; nor when all is reckoned anew.
                chats = self.env["marketplace.conversation"].search([("channel_id", "=", self.avito.id)])
                before = [self.stored(chat) for chat in chats]
                history.random.shuffle(history.messages)
                self.apply(self.avito, *[one for one in history.messages if one.kind == "text"][:20])
                self.env["marketplace.turn"]._retell(chats, anew=True)
                self.assertEqual([self.stored(chat) for chat in chats], before)
                chats.unlink()

    def test_a_long_story_is_not_read_from_the_beginning(self):
        """A message that comes in is told from the last answer before it; one that comes late, from earlier on; a tick
        or another sender, from the very beginning."""

        def at(minutes):
            return (START + timedelta(minutes=minutes)).replace(tzinfo=timezone.utc)

        entries = []
        for number in range(40):
            entries.append(incoming(f"in{number}", sent_at=at(20 * number)))
            entries.append(outgoing(f"out{number}", sent_at=at(20 * number + 5)))
        chat = self.written(self.avito, "c1", *entries)
        Turn = type(self.env["marketplace.turn"])
        read, stories = [], Turn._stories

        def counted(turn, begins):
            found = stories(turn, begins)
            read.append(sum(len(entries) for _channel, entries, _ticks in found.values()))
            return found

        with patch.object(Turn, "_stories", counted):
            self.apply(self.avito, incoming("new", sent_at=at(1000)))
            self.apply(self.avito, outgoing("late", sent_at=at(20 * 30 + 3)))
            with freeze_time(SPAN[1] - timedelta(days=1)):
                chat.with_user(self.anna).chats_tick(self.message(self.avito, "new").id)
        self.assertEqual(read, [3, 2 * 11 + 2, 82])
        self.check("a long story")

    def check_report(self):
        """The report's figures per employee are those of the plain turns."""
        plain = defaultdict(lambda: defaultdict(list))
        chats = self.env["marketplace.conversation"].search([("channel_id", "=", self.avito.id)])
        for chat in chats:
            for row in plain_turns(chat, self.plain):
                answered = row[3] and row[3] != "tick"
                user = row[4] if row[2] else chat.user_id.id
                plain[user]["answered"].append(int(bool(answered)))
                plain[user]["ticked"].append(int(row[3] == "tick"))
                plain[user]["waiting"].append(int(not row[2]))
                plain[user]["missed"].append(row[8])
                plain[user]["chats"].append(chat.id)
                if answered:
                    plain[user]["minutes"].append(row[5] / 60)
                # The goal is 15 minutes and long gone for those who wait.
                if answered or not row[2]:
                    for step in (1, 5, 15):
                        plain[user][step].append(100 if answered and row[5] <= 60 * step else 0)
        groups = self.env["marketplace.turn.report"]._read_group(
            [("channel_id", "=", self.avito.id)],
            ["user_id"],
            [
                "answered_count:sum", "ticked_count:sum", "waiting_count:sum", "missed_count:sum",
                "chat_count:count_distinct", "minutes:avg", "longest_minutes:max", "within_1:avg", "within_5:avg",
                "within_15:avg", "within_goal:avg",
            ],
        )  # fmt: skip
        self.assertEqual({user.id for user, *_rest in groups}, set(plain))

        def average(numbers):
            return sum(numbers) / len(numbers) if numbers else 0

        for user, answered, ticked, waiting, missed, distinct, minutes, longest, *within in groups:
            facts = plain[user.id]
            self.assertEqual(
                (answered, ticked, waiting, missed, distinct),
                (
                    *(sum(facts[name]) for name in ("answered", "ticked", "waiting", "missed")),
                    len(set(facts["chats"])),
                ),
            )
            self.assertAlmostEqual(minutes or 0, average(facts["minutes"]), 4)
            self.assertAlmostEqual(longest or 0, max(facts["minutes"], default=0), 4)
            for found, step in zip(within, (1, 5, 15, 15), strict=True):
                self.assertAlmostEqual(found or 0, average(facts[step]), 4)


@tagged("post_install", "-at_install")
class TestReport(HoursCase):
    def moment(self, *when):
        return datetime(2026, 5, *when, tzinfo=timezone.utc)

    def rows(self, user=None):
        return self.env["marketplace.turn.report"].with_user(user or self.manager).search([])

    def test_nothing_bends_a_turn_that_is_over(self):
        """Reassignment, and hours that change later."""
        chat = self.written(self.avito, "c1", incoming("i", sent_at=self.moment(6, 8)))
        self.apply(self.avito, outgoing("o", sent_at=self.moment(6, 8, 30)))
        self.message(self.avito, "o").author_id = self.anna
        chat._recount()
        chat.user_id = self.ivan
        self.calendar.attendance_ids.unlink()
        chat._recount()
        row = self.rows()
        self.assertEqual((row.user_id, row.minutes, row.ended_by), (self.anna, 30, "reply"))
        self.avito.with_user(self.manager).action_retell_turns()
        self.run_job("rules")
        row.invalidate_recordset()
        self.assertEqual(row.minutes, 0, "asked for: by the hours that hold now")

    def test_waiting_counts_only_when_it_is_certain(self):
        with freeze_time("2026-05-06 08:10:00"):
            self.written(self.avito, "c1", incoming("i", sent_at=self.moment(6, 8)))
        rows = self.rows()
        # The clock of the database cannot be frozen: what is asked of it is far in the past, or the future.
        self.assertEqual((rows.waiting_count, rows.within_5, rows.within_goal), (1, 0, 0))
        chat = self.chat(self.avito)
        self.env.cr.execute(
            "UPDATE marketplace_conversation SET goal_at = '2999-01-01' WHERE id = %s", (chat.id,)
        )
        groups = self.env["marketplace.turn.report"]._read_group([], [], ["within_goal:avg", "within_5:avg"])
        self.assertEqual(groups, [(False, False)])

    def test_what_it_is_grouped_by(self):
        listing = RemoteListing("l1", title="Haval Jolion", price=100)
        self.written(
            self.avito,
            "c1",
            incoming("i", sent_at=self.moment(6, 22, 30)),
            buyer_name="Maria",
            listing=listing,
        )
        car = self.env["product.template"].create({"name": "H", "is_vehicle": True, "vehicle_make": "Haval"})
        self.chat(self.avito).vehicle_id = car
        row = self.rows()
        # 0:30 of Thursday by the channel's clock
        self.assertEqual((row.hour, row.weekday, row.vehicle_make), ("00", "4", "Haval"))
        self.assertEqual((row.listing_id.title, row.marketplace), ("Haval Jolion", "avito"))

    def test_automatic_texts_are_no_answers(self):
        chat = self.written(self.avito, "c1", incoming("i", sent_at=self.moment(6, 8)))
        self.apply(self.avito, outgoing("o", sent_at=self.moment(6, 9)))
        self.message(self.avito, "o").is_auto = True
        chat._recount()
        self.assertEqual(self.rows().waiting_count, 1)
        self.assertTrue(chat.is_unprocessed)
        self.assertEqual((chat.last_message_preview, chat.last_message_direction), ("text of i", "in"))

    def test_who_sees_the_figures(self):
        self.written(self.avito)
        south = self.channel("South", "avito", company=self.other_company)
        self.written(south)
        self.assertEqual(self.rows().channel_id, self.avito | south)
        north = self.person("north", "crm_marketplace_chats.group_chats_manager")
        self.assertEqual(self.rows(north).channel_id, self.avito)
        for model in ("marketplace.turn.report", "marketplace.outcome.report", "marketplace.turn"):
            for user in (self.anna, self.clerk):
                with self.subTest(model=model, user=user.login), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])

    def test_leads_and_deals(self):
        listing = RemoteListing("l1", title="Haval Jolion", price=100)
        for chat in ("c1", "c2", "c3"):
            self.written(self.avito, chat, listing=listing)
        lead = self.env["crm.lead"].create({"name": "Deal", "expected_revenue": 5, "type": "opportunity"})
        self.chat(self.avito, "c1").lead_id = lead
        self.chat(self.avito, "c2").lead_id = lead
        lead.action_set_won()
        report = self.env["marketplace.outcome.report"].with_user(self.manager)
        groups = report._read_group(
            [], ["listing_id"], ["chat_count:sum", "lead_count:sum", "won_count:sum", "won_revenue:sum"]
        )
        self.assertEqual([row[1:] for row in groups], [(3, 1, 1, 5)])

    def test_all_chats_of_an_older_version(self):
        """Turns of chats that were there before are told by the job, once."""
        chat = self.written(self.avito)
        self.env["marketplace.turn"].search([]).unlink()
        self.avito.turns_told = False
        self.run_job("rules")
        self.assertEqual(self.env["marketplace.turn"].search([]).conversation_id, chat)
        self.avito.invalidate_recordset()
        self.assertTrue(self.avito.turns_told)
