"""Telephone numbers in texts: found however they are written, and nothing else is taken for one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.crm_marketplace_chats.models.phones import e164, find_phones

DIGIT = st.sampled_from("0123456789")
#: A mobile number's ten digits; subscriber numbers of three noughts look like thousands, see `test_doubtful`.
MOBILE = st.from_regex(r"9(0[1-9]|[1-9][0-9])[1-9][0-9]{6}", fullmatch=True)
WRITTEN = st.sampled_from(
    [
        "+7{0}{1}{2}{3}", "8{0}{1}{2}{3}", "7{0}{1}{2}{3}", "{0}{1}{2}{3}", "8 ({0}) {1}-{2}-{3}", "+7 {0} {1} {2} {3}",
        "8-{0}-{1}-{2}-{3}", "8 {0} {1} {2}{3}", "+7({0}){1}{2}{3}", "{0} {1}-{2}-{3}", "8.{0}.{1}.{2}.{3}",
        "8 {0} тире {1} тире {2} {3}", "плюс 7 {0} {1} {2} {3}", "8 — {0} — {1} — {2} — {3}",
        "+7\u00a0{0}\u00a0{1}\u2011{2}\u2011{3}",
    ]
)  # fmt: skip
AROUND = st.sampled_from(
    [
        "{}", "Звоните {}", "мой номер: {}, Олег", "{} (после 18:00)", "тел. {}", "Haval 2021 года, пишите на {}!",
        "{}\n2 450 000 руб", "VIN XW8AN2NE3JH035743, {}", "готов за 1 900 000, {}.", "«{}»", "пробег 45000 км? {}",
    ]
)  # fmt: skip
WORDS = st.sampled_from(["цена", "пробег", "торг", "до", "от", "за", "год", "или", ",", ";", "VIN"])


def thousands(number):
    return f"{number:,}".replace(",", " ")


class TestPhones(BaseCase):
    @settings(max_examples=300, deadline=None)
    @given(MOBILE, WRITTEN, AROUND)
    def test_found_however_it_is_written(self, digits, written, around):
        text = around.format(written.format(digits[:3], digits[3:6], digits[6:8], digits[8:]))
        self.assertEqual(find_phones(text), [f"+7{digits}"], text)

    @settings(max_examples=100, deadline=None)
    @given(MOBILE, MOBILE)
    def test_two_numbers_with_words_between(self, one, other):
        text = f"8{one} это рабочий, а дома +7 {other[:3]} {other[3:]}"
        self.assertEqual(find_phones(text), list(dict.fromkeys([f"+7{one}", f"+7{other}"])), text)

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.integers(1, 99_999_999_999) | WORDS, max_size=6))
    def test_prices_and_mileages_are_none(self, parts):
        """Written as people write amounts: in thousands, and never with two of them side by side without a word."""
        text = " и ".join(thousands(part) if isinstance(part, int) else part for part in parts)
        self.assertEqual(find_phones(text), [], text)

    @settings(max_examples=300, deadline=None)
    @given(st.integers(1, 999_999_999), st.sampled_from(["руб", "₽", "км", "тыс", "", "лет"]))
    def test_plain_amounts_are_none(self, amount, unit):
        self.assertEqual(find_phones(f"за {amount} {unit}"), [])

    @settings(max_examples=300, deadline=None)
    @given(st.text(alphabet="ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=17, max_size=17), st.booleans())
    def test_vins_are_none(self, vin, lower):
        if vin.isdecimal():
            return
        self.assertEqual(find_phones(f"вин {vin.lower() if lower else vin} пробейте"), [], vin)

    @settings(max_examples=300, deadline=None)
    @given(st.text(max_size=200))
    def test_anything_at_all(self, text):
        for number in find_phones(text):
            self.assertRegex(number, r"\A\+[1-9][0-9]{10,12}\Z")

    @settings(max_examples=200, deadline=None)
    @given(st.text(alphabet="0123456789 -()+.", max_size=60))
    def test_heaps_of_digits(self, text):
        """Whatever is found stands there, digit by digit."""
        digits = "".join(filter(str.isdecimal, text))
        for number in find_phones(text):
            self.assertIn(number[-9:], digits)

    def test_doubtful(self):
        for text, found in {
            "Цена 8 900 000 2025 год": [],
            "8 900 000 2 450 000": [],
            "8 900 000-00-01": ["+79000000001"],
            "https://www.avito.ru/moskva/haval_89123456789": [],
            "инн 9123456789": [],
            "карта 4276 8912 3456 7890": [],
            "8 800 555 35 35": [],
            "2025 8 912 345-67-89": ["+79123456789"],
            "+375 29 123-45-67": ["+375291234567"],
            "+7 (701) 234 56 78": ["+77012345678"],
            "8 (495) 120-45-67": ["+74951204567"],
            "А123ВС777 89123456789": ["+79123456789"],
            "лот89123456789": [],
        }.items():
            with self.subTest(text=text):
                self.assertEqual(find_phones(text), found)

    def test_e164(self):
        for number, expected in {
            "+7 (912) 345-67-89": "+79123456789",
            "8 912 345 67 89": "+79123456789",
            "79123456789": "+79123456789",
            "9123456789": "+79123456789",
            "+375291234567": "+375291234567",
            "123": "",
            "": "",
            None: "",
            False: "",
        }.items():
            self.assertEqual(e164(number), expected, number)
