"""Gets a feed onto our disk as plain XML: from the address that the dealer's administrator has entered, or out of the
archive it comes in."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from .download import Download, download, save
from .feeds import FeedError

#: Bytes on the line and unpacked: 20,000 cars with photos and texts are some 110 MB.
LINE_LIMIT, XML_LIMIT = 128 * 1024 * 1024, 256 * 1024 * 1024
#: Seconds for the whole file, and without a byte of it.
TIME_LIMIT, SILENCE_LIMIT = 300.0, 60.0
PHOTO_LIMIT = 15 * 1024 * 1024
_CHUNK = 256 * 1024
#: Hosts that may be asked without TLS, for stand-ins on the same machine.
OWN_HOSTS = ("127.0.0.1", "localhost")


def host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _own(url: str) -> str:
    """The origin that may be asked in plain http: a stand-in's."""
    return url if host_of(url) in OWN_HOSTS else ""


def fetch(url: str, path: Path) -> None:
    """Write what lies at ``url`` to ``path``, as plain XML.

    Redirects may stay on the host of ``url`` or go below it, nowhere else.

    :raises FeedError: ``too_big``, ``archive``
    :raises MarketplaceError: as `download.save`
    """
    packed = path.with_name(f"{path.name}.packed")
    try:
        with open(packed, "wb") as file:
            save(
                url,
                file,
                hosts=(host_of(url),),
                own=_own(url),
                size_limit=LINE_LIMIT,
                time_limit=TIME_LIMIT,
                silence_limit=SILENCE_LIMIT,
            )
        unpack(packed, path)
    finally:
        packed.unlink(missing_ok=True)


def unpack(packed: Path, path: Path, limit: int = XML_LIMIT) -> None:
    """Copy a file, out of gzip or a zip with one file where it is one; what is written is counted, not believed."""
    with open(packed, "rb") as file:
        start = file.read(4)
    opened: Callable = next((way for magic, way in _ARCHIVES if start.startswith(magic)), open)
    try:
        with opened(packed, "rb") as source, open(path, "wb") as target:
            _copy(source, target, limit)
    except (
        zipfile.BadZipFile,
        gzip.BadGzipFile,
        EOFError,
        zlib.error,
        NotImplementedError,
        RuntimeError,
    ) as error:
        # RuntimeError: a zip with a password.
        raise FeedError("archive", detail=str(error)) from None


def _copy(source: BinaryIO, target: BinaryIO, limit: int) -> None:
    written = 0
    while chunk := source.read(_CHUNK):
        written += len(chunk)
        if written > limit:
            raise FeedError("too_big")
        target.write(chunk)


@contextmanager
def _only_file(path: Path, _mode: str):
    with zipfile.ZipFile(path) as archive:
        names = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(names) != 1:
            raise FeedError("archive", detail=f"{len(names)} files")
        with archive.open(names[0]) as file:
            yield file


_ARCHIVES = ((b"\x1f\x8b", gzip.open), (b"PK\x03\x04", _only_file))


def fetch_photo(url: str, feed_url: str, hosts: tuple[str, ...]) -> Download:
    """One photo of a car, of a kind judged by its content.

    :param hosts: that the administrator has allowed for this feed, beside its own
    :raises MarketplaceError: as `download.download`
    """
    allowed = tuple(filter(None, (*hosts, host_of(feed_url))))
    return download(url, "image", hosts=allowed, own=_own(feed_url), size_limit=PHOTO_LIMIT)
