"""The part `gateway` of `./dev bench`."""

import os
import time
from contextlib import ExitStack
from itertools import chain, count
from statistics import median, quantiles
from urllib.parse import urlsplit

from dealership import Dealership
from stand_ins import SimulatorUnderTest

from devtools import demo
from devtools.process import say
from devtools.system import free_port

from ..figures import counted, ratio
from ..ground import ground
from . import mail_gateway
from .takers import Gateway, Ours

CHATS, RUNS = 100, 5
#: Deliveries of one wave, by who takes them: some seconds each.
SIZES = {"ours": 300, "gateway": 60, "kept": 100}
ONE_CHAT, NEW_CHATS, TWICE = 150, 40, 20
#: Seconds in which what was delivered again would have been applied.
SETTLED = 3
TOKEN = "12345:bench"
NAMES = {
    "ours": "this addon",
    "gateway": "`mail_gateway`",
    "kept": "`mail_gateway`, its Telegram library's bot kept",
}
_new_chats = count(9_000_000)


def run(workspace, options):
    """Return the figures."""
    sizes = {name: size // (3 if options.quick else 1) for name, size in SIZES.items()}
    with ExitStack() as stack:
        takers = _takers(stack, stack.enter_context(ground(workspace)))
        chats = {name: _fresh(CHATS) for name in takers}
        for name, taker in takers.items():
            say(f"first messages: {NAMES[name]}")
            bodies = [taker.body(chat, f"первое-{name}-{chat}") for chat in chats[name]]
            taker.deliver(bodies, f"первое-{name}-", at_once=1)
            taker.settle()
        waves = {name: [] for name in takers}
        for number in range(RUNS):
            say(f"deliveries, {number + 1} of {RUNS}")
            for name, taker in takers.items():
                wanted = [chats[name][n % CHATS] for n in range(sizes[name])]
                waves[name].append(taker.wave(wanted))
        figures = _speed(waves)
        nothing = median(takers["ours"].nothing(sizes["ours"]) for _run in range(RUNS))
        figures.append(counted("for comparison: Odoo's own `/web/health`, answers", nothing, "a second"))
        say("one chat, new chats, everything twice")
        figures += chain.from_iterable(
            _correct(takers[name], name, chats[name][0]) for name in ("ours", "gateway")
        )
        return figures


def _fresh(number):
    return [next(_new_chats) for _ in range(number)]


def _takers(stack, opened):
    """Three servers with two workers each: ours, and mail_gateway twice on one database."""
    simulator = SimulatorUnderTest(free_port(), free_port(), free_port())
    process = simulator.start("--quiet", log=f"bench-simulator-{os.getpid()}.log")
    stack.callback(process.end)
    simulator.control("POST", "/reset", {"empty": True})
    database = stack.enter_context(opened.database("ours"))
    demo.seed(opened, database, "http://127.0.0.1:8069", simulator)
    server = stack.enter_context(opened.serving(database, "--max-cron-threads", "2", workers=2))
    demo.wait_for_chats(opened, database, server.process)
    hook = Dealership(server).channel("avito").read("webhook_url")["webhook_url"]
    ours = Ours(server, server.url + urlsplit(hook).path)

    theirs = stack.enter_context(mail_gateway.database(opened, "gateway"))
    opened.in_odoo("gateway.mail_gateway:connect", theirs, token=TOKEN)
    takers = {"ours": ours}
    kept = {"PYTHONPATH": f"{mail_gateway.KEPT_BOT}:{opened.environment['PYTHONPATH']}"}
    for name, environment in (("gateway", {}), ("kept", kept)):
        server = stack.enter_context(
            opened.serving(theirs, "--max-cron-threads", "0", workers=2, environment=environment)
        )
        takers[name] = Gateway(server, f"{server.url}/gateway/telegram/bench/update")
    return takers


def _speed(waves):
    each = {name: [wave.each for wave in done] for name, done in waves.items()}
    figures = [
        ratio("`mail_gateway`'s time for a delivery, by ours", each["gateway"], each["ours"], 10, True),
        ratio("the same, its Telegram library's bot kept", each["kept"], each["ours"]),
    ]
    for name, done in waves.items():
        answers = list(chain.from_iterable(wave.answers for wave in done))
        rate = sum(wave.sent for wave in done) / sum(wave.seconds for wave in done)
        figures += [
            counted(f"{NAMES[name]}: stored and applied", rate, "a second"),
            counted(f"{NAMES[name]}: answer, p99", quantiles(answers, n=100)[98], "ms"),
            counted(f"{NAMES[name]}: refused, lost or double", _wrong(*done), "", *_goal(name)),
        ]
    return figures


def _goal(name):
    """Only we have goals."""
    return (0,) if name == "ours" else ()


def _wrong(*waves):
    return sum(wave.refused + wave.lost + wave.double for wave in waves)


def _correct(taker, name, chat):
    """Everything into one chat; two first messages at the same moment; the same deliveries twice."""
    one = taker.wave([chat] * ONE_CHAT)
    new = _fresh(NEW_CHATS)
    first = taker.wave([chat for chat in new for _twice in range(2)])
    bodies = [taker.body(chat, f"дважды-{chat}-{n:03}") for n in range(TWICE)]
    taker.deliver(bodies, f"дважды-{chat}")
    taker.deliver(bodies, f"дважды-{chat}")
    time.sleep(SETTLED)
    again = len(taker.stored(f"дважды-{chat}")) - TWICE
    title, goal = NAMES[name], _goal(name)
    return [
        counted(f"{title}: {ONE_CHAT} into one chat, refused, lost or double", _wrong(one), "", *goal),
        counted(f"{title}: into one chat", one.sent / one.seconds, "a second"),
        counted(
            f"{title}: two first messages in {NEW_CHATS} chats, refused, lost or double",
            _wrong(first),
            "",
            *goal,
        ),
        counted(f"{title}: conversations too many of these", taker.number_of(new) - NEW_CHATS, "", *goal),
        counted(f"{title}: of {TWICE} deliveries made twice, stored twice", again, "", *goal),
    ]
