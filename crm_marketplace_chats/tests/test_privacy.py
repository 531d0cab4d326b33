import io
import json
import zipfile
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import SQL

from odoo.addons.crm_marketplace_chats.marketplaces.payload import RemoteListing
from odoo.addons.crm_marketplace_chats.marketplaces.personal import MASK, mask
from odoo.addons.crm_marketplace_chats.models import marketplace_retention

from .common import MANAGER, USER, ChatsCase, ChatsMixin, about, batch, incoming, moment, naive, outgoing
from .test_send import PIXEL

#: Stands in everything that is told about the client, so that it can be looked for in the whole database.
MARK = "zqxoleg"
PHONE = "+79123456789"


class PrivacyMixin(ChatsMixin):
    def talked(self, channel=None, chat="u2i-77", buyer="900"):
        """A client who has left traces everywhere."""
        channel = channel or self.avito
        conversation = self.written(
            channel,
            chat,
            incoming(f"{chat}-1", 1, chat=chat, text=f"I am {MARK}, call {PHONE}, {MARK}@mail.ru"),
            outgoing(f"{chat}-2", 2, chat=chat, text=f"Good morning, {MARK}! The price is 2 500 000"),
            incoming(f"{chat}-3", 3, chat=chat, kind="image", text=None),
            incoming(f"{chat}-4", 4, chat=chat, data={"quote": {"text": f"I am {MARK}"}}),
            buyer_name=f"{MARK} Petrov",
            buyer_id=buyer,
            url=f"https://www.avito.ru/profile/{MARK}",
            listing=RemoteListing("l7", title="Lada Vesta"),
        )
        self.env["ir.attachment"].create(
            {
                "name": f"{MARK}.png",
                "raw": PIXEL,
                "res_model": "marketplace.message",
                "res_id": self.message(channel, f"{chat}-3").id,
            }
        )
        self.env["marketplace.event"]._store(
            channel, json.dumps({"chat": chat, "text": f"I am {MARK}"}), signature="s"
        )
        self.env["marketplace.event"].search([]).state = "done"
        conversation.partner_id = self.env["res.partner"].create(
            {"name": f"{MARK} Petrov", "phone": PHONE, "email": f"{MARK}@mail.ru", "street": f"{MARK} street"}
        )
        conversation.lead_id = self.env["crm.lead"].create(
            {"name": f"{MARK} · Lada", "contact_name": MARK, "partner_id": conversation.partner_id.id}
        )
        conversation.lead_id.message_post(body=f"{MARK} wants a discount")
        return conversation

    def erase(self, conversation, kind="erase", user=None, **values):
        wizard = (
            self.env["marketplace.erase"]
            .with_user(user or self.manager)
            .with_context(active_ids=conversation.ids)
        )
        wizard = wizard.create({"kind": kind, **values})
        action = wizard.action_erase()
        return self.env["marketplace.erasure"].browse(action["res_id"])

    def places(self, mark=MARK):
        """Tables of the whole database in which the text stands."""
        self.env.flush_all()
        self.env["marketplace.erase"].search([]).unlink()
        self.env.cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        # Notes to open screens are thrown away by Odoo itself after a while.
        tables = [table for (table,) in self.env.cr.fetchall() if table != "bus_bus"]
        query = SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s WHERE EXISTS (SELECT FROM %s t WHERE t::text ILIKE %s)",
                table,
                SQL.identifier(table),
                f"%{mark}%",
            )
            for table in tables
        )
        return {table for (table,) in self.env.execute_query(query)}


