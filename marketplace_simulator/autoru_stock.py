"""Auto.ru's offers and call tracking."""

import math

from aiohttp import web

from .autoru_wire import AutoruWire
from .fault_kinds import Answer
from .gate import ApiError
from .jsons import load_object
from .settings import Settings
from .times import millis_utc, moment

_PAGE_LIMIT, _PAGE_SIZE_LIMIT, _CALL_PAGE_SIZE = 1000, 100, 50
_CATEGORIES = ("cars", "moto", "trucks", "all")
_RECORD_SECONDS = 600


def _fail(status: int, error: str, detail: str = "") -> ApiError:
    return ApiError(Answer(status, {"error": error, "status": "ERROR", "detailed_error": detail or error}))


async def _fields(request: web.Request) -> dict:
    try:
        return load_object(await request.read() or b"{}")
    except ValueError as error:
        raise _fail(400, "BAD_REQUEST", "Malformed JSON") from error


def _moment(text) -> float:
    """:raises ApiError: not a time."""
    try:
        return moment(text)
    except ValueError as error:
        raise _fail(400, "BAD_REQUEST", "period is wrong") from error


class StockRoutes:
    """Handlers; the account comes with the request."""

    def __init__(self, settings: Settings, media):
        self.settings, self.media = settings, media

    # --- offers ---

    async def offers(self, request: web.Request):
        """More than 100 on a page is answered as an excess of requests."""
        category, query = request.match_info["category"], request.query
        page, size = query.get("page", "1"), query.get("page_size", "10")
        if category not in _CATEGORIES or not page.isdecimal() or not size.isdecimal():
            raise _fail(400, "BAD_REQUEST", "category, page or page_size is wrong")
        if int(size) > _PAGE_SIZE_LIMIT:
            raise _fail(429, "TOO_MANY_REQUESTS", "page_size is too big")
        if not 1 <= int(page) <= _PAGE_LIMIT or int(size) < 1:
            raise _fail(400, "BAD_REQUEST", "page or page_size is wrong")
        account = request["account"]
        wire = AutoruWire(self.media, account)
        listings = account.world.own_listings() if category in ("cars", "all") else []
        rows = [row for row in map(wire.offer, listings) if self._fits(row, query)]
        start = (int(page) - 1) * int(size)
        shown = rows[start : start + int(size)]
        return ({"offers": shown} if shown else {}) | {
            "pagination": {
                "page": int(page),
                "page_size": int(size),
                "total_offers_count": len(rows),
                "total_page_count": math.ceil(len(rows) / int(size)),
            },
            "filters": {},
            "sorting": {},
            "status": "SUCCESS",
        }

    @staticmethod
    def _fits(row: dict, query) -> bool:
        vins, statuses = query.getall("vin", []), query.getall("status", [])
        low, high = query.get("price_from", "0"), query.get("price_to", "")
        price = row["price_info"]["rur_price"]
        return (
            (not vins or row.get("documents", {}).get("vin") in vins)
            and (not statuses or row["status"] in {status.upper() for status in statuses})
            and (not low.isdecimal() or price >= int(low))
            and (not high.isdecimal() or price <= int(high))
        )

    # --- calls ---

    async def calls(self, request: web.Request):
        body = await _fields(request)
        wanted, pages, sorting = (body.get(key) or {} for key in ("filter", "pagination", "sorting"))
        if not all(isinstance(part, dict) for part in (wanted, pages, sorting)):
            raise _fail(400, "BAD_REQUEST", "filter, pagination and sorting are objects")
        page, size = pages.get("page", 1), pages.get("page_size", _CALL_PAGE_SIZE)
        if type(page) is not int or type(size) is not int or page < 1 or not 1 <= size <= _PAGE_SIZE_LIMIT:
            raise _fail(400, "BAD_REQUEST", "pagination is wrong")
        account = request["account"]
        rows = [call for call in account.world.calls if self._call_fits(call, wanted)]
        if sorting.get("sorting_type") != "ASCENDING":
            rows.reverse()
        wire = AutoruWire(self.media, account)
        shown = [wire.call(call) for call in rows[(page - 1) * size : page * size]]
        return ({"calls": shown} if shown else {}) | {
            "pagination": {
                "page_num": page,
                "page_size": size,
                "total_count": len(rows),
                "total_page_count": math.ceil(len(rows) / size),
            },
            "request": body,
            "status": "SUCCESS",
        }

    @staticmethod
    def _call_fits(call, wanted: dict) -> bool:
        period, offers = wanted.get("period") or {}, wanted.get("offer_id") or []
        if not isinstance(period, dict) or not isinstance(offers, list):
            raise _fail(400, "BAD_REQUEST", "period is an object, offer_id a list")
        return (
            (not period.get("from") or call.created >= _moment(period["from"]))
            and (not period.get("to") or call.created <= _moment(period["to"]))
            and (wanted.get("results") != "MISSED_GROUP" or not call.talk_seconds)
            and (not offers or call.listing is not None and call.listing.id in offers)
        )

    async def record(self, request: web.Request):
        """An address that works for ten minutes, and only with the headers given beside it."""
        body, account = await _fields(request), request["account"]
        external = body.get("external_id")
        wanted = {str(body.get("call_id")), external.get("id") if isinstance(external, dict) else None}
        call = next((row for row in account.world.calls if wanted & {str(row.id), f"T{row.id}"}), None)
        if call is None or not call.talk_seconds:
            raise _fail(404, "NOT_FOUND", "Record not found")
        if account.world.now() - call.created < self.settings.record_delay_seconds:
            raise _fail(404, "NOT_FOUND", "Record is not ready")
        name = f"call-{call.id}"
        return {
            "url": self.media.expiring_url("record", name, _RECORD_SECONDS),
            "headers": {"x-record-key": self.media.record_key(name)},
            "expire_timestamp": millis_utc(account.world.now() + _RECORD_SECONDS),
            "status": "SUCCESS",
        }

    def routes(self) -> list[tuple]:
        return [
            ("GET", "/user/offers/{category}", self.offers),
            ("POST", "/calltracking", self.calls),
            ("POST", "/calltracking/call/record", self.record),
        ]
