"""Pictures, voices and recordings: their addresses and handlers, the same at both marketplaces."""

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from pathlib import Path

from aiohttp import web

from . import pictures

_ASSETS = Path(__file__).parent / "assets"
VOICE = (_ASSETS / "voice.mp4").read_bytes()
RECORD = (_ASSETS / "call.mp3").read_bytes()
_KEY = re.compile(r"[A-Za-z0-9._-]{1,80}")
_SIZE = re.compile(r"(\d{1,4})x(\d{1,4})[a-z]?")
_KEPT_PICTURES = 512


class Media:
    """Serves media of one marketplace below `/media`; addresses that expire are signed."""

    def __init__(self, uploads: dict[str, bytes]):
        self.base = ""
        self.uploads = uploads
        self._signing = secrets.token_bytes(16)
        self._drawn: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()

    def picture_url(self, key: str, size: str) -> str:
        """:param size: `WxH`, also with Auto.ru's trailing letter."""
        return f"{self.base}/media/photo/{key}/{size}.jpg"

    def picture_sizes(self, key: str, sizes: tuple[str, ...]) -> dict[str, str]:
        return {size: self.picture_url(key, size) for size in sizes}

    def expiring_url(self, kind: str, name: str, seconds: float) -> str:
        until = int(time.time() + seconds)
        return f"{self.base}/media/{kind}/{name}?until={until}&sign={self._sign(kind, name, until)}"

    def _sign(self, kind: str, name: str, until: int) -> str:
        return hmac.new(self._signing, f"{kind}/{name}/{until}".encode(), hashlib.sha256).hexdigest()[:32]

    def _check(self, kind: str, request: web.Request) -> None:
        until = request.query.get("until", "")
        expected = self._sign(kind, request.match_info["name"], int(until) if until.isdecimal() else 0)
        if not hmac.compare_digest(expected, request.query.get("sign", "")) or int(until) < time.time():
            raise web.HTTPForbidden(text="link expired")

    async def photo(self, request: web.Request) -> web.Response:
        key, size = request.match_info["key"], _SIZE.fullmatch(request.match_info["size"])
        if not _KEY.fullmatch(key) or not size:
            raise web.HTTPNotFound(text="no such picture")
        width, height = (min(max(int(value), 8), 2000) for value in size.groups())
        if (key, width, height) not in self._drawn:
            source = self.uploads.get(key)
            body = await asyncio.to_thread(pictures.render, key, source, width, height)
            self._drawn[key, width, height] = body
            if len(self._drawn) > _KEPT_PICTURES:
                self._drawn.popitem(last=False)
        return web.Response(body=self._drawn[key, width, height], content_type="image/jpeg")

    async def voice(self, request: web.Request) -> web.Response:
        self._check("voice", request)
        return web.Response(body=VOICE, content_type="audio/mp4")

    async def record(self, request: web.Request) -> web.Response:
        """Auto.ru's recording: the link works only with the header that was handed out with it."""
        self._check("record", request)
        if request.headers.get("x-record-key") != self.record_key(request.match_info["name"]):
            raise web.HTTPForbidden(text="header missing")
        return web.Response(body=RECORD, content_type="audio/mpeg")

    def record_key(self, name: str) -> str:
        return self._sign("record-key", name, 0)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/media/photo/{key}/{size}.jpg", self.photo),
            web.get("/media/voice/{name}", self.voice),
            web.get("/media/record/{name}", self.record),
        ]
