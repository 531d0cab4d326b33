"""Avito's listings and call tracking."""

from aiohttp import web

from .avito_wire import AvitoWire
from .fault_kinds import Answer
from .gate import ApiError
from .jsons import load_object
from .media import RECORD
from .settings import BadInput, Settings
from .times import day_utc, moment, seconds_utc

_STATUSES = {"active", "removed", "old", "blocked", "rejected"}
_CARS = 9
_DAY = 86_400
_LONGEST_PERIOD = 93 * _DAY
_VALIDATION, _NOT_FOUND, _NOT_READY = 1001, 1004, 1005


def flat(status: int, code: int | str, message: str) -> ApiError:
    """An error in the flat shape C."""
    return ApiError(Answer(status, {"code": code, "message": message}))


def _moment(text) -> float | None:
    try:
        return moment(text)
    except ValueError:
        return None


async def _fields(request: web.Request) -> dict:
    """The body; nothing at all when it is not an object, so that the check of its fields fails."""
    try:
        return load_object(await request.read())
    except ValueError:
        return {}


class StockRoutes:
    """Handlers; the account comes with the request."""

    def __init__(self, settings: Settings):
        self.settings = settings

    # --- listings ---

    async def items(self, request: web.Request):
        """Pages without a total: the last one is short. An employee's key sees nothing."""
        account = request["account"]
        numbers = {}
        for name, default, high in (("per_page", 25, 100), ("page", 1, 10**6), ("category", _CARS, 10**6)):
            text = request.query.get(name, str(default))
            if not text.isdecimal() or not 1 <= int(text) <= high:
                raise flat(400, "400", f"{name} is wrong")
            numbers[name] = int(text)
        statuses = set(request.query.get("status", "active").split(","))
        since = request.query.get("updatedAtFrom")
        if not statuses <= _STATUSES or since is not None and _moment(since) is None:
            raise flat(400, "400", "status or updatedAtFrom is wrong")
        rows = (
            []
            if account.employee or numbers["category"] != _CARS
            else [
                AvitoWire.resource(listing)
                for listing in account.world.own_listings()
                if listing.status in statuses and (since is None or listing.created >= _moment(since))
            ]
        )
        start = (numbers["page"] - 1) * numbers["per_page"]
        return {
            "meta": {"page": numbers["page"], "per_page": numbers["per_page"]},
            "resources": rows[start : start + numbers["per_page"]],
        }

    async def item(self, request: web.Request):
        """State of one listing; no title, no price, as at Avito."""
        account = request["account"]
        if request.match_info["user_id"] != str(account.user_id):
            raise flat(404, "404", "Not found")
        listing = account.world.listings.get(int(request.match_info["item_id"]))
        if listing is None:
            return {"status": "not_found", "url": "", "start_time": None, "finish_time": None, "vas": []}
        if not listing.own:
            return {
                "status": "another_user",
                "url": listing.url,
                "start_time": None,
                "finish_time": None,
                "vas": [],
            }
        return {
            "status": listing.status,
            "url": listing.url,
            "start_time": seconds_utc(listing.created),
            "finish_time": None,
            "autoload_item_id": listing.car.external_id if listing.car else None,
            "vas": [
                {"vas_id": "xl", "finish_time": seconds_utc(listing.created + 30 * _DAY), "schedule": []}
            ],
        }

    async def update_price(self, request: web.Request):
        listing = request["account"].world.listings.get(int(request.match_info["item_id"]))
        if listing is None or not listing.own:
            raise ApiError(Answer(404, {"error": {"message": "Item not found", "code": 404}}))
        price = (await _fields(request)).get("price")
        if type(price) is not int or price <= 0:
            raise ApiError(Answer(400, {"error": {"message": "price is wrong", "code": 400}}))
        listing.price = price
        return {"result": {"success": True}}

    async def call_stats(self, request: web.Request):
        """Calls by listing and day."""
        world, body = request["account"].world, await _fields(request)
        start, end = _moment(body.get("dateFrom")), _moment(body.get("dateTo"))
        if start is None or end is None:
            raise ApiError(
                Answer(400, {"error": {"code": 400, "message": "dateFrom and dateTo are required"}})
            )
        items = body.get("itemIds")
        wanted = {item for item in items if type(item) is int} if isinstance(items, list) else set()
        days: dict[tuple, list] = {}
        for call in world.calls:
            item = call.listing.id if call.listing else 0
            day = day_utc(call.created)
            if day_utc(start) <= day <= day_utc(end) and (not wanted or item in wanted):
                days.setdefault((item, day), []).append(call.talk_seconds > 0)
        rows: dict[int, list] = {}
        for (item, day), answered in sorted(days.items()):
            rows.setdefault(item, []).append(
                {
                    "date": day,
                    "calls": len(answered),
                    "answered": sum(answered),
                    "new": len(answered),
                    "newAnswered": sum(answered),
                }
            )
        return {
            "result": {
                "items": [{"itemId": item, "employeeId": 0, "days": entry} for item, entry in rows.items()]
            }
        }

    # --- calls ---

    async def calls(self, request: web.Request):
        """Errors come with HTTP 200 and a code in `error`."""
        body = await _fields(request)
        start, limit, offset = _moment(body.get("dateTimeFrom")), body.get("limit"), body.get("offset")
        end = _moment(body["dateTimeTo"]) if body.get("dateTimeTo") else start and start + 31 * _DAY
        if (
            start is None
            or end is None
            or end - start > _LONGEST_PERIOD
            or type(limit) is not int
            or not 1 <= limit <= 100
            or type(offset) is not int
            or offset < 0
        ):
            return {"calls": [], "error": {"code": _VALIDATION, "message": "validation error"}}
        rows = [call for call in request["account"].world.calls if start <= call.created <= end]
        return {
            "calls": [AvitoWire.call(call) for call in rows[offset : offset + limit]],
            "error": {"code": 0, "message": ""},
        }

    def _find(self, request: web.Request, call_id):
        call = next((call for call in request["account"].world.calls if str(call.id) == str(call_id)), None)
        if call is None:
            raise BadInput("call not found")
        return call

    async def call(self, request: web.Request):
        call_id = (await _fields(request)).get("callId")
        if type(call_id) is not int or call_id < 1:
            return {"call": None, "error": {"code": _VALIDATION, "message": "validation error"}}
        try:
            return {"call": AvitoWire.call(self._find(request, call_id)), "error": {"code": 0, "message": ""}}
        except BadInput:
            return {"call": None, "error": {"code": _NOT_FOUND, "message": "call not found"}}

    async def record(self, request: web.Request):
        try:
            call = self._find(request, request.query.get("callId", ""))
        except BadInput as error:
            raise flat(404, _NOT_FOUND, "call not found") from error
        if not call.talk_seconds:
            raise flat(404, _NOT_FOUND, "record not found")
        if request["account"].world.now() - call.created < self.settings.record_delay_seconds:
            raise flat(425, _NOT_READY, "Record is not ready")
        return web.Response(body=RECORD, content_type="audio/mpeg")

    def routes(self) -> list[tuple]:
        return [
            ("GET", "/core/v1/items", self.items),
            ("GET", "/core/v1/accounts/{user_id:\\d+}/items/{item_id:\\d+}", self.item),
            ("POST", "/core/v1/items/{item_id:\\d+}/update_price", self.update_price),
            ("POST", "/core/v1/accounts/{user_id:\\d+}/calls/stats", self.call_stats),
            ("POST", "/calltracking/v1/getCalls", self.calls),
            ("POST", "/calltracking/v1/getCallById", self.call),
            ("GET", "/calltracking/v1/getRecordByCallId", self.record),
        ]
