"""What comes from the machine itself: Debian packages, Chromium, free ports."""

import os
import shutil
import socket

from .process import Problem, output, run, say

BROWSERS = (
    "google-chrome",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
)  # the names Odoo looks for


def install(*packages):
    """Install Debian packages where that is possible (root, apt-get); return whether it was."""
    if os.geteuid() or not shutil.which("apt-get"):
        return False
    say("apt-get install " + " ".join(packages))
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    command = ["apt-get", "-q", "install", "-y", "--no-install-recommends", *packages]
    if output(command, env=env)[0]:  # mostly for want of a package list
        run("apt-get update", ["apt-get", "-q", "update"], log="apt-update.log", env=env)
        run("apt-get install", command, log="apt-install.log", env=env)
    return True


def chromium():
    """Return the path of the browser for tests, installing it where that is possible."""

    def find():
        return next(filter(None, map(shutil.which, BROWSERS)), None)

    if not find() and not install("chromium", "fonts-dejavu-core"):
        raise Problem(
            "the browser tests need Chromium: install `chromium` (or run as root, then it is installed)"
        )
    return find()


def is_free(port):
    """Tell whether a server can listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    """Return a port of 127.0.0.1 that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
