"""The virtual environment: every Python package, pinned with hashes in requirements-dev.txt."""

import hashlib
import re
import shutil
import sys

from .paths import CACHE, PYTHON, REQUIREMENTS, VENV
from .process import Problem, output, run, say
from .system import install

OLDEST, NEWEST = (3, 10), (3, 13)  # the Pythons for which all the wheels exist
WHEELS_ONLY = ("--no-deps", "--only-binary", ":all:", "--require-hashes")


def base_python():
    """Return a Python that the pinned packages support: this one, or another of the machine."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        raise Problem(
            f"Python 3.{OLDEST[1]} to 3.{NEWEST[1]} is needed: install one of them, for example `python3.12`"
        )
    return found


def create_venv(python):
    shutil.rmtree(VENV, ignore_errors=True)
    create = [python, "-m", "venv", VENV]
    if output(create)[0]:
        shutil.rmtree(VENV, ignore_errors=True)
        if not install("python3-venv"):
            raise Problem("Python cannot make a virtual environment: install `python3-venv`")
        run("python -m venv", create, log="venv.log")


def install_requirements():
    """Let uv install them, itself pinned in the same list; where it does not run, pip does the same."""
    pinned_uv = re.search(r"^uv==(?:.*\\\n)*.*\n", REQUIREMENTS.read_text(), re.MULTILINE).group()
    only_uv = CACHE / "requirements-uv.txt"
    only_uv.write_text(pinned_uv)
    run(
        "pip install uv",
        [PYTHON, "-m", "pip", "-q", "install", *WHEELS_ONLY, "-r", only_uv],
        log="pip-uv.log",
    )
    uv = [VENV / "bin" / "uv", "pip", "install", "-q", "--python", PYTHON, *WHEELS_ONLY, "-r", REQUIREMENTS]
    if output(uv)[0]:
        run(
            "pip install",
            [PYTHON, "-m", "pip", "-q", "install", *WHEELS_ONLY, "-r", REQUIREMENTS],
            log="pip.log",
        )


def ensure():
    """Make the virtual environment as the list of requirements says; at once when it is so already.

    It stays with the Python it was made with, whichever one runs this, as long as that one is there.
    """
    packages = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = VENV / "made-of"
    made_of = stamp.read_text().splitlines() if stamp.exists() else ["", ""]
    usable = made_of[0] == python_version()
    if usable and made_of[1] == packages:
        return
    say("Python packages")
    if not usable:
        create_venv(base_python())
    install_requirements()
    stamp.write_text(f"{python_version()}\n{packages}")


def python_version():
    """Return what the virtual environment's Python says of itself, or None when it does not run."""
    try:
        return " ".join(output([PYTHON, "-VV"])[1].split())
    except OSError:
        return None
