"""Figures of a fit, for who analyses: the register of kinds, and the door to them.

Matplotlib is imported when a figure is drawn. Residuals, quantiles and random effects show single rows and levels, so
these figures are for looking, not for publishing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import MethodError

if TYPE_CHECKING:
    from dww_analysis.analyst.plot import Plot


# by kind: the module of this room and the function in it
KINDS = {
    "residuals": ("rows", "draw_residuals"),
    "qq": ("rows", "draw_quantiles"),
    "random": ("levels", "draw_random"),
    "means": ("means", "draw_means"),
    "profile": ("profiles", "draw_profiles"),
}


def draw(fit: Any, kind: str, *specs: Any, **choices: Any) -> Plot:
    """The figure of a kind; choices that it does not take are refused."""
    if kind not in KINDS:
        raise MethodError(f"There is no plot {kind!r}; known are {', '.join(KINDS)}.")
    module, name = KINDS[kind]
    function: Callable[..., Plot] = getattr(import_module(f".{module}", __name__), name)
    try:
        inspect.signature(function).bind(fit, *specs, **choices)
    except TypeError as wrong:
        takes = ", ".join(list(inspect.signature(function).parameters)[1:]) or "no choices"
        raise MethodError(f"plot({kind!r}): {wrong}; it takes {takes}.") from None
    return function(fit, *specs, **choices)
