"""`./dev test`: lint, then everything, two pytest runs at a time."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from . import lint, python_env
from .paths import ADDON_DIR, CACHE, LOGS, PYTHON, ROOT, SIMULATOR
from .process import Process, locked, say, side_by_side
from .system import chromium
from .workspace import Workspace

WITHOUT = ("-p", "no:odoo")
# Needs Odoo in pytest's own process, and a database.
WITH_ODOO = (ADDON_DIR / "tests",)
# Look at the whole system from outside.
SYSTEM = ROOT / "tests"
# Of these, what needs a part of it alone, or one of its own.
APART = (SYSTEM / "clients", SYSTEM / "chaos")
WITHOUT_ODOO = (ROOT / SIMULATOR / "tests", SYSTEM)
NO_TESTS = 5  # pytest's exit code


def run(arguments):
    """Run the tests that the arguments (pytest's) name, all of them and lint when they name none.

    Returns the exit code.
    """
    paths = [Path(one.split("::")[0]).resolve() for one in arguments if is_path(one)]
    if not paths:
        return lint.run() or run_everything(arguments)
    with ExitStack() as stack:
        if all(any(path.is_relative_to(folder) for folder in WITHOUT_ODOO) for path in paths):
            prepare_python()
            options, environment = WITHOUT, dict(os.environ, PYTHONPATH=str(ROOT))
        else:
            options, environment = addon_options(stack)
        remove_old_logs()
        say("tests")
        return pytest("pytest", [*options, *arguments], environment).wait()


def run_everything(arguments):
    """Run the tests of the addon and of all parts, and beside them those of the whole system: each waits for its
    browser and its database half of the time. What the system's tell is shown when both have ended."""
    with ExitStack() as stack:
        options, environment = addon_options(stack)
        remove_old_logs()
        say("tests: those of addon and parts here, those of the whole system beside them")
        log = LOGS / f"test-system-{os.getpid()}.log"
        ignored = [f"--ignore={folder}" for folder in APART]
        parts = (ROOT / SIMULATOR / "tests", *APART)

        def addon_and_parts():
            addon = pytest("pytest, the addon", [*options, *arguments, *WITH_ODOO], environment).wait()
            return addon, pytest("pytest, the parts", [*WITHOUT, *arguments, *parts], environment).wait()

        system = pytest(
            "pytest, the whole system", [*WITHOUT, *ignored, *arguments, SYSTEM], environment, log.name
        )
        here, beside = side_by_side(addon_and_parts, system.wait)
        print(log.read_text(errors="replace"), flush=True)
        codes = (*here, beside)
        return next((code for code in codes if code not in (0, NO_TESTS)), min(codes))


def pytest(name, arguments, environment, log=None):
    """Start pytest; SIGINT lets it end what its fixtures have started."""
    cache = CACHE / "pytest" / name.rpartition(" ")[2]
    settings = ["-c", ROOT / "pyproject.toml", "--rootdir", ROOT, "-o", f"cache_dir={cache}"]
    command = [PYTHON, "-m", "pytest", *settings, *arguments]
    return Process(name, command, env=environment, log=log, stdin=None, stop_signal=signal.SIGINT)


def remove_old_logs(days=1):
    """Forget the logs of servers that earlier test runs have started."""
    for log in LOGS.glob("test-*.log"):
        if time.time() - log.stat().st_mtime > days * 86400:
            log.unlink()


def is_path(argument):
    """Tell a path (perhaps with `::test`) from pytest's options."""
    return not argument.startswith("-") and Path(argument.split("::")[0]).exists()


def prepare_python():
    """Set up the virtual environment alone."""
    with locked(CACHE / "setup.lock", "sets up Python packages and Odoo"):
        python_env.ensure()


def addon_options(stack):
    """Set up a database with the addon; return pytest's options and environment for Odoo's tests."""
    workspace = stack.enter_context(Workspace())
    browser = Path(chromium())
    database = stack.enter_context(workspace.scratch())
    options = [f"--odoo-config={workspace.config}", f"--odoo-database={database}", "--odoo-http"]
    path = f"{workspace.environment['PATH']}:{browser.parent}"
    return options, {**workspace.environment, "PATH": path}
