"""The part `browser` of `./dev bench`."""

from devtools.process import say

from .measures import ALL
from .stage import staged


def run(workspace, options):
    """Measure everything, one after the other; return the figures."""
    figures = []
    with staged(workspace) as stage:
        for measure in ALL:
            say(measure.__name__)
            figures += measure(stage, options)
        errors = stage.pages.unexpected()
    for error in errors:
        say(f"in the browser's console: {error}")
    return figures
