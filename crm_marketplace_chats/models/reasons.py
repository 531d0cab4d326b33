"""What went wrong and what was found, in words. The clients give keys, people get sentences."""

from odoo.tools.translate import LazyTranslate

from ..marketplaces import client_class

_lt = LazyTranslate(__name__)

REASONS = {
    "wrong_keys": _lt("%(marketplace)s refuses the keys of the channel."),
    "wrong_login": _lt("%(marketplace)s refuses the login or the password of the channel."),
    "password_expired": _lt("The password at %(marketplace)s has expired."),
    "code_required": _lt(
        "%(marketplace)s asks for a code at login, so a password alone does not open the chats."
    ),
    "session_refused": _lt("%(marketplace)s no longer accepts the session ID of the channel."),
    "keys_missing": _lt("The keys of the channel are not complete."),
    "not_a_dealer": _lt("This login belongs to a private person, not to a dealer."),
    "payment_required": _lt("The account at %(marketplace)s has no paid access to messages."),
    "forbidden": _lt("The account at %(marketplace)s has no right to do this."),
    "too_many_requests": _lt(
        "%(marketplace)s asks us to slow down. We go on by ourselves in a few minutes; nothing gets lost."
    ),
    "unreachable": _lt(
        "%(marketplace)s cannot be reached. We keep trying. If its site opens in a browser, look at this server's way "
        "to the internet (firewall, proxy, DNS)."
    ),
    "timeout": _lt("%(marketplace)s did not answer in time. We keep trying; nothing has to be done."),
    "server_error": _lt("%(marketplace)s is out of order. We keep trying; nothing has to be done."),
    "bad_answer": _lt(
        "%(marketplace)s gave an answer that cannot be understood. We keep trying. If this lasts for hours, see "
        "whether the service address in the form of the channel is right."
    ),
    "not_ready": _lt("%(marketplace)s has not prepared it yet. We keep trying."),
    "bad_request": _lt("%(marketplace)s did not accept this. Look into the chat there."),
    "not_found": _lt("%(marketplace)s does not know this chat or this file any more."),
    "too_late": _lt("%(marketplace)s no longer allows this: too much time has passed."),
    "text_too_long": _lt("The text is too long for %(marketplace)s. Send it in parts."),
    "text_empty": _lt("An empty text cannot be sent."),
    "image_refused": _lt(
        "%(marketplace)s does not take this picture. Send a JPEG or PNG, not too large, or another one."
    ),
    "not_supported": _lt("%(marketplace)s does not allow this for this channel."),
    "media_refused": _lt(
        "The file could not be taken over: unknown address, size or type. Open the chat at the marketplace to see it."
    ),
    "line_broken": _lt("%(marketplace)s did not answer, so it is not known whether this arrived. Checking."),
    "not_delivered": _lt(
        "%(marketplace)s did not take the message. Look into the chat there before sending again."
    ),
    "internal": _lt(
        "Something went wrong in Odoo itself. The administrator finds it in Odoo's log, by the number of the channel."
    ),
}

