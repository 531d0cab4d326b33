"""`./dev bench`: its options, and its parts."""

import argparse
import sys

from devtools.process import end_all
from devtools.workspace import Workspace

from . import browser, growing, live, machine, report
from .figures import met, table
from .gateway import run as gateway
from .inbox import run as inbox
from .stock import run as stock
from .store import run as store

#: Each measures one side of the system: a function of the workspace and the options that returns figures.
PARTS = {
    "store": store.run,
    "gateway": gateway.run,
    "inbox": inbox.run,
    "stock": stock.run,
    "live": live.run,
    "growing": growing.run,
    "browser": browser.run,
}


def main(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("part", nargs="?", choices=PARTS, help="only this one")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, for a look")
    parser.add_argument(
        "--minutes", type=float, help="of switching, to see whether memory grows (30; quick: 1)"
    )
    parser.add_argument(
        "--write-report", action="store_true", help="write the figures into docs/performance.md"
    )
    options = parser.parse_args(arguments)
    if options.minutes is None:
        options.minutes = 1 if options.quick else 30
    try:
        with Workspace() as workspace:
            everything = []
            for name in [options.part] if options.part else PARTS:
                described = machine.description(workspace)
                figures = PARTS[name](workspace, options)
                everything += figures
                lines = table(figures)
                print("\n".join([described, "", *lines]), flush=True)
                if options.write_report:
                    report.write(name, _command(name, options), described, lines)
            if not options.part:
                print(f"\nall parts together: {met(everything)}")
    finally:
        end_all()


def _command(name, options):
    minutes = f" --minutes {options.minutes:g}" if name == "browser" else ""
    return f"./dev bench {name}{' --quick' * options.quick}{minutes}"


sys.exit(main(sys.argv[1:]))
