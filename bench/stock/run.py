"""The part `stock` of `./dev bench`."""

from devtools.process import say

from ..figures import counted
from ..ground import ground

CARS = 20_000
#: Memory may grow so much more for the whole feed than for a tenth of it, in MB.
FLAT = 32
#: Requests of a person wait for a portion at most: its transaction holds the cars that it writes.
LONGEST_PORTION = 2_000


def run(workspace, options):
    """Return the figures."""
    cars = CARS // 10 if options.quick else CARS
    with ground(workspace) as opened, opened.database("stock") as database:
        say(f"a feed of {cars // 10} cars, and one of {cars}")
        small = opened.in_odoo("stock.reading:read", database, cars=cars // 10)
        large = opened.in_odoo("stock.reading:read", database, cars=cars)
    return [
        counted(f"{cars:,} new cars, {large['megabytes']:.0f} MB", large["new"], "s"),
        counted("one new car", 1000 * large["new"] / cars, "ms"),
        counted("the same feed once more, nothing has changed", large["same"], "s"),
        counted("pauses for other work meanwhile", large["pauses"]),
        counted("longest transaction", 1000 * large["longest"], "ms", LONGEST_PORTION),
        counted(
            "memory: growth, beyond that of a feed of a tenth", large["growth"] - small["growth"], "MB", FLAT
        ),
    ]
