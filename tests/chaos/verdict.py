"""Comparing both sides after the chaos run: what the marketplaces hold, what Odoo holds, what the employees posted.

Nothing of the addon is used here: the counters are computed once more, from the transcripts alone.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

#: A type of the stand-ins and the addon's word for it, where they differ.
KIND_WORDS = {"item": "listing", "appCall": "call", "hologram": "unknown"}
#: Kinds whose text is the same on both sides; others are told in words of each.
WITH_TEXT = ("text", "unknown")
ALL_MESSAGES = """
    select c.external_id as chat, c.marketplace, m.id, m.external_id, m.direction, m.kind, m.body, m.state, m.key,
           m.attempts, m.readings,
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


@dataclass
class Verdict:
    """Numbers of both sides, and what is wrong: kind of wrong -> descriptions."""

    came: int = 0
    went: int = 0
    chats: int = 0
    same_second: int = 0
    ties_turned: int = 0
    skewed: int = 0
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


KINDS_OF_WRONG = ("lost", "doubled", "out of order", "altered", "counters", "gaps")


def _rest(found, each):
    return [f"… and {len(found) - each} more"] if len(found) > each else []


def second(created):
    """A moment as both sides can tell it."""
    return int(created // 1)


def judge(stage, posted, by_hand, skewed):
    """Compare everything.

    :param posted: (marketplace, chat) -> replies in the order they were posted
    :param by_hand: numbers of the rows that a person sent again; their place is where that put them
    :param skewed: spans of Unix time in which the marketplaces' clocks were wrong now and then
    """
    verdict, ours, chats = Verdict(), {}, {}
    for row in stage.rows(ALL_MESSAGES):
        ours.setdefault((row["marketplace"], row["chat"]), []).append(row)
    for row in stage.rows(ALL_CHATS):
        chats[row["marketplace"], row["chat"]] = row
    seen = set()
    for code in ("avito", "autoru"):
        for chat in stage.control("GET", f"/{code}/chats")["chats"]:
            where = code, chat["id"]
            seen.add(where)
            theirs = stage.control("GET", f"/{code}/chats/{chat['id']}")["messages"]
            judge_chat(verdict, where, theirs, ours.get(where, []), chats.get(where))
            judge_replies(verdict, where, theirs, ours.get(where, []), posted.get(where, []), by_hand, skewed)
    verdict.wrong["doubled"] += [
        f"{where}: a chat the marketplace does not have" for where in set(chats) - seen
    ]
    return verdict


def judge_chat(verdict, where, theirs, ours, chat):
    """Message by message: is each there, once, unchanged, at its place, and do the counters follow from it?"""
    wrong, at_ours = verdict.wrong, {row["external_id"]: row for row in ours if row["external_id"]}
    verdict.chats += 1
    verdict.came += sum(message["via"] != "api" for message in theirs)
    at_theirs = {message["id"]: message for message in theirs}
    wrong["lost"] += [f"{where}: {describe(one)}" for one in theirs if one["id"] not in at_ours]
    surplus = Counter(row["external_id"] for row in ours if row["external_id"])
    wrong["doubled"] += [
        f"{where}: {one}, row {at_ours[one]}"
        for one, times in surplus.items()
        if times > 1 or one not in at_theirs
    ]
    wrong["doubled"] += [
        f"{where}: row without a number {row}"
        for row in ours
        if not row["external_id"] and row["state"] not in ("canceled", "failed")
    ]
    both = [(at_theirs[row["external_id"]], row) for row in ours if row["external_id"] in at_theirs]
    for message, row in both:
        if difference := altered(message, row):
            wrong["altered"].append(f"{where}: {message['id']}: {difference}")
    judge_order(verdict, where, theirs, both)
    if chat and len(both) == len(theirs) == len(ours):
        wrong["counters"] += [f"{where}: {one}" for one in wrong_counters(both, chat)]
    if chat and chat["has_gap"]:
        wrong["gaps"].append(f"{where}: marked as incomplete")


def describe(message):
    keys = ("id", "direction", "type", "text", "created", "via")
    return {key: message[key] for key in keys}


def altered(message, row):
    """How our row differs from the marketplace's message, or nothing."""
    pairs = {
        "direction": (message["direction"], row["direction"]),
        "second": (second(message["created"]), row["at"]),
    }
    if (
        row["marketplace"] == "avito" or message["type"] == "text"
    ):  # Auto.ru tells no types but by what is attached
        pairs["kind"] = KIND_WORDS.get(message["type"], message["type"]), row["kind"]
    if message["type"] in WITH_TEXT:
        pairs["text"] = (message["text"] or "", row["body"] or "")
    return {what: pair for what, pair in pairs.items() if pair[0] != pair[1]}


def judge_order(verdict, where, theirs, both):
    """Their order must be ours. Within one second both marketplaces' messages may stand either way: Odoo keeps
    whole seconds, as Avito gives them."""
    place = {message["id"]: number for number, message in enumerate(theirs)}
    for (one, _), (two, _) in pairwise(both):
        tie = second(one["created"]) == second(two["created"])
        verdict.same_second += tie
        if place[one["id"]] > place[two["id"]]:
            if tie:
                verdict.ties_turned += 1
            else:
                verdict.wrong["out of order"].append(f"{where}: {two['id']} after {one['id']}")


def wrong_counters(both, chat):
    """Compute the counters from the transcript (ties as they stand in Odoo) and compare."""
    answered = max((number for number, (one, _) in enumerate(both) if one["direction"] == "out"), default=-1)
    waiting = [one for one, _ in both[answered + 1 :]]
    last = both[-1][0]
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
        f"{name} is {chat[name]!r}, not {value!r}" for name, value in wanted.items() if chat[name] != value
    ]


def judge_replies(verdict, where, theirs, ours, posted, by_hand, skewed):
    """Every reply posted stands once at the marketplace, and they stand in the order in which they were posted, unless
    the marketplace's own wrong clock has put them into another."""
    sent = [message for message in theirs if message["via"] == "api"]
    verdict.went += len(posted)
    there, wanted = Counter(one["text"] for one in sent), Counter(one["text"] for one in posted)
    rows = {row["id"]: row for row in ours}
    for text, number in (wanted - there).items():
        states = [rows.get(one["row"]) for one in posted if one["text"] == text]
        verdict.wrong["lost"].append(f"{where}: {number} × reply «{text}»: {states}")
    for text, number in (there - wanted).items():
        found = [describe(one) for one in sent if one["text"] == text]
        found += [row for row in ours if row["body"] == text]
        verdict.wrong["doubled"].append(f"{where}: {number} × reply «{text}»: {found}")
    moved = Counter(one["text"] for one in posted if one["row"] in by_hand)
    order = [one["text"] for one in posted if one["text"] not in moved]
    found = [one for one in sent if one["text"] not in moved]
    texts = [one["text"] for one in found]
    if Counter(order) == Counter(texts) and order != texts:
        turned = [one for one, text in zip(found, order, strict=True) if one["text"] != text]
        if any(since <= one["created"] <= until for one in turned for since, until in skewed):
            verdict.skewed += 1
        else:
            verdict.wrong["out of order"].append(f"{where}: replies {texts}, posted {order}")
