"""A server for what no well-behaved one does: connections are answered by a script, or by what is asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any


def reply(status: int = 200, body: bytes | str = b"{}", **headers: str) -> bytes:
    """The bytes of one whole answer; header names are written with underscores."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


#: What to do with a connection: bytes to answer with, or a function that is given the socket.
Step = bytes | Callable[[socket.socket], None]


class Wire:
    """Listens on a free port of 127.0.0.1; keeps what was asked, as it came."""

    def __init__(self):
        #: Answers in order, whatever is asked.
        self.script: list[Step] = []
        #: Answers by method and path, for as long as they stand here; they come before the script.
        self.routes: dict[str, Step] = {}
        self.asked: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._server.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                request = _whole_request(connection)
                self.asked.append(request)
                step = self.routes.get(_line(request).partition("?")[0])
                if step is None:
                    step = self.script.pop(0) if self.script else reply()
                if callable(step):
                    step(connection)
                else:
                    connection.sendall(step)
            except OSError:
                return  # the client has gone: many scripts want just that

    @property
    def lines(self) -> list[str]:
        """Method and target of every request."""
        return [_line(request) for request in self.asked]

    def bodies(self, number: int, seconds: float = 5.0) -> list[Any]:
        """The JSON bodies of the first requests; waits for that many to come."""
        ends = time.monotonic() + seconds
        while len(self.asked) < number:
            assert time.monotonic() < ends, f"only {len(self.asked)} of {number} came"
            time.sleep(0.02)
        return [json.loads(asked.partition(b"\r\n\r\n")[2]) for asked in self.asked[:number]]

    def count(self, line: str) -> int:
        """How often this method and path were asked, whatever the query."""
        return sum(1 for asked in self.lines if asked.partition("?")[0] == line)

    def close(self) -> None:
        self._server.close()


def _line(request: bytes) -> str:
    return " ".join(request.split(b"\r\n")[0].decode().split()[:2])


def _whole_request(connection: socket.socket) -> bytes:
    content = b""
    while b"\r\n\r\n" not in content:
        content += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = content.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    ]
    while lengths and len(body) < int(lengths[0]):
        more = connection.recv(65536)
        if not more:
            break
        body += more
    return head + b"\r\n\r\n" + body


def hang_up(connection: socket.socket) -> None:
    """End the connection without a word."""
    connection.shutdown(socket.SHUT_RDWR)
