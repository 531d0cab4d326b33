"""The part `live` of `./dev bench`."""

from devtools.process import say

from . import arriving, crowd, deliveries, history, pulling, sending
from .plan import FULL, QUICK
from .stage import staged

CHATS = 100


def run(workspace, options):
    """Measure everything, one after the other; return the figures."""
    plan = QUICK if options.quick else FULL
    figures = []
    with staged(workspace, plan.crowd) as stage:
        say(f"{CHATS} chats")
        stage.open_chats(CHATS)
        for measure in (deliveries, arriving, sending, history, crowd):
            figures += _measured(measure, stage, plan)
        stage.one_cron_worker()
        figures += _measured(pulling, stage, plan)
    return figures


def _measured(measure, stage, plan):
    """Say meanwhile what was found: the whole takes a while."""
    say(f"live: {measure.__name__.rpartition('.')[2]}")
    figures = measure.measure(stage, plan)
    for figure in figures:
        say("  " + " | ".join(figure.cells()))
    return figures
