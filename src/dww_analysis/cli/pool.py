"""Work in pieces, side by side in processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from dww_analysis.errors import DwwError
from dww_analysis.parts import Work, share, whole

T = TypeVar("T")


def done_in_pieces(make: Callable[[], Work[T]], n: int) -> T:
    """The outcome of work that was done in n pieces, as many at a time as there are cores; one piece is done here. make
    begins the work, in every process anew; it can be sent to a process. What a part refuses (DwwError) is raised. What
    a process had that was killed, as where memory is short, is done here."""
    if n == 1:
        return whole(make())
    known: dict[str, Any] = {}
    with ProcessPoolExecutor(min(n, os.cpu_count() or 1)) as pool, suppress(BrokenProcessPool):
        for found in pool.map(partial(_piece, make, n), range(1, n + 1)):
            known |= found
    return whole(make(), known)


def _piece(make: Callable[[], Work[Any]], n: int, k: int) -> dict[str, Any]:
    return share(make(), k, n, (DwwError,))
