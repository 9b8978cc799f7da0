"""Which files are opened: the rooms that open files tell it here, and a job's provenance asks.

Below every room, so that storage, config and the library of scoring keys need not know of provenance.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_listeners: list[set[Path]] = []


def note(path: str | Path) -> None:
    """Tell that the content of this file is read. Costs nothing when nobody listens."""
    for opened in _listeners:
        opened.add(Path(path))


@contextmanager
def recording() -> Iterator[set[Path]]:
    """The files opened inside the block, in a set that grows."""
    opened: set[Path] = set()
    _listeners.append(opened)
    try:
        yield opened
    finally:
        _listeners.remove(opened)
