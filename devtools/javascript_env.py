"""ESLint and Prettier as Odoo sets them up for its own JavaScript, pinned in javascript/package-lock.json."""

import hashlib
import shutil
from pathlib import Path

from .paths import CACHE
from .process import Problem, output, run, say
from .system import install

SETTINGS = Path(__file__).with_name("javascript")
FILES = ("package.json", "package-lock.json", "eslintrc.json")
NODE = CACHE / "node"
ESLINT = (
    NODE / "node_modules" / ".bin" / "eslint",
    *("--no-eslintrc", "-c", NODE / "eslintrc.json", "--resolve-plugins-relative-to", NODE, "--ext", ".js"),
    *("--format", "unix"),
)
OLDEST = 16  # the Node.js that this ESLint needs


def ensure():
    """Install what the lock file names into the cache; at once when it is there already."""
    wanted = hashlib.sha256(b"".join((SETTINGS / name).read_bytes() for name in FILES)).hexdigest()
    stamp = NODE / "made-of"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    check_node()
    say("ESLint, Prettier")
    NODE.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(SETTINGS / name, NODE / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run("npm ci", command, cwd=NODE, log="npm.log")
    stamp.write_text(wanted)


def check_node():
    """See that Node.js and npm are there, installing them where that is possible."""
    if not (shutil.which("node") and shutil.which("npm")) and not install("nodejs", "npm"):
        raise Problem("lint of JavaScript needs Node.js: install `nodejs` and `npm` (or run as root)")
    version = output(["node", "--version"])[1]
    if int(version.lstrip("v").split(".")[0]) < OLDEST:
        raise Problem(f"lint of JavaScript needs Node.js {OLDEST} or newer, this is {version}")
