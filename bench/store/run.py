"""The part `store` of `./dev bench`."""

from devtools.process import say

from ..figures import counted, ratio
from ..ground import ground

CONVERSATIONS, MESSAGES = 10_000, 20
#: Messages of one batch, over that many chats; posts of Odoo's own beside each.
BATCH, CHATS, POSTS, RUNS = 1000, 500, 200, 7
#: What the parts of a batch are called.
PARTS = {
    "_apply_messages": "messages looked up and inserted",
    "_recount": "counters, clocks and answer times",
    "_retell": "the answer times among these",
    "_tell_screens": "the note to the screens",
    "_ring": "whom to ring",
}


def run(workspace, options):
    """Return the figures."""
    tenth = 10 if options.quick else 1
    with ground(workspace) as opened, opened.database("store") as database:
        say("chats to store in")
        channel = opened.in_odoo(
            "seed:fill", database, conversations=CONVERSATIONS // tenth, messages=MESSAGES
        )
        say("storing")
        took = opened.in_odoo(
            "store.writing:compare",
            database,
            channel=channel,
            batch=BATCH,
            chats=min(CHATS, CONVERSATIONS // tenth),
            posts=POSTS,
            runs=RUNS,
        )
    return [
        ratio(
            "`message_post`, as often as one of a batch of 1,000 takes", took["post"], took["ours"], 50, True
        ),
        ratio("a batch of 1,000, as often as a bare INSERT of its rows", took["ours"], took["bare"], 2.5),
        counted("one message of a batch", 1000 * sorted(took["ours"])[RUNS // 2], "ms"),
        *(counted(f"of a batch: {told}", 1000 * took["parts"][part], "ms") for part, told in PARTS.items()),
    ]
