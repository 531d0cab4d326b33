"""`./dev chaos`: the run itself lies in tests/chaos and needs the packages of the virtual environment."""

import os
import signal

from .paths import PYTHON, ROOT
from .process import Process
from .testing import prepare_python


def run(arguments):
    """Run it with these options; return its exit code."""
    prepare_python()
    environment = dict(os.environ, PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}")
    command = [PYTHON, "-m", "chaos", *arguments]
    return Process(
        "the chaos run", command, env=environment, cwd=ROOT, stdin=None, stop_signal=signal.SIGINT
    ).wait()
