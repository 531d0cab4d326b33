"""The figures of a part, written into docs/performance.md between two marks."""

import re
from datetime import datetime, timezone

from devtools.paths import ROOT

PAGE = ROOT / "docs" / "performance.md"


def write(name, command, machine, lines):
    """Replace that part of the page."""
    begin, end = f"<!-- {name}: written by ./dev bench --write-report -->", f"<!-- end of {name} -->"
    told = f"`{command}`, {datetime.now(timezone.utc):%Y-%m-%d}. {machine}."
    part = "\n".join([begin, "", told, "", *lines, "", end])
    page = PAGE.read_text()
    fresh, times = re.subn(f"{re.escape(begin)}.*{re.escape(end)}", lambda _: part, page, flags=re.DOTALL)
    if not times:
        raise ValueError(f"{PAGE.name} has no part `{name}`")
    PAGE.write_text(fresh)
