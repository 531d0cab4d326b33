"""Pages of the real screen, for the user and the device that a test names."""

import re

from devtools.paths import SCREENSHOTS


class Pages:
    """Opens pages for users, and keeps what went wrong in them."""

    def __init__(self, browser, odoo, name):
        self.browser, self.odoo, self.name = browser, odoo, name
        self.contexts, self.errors, self.expected = [], [], []

    def __call__(self, login, viewport=(1440, 900), path="/odoo", cookies=None, **device):
        """Return a page of that user, who is logged in and has opened `path`. In Russian, Moscow time.

        :param cookies: more of them, by name
        :param device: more of what Playwright calls the options of a context, like `has_touch`
        """
        width, height = viewport
        context = self.browser.new_context(
            base_url=self.odoo.url,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            viewport={"width": width, "height": height},
            **device,
        )
        context.add_cookies(
            [{"name": name, "value": value, "url": self.odoo.url} for name, value in (cookies or {}).items()]
        )
        self.contexts.append(context)
        params = {"db": self.odoo.db, "login": login, "password": login}
        answer = context.request.post("/web/session/authenticate", data={"jsonrpc": "2.0", "params": params})
        assert "error" not in answer.json(), answer.text()
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"{login}: {error}"))
        page.on(
            "console",
            lambda message: message.type == "error" and self.errors.append(f"{login}: {message.text}"),
        )
        page.goto(path, timeout=90_000)  # a server's first page waits for its bundles to be made
        return page

    def expect_error(self, pattern):
        """Let errors of the browser's console that match be no failure of this test."""
        self.expected.append(pattern)

    def unexpected(self):
        """Return the errors of the browser's console that the test did not expect."""
        return [
            error for error in self.errors if not any(re.search(pattern, error) for pattern in self.expected)
        ]

    def screenshots(self):
        """Keep a picture of each open page; return their files."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        pages = [page for context in self.contexts for page in context.pages]
        files = [SCREENSHOTS / f"{self.name}-{number}.png" for number in range(len(pages))]
        for page, file in zip(pages, files, strict=True):
            page.screenshot(path=file)
        return files

    def close(self):
        for context in self.contexts:
            context.close()
