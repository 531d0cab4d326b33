"""The demo: a dealership's Odoo and the two stand-in marketplaces, with what looks into it and renews it."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import python_env
from .paths import ADDON, ADDON_DIR, CACHE, PYTHON, ROOT, SIMULATOR
from .process import Lock, Problem, Process, locked, say
from .system import is_free
from .workspace import LANGUAGE, Workspace, addon_key

DATABASE = os.environ.get("PGDATABASE") or "demo"
STATE = CACHE / "demo.json"
SEED = Path(__file__).with_name("demo_seed.py")
LOGINS = (
    ("admin", "everything"),
    ("anna", "both channels"),
    ("ivan", "Avito alone"),
)


def shell():
    """Open Odoo's shell on the demo's database."""
    return interactive(lambda workspace: workspace.odoo_command("shell", DATABASE, "--no-http", "--log-level", "warn"))


def psql(arguments):
    """Open psql on the demo's database."""
    return interactive(lambda workspace: [*workspace.server.psql_command(DATABASE), *arguments])


def interactive(command):
    """Give the terminal to a program that works on the demo's database; return its exit code."""
    with Workspace() as workspace:
        ensure_database(workspace)
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)       # Ctrl+C is for that program
            program = [str(part) for part in command(workspace)]
            return subprocess.run(program, env=workspace.environment, cwd=ROOT, restore_signals=True).returncode
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def ensure_database(workspace):
    """Make the demo's database if there is none. Returns the note it carries."""
    if workspace.mark(DATABASE) is None:
        workspace.fresh(DATABASE, addon_key())
    return workspace.mark(DATABASE)
