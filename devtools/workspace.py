"""All that was set up, in one hand: Odoo, the database server, and the databases made of templates.

    dependencies' template  --copy-->  addon's template  --copy-->  demo, tests

The first holds what the addon depends on, with demo data and Russian; the second the addon as its files are
now. Both are made once and only copied after that, which takes a tenth of a second.
"""

import ast
import hashlib
import os
import shutil
from contextlib import contextmanager

from . import odoo_source, postgres, python_env
from .paths import ADDON, ADDON_DIR, CACHE, FILESTORE, PYTHON, ROOT, SCREENSHOTS, VENV
from .process import Problem, Process, is_alive, locked, run, say, side_by_side

# Odoo puts it into the databases that it makes itself; without it there would be no index for searching in texts.
EXTENSION = "pg_trgm"
LANGUAGES = "ru_RU,en_US"  # the first is the default of every new user and contact
INSTALL = ("-i", ADDON, "--with-demo")
CRON_THREADS = 2  # a long history must not delay sending
MODULES_DONE = r"Loading module \S+ \((\d+)/(\d+)\)"
# What the database does not hold: Odoo reads it from the files each time.
NOT_STORED = ("tests", "static/src", "static/tests")


def short_hash(text):
    """Return eight letters that stand for the text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


# A database belongs to one cache, which has its files; a PostgreSQL server can be shared by several.
OWNER = short_hash(str(CACHE))
MARK = f"made by ./dev {OWNER}"


class Workspace:
    """Use as a context manager: leaving it stops the database server when nobody else needs it."""

    scratch_kind = "test"  # in the names of its scratch databases

    def __init__(self):
        CACHE.mkdir(parents=True, exist_ok=True)
        with locked(CACHE / "setup.lock", "sets up Python packages and Odoo"):
            _, self.odoo = side_by_side(python_env.ensure, odoo_source.ensure)
            odoo_source.complete(self.odoo)
        self.server = postgres.ensure()
        self.config = self._write_config()
        self.environment = dict(os.environ, PATH=f"{VENV / 'bin'}:{os.environ['PATH']}", PYTHONUNBUFFERED="1")
        self.environment["PYTHONPATH"] = f"{self.odoo.pythonpath}:{ROOT}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()

    def _write_config(self):
        """Write Odoo's configuration; one per checkout, since a cache can serve several."""
        addons = [*self.odoo.addons, ROOT]
        options = {
            **self.server.odoo_options,
            "addons_path": ",".join(map(str, addons)),
            "data_dir": CACHE / "data",
            "screenshots": SCREENSHOTS,
            "http_interface": "127.0.0.1",
            "list_db": False,
            "admin_passwd": "admin",
            "max_cron_threads": 0,
            # Odoo would limit the address space of its process: in tests that is pytest, with many threads.
            "limit_memory_hard": 0,
        }
        text = "[options]\n" + "".join(f"{name} = {value}\n" for name, value in options.items())
        path = CACHE / f"odoo-{short_hash(str(ROOT))}.conf"
        if not path.exists() or path.read_text() != text:
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.write_text(text)
            fresh.replace(path)
        return path

    # Odoo ------------------------------------------------------------------

    def odoo_command(self, command, database, *arguments):
        """Return the command line of `odoo COMMAND` on a database, to be run with `self.environment`."""
        return [PYTHON, "-m", "odoo", command, "-c", self.config, "-d", database, *arguments]

    def install(self, database, *arguments, log, name):
        """Run Odoo once, to install or upgrade modules."""
        command = self.odoo_command("server", database, *arguments, "--stop-after-init", "--no-http")
        run(name, command, env=self.environment, cwd=ROOT, log=log, progress=MODULES_DONE)

    def serve(self, database, port, *options, log):
        """Start Odoo's server on a port of 127.0.0.1, with scheduled actions, and return its process."""
        common = ["--db-filter", f"^{database}$", "--http-port", port, "--max-cron-threads", CRON_THREADS]
        common += ["--log-handler", "werkzeug:WARNING"]  # its lines for each request would hide all else
        command = self.odoo_command("server", database, *common, *options)
        return Process("Odoo", command, env=self.environment, cwd=ROOT, log=log)

    def script(self, database, path, *options, log, name, **variables):
        """Run a Python file in Odoo's shell on a database."""
        command = self.odoo_command("shell", database, "--no-http", "--log-level", "warn", *options)
        with open(path) as file:
            run(name, command, env={**self.environment, **variables}, cwd=ROOT, stdin=file, log=log)

    # Databases -------------------------------------------------------------

    def mark(self, database):
        """Return what we noted about a database of ours, or None when there is no such database.

        Another's database of that name, on a server that is not our own, is a Problem.
        """
        row = self.server.query(
            "select 'x' || coalesce(shobj_description(oid, 'pg_database'), '')"
            f" from pg_database where datname = '{database}'"
        )
        if row and not row.startswith(f"x{MARK}"):
            raise Problem(
                f"the server has a database `{database}` that is not ours: set PGDATABASE to another name"
            )
        return row.removeprefix(f"x{MARK}").strip() if row else None

    def set_mark(self, database, note):
        """Note something about a database of ours."""
        self.server.query(f"comment on database \"{database}\" is '{MARK} {note}'")

    def copy(self, source, target, note=""):
        """Make `target` a copy of `source`, files included."""
        self.drop(target)
        self.server.query(
            f'create database "{target}" template "{source}"',
            f"comment on database \"{target}\" is '{MARK} {note}'",
        )
        if (FILESTORE / source).exists():  # Odoo never changes a stored file in place
            shutil.copytree(FILESTORE / source, FILESTORE / target, copy_function=os.link)

    def drop(self, database):
        """Remove a database of ours and its files, if there is one."""
        if self.mark(database) is not None:
            self.server.query(f'drop database "{database}" with (force)')
        shutil.rmtree(FILESTORE / database, ignore_errors=True)

    def rename(self, source, target):
        """Rename a database and its files: a template appears only when it is complete."""
        shutil.rmtree(FILESTORE / target, ignore_errors=True)
        if (FILESTORE / source).exists():
            (FILESTORE / source).rename(FILESTORE / target)
        self.server.query(f'alter database "{source}" rename to "{target}"')

    def ensure(self, database, note=""):
        """Make a database with the addon as its files are now, unless it is there already."""
        with locked(CACHE / "databases.lock", "makes a database"):
            if self.mark(database) is None:
                self.copy(self._addon_template(), database, note)

    @contextmanager
    def scratch(self):
        """Make such a database for this process, give its name, and remove it in the end."""
        with self._scratch(self.scratch_kind, self.ensure) as name:
            yield name

    @contextmanager
    def scratch_without_addon(self):
        """The same with nothing but what the addon depends on."""

        def make(name):
            with locked(CACHE / "databases.lock", "makes a database"):
                self.copy(self._dependencies_template(), name)

        with self._scratch("bare", make) as name:
            yield name

    @contextmanager
    def _scratch(self, kind, make):
        prefix = f"dev_{OWNER}_{kind}_"
        for left in self._databases(prefix):
            if not is_alive(int(left.removeprefix(prefix))):
                self.drop(left)
        name = f"{prefix}{os.getpid()}"
        make(name)
        try:
            yield name
        finally:
            self.drop(name)

    def _dependencies_template(self):
        modules = ",".join(sorted(manifest()["depends"]))
        release = self.odoo.pythonpath / "odoo" / "release.py"
        made_of = f"{release} {release.stat().st_mtime} {modules} {LANGUAGES} {EXTENSION}"
        name = f"dev_{OWNER}_base_{short_hash(made_of)}"
        if self.mark(name) is None:
            self._drop_templates(f"dev_{OWNER}_base_")
            say(f"template database with {modules} (the longest step, about half a minute)")
            self._build(
                name,
                lambda new: self.install(
                    new,
                    "-i",
                    modules,
                    "--with-demo",
                    "--load-language",
                    LANGUAGES,
                    log="template.log",
                    name="modules",
                ),
            )
        return name

    def _addon_template(self):
        base = self._dependencies_template()
        name = f"dev_{OWNER}_addon_{short_hash(base + addon_key())}"
        if self.mark(name) is None:
            self._drop_templates(f"dev_{OWNER}_addon_")
            say(f"install {ADDON}")
            self._build(
                name,
                lambda new: self.install(new, *INSTALL, log="install.log", name=f"installing {ADDON}"),
                source=base,
            )
        return name

    def _databases(self, prefix):
        return self.server.query(
            f"select datname from pg_database where starts_with(datname, '{prefix}')"
        ).split()

    def _drop_templates(self, prefix):
        for outdated in self._databases(prefix):
            self.drop(outdated)

    def _build(self, name, fill, source="template0"):
        new = f"{name}_new"
        self.copy(source, new)
        self.server.query(f"create extension if not exists {EXTENSION}", database=new)
        fill(new)
        self.rename(new, name)


def manifest():
    """Return the addon's manifest."""
    return ast.literal_eval((ADDON_DIR / "__manifest__.py").read_text())


def addon_key():
    """Return what stands for the addon's files, as far as a database depends on them."""
    digest = hashlib.sha256()
    for path in sorted(ADDON_DIR.rglob("*")):
        name = path.relative_to(ADDON_DIR).as_posix()
        if (
            path.is_file()
            and "__pycache__" not in name
            and not name.startswith(tuple(f"{one}/" for one in NOT_STORED))
        ):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]
