"""Times as the marketplaces write them, and as they read them."""

from datetime import datetime, timezone


def seconds_utc(moment: float) -> str:
    """`2026-01-10T09:00:00Z`"""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def millis_utc(moment: float) -> str:
    """`2026-01-10T09:00:00.100Z`"""
    whole = datetime.fromtimestamp(int(moment * 1000) / 1000, timezone.utc)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def day_utc(moment: float) -> str:
    """`2026-01-10`"""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%d")


def moment(text) -> float:
    """Seconds since 1970 of an ISO 8601 time or day; without a zone it is UTC. :raises ValueError:"""
    if not isinstance(text, str):
        raise ValueError("not a text")
    # Python 3.10 does not read the letter Z.
    parsed = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    return parsed.replace(tzinfo=parsed.tzinfo or timezone.utc).timestamp()
