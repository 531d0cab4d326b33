"""`./dev bench`: the measurements lie in bench/ and need the packages of the virtual environment."""

import os
import signal

from .paths import PYTHON, ROOT
from .process import Process
from .testing import prepare_python


def run(arguments):
    """Run it with these options; return its exit code."""
    prepare_python()
    environment = dict(os.environ, PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}")
    command = [PYTHON, "-m", "bench", *arguments]
    return Process(
        "the measurements", command, env=environment, cwd=ROOT, stdin=None, stop_signal=signal.SIGINT
    ).wait()
