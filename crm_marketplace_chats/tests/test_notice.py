"""Whom a buyer's message rings: by choice, hours and rights; in open browsers and by web push."""

import json
from datetime import datetime, timedelta, timezone

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing, RemoteMessage

from .common import ChatsCase, about

#: 19:30 in Moscow, 16:30 in UTC.
NOW = datetime(2026, 3, 2, 16, 30, tzinfo=timezone.utc)


def at(minutes_ago, external_id="m1", chat="c1", **values):
    """What a buyer wrote that long ago."""
    values = {"body": "Is it there?", **values}
    kind = values.pop("kind", "text")
    direction = values.pop("direction", "in")
    return RemoteMessage(external_id, chat, direction, kind, NOW - timedelta(minutes=minutes_ago), **values)


class NoticeCase(ChatsCase):
    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time(NOW.replace(tzinfo=None)))
        (self.anna | self.ivan).tz = "Europe/Moscow"

    def rung(self, *things, channel=None):
        """What the batch rings in browsers: {user: whether with a sound}."""
        self.env.cr.precommit.run()
        bus = self.env["bus.bus"].sudo()
        last = bus.search([], order="id desc", limit=1).id
        self.apply(channel or self.avito, *things)
        self.env.cr.precommit.run()
        notes = [json.loads(row.message) for row in bus.search([("id", ">", last)])]
        notices = [
            notice
            for note in notes
            if note["type"] == "crm_marketplace_chats.notice"
            for notice in note["payload"]["notices"]
        ]
        users = self.env["res.users"].browse
        return {users(uid): True for notice in notices for uid in notice["loud"]} | {
            users(uid): False for notice in notices for uid in notice["silent"]
        }


@tagged("post_install", "-at_install")
class TestWhom(NoticeCase):
    def test_a_new_message_of_nobodys_chat_rings_for_all_employees(self):
        self.assertEqual(self.rung(at(1)), {self.anna: True, self.ivan: True})

    def test_only_those_named_on_the_channel(self):
        self.assertEqual(self.rung(at(1), channel=self.autoru), {self.anna: True})
        self.avito.user_ids -= self.ivan
        self.assertEqual(self.rung(at(1)), {self.anna: True})
        self.autoru.user_ids |= self.clerk | self.nobody
        self.nobody.active = False
        self.assertEqual(self.rung(at(1, "m2"), channel=self.autoru), {self.anna: True})

    def test_not_those_of_another_company(self):
        self.ivan.write(
            {"company_ids": [(6, 0, self.other_company.ids)], "company_id": self.other_company.id}
        )
        self.assertEqual(self.rung(at(1)), {self.anna: True})

    def test_each_as_he_has_chosen(self):
        """(choice, whose chat) -> whether it rings for Anna."""
        self.apply(self.avito, at(60, "m0"))
        chat = self.chat(self.avito)
        owners = {"mine": self.anna, "unowned": self.env["res.users"], "other": self.ivan}
        table = {
            "all": {"mine", "unowned", "other"},
            "mine_unowned": {"mine", "unowned"},
            "mine": {"mine"},
            "none": set(),
        }
        number = 0
        for choice, wanted in table.items():
            self.anna.chats_notify = choice
            for owner, user in owners.items():
                chat.user_id = user
                number += 1
                with self.subTest(choice=choice, owner=owner):
                    rung = self.rung(at(1, f"n{number}"))
                    self.assertEqual(self.anna in rung, owner in wanted)

    def test_without_sound(self):
        self.ivan.chats_sound = False
        self.assertEqual(self.rung(at(1)), {self.anna: True, self.ivan: False})

    def test_quiet_hours_are_the_users_own(self):
        """It is 19:30 in Moscow."""
        table = [
            ((0, 0), "Europe/Moscow", True),
            ((19, 8), "Europe/Moscow", False),
            ((20, 8), "Europe/Moscow", True),
            ((18, 19.5), "Europe/Moscow", True),
            ((18, 19.75), "Europe/Moscow", False),
            ((19, 8), "UTC", True),
            ((16, 17), "UTC", False),
            ((0, 9), "Asia/Vladivostok", False),
            ((16, 17), False, False),
        ]
        for number, ((start, end), zone, rings) in enumerate(table):
            self.anna.write({"chats_quiet_from": start, "chats_quiet_to": end, "tz": zone})
            with self.subTest(hours=(start, end), zone=zone):
                self.assertEqual(self.anna in self.rung(at(1, f"q{number}")), rings)

    def test_what_rings_for_nobody(self):
        things = {
            "history": at(11),
            "noise": at(1, noise=True),
            "a notice": at(1, kind="system"),
            "deleted": at(1, kind="deleted"),
            "our own": at(1, direction="out"),
        }
        for number, (what, thing) in enumerate(things.items()):
            with self.subTest(what=what):
                moved = RemoteMessage(
                    f"w{number}", f"w{number}", thing.direction, thing.kind, thing.sent_at, noise=thing.noise
                )
                self.assertEqual(self.rung(moved), {})
        self.assertEqual(self.rung(about("n1", noise=True), at(1, "n1", "n1")), {}, "no client behind it")
        answered = (at(2, "a1", "a1"), at(1, "a2", "a1", direction="out", body="Yes"))
        self.assertEqual(self.rung(*answered), {}, "answered in the marketplace's own app")

    def test_the_same_message_rings_once(self):
        self.assertTrue(self.rung(at(1)))
        self.assertFalse(self.rung(at(1)))

    def test_a_missed_call_rings(self):
        call = {"call": {"missed": True, "seconds": 20}}
        self.assertTrue(self.rung(at(1, kind="call", body="", data=call)))

    def test_history_costs_one_question(self):
        things = [at(10_000 + number, f"h{number}", f"h{number}") for number in range(20)]
        self.apply(self.avito, *things)
        ids = self.env["marketplace.message"].search([("channel_id", "=", self.avito.id)]).ids
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.avito._ring(ids)


