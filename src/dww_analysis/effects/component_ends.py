"""The variances of a fit at the ends of their profile intervals, one at a time: how much of a calibration hangs on it.

A variance between few units is known poorly, and so is everything that is computed as if it were the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.domain.study import level_of
from dww_analysis.effects.components import components_of
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.models import ROW
from dww_analysis.effects.refusals import REFUSALS

Array = NDArray[Any]
ENDS = ("low", "high")


def spread_ends(data: EntryData, found: EntryFit) -> Iterator[tuple[str, Array | None]]:
    """`component_ends` of a generalised model with random intercepts: its SDs themselves. Of counts the variation of
    rows is not among them either."""
    solution = found.fitted.solution
    for i, term in enumerate(solution.design.random):
        if term.group == ROW or level_of(term.group) == "person" != data.study.unit:
            continue
        try:
            limits = found.fitted.profile(data.plan.conf_level, terms=f"sd_(Intercept)|{term.group}").iloc[0]
        except REFUSALS:
            limits = {f"conf_{end}": np.nan for end in ENDS}
        for end in ENDS:
            yield f"{term.group} {end}", _with(solution.theta, i, float(limits[f"conf_{end}"]))


def _with(theta: Array, i: int, value: float) -> Array | None:
    """theta with another value at place i, 0 or more; None where that is not known."""
    if not np.isfinite(value):
        return None
    found: Array = theta.copy()
    found[i] = max(value, 0.0)
    return found


def component_ends(data: EntryData, found: EntryFit) -> Iterator[tuple[str, Array | None]]:
    """(name, relative factors (k,)) with the variance of one group of units at one end of its interval, the others as
    estimated: "team low", "team high", ... Persons' own variance is not among them, unless persons were allocated:
    their number tells it well. None where an end is not known; nothing for fits with random slopes."""
    solution = found.fitted.solution
    if any(term.names != ("(Intercept)",) for term in solution.design.random):
        return
    table = components_of(data.entry, found.fitted, data.plan.conf_level).set_index("group")
    for i, term in enumerate(solution.design.random):
        if level_of(term.group) == "person" != data.study.unit:
            continue
        for end in ENDS:
            variance = float(table.at[term.group, f"conf_{end}"])
            yield (
                f"{term.group} {end}",
                _with(solution.theta, i, np.sqrt(max(variance, 0.0)) / solution.sigma),
            )
