"""The figures of a run, written into docs/reliability.md between two marks."""

import re
from datetime import datetime, timezone

from devtools.paths import ROOT

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- chaos run: written by ./dev chaos --write-report -->", "<!-- end of the chaos run -->"


def write(result):
    """Replace the part of the page that tells of the last run."""
    part = "\n".join([BEGIN, "", *_lines(result), "", END])
    page = PAGE.read_text()
    PAGE.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: part, page, flags=re.DOTALL))


def _lines(result):
    plan = result.plan
    command = (
        f"./dev chaos --messages {plan.messages} --replies {plan.replies}"
        f" --conversations {plan.conversations} --seed {plan.seed}"
    )
    yield f"`{command}`, {datetime.now(timezone.utc):%Y-%m-%d}:"
    yield ""
    yield f"**{result.verdict.line}**"
    yield ""
    yield "| | |"
    yield "|---|---|"
    for name, value in result.figures.items():
        yield f"| {name} | {value} |"
    yield ""
    yield "Faults, and how often each struck: "
    yield ", ".join(f"`{name}` {number}" for name, number in sorted(result.hits.items())) + "."
    if not result.verdict.ok:
        yield ""
        yield "What is wrong:"
        yield ""
        yield from (f"- {one}" for one in result.verdict.offenders())
