"""Odoo itself: a checkout of the user's own (ODOO_PATH), else Debian's package, unpacked into the cache.

The package `odoo-19` lives in Debian's unstable suite alone. It is fetched with a package list of our own,
from the mirror this machine uses anyway, and unpacked without being installed: that needs neither root nor
unstable.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .paths import CACHE, VENV
from .process import Problem, output, run, say

SERIES = "19.0"
PACKAGE = "odoo-19"
# What Odoo's package links to and web pages load. Other dependencies come as Python packages.
COMPANIONS = (
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
)
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# All translations but the Russian ones: 800 MB that nobody here reads.
LEFT_OUT = (
    *(f"*/{folder}/{name}.po" for folder in ("i18n", "i18n_extra") for name in ("[!r]*", "r[!u]*", "ru?*")),
    *("./usr/share/doc", "./usr/share/lintian", "./usr/share/bug", "./etc"),
)


@dataclass(frozen=True)
class Odoo:
    """Where Odoo is: the folder that holds the package `odoo`, and the folders with its addons."""

    pythonpath: Path
    addons: tuple[Path, ...]


def series_of(folder):
    """Return the series ("19.0") of the Odoo in a folder, or None when there is none."""
    release = folder / "odoo" / "release.py"
    found = release.is_file() and re.search(
        r"^version_info = \((\d+), (\d+)", release.read_text(), re.MULTILINE
    )
    return f"{found[1]}.{found[2]}" if found else None


def ensure():
    """Return the Odoo to use, fetching it when there is none yet."""
    own = os.environ.get("ODOO_PATH")
    if own:
        own = Path(own).expanduser().resolve()
        if series_of(own) != SERIES:
            raise Problem(f"ODOO_PATH={own} is no checkout of Odoo {SERIES}")
        return Odoo(own, tuple(folder for folder in (own / "odoo/addons", own / "addons") if folder.is_dir()))
    tree = CACHE / "odoo"
    packages = tree / "usr/lib/python3/dist-packages"
    if not tree.exists():
        fetch(tree)
    if series_of(packages) != SERIES:
        raise Problem(
            f"Debian's package holds Odoo {series_of(packages)}: set ODOO_PATH to a checkout of Odoo {SERIES}"
        )
    return Odoo(packages, (packages / "odoo/addons",))


def fetch(tree):
    """Download the Debian packages and unpack them."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Problem(
            f"there is no apt here to fetch Odoo with: set ODOO_PATH to a checkout of Odoo {SERIES}"
        )
    work = CACHE / "apt"
    for folder in ("lists/partial", "cache/archives/partial", "debs"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    apt = apt_command(work)
    say("Odoo: package list")
    run("apt-get update", [*apt, "update"], log="odoo-apt-update.log")
    say("Odoo: download (130 MB)")
    try:
        run(
            "apt-get download",
            [*apt, "download", PACKAGE, *COMPANIONS],
            log="odoo-apt-download.log",
            cwd=work / "debs",
        )
    except Problem as problem:
        raise Problem(
            f"{problem}\nDebian's {PACKAGE} cannot be had: set ODOO_PATH to a checkout of Odoo {SERIES}"
        ) from None
    say("Odoo: unpack")
    fresh = tree.with_name("odoo.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for package in sorted((work / "debs").glob("*.deb")):
        unpack(package, fresh)
    fresh.rename(tree)
    shutil.rmtree(work)


def apt_command(work):
    """Return apt-get with every file of its own in `work`, and Debian's unstable suite as its only source."""
    status, listed, _ = output(
        ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]
    )
    targets = [line.split() for line in listed.splitlines()] if not status else []
    site = next(
        (site for site, suite, part in targets if part == "main" and "security" not in site + suite), None
    )
    if not site:
        raise Problem(
            f"there is no Debian mirror here to fetch Odoo from: set ODOO_PATH to a checkout of Odoo {SERIES}"
        )
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    (work / "sources.list").write_text(f"deb {signed}{site} sid main\n")
    options = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work / "cache",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": 3,
        # A mirror may lag behind; signatures are checked all the same.
        "Acquire::Check-Valid-Until": "false",
        # Without root apt cannot become another user for downloads.
        "APT::Sandbox::User": "",
    }
    return ["apt-get", "-q", *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]


def unpack(package, folder):
    """Unpack one .deb without what LEFT_OUT names."""
    content = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
    excluded = [f"--exclude={pattern}" for pattern in LEFT_OUT]
    run(
        "tar",
        ["tar", "-x", "-C", folder, "--no-same-owner", *excluded],
        stdin=content.stdout,
        log="odoo-unpack.log",
    )
    if content.wait():
        raise Problem(f"{package} cannot be unpacked: remove it and try again")


def complete(odoo):
    """Put back what Debian leaves out or links to files of another version. Needs the virtual environment."""
    if not odoo.pythonpath.is_relative_to(CACHE):
        return
    addons = odoo.addons[0]
    # Blurs the background in calls. It is among the backend's assets: its absence is an error on every page.
    blur = addons / "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    if not blur.exists():
        blur.parent.mkdir(parents=True, exist_ok=True)
        blur.write_text("// not part of the Debian package\n")
    fonts = next((VENV / "lib").glob("python3*/site-packages/xstatic/pkg/font_awesome/data/fonts"))
    for folder in ("web/static/lib/fontawesome/fonts", "web/static/src/libs/fontawesome/fonts"):
        for font in (addons / folder).iterdir():
            if font.is_symlink() and not font.exists() and (fonts / font.name).exists():
                font.unlink()
                shutil.copy(fonts / font.name, font)
