"""How a job holds texts of tables: as Python's own.

Where pyarrow is there pandas holds them in its memory, which saves time from some hundred thousand rows on. Tables of a
study have hundreds, mostly, and each look at one cost more than it saved: a sixth of the time of the jobs that describe
and report.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_texts() -> Iterator[None]:
    """Let pandas do so meanwhile; nothing that is computed or saved hangs on it."""
    import pandas as pd

    with pd.option_context("mode.string_storage", "python"):
        yield
