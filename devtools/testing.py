"""`./dev test`: lint, then one pytest run over everything."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from . import lint, python_env
from .paths import ADDON_DIR, CACHE, LOGS, PYTHON, ROOT, SIMULATOR
from .process import Process, locked, say
from .system import chromium
from .workspace import Workspace

EVERYTHING = (ADDON_DIR / "tests", ROOT / SIMULATOR / "tests", ROOT / "tests")
# Tests that need no Odoo in pytest's own process, and most of them nothing but Python.
WITHOUT_ODOO = (ROOT / "tests", ROOT / SIMULATOR)


def run(arguments):
    """Run the tests that the arguments (pytest's) name, all of them and lint when they name none.

    Returns the exit code.
    """
    paths = [Path(one.split("::")[0]).resolve() for one in arguments if is_path(one)]
    if not paths and lint.run():
        return 1
    with ExitStack() as stack:
        if all(any(path.is_relative_to(folder) for folder in WITHOUT_ODOO) for path in paths or EVERYTHING):
            prepare_python()
            options, environment = ["-p", "no:odoo"], dict(os.environ, PYTHONPATH=str(ROOT))
        else:
            options, environment = addon_options(stack)
        remove_old_logs()
        say("tests")
        everything = [] if paths else EVERYTHING
        settings = ["-c", ROOT / "pyproject.toml", "--rootdir", ROOT, "-o", f"cache_dir={CACHE / 'pytest'}"]
        command = [PYTHON, "-m", "pytest", *settings, *options]
        command += [*arguments, *everything]
        # SIGINT lets pytest end what its fixtures have started.
        return Process("pytest", command, env=environment, stdin=None, stop_signal=signal.SIGINT).wait()


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
