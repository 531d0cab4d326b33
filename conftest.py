"""What holds for every test: none is skipped in silence, and those with a browser of their own come last."""

from pathlib import Path

import pytest

WHOLE_SYSTEM = Path(__file__).parent / "tests"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    """Turn a skip into a failure: without a browser Odoo skips all browser tests, and the run stays green."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped tests count as failed here: {report.longrepr[2]}"


def pytest_collection_modifyitems(items):
    """Playwright keeps an event loop running in this thread: asynchronous tests cannot start theirs."""
    items.sort(key=lambda item: WHOLE_SYSTEM in item.path.parents)


def pytest_addoption(parser):
    parser.addoption(
        "--write-pictures",
        action="store_true",
        help="of tests/test_pictures.py and test_views.py: put the pictures where README and docs show them",
    )
