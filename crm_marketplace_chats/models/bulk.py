"""Set-based writing for what arrives in batches: one statement per table, however many rows.

The ORM cannot say "insert unless it is there", which is what keeps two workers from storing the same thing twice.
"""

import random
import time
from datetime import datetime, timezone

from psycopg2.errors import UniqueViolation
from psycopg2.extras import Json

from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as CONFLICTS
from odoo.tools import SQL

#: How often work is tried that others disturb, and the longest pause before the second try; pauses double.
RETRIES, PAUSE = 6, 0.05


def commit_retrying(env, work):
    """Do ``work()`` and commit; again, from a new snapshot, when another worker touched the same rows meanwhile.

    For jobs only: it ends the transaction.

    :return: what ``work`` returns
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            result = work()
            env.cr.commit()
            return result
        except (*CONFLICTS, UniqueViolation, ConcurrencyError):
            env.cr.rollback()
            if attempt >= RETRIES:
                raise
            # By chance, so that two who disturb each other do not do it again.
            time.sleep(random.uniform(0, PAUSE * 2**attempt))


def to_naive(moment: datetime | None) -> datetime | None:
    """Odoo keeps moments naive, in UTC, and cuts them to seconds when it writes them: what is written past it has to
    be cut too, or comparing the two goes wrong."""
    return moment and moment.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)


def execute_quietly(env, statement):
    """As ``env.execute_query``, but a statement that fails is not logged: it holds what clients have written, and that
    two workers disturb each other is no news. Whoever catches the error says what has to be said.

    :return: rows, as tuples
    """
    env.flush_query(statement)
    env.cr.execute(statement, log_exceptions=False)
    return [] if env.cr.description is None else env.cr.fetchall()


def insert_new(model, rows, unique):
    """Insert the rows from a marketplace that are not there yet; see `insert_rows`."""
    return insert_rows(model, rows, unique, SQL("WHERE external_id IS NOT NULL"))


def insert_rows(model, rows, unique, where=SQL()):  # noqa: B008 - SQL is immutable
    """Insert the rows that are not there yet.

    :param rows: dicts with the same keys, the stored columns of ``model``
    :param unique: columns of the unique index that says what "there" means
    :param where: its condition, where it has one
    :return: ids of the rows inserted
    """
    if not rows:
        return []
    columns = [*rows[0], "create_uid", "create_date", "write_uid", "write_date"]
    statement = SQL(
        "INSERT INTO %(table)s (%(columns)s)"
        " SELECT v.*, %(uid)s, now() at time zone 'UTC', %(uid)s, now() at time zone 'UTC' FROM %(rows)s AS v"
        " ON CONFLICT (%(unique)s) %(where)s DO NOTHING RETURNING id",
        table=SQL.identifier(model._table),
        columns=SQL(", ").join(map(SQL.identifier, columns)),
        uid=model.env.uid,
        rows=_unnested(model, rows[0], rows),
        unique=SQL(", ").join(map(SQL.identifier, unique)),
        where=where,
    )
    return [row[0] for row in execute_quietly(model.env, statement)]


def _unnested(model, columns, rows):
    """The rows as PostgreSQL makes them from one array for each column, in their order: what both sides have to read
    grows with the columns, and not with the cells."""
    arrays = (
        SQL(
            "%s::%s[]",
            [_adapt(row[column]) for row in rows],
            SQL(model._fields[column].column_type[1].split("(")[0]),
        )
        for column in columns
    )
    return SQL("unnest(%s)", SQL(", ").join(arrays))


def keep_changes(model, owner, ids, value, table, current, condition):
    """Add to a history the present values of these records, where they differ from the last ones kept. One statement,
    however many.

    :param model: of the history; has the columns ``owner``, ``value`` and ``at``
    :param owner: its column that names the record
    :param value: its column that holds what changes
    :param table: where the records lie, called ``s`` in ``current`` and ``condition``
    :param current: the present value
    :param condition: what is kept at all
    """
    if not ids:
        return
    model.env.flush_all()
    statement = SQL(
        """
        INSERT INTO %(history)s (%(owner)s, %(value)s, at)
        SELECT s.id, %(current)s, now() AT TIME ZONE 'UTC'
          FROM %(table)s s
          LEFT JOIN LATERAL (
                SELECT h.%(value)s AS value FROM %(history)s h
                 WHERE h.%(owner)s = s.id ORDER BY h.at DESC, h.id DESC LIMIT 1
               ) last ON true
         WHERE s.id = ANY(%(ids)s) AND %(condition)s AND %(current)s IS DISTINCT FROM last.value
        """,
        history=SQL.identifier(model._table),
        owner=SQL.identifier(owner),
        value=SQL.identifier(value),
        table=SQL.identifier(table),
        current=current,
        condition=condition,
        ids=list(ids),
    )
    model.env.cr.execute(statement)


def update_changed(model, rows, keep_empty=()):
    """Write rows that differ from what is stored; those that do not are not touched.

    :param rows: dicts with ``id`` and stored columns; not all need the same columns
    :param keep_empty: columns in which None means "not known", so what is stored stays
    :return: ids of the rows that changed
    """
    changed = []
    shapes = {}
    for row in rows:
        shapes.setdefault(tuple(row), []).append(row)
    for shape, alike in shapes.items():
        changed += _update_shape(model, shape[1:] if shape[0] == "id" else shape, alike, keep_empty)
    if changed:
        model.browse(changed).invalidate_recordset()
    return changed


def _update_shape(model, columns, rows, keep_empty):
    new = {
        column: SQL("COALESCE(v.%s, t.%s)", SQL.identifier(column), SQL.identifier(column))
        if column in keep_empty
        else SQL("v.%s", SQL.identifier(column))
        for column in columns
    }
    statement = SQL(
        "UPDATE %(table)s t SET %(assignments)s, write_date = now() at time zone 'UTC', write_uid = %(uid)s"
        " FROM %(rows)s AS v(id, %(columns)s)"
        " WHERE t.id = v.id AND (%(current)s) IS DISTINCT FROM (%(new)s) RETURNING t.id",
        table=SQL.identifier(model._table),
        assignments=SQL(", ").join(SQL("%s = %s", SQL.identifier(column), new[column]) for column in columns),
        uid=model.env.uid,
        rows=_unnested(model, ["id", *columns], rows),
        columns=SQL(", ").join(map(SQL.identifier, columns)),
        current=SQL("ROW(%s)", SQL(", ").join(SQL("t.%s", SQL.identifier(column)) for column in columns)),
        new=SQL("ROW(%s)", SQL(", ").join(new[column] for column in columns)),
    )
    return [row[0] for row in execute_quietly(model.env, statement)]


def _adapt(value):
    """What psycopg2 takes; strangers' texts may hold what PostgreSQL cannot store."""
    if isinstance(value, str):
        return storable(value)
    return Json(_storable_json(value)) if isinstance(value, dict | list | tuple) else value


def storable(text):
    """Without NUL characters and halves of surrogate pairs, which no text column can hold."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _storable_json(value):
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): _storable_json(item) for key, item in value.items()}
    return [_storable_json(item) for item in value] if isinstance(value, list | tuple) else value