@tagged("post_install", "-at_install")
class TestErasure(PrivacyMixin, ChatsCase):
    def test_erased_everywhere(self):
        conversation = self.talked()
        self.assertLessEqual(
            {"marketplace_conversation", "marketplace_message", "marketplace_event", "ir_attachment",
             "res_partner", "crm_lead", "mail_message"},
            self.places(),
        )  # fmt: skip
        other = self.written(self.avito, "u2i-78", buyer_name="Irina")
        erasure = self.erase(conversation, with_partner=True, basis="letter 12 of 1 March")
        self.assertFalse(self.places())
        self.assertFalse(self.places(PHONE[1:]))
        self.assertRecordValues(
            erasure,
            [{"kind": "erase", "origin": "request", "user_id": self.manager.id, "conversation_count": 1,
              "message_count": 4, "file_count": 1, "event_count": 1, "partner_done": True,
              "basis": "letter 12 of 1 March"}],
        )  # fmt: skip
        self.assertEqual((conversation.unread_count, conversation.is_unprocessed), (0, False))
        self.assertTrue(other.message_ids, "other clients are not touched")

    def test_figures_stay(self):
        """How fast he was answered says nothing of the client; that he waits would say that there is somebody."""
        conversation = self.talked()
        turns = self.env["marketplace.turn"].search([("conversation_id", "=", conversation.id)])
        self.assertEqual(turns.sorted("id").mapped("ended_by"), ["app", False])
        answered = turns.filtered("ended_at")
        before = answered.read(["started_at", "ended_at", "working_seconds"])
        self.erase(conversation)
        self.assertEqual(turns.exists(), answered)
        conversation._recount()
        self.assertEqual(answered.read(["started_at", "ended_at", "working_seconds"]), before)
        later = fields.Datetime.now().astimezone() + timedelta(minutes=1)
        self.apply(self.avito, incoming("u2i-77-9", chat="u2i-77", sent_at=later))
        self.assertEqual(
            self.env["marketplace.turn"].search_count([("conversation_id", "=", conversation.id)]), 2
        )

    def test_contact_stays_unless_asked_for(self):
        conversation = self.talked()
        partner = conversation.partner_id
        self.erase(conversation)
        self.assertEqual(partner.name, f"{MARK} Petrov")
        self.assertFalse(conversation.partner_id, "but nothing leads from the chat to the contact")
        self.assertNotIn("marketplace_message", self.places())

    def test_masked(self):
        conversation = self.talked()
        self.erase(conversation, kind="mask", with_partner=True)
        self.assertFalse(self.places())
        self.assertEqual(
            self.texts(conversation)[:2],
            [
                ("in", f"I am {MASK}, call {MASK}, {MASK}"),
                ("out", f"Good morning, {MASK}! The price is 2 500 000"),
            ],
        )
        self.assertFalse(conversation.message_ids.attachment_ids)

    def test_does_not_come_back(self):
        """A pull, the history and a delivery go on telling what was erased."""
        for kind in ("erase", "mask"):
            chat = f"u2i-{kind}"
            conversation = self.talked(chat=chat)
            self.erase(conversation, kind=kind, with_partner=True)
            told = batch(
                about(chat, buyer_name=f"{MARK} Petrov", buyer_id="900", url=f"https://a/{MARK}"),
                incoming(f"{chat}-0", 0, chat=chat, text=f"an older one of {MARK}"),
                incoming(f"{chat}-1", 1, chat=chat, text=f"I am {MARK}, call {PHONE}"),
            )
            before = self.texts(conversation), conversation.unread_count
            self.avito._apply_batch(told)
            self.assertFalse(self.places())
            self.assertEqual((self.texts(conversation), conversation.unread_count), before)

    def test_who_writes_again_is_a_client_again(self):
        conversation = self.talked()
        self.erase(conversation)
        conversation.erased_at = naive(10)
        self.env.flush_all()
        self.apply(
            self.avito,
            about("u2i-77", buyer_name="Oleg", updated_at=moment(20)),
            incoming("u2i-77-9", 20, chat="u2i-77", text="me again"),
        )
        self.assertEqual(self.texts(conversation), [("in", "me again")])
        self.assertEqual((conversation.buyer_name, conversation.is_unprocessed), ("Oleg", True))

    def test_all_chats_of_the_same_client_are_offered(self):
        first, second = self.talked(), self.talked(chat="u2i-79")
        stranger = self.written(self.avito, "u2i-80", buyer_id="901")
        # Auto.ru's ids of people are worth nothing outside their room.
        elsewhere = self.written(self.autoru, "room", buyer_id="900")
        wizard = Form(
            self.env["marketplace.erase"].with_user(self.manager).with_context(active_ids=first.ids)
        ).save()
        self.assertEqual(wizard.conversation_ids, first | second)
        self.assertEqual(wizard.message_count, 8)
        self.assertFalse(wizard.conversation_ids & (stranger | elsewhere))

    def test_not_while_something_is_leaving(self):
        conversation = self.talked()
        self.post(conversation, "Hello")
        with self.assertRaises(UserError):
            self.erase(conversation)
        self.assertTrue(conversation.message_ids)

    def test_only_administrators_of_that_company(self):
        conversation = self.talked()
        for user in (self.anna, self.clerk):
            with self.assertRaises(AccessError):
                self.erase(conversation, user=user)
        south = self.channel("South", "avito", company=self.other_company)
        elsewhere = self.written(south, "s1")
        boss = self.person("boss_north", MANAGER)
        with self.assertRaises(AccessError):
            self.env["marketplace.erase"].with_user(boss).create(
                {"conversation_ids": [Command.set(elsewhere.ids)]}
            ).action_erase()
        self.assertTrue(elsewhere.message_ids)


