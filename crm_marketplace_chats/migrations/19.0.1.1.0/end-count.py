"""What the messages tell of a chat has become more: what stands in the waiting view, the newest message. The histories
of prices and statuses begin."""

from odoo import SUPERUSER_ID, api

#: Chats counted in one statement.
PORTION = 5000


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {"active_test": False})
    conversations = env["marketplace.conversation"]
    ids = conversations.search([], order="id").ids
    for start in range(0, len(ids), PORTION):
        conversations.browse(ids[start : start + PORTION])._recount()
    vehicles = env["product.template"].search([("is_vehicle", "=", True)])
    env["marketplace.price"]._note("vehicle_id", vehicles.ids)
    env["marketplace.price"]._note("listing_id", env["marketplace.listing"].search([]).ids)
    env["marketplace.vehicle.status"]._note(vehicles)
