"""What the browser would ask, with its time, its size, and the queries that Odoo counted for it."""

import gzip
import re
import time
from dataclasses import dataclass

import requests

#: Odoo's log of a request: its queries, seconds in the database, seconds elsewhere.
LINE = re.compile(r'"(?:GET|POST) (\S+) HTTP/1\.1" 200 - (\d+) [\d.]+ [\d.]+')
#: Has a server write these lines.
LOGGED = ("--log-handler", "werkzeug:INFO", "--max-cron-threads", "0")


@dataclass
class Answer:
    seconds: float
    content: bytes
    data: object

    @property
    def size(self):
        return len(self.content)

    @property
    def sent(self):
        """Its size as a proxy before Odoo sends it."""
        return len(gzip.compress(self.content, 6))


class Browser:
    """A logged-in user of a server."""

    def __init__(self, server, login):
        self.server, self.session = server, server.session(login)

    def get(self, path):
        return self._ask("GET", path)

    def post(self, path, params):
        return self._ask("POST", path, json={"jsonrpc": "2.0", "method": "call", "params": params})

    def call(self, model, method, *args, **kwargs):
        params = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        return self.post(f"/web/dataset/call_kw/{model}/{method}", params)

    def queries(self, path):
        """Odoo's counts for the requests of a path, oldest first."""
        return [
            int(count) for asked, count in LINE.findall(self.server.log.read_text()) if asked.startswith(path)
        ]

    def _ask(self, method, path, **options):
        started = time.perf_counter()
        answer = self.session.request(method, f"{self.server.url}{path}", timeout=600, **options)
        seconds = time.perf_counter() - started
        answer.raise_for_status()
        data = answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text
        if isinstance(data, dict) and "error" in data:
            raise requests.RequestException(data["error"]["data"]["message"])
        return Answer(seconds, answer.content, data.get("result") if isinstance(data, dict) else data)
