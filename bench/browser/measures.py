"""What is measured on the Chats screen. Each measure takes the stage and gives figures."""

import random
import re
import time
from statistics import mean

from dealership import until

from bench.figures import counted, timed

from .buyers import RATE, Buyers
from .screen import Screen
from .stage import LIVE, LONG, SWITCHED, SWITCHED_MESSAGES

SWITCH_MS, KEYSTROKE_MS = 100, 16
#: For so long, at the least, a hand keeps the mouse button down before the click is there.
PRESS_MS = 60
#: A frame that takes longer than one and a half has left one out.
FRAME_MS = 1.5 * 1000 / 60
#: «Opened before» means: one of so many that were opened last.
RECENT = 40
#: From the first third of the time to the last: more than the heap of a page that does the same all the time moves by
#: itself, and less than a leak of a message or a row with each switch would come to.
FLAT_MB, FLAT_NODES, FLAT_RECORDS = 1.0, 200, 50
#: How often the memory is looked at in that time.
LOOKS = 30
ELSEWHERE = "/odoo/contacts"
EMPTY = "data:text/html,<textarea></textarea>"


def opening(stage, options):
    times = 3 if options.quick else 10
    with Screen(stage) as screen:
        screen.do("listPainted")  # the first one has the bundles made
        loaded, opened = [], []
        for _ in range(times):
            screen.page.goto("/odoo/chats", wait_until="commit")
            loaded.append(screen.do("listPainted"))
        for _ in range(times):
            screen.page.goto(ELSEWHERE)
            screen.page.locator(".o_content").wait_for()
            opened.append(screen.do("openScreen"))
    return [
        timed("opening the screen: whole page", loaded),
        timed("opening the screen from another page of Odoo", opened),
    ]


def switching(stage, options):
    """Half of the new ones are opened with the mouse, half without, as the keyboard does."""
    figures = []
    with Screen(stage) as screen:
        chats = targets(screen.show_all(SWITCHED))
        count = 30 if options.quick else 100
        clicked, keyed = chats[:count], chats[count : 2 * count]
        ways = {
            "never opened, by the mouse": (clicked, PRESS_MS),
            "never opened, by the keyboard": (keyed, 0),
            "opened before": (walk(keyed[-RECENT:], count, random.Random(1)), 0),
        }
        for name, (among, press) in ways.items():
            with screen.at_work() as used:
                samples = screen.do("switchAmong", among, press)
                work = used() / len(among)
            figures += [
                timed(f"switching to a chat {name}", samples, SWITCH_MS),
                counted("its processor time in the page, mean", work, "ms"),
            ]
    return figures


def walk(chats, steps, dice):
    """So many steps among these, never to where one stands."""
    way = [chats[-1]]
    for _ in range(steps):
        way.append(dice.choice([chat for chat in chats if chat is not way[-1]]))
    return way[1:]


def targets(rows):
    """The chats that are switched among, as `switchTo` wants them."""
    return [
        {"id": row["id"], "last": f"№ {row['number']}-{SWITCHED_MESSAGES}"}
        for row in rows
        if row["number"] <= SWITCHED
    ]


def typing(stage, options):
    """With nothing coming in, and with buyers who write into other chats meanwhile."""
    count = 100 if options.quick else 400
    with Screen(stage, EMPTY) as screen:
        screen.page.locator("textarea").focus()
        screen.do("watchTyping")
        work_of_none = type_letters(screen, count)
        typed_into_none = screen.value("typed")
    with Screen(stage) as screen:
        screen.show_all(LIVE)
        screen.open(stage.long)
        screen.do("watchTyping")
        work = type_letters(screen, count)
        typed = screen.value("typed")
        with Buyers(stage.shop, stage.live):
            type_letters(screen, count)
        typed_meanwhile = screen.value("typed")[len(typed) :]
        screen.page.locator("textarea.o_mchats_input").fill("")
    return [
        timed(f"a keystroke, {LONG:,} messages in the chat: the page's work", work, KEYSTROKE_MS),
        timed("the same in an empty page", work_of_none),
        timed("from the key to the painted letter, with the wait for the screen", typed),
        timed("the same in an empty page", typed_into_none),
        timed(f"the same in the chat, while {RATE} messages a second come in elsewhere", typed_meanwhile),
    ]


