"""The part `inbox` of `./dev bench`."""

from contextlib import ExitStack
from itertools import chain
from statistics import median

from devtools.process import say

from ..figures import counted, ratio, timed
from ..gateway import mail_gateway
from ..ground import ground
from ..texts import EMPLOYEE
from . import other_pages
from .asking import LOGGED, Browser

SIZES, MESSAGES = (1_000, 10_000, 100_000), 20
#: Numbers of chats of other lengths.
LENGTHS = {"long": (7, 5_000), "short": (8, 10), "page": (9, 60)}
RUNS, CALLS, SLOW_CALLS = 5, 15, 3
LIST = "/web/dataset/call_kw/marketplace.conversation/chats_list"


def run(workspace, options):
    """Return the figures."""
    sizes = [size // 10 for size in SIZES] if options.quick else SIZES
    with ExitStack() as stack:
        opened = stack.enter_context(ground(workspace))
        places = {size: _dealership(stack, opened, size) for size in sizes}
        database, channel, _browser = places[sizes[-1]]
        discuss = _discuss(stack, opened, sizes[-1])
        say("lists")
        figures = _lists({size: browser for size, (_database, _channel, browser) in places.items()}, discuss)
        say("opening chats")
        figures += _opening(places[sizes[-1]][2], opened, database)
        say("badge and search")
        figures += _in_database(opened, database)
        say("writing with and without the index of texts")
        took = opened.in_odoo(
            "inbox.in_database:writing_with_and_without",
            database,
            channel=channel,
            batch=1000,
            chats=500,
            runs=RUNS,
        )
        figures.append(
            ratio("a batch with the index of texts, by one without it", took["with"], took["without"], 1.5)
        )
        say("other pages")
        return figures + other_pages.measure(opened, places[sizes[0]][0])


def _dealership(stack, opened, size):
    """:return: database, number of the channel, an employee's browser"""
    say(f"{size:,} chats")
    database = stack.enter_context(opened.database(f"inbox_{size}"))
    lengths = dict(LENGTHS.values())
    channel = opened.in_odoo("seed:fill", database, conversations=size, messages=MESSAGES, lengths=lengths)
    server = stack.enter_context(opened.serving(database, *LOGGED))
    return database, channel, Browser(server, EMPLOYEE)


def _discuss(stack, opened, size):
    """:return: the browsers of who is in all rooms, and of who is in a thousand"""
    say(f"{size:,} rooms of Discuss")
    database = stack.enter_context(mail_gateway.database(opened, "discuss"))
    gateway = opened.in_odoo("gateway.mail_gateway:connect", database, token="bench")
    opened.in_odoo("inbox.discuss:fill", database, gateway=gateway, rooms=size, messages=MESSAGES)
    server = stack.enter_context(opened.serving(database, *LOGGED))
    return Browser(server, "gateway_0"), Browser(server, "gateway_1")


def _first_page(browser, view="all"):
    return lambda: browser.call("marketplace.conversation", "chats_list", view)


def _rooms(browser):
    """As near as Discuss comes to a page of a list: the newest fifty, and what its sidebar shows of them."""

    def ask():
        order = {"order": "last_interest_dt desc", "limit": 50}
        newest = browser.call("discuss.channel", "search", [["is_member", "=", True]], **order)
        shown = browser.post(
            "/mail/data", {"fetch_params": [["discuss.channel", newest.data]], "context": {}}
        )
        shown.seconds += newest.seconds
        return shown

    return ask


def _open_discuss(browser):
    return lambda: browser.post("/mail/data", {"fetch_params": ["channels_as_member"], "context": {}})


def _in_turns(asks):
    """Measure all in turns, RUNS times, each some times.

    :param asks: ``{name: (function that asks, how often)}``
    :return: ``({name: seconds of each run}, {name: the last answer})``
    """
    last = {name: ask() for name, (ask, _calls) in asks.items()}  # warm
    took = {name: [] for name in asks}
    for _run in range(RUNS):
        for name, (ask, calls) in asks.items():
            answers = [ask() for _call in range(calls)]
            took[name].append(median(answer.seconds for answer in answers))
            last[name] = answers[-1]
    return took, last


def _lists(browsers, discuss):
    of_all, of_some = discuss
    smallest, *_, largest = browsers
    asks = {size: (_first_page(browser), CALLS) for size, browser in browsers.items()}
    asks |= {
        f"waiting {size}": (_first_page(browser, "waiting"), CALLS) for size, browser in browsers.items()
    }
    asks |= {
        "rooms": (_rooms(of_all), SLOW_CALLS),
        "rooms of some": (_rooms(of_some), SLOW_CALLS),
        "discuss": (_open_discuss(of_some), 1),
    }
    took, last = _in_turns(asks)
    most, least = f"{largest:,}", f"{smallest:,}"
    queries = {browser.queries(LIST)[-1] for browser in browsers.values()}
    return [
        ratio(f"first page of all chats, {most} by {least}", took[largest], took[smallest], 1.3),
        ratio(
            f"first page of those that wait, {most} by {least}",
            took[f"waiting {largest}"],
            took[f"waiting {smallest}"],
            1.3,
        ),
        counted("queries of a first page, most less fewest of the sizes", max(queries) - min(queries), "", 0),
        counted("queries of a first page", max(queries)),
        *(timed(f"first page at {size:,}", [1000 * seconds for seconds in took[size]]) for size in browsers),
        ratio(
            f"the newest 50 rooms of Discuss at {most}, by our page", took["rooms"], took[largest], 10, True
        ),
        ratio("the same for a member of 1,000 of them", took["rooms of some"], took[largest]),
        ratio("opening Discuss as a member of 1,000, by our page", took["discuss"], took[largest], 20, True),
        counted("opening Discuss as a member of 1,000", last["discuss"].size / 1024, "kB"),
        counted("first page", last[largest].size / 1024, "kB"),
    ]


def _opening(browser, opened, database):
    ids = {
        name: int(
            opened.server.query(
                f"SELECT id FROM marketplace_conversation WHERE external_id = 'bench-{number}'",
                database=database,
            )
        )
        for name, (number, _length) in LENGTHS.items()
    }
    asks = {
        name: (lambda chat=chat: browser.call("marketplace.conversation", "chats_thread", [chat]), CALLS)
        for name, chat in ids.items()
    }
    took, _last = _in_turns(asks)
    return [
        ratio("opening a chat of 5,000 messages, by one of 10", took["long"], took["short"], 1.3),
        ratio("opening a chat of 5,000 messages, by one of 60", took["long"], took["page"]),
    ]


def _in_database(opened, database):
    badge = opened.in_odoo("inbox.in_database:badge", database, times=100)
    found = opened.in_odoo("inbox.in_database:search", database, times=5)
    slowest = max(found, key=lambda text: median(found[text]))
    return [
        timed("badge, in the database", badge, 2),
        timed("search, in the database", list(chain.from_iterable(found.values())), 100),
        counted(f"search, the slowest text: «{slowest}»", median(found[slowest]), "ms"),
    ]
