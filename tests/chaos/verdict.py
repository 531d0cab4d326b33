"""Comparing both sides after the chaos run: what the marketplaces hold, what Odoo holds, what the employees did.

Nothing of the addon is used here: the counters are computed once more, from the transcripts alone.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from . import marks
from .stage import MARKETPLACES

#: A type of the stand-ins and the addon's word for it, where they differ.
KIND_WORDS = {"item": "listing", "appCall": "call", "hologram": "unknown"}
#: Kinds whose text is the same on both sides; others are told in words of each.
WITH_TEXT = ("text", "unknown")
#: Types that Auto.ru has words for; the others it tells by what is attached.
KNOWN_TO_AUTORU = ("text", "image")
ALL_MESSAGES = """
    select c.external_id as chat, c.marketplace, m.id, m.external_id, m.direction, m.kind, m.body, m.state, m.key,
           m.attempts, m.readings, m.data->'media'->0->>'url' as media,
           (select json_agg(a.checksum) from ir_attachment a
             where a.res_model = 'marketplace.message' and a.res_id = m.id) as files,
           (select json_agg(concat_ws(' ', l.at::time(1), l.was, '->', l.becomes, l.reason) order by l.at)
              from chaos_ledger l where l.message = m.id and m.direction = 'out') as ledger,
           extract(epoch from m.sent_at)::bigint as at
      from marketplace_message m join marketplace_conversation c on c.id = m.conversation_id
     where m.direction <> 'note' order by m.sent_at, m.id
"""
ALL_CHATS = """
    select external_id as chat, marketplace, unread_count, is_unprocessed, last_message_preview, last_message_direction,
           extract(epoch from waiting_since)::bigint as waiting_since, has_gap,
           extract(epoch from last_message_at)::bigint as last_message_at
      from marketplace_conversation
