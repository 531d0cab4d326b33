from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, config

from .bulk import execute_quietly

#: Option of the server's configuration that names a file with a Fernet key; without it secrets are stored as they are.
KEY_FILE = "marketplace_chats_key_file"
#: What an encrypted value begins with.
ENCRYPTED = "fernet:"


class MarketplaceChannelSecret(models.Model):
    """Where a channel's keys and tokens lie. Nobody has access rights to this model, admins included: the addon's own
    code reads it as superuser, and the channel's form can only write to it."""

    _name = "marketplace.channel.secret"
    _description = "Marketplace Channel Secret"
    _rec_name = "key"

    channel_id = fields.Many2one("marketplace.channel", required=True, ondelete="cascade", index=True)
    key = fields.Char(required=True)
    value = fields.Char(required=True)

    _channel_key = models.UniqueIndex("(channel_id, key)", "A channel keeps each key once.")

    @api.model
    def _read_all(self, channel):
        """All secrets of a channel as a dict. One that cannot be decrypted any more counts as not set."""
        secrets = self.sudo().search([("channel_id", "=", channel.id)])
        values = {secret.key: self._decrypt(secret.value) for secret in secrets}
        return {key: value for key, value in values.items() if value is not None}

    @api.model
    def _store(self, channel, key, value):
        """Set, replace or (with an empty value) forget one secret.

        By a statement of its own: one that fails, because somebody has stored the same at this moment, is not written
        into the log, and whoever made it starts again.
        """
        if not value:
            self.sudo().search([("channel_id", "=", channel.id), ("key", "=", key)]).unlink()
            return
        statement = SQL(
            """
            INSERT INTO marketplace_channel_secret
                        (channel_id, key, value, create_uid, create_date, write_uid, write_date)
            VALUES (%(channel)s, %(key)s, %(value)s, %(uid)s, %(now)s, %(uid)s, %(now)s)
            ON CONFLICT (channel_id, key)
            DO UPDATE SET value = excluded.value, write_uid = excluded.write_uid, write_date = excluded.write_date
            """,
            channel=channel.id,
            key=key,
            value=self._encrypt(value),
            uid=self.env.uid,
            now=fields.Datetime.now(),
        )
        execute_quietly(self.env, statement)
        self.invalidate_model()

    @api.model
    def _encrypt(self, value):
        cipher = self._cipher()
        return ENCRYPTED + cipher.encrypt(value.encode()).decode() if cipher else value

    @api.model
    def _decrypt(self, value):
        if not value.startswith(ENCRYPTED):
            return value
        cipher = self._cipher()
        try:
            return cipher and cipher.decrypt(value.removeprefix(ENCRYPTED).encode()).decode()
        except InvalidToken:
            return None

    @api.model
    def _cipher(self):
        """:raises UserError: the configuration names a file that holds no key; storing in the clear instead would
        be a promise broken in silence"""
        path = config.get(KEY_FILE)
        if not path:
            return None
        try:
            return Fernet(Path(path).read_bytes().strip())
        except (OSError, ValueError):
            raise UserError(
                self.env._(
                    "The file named by %(option)s in the server's configuration holds no key.",
                    option=KEY_FILE,
                )
            ) from None
