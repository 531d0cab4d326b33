"""Runs in Odoo's shell: how long one message takes to be stored, in three ways, one after the other in each run."""

import time
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from statistics import median
from unittest.mock import patch

from psycopg2.extras import execute_values

from odoo.addons.crm_marketplace_chats.marketplaces.payload import Batch, RemoteMessage
from odoo.addons.crm_marketplace_chats.models.bulk import to_naive

TEXT = "Здравствуйте! Подскажите, машина ещё в продаже? Готов подъехать сегодня после шести, №"


#: Where a batch's time goes: what is measured of which model.
PARTS = {
    "_apply_messages": "marketplace.channel",
    "_recount": "marketplace.conversation",
    "_retell": "marketplace.turn",
    "_tell_screens": "marketplace.channel",
    "_ring": "marketplace.channel",
}


def compare(env, channel, batch, chats, posts, runs):
    """:return: seconds for one message, run by run: ``{ours, bare, post}``, each with its commit; and ``parts``: the
    seconds of a whole batch of ours by the method that took them, the median of the runs"""
    channel = env["marketplace.channel"].browse(channel)
    env.cr.execute(
        "SELECT id, external_id FROM marketplace_conversation WHERE channel_id = %s ORDER BY id",
        (channel.id,),
    )
    every = env.cr.fetchall()
    # What was there before the first run, as it is where the addon itself has stored it.
    used = [number for number, _external_id in every[: chats * (runs + 1)]]
    env["marketplace.turn"]._retell(env["marketplace.conversation"].browse(used))
    rooms = env["discuss.channel"].create([{"name": f"Покупатель {n}"} for n in range(posts)])
    env.cr.commit()
    took = {"ours": [], "bare": [], "post": []}
    parts = {name: [] for name in PARTS}
    for run in range(-1, runs):  # the first warms up
        # Others in each run, as far as there are: nobody writes for hours into a chat that nobody answers.
        first = run * chats % len(every)
        known = every[first : first + chats]
        with _watched(env) as spent:
            whole = ours(env, channel, known, batch, run)
        seconds = {
            "ours": whole / batch,
            "bare": _bare(env, channel, known, batch, run) / batch,
            "post": _posts(env, rooms) / posts,
        }
        if run >= 0:
            for figures, values in ((took, seconds), (parts, spent)):
                for name, value in values.items():
                    figures[name].append(value)
    return took | {"parts": {name: median(values) for name, values in parts.items()}}


@contextmanager
def _watched(env):
    """Give a dict that is filled with the seconds that each of `PARTS` takes; one may be part of another."""
    spent = dict.fromkeys(PARTS, 0.0)

    def timed(name, method):
        def call(*args, **more):
            started = time.perf_counter()
            try:
                return method(*args, **more)
            finally:
                spent[name] += time.perf_counter() - started

        return call

    with ExitStack() as stack:
        for name, model in PARTS.items():
            owner = env.registry[model]
            stack.enter_context(patch.object(owner, name, timed(name, getattr(owner, name))))
        yield spent


def _timed(env, work):
    started = time.perf_counter()
    work()
    env.cr.commit()
    took = time.perf_counter() - started
    env.invalidate_all()
    return took


def ours(env, channel, known, size, run):
    """What one portion of deliveries or one page of history goes through: counters, turns, screens and all."""
    now = datetime.now(timezone.utc)
    messages = tuple(
        RemoteMessage(
            f"ours-{run}-{n}",
            known[n % len(known)][1],
            "in",
            "text",
            now + timedelta(seconds=n),
            body=f"{TEXT} {n}",
        )
        for n in range(size)
    )
    return _timed(env, lambda: channel._apply_batch(Batch((), messages)))


def _bare(env, channel, known, size, run):
    """One INSERT of many rows, as psycopg2 makes it, into the very same table, so with its indexes and constraints;
    nothing else."""
    now = to_naive(datetime.now(timezone.utc))
    rows = [
        {
            "channel_id": channel.id,
            "conversation_id": known[n % len(known)][0],
            "external_id": f"bare-{run}-{n}",
            "direction": "in",
            "kind": "text",
            "body": f"{TEXT} {n}",
            "sent_at": now + timedelta(seconds=n),
            "state": "received",
            "is_noise": False,
            "attempts": 0,
            "readings": 0,
        }
        for n in range(size)
    ]
    columns = ", ".join(rows[0])
    statement = f"INSERT INTO marketplace_message ({columns}) VALUES %s"

    def insert():
        execute_values(env.cr._obj, statement, [tuple(row.values()) for row in rows], page_size=size)

    return _timed(env, insert)


def _posts(env, rooms):
    """Odoo's own way in its best case: many messages in one transaction, in rooms without other members."""

    def post():
        for number, room in enumerate(rooms):
            room.message_post(
                body=f"{TEXT} {number}", message_type="comment", subtype_xmlid="mail.mt_comment"
            )

    return _timed(env, post)