"""
KINDS_OF_WRONG = (
    "lost", "doubled", "out of order", "altered", "counters", "gaps", "pictures", "read marks",
)  # fmt: skip


@dataclass
class Story:
    """What was done, as those who did it tell.

    :param desk: what the employees posted, ticked and deleted
    :param by_hand: numbers of the rows that a person sent again; their place is where that put them
    :param reads: (marketplace, chat) -> seconds in which the buyer has read
    :param skewed: spans of Unix time in which the marketplaces' clocks were wrong now and then
    :param refused_marks: how many read marks of ours the marketplaces have refused for good
    """

    desk: object
    by_hand: set
    reads: dict
    skewed: list
    refused_marks: int

    def is_skewed(self, created):
        return any(since <= created <= until for since, until in self.skewed)


@dataclass
class Verdict:
    """Numbers of both sides, and what is wrong: kind of wrong -> descriptions."""

    came: int = 0
    went: int = 0
    chats: int = 0
    same_second: int = 0
    ties_turned: int = 0
    skewed: int = 0
    pictures: int = 0
    read: int = 0
    unmarked: list = field(default_factory=list)
    wrong: dict = field(default_factory=lambda: {kind: [] for kind in KINDS_OF_WRONG})

    @property
    def line(self):
        lost, doubled, order = (len(self.wrong[kind]) for kind in ("lost", "doubled", "out of order"))
        return f"{self.came} in, {self.went} out: {lost} lost, {doubled} doubled, {order} out of order"

    @property
    def ok(self):
        return not any(self.wrong.values())

    def offenders(self, each=5):
        """The first few of each kind, a line each."""
        return [
            f"{kind}: {one}"
            for kind, found in self.wrong.items()
            for one in [*found[:each], *_rest(found, each)]
        ]


def _rest(found, each):
    return [f"… and {len(found) - each} more"] if len(found) > each else []


def second(created):
    """A moment as both sides can tell it."""
    return int(created // 1)


@dataclass
class Chat:
    """One chat on both sides.

    :param theirs: the marketplace's messages
    :param ours: rows in their order
    :param row: our numbers of it, or None
    :param both: pairs of what stands on both sides, in our order
    """

    where: tuple
    theirs: list
    ours: list
    row: dict
    both: list = field(init=False)

    def __post_init__(self):
        at_theirs = {message["id"]: message for message in self.theirs}
        self.both = [
            (at_theirs[row["external_id"]], row) for row in self.ours if row["external_id"] in at_theirs
        ]


def judge(stage, story):
    """Compare everything."""
    verdict, ours, rows = Verdict(), {}, {}
    for row in stage.rows(ALL_MESSAGES):
        ours.setdefault((row["marketplace"], row["chat"]), []).append(row)
    for row in stage.rows(ALL_CHATS):
        rows[row["marketplace"], row["chat"]] = row
    seen = set()
    for code in MARKETPLACES:
        pictures = marks.Pictures(stage, code)
        for listed in stage.control("GET", f"/{code}/chats")["chats"]:
            where = code, listed["id"]
            seen.add(where)
            theirs = stage.control("GET", f"/{code}/chats/{listed['id']}")["messages"]
            chat = Chat(where, theirs, ours.get(where, []), rows.get(where))
            judge_chat(verdict, story, chat)
            judge_replies(verdict, story, chat, pictures)
            pictures.judge(verdict, chat)
            marks.judge(verdict, story, chat)
    if len(verdict.unmarked) > story.refused_marks:
        verdict.wrong["read marks"] += verdict.unmarked
    verdict.wrong["doubled"] += [
        f"{where}: a chat the marketplace does not have" for where in set(rows) - seen
    ]
    return verdict


def judge_chat(verdict, story, chat):
    """Message by message: is each there, once, unchanged, at its place, and do the counters follow from it?"""
    wrong, at_ours = verdict.wrong, {row["external_id"]: row for row in chat.ours if row["external_id"]}
    verdict.chats += 1
    verdict.came += sum(message["via"] != "api" for message in chat.theirs)
    at_theirs = {message["id"] for message in chat.theirs}
    wrong["lost"] += [f"{chat.where}: {describe(one)}" for one in chat.theirs if one["id"] not in at_ours]
    times = Counter(row["external_id"] for row in chat.ours if row["external_id"])
    wrong["doubled"] += [
        f"{chat.where}: {one}, row {at_ours[one]}"
        for one, number in times.items()
        if number > 1 or one not in at_theirs
    ]
    wrong["doubled"] += [
        f"{chat.where}: row without a number {row}"
        for row in chat.ours
        if not row["external_id"] and row["state"] not in ("canceled", "failed")
    ]
    for message, row in chat.both:
        if difference := altered(message, row):
            wrong["altered"].append(f"{chat.where}: {message['id']}: {difference}")
    judge_order(verdict, chat)
    if chat.row and len(chat.both) == len(chat.theirs) == len(chat.ours):
        done = done_until(story, chat)
        wrong["counters"] += [f"{chat.where}: {one}" for one in wrong_counters(chat, done)]
    if chat.row and chat.row["has_gap"]:
        wrong["gaps"].append(f"{chat.where}: marked as incomplete")


def describe(message):
    keys = ("id", "direction", "type", "text", "created", "via")
    return {key: message[key] for key in keys}


def altered(message, row):
    """How our row differs from the marketplace's message, or nothing."""
    pairs = {
        "direction": (message["direction"], row["direction"]),
        "second": (second(message["created"]), row["at"]),
    }
    if row["marketplace"] == "avito" or message["type"] in KNOWN_TO_AUTORU:
        pairs["kind"] = KIND_WORDS.get(message["type"], message["type"]), row["kind"]
    if message["type"] in WITH_TEXT:
        pairs["text"] = (message["text"] or "", row["body"] or "")
    return {what: pair for what, pair in pairs.items() if pair[0] != pair[1]}


