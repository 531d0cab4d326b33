"""Fetching what a stranger points at."""

import socket
import ssl
import threading
import time
from contextlib import suppress

import pytest
from marketplaces import download as module
from marketplaces.download import download, sniff
from marketplaces.errors import RejectedError, TemporaryError
from wire import Wire, hang_up, reply

JPEG = b"\xff\xd8\xff\xe0" + b"0" * 100
HOSTS = ("avito.st", "avito.ru")


def fetch(url: str, own: str = "https://api.avito.ru", kind: str = "image", **limits):
    return download(url, kind, hosts=HOSTS, own=own, **limits)


def refused(url: str, **more) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        fetch(url, **more)
    return caught.value


@pytest.mark.parametrize(
    ("head", "kind", "mimetype"),
    [
        (b"\xff\xd8\xff\xe1", "image", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image", "image/png"),
        (b"GIF89a", "image", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image", "image/webp"),
        (b"BM\0\0", "image", "image/bmp"),
        (b"\0\0\0\x18ftypheic", "image", "image/heic"),
        (b"\0\0\0\x18ftypisom", "voice", "audio/mp4"),
        (b"OggS\0", "voice", "audio/ogg"),
        (b"ID3\x04", "voice", "audio/mpeg"),
        (b"\xff\xfb\x90", "voice", "audio/mpeg"),
        (b"RIFF\0\0\0\0WAVEfmt ", "voice", "audio/wav"),
        (b"<svg onload=", "", ""),
        (b"<html>", "", ""),
        (b"%PDF", "", ""),
        (b"", "", ""),
    ],
)
def test_type_is_judged_by_content(head, kind, mimetype):
    assert sniff(head)[:2] == (kind, mimetype)


def test_a_stand_in_serves_its_own_files(wire):
    wire.script = [reply(body=JPEG, Content_Type="text/html")]
    got = fetch(wire.url + "/1.jpg", own=wire.url + "/v1")
    assert (got.content, got.mimetype, got.filename) == (JPEG, "image/jpeg", "photo.jpg")
    assert b"authorization" not in wire.asked[0].lower()


@pytest.mark.parametrize(
    "url",
    [
        "http://80.img.avito.st/1.jpg",  # not https
        "https://avito.st.evil.example/1.jpg",
        "https://evilavito.st/1.jpg",
        "https://avito.st@evil.example/1.jpg",
        "https://avito.st:8443/1.jpg",
        "https://127.0.0.1/1.jpg",
        "file:///etc/passwd",
        "ftp://avito.st/1.jpg",
        "//avito.st/1.jpg",
        "https://[::1/1.jpg",
        "",
    ],
)
def test_addresses_off_the_list(url):
    assert refused(url).reason == "media_refused"


def test_another_port_of_the_stand_ins_machine_is_not_its_own(wire):
    assert refused(wire.url + "/1.jpg", own="http://127.0.0.1:1").reason == "media_refused"
    assert refused(wire.url + "/1.jpg", own=wire.url.replace("http", "https")).reason == "media_refused"
    assert wire.asked == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "::1", "fd00::1"]
)
def test_a_good_name_that_leads_into_our_own_network(monkeypatch, address):
    found = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", (address, 443))]
    monkeypatch.setattr(module.socket, "getaddrinfo", lambda *_args, **_kwargs: found)
    assert refused("https://img.avito.st/1.jpg").reason == "media_refused"


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    """The name is resolved once: a second answer of its server could be another address."""
    gone_to = []

    def connect(address, *_args, **_kwargs):
        gone_to.append(address)
        raise OSError("far away")

    asked = []
    monkeypatch.setattr(
        module.socket,
        "getaddrinfo",
        lambda host, *_args, **_kwargs: asked.append(host) or [(0, 0, 0, "", ("93.184.216.34", 443))],
    )
    monkeypatch.setattr("urllib3.connection.connection.create_connection", connect)
    with pytest.raises(TemporaryError) as caught:
        fetch("https://img.avito.st/1.jpg")
    assert (caught.value.reason, asked) == ("unreachable", ["img.avito.st"])
    assert gone_to == [("93.184.216.34", 443)]


