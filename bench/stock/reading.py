"""Runs in Odoo's shell: reads a feed as its scheduled action does, new and once more, and looks at time and memory."""

import base64
import gzip
import re
import time
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from odoo.addons.crm_marketplace_chats.models import marketplace_feed_import

CAR = """<car><unique_id>bench-{number}</unique_id><mark_id>Haval</mark_id><folder_id>Jolion, I</folder_id>
<modification_id>1.5 AMT (150 л.с.)</modification_id><body_type>Внедорожник 5 дв.</body_type><wheel>левый</wheel>
<color>Чёрный</color><availability>в наличии</availability><custom>растаможен</custom><run>{mileage}</run>
<year>2023</year><price>{price}</price><currency>RUR</currency><vin>XTAB{number:013d}</vin>
<extras>{extras}</extras><description>{text} {number}</description><images>{photos}</images></car>
"""
EXTRAS = ", ".join(f"Опция номер {number}" for number in range(40))
TEXT = "Автомобиль в салоне, один владелец, обслуживался у официального дилера. " * 20
PHOTOS = "".join(f"<image>https://photo.example.org/{number}.jpg</image>" for number in range(12))


def read(env, cars):
    """:return: ``{megabytes, new, same, pauses, longest, growth}``; seconds, and megabytes of memory"""
    content = _feed(cars)
    feed = env["marketplace.feed"].create(
        {"name": f"Bench {cars}", "source": "file", "photo_limit": 0, "interval": 60}
    )
    feed.file = base64.b64encode(gzip.compress(content, compresslevel=1))
    megabytes = len(content) / 2**20
    del content
    env.cr.commit()
    env.invalidate_all()
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    transactions = []
    with _timed_portions(transactions):
        new, pauses = _whole(env, feed)
        same, _pauses = _whole(env, feed)
    growth = _memory("VmHWM") - before
    counts = feed.last_run_id.read(["state", "same_count"])[0]
    assert (counts["state"], counts["same_count"]) == ("done", cars), counts
    return {
        "megabytes": megabytes,
        "new": new,
        "same": same,
        "pauses": pauses,
        "longest": max(transactions),
        "growth": growth,
    }


def _feed(cars):
    rows = (
        CAR.format(
            number=number, mileage=number * 7, price=900_000 + number, extras=EXTRAS, text=TEXT, photos=PHOTOS
        )
        for number in range(cars)
    )
    return f"<data><cars>\n{''.join(rows)}</cars></data>".encode()


def _whole(env, feed):
    """Read it to the end, pausing as the job does.

    :return: seconds, number of pauses
    """
    feed.action_load()
    env.cr.commit()
    started, pauses = time.perf_counter(), 0
    feed._import()
    while feed.last_run_id.state == "running":
        pauses += 1
        feed._import()
    return time.perf_counter() - started, pauses


@contextmanager
def _timed_portions(transactions):
    whole = marketplace_feed_import.commit_retrying

    def timed(env, work):
        started = time.perf_counter()
        try:
            return whole(env, work)
        finally:
            transactions.append(time.perf_counter() - started)

    with patch.object(marketplace_feed_import, "commit_retrying", timed):
        yield


def _memory(name):
    """Megabytes of this process: `VmRSS` now, `VmHWM` at most."""
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
