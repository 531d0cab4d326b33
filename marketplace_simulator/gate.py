"""What every request to a marketplace passes: the log, the faults, the keys, the request budget."""

import asyncio
import time
from collections import Counter, deque

from aiohttp import web

from .bending import bend
from .fault_kinds import Answer
from .faults import FaultBoard
from .jsons import dump

_KEPT = 200
# Query parameters that are keys; never written into the log.
_SECRET = {"token", "sign", "client_secret", "password"}


class ApiError(Exception):
    """An answer other than the wished one; handlers raise it, the gate sends it."""

    def __init__(self, answer: Answer):
        super().__init__(answer.status)
        self.answer = answer


class RequestLog:
    """Counts of all requests by marketplace and path template, and the newest in full. Holds no keys."""

    def __init__(self):
        self.counts: Counter[tuple[str, str]] = Counter()
        self.recent: deque[dict] = deque(maxlen=_KEPT)

    def add(
        self,
        marketplace: str,
        request: web.Request,
        template: str,
        status: int,
        started: float,
        fault: str | None,
    ) -> None:
        self.counts[marketplace, f"{request.method} {template}"] += 1
        query = {key: "…" if key in _SECRET else value for key, value in request.query.items()}
        self.recent.append(
            {
                "at": round(time.time(), 3),
                "marketplace": marketplace,
                "method": request.method,
                "path": request.path,
                "query": query,
                "status": status,
                "ms": round((time.perf_counter() - started) * 1000, 2),
                "fault": fault,
            }
        )

    def reset(self) -> None:
        self.counts.clear()
        self.recent.clear()


def answer_response(answer: Answer) -> web.Response:
    body = answer.body
    if body is None:
        # Without a body there is no type to declare; aiohttp would say octet-stream.
        return web.Response(status=answer.status, headers=answer.headers)
    sent = body.encode() if isinstance(body, str) else dump(body)
    return web.Response(
        status=answer.status,
        body=sent,
        content_type=answer.content_type,
        charset="utf-8",
        headers=answer.headers,
    )


class Gate:
    """The middleware of one marketplace's application.

    `api` promises `name`, `open_paths`, `authenticate(request)`, `forget_key(request)`, `charge(account,
    path)` (the headers of the request budget) and `missing(path)` (the answer 404).
    """

    def __init__(self, api, faults: FaultBoard, log: RequestLog, prefixes: tuple[str, ...] = ()):
        self.api, self.faults, self.log, self.prefixes = api, faults, log, prefixes

    def _short(self, path: str) -> str:
        """The path without the version prefix and the last slash, so that one address counts as one."""
        prefix = next((prefix for prefix in self.prefixes if path.startswith(prefix + "/")), "")
        return path[len(prefix) :].rstrip("/") or "/"

    def middleware(self):
        @web.middleware
        async def gate(request: web.Request, handler) -> web.StreamResponse:
            started = time.perf_counter()
            resource = request.match_info.route.resource
            template = self._short(resource.canonical) if resource else "(no such path)"
            request["path"] = self._short(request.path)
            request["fault"] = None
            status = 499
            try:
                response = await self._passed(request, handler)
                status = response.status
                return response
            finally:
                self.log.add(self.api.name, request, template, status, started, request["fault"])

        return gate

    def _hit(self, stage: str, request: web.Request):
        fault = self.faults.hit(stage, self.api.name, request.method, request["path"])
        if fault:
            request["fault"] = fault.name
        return fault

    async def _passed(self, request: web.Request, handler) -> web.StreamResponse:
        if fault := self._hit("delay", request):
            await asyncio.sleep(fault.pause())
        if fault := self._hit("answer", request):
            return answer_response(fault.kind.answers[self.api.name])
        if fault := self._hit("token", request):
            self.api.forget_key(request)
            return answer_response(fault.kind.answers[self.api.name])
        if fault := self._hit("before", request):
            return await self._broken(request, fault)
        response = await self._worked(request, handler)
        if fault := self._hit("after", request):
            if fault.kind.answers:
                return answer_response(fault.kind.answers[self.api.name])
            return await self._broken(request, fault)
        return response

    async def _worked(self, request: web.Request, handler) -> web.StreamResponse:
        headers = {}
        try:
            if not request["path"].startswith(self.api.open_paths):
                request["account"] = self.api.authenticate(request)
                headers = self.api.charge(request["account"], request["path"])
            result = await handler(request)
        except ApiError as error:
            result = error.answer
        except web.HTTPException as error:
            if request["path"].startswith("/media/") or error.status not in (404, 405):
                return error
            result = self.api.missing(request["path"])
        if isinstance(result, web.StreamResponse):
            return result
        answer = result if isinstance(result, Answer) else Answer(200, result)
        return self._sent(request, answer, headers)

    def _sent(self, request: web.Request, answer: Answer, headers: dict) -> web.Response:
        fault = self._hit("reply", request) if answer.status == 200 and answer.body is not None else None
        if fault is None:
            response = answer_response(answer)
        else:
            payload = bend(fault.name, answer.body, self.api.name, self.faults.random())
            body = dump(payload)
            cut = {
                "truncated_json": body[: max(1, len(body) * 2 // 3)],
                "empty_body": b"",
                "broken_utf8": b'{"x": "\xff\xfe\xc3"}',
            }
            kind = "text/plain" if fault.name == "wrong_content_type" else "application/json"
            response = web.Response(body=cut.get(fault.name, body), content_type=kind, charset="utf-8")
        response.headers.update(headers)
        return response

    @staticmethod
    async def _broken(request: web.Request, fault) -> web.Response:
        """End the connection without an answer."""
        await asyncio.sleep(fault.pause())
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=499)


class Budget:
    """Requests per minute of one account, in fixed windows."""

    def __init__(self):
        self._windows: dict[object, tuple[float, int]] = {}

    def spend(self, key, limit: int) -> int:
        """Count one request. :returns: what is left, below zero when the budget is overdrawn."""
        minute = time.monotonic() // 60
        start, used = self._windows.get(key, (minute, 0))
        used = used + 1 if start == minute else 1
        self._windows[key] = (minute, used)
        return limit - used

    def clear(self) -> None:
        self._windows.clear()