def test_redirects_stay_on_the_list(wire):
    wire.script = [reply(302, b"", Location="/2.jpg"), reply(body=JPEG)]
    assert fetch(wire.url + "/1.jpg", own=wire.url).content == JPEG
    wire.script = [reply(302, b"", Location="http://127.0.0.1:1/")]
    assert refused(wire.url + "/1.jpg", own=wire.url).reason == "media_refused"
    wire.script = [reply(302, b"", Location="/1.jpg")] * 9
    assert refused(wire.url + "/1.jpg", own=wire.url).reason == "media_refused"


def test_headers_stay_at_their_origin(wire, monkeypatch):
    """Also where the next host is on the list: a key belongs to the service that it was given for."""
    other = Wire()
    monkeypatch.setattr(module, "_permit", lambda *_args: False)
    wire.script = [reply(302, b"", Location="/2.jpg"), reply(302, b"", Location=other.url + "/3.jpg")]
    other.script = [reply(body=JPEG)]
    assert fetch(wire.url + "/1.jpg", headers={"X-Key": "K"}).content == JPEG
    assert [b"X-Key: K" in asked for asked in wire.asked + other.asked] == [True, True, False]
    other.close()


def test_size_is_limited(wire):
    wire.script = [reply(body=JPEG + b"0" * 300_000)]
    assert refused(wire.url + "/1.jpg", own=wire.url, size_limit=100_000).reason == "media_refused"


@pytest.mark.parametrize("body", [b"<script>alert(1)</script>", b"OggS\0\0", b""])
def test_a_picture_has_to_be_one(wire, body):
    wire.script = [reply(body=body, Content_Type="image/jpeg")]
    assert refused(wire.url + "/1.jpg", own=wire.url).reason == "media_refused"


@pytest.mark.parametrize("status", [403, 404, 410, 204])
def test_what_is_gone(wire, status):
    wire.script = [reply(status, b"")]
    assert refused(wire.url + "/1.jpg", own=wire.url).reason == "not_found"


def test_passing_trouble(wire):
    cut_off = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + JPEG
    wire.script = [reply(502, b""), hang_up, cut_off]
    for reason in ("server_error", "unreachable", "unreachable"):
        with pytest.raises(TemporaryError) as caught:
            fetch(wire.url + "/1.jpg", own=wire.url)
        assert caught.value.reason == reason


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n\xff\xd8\xff", b"HTTP/1.1 200 OK\r\n"]
)
def test_time_is_limited_also_when_bytes_drip(wire, head):
    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(80):
            connection.sendall(b"0")
            time.sleep(0.05)

    wire.script = [drip]
    started = time.monotonic()
    with pytest.raises(TemporaryError) as caught:
        fetch(wire.url + "/1.jpg", own=wire.url, time_limit=0.4)
    assert caught.value.reason == "timeout"
    assert time.monotonic() - started < 2


def test_tls_still_speaks_to_the_name(monkeypatch):
    """Going to a checked address must not change whom TLS asks for, or no certificate would fit."""
    names = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    server = socket.create_server(("127.0.0.1", 0))

    def shake_hands() -> None:
        with server, server.accept()[0] as connection, suppress(OSError):
            context.wrap_socket(connection, server_side=True)  # without a certificate: it ends in an alert

    thread = threading.Thread(target=shake_hands)
    thread.start()
    public = [(0, 0, 0, "", ("93.184.216.34", 443))]
    monkeypatch.setattr(module.socket, "getaddrinfo", lambda *_args, **_kwargs: public)
    monkeypatch.setattr(
        "urllib3.connection.connection.create_connection",
        lambda *_args, **_kwargs: real_connection(server.getsockname()),
    )
    with pytest.raises(TemporaryError):
        fetch("https://img.avito.st/1.jpg")
    thread.join()
    assert names == ["img.avito.st"]


def real_connection(address: tuple[str, int]) -> socket.socket:
    connection = socket.socket()
    connection.connect(address)
    return connection
