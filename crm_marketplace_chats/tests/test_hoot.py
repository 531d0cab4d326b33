from odoo.tests import HttpCase, tagged


def suite_id(name):
    """The id that Odoo's JavaScript test runner gives a suite: a 32-bit hash of its name."""
    value = 0
    for char in name:
        value = ((value << 5) - value + ord(char)) & 0xFFFFFFFF
    return f"{value:08x}"


@tagged("post_install", "-at_install")
class TestHoot(HttpCase):
    def test_screen(self):
        """All of static/tests/*.test.js: the Chats screen and its badge, with the server's answers made up."""
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id="
            + suite_id("@crm_marketplace_chats"),
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=lambda message: "[HOOT]" not in message,
        )
