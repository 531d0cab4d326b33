"""Keeps the marketplaces' memory in a file, so that a demo goes on where it was stopped."""

import logging
import pickle
from pathlib import Path

_log = logging.getLogger(__name__)
_VERSION = 1


def save(path: Path, memory: dict) -> None:
    """Write `memory` in one step: a reader finds the old or the new file, never half of one."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        pickle.dump((_VERSION, memory), file)
    fresh.replace(path)


def load(path: Path) -> dict | None:
    """What `save` wrote; None when there is nothing, or nothing this version understands."""
    try:
        with path.open("rb") as file:
            version, memory = pickle.load(file)  # noqa: S301 - the file is this program's own
    except FileNotFoundError:
        return None
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, ValueError, TypeError) as error:
        _log.warning("%s cannot be read, starting anew: %s", path, error)
        return None
    return memory if version == _VERSION else None