#: What to click and where, at the marketplaces whose cabinets we know; said after the sentence.
CURES = {
    "avito": {
        "wrong_keys": _lt(
            "Sign in at Avito with the main account, open For Business → Integrations → API "
            "(avito.ru/professionals/api), copy client_id and client_secret into Chats → Configuration → Channels and "
            "press «Check the Connection»."
        ),
        "keys_missing": _lt(
            "Enter Client ID and Client Secret in Chats → Configuration → Channels; they lie at Avito → For Business → "
            "Integrations → API (avito.ru/professionals/api)."
        ),
        "payment_required": _lt(
            "The keys are right. See at Avito → For Business → Tariff whether it includes the API of the messenger, "
            "or ask your manager at Avito; then press «Check the Connection»."
        ),
        "forbidden": _lt(
            "This may be the key of an employee: sign in at Avito with the main account of the company and take the "
            "keys from For Business → Integrations → API (avito.ru/professionals/api)."
        ),
        "too_late": _lt("Avito lets a message be deleted for an hour after its sending."),
    },
    "autoru": {
        "wrong_keys": _lt(
            "Ask your manager at Auto.ru for a token, paste it into Chats → Configuration → Channels → Token and press "
            "«Check the Connection»."
        ),
        "wrong_login": _lt(
            "Sign in at the Auto.ru cabinet with them; then enter what works there in Chats → Configuration → "
            "Channels → Login, Password."
        ),
        "password_expired": _lt(
            "Sign in at the Auto.ru cabinet, set a new password, and enter it in Chats → Configuration → Channels → "
            "Password."
        ),
        "code_required": _lt(
            "Sign in at the Auto.ru cabinet in a browser and paste its session ID into Chats → Configuration → "
            "Channels → Session ID; or choose there the way with the ChatId."
        ),
        "session_refused": _lt(
            "Sign in at the Auto.ru cabinet in a browser once more and paste the new session ID into Chats → "
            "Configuration → Channels → Session ID."
        ),
        "keys_missing": _lt(
            "Enter the token and the login with its password (or a session ID) in Chats → Configuration → Channels; "
            "where Auto.ru delivers, the ChatId alone is enough."
        ),
        "not_a_dealer": _lt(
            "Take the login of the salon's cabinet, not a personal one: Chats → Configuration → Channels → Login."
        ),
        "payment_required": _lt(
            "The token is right. Fill up the balance in the Auto.ru cabinet, or ask your manager at Auto.ru; then "
            "press «Check the Connection»."
        ),
        "forbidden": _lt(
            "Take the login of the salon's owner; an agency enters the number of the salon too: Chats → "
            "Configuration → Channels → Dealer ID. Which rights the token has, your manager at Auto.ru knows."
        ),
    },
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
        "No listings can be seen. This may be the key of an employee: sign in at %(marketplace)s with the main account "
        "of the company and take the keys from For Business → Integrations → API."
    ),
    "calls_visible": _lt("Calls of the last day: %(count)s."),
    "calls_refused": _lt(
        "The list of calls is not open to these keys (%(detail)s): calls will not be shown. Ask %(marketplace)s for "
        "call tracking if you want them here; chats work without."
    ),
    "clock": _lt(
        "The clock of this server and that of %(marketplace)s differ by %(seconds)s seconds. Switch on the "
        "synchronisation of time on this server: timedatectl set-ntp true."
    ),
    "clock_fine": _lt("The clocks agree (they differ by %(seconds)s s)."),
    "deliveries_come": _lt("Deliveries come; the last one did %(when)s."),
    "deliveries_none": _lt(
        "Deliveries are on, but none has come yet. Whether %(marketplace)s reaches this Odoo (%(address)s) shows with "
        "the next message: have somebody write to you, and check again."
    ),
    "deliveries_stopped": _lt(
        "Deliveries do not get through any more: the last one came %(when)s, messages later than that had to be asked "
        "for. See that %(address)s can be opened from the internet (certificate, proxy, firewall); then switch "
        "deliveries off and on."
    ),
    "deliveries_off": _lt(
        "Deliveries are off: messages come once a minute. «Switch Deliveries On» brings them at once."
    ),
    "address_not_public": _lt(
        "The address of this Odoo (%(address)s) cannot be reached from the internet by https: %(marketplace)s cannot "
        "deliver. Enter the public address under Settings → Technical → System Parameters → web.base.url, and have the "
        "proxy in front of Odoo serve it by https."
    ),
    "no_employees": _lt(
        "Nobody is named who may use this channel. Name the employees: Chats → Configuration → Channels → Employees."
    ),
    "few_cron_threads": _lt(
        "Odoo runs %(count)s scheduled action at a time: a long history would hold up replies. Set max_cron_threads = "
        "2 or more in Odoo's configuration file and start Odoo again."
    ),
    "offers_visible": _lt("Listings that can be seen: %(count)s."),
    "rooms_visible": _lt("Chats that can be seen: %(count)s, about own listings: %(own)s."),
    "rooms_not_own": _lt(
        "There are listings (%(offers)s), but none of the %(count)s chats is about them: the login does not see the "
        "chats of the dealer. Choose Chats → Configuration → Channels → Way of Receiving: Auto.ru delivers (ChatId)."
    ),
}


def describe_reason(env, reason, marketplace):
    """A sentence for a reason, in the language of ``env``; an unknown reason is shown as it is."""
    sentence = REASONS.get(reason)
    return _say(env, sentence, {}, marketplace) if sentence else reason


def describe_cure(env, reason, marketplace):
    """What an administrator has to click and where; empty where time or nobody cures it."""
    sentence = CURES.get(marketplace, {}).get(reason)
    return _say(env, sentence, {}, marketplace) if sentence else ""


def describe_finding(env, finding, marketplace):
    """One line of the connection test in words, led by a mark for its level."""
    mark = {"ok": "✓", "warning": "!", "error": "✗"}[finding.level]
    code = f"{finding.code}_more" if finding.values.get("more") else finding.code
    sentence = FINDINGS.get(code) or REASONS.get(code)
    words = _say(env, sentence, finding.values, marketplace) if sentence else code
    return " ".join(filter(None, (mark, words, describe_cure(env, code, marketplace))))


def _say(env, sentence, values, marketplace):
    words = env._(sentence)
    return words % {**values, "marketplace": client_class(marketplace).label}
