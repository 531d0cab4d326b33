"""`./dev translations`: bring the files of terms up to date with the addon's texts."""

from contextlib import ExitStack

from .paths import ADDON, CACHE, PYTHON, ROOT
from .process import output
from .process import run as run_program
from .workspace import Workspace


def run():
    """Export the terms of a database with the addon, merge them; return 1 while a text has no translation."""
    with ExitStack() as stack:
        workspace = stack.enter_context(Workspace())
        exported = CACHE / "exported.pot"
        export(workspace, stack.enter_context(workspace.scratch()), exported)
    status, told, errors = output([PYTHON, "-m", "devtools.merge_terms", exported], cwd=ROOT)
    print(told, errors, sep="\n")
    return status


def export(workspace, database, path):
    """Write the terms of the addon in this database into a file."""
    options = ["-c", workspace.config, "-d", database, "-l", "pot", "-o", path, ADDON]
    command = [PYTHON, "-m", "odoo", "i18n", "export", *options]
    run_program("odoo i18n export", command, env=workspace.environment, log="i18n.log")
