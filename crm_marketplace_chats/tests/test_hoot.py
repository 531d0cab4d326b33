from odoo.tests import HttpCase, tagged


def hoot_id(name):
    """The id that Odoo's JavaScript test runner gives a suite, e.g. ``@addon``: a 32-bit hash of its name."""
    value = 0
    for char in name:
        value = ((value << 5) - value + ord(char)) & 0xFFFFFFFF
    return f"{value:08x}"


@tagged("post_install", "-at_install")
class TestHoot(HttpCase):
    def test_unit(self):
        """The unit tests of the screen, in static/tests."""
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={hoot_id('@crm_marketplace_chats')}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=lambda message: "[HOOT]" not in message,
        )
