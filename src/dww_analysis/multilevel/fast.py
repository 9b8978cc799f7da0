"""The same derivatives as `jets`, unit by unit in compiled loops; loaded only when numba is there and a fit is large.

Nothing here changes a number: without numba the stacked numpy version is used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def compiled_level() -> Callable[..., None] | None:
    """The compiled loop over the units of a level, or None where numba is not installed."""
    try:
        import numba
    except ImportError:
        return None
    from ._compiled import level_loop

    assert numba is not None
    return level_loop


@cache
def compiled_leaf() -> Callable[..., None] | None:
    """The compiled contraction of the pooled leaf, or None where numba is not installed."""
    return None if compiled_level() is None else _leaf_loop()


def _leaf_loop() -> Any:
    from ._compiled import leaf_loop

    return leaf_loop
