"""Avito's client id and Auto.ru's login were ordinary columns; now they are kept like the other keys."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL
from odoo.tools.sql import column_exists

TABLE = "marketplace_channel"
KEYS = ("avito_client_id", "autoru_login")


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for key in KEYS:
        if not column_exists(cr, TABLE, key):
            continue
        table, column = SQL.identifier(TABLE), SQL.identifier(key)
        cr.execute(SQL("SELECT id, %s FROM %s WHERE %s <> ''", column, table, column))
        for channel_id, value in cr.fetchall():
            channel = env["marketplace.channel"].browse(channel_id)
            env["marketplace.channel.secret"]._store(channel, key, value)
        cr.execute(SQL("ALTER TABLE %s DROP COLUMN %s", table, column))
