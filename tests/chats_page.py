"""The Chats screen as a manager uses it: what can be seen and clicked, by the names a manager knows."""

import re

from playwright.sync_api import expect

expect.set_options(timeout=20_000)


class ChatsPage:
    """Wraps a page that shows the Chats screen."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".o_mchats")
        self.thread = page.locator(".o_mchats_thread")
        self.text = page.locator("textarea.o_mchats_input")
        self.send = page.locator(".o_mchats_send")
        self.panel = page.locator(".o_mchats_panel")
        self.car = page.locator(".o_mchats_car_button")
        self.done = page.locator(".o_mchats_done")
        self.systray_number = page.locator(".o_mchats_systray .badge")
        self.menu = page.locator(".o_menu_sections [data-menu-xmlid='crm_marketplace_chats.menu_chats']")
        self.view_number = page.locator(".o_mchats_view[data-view=waiting] b")

    @classmethod
    def of(cls, page_as, login, viewport=(1440, 900), path="/odoo/chats", **device):
        """The screen opened anew by that user, with its list loaded."""
        screen = cls(page_as(login, viewport=viewport, path=path, **device))
        expect(screen.page.locator(".o_mchats_list [role=listbox][aria-busy=false]")).to_be_attached()
        return screen

    def row(self, name):
        """The row of that buyer in the list."""
        named = self.page.locator(".o_mchats_name").get_by_text(name, exact=True)
        return self.page.locator(".o_mchats_row").filter(has=named)

    def open(self, name):
        self.reach(name)
        self.row(name).click()
        expect(self.page.locator(".o_mchats_header h2")).to_have_text(name)
        expect(self.text.or_(self.page.locator(".o_mchats_obstacle"))).to_be_visible()

    def reach(self, name):
        """Go on through the pages of the list until that buyer's row is there."""
        rows = self.page.locator(".o_mchats_row")
        expect(rows.first).to_be_visible()
        for _page in range(10):
            try:
                expect(self.row(name)).to_be_visible(timeout=3000)
            except AssertionError:
                rows.last.scroll_into_view_if_needed()
            else:
                return

    def view(self, name):
        self.page.locator(f".o_mchats_view[data-view={name}]").click()

    def bubble(self, text):
        """The message with that text in the open chat."""
        return self.thread.locator(".o_mchats_bubble").filter(has_text=text)

    def expect_number(self, number):
        """The number of unprocessed chats is the same in menu, systray and list; 0 is shown by none of them."""
        for place in (self.systray_number, self.view_number):
            if number:
                expect(place).to_have_text(str(number))
            else:
                expect(place).to_have_count(0)
        # Beside the menu it is drawn by the style sheet.
        drawn = f'"{number}"' if number else "none"
        expect(self.menu).to_have_css("content", drawn, pseudo="after")
        if number:
            expect(self.menu).to_have_accessible_name(re.compile(rf"\S {number}$"))

    def write(self, text):
        """Type a reply and send it; return when it stands in the chat."""
        self.text.fill(text)
        self.text.press("Enter")
        expect(self.bubble(text)).to_be_visible()
