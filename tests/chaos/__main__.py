"""`./dev chaos`: the options of a run, and its report."""

import argparse
import sys
from dataclasses import replace

from devtools.process import end_all
from devtools.workspace import Workspace

from . import report
from .run import SHORT, Plan, run


def whole(least):
    def read(text):
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"a number from {least} up")
        return int(text)

    return read


def plan(options):
    """A run as long as wanted; with the messages grow the kills."""
    thousands = options.messages / 1000
    return replace(
        Plan(),
        messages=options.messages,
        replies=options.replies,
        conversations=options.conversations,
        seed=options.seed,
        rate=SHORT.rate if options.messages < 1000 else Plan.rate,
        server_kills=max(2, round(0.6 * thousands)),
        worker_kills=max(2, round(1.5 * thousands)),
    )


def main():
    parser = argparse.ArgumentParser(prog="./dev chaos")
    parser.add_argument("--messages", type=whole(1), default=Plan.messages, help="of buyers (20000)")
    parser.add_argument("--replies", type=whole(1), default=Plan.replies, help="of employees (2000)")
    parser.add_argument("--conversations", type=whole(2), default=Plan.conversations, help="(200)")
    parser.add_argument("--seed", type=whole(0), default=Plan.seed, help="of all dice (1)")
    parser.add_argument(
        "--write-report", action="store_true", help="write the figures into docs/reliability.md"
    )
    wanted = plan(options := parser.parse_args())
    try:
        with Workspace() as workspace:
            result = run(workspace, wanted)
    finally:
        end_all()
    if options.write_report:
        report.write(result)
    print("\n".join(result.lines))
    return 0 if result.verdict.ok else 1


sys.exit(main())