@tagged("post_install", "-at_install")
class TestMask(ChatsCase):
    def test_what_tells_who_somebody_is(self):
        for text, expected in (
            ("Звоните 8 (912) 345-67-89, Олег", "Звоните •••, •••"),
            ("+7 912 345 67 89", "•••"),
            ("345-67-89 после шести", "••• после шести"),
            ("oleg.p@mail.ru, t.me/oleg_p, @oleg_p", "•••, •••, •••"),
            (
                "ОЛЕГ, пробег 45000, цена 2500000 или 2 450 000",
                "•••, пробег 45000, цена 2500000 или 2 450 000",
            ),
            ("VIN XTA210990Y1234567", "VIN XTA210990Y1234567"),
            ("олегатор", "олегатор"),
            ("", ""),
        ):
            self.assertEqual(mask(text, ["Олег П."]), expected)

    def test_no_text_takes_long(self):
        for text in ("1" * 20000, "1 " * 20000, "a@" * 20000, "a." * 20000 + "@", "+7(" * 20000):
            mask(text, ["Oleg"])


@tagged("post_install", "-at_install")
class TestRetention(PrivacyMixin, ChatsCase):
    def aged(self, months, chat, **values):
        conversation = self.written(self.avito, chat)
        conversation.message_ids.sent_at = fields.Datetime.subtract(fields.Datetime.now(), months=months)
        conversation.ticked_at = fields.Datetime.now()
        conversation._recount()
        conversation.write(values)
        return conversation

    def lead(self, **values):
        return self.env["crm.lead"].create({"name": "Deal", "type": "opportunity", **values})

    def retain(self):
        with self.job_env() as env:
            env["marketplace.channel"]._erase_outdated()
        self.env.invalidate_all()

    def test_by_age_and_outcome(self):
        won = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        chats = {
            "old": self.aged(7, "old"),
            "young": self.aged(5, "young"),
            "open": self.aged(30, "open", lead_id=self.lead().id),
            "lost": self.aged(13, "lost", lead_id=self.lead(active=False, probability=0).id),
            "lost lately": self.aged(11, "lately", lead_id=self.lead(active=False, probability=0).id),
            "won": self.aged(30, "won", lead_id=self.lead(stage_id=won.id).id),
        }
        waiting = self.written(self.avito, "waits")
        waiting.message_ids.sent_at = fields.Datetime.subtract(fields.Datetime.now(), months=20)
        waiting._recount()
        self.avito.write({"keep_months": 6, "keep_lost_months": 12})
        self.retain()
        gone = {name for name, chat in chats.items() if not chat.message_ids}
        self.assertEqual(gone, {"old", "lost"})
        self.assertTrue(waiting.message_ids)
        record = self.env["marketplace.erasure"].search([("origin", "=", "retention")])
        self.assertEqual(sorted(record.mapped("conversation_count")), [1, 1])

    def test_kept_for_ever_unless_said(self):
        chat = self.aged(200, "ancient")
        self.retain()
        self.assertTrue(chat.message_ids)

    def test_more_than_a_portion(self):
        for number in range(5):
            self.aged(7, f"n{number}")
        self.avito.keep_months = 6
        self.patch(marketplace_retention, "PORTION", 2)
        self.retain()
        self.assertFalse(self.env["marketplace.message"].search([("channel_id", "=", self.avito.id)]))

    def test_a_step_is_small_whatever_a_chat_holds(self):
        long, short = (self.aged(months, f"n{months}") for months in (8, 7))
        for number in range(4):
            long.message_ids[:1].copy({"external_id": f"long-{number}"})
        self.avito.keep_months = 6
        total = len((long | short).message_ids)
        self.patch(marketplace_retention, "MESSAGES", len(short.message_ids) + 1)
        self.retain()
        self.assertFalse((long | short).message_ids)
        self.assertTrue(long.erased_at and short.erased_at)
        records = self.env["marketplace.erasure"].search([("origin", "=", "retention")])
        self.assertGreater(len(records), 2)
        self.assertEqual(sum(records.mapped("message_count")), total)
        self.assertEqual(sum(records.mapped("conversation_count")), 2)

    def test_no_negative_months(self):
        with self.assertRaises(ValidationError):
            self.avito.keep_months = -1


