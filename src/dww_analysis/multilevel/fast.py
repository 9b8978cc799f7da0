"""Loads the compiled loops of `_compiled` and `_compiled_small` when a fit is large enough and numba is there.

Nothing here changes a number: without numba the stacked numpy versions of the same formulas are used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


@cache
def compiled(name: str) -> Callable[..., Any] | None:
    """A compiled loop by name, or None where numba is not installed."""
    try:
        import_module("numba")
        loops = import_module("._compiled_small" if name.startswith("small_") else "._compiled", __package__)
    except (
        ImportError,
        RuntimeError,
    ):  # numba raises the latter where it finds no folder to keep its cache in
        return None
    loop: Callable[..., Any] = getattr(loops, name)
    return loop
