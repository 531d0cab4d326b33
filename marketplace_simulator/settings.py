"""What can be tuned while the program runs (`POST /config`)."""

from dataclasses import asdict, dataclass, fields


class BadInput(ValueError):
    """A wish of the control API that cannot be fulfilled; its text is the answer's sentence."""


# Setting -> the words it may hold.
_CHOICES = {
    "profile": ("live", "spec"),
    "avito_read_key": ("is_read", "isRead"),
    "avito_signature": ("hmac", "garbage", "none"),
    "autoru_from": ("inclusive", "exclusive"),
    "autoru_asc_without_from": ("oldest", "newest"),
    "autoru_post_answer": ("message", "status"),
    "autoru_unknown_room": ("empty", "404"),
    "autoru_token_form": ("any", "bare", "vertis"),
    "autoru_hook_answer": ("empty", "braces"),
}


@dataclass
class Settings:
    """All switches with their defaults; README.md explains each. Rates are per minute, 0 = no limit."""

    profile: str = "live"
    live: bool = False
    live_min_seconds: float = 20.0
    live_max_seconds: float = 60.0
    avito_rate_per_minute: int = 300
    avito_path_limits: bool = True
    avito_token_seconds: float = 86_400.0
    avito_token_error_status: int = 401
    avito_read_key: str = "is_read"
    avito_echo: bool = True
    avito_signature: str = "hmac"
    record_delay_seconds: float = 0.0
    autoru_rate_per_minute: int = 300
    autoru_block_seconds: float = 180.0
    autoru_session_seconds: float = 7_776_000.0
    autoru_from: str = "inclusive"
    autoru_asc_without_from: str = "oldest"
    autoru_default_asc: bool = True
    autoru_post_answer: str = "message"
    autoru_unknown_room: str = "empty"
    autoru_token_form: str = "any"
    autoru_hook_answer: str = "empty"
    autoru_hook_name_share: float = 0.34
    autoru_text_limit: int = 1000
    webhook_timeout_seconds: float = 2.0
    webhook_retries: int = 0
    webhook_retry_seconds: float = 1.0

    def apply(self, changes: dict) -> None:
        """Set what is named in `changes`, all or nothing.

        :raises BadInput: an unknown name or a value of the wrong kind.
        """
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        checked = {name: self._checked(name, value, known.get(name)) for name, value in changes.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    @staticmethod
    def _checked(name: str, value, kind):
        if kind is None:
            raise BadInput(f"There is no setting {name!r}; GET /config lists them.")
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise BadInput(f"Setting {name!r} takes a {kind.__name__}, not {value!r}.")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise BadInput(f"Setting {name!r} takes one of: {', '.join(_CHOICES[name])}.")
        if kind in (int, float) and value < 0:
            raise BadInput(f"Setting {name!r} cannot be negative.")
        return value

    def as_dict(self) -> dict:
        return asdict(self)
