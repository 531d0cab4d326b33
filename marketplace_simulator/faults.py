"""The board of faults: which misbehaviour is on, for which requests, how often. The kinds: fault_kinds.py."""

import random
import re
from dataclasses import asdict, dataclass, field

from .fault_kinds import KINDS, FaultKind
from .settings import BadInput

_KEYS = {"name", "on", "marketplace", "path", "method", "times", "probability", "seconds", "count"}


@dataclass
class Fault:
    """One switched-on fault. `times` None = until switched off; `marketplace` None = both."""

    name: str
    marketplace: str | None = None
    path: str | None = None
    method: str | None = None
    times: int | None = None
    probability: float = 1.0
    seconds: float | None = None
    count: int | None = None
    hits: int = 0
    pattern: re.Pattern = field(default=None, repr=False)

    @property
    def kind(self) -> FaultKind:
        return KINDS[self.name]

    def pause(self) -> float:
        return self.kind.seconds if self.seconds is None else self.seconds

    def as_dict(self) -> dict:
        return {key: value for key, value in asdict(self).items() if key != "pattern" and value is not None}


class FaultBoard:
    """Faults in the order they were switched on; the first that fits a request of its stage is hit."""

    def __init__(self, seed: int):
        self._rng = random.Random(f"faults/{seed}")
        self.active: list[Fault] = []

    def switch(self, wish: dict) -> None:
        """Switch one fault on or off as `POST /faults` asks. :raises BadInput: with the reason."""
        unknown = set(wish) - _KEYS
        if unknown:
            raise BadInput(
                f"A fault has no {', '.join(sorted(unknown))}; it takes {', '.join(sorted(_KEYS))}."
            )
        name, marketplace = wish.get("name"), wish.get("marketplace")
        if name not in KINDS:
            raise BadInput(f"There is no fault {name!r}; GET /faults lists them.")
        if marketplace is not None and marketplace not in KINDS[name].marketplaces:
            raise BadInput(f"Fault {name!r} exists at {' and '.join(KINDS[name].marketplaces)} only.")
        if wish.get("on", True) is False:
            self.active = [
                fault
                for fault in self.active
                if fault.name != name or marketplace not in (None, fault.marketplace)
            ]
            return
        self.active.append(self._made(wish))

    @staticmethod
    def _made(wish: dict) -> Fault:
        fault = Fault(**{key: value for key, value in wish.items() if key != "on"})
        # Key -> kind of number and the least it may be.
        numbers = {
            "times": (int, 1),
            "count": (int, 1),
            "probability": ((int, float), 0),
            "seconds": ((int, float), 0),
        }
        for key, (kind, least) in numbers.items():
            value = getattr(fault, key)
            if value is not None and (
                not isinstance(value, kind) or isinstance(value, bool) or value < least
            ):
                raise BadInput(f"{key!r} of a fault is a number from {least} up, not {value!r}.")
        for key in ("path", "method"):
            if not isinstance(getattr(fault, key), str | None):
                raise BadInput(f"{key!r} of a fault is a text.")
        try:
            fault.pattern = re.compile(fault.path or fault.kind.path)
        except re.error as error:
            raise BadInput(f"'path' is not a regular expression: {error}.") from error
        return fault

    def clear(self) -> None:
        self.active.clear()

    def hit(self, stage: str, marketplace: str, method: str, path: str) -> Fault | None:
        """The fault of `stage` that strikes now, already counted; None when all is well."""
        for fault in self.active:
            if (
                fault.kind.stage == stage
                and marketplace in fault.kind.marketplaces
                and fault.marketplace in (None, marketplace)
                and fault.method in (None, method)
                and fault.pattern.search(path)
                and self._rng.random() < fault.probability
            ):
                self._count(fault)
                return fault
        return None

    def strikes(self, name: str, marketplace: str, path: str = "/") -> Fault | None:
        """Like `hit`, for one fault by name: those of deliveries and of data, which belong to no request."""
        for fault in self.active:
            if (
                fault.name == name
                and fault.marketplace in (None, marketplace)
                and (fault.path is None or fault.pattern.search(path))
                and self._rng.random() < fault.probability
            ):
                self._count(fault)
                return fault
        return None

    def _count(self, fault: Fault) -> None:
        fault.hits += 1
        if fault.times is not None and fault.hits >= fault.times:
            self.active.remove(fault)

    def random(self) -> random.Random:
        """The board's own dice, so that misbehaviour repeats with the seed."""
        return self._rng
