from odoo.modules.module import load_script
from odoo.tests import tagged
from odoo.tools.misc import file_path
from odoo.tools.sql import column_exists, create_column

from .common import ChatsCase


@tagged("post_install", "-at_install")
class TestMigration(ChatsCase):
    def test_keys_that_were_columns_are_kept(self):
        create_column(self.env.cr, "marketplace_channel", "avito_client_id", "varchar")
        self.env.cr.execute(
            "UPDATE marketplace_channel SET avito_client_id = 'of-before' WHERE id = %s", [self.avito.id]
        )
        path = file_path("crm_marketplace_chats/migrations/19.0.1.1.0/post-migration.py")
        script = load_script(path, "marketplace_chats_1_1")
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.assertEqual(self.avito._client_settings()["client_id"], "of-before")
        self.assertFalse(column_exists(self.env.cr, "marketplace_channel", "avito_client_id"))
        script.migrate(self.env.cr, "19.0.1.0.0")  # killed before its version was written: once more
        self.assertEqual(self.avito._client_settings()["client_id"], "of-before")
