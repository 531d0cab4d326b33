"""On what it was measured; nothing that would name the machine."""

import os
import re
import subprocess
from pathlib import Path

from devtools.system import chromium


def description(workspace):
    """One line: processor, memory, how busy it is with other things, versions."""
    release = (workspace.odoo.pythonpath / "odoo" / "release.py").read_text()
    odoo = ".".join(re.search(r"version_info = \((\d+), (\d+)", release).groups())
    browser = subprocess.run([chromium(), "--version"], capture_output=True, text=True, check=True).stdout
    processor = _first("/proc/cpuinfo", r"model name\s*:\s*(.+)") or "unknown processor"
    memory = int(_first("/proc/meminfo", r"MemTotal:\s*(\d+)")) / 2**20
    return (
        f"{processor}, {os.cpu_count()} cores, {memory:.0f} GB;"
        f" load before the run: {os.getloadavg()[0]:.1f};"
        f" Odoo {odoo}, PostgreSQL {workspace.server.query('show server_version').split()[0]},"
        f" {browser.split(' built')[0].strip()} (headless, without a graphics card)"
    )


def _first(path, pattern):
    found = re.search(pattern, Path(path).read_text())
    return found and found[1].strip()
