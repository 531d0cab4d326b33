"""Telephone numbers in what people write, as E.164. No Odoo in it.

`phonenumbers`, which Odoo uses where it is installed, finds numbers too, but a dealer's server need not have it, and it
takes prices and stock numbers for telephone numbers. So a number is found here by what it looks like, and Odoo has the
last word on whether it can exist.
"""

import re
import unicodedata

#: A text longer than this is looked at no further.
LONGEST_TEXT = 4000
ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
TOKEN = re.compile(r"\d+|[^\W\d_]+|\s+|.", re.DOTALL)
#: What may stand between two groups of digits of one number.
BETWEEN = frozenset("()-–—‒‐‑−./")
#: Words that people put between the groups, often to get past a marketplace's filter.
FILLERS = frozenset("код тире дефис точка скобка пробел потом затем дальше далее".split())
#: After these digits were a price, a mileage, a year …
UNITS = frozenset("₽ % р руб рублей rub тр т тыс тысяч млн км km миль л лс г год года шт штук кв".split())
#: … and after these they are the number of a paper.
PAPERS = frozenset("инн огрн снилс птс стс vin вин кузов кузова договор паспорт счет счёт карта id".split())
#: Places at which the seven digits after the code may be parted: 345-67-89, 345-6789, 34-56-789 …
PARTINGS = frozenset({(), (3,), (4,), (2,), (3, 5), (2, 5), (2, 4), (2, 4, 6), (1, 3, 5)})
#: Codes of the neighbours, and how many digits follow them.
NEIGHBOURS = {
    "373": 8, "374": 8, "375": 9, "380": 9, "992": 9, "993": 8, "994": 9, "995": 9, "996": 9, "998": 9,
}  # fmt: skip


def find_phones(text):
    """Numbers in a text a person wrote, in its order, each once."""
    found = []
    for groups, word_before, word_after in _runs(text or ""):
        found += _in_run(groups, word_before, word_after)
    return list(dict.fromkeys(found))


def e164(number):
    """A number that is known to be one, such as a contact's or a caller's, as E.164; "" when it cannot be told.

    Without a country it is taken for a Russian one.
    """
    digits = re.sub(r"\D", "", number or "")
    if (number or "").strip().startswith("+"):
        return f"+{digits}" if 8 <= len(digits) <= 15 else ""
    if len(digits) == 10 and digits[0] in "3489":
        return f"+7{digits}"
    if len(digits) == 11 and digits[0] in "78":
        return f"+7{digits[1:]}"
    return f"+{digits}" if 11 <= len(digits) <= 15 else ""


def _runs(text):
    """Digits that may belong together, with the words around them. What letters touch belongs to a VIN or a plate.

    :return: tuples of a list of ``(digits, has a plus, is parted by more than a blank)``, word before, word after
    """
    text = ADDRESS.sub(" \n", unicodedata.normalize("NFKC", text[:LONGEST_TEXT]))
    groups, word, word_before, previous, plus, marked = [], "", "", "", False, False
    for piece in [*TOKEN.findall(text), "\n"]:
        lowered = piece.lower()
        if piece.isdecimal() and piece.isascii() and not previous.isalpha():
            word_before = word_before if groups else word
            groups.append((piece, plus, marked))
            plus = marked = False
        elif piece in BETWEEN or lowered in FILLERS:
            marked = True
        elif not piece.isspace() or "\n" in piece:
            if groups and piece.isalpha() and previous.isdecimal():
                groups.pop()
            if groups:
                yield groups, word_before, lowered
            groups, marked, plus = [], False, piece == "+" or lowered == "плюс"
            word = lowered if piece.isalpha() else word
        previous = piece


def _in_run(groups, word_before, word_after):
    found, start = [], 0
    while start < len(groups):
        number, end = "", start + 1
        for end in range(len(groups), start, -1):
            number = _number(groups[start:end], alone=(start, end) == (0, len(groups)))
            unit = word_after in UNITS and end == len(groups)
            if number and not unit and not (word_before in PAPERS and not start):
                found.append(number)
                break
        else:
            end = start + 1
        start = end
    return found


def _number(groups, alone):
    """E.164 of groups that look like one number, else "".

    :param alone: no other digits stand beside these
    """
    digits = "".join(group for group, _plus, _marked in groups)
    plus, cuts, at = groups[0][1], [], 0
    for group, _plus, _marked in groups[:-1]:
        at += len(group)
        cuts.append(at)
    if plus and digits[:3] in NEIGHBOURS and len(digits) == 3 + NEIGHBOURS[digits[:3]]:
        return f"+{digits}"
    lead = len(digits) - 10
    if lead == 1 and digits[0] in "78":
        code = digits[1:4]
        if code[0] not in "3489" and not (plus and digits[0] == "7" and code[0] == "7"):
            return ""
    elif lead or digits[0] != "9" or not alone:
        # Without 8 or +7, and among other digits, it could be anything.
        return ""
    # Firms' numbers at the callers' or the firms' cost are nobody's own.
    if digits[lead : lead + 3] in ("800", "804", "809") or (lead and digits[0] == "8" and plus):
        return ""
    tail = tuple(cut - lead - 3 for cut in cuts if cut > lead + 3)
    head_is_fine = all(cut in (lead, lead + 3) for cut in cuts if cut <= lead + 3)
    if not head_is_fine or tail not in PARTINGS or _is_amount(groups, plus):
        return ""
    return f"+7{digits[lead:]}"


def _is_amount(groups, plus):
    """Whether blanks alone part the digits as thousands are parted: 89 123 456 789, or 8 900 000 and a number."""
    lengths = [len(group) for group, _plus, _marked in groups]
    if plus or any(marked for _group, _plus, marked in groups[1:]) or len(groups) < 2:
        return False
    if lengths[0] <= 3 and set(lengths[1:]) == {3}:
        return True
    return any(group == "000" for group, _plus, _marked in groups[1:]) and len(lengths) < 5
