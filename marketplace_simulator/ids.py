"""Identifiers in the marketplaces' own formats."""

import base64
import random
import uuid

# 100 ns units between 1582-10-15 (start of UUIDv1 time) and 1970-01-01.
_UUID_EPOCH = 0x01B21DD213814000


class AvitoIds:
    """Avito: chats are a prefix and 128 bits in a base64 of their own, messages 32 hex, users integers."""

    def __init__(self, rng: random.Random):
        self.rng = rng

    def chat(self, kind: str, account_id: int) -> str:
        """`u2i-`/`u2u-` + 22 characters of `[A-Za-z0-9_~]`, or `a2u-<avito's user>-<account>`."""
        if kind == "a2u":
            return f"a2u-{self.rng.randint(190_000_000, 199_999_999)}-{account_id}"
        digits = base64.urlsafe_b64encode(self.rng.randbytes(16)).decode().rstrip("=").replace("-", "~")
        return f"{kind}-{digits}"

    def message(self, created: float, after: str | None = None) -> str:
        """32 lower-case hex digits; says nothing about the order."""
        return self.rng.randbytes(16).hex()

    def buyer(self) -> int:
        return self.rng.randint(300_000_000, 399_999_999)

    def ours(self, account_id: int) -> int:
        return account_id

    def media(self) -> str:
        """Image id: digits, a dot, letters and digits."""
        letters = "".join(self.rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=17))
        return f"{self.rng.randint(10_000, 99_999)}.{self.rng.randint(10_000, 99_999)}{letters}"


class AutoruIds:
    """Auto.ru: rooms are a hash, messages sort by the time in them, users are pseudonyms of one room."""

    def __init__(self, rng: random.Random):
        self.rng = rng

    def chat(self, kind: str, account_id: int) -> str:
        return self.rng.randbytes(16).hex()

    def message(self, created: float, after: str | None = None) -> str:
        """UUIDv1 digits in time order: `1`, 15 hex of the time, variant, clock and node.

        :param after: the newest id of the room; the result sorts behind it unless it is older in time.
        """
        ticks = int(created * 1000) * 10_000 + _UUID_EPOCH
        if after is not None:
            last = int(after[1:16], 16)
            # Several messages of one millisecond keep their order through the digits below it.
            if last // 10_000 == ticks // 10_000:
                ticks = last + 1
        return f"1{ticks:015x}{0x8000 | self.rng.getrandbits(14):04x}{self.rng.getrandbits(48):012x}"

    def _pseudonym(self) -> str:
        if self.rng.random() < 0.5:
            return self.rng.randbytes(8).hex()
        size = self.rng.choice((40, 48))
        return base64.urlsafe_b64encode(self.rng.randbytes(size)).decode().rstrip("=")

    def buyer(self) -> str:
        return self._pseudonym()

    def ours(self, account_id: int) -> str:
        return self._pseudonym()

    def media(self) -> str:
        return self.rng.randbytes(12).hex()


def hook_uuid(rng: random.Random) -> str:
    """The id that scheme A's webhook gives a message: a random UUID, from some phones in capital letters."""
    value = str(uuid.UUID(bytes=rng.randbytes(16), version=4))
    return value.upper() if rng.random() < 0.43 else value