@tagged("post_install", "-at_install")
class TestReadingLog(PrivacyMixin, ChatsCase):
    def read_by(self, user, conversation):
        with self.enter_registry_test_mode():
            conversation.with_user(user).chats_thread()
        return self.env["marketplace.reading"].search([])

    def test_only_where_switched_on(self):
        conversation = self.talked()
        self.assertFalse(self.read_by(self.anna, conversation))
        self.env["res.config.settings"].create({"chats_reading_log": True}).execute()
        self.assertEqual(
            [(log.user_id, log.conversation_id, log.action) for log in self.read_by(self.anna, conversation)],
            [(self.anna, conversation, "read")],
        )

    def test_one_line_for_one_sitting(self):
        self.env["ir.config_parameter"].set_param("crm_marketplace_chats.reading_log", True)
        conversation = self.talked()
        self.read_by(self.anna, conversation)
        self.assertEqual(len(self.read_by(self.anna, conversation)), 1)
        self.assertEqual(len(self.read_by(self.ivan, conversation)), 2)
        log = self.env["marketplace.reading"].search([])
        log.at = fields.Datetime.now() - timedelta(hours=1)
        self.assertEqual(len(self.read_by(self.anna, conversation)), 3)

    def test_the_form_and_the_lists_count_too(self):
        self.env["ir.config_parameter"].set_param("crm_marketplace_chats.reading_log", True)
        conversation = self.talked()
        with self.enter_registry_test_mode():
            conversation.message_ids.with_user(self.anna).web_search_read([], {"body": {}})
        log = self.env["marketplace.reading"].search([])
        self.assertEqual((log.user_id, log.conversation_id), (self.anna, conversation))

    def test_not_for_employees_to_see(self):
        with self.assertRaises(AccessError):
            self.env["marketplace.reading"].with_user(self.anna).search([])


@tagged("post_install", "-at_install")
class TestExport(PrivacyMixin, HttpCase):
    def fetch(self, user, conversation):
        self.authenticate(user.login, user.login)
        return self.url_open(f"/crm_marketplace_chats/export/{conversation.id}")

    def test_all_of_one_client(self):
        conversation = self.talked()
        self.written(self.avito, "u2i-80", buyer_id="901", buyer_name="Irina")
        answer = self.fetch(self.manager, conversation)
        self.assertEqual(answer.status_code, 200)
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        told = json.loads(archive.read("client.json"))
        self.assertEqual([chat["external_id"] for chat in told["chats"]], ["u2i-77"])
        self.assertIn(PHONE, told["chats"][0]["messages"][0]["body"])
        self.assertEqual(told["contacts"][0]["phone"], PHONE)
        self.assertIn(f"Good morning, {MARK}!", archive.read("messages.txt").decode())
        file = next(name for name in archive.namelist() if name.startswith("files/"))
        self.assertEqual(archive.read(file), PIXEL)
        self.assertNotIn("Irina", archive.read("client.json").decode())

    def test_for_administrators_of_that_company_alone(self):
        conversation = self.talked()
        south = self.written(self.channel("South", "avito", company=self.other_company), "s1")
        boss = self.person("boss_of_north", MANAGER)
        self.assertEqual(self.fetch(self.anna, conversation).status_code, 404)
        self.assertEqual(self.fetch(self.clerk, conversation).status_code, 404)
        self.assertEqual(self.fetch(boss, south).status_code, 404)
        self.assertEqual(self.fetch(boss, conversation).status_code, 200)

    def test_is_written_down(self):
        self.env["ir.config_parameter"].set_param("crm_marketplace_chats.reading_log", True)
        self.fetch(self.manager, self.talked())
        self.assertEqual(self.env["marketplace.reading"].search([]).action, "export")


@tagged("post_install", "-at_install")
class TestBlock(ChatsCase):
    def setUp(self):
        super().setUp()
        self.shop, self.account = self.bazaar(users=self.anna)

    def test_shut_out_by_the_job(self):
        self.account.say("c1", "buy my bitcoins")
        self.run_job("pull")
        conversation = self.chat(self.shop)
        conversation.buyer_external_id = "900"
        conversation.with_user(self.anna).chats_block("spam")
        self.assertFalse(self.account.blocked, "nothing leaves in the user's transaction")
        with self.assertRaises(UserError):
            self.post(conversation, "Hello")
        self.run_job("send")
        self.assertEqual(self.account.blocked, {"900": "spam"})
        self.assertEqual((conversation.block_pending, conversation.blocked_by_id), (False, self.anna))
        self.account.say("c1", "still me")
        self.run_job("pull")
        self.assertTrue(conversation._is_closed(), "also where the marketplace does not tell of it")

    def test_refused(self):
        conversation = self.written(self.shop, buyer_id="900")
        for reason in ("", "whim", None):
            with self.assertRaises(UserError):
                conversation.with_user(self.anna).chats_block(reason)
        with self.assertRaises(UserError):
            self.written(self.shop, "c2").with_user(self.anna).chats_block("spam")
        with self.assertRaises(UserError):
            self.written(self.autoru, "r1", buyer_id="900").with_user(self.anna).chats_block("spam")
        with self.assertRaises(AccessError):
            conversation.with_user(self.person("outsider", USER)).chats_block("spam")
