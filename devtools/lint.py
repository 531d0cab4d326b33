"""`./dev lint`: the checks that need no running Odoo."""

from pathlib import Path

from . import javascript_env, python_env
from .paths import ADDON, CACHE, PYTHON, ROOT
from .process import locked, output, say, side_by_side

RUFF = (PYTHON, "-m", "ruff")
NOT_HERE = (
    "consider-merging-classes-inherited",  # one file per concern of a large model
    "invalid-commit",  # jobs work in short transactions of cursors of their own
    "missing-readme",  # README.md and docs/ lie beside the addon
    "no-search-all",  # a dealer has a handful of channels
)
PYLINT = (PYTHON, "-m", "pylint", "--rcfile", "pyproject.toml", f"--disable={','.join(NOT_HERE)}")
CHECKS = {
    "ruff check": (*RUFF, "check", "--quiet", "--output-format", "concise", "."),
    "ruff format": (*RUFF, "format", "--quiet", "--check", "--output-format", "concise", "."),
    "pylint-odoo": (*PYLINT, ADDON),
    "ESLint, Prettier": (*javascript_env.ESLINT, ADDON, "bench"),
    "XML, JavaScript, translations": (PYTHON, Path(__file__).with_name("checks.py")),
}


FIXES = (
    (*RUFF, "check", "--quiet", "--fix", "--exit-zero", "."),
    (*RUFF, "format", "--quiet", "."),
    (*javascript_env.ESLINT, "--fix", ADDON, "bench"),
)


def run(fix=False):
    """Run all checks at the same time and print what they find; return the exit code.

    :param fix: mend first what the tools can mend
    """
    with locked(CACHE / "setup.lock", "sets up Python packages"):
        side_by_side(python_env.ensure, javascript_env.ensure)
    for command in FIXES if fix else ():
        output(command, cwd=ROOT)
    say("lint")
    results = side_by_side(
        *(lambda command=command: output(command, cwd=ROOT) for command in CHECKS.values())
    )
    failed = 0
    for name, (status, found, errors) in zip(CHECKS, results, strict=True):
        if status:
            failed = 1
            print(f"{name}:\n{found}\n{errors}".rstrip(), flush=True)
    if failed and not fix:
        say("`./dev lint --fix` mends part of such findings by itself")
    return failed
