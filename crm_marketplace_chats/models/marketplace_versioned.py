from odoo import models
from odoo.tools import SQL


class MarketplaceVersioned(models.AbstractModel):
    """Records that go to the screens with the version of their row, so that what is older never covers what is newer:
    an answer may be late, and one that a replica gave may be behind the notes of the bus.

    The version is the number of the transaction that wrote the row (PostgreSQL's ``xmin``). It grows with every change,
    whoever makes it: under REPEATABLE READ a transaction that did not see the change before cannot write the row. It is
    a 32-bit number that begins anew after 2**32 transactions, so two of them are compared by the sign of their
    difference (static/src/chats/model/records.js).
    """

    _name = "marketplace.versioned"
    _description = "Record with a Version"

    def _to_store(self, store, fields):
        """Override of `mail`'s hook. Nothing is added to a mere reference."""
        store.add_records_fields(self, fields)
        if fields:
            for row_id, version in self._row_versions():
                store.add_model_values(self._name, {"id": row_id, "version": version})

    def _row_versions(self):
        # What is about to be written is part of what is shown.
        self.flush_recordset()
        statement = SQL(
            "SELECT id, xmin::text::bigint FROM %s WHERE id = ANY(%s)",
            SQL.identifier(self._table),
            list(self.ids),
        )
        return self.env.execute_query(statement)
