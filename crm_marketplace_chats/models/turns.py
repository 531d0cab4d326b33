"""What a buyer's turn is: plain rules over the entries of one conversation, without Odoo.

A turn begins with the first thing a buyer says that is not answered yet, and ends with the first answer after it, or
with a tick, whichever came first. It covers everything the buyer said in between. A telephone call that was taken asks
and answers at once; one that was missed only asks.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Place(NamedTuple):
    """Where an entry stands in its conversation: order within one second is the order of the ids."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One message, as far as it asks or answers.

    :param asks: the buyer said it, or rang
    :param answers: how it answers: ``reply``, ``app`` (typed in the marketplace's own app) or ``call``; empty: it asks
    :param user_id: who answered, where that is known
    :param is_missed: a call that nobody took
    """

    place: Place
    asks: bool = False
    answers: str = ""
    user_id: int | None = None
    is_call: bool = False
    is_missed: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Somebody marked everything up to a place as processed, at a moment."""

    place: Place
    at: datetime
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """
    :param ended_by: ``reply``, ``app``, ``call`` or ``tick``; None as long as the buyer waits
    """

    start: Place
    is_first: bool
    starts_with: str
    ended_at: datetime | None
    ended_by: str | None
    user_id: int | None
    message_count: int
    call_count: int
    missed_count: int


def turns_of(entries, ticks, has_earlier=False):
    """
    :param entries: `Entry`, sorted by place; of a story that goes on, from the beginning of a turn
    :param ticks: `Tick`, sorted by place
    :param has_earlier: whether there are turns before these
    :return: `Turn`, in order
    """
    turns, number, tick_number, answer_number = [], 0, 0, 0
    while number < len(entries):
        first = entries[number]
        if not first.asks:
            number += 1
            continue
        answer_number = max(answer_number, number)
        while answer_number < len(entries) and not entries[answer_number].answers:
            answer_number += 1
        while tick_number < len(ticks) and ticks[tick_number].place < first.place:
            tick_number += 1
        answer = entries[answer_number] if answer_number < len(entries) else None
        tick = ticks[tick_number] if tick_number < len(ticks) else None
        if answer and tick and answer.place.at > tick.at:
            answer = None
        until = answer.place if answer else tick.place if tick else None
        asked = []
        while number < len(entries) and (until is None or entries[number].place <= until):
            if entries[number].asks:
                asked.append(entries[number])
            number += 1
        turns.append(_turn(asked, answer, tick, is_first=not turns and not has_earlier))
    return turns


def _turn(asked, answer, tick, is_first):
    end = answer or tick
    return Turn(
        start=asked[0].place,
        is_first=is_first,
        starts_with="call" if asked[0].is_call else "message",
        # Clocks differ: nobody answers before he was asked.
        ended_at=end and max(answer.place.at if answer else tick.at, asked[0].place.at),
        ended_by=answer.answers if answer else "tick" if tick else None,
        user_id=end and end.user_id,
        message_count=len(asked),
        call_count=sum(entry.is_call for entry in asked),
        missed_count=sum(entry.is_missed for entry in asked),
    )
