"""What was measured, beside what was aimed at."""

from dataclasses import dataclass
from statistics import median, quantiles

HEAD = ("what", "measured p50", "p95, or least – most", "goal", "met")


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


@dataclass(frozen=True)
class Ratio:
    """One line of the table: how often as much, once for each run. The median decides; `goal` is the least or the
    most that it may be."""

    what: str
    values: tuple[float, ...]
    goal: float | None = None
    at_least: bool = False

    @property
    def is_met(self):
        if self.goal is None:
            return None
        value = median(self.values)
        return value >= self.goal if self.at_least else value <= self.goal

    def cells(self):
        met = {None: "–", True: "yes", False: "NO"}[self.is_met]
        spread = f"{_times(min(self.values))} – {_times(max(self.values))}"
        goal = "–" if self.goal is None else f"{'≥' if self.at_least else '≤'} {_times(self.goal)}"
        return (f"{self.what} ({len(self.values)} runs)", _times(median(self.values)), spread, goal, met)


def _times(value):
    return f"{value:,.{0 if value >= 20 else 1 if value >= 5 else 2}f}×"


def ratio(what, one, other, goal=None, at_least=False):
    """A figure of two that were measured in turns: how many times ``other`` is in ``one``, run by run.

    :param goal: the least with ``at_least``, else the most
    """
    return Ratio(what, tuple(a / b for a, b in zip(one, other, strict=True)), goal, at_least)


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
    return [*lines, "", met(figures)]


def met(figures):
    """How many of the goals are met."""
    judged = [figure.is_met for figure in figures if figure.goal is not None]
    return f"goals met: {sum(judged)} of {len(judged)}"
