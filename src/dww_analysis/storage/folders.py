"""A folder that is there as a whole or not at all: made beside its place, and put there when everything is in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY, OLD = ".making", ".old"  # beside the folder; left over only where the program was killed


@contextmanager
def whole_folder(place: str | Path) -> Iterator[Path]:
    """An empty folder to fill, readable for its owner only; it takes the place of the old one when the block ends
    well.

    When the block fails (raises) nothing of it stays and the old folder is as it was.
    """
    place = Path(place)
    making, old = (place.with_name(place.name + end) for end in (BUSY, OLD))
    if old.exists() and not place.exists():
        old.rename(place)
    for left in (making, old):
        shutil.rmtree(left, ignore_errors=True)
    making.mkdir(parents=True, mode=0o700)
    try:
        yield making
        _exchange(making, place, old)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _exchange(made: Path, place: Path, old: Path) -> None:
    """Put the new folder in the place of the old one, which goes back when that fails."""
    if place.exists():
        place.rename(old)
    try:
        made.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
