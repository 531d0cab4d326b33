"""The part of lint that needs Python packages; runs inside the virtual environment.

Prints a line per finding, like `file:line: what`, and ends with exit code 1 if there was one.
"""

import re
import subprocess
import sys
from pathlib import Path

import polib
from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
ADDON = "crm_marketplace_chats"
TRANSLATION = ROOT / ADDON / "i18n" / "ru.po"
# %(name)s, %s and %% of Python and JavaScript, {{car}} of quick replies, tags of XML.
PLACES = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\{\w+|</?\w+")


def files(*patterns):
    """Return the project's files, committed or about to be, that match git's patterns."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def check_xml():
    for path in files("*.xml", "*.svg"):
        try:
            etree.parse(path)
        except etree.XMLSyntaxError as error:
            yield path, error.lineno, error.msg


def check_translation():
    """Every text of the addon has a Russian one, with the same places for values and the same markup."""
    if not TRANSLATION.exists():
        yield TRANSLATION, 1, "is missing"
        return
    for entry in polib.pofile(TRANSLATION):
        if entry.obsolete:
            continue
        if "fuzzy" in entry.flags or not entry.translated():
            yield TRANSLATION, entry.linenum, f"not translated: {entry.msgid!r}"
        elif sorted(PLACES.findall(entry.msgid)) != sorted(PLACES.findall(entry.msgstr)):
            yield TRANSLATION, entry.linenum, f"other places for values, or other markup: {entry.msgid!r}"


def check_paths():
    """No file speaks of the machine it was written on."""
    places = {str(ROOT), str(Path.home())} - {"/"}
    pattern = re.compile("|".join(rf"(?<![\w.-]){re.escape(place)}(?![\w.-])" for place in places).encode())
    for path in files():
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
            if pattern.search(line):
                yield path, number, "names a folder of this machine"


def check_javascript():
    """Every module can be parsed. Playwright's package brings the program that reads them."""
    import playwright

    node = Path(playwright.__file__).parent / "driver" / "node"
    script = """
        const fs = require("fs"), vm = require("vm");
        for (const file of process.argv.slice(1)) {
            try { new vm.SourceTextModule(fs.readFileSync(file, "utf8"), {identifier: file}); }
            catch (error) { console.log(`${error.stack.split("\\n")[0]}: ${error.message}`); }
        }"""
    command = [node, "--no-warnings", "--experimental-vm-modules", "-e", script, *files("*.js")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        path, number, message = line.split(":", 2)
        yield Path(path), number, message.strip()


CHECKS = (check_xml, check_translation, check_paths, check_javascript)


def main():
    findings = [finding for check in CHECKS for finding in check()]
    for path, line, message in findings:
        print(f"{path.relative_to(ROOT)}:{line}: {message}")
    return 1 if findings else 0


sys.exit(main())
