import time

from psycopg2.errors import UniqueViolation

from odoo import fields, models
from odoo.tools import SQL

from ..marketplaces.transport import LocalBudget
from .bulk import CONFLICTS

#: Two workers who take at the same moment disturb each other; this often at the most.
RETRIES, RETRY_AFTER = 20, 0.02


class MarketplaceBudget(models.Model):
    """How many requests one account may still make, known to all workers and machines. Nobody has access rights to
    this model."""

    _name = "marketplace.budget"
    _description = "Marketplace Request Budget"
    _rec_name = "key"

    key = fields.Char(required=True)
    per_minute = fields.Integer(required=True)
    tokens = fields.Float(required=True)
    filled_at = fields.Float(required=True, digits=False, help="Unix time.")
    paused_until = fields.Float(required=True, digits=False, help="Unix time.")

    _key = models.UniqueIndex("(key)", "An account has one budget.")


class SharedBudget(LocalBudget):
    """The `marketplaces.base.Budget` of one account, whichever process asks: a bucket whose state is a row of
    `marketplace.budget`, read and written in a short transaction of its own."""

    def __init__(self, registry, key, per_minute):
        super().__init__(per_minute)
        self._registry = registry
        self._key = key

    def clock(self):
        return time.time()

    def _try(self, cost, urgent):
        return self._together(lambda: super(SharedBudget, self)._try(cost, urgent))

    def note(self, limit_per_minute=None, remaining=None, pause=None):
        if limit_per_minute == self._per_minute:
            limit_per_minute = None
        # Each answer tells what remains; only what is less than we think is worth a transaction.
        if remaining is not None and remaining >= self._tokens:
            remaining = None
        if not limit_per_minute and not pause and remaining is None:
            return None
        return self._together(lambda: super(SharedBudget, self).note(limit_per_minute, remaining, pause))

    def _together(self, change):
        """Load the state, change it, store it; again when another process was faster."""
        for _attempt in range(RETRIES):
            try:
                with self._registry.cursor() as cr:
                    # Losing the last second's counting in a crash is cheaper than waiting for the disk each time.
                    cr.execute("SET LOCAL synchronous_commit = off")
                    self._load(cr)
                    result = change()
                    self._store(cr)
                return result
            except (*CONFLICTS, UniqueViolation):
                time.sleep(RETRY_AFTER)
        return RETRY_AFTER

    def used(self, cr):
        """Share of the bucket that is empty now: 0 when nobody asked for a while, 1 when whoever asks has to wait."""
        self._load(cr, SQL())
        filled = self._tokens + (self.clock() - self._filled_at) * self._per_second
        return 1 - min(max(filled, 0), self._burst) / self._burst

    def _load(self, cr, lock=SQL("FOR UPDATE")):  # noqa: B008 - SQL is immutable
        cr.execute(
            SQL(
                "SELECT per_minute, tokens, filled_at, paused_until FROM marketplace_budget WHERE key = %s %s",
                self._key,
                lock,
            ),
            log_exceptions=False,  # a conflict is no error here
        )
        row = cr.fetchone()
        if row:
            self._set(row[0])
            self._tokens, self._filled_at, self._paused_until = row[1:]

    def _store(self, cr):
        cr.execute(
            """
            INSERT INTO marketplace_budget (key, per_minute, tokens, filled_at, paused_until)
            VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (key) DO UPDATE SET per_minute = excluded.per_minute, tokens = excluded.tokens,
                   filled_at = excluded.filled_at, paused_until = excluded.paused_until
            """,
            (self._key, self._per_minute, self._tokens, self._filled_at, self._paused_until),
        )
