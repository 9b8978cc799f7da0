"""Loads the compiled loops of `_compiled` and its neighbours when a fit is large enough and numba is there.

Nothing here changes a number: without numba the stacked numpy versions of the same formulas are used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

# rows from which the compiled loops are used; loading them costs about a second, once
WORTH_COMPILING = 2_000
_MODULES = {
    "small_level_loop": "_compiled_small",
    "chain_loop": "_compiled_chain",
    "profile_loop": "_compiled_algebra",
    "derivative_loop": "_compiled_algebra",
    "evaluate_loop": "_compiled_refits",
}


@cache
def compiled(name: str) -> Callable[..., Any] | None:
    """A compiled loop by name, or None where numba is not installed."""
    try:
        import_module("numba")
        loops = import_module(f".{_MODULES.get(name, '_compiled')}", __package__)
    except (
        ImportError,
        RuntimeError,
    ):  # numba raises the latter where it finds no folder to keep its cache in
        return None
    loop: Callable[..., Any] = getattr(loops, name)
    return loop


def loop_for(name: str, n_rows: int) -> Callable[..., Any] | None:
    """A compiled loop for data that are large enough, None otherwise or where numba is missing."""
    return compiled(name) if n_rows >= WORTH_COMPILING else None
