"""How much answers of one unit resemble each other: what a planner of the next trial needs.

With the variances of a fit: two persons of one unit at one wave correlate by what lies between units at or above it and
between their waves (within_wave), at two waves by the first alone (between_waves); their ratio is the cluster
autocorrelation; two answers of one person correlate, beside their unit, by the person's share (individual). Intervals
are percentiles of a parametric bootstrap (Ouyang et al. 2023, Clin Trials 20, 242-253); with more than LARGE_FIT
answers every draw is one step of scoring instead of a refit, or, where the fit has none, there are fewer draws.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.analyses import LARGE_FIT, LEAST_DRAWS
from dww_analysis.domain.study import level_of
from dww_analysis.domain.tables.effects import CORRELATIONS
from dww_analysis.effects.designs.terms import CLUSTERS

DRAWS, DRAWS_BESIDE = 1000, 400  # of primary outcomes, and of others
Array = NDArray[np.float64]


def correlations(
    fitted: Any, entry: str, unit: str, conf_level: float, seed: int, draws: int = DRAWS
) -> pd.DataFrame:
    """Rows within_wave, between_waves, autocorrelation (of `unit`) and individual (of persons), as far as the fit has
    their terms; columns of CORRELATIONS. None for outcomes that are no numbers, nor with random slopes.

    unit: team or organisation (the unit of allocation); persons as units have the last row alone.
    """
    terms = tuple(fitted.variance_components()["term_1"].dropna())
    if fitted.family != "gaussian" or set(terms) - {"(Intercept)", "1", ""} or not fitted.design.random:
        return pd.DataFrame(columns=list(CORRELATIONS.names))
    names, estimate, sample = _drawn(fitted, draws, seed)
    own, sampled = (_quantities(names, values, unit) for values in (estimate[None, :], sample))
    tail = (1 - conf_level) / 2
    rows = []
    for name, of in own.items():
        low, high = np.nanquantile(sampled[name], [tail, 1 - tail])
        about = "person" if name == "individual" else unit
        rows.append((entry, name, about, float(of[0]), float(low), float(high)))
    return pd.DataFrame(rows, columns=list(CORRELATIONS.names))


def _drawn(fitted: Any, draws: int, seed: int) -> tuple[tuple[str, ...], Array, Array]:
    """Names (m,), estimates (m,) and draws (n, m) of the parameters, standard deviations among them."""
    large = fitted.n_obs > LARGE_FIT
    stepped = fitted.large_sample_draws(draws, seed) if large else None
    if stepped is not None:
        return stepped
    fewer = max(draws * LARGE_FIT // fitted.n_obs, min(LEAST_DRAWS, draws)) if large else draws
    drawn = fitted.bootstrap_draws(fewer, seed)
    return drawn.terms, drawn.estimate, drawn.draws


def _quantities(terms: tuple[str, ...], values: Array, unit: str) -> dict[str, Array]:
    """Each correlation for every row of parameters (draws x terms)."""
    variances: dict[str, Array] = {}
    for i, term in enumerate(terms):
        if term.startswith("sd_") or term == "sigma":
            level = level_of(term.rpartition("|")[2])
            variances[level] = variances.get(level, 0.0) + values[:, i] ** 2
    total = sum(variances.values())
    around = CLUSTERS[: CLUSTERS.index(unit) + 1] if unit in CLUSTERS else ()
    lasting = sum((variances[g] for g in around if g in variances), np.zeros(len(values)))
    waves = sum(
        (variances[g] for g in (f"{g}:wave" for g in around) if g in variances), np.zeros(len(values))
    )
    found: dict[str, Array] = {}
    if unit in CLUSTERS and unit in variances:
        found["within_wave"] = (lasting + waves) / total
        if f"{unit}:wave" in variances:
            found["between_waves"] = lasting / total
            with np.errstate(invalid="ignore", divide="ignore"):
                found["autocorrelation"] = lasting / (lasting + waves)
    if "person" in variances:
        found["individual"] = variances["person"] / (variances["person"] + variances["sigma"])
    return found
