"""The whole system for tests that look at it from outside: real server, database, simulator and browser.

The server and the simulator are processes of their own and live as long as the test run.
"""

import os
import re

import pytest
import requests
from dealership import Dealership
from odoo_server import OdooUnderTest, logged_errors
from secrecy import told_in_log

from devtools import demo
from devtools.paths import ADDON, LOGS, SCREENSHOTS
from devtools.process import end_all, tail
from devtools.system import chromium, free_port
from devtools.workspace import Workspace

FAILED = pytest.StashKey[bool]()


class SimulatorUnderTest(demo.Simulator):
    """The stand-in marketplaces: `avito_url`, `autoru_url`, `control_url`."""

    def control(self, method, path, json=None):
        """Ask the control API and return its JSON; an answer other than 2xx is an error."""
        response = requests.request(method, f"{self.control_url}{path}", json=json, timeout=120)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def reset(self):
        """Put the marketplaces back to where they began."""
        self.control("POST", "/reset")


@pytest.fixture(scope="session")
def workspace():
    with Workspace() as opened:
        yield opened


@pytest.fixture(scope="session")
def simulator(workspace):
    under_test = SimulatorUnderTest(free_port(), free_port(), free_port())
    process = under_test.start(log=f"test-simulator-{os.getpid()}.log")
    yield under_test
    process.end()


@pytest.fixture(scope="session")
def odoo(workspace, simulator):
    """The demo's dealership on a database of its own, both channels pulled once from `simulator`."""
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", f"test-odoo-{os.getpid()}.log"
    with workspace.scratch() as database:
        demo.seed(workspace, database, url, simulator)
        # Also what the transport says of each request: test_secrets.py looks for what must not be told.
        process = workspace.serve(database, port, "--log-handler", f"odoo.addons.{ADDON}:DEBUG", log=log)
        try:
            demo.wait_for(lambda: demo.answers(f"{url}/web/login"), process, "Odoo's login page")
            demo.wait_for_chats(workspace, database, process)
            under_test = OdooUnderTest(workspace, url, database, LOGS / log)
            yield under_test
            told = told_in_log(under_test)
        finally:
            process.end()
    assert not told, f"the log of the whole run tells {told}"
    assert not (errors := logged_errors(LOGS / log)), "the server's log has errors:\n" + "\n".join(errors)


@pytest.fixture(scope="session")
def dealership(odoo):
    """The demo's dealership, asked by RPC: channels, chats, jobs."""
    return Dealership(odoo)


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=["--disable-dev-shm-usage"])
        yield chrome
        chrome.close()


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


@pytest.fixture
def page_as(browser, odoo, request):
    """page_as(login, viewport=(1440, 900), path="/odoo") -> a page. Errors in its console fail the test."""
    pages = Pages(browser, odoo, request.node.name)
    yield pages
    if request.node.stash.get(FAILED, False):
        for file in pages.screenshots():
            print(f"screenshot: {file}")
    pages.close()
    assert not pages.unexpected(), "errors in the browser's console:\n" + "\n".join(pages.unexpected())


def pytest_sessionfinish():
    """Leave no server behind, whatever interrupted the fixtures."""
    end_all()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Show a failed test the end of the server's log."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and call.when == "call":
        item.stash[FAILED] = True
        odoo_used = item.funcargs.get("odoo")
        if odoo_used:
            report.sections.append(("end of Odoo's log", tail(odoo_used.log)))
