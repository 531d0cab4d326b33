"""The whole system for tests that look at it from outside: real server, database, simulator and browser.

The server and the simulator are processes of their own and live as long as the test run.
"""

import os

import pytest
from dealership import Dealership, Marketplace
from odoo_server import OdooUnderTest, logged_errors
from pages import Pages
from pictures import Pictures
from secrecy import told_in_log
from stand_ins import stand_ins

from devtools import demo
from devtools.paths import ADDON, LOGS
from devtools.process import end_all, tail
from devtools.system import chromium, free_port
from devtools.workspace import Workspace

FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def workspace():
    with Workspace() as opened:
        yield opened


@pytest.fixture(scope="session")
def simulator(workspace):
    with stand_ins("simulator") as under_test:
        yield under_test


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


@pytest.fixture(scope="module", autouse=True)
def queue_left_as_found(request):
    """Tick what a file's buyers wrote and nobody answered. The list's first page has 50 rows, who waits longest first:
    another file's new chats would else stand behind it."""
    tests = [item for item in request.session.items if item.path == request.path]
    if not any("dealership" in test.fixturenames for test in tests):
        yield
        return
    dealership = request.getfixturevalue("dealership")
    found = dealership.waiting()
    yield
    dealership.tick({chat: last for chat, last in dealership.waiting().items() if chat not in found})


@pytest.fixture(scope="session")
def shop(simulator):
    """Avito's stand-in: its buyers write, and it tells what it holds."""
    return Marketplace(simulator, "avito")


@pytest.fixture
def avito(dealership):
    """The dealership's channel of Avito."""
    return dealership.channel("avito")


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=["--disable-dev-shm-usage"])
        yield chrome
        chrome.close()


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


@pytest.fixture
def pictures(request):
    """Takes the pictures of README, docs and the addon's page."""
    return Pictures(write=request.config.getoption("--write-pictures"))


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
