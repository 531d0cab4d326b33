"""Odoo's server as the tests use it: the one they share, and those that a test may kill or rebuild."""

import os
import re
import signal
from contextlib import contextmanager

import requests

from devtools import demo
from devtools.paths import LOGS
from devtools.system import free_port


class OdooUnderTest:
    """Odoo's server: its address, its database, and its methods as a user may call them."""

    def __init__(self, workspace, url, database, log):
        self.workspace, self.url, self.db, self.log = workspace, url, database, log

    def session(self, login, password=None):
        """Return an HTTP session of that user, who is logged in; the password is the login where none is given."""
        session = requests.Session()
        params = {"db": self.db, "login": login, "password": password or login}
        self._post(session, "/web/session/authenticate", params)
        return session

    def rpc(self, login, session=None):
        """Return a function that calls as that user: rpc("anna")("res.users", "read", [2], ["name"])."""
        session = session or self.session(login)

        def call(model, method, *args, **kwargs):
            params = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
            return self._post(session, f"/web/dataset/call_kw/{model}/{method}", params)

        return call

    def csrf_token(self, session):
        """Return what the session's pages hand out for its forms."""
        return re.search(r'csrf_token: "(\w+)"', session.get(f"{self.url}/odoo", timeout=120).text)[1]

    def upload(self, session, csrf_token, conversation, content, name="photo.png"):
        """Hand over a picture for a reply, as the browser does; what the server answers."""
        answer = session.post(
            f"{self.url}/crm_marketplace_chats/upload/{conversation}",
            data={"csrf_token": csrf_token},
            files={"file": (name, content)},
            timeout=120,
        )
        answer.raise_for_status()
        return answer.json()

    def query(self, sql):
        """Return the rows of a query as psql prints them: a line a row, columns parted by `|`."""
        return self.workspace.server.query(sql, database=self.db)

    def _post(self, session, path, params):
        request = {"jsonrpc": "2.0", "method": "call", "params": params}
        response = session.post(f"{self.url}{path}", json=request, timeout=120)
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            raise OdooError(answer["error"])
        return answer.get("result")  # absent when the method returns nothing


class OdooError(Exception):
    """What Odoo refused: `name` is the exception's Python name, `message` what the user would read."""

    def __init__(self, error):
        data = error.get("data", {})
        self.name, self.message = data.get("name", ""), data.get("message", error.get("message"))
        super().__init__(f"{self.name}: {self.message}")


def logged_errors(log):
    """Return the errors in a server's log, less what Odoo repeats by itself (transactions that met), and less what its
    own jobs say when it ends under them."""
    lived, *_ending = log.read_text().split("odoo.service.server: Initiating shutdown")
    errors = re.findall(r"^\S+ \S+ \d+ (?:ERROR|CRITICAL) .*(?:\n(?!\d{4}-).*)*", lived, re.MULTILINE)
    return [error for error in errors if "could not serialize access" not in error]


class OwnServer(OdooUnderTest):
    """A server that can be killed and started again. Made by `own_server`."""

    def __init__(self, workspace, database, name):
        self.port, self.name = free_port(), f"test-{name}-{os.getpid()}"
        super().__init__(workspace, f"http://127.0.0.1:{self.port}", database, None)
        self.process, self.starts = None, 0

    def start(self):
        self.starts += 1
        log = f"{self.name}-{self.starts}.log"
        self.process, self.log = self.launch(log), LOGS / log
        demo.wait_for(lambda: demo.answers(f"{self.url}/web/login"), self.process, "Odoo's login page")

    def launch(self, log):
        return self.workspace.serve(self.db, self.port, log=log)

    def kill(self):
        """End the whole group at once, as a power cut would."""
        os.killpg(self.process.popen.pid, signal.SIGKILL)
        self.process.popen.wait()

    def end(self):
        if self.process:
            self.process.end()

    def errors(self):
        """Errors in the log since the last start."""
        return logged_errors(self.log)


@contextmanager
def own_server(workspace, name, make):
    """Start a server on a database that `make(workspace, database)` makes; remove both in the end."""
    database = f"system_{name}_{os.getpid()}"
    make(workspace, database)
    server = OwnServer(workspace, database, name)
    try:
        server.start()
        yield server
    finally:
        server.end()
        workspace.drop(database)
