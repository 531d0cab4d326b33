"""What was measured, beside what was aimed at."""

from dataclasses import dataclass
from statistics import quantiles

HEAD = ("what", "measured p50", "p95", "goal", "met")


@dataclass(frozen=True)
class Figure:
    """One line of the table. `p95` is None where there is but one value; `goal` (at most) where none was set."""

    what: str
    p50: float
    p95: float | None
    goal: float | None
    unit: str = "ms"

    @property
    def is_met(self):
        """None without a goal; else what most have to bear decides: the 95th percentile."""
        if self.goal is None:
            return None
        return (self.p50 if self.p95 is None else self.p95) <= self.goal

    def cells(self):
        met = {None: "–", True: "yes", False: "NO"}[self.is_met]
        return (self.what, *(self._shown(value) for value in (self.p50, self.p95, self.goal)), met)

    def _shown(self, value):
        return (
            "–"
            if value is None
            else f"{value:,.{1 if abs(value) < 100 and value % 1 else 0}f} {self.unit}".rstrip()
        )


def timed(what, samples, goal=None):
    """A figure of many measurements, in milliseconds."""
    cuts = quantiles(samples, n=100, method="inclusive")
    return Figure(f"{what} ({len(samples)} ×)", cuts[49], cuts[94], goal)


def counted(what, value, unit="", goal=None):
    """A figure of one value."""
    return Figure(what, value, None, goal, unit)


def table(figures):
    """The figures as lines of a Markdown table; the goals that are met, as its last line."""
    rows = [HEAD, *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
        for row in rows
    ]
    lines.insert(1, f"|{'|'.join('-' * (width + 2) for width in widths)}|")
    judged = [figure.is_met for figure in figures if figure.goal is not None]
    return [*lines, "", f"goals met: {sum(judged)} of {len(judged)}"]
