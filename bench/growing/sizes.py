"""What a message takes of the disk, in the table and in each index, as there are more of them; what that comes to."""

import time

from ..figures import counted

MB, GB = 2**20, 2**30
#: A group of dealers with 2,000 channels.
EXPECTED = 50_000_000
TABLES = ("marketplace_message", "marketplace_conversation", "marketplace_turn")
PARTS = """
    select 'marketplace_message', pg_relation_size('marketplace_message')
     union all select indexrelid::regclass::text, pg_relation_size(indexrelid)
      from pg_index where indrelid = 'marketplace_message'::regclass
"""
#: Odoo makes it itself where the extension is there when the addon is installed.
TRIGRAMS = (
    "create extension if not exists pg_trgm",
    """create index if not exists marketplace_message__body_index on marketplace_message
        using gin (body gin_trgm_ops)""",
)
#: A batch as a webhook or a pull stores it, into the middle of what there is.
BATCH = """
    insert into marketplace_message (channel_id, conversation_id, external_id, direction, kind, body, sent_at, state,
                                     is_noise, attempts, readings)
    select channel_id, conversation_id, external_id || '-{n}', direction, kind, body, sent_at, state, false, 0, 0
      from marketplace_message tablesample system_rows(1000)
"""


def measure(stage, plan):
    stage.sql("create extension if not exists tsm_system_rows", *TRIGRAMS)
    figures, curve = [], []
    for messages in plan.sizes:
        stage.fill(messages)
        rows = stage.number("select count(*) from marketplace_message")
        total = sum(stage.number(f"select pg_total_relation_size('{table}')") for table in TABLES)
        vacuum = _timed(stage, "vacuum marketplace_message")
        insert = min(_timed(stage, BATCH.format(n=f"{messages}-{n}")) for n in range(3))
        curve.append((rows, total))
        name = f"{messages:,} messages"
        figures += [
            counted(f"{name}: on the disk, with chats and indexes", total / MB, "MB"),
            counted(f"{name}: bytes a message", total / rows, "B"),
            counted(f"{name}: 1,000 more in one statement", insert * 1000, "ms"),
            counted(f"{name}: vacuum with nothing to do", vacuum * 1000, "ms"),
        ]
    figures += [
        counted(f"  of a message: {part}", float(size) / curve[-1][0], "B")
        for part, size in (line.split("|") for line in stage.sql(PARTS).splitlines())
    ]
    (rows, size), (more, larger) = curve[-2:]
    each = (larger - size) / (more - rows)
    return [
        *figures,
        counted("bytes of each further message, by the last two sizes", each, "B"),
        counted(f"{EXPECTED:,} messages by that line", (larger + each * (EXPECTED - more)) / GB, "GB"),
    ]


def _timed(stage, statement):
    """Seconds of a statement, with the start of psql, which is a few milliseconds."""
    began = time.perf_counter()
    stage.sql(statement)
    return time.perf_counter() - began
