"""A budget that lets everything through and writes it down."""

from __future__ import annotations


class Ledger:
    def __init__(self):
        #: Cost and urgency of what has left.
        self.taken: list[tuple[int, bool]] = []
        #: What answers told, without what they did not tell.
        self.noted: list[dict[str, float]] = []

    def take(self, cost: int = 1, urgent: bool = False) -> None:
        self.taken.append((cost, urgent))

    def note(self, **what: float | None) -> None:
        self.noted.append({name: value for name, value in what.items() if value is not None})

    def urgent(self, number: int) -> bool:
        """Exactly so many requests have left since the last look, all of them urgent."""
        return self._since(number, True)

    def ordinary(self, number: int) -> bool:
        return self._since(number, False)

    def _since(self, number: int, urgent: bool) -> bool:
        taken, self.taken = self.taken, []
        return taken == [(1, urgent)] * number
