"""How a job holds texts of tables: small ones as Python's own.

Where pyarrow is there pandas holds them in its memory, which saves time and a third of the memory from some hundred
thousand rows on. Tables of a study have hundreds, mostly, and each look at one cost more than it saved: a sixth of the
time of the jobs that describe and report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

LARGE = 1_000_000  # bytes that a job reads: some fifty thousand rows


@contextmanager
def texts_held(read: Iterable[Path]) -> Iterator[None]:
    """Let pandas do so meanwhile; nothing that is computed hangs on it. read: the files of the job."""
    import pandas as pd

    small = sum(path.stat().st_size for path in read if path.is_file()) < LARGE
    held = "python" if small else pd.get_option("mode.string_storage")
    with pd.option_context("mode.string_storage", held):
        yield
