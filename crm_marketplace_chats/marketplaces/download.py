"""Fetch a file that a stranger's message points at, without letting the stranger choose where our server
knocks.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import connection, connectionpool

from .errors import MarketplaceError, RejectedError, TemporaryError
from .payload import Download
from .transport import Session, origin, require_whole

_logger = logging.getLogger(__name__)

SIZE_LIMIT = 25 * 1024 * 1024
#: For the whole file, redirects included.
TIME_LIMIT = 30.0
REDIRECTS = 3

#: What a file begins with: offset, bytes, kind, type, file name ending. First match counts.
_SIGNATURES = (
    (0, b"\xff\xd8\xff", "image", "image/jpeg", "jpg"),
    (0, b"\x89PNG\r\n\x1a\n", "image", "image/png", "png"),
    (0, b"GIF8", "image", "image/gif", "gif"),
    (8, b"WEBP", "image", "image/webp", "webp"),
    (0, b"BM", "image", "image/bmp", "bmp"),
    *(
        (4, b"ftyp" + brand, "image", "image/heic", "heic")
        for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
    ),
    (4, b"ftyp", "voice", "audio/mp4", "m4a"),
    (0, b"OggS", "voice", "audio/ogg", "ogg"),
    (8, b"WAVE", "voice", "audio/wav", "wav"),
    (0, b"ID3", "voice", "audio/mpeg", "mp3"),
    *((0, bytes((0xFF, byte)), "voice", "audio/mpeg", "mp3") for byte in (0xFB, 0xFA, 0xF3, 0xF2)),
)


def sniff(content: bytes) -> tuple[str, str, str]:
    """Kind (``image``, ``voice`` or empty), type and file name ending of a file, by its first bytes."""
    for offset, magic, kind, mimetype, ending in _SIGNATURES:
        if content[offset : offset + len(magic)] == magic:
            return kind, mimetype, ending
    return "", "", ""


def download(
    url: str,
    kind: str,
    *,
    hosts: tuple[str, ...],
    own: str,
    headers: Mapping[str, str] | None = None,
    size_limit: int = SIZE_LIMIT,
    time_limit: float = TIME_LIMIT,
) -> Download:
    """Fetch one picture or sound.

    :param kind: ``image`` or ``voice``; a file of another kind is refused
    :param hosts: allowed hosts, each with all below it; https only, and never an address inside our own
        network
    :param own: the channel's base address; where that is plain http (a stand-in), its own host and port are
        allowed too
    :param headers: sent along, to the origin of ``url`` alone
    :raises RejectedError: ``media_refused`` for what is not allowed, ``not_found`` for what is gone
    :raises TemporaryError: ``unreachable``, ``timeout`` or ``server_error``
    """
    with _Line(time_limit) as line:
        return _take(_follow(line, url, hosts, own, headers or {}), kind, line, size_limit)


def save(
    url: str,
    file: BinaryIO,
    *,
    hosts: tuple[str, ...],
    own: str,
    size_limit: int,
    time_limit: float,
    silence_limit: float,
) -> None:
    """Fetch a file of any kind to where it is kept; addresses and errors as in `download`.

    :param silence_limit: seconds that may pass without a byte: some make the file while one waits
    """
    with _Line(time_limit, silence_limit) as line:
        response = _follow(line, url, hosts, own, {})
        file.writelines(_chunks(response, line, size_limit))


def _follow(
    line: _Line, url: str, hosts: tuple[str, ...], own: str, headers: Mapping[str, str]
) -> requests.Response:
    """The answer at the end of all redirects, each of which is judged like the first address."""
    first = url
    for _hop in range(REDIRECTS + 1):
        guarded = _permit(url, hosts, own)
        response = line.get(url, guarded=guarded, headers=headers if origin(url) == origin(first) else {})
        if not 300 <= response.status_code < 400:
            return response
        response.close()
        url = _next(url, response)
    raise RejectedError("media_refused", "too many redirects")


def _next(url: str, response: requests.Response) -> str:
    try:
        return urljoin(url, response.headers.get("Location", ""))
    except ValueError:
        raise RejectedError("media_refused", "no address") from None


def _permit(url: str, hosts: tuple[str, ...], own: str) -> bool:
    """Raise for an address off the list; tell whether its host must resolve to a public address."""
    try:
        scheme, host, port = origin(url)
    except ValueError:
        raise RejectedError("media_refused", "no address") from None
    if scheme == "http" and (scheme, host, port) == origin(own):
        return False
    if scheme == "https" and port == 443 and any(host == name or host.endswith("." + name) for name in hosts):
        return True
    raise RejectedError("media_refused", f"{scheme}://{host} is not allowed"[:100])


def _take(response: requests.Response, kind: str, line: _Line, size_limit: int) -> Download:
    content = bytearray()
    for chunk in _chunks(response, line, size_limit):
        content += chunk
    return judged(bytes(content), kind)


def _chunks(response: requests.Response, line: _Line, size_limit: int) -> Iterator[bytes]:
    if response.status_code >= 500:
        raise TemporaryError("server_error", status=response.status_code)
    if response.status_code != 200:
        raise RejectedError("not_found", status=response.status_code)
    size = 0
    for chunk in line.chunks(response):
        size += len(chunk)
        if size > size_limit:
            raise RejectedError("media_refused", "too big")
        yield chunk


def judged(content: bytes, kind: str) -> Download:
    """A file with its type; raises RejectedError when it is not of this kind."""
    found, mimetype, ending = sniff(content[:16])
    if found != kind:
        raise RejectedError("media_refused", "not what it should be")
    return Download(content, mimetype, f"{'photo' if kind == 'image' else kind}.{ending}")


# ---------------------------------------------------------------- the line


class _NotPublicError(Exception):
    """The host's name leads into our own network."""


