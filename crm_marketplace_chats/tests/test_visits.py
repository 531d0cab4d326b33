"""Test drives: free times, the booking, what the client is told and what not."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .test_deal import LEADS, DealCase

at = fields.Datetime.to_datetime
#: A Monday, 07:00 UTC: ten o'clock in Moscow.
NOW = at("2026-03-02 07:00:00")


@tagged("post_install", "-at_install")
class TestVisits(DealCase):
    def setUp(self):
        super().setUp()
        clock = freeze_time(NOW)
        clock.start()
        self.addCleanup(clock.stop)
        self.company.resource_calendar_id = self.env["resource.calendar"].create(
            {
                "name": "Showroom",
                "tz": "Europe/Moscow",
                "attendance_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Day",
                            "dayofweek": str(day),
                            "hour_from": 10,
                            "hour_to": 13,
                            "day_period": "morning",
                        },
                    )
                    for day in range(5)
                ],
            }
        )
        self.company.write({"city": "Moscow", "street": "Lenina 1"})
        self.conversation = self.about_the_car(buyer_name="Maria")
        self.conversation.user_id = self.seller

    def slots(self, user=None):
        return self.conversation.with_user(user or self.seller).chats_visit_slots()

    def book(self, start):
        return self.conversation.with_user(self.seller).chats_visit_book(start)

    def test_times_in_working_hours(self):
        days = self.slots()["days"]
        self.assertEqual([day["date"] for day in days][:2], ["2026-03-02", "2026-03-03"])
        self.assertEqual(len(days), 5, "no weekend")
        self.assertEqual([slot["label"] for slot in days[0]["slots"]], ["10:30", "11:00", "11:30", "12:00"])
        self.assertEqual(
            days[1]["slots"][0], {"start": "2026-03-03 07:00:00", "label": "10:00", "car": False}
        )

    def test_busy_employee_and_busy_car(self):
        self.event(at("2026-03-03 07:30:00"), partner_ids=self.seller.partner_id.ids)
        self.event(at("2026-03-03 09:00:00"), marketplace_vehicle_id=self.car.id)
        slots = {slot["label"]: slot["car"] for slot in self.slots()["days"][1]["slots"]}
        self.assertEqual(slots, {"11:30": True, "12:00": True})

    def event(self, start, **values):
        return self.env["calendar.event"].create(
            {
                "name": "Secret",
                "start": start,
                "stop": start + timedelta(hours=1),
                "partner_ids": [],
                **values,
            }
        )

    def test_booking(self):
        partner = self.env["res.partner"].create({"name": "Maria", "email": "maria@example.com"})
        self.conversation.partner_id = partner
        mails = self.env["mail.mail"].search([])
        answer = self.book("2026-03-04 08:00:00")
        told = (self.env["mail.mail"].search([]) - mails).recipient_ids
        self.assertNotIn(partner, told, "the client is written to by the employee alone")
        visit = self.conversation._visits()
        self.assertEqual(visit.stop - visit.start, timedelta(hours=1))
        self.assertEqual(visit.partner_ids, self.seller.partner_id | partner)
        self.assertEqual(
            (visit.opportunity_id, visit.marketplace_vehicle_id), (self.conversation.lead_id, self.car)
        )
        self.assertTrue(visit.alarm_ids)
        self.assertIn("11:00", answer["text"])
        self.assertIn("Haval", answer["text"])
        self.assertEqual(answer["deal"]["visits"][0]["id"], visit.id)
        self.assertFalse(self.conversation.message_ids.filtered(lambda message: message.direction == "out"))
        for start in ("2026-03-01 08:00:00", "2027-03-04 08:00:00", ""):
            with self.assertRaises(UserError):
                self.book(start)

    def test_without_the_right_to_leads(self):
        self.conversation.user_id = self.ivan
        self.conversation.with_user(self.ivan).chats_visit_book("2026-03-04 08:00:00")
        self.assertFalse(self.conversation.lead_id or self.conversation._visits().opportunity_id)

    def test_reminder_for_the_employee(self):
        self.book("2026-03-04 08:00:00")
        before = self.conversation.lead_id.activity_ids
        self.follow()
        self.assertEqual(self.conversation.lead_id.activity_ids, before)
        with freeze_time(at("2026-03-03 08:01:00")):
            self.follow()
            self.follow()
        reminder = self.conversation.lead_id.activity_ids - before
        self.assertEqual(len(reminder), 1)
        self.assertEqual(reminder.user_id, self.seller)
        self.assertFalse(self.conversation.message_ids.filtered(lambda message: message.direction == "out"))

    def test_reminder_for_the_client_where_the_channel_says_so(self):
        self.avito.visit_reminder = "message"
        self.book("2026-03-04 08:00:00")
        with freeze_time(at("2026-03-03 08:01:00")):
            self.follow()
            self.follow()
        ours = self.conversation.message_ids.filtered(lambda message: message.direction == "out")
        self.assertEqual(len(ours), 1)
        self.assertEqual((ours.state, ours.author_id), ("queued", self.seller))
        self.assertIn("11:00", ours.body)

    def test_no_reminder_of_what_is_near_or_past_or_off(self):
        self.book("2026-03-02 08:00:00")
        self.avito.visit_reminder = "off"
        self.book("2026-03-04 08:00:00")
        self.assertFalse(any(visit.marketplace_remind_at for visit in self.conversation._visits()))

    def test_the_calendar_tells_nothing_of_chats(self):
        self.book("2026-03-04 08:00:00")
        clerk = self.person("salesman", LEADS)
        arch = self.env["calendar.event"].with_user(clerk).get_view(view_type="form")["arch"]
        self.assertNotIn("marketplace_conversation_id", arch)
