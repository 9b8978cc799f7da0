"""Yes or no as shares of everybody, standardised: what the mixed model expects if all were treated, and if nobody were.

Expected shares are averaged over the answers of the waves that a contrast is about, and over the random effects of
units and persons (g-computation; Zou 2009): a model's coefficient compares within a unit, shares compare populations.
Difference and ratio have the covariance of fixed effects and variances together (delta method; of a ratio on the log
scale) and the df of the model's own contrast.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.contrasts import TREND
from dww_analysis.domain.outcomes import RISK_DIFFERENCE, RISK_RATIO, SUMMARY_UNITS
from dww_analysis.effects.counted import Counted, counted, tested, tests_of
from dww_analysis.effects.designs.parallel_cluster import effect_column
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.models import Target
from dww_analysis.effects.smallest import smallest_of_shares

Array = NDArray[Any]
STANDARDISED = "standardised_shares"  # the method of the report


def standardised_rows(
    found: EntryFit, modelled: list[dict[Any, Any]], conf_level: float
) -> list[dict[Any, Any]]:
    """Difference and ratio of shares of every target, as rows of estimates beside `modelled`, the model's own.

    MultilevelError where the fit has no such averages.
    """
    rows = zip(found.model.targets, modelled, strict=True)
    return [row for target, own in rows for row in _both(found, target, own, conf_level)]


def _both(
    found: EntryFit, target: Target, own: dict[Any, Any], conf_level: float
) -> Iterator[dict[Any, Any]]:
    off_trend = target.contrast.reference == TREND
    if off_trend and target.contrast.wave is None:
        return  # a difference of slopes is one of no two shares
    averages = _averages(found, target)
    signs = [1.0] if off_trend else target.weights.values()
    weights = np.array([[s * w for w in signs for s in (1.0, -1.0)]])
    scale = np.diag(1 / averages.values)
    ways = {
        RISK_DIFFERENCE: (averages.values, averages.vcov),
        RISK_RATIO: (np.log(averages.values), scale @ averages.vcov @ scale),
    }
    for summary, (values, vcov) in ways.items():
        inference = Counted(vcov, np.full(len(values), own["df"]), own["df_method"])
        named = {"id": f"{own['id']}.{summary}", "summary": summary, "unit": SUMMARY_UNITS[summary]}
        tests = tested(inference, weights, values, conf_level)
        yield {**own, **named, **tests, "primary": False, "family": ""}


def _averages(found: EntryFit, target: Target) -> Any:
    """The averaged shares with and without each column of the target."""
    from dww_analysis.multilevel.generalised.averaged import averaged

    tables = [X for _, _, both in sides_of(found, target) for X in both]
    return averaged(found.fitted.solution, tables)


def sides_of(found: EntryFit, target: Target) -> Iterator[tuple[float, Array, tuple[Array, Array]]]:
    """Of every column of the target its weight, the rows (n,) of `found.used` that its averages are over, and their
    fixed columns (rows, p) with and without it. Against a trend there is one pair, of all columns."""
    if target.contrast.reference == TREND:
        yield 1.0, *_off_trend(found, target)
        return
    for column, weight in target.weights.items():
        yield weight, *_sides(found, column)


def _sides(found: EntryFit, column: str) -> tuple[Array, tuple[Array, Array]]:
    """The rows of the waves at which a column of effects occurs, as if it held for all of them, and as if none did."""
    design, used = found.fitted.design, found.used
    own = design.x_names.index(column)
    there = used["wave"].isin(used.loc[design.X[:, own] != 0, "wave"]).to_numpy()
    effects = [design.x_names.index(name) for name in _effects(found)]
    without = design.X[there].copy()
    without[:, effects] = 0.0
    treated = without.copy()
    treated[:, own] = 1.0
    return there, (treated, without)


def _off_trend(found: EntryFit, target: Target) -> tuple[Array, tuple[Array, Array]]:
    """The rows of a wave as they are, and as the trend before the start would have them."""
    design, used = found.fitted.design, found.used
    there = (used["wave"] == str(target.contrast.wave)).to_numpy()
    as_it_is = design.X[there]
    without = as_it_is.copy()
    without[:, [design.x_names.index(name) for name in target.weights]] = 0.0
    return there, (as_it_is, without)


def _effects(found: EntryFit) -> list[str]:
    """The columns of effects of all contrasts of the model."""
    return list(dict.fromkeys(name for target in found.model.targets for name in target.weights))


def standardised_means(data: EntryData, found: EntryFit) -> list[dict[str, Any]]:
    """The share of each arm at each wave: arm, wave, n, estimate, conf_low, conf_high. [] where units start in turn.

    n: persons, unless fewer than may be shown said yes, or no: as of `protecting`.
    """
    from dww_analysis.multilevel.generalised.averaged import averaged

    used, study, design = found.used, data.study, found.fitted.design
    if not study.groups:
        return []
    effects = [i for i, n in enumerate(design.x_names) if n in _columns(data, used)]
    cells, tables = [], []
    for (arm, wave), rows in used.groupby(["arm", "wave"], observed=True):
        X = design.X[(used["wave"] == wave).to_numpy()].copy()
        own = effect_column(str(arm), int(wave))
        X[:, effects] = 0.0
        if own in design.x_names:
            X[:, design.x_names.index(own)] = 1.0
        n = smallest_of_shares(rows, study.min_cell_size)
        cells.append({"arm": str(arm), "wave": int(wave), "n": n})
        tables.append(X)
    shares = averaged(found.fitted.solution, tables)
    inference = Counted(shares.vcov, np.full(len(cells), _df(found)))
    table = pd.DataFrame(tests_of(inference, np.eye(len(cells)), shares.values, data.plan.conf_level))
    limits = table[["estimate", "conf_low", "conf_high"]].clip(0.0, 1.0).to_dict("records")
    return [{**cell, **limit} for cell, limit in zip(cells, limits, strict=True)]


def _df(found: EntryFit) -> float:
    """The df of a mean: those of the outermost units."""
    inference = counted(found)
    return float("inf") if inference is None else float(inference.of_columns[0])


def _columns(data: EntryData, used: pd.DataFrame) -> set[str]:
    return {effect_column(data.study.treated_arm, int(w)) for w in used["wave"].unique()}