@tagged("post_install", "-at_install")
class TestPush(NoticeCase):
    def setUp(self):
        super().setUp()
        self.env["mail.push.device"].get_web_push_vapid_public_key()
        self.devices = self.env["mail.push.device"].create(
            [
                {
                    "partner_id": user.partner_id.id,
                    "endpoint": f"https://push.invalid/{user.id}",
                    "keys": "{}",
                }
                for user in (self.anna, self.ivan, self.manager)
            ]
        )

    def pushes(self):
        """Payloads that wait for mail's job, by user."""
        return [
            (push.mail_push_device_id.partner_id.user_ids, json.loads(push.payload))
            for push in self.env["mail.push"].search([])
        ]

    def test_it_says_what_the_list_says(self):
        listing = RemoteListing("l1", title="Haval Jolion", price=100)
        long = "x" * 300
        self.apply(self.avito, about(buyer_name="Oleg", listing=listing), at(2), at(1, "m2", body=long))
        chat = self.chat(self.avito)
        pushes = dict(self.pushes())
        self.assertEqual(set(pushes), {self.anna, self.ivan}, "one for each who is to be rung")
        self.assertEqual(
            pushes[self.anna],
            {
                "title": "Oleg · Haval Jolion",
                "options": {
                    "body": "x" * 160,
                    "icon": "/crm_marketplace_chats/static/description/icon.png",
                    "tag": f"crm_marketplace_chats.{chat.id}",
                    "data": {"model": "action-crm_marketplace_chats.action_chats", "res_id": chat.id},
                },
            },
        )

    def test_by_choice_hours_and_rights(self):
        self.anna.chats_notify = "none"
        self.apply(self.avito, at(1))
        self.assertEqual([user for user, _payload in self.pushes()], [self.ivan])
        self.ivan.write({"chats_quiet_from": 19, "chats_quiet_to": 8})
        self.apply(self.avito, at(1, "m2"))
        self.assertEqual(len(self.pushes()), 1)
        self.avito.user_ids -= self.ivan
        self.ivan.write({"chats_quiet_to": 0, "chats_quiet_from": 0})
        self.apply(self.avito, at(1, "m3"))
        self.assertEqual(len(self.pushes()), 1)

    def test_in_the_language_of_its_reader(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        self.ivan.lang = "ru_RU"
        self.apply(self.avito, at(1, kind="voice", body=""))
        bodies = {user: payload["options"]["body"] for user, payload in self.pushes()}
        self.assertEqual(bodies[self.anna], "Voice Message")
        self.assertNotEqual(bodies[self.ivan], "Voice Message")

    def test_a_mention_waits_for_the_job_too(self):
        """mail itself would ask the push service within the user's transaction."""
        self.apply(self.avito, at(1))
        self.env["mail.push"].search([]).unlink()
        self.ivan.notification_type = "inbox"
        chat = self.chat(self.avito)
        chat.with_user(self.anna).chats_note("Look", "00000000-0000-0000-0000-000000000003", [self.ivan.id])
        self.assertEqual([user for user, _payload in self.pushes()], [self.ivan])


@tagged("post_install", "-at_install")
class TestPreferences(NoticeCase):
    def test_everybody_chooses_for_himself(self):
        self.assertEqual((self.ivan.chats_notify, self.ivan.chats_sound), ("mine_unowned", True))
        own = self.ivan.with_user(self.ivan)
        chosen = {"chats_notify": "mine", "chats_sound": False, "chats_quiet_from": 22, "chats_quiet_to": 8}
        own.write(chosen)
        self.assertEqual(own.read(list(chosen))[0], {"id": self.ivan.id, **chosen})
        with self.assertRaises(AccessError):
            self.anna.with_user(self.ivan).write({"chats_notify": "none"})
