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
            found = measure(stage, options)
            # At once: the run is a long one, and the next measure may fail.
            for figure in found:
                say("  ".join(figure.cells()))
            figures += found
        errors = stage.pages.unexpected()
    for error in errors:
        say(f"in the browser's console: {error}")
    return figures
