"""Model-based means per arm and wave, for the trajectories: linear combinations of the same fit as the estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.designs.around import AFTER, TIME, TIME_AFTER
from dww_analysis.effects.designs.parallel_cluster import effect_column
from dww_analysis.effects.smallest import smallest_of_shares, two_answers


def arm_means(
    entry: PlanEntry, fitted: Any, frame: pd.DataFrame, study: Study, conf_level: float
) -> list[dict[str, Any]]:
    """One record per arm and wave: arm, wave, n (persons), estimate, conf_low, conf_high; strata averaged equally. Of
    two scores alone n is that of `smallest_of_shares`.

    Only where the mean of an arm at a wave is defined by the design: for the design's own model of arms side by side
    or of waves alone, and for a formula in which time is the only predictor; else [], as for a fit with dropped
    columns and for outcomes that are no numbers.
    """
    if fitted.dropped or fitted.family != "gaussian":
        return []  # a mean that needs a left-out column has no value; log odds and log rates are on no scale of scores
    names = list(fitted.coefficients()["term"])
    waves = [int(w) for w in frame["wave"].cat.categories]
    if entry.formula is None and study.design == "parallel_cluster":
        cells = [(a.id, w) for a in study.arms for w in waves if _persons(frame, a.id, w)]
    elif entry.formula is None and not study.has_arms:
        cells = [("", w) for w in waves if _persons(frame, "", w)]
    elif set(names) == {"(Intercept)", "wave_number"}:
        cells = [("", w) for w in waves]
    else:
        return []
    if not cells:
        return []
    terms = _terms(fitted)
    rows = np.array([_row(names, terms, frame, arm, wave) for arm, wave in cells])
    rows = _at_average_covariates(rows, terms, fitted, entry)
    return [
        {"arm": arm, "wave": wave, "n": _protecting(frame, arm, wave, study), **interval}
        for (arm, wave), interval in zip(cells, _intervals(fitted, rows, conf_level), strict=True)
    ]


def _terms(fitted: Any) -> list[str]:
    """The term of the formula that each coefficient belongs to."""
    spec = fitted.design.spec
    labels = ["(Intercept)", *spec.plan.fixed.labels]
    return [labels[number] for number in spec.assign]


def _at_average_covariates(rows: np.ndarray, terms: list[str], fitted: Any, entry: PlanEntry) -> np.ndarray:
    """The same rows with every covariate at its mean over the answers of the fit."""
    of_covariates = np.isin(terms, entry.in_model)
    rows[:, of_covariates] = fitted.design.X.mean(axis=0)[of_covariates]
    return rows


def _protecting(frame: pd.DataFrame, arm: str, wave: int, study: Study) -> int:
    rows = _scored(frame, arm, wave)
    answers = two_answers(frame["score"])
    if len(rows) and answers:
        return smallest_of_shares(rows, study.min_cell_size, answers)
    return int(rows["person"].nunique())


def _persons(frame: pd.DataFrame, arm: str, wave: int) -> int:
    """Persons with a score in an arm ("" = all) at a wave."""
    return int(_scored(frame, arm, wave)["person"].nunique())


def _scored(frame: pd.DataFrame, arm: str, wave: int) -> pd.DataFrame:
    rows = frame[(frame["wave"] == str(wave)) & frame["score"].notna()]
    return rows if arm == "" else rows[rows["arm"] == arm]


def _row(names: list[str], terms: list[str], frame: pd.DataFrame, arm: str, wave: int) -> np.ndarray:
    """Coefficients of one mean: intercept, wave, effect indicator, and 1/k for each of k strata."""
    stratum = 1.0 / max(frame["organisation"].nunique(), 1)
    values = {
        "(Intercept)": 1.0,
        "wave_number": float(wave),
        f"wave{wave}": 1.0,
        effect_column(arm, wave): 1.0,
    }
    if TIME in names:
        values |= frame.loc[frame["wave"] == str(wave), [TIME, AFTER, TIME_AFTER]].iloc[0].to_dict()
    of_strata = {"organisation": stratum}
    return np.array([values.get(n, of_strata.get(t, 0.0)) for n, t in zip(names, terms, strict=True)])


def _intervals(fitted: Any, L: np.ndarray, conf_level: float) -> list[dict[str, float]]:
    """Estimate and limits of each row of L, from the covariance and df that the fit's own tests use."""
    table = fitted.linear(L, conf_level=conf_level)
    return [
        {"estimate": float(r.estimate), "conf_low": float(r.conf_low), "conf_high": float(r.conf_high)}
        for r in table.itertuples()
    ]
