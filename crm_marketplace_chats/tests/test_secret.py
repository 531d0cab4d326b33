from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import config

from odoo.addons.crm_marketplace_chats.models.marketplace_channel_secret import KEY_FILE

from .common import ChatsCase


@tagged("post_install", "-at_install")
class TestEncryption(ChatsCase):
    def setUp(self):
        super().setUp()
        self.key_file = Path(self.enterContext(TemporaryDirectory())) / "key"
        self.key_file.write_bytes(Fernet.generate_key())

    def with_key(self, path):
        return patch.dict(config.options, {KEY_FILE: str(path)})

    def stored(self):
        secrets = self.env["marketplace.channel.secret"].sudo()
        return secrets.search([("channel_id", "=", self.avito.id), ("key", "=", "avito_client_secret")]).value

    def test_stored_encrypted_and_used_in_the_clear(self):
        with self.with_key(self.key_file):
            self.avito.avito_client_secret = "a secret"
            self.assertNotIn("secret", self.stored())
            self.assertEqual(self.avito._client_settings()["client_secret"], "a secret")

    def test_without_the_key_it_counts_as_not_set(self):
        with self.with_key(self.key_file):
            self.avito.avito_client_secret = "a secret"
        self.assertEqual(self.avito._client_settings()["client_secret"], "")
        self.assertNotIn("avito_client_secret", (self.avito.secrets_set or "").split())
        self.key_file.write_bytes(Fernet.generate_key())
        with self.with_key(self.key_file):
            self.assertEqual(self.avito._client_settings()["client_secret"], "")

    def test_older_secrets_stay_usable(self):
        self.avito.avito_client_secret = "in the clear"
        with self.with_key(self.key_file):
            self.assertEqual(self.avito._client_settings()["client_secret"], "in the clear")

    def test_a_file_without_a_key_is_said(self):
        """Storing in the clear instead would break a promise in silence."""
        self.key_file.write_text("no key")
        for path in (self.key_file, self.key_file.with_name("nowhere")):
            with self.with_key(path), self.assertRaises(UserError):
                self.avito.avito_client_secret = "a secret"