class _Line:
    """Connections of one download, cut when its time is over even where the other side only drips."""

    def __init__(self, time_limit: float, silence_limit: float = 10):
        self._silence_limit = silence_limit
        self._ends = time.monotonic() + time_limit
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(time_limit, self._cut)
        self._timer.daemon = True
        self._session = Session()
        # A proxy of the environment would resolve names behind our back, and the check below would mean
        # nothing.
        self._session.trust_env = False

    def __enter__(self) -> _Line:
        self._timer.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._timer.cancel()
        self._session.close()
        for sock in self._sockets:
            sock.close()

    def get(self, url: str, *, guarded: bool, headers: Mapping[str, str]) -> requests.Response:
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(guarded, self._sockets))
        host, started = urlsplit(url).hostname, time.monotonic()
        try:
            return self._session.get(
                url,
                stream=True,
                allow_redirects=False,
                timeout=(5, self._silence_limit),
                headers={**headers, "Accept-Encoding": "identity"},
            )
        except _NotPublicError:
            raise RejectedError("media_refused", f"{host} is not a public address") from None
        except requests.RequestException as error:
            raise self._failure(error) from None
        finally:
            _logger.debug("media of %s: %d ms to the first byte", host, (time.monotonic() - started) * 1000)

    def chunks(self, response: requests.Response):
        received = 0
        try:
            for chunk in response.iter_content(64 * 1024):
                received += len(chunk)
                yield chunk
            require_whole(response, received)
        except requests.RequestException as error:
            raise self._failure(error) from None
        if time.monotonic() >= self._ends:
            raise TemporaryError("timeout")

    def _failure(self, error: requests.RequestException) -> MarketplaceError:
        late = time.monotonic() >= self._ends or isinstance(error, requests.ReadTimeout)
        return TemporaryError("timeout" if late else "unreachable", type(error).__name__)

    def _cut(self) -> None:
        for sock in list(self._sockets):
            with suppress(OSError):  # closed already
                sock.shutdown(socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """Connects through `_guard`, so that the address checked is the address used."""

    def __init__(self, guarded: bool, sockets: list[socket.socket]):
        self._guarded, self._sockets = guarded, sockets
        super().__init__()

    def init_poolmanager(self, *args, **kwargs) -> None:
        made = super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(
                connectionpool.HTTPConnectionPool, connection.HTTPConnection, self._guarded, self._sockets
            ),
            "https": _pool(
                connectionpool.HTTPSConnectionPool, connection.HTTPSConnection, self._guarded, self._sockets
            ),
        }
        return made


def _pool(pool: type, base: type, guarded: bool, sockets: list[socket.socket]) -> type:
    class Connection(base):
        def _new_conn(self) -> socket.socket:
            name = self.host
            try:
                # Only the connection itself goes to the checked address; TLS and the Host header keep the
                # name.
                self.host = _public_address(name, self.port) if guarded else name
                sock = super()._new_conn()
            finally:
                self.host = name
            # A second handle on the same connection: it can cut it from another thread, also below TLS.
            sockets.append(sock.dup())
            return sock

    return type("GuardedPool", (pool,), {"ConnectionCls": Connection})


def _public_address(host: str, port: int) -> str:
    """An address of this host; raises `_NotPublicError` when any of its addresses is not a public one."""
    try:
        found = {item[4][0] for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise requests.ConnectionError(str(error)) from None
    if not all(ipaddress.ip_address(address.partition("%")[0]).is_global for address in found):
        raise _NotPublicError(host)
    # IPv4 first: servers whose IPv6 leads nowhere are common.
    return min(found, key=lambda address: (":" in address, address))
