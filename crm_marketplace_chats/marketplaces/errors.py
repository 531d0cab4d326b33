"""The neutral failures. Every one carries a short machine-readable reason; sentences for people are made in
the addon.
"""

from __future__ import annotations


class MarketplaceError(Exception):
    """A marketplace did not do what was asked.

    :param reason: key of the reason, one of `REASONS`
    :param detail: what the marketplace itself said, cut to 300 characters, never a secret
    :param status: HTTP status, where there was an answer
    :param retry_after: seconds the marketplace asks us to wait, where it says so
    """

    #: Whether the same request may succeed later without a person doing anything.
    passing = False

    def __init__(
        self, reason: str, detail: str = "", *, status: int | None = None, retry_after: float | None = None
    ):
        super().__init__(f"{reason} ({status})" if status else reason)
        self.reason = reason
        self.detail = detail[:300]
        self.status = status
        self.retry_after = retry_after


class CredentialsError(MarketplaceError):
    """The keys are refused; an admin has to enter others."""


class EntitlementError(MarketplaceError):
    """The keys are right, but the account may not do this (tariff, rights, no money)."""


class RateLimitError(MarketplaceError):
    """Asked too often; the whole account has to pause."""

    passing = True


class TemporaryError(MarketplaceError):
    """The marketplace is ill or out of reach, and has certainly not done what was asked, or it was a mere
    question.
    """

    passing = True


class RejectedError(MarketplaceError):
    """This very request is refused and always will be (unknown chat, text too long); others are not touched
    by it.
    """


class OutcomeUnknownError(MarketplaceError):
    """The line broke after a request that changes something had left: it may have been done or not."""

    passing = True


#: What a mark or a wish (read, shut out, take back) may meet without saying anything of what else the account may do.
NOT_DONE = (RejectedError, EntitlementError)

#: Every reason that a client may give, with the class it usually comes in.
REASONS = {
    "wrong_keys": CredentialsError,  # client id/secret or token refused
    "wrong_login": CredentialsError,  # login or password refused
    "password_expired": CredentialsError,
    "code_required": CredentialsError,  # a password alone opens no session; a session id has to be pasted
    "session_refused": CredentialsError,  # a pasted session id is dead and there is no password
    "keys_missing": CredentialsError,
    "not_a_dealer": EntitlementError,  # a private person's account
    "payment_required": EntitlementError,  # HTTP 402
    "forbidden": EntitlementError,  # HTTP 403 with valid keys
    "too_many_requests": RateLimitError,
    "unreachable": TemporaryError,  # no connection, DNS, TLS
    "timeout": TemporaryError,
    "server_error": TemporaryError,  # 5xx
    "bad_answer": TemporaryError,  # not JSON, or not what the contract says
    "not_ready": TemporaryError,  # HTTP 425
    "bad_request": RejectedError,
    "not_found": RejectedError,
    "too_late": RejectedError,  # the marketplace's time for this has run out
    "text_too_long": RejectedError,
    "text_empty": RejectedError,
    "image_refused": RejectedError,  # size or type
    "not_supported": RejectedError,  # this channel has no such action
    "media_refused": RejectedError,  # host not on the list, too big, wrong content
    "line_broken": OutcomeUnknownError,
}