def type_letters(screen, count):
    """Return how long the page's main thread was at work for each letter, ms."""
    letters, work = "Good day, the car is in stock, you are welcome. ", []
    with screen.at_work("timeTicks") as used:
        for place in range(count):
            before = used()
            screen.page.keyboard.press(letters[place % len(letters)].replace(" ", "Space"))
            screen.page.wait_for_timeout(40)
            work.append(used() - before)
    return work


def receiving(stage, options):
    """Half of the messages come into the open chat, half elsewhere."""
    with Screen(stage) as screen:
        screen.show_all(LIVE)
        screen.open(stage.long)
        screen.do("watchArrivals")
        chats = [chat for other in stage.live for chat in (stage.long, other)]
        with Buyers(stage.shop, chats) as buyers:
            time.sleep(15 if options.quick else 60)
        said = {number for chat in chats for number in numbers(stage.shop.messages(chat, "in"), buyers)}
        shown = set()

        def all_shown():
            shown.update(screen.do("numbersShown"))
            return {number for number in said if buyers.chat_of[number] == stage.long} <= shown

        settle(all_shown)
        arrived = {int(number): moment for number, moment in screen.value("arrived").items()}
        for chat in stage.live:
            screen.open(chat)
            wanted = {number for number in said if buyers.chat_of[number] == chat}
            settle(lambda wanted=wanted: shown.update(screen.do("numbersShown")) or wanted <= shown)
    latencies = [moment - 1000 * buyers.said[number] for number, moment in arrived.items()]
    return [
        timed(f"receiving {RATE} a second: from the marketplace to the screen", latencies),
        counted("messages received", len(said)),
        counted("of these never on the screen", len(said - shown), goal=0),
    ]


def numbers(messages, buyers):
    """The numbers of the texts among the marketplace's messages that these buyers have written."""
    found = (re.search(r"⟦(\d+)⟧", message["text"] or "") for message in messages)
    texts = {int(match[1]) for match in found if match}
    return texts & set(buyers.said)


def settle(condition, seconds=30):
    """Wait for it that long; what is missing then is counted, not raised."""
    try:
        until("all on the screen", condition, seconds)
    except AssertionError:
        return False
    return True


def scrolling(stage, options):
    with Screen(stage) as screen:
        screen.show_all(LIVE)
        screen.open(stage.long)
        frames = screen.do("scrollToBeginning", 600 if options.quick else 200)
        held = screen.do("held", "marketplace.message")
    return [
        timed(f"a frame while {LONG:,} messages are scrolled through", frames, FRAME_MS),
        counted("messages held at its beginning", held),
    ]


def memory(stage, options):
    """Warm means: every one of the chats has been opened, so that what is kept of them is there. It is looked at with
    always the same chat in front: one car's panel has some hundred nodes more than another's."""
    with Screen(stage) as screen:
        chats = targets(screen.show_all(SWITCHED))
        screen.do("switchAmong", chats)

        def look():
            screen.do("switchAmong", chats[:1])
            return screen.memory()

        dice, switches, begun, looks = random.Random(2), 0, time.monotonic(), [look()]
        while len(looks) <= LOOKS:
            due = begun + 60 * options.minutes * len(looks) / LOOKS
            while time.monotonic() < due:
                screen.do("switchAmong", walk(chats, 10, dice))
                switches += 10
            looks.append(look())

    def grown(what):
        return mean(look[what] for look in looks[-LOOKS // 3 :]) - mean(
            look[what] for look in looks[: LOOKS // 3]
        )

    return [
        counted(f"memory after {SWITCHED} chats", looks[0]["heap"], "MB"),
        counted(f"memory after {switches:,} switches more, {options.minutes:g} min", looks[-1]["heap"], "MB"),
        counted("growth of the memory, first third to last", grown("heap"), "MB", FLAT_MB),
        counted("growth in nodes of the document", grown("nodes"), goal=FLAT_NODES),
        counted("growth in records held", grown("records"), goal=FLAT_RECORDS),
        counted("growth in listeners", grown("listeners")),
    ]


ALL = (opening, switching, typing, scrolling, receiving, memory)