def judge_order(verdict, chat):
    """Their order must be ours. Within one second both marketplaces' messages may stand either way: Odoo keeps
    whole seconds, as Avito gives them."""
    place = {message["id"]: number for number, message in enumerate(chat.theirs)}
    for (one, _), (two, _) in pairwise(chat.both):
        tie = second(one["created"]) == second(two["created"])
        verdict.same_second += tie
        if place[one["id"]] > place[two["id"]]:
            if tie:
                verdict.ties_turned += 1
            else:
                verdict.wrong["out of order"].append(f"{chat.where}: {two['id']} after {one['id']}")


def done_until(story, chat):
    """Place of the last message that is answered or ticked, -1 where none is."""
    ticked = set(story.desk.ticks.get(chat.where, ()))
    return max(
        (
            number
            for number, (message, row) in enumerate(chat.both)
            if message["direction"] == "out" or row["id"] in ticked
        ),
        default=-1,
    )


def wrong_counters(chat, done):
    """Compute the counters from the transcript (ties as they stand in Odoo) and the ticks, and compare."""
    waiting = [one for one, _ in chat.both[done + 1 :] if one["type"] != "deleted"]
    last = chat.both[-1][0]
    wanted = {
        "unread_count": len(waiting),
        "is_unprocessed": bool(waiting),
        "waiting_since": second(waiting[0]["created"]) if waiting else None,
        "last_message_at": second(last["created"]),
        "last_message_direction": last["direction"],
    }
    if last["type"] == "text":
        wanted["last_message_preview"] = " ".join(last["text"].split())[:160]
    return [
        f"{name} is {chat.row[name]!r}, not {value!r}"
        for name, value in wanted.items()
        if chat.row[name] != value
    ]


def judge_replies(verdict, story, chat, pictures):
    """Every reply posted stands once at the marketplace, and they stand in the order in which they were posted, unless
    the marketplace's own wrong clock has put them into another."""
    posted = story.desk.posted.get(chat.where, [])
    texts = {one["row"]: one["text"] for one in posted}
    rows = {row["external_id"]: row for row in chat.ours if row["external_id"]}

    def content(message):
        if (
            message["type"] == "deleted"
        ):  # nothing is left of it there: it is the reply that has its number here
            return texts.get(rows.get(message["id"], {}).get("id"), "of nobody, deleted")
        return pictures.token(message) if message["type"] == "image" else message["text"]

    sent = [(content(message), message) for message in chat.theirs if message["via"] == "api"]
    verdict.went += len(posted)
    there, wanted = Counter(text for text, _ in sent), Counter(one["text"] for one in posted)
    for text, number in (wanted - there).items():
        of_row = {row["id"]: row for row in chat.ours}
        states = [of_row.get(one["row"]) for one in posted if one["text"] == text]
        verdict.wrong["lost"].append(f"{chat.where}: {number} × reply «{text}»: {states}")
    for text, number in (there - wanted).items():
        found = [describe(message) for one, message in sent if one == text]
        found += [row for row in chat.ours if row["body"] == text]
        verdict.wrong["doubled"].append(f"{chat.where}: {number} × reply «{text}»: {found}")
    deleted = {message["id"] for _, message in sent if message["type"] == "deleted"}
    asked = [one for one in posted if one.get("deletion") == "asked"]
    numbers = {row["id"]: row["external_id"] for row in chat.ours}
    verdict.wrong["altered"] += [
        f"{chat.where}: not deleted at the client's: {one}"
        for one in asked
        if numbers.get(one["row"]) not in deleted
    ]
    moved = {one["text"] for one in posted if one["row"] in story.by_hand}
    order = [one["text"] for one in posted if one["text"] not in moved]
    found = [(text, message) for text, message in sent if text not in moved]
    texts = [text for text, _ in found]
    if Counter(order) == Counter(texts) and order != texts:
        turned = [
            message for (text, message), wanted_text in zip(found, order, strict=True) if text != wanted_text
        ]
        if any(story.is_skewed(message["created"]) for message in turned):
            verdict.skewed += 1
        else:
            verdict.wrong["out of order"].append(f"{chat.where}: replies {texts}, posted {order}")
