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
from dww_analysis.effects.refusals import REFUSALS

Array = NDArray[Any]
ENDS = ("low", "high")


def spread_ends(data: EntryData, found: EntryFit) -> Iterator[tuple[str, Array]]:
    """The same of a generalised model with random intercepts: its SDs themselves."""
    solution = found.fitted.solution
    for i, term in enumerate(solution.design.random):
        if term.group == "person" != data.study.unit:
            continue
        try:
            limits = found.fitted.profile(data.plan.conf_level, terms=f"sd_(Intercept)|{term.group}").iloc[0]
        except REFUSALS:
            continue
        for end in ENDS:
            if np.isfinite(limits[f"conf_{end}"]):
                theta = solution.theta.copy()
                theta[i] = max(float(limits[f"conf_{end}"]), 0.0)
                yield f"{term.group} {end}", theta


def component_ends(data: EntryData, found: EntryFit) -> Iterator[tuple[str, Array]]:
    """(name, relative factors (k,)) with the variance of one group of units at one end of its interval, the others as
    estimated: "team low", "team high", ... Persons' own variance is not among them, unless persons were allocated:
    their number tells it well. Nothing for fits with random slopes, or where an end is not known."""
    solution = found.fitted.solution
    if any(term.names != ("(Intercept)",) for term in solution.design.random):
        return
    table = components_of(data.entry, found.fitted, data.plan.conf_level).set_index("group")
    for i, term in enumerate(solution.design.random):
        if level_of(term.group) == "person" != data.study.unit:
            continue
        for end in ENDS:
            variance = float(table.at[term.group, f"conf_{end}"])
            if np.isfinite(variance):
                theta = solution.theta.copy()
                theta[i] = np.sqrt(max(variance, 0.0)) / solution.sigma
                yield f"{term.group} {end}", theta
