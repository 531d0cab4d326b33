"""The part `growing` of `./dev bench`."""

from dataclasses import dataclass

from devtools.process import say

from . import retention, sizes
from .stage import staged


@dataclass(frozen=True)
class Plan:
    """`sizes`: how many messages there are, one after the other; of the last half is erased."""

    sizes: tuple


FULL = Plan((100_000, 500_000, 2_000_000))
QUICK = Plan((20_000, 100_000, 200_000))


def run(workspace, options):
    """Measure everything, one after the other; return the figures."""
    plan = QUICK if options.quick else FULL
    figures = []
    with staged(workspace) as stage:
        for measure in (sizes, retention):
            say(f"growing: {measure.__name__.rpartition('.')[2]}")
            figures += measure.measure(stage, plan)
    return figures
