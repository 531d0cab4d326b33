"""A workspace on a database server of its own, for runs that may stop it or that need it to wait for the disk."""

import shutil
import subprocess
from pathlib import Path

from .paths import FILESTORE
from .postgres import GIVEN
from .process import Problem
from .workspace import MARK, OWNER, Workspace


class Beside(Workspace):
    """The workspace `source`, less its server: templates are carried over, everything else stays on `server`."""

    scratch_kind = "beside"

    def __init__(self, source, server):
        self.source, self.odoo, self.config = source, source.odoo, source.config
        self.environment = {name: value for name, value in source.environment.items() if name not in GIVEN}
        self.server = server
        self.server.start()

    def odoo_command(self, command, database, *arguments):
        connection = [
            part for name, value in self.server.odoo_options.items() for part in (f"--{name}", value)
        ]
        return super().odoo_command(command, database, *connection, *arguments)

    def program(self):
        """Odoo's own command in Debian's tree, else that of a checkout: `python -m odoo --workers` cannot start its
        process for websockets, which runs by the name of the file."""
        found = [self.odoo.pythonpath / "odoo-bin", self.odoo.pythonpath.parents[2] / "bin" / "odoo"]
        return next(program for program in found if program.exists())

    def drop(self, database):
        """Remove a database, marked or not: whatever is on this server is the run's."""
        self.server.query(f'drop database if exists "{database}" with (force)')
        shutil.rmtree(FILESTORE / database, ignore_errors=True)

    def _dependencies_template(self):
        return self._carried(self.source._dependencies_template(), f"dev_{OWNER}_base_")

    def _addon_template(self):
        return self._carried(self.source._addon_template(), f"dev_{OWNER}_addon_")

    def _carried(self, name, prefix):
        """The same template as the source's; its files are the source's too."""
        if self.mark(name) is not None:
            return name
        for outdated in self._databases(prefix):
            self.server.query(f'drop database "{outdated}"')
        self.server.query(
            f'drop database if exists "{name}_new"', f'create database "{name}_new" template template0'
        )
        source = self.source.server
        dump = [Path(source.psql_program).with_name("pg_dump"), *source.connection, name]
        with subprocess.Popen(dump, stdout=subprocess.PIPE, env=self.source.environment) as dumping:
            loading = [*self.server.psql_command(f"{name}_new"), "-q", "-v", "ON_ERROR_STOP=1"]
            loaded = subprocess.run(loading, stdin=dumping.stdout, stdout=subprocess.DEVNULL)
        if dumping.returncode or loaded.returncode:
            raise Problem("the template database could not be carried over")
        self.server.query(
            f'alter database "{name}_new" rename to "{name}"',
            f"comment on database \"{name}\" is '{MARK}'",
        )
        return name
