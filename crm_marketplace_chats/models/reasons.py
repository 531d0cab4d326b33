"""What went wrong and what was found, in words. The clients give keys, people get sentences."""

from odoo.tools.translate import LazyTranslate

from ..marketplaces import client_class

_lt = LazyTranslate(__name__)

REASONS = {
    "wrong_keys": _lt("%(marketplace)s refuses the keys. Check them in the settings of the channel."),
    "wrong_login": _lt("%(marketplace)s refuses the login or the password."),
    "password_expired": _lt(
        "The password at %(marketplace)s has expired. Set a new one there and enter it here."
    ),
    "code_required": _lt(
        "%(marketplace)s asks for a code at login. Paste a session ID instead of the password."
    ),
    "session_refused": _lt("%(marketplace)s no longer accepts the pasted session ID. Paste a new one."),
    "keys_missing": _lt("The keys of the channel are not complete."),
    "not_a_dealer": _lt("This login belongs to a private person, not to a dealer."),
    "payment_required": _lt(
        "The account at %(marketplace)s has no paid access to messages. Check its tariff."
    ),
    "forbidden": _lt(
        "The account at %(marketplace)s has no right to do this. Use the key of the main account."
    ),
    "too_many_requests": _lt("%(marketplace)s asks us to slow down. We go on in a few minutes."),
    "unreachable": _lt("%(marketplace)s cannot be reached. We keep trying."),
    "timeout": _lt("%(marketplace)s did not answer in time. We keep trying."),
    "server_error": _lt("%(marketplace)s is out of order. We keep trying."),
    "bad_answer": _lt("%(marketplace)s gave an answer that cannot be understood. We keep trying."),
    "not_ready": _lt("%(marketplace)s has not prepared it yet. We keep trying."),
    "bad_request": _lt("%(marketplace)s did not accept this."),
    "not_found": _lt("%(marketplace)s does not know this chat any more."),
    "too_late": _lt("%(marketplace)s no longer allows this: too much time has passed."),
    "text_too_long": _lt("The text is too long for %(marketplace)s."),
    "text_empty": _lt("An empty text cannot be sent."),
    "image_refused": _lt("%(marketplace)s does not take this picture."),
    "not_supported": _lt("%(marketplace)s does not allow this for this channel."),
    "media_refused": _lt("The file could not be taken over: unknown address, size or type."),
    "line_broken": _lt("%(marketplace)s did not answer, so it is not known whether this arrived. Checking."),
    "not_delivered": _lt(
        "%(marketplace)s did not take the message. Look into the chat there before sending again."
    ),
    "internal": _lt("Something went wrong in Odoo itself. The administrator finds it in the log."),
}

FINDINGS = {
    "token_ok": _lt("The keys are right."),
    "session_ok": _lt("The login works."),
    "bare_token_works": _lt("The token works without the word Vertis before it."),
    "hook_ready": _lt("The address and the ChatId are ready to be entered in the Auto.ru cabinet."),
    "account": _lt("Account: %(name)s, profile number %(id)s."),
    "dealer": _lt("Dealer number %(id)s, state %(status)s."),
    "chats_visible": _lt("Chats that can be seen: %(count)s."),
    "chats_visible_more": _lt("Chats that can be seen: more than %(count)s."),
    "listings_visible": _lt("Listings that can be seen: %(count)s."),
    "listings_visible_more": _lt("Listings that can be seen: more than %(count)s."),
    "listings_none": _lt(
        "No listings can be seen. This may be the key of an employee: use that of the main account."
    ),
    "calls_visible": _lt("Calls of the last day: %(count)s."),
    "calls_refused": _lt(
        "The list of calls is not open to these keys (%(detail)s): calls will not be shown."
    ),
    "clock": _lt("The clocks differ by %(seconds)s seconds. Set the clock of this server (NTP)."),
    "deliveries_ready": _lt("Deliveries can come."),
    "deliveries_off": _lt(
        "Deliveries are off: messages come once a minute. «Switch Deliveries On» brings them at once."
    ),
    "address_not_public": _lt(
        "The address of this Odoo (%(address)s) cannot be reached from the internet by https: %(marketplace)s cannot "
        "deliver. Set web.base.url and the proxy."
    ),
    "no_employees": _lt("Nobody is named who may use this channel. Name the employees."),
    "few_cron_threads": _lt(
        "Odoo runs %(count)s scheduled action at a time (max_cron_threads): a long history would hold up replies. "
        "Set 2 or more."
    ),
    "offers_visible": _lt("Listings that can be seen: %(count)s."),
    "rooms_visible": _lt("Chats that can be seen: %(count)s, about own listings: %(own)s."),
    "rooms_not_own": _lt(
        "There are listings (%(offers)s), but none of the %(count)s chats is about them: the login does not see the "
        "chats of the dealer. Use the way with the ChatId."
    ),
}


def describe_reason(env, reason, marketplace):
    """A sentence for a reason, in the language of ``env``; an unknown reason is shown as it is."""
    sentence = REASONS.get(reason)
    return _say(env, sentence, {}, marketplace) if sentence else reason


def describe_finding(env, finding, marketplace):
    """One line of the connection test in words, led by a mark for its level."""
    mark = {"ok": "✓", "warning": "!", "error": "✗"}[finding.level]
    code = f"{finding.code}_more" if finding.values.get("more") else finding.code
    sentence = FINDINGS.get(code) or REASONS.get(code)
    return f"{mark} {_say(env, sentence, finding.values, marketplace) if sentence else code}"


def _say(env, sentence, values, marketplace):
    words = env._(sentence)
    return words % {**values, "marketplace": client_class(marketplace).label}
