"""Internal notes: who may write them, whom they reach, and that no marketplace ever sees one."""

import json

from psycopg2.errors import CheckViolation

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.tests import mute_logger, tagged

from odoo.addons.http_routing.tests.common import MockRequest

from .common import USER, ChatsCase, incoming, key, outgoing

COUNTED = (
    "unread_count",
    "is_unprocessed",
    "waiting_since",
    "last_message_at",
    "last_message_preview",
    "last_message_direction",
)


class NotesCase(ChatsCase):
    def note(self, conversation, text="Ask for the second key", user=None, mention=(), with_key=None):
        answer = conversation.with_user(user or self.anna).chats_note(
            text, with_key or key(), [mentioned.id for mentioned in mention]
        )
        return self.env["marketplace.message"].browse(answer["ids"])

    def notices_to(self, user):
        """Odoo's own notifications of chats that a user has got."""
        return self.env["mail.message"].search(
            [("model", "=", "marketplace.conversation"), ("partner_ids", "in", user.partner_id.ids)]
        )


@tagged("post_install", "-at_install")
class TestNotes(NotesCase):
    def test_it_stands_in_the_chat_and_changes_no_number(self):
        conversation = self.written(self.avito, "c1", incoming("m1"), outgoing("m2", 1), incoming("m3", 2))
        before = conversation.read(COUNTED)
        counts = self.env["marketplace.conversation"].with_user(self.anna).chats_counts()
        note = self.note(conversation)
        conversation._recount()
        self.assertEqual(conversation.read(COUNTED), before)
        self.assertEqual(self.env["marketplace.conversation"].with_user(self.anna).chats_counts(), counts)
        self.assertFalse(conversation.user_id, "a note is no answer")
        answer = conversation.with_user(self.ivan).chats_thread()
        row = next(row for row in answer["store"]["marketplace.message"] if row["id"] == note.id)
        self.assertEqual(answer["ids"][-1], note.id)
        self.assertEqual(
            (row["direction"], row["body"], row["author"]["name"]), ("note", "Ask for the second key", "Anna")
        )

    def test_same_key_same_note(self):
        conversation = self.written(self.avito)
        first = self.note(conversation, with_key="00000000-0000-0000-0000-000000000007")
        again = self.note(conversation, with_key="00000000-0000-0000-0000-000000000007")
        self.assertEqual(first, again)

    def test_what_is_no_note(self):
        conversation = self.written(self.avito)
        for text in ("", "  \n", "x" * 10_001):
            with self.assertRaises(UserError):
                self.note(conversation, text)

    def test_no_marketplace_ever_sees_one(self):
        channel, account = self.bazaar("bazaar", users=self.anna)
        account.say("c1", "Hello")
        self.run_job("pull")
        conversation = self.chat(channel, "c1")
        note = self.note(conversation, "Between us")
        self.run_job("send")
        self.assertEqual(account.ours("c1"), [])
        # Whatever goes wrong, the database keeps it from the queue …
        for values in (
            {"state": "queued"},
            {"state": "sending"},
            {"state": "unknown"},
            {"external_id": "x1"},
            {"delete_pending": True},
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                note.write(values)
                note.flush_recordset()
            note.invalidate_recordset()
        # … and the queue does not take it even if the database let it in.
        self.env.cr.execute("ALTER TABLE marketplace_message DROP CONSTRAINT marketplace_message_note_stays")
        note.state = "queued"
        self.run_job("send")
        self.assertEqual(account.ours("c1"), [])
        self.post(conversation, "To the client")
        self.run_job("send")
        self.assertEqual(account.ours("c1"), ["To the client"])

    def test_no_road_of_a_message_is_open_to_a_note(self):
        note = self.note(self.written(self.avito)).with_user(self.anna)
        for call in (note.chats_retry, note.chats_cancel, note.chats_delete):
            with self.assertRaises(UserError):
                call()

    def test_only_its_author_deletes_it(self):
        conversation = self.written(self.avito)
        note = self.note(conversation)
        reply = self.post(conversation, "Hello")
        for message, user in ((note, self.ivan), (note, self.manager), (reply, self.anna)):
            with self.assertRaises(AccessError):
                message.with_user(user).chats_delete_note()
        answer = note.with_user(self.anna).chats_delete_note()
        self.assertEqual(answer["store"]["marketplace.message"], [{"id": note.id, "_DELETE": True}])
        self.assertFalse(note.exists())

    def test_ticking_at_a_note_ticks_what_was_there_before_it(self):
        conversation = self.written(self.avito)
        note = self.note(conversation)
        conversation.with_user(self.anna).chats_tick(note.id)
        self.assertEqual(conversation.ticked_message_id, self.message(self.avito, "c1-1").id)
        self.assertFalse(conversation.is_unprocessed)
        # A message from before the note that arrives after it is still unread.
        self.apply(self.avito, incoming("late", 1))
        self.assertTrue(conversation.is_unprocessed)


@tagged("post_install", "-at_install")
class TestMentions(NotesCase):
    def test_who_can_be_mentioned(self):
        away = self.person("away", USER)
        self.avito.user_ids |= away
        away.active = False
        names = [row["name"] for row in self.written(self.avito).with_user(self.anna).chats_colleagues()]
        self.assertEqual([name for name in names if name in ("Anna", "Away", "Nobody", "Clerk")], [])
        self.assertLessEqual({"Ivan", "Manager"}, set(names))
        names = [row["name"] for row in self.written(self.autoru).with_user(self.anna).chats_colleagues()]
        self.assertNotIn("Ivan", names)

    def test_whoever_is_mentioned_hears_of_it(self):
        self.ivan.notification_type = "inbox"
        conversation = self.written(self.avito, buyer_name="Oleg")
        note = self.note(conversation, "@Ivan <b>the key</b>?", mention=self.ivan)
        self.assertEqual(note.data["mentions"], [{"id": self.ivan.id, "name": "Ivan"}])
        [notice] = self.notices_to(self.ivan)
        self.assertIn("&lt;b&gt;the key", notice.body)
        self.assertIn(f"/odoo/chats/{conversation.id}", notice.body)
        self.assertEqual((notice.author_id, notice.res_id), (self.anna.partner_id, conversation.id))
        self.assertEqual(notice.notification_ids.mapped("notification_type"), ["inbox"])
        self.assertFalse(self.notices_to(self.manager))

    def test_whoever_does_not_see_the_chat_cannot_be_mentioned(self):
        conversation = self.written(self.autoru)
        for user in (self.ivan, self.nobody, self.clerk, self.visitor):
            with self.assertRaises(UserError):
                self.note(conversation, mention=user)
        self.assertFalse(conversation.message_ids.filtered(lambda message: message.direction == "note"))

    def test_mentioning_oneself_tells_nobody(self):
        self.note(self.written(self.avito), mention=self.anna)
        self.assertFalse(self.notices_to(self.anna))

    def test_links_lead_to_the_screen(self):
        conversation = self.written(self.avito)
        self.assertEqual(conversation._get_access_action()["url"], f"/odoo/chats/{conversation.id}")


@tagged("post_install", "-at_install")
class TestOwner(NotesCase):
    def test_whoever_takes_a_chat_is_told_nothing(self):
        conversation = self.written(self.avito)
        conversation.with_user(self.ivan).chats_assign(self.ivan.id)
        self.assertEqual(conversation.user_id, self.ivan)
        self.assertFalse(self.notices_to(self.ivan))

    def test_whoever_is_given_a_chat_hears_of_it_once(self):
        conversation = self.written(self.avito, buyer_name="Oleg")
        conversation.with_user(self.anna).chats_assign(self.ivan.id)
        conversation.with_user(self.anna).chats_assign(self.ivan.id)
        [notice] = self.notices_to(self.ivan)
        self.assertIn("Oleg", notice.subject)
        self.assertIn("Anna", notice.body)

    def test_a_rule_is_nobody(self):
        conversation = self.written(self.avito, buyer_name="Oleg")
        conversation.with_user(SUPERUSER_ID).user_id = self.ivan
        [notice] = self.notices_to(self.ivan)
        self.assertIn("By the rule of distribution you are responsible.", notice.body)
        self.env.cr.precommit.run()
        rung = self.env["bus.bus"].sudo().search([], order="id desc").mapped("message")
        given = next(json.loads(row) for row in rung if "assigned" in row)["payload"]["notices"][0]
        self.assertEqual((given["conversation_id"], given["author"]), (conversation.id, False))

    def test_handing_over_with_a_note(self):
        conversation = self.written(self.avito)
        conversation.with_user(self.anna).chats_assign(self.ivan.id, "Wants a <discount>")
        self.assertEqual(self.texts(conversation)[-1], ("note", "Wants a <discount>"))
        [notice] = self.notices_to(self.ivan)
        self.assertIn("Wants a &lt;discount&gt;", notice.body)

    def test_many_at_once_are_one_message(self):
        conversations = self.written(self.avito, "c1") | self.written(self.avito, "c2")
        conversations.with_user(self.anna).user_id = self.ivan
        [notice] = self.notices_to(self.ivan)
        self.assertIn("2", notice.subject)

    def test_everybody_reads_his_own_language(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        self.ivan.lang = "ru_RU"
        self.written(self.avito).with_user(self.anna).chats_assign(self.ivan.id)
        self.assertIn("Покупатель", self.notices_to(self.ivan).subject)

    def test_others_cannot_be_made_responsible(self):
        conversation = self.written(self.avito)
        with self.assertRaises(UserError):
            conversation.with_user(self.anna).chats_assign(self.nobody.id, "Yours")
        self.assertEqual(len(conversation.message_ids), 1)


@tagged("post_install", "-at_install")
class TestPresence(NotesCase):
    def listened(self, user, asked=("crm_marketplace_chats.presence",)):
        """Subchannels of the northern Avito channel that a page of this user listens to."""
        with MockRequest(self.env(user=user)) as mock:
            mock.session.uid = user.id
            channels = self.env["ir.websocket"].with_user(user)._build_bus_channel_list(list(asked))
        return [channel[1] for channel in channels if isinstance(channel, tuple) and channel[0] == self.avito]

    def sent(self, call):
        """Bus rows that a call leaves, as (channel, message)."""
        Bus = self.env["bus.bus"].sudo()
        self.env.cr.precommit.run()
        last = Bus.search([], order="id desc", limit=1).id
        call()
        self.env.cr.precommit.run()
        return [(row.channel, row.message) for row in Bus.search([("id", ">", last)])]

    def test_it_goes_to_the_screens_of_those_who_see_the_chat(self):
        conversation = self.written(self.avito)
        written = conversation.write_date
        [(channel, message)] = self.sent(lambda: conversation.with_user(self.ivan).chats_presence("typing"))
        self.assertIn(self.avito._presence_subchannel(), channel)
        self.assertIn('"typing"', message)
        self.assertIn('"Ivan"', message)
        self.assertEqual(conversation.write_date, written, "nothing is stored")

    def test_only_those_hear_of_it_who_may_see_the_channel(self):
        self.assertEqual(len(self.listened(self.anna)), 2)
        self.assertEqual(
            len(self.listened(self.anna, asked=())), 1, "a page without the screen hears nothing"
        )
        self.assertEqual(self.listened(self.nobody), [])
        self.assertEqual(self.listened(self.clerk), [])
        before = self.avito._presence_subchannel()
        self.avito.user_ids -= self.ivan
        self.assertEqual(self.listened(self.ivan), [])
        self.assertNotEqual(self.avito._presence_subchannel(), before)

    def test_nobody_tells_of_a_chat_that_he_does_not_see(self):
        conversation = self.written(self.autoru)
        with self.assertRaises(AccessError):
            conversation.with_user(self.ivan).chats_presence("looking")
        with self.assertRaises(UserError):
            conversation.with_user(self.anna).chats_presence("dancing")
