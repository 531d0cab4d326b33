"""The address of deliveries holds a secret part, and Odoo writes every address that is asked for into its log."""

import logging
import re

_REST_OF_ADDRESS = re.compile(r"(/crm_marketplace_chats/hook/\d+/)[^\s\"]+")


def hide_secret_part(record):
    """A filter of the log of requests: leave out whatever follows the number of the channel."""
    record.msg = _hidden(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(map(_hidden, record.args))
    return True


def _hidden(part):
    return _REST_OF_ADDRESS.sub(r"\1***", part) if isinstance(part, str) else part


logging.getLogger("werkzeug").addFilter(hide_secret_part)
