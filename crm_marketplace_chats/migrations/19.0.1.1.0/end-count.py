"""What the messages tell of a chat has become more: what stands in the waiting view, the newest message."""

from odoo import SUPERUSER_ID, api

#: Chats counted in one statement.
PORTION = 5000


def migrate(cr, version):
    conversations = api.Environment(cr, SUPERUSER_ID, {"active_test": False})["marketplace.conversation"]
    ids = conversations.search([], order="id").ids
    for start in range(0, len(ids), PORTION):
        conversations.browse(ids[start : start + PORTION])._recount()
