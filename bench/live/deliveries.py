"""How fast a delivery is answered: fifty a second, each at its own moment, whether or not those before are answered."""

import asyncio
import time
import uuid
from statistics import quantiles

import aiohttp

from ..figures import counted, timed

RATE, LIMIT = 50, 50.0


def measure(stage, plan):
    url = stage.channel.read("webhook_url")["webhook_url"]
    account = int(stage.simulator.control("GET", "/avito/chats")["chats"][0]["account"])
    bodies = [_body(account, stage.chats[n % len(stage.chats)], n) for n in range(plan.deliveries * RATE)]
    answers = asyncio.run(_post(url, bodies))
    times = [milliseconds for _, milliseconds in answers]
    refused = sum(status != 200 for status, _ in answers)
    stage.settle()
    left = stage.number("select count(*) from marketplace_event where state <> 'done'")
    return [
        timed("webhook, 50 a second: answer", times),
        counted("webhook, 50 a second: answer, 99th percentile", quantiles(times, n=100)[98], "ms", LIMIT),
        counted("webhook, 50 a second: refused", refused, goal=0),
        counted("webhook, 50 a second: stored and not applied a minute later", left, goal=0),
    ]


def _body(account, chat, number):
    """A buyer's message as Avito delivers it."""
    now = int(time.time())
    value = {
        "id": uuid.uuid4().hex,
        "chat_id": chat,
        "user_id": account,
        "author_id": 987654,
        "created": now,
        "type": "text",
        "chat_type": "u2i",
        "content": {"text": f"Здравствуйте, ещё вопрос {number}"},
    }
    return {
        "id": str(uuid.uuid4()),
        "version": "v3.0.0",
        "timestamp": now,
        "payload": {"type": "message", "value": value},
    }


async def _post(url, bodies):
    """:return: (status or None, milliseconds from the moment at which it was due) of each"""
    began = time.perf_counter() + 0.5
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(number, body):
            due = began + number / RATE
            await asyncio.sleep(due - time.perf_counter())
            try:
                async with session.post(url, json=body, timeout=aiohttp.ClientTimeout(total=2)) as answer:
                    await answer.read()
                    status = answer.status
            except (aiohttp.ClientError, asyncio.TimeoutError):
                status = None
            return status, (time.perf_counter() - due) * 1000

        return await asyncio.gather(*(one(number, body) for number, body in enumerate(bodies)))
