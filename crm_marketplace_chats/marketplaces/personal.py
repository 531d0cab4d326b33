"""What in a text tells who somebody is, and the text without it."""

import re
from collections.abc import Iterable

#: What stands in the place of what was taken out.
MASK = "•••"

EMAIL = r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"
#: Addresses of profiles: t.me/oleg, vk.com/id1, wa.me/79…, @oleg.
PROFILE = r"(?:https?://)?(?:t\.me|vk\.com|wa\.me|ok\.ru|instagram\.com)/[\w.@+-]{2,64}|(?<![\w@])@\w{4,32}"
#: Ten digits or more with what people write between them (a telephone number, a card, a passport), or a number
#: of a town's own network. Prices and mileages are shorter; the digits of a VIN hang on its letters.
NUMBER = r"(?<!\w)\+?\d(?:[ \u00a0().-]{0,2}\d){9,24}|(?<!\w)\d{3}-\d{2}-\d{2}(?!\w)"
TOLD = re.compile(f"{EMAIL}|{PROFILE}|{NUMBER}")
#: Parts of a name that are no name by themselves, and words too short to be searched for.
SHORTEST_NAME = 3


def mask(text: str, names: Iterable[str] = ()) -> str:
    """The text without telephone numbers and other long numbers, mail addresses, profiles, and these names.

    :param names: as the person called himself; each word of three letters or more is looked for, in any case
    """
    masked = TOLD.sub(MASK, text)
    words = sorted({word for name in names for word in re.findall(r"[^\W\d_]+", name)}, key=len, reverse=True)
    words = [re.escape(word) for word in words if len(word) >= SHORTEST_NAME]
    return re.sub(rf"\b(?:{'|'.join(words)})\b", MASK, masked, flags=re.IGNORECASE) if words else masked
