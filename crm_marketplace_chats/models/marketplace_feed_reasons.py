"""Sentences about feeds, for people."""

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

#: Why a reading came to nothing, or was not finished.
REASONS = {
    "not_xml": _lt("The file is damaged or cut off (line %(detail)s). Nothing was changed."),
    "doctype": _lt("The file has a document type, as web pages have; feeds have none. It was not read."),
    "not_a_feed": _lt("This is neither Auto.ru's nor Avito's format. Nothing was changed."),
    "catalogue": _lt("This is Auto.ru's reference catalogue, not a stock. Nothing was changed."),
    "too_many": _lt("The file holds too many cars. Nothing was changed."),
    "too_big": _lt("The file is too big. Nothing was changed."),
    "archive": _lt("The archive cannot be read: it has to hold one XML file. Nothing was changed."),
    "no_file": _lt("There is no file to read."),
    "shrunk": _lt(
        "%(detail)s cars would be gone at once. They were left as they are: check the feed, then confirm or wait "
        "for the next reading."
    ),
    "interrupted": _lt("The reading was interrupted; what it had stored stays, the next one goes on."),
    "internal": _lt("An error of this program; the server's log tells more."),
    "unreachable": _lt("The address cannot be reached."),
    "timeout": _lt("The feed's server takes too long."),
    "server_error": _lt("The feed's server has an error of its own."),
    "not_found": _lt("There is nothing at this address."),
    "media_refused": _lt("This address is not allowed, or leads to another one that is not: %(detail)s"),
}

#: What is said of one line of the file.
REMARKS = {
    "no_key": _lt("Neither a number nor a VIN: it could not be found again"),
    "no_name": _lt("No make or no model"),
    "not_a_car": _lt("Not a car"),
    "twice": _lt("The same number or VIN stands in the file before"),
    "bad_vin": _lt("Not a VIN: %(detail)s"),
    "currency": _lt("The price is not in roubles: %(detail)s"),
    "still_advertised": _lt("Sold or withdrawn here, but still in the feed"),
}


def describe_feed_reason(env, reason, detail):
    """A sentence in the language of ``env``; an unknown reason is shown as it is."""
    sentence = REASONS.get(reason) or REMARKS.get(reason)
    if not sentence:
        return reason
    words = env._(sentence)
    return words % {"detail": detail or ""}
