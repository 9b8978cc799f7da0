"""The plan's checks on invented trials without effect: cluster-robust (CR2) and permutation of the planned estimator.

Searches are done side by side by the engine; what follows each is done at the optimum it found. Permutation takes a
fixed draw of allocations for all trials: a test over drawn allocations keeps its level exactly (Phipson & Smyth 2010).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.domain.plan import CR2, PERMUTATION, Calibration
from dww_analysis.effects.averages import over_units
from dww_analysis.effects.checks import Allotted, allotted, robust_cluster
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.permutation import share_as_large
from dww_analysis.effects.planned import check_size, covariances, estimates_under, layout_of, sums_of
from dww_analysis.effects.trial_parts import joined
from dww_analysis.parts import Part

Array = NDArray[Any]
Columns = dict[str, Any]
DRAWN = 999  # allocations that stand for all of them
LOT = 100  # trials whose permutations are one part
ALL = slice(None)


def checked_trials(
    data: EntryData, found: EntryFit, beta: Array, settings: Calibration
) -> dict[str, Columns]:
    """CR2, and permutation of what was by lot, where the design offers them: the columns of `calibration.Tried` for
    `checks` trials."""
    asked = checked_parts(data, found, beta, settings)
    return {method: joined([part() for part in parts.values()]) for method, parts in asked.items()}


def checked_parts(
    data: EntryData, found: EntryFit, beta: Array, settings: Calibration
) -> dict[str, dict[str, Part]]:
    """The same as parts: CR2 is one, permutation a part for every LOT of trials."""
    if data.entry.formula is not None:
        return {}
    cluster = robust_cluster(data, found)
    robust = _averaged if data.entry.units_once else _robust
    checked: dict[str, dict[str, Part]] = {}
    if cluster is not None:
        checked[CR2] = {CR2: partial(robust, found, cluster, beta, settings)}
    if data.study.by_lot:
        permuting = _Permuting(data, found, beta, settings)
        lots = range(0, settings.checks, LOT)
        checked[PERMUTATION] = {f"{PERMUTATION} {at}": partial(permuting.lot, at) for at in lots}
    return checked


@dataclass(frozen=True, eq=False)
class _NoSearch:
    """What takes the place of n refits where the analysis is least squares: there is nothing to look for."""

    theta: Array  # (n, 0)
    sigma: Array  # (n,) ones: statistics do not depend on it
    converged: Array  # (n,) all true
    at_boundary: Array  # (n,) all false

    @classmethod
    def of(cls, n: int) -> _NoSearch:
        return cls(np.zeros((n, 0)), np.ones(n), np.ones(n, dtype=bool), np.zeros(n, dtype=bool))


def _trials(fitted: Any, analysis: Any, beta: Array | None, settings: Calibration) -> tuple[Array, Any]:
    """Invented outcomes (n, checks) without effect and the refits by `analysis` of these. beta: of `fitted`, None for
    its own."""
    from dww_analysis.multilevel.trials import invented_outcomes, run_trials

    n, seed = settings.checks, settings.seed
    Y = invented_outcomes(fitted, n, seed, beta=beta)
    if not analysis.design.random:
        return Y, _NoSearch.of(n)
    return Y, run_trials(fitted, n, seed, analysis=analysis, df="normal", beta=beta).refits


def _robust(found: EntryFit, cluster: str, beta: Array, settings: Calibration) -> Columns:
    from dww_analysis.multilevel.inference.robust_many import robust_many

    Y, refits = _trials(found.fitted, found.fitted, beta, settings)
    c = found.weights_of(found.model.planned)
    tested = np.full((Y.shape[1], 3), np.nan)
    known = np.flatnonzero(np.isfinite(refits.theta).all(axis=1))
    inferences = robust_many(found.fitted.solution, cluster, "CR2", Y[:, known], refits.theta[known])
    for i, robust in zip(known, inferences, strict=True):
        tested[i] = (c @ robust.beta)[0], np.sqrt((c @ robust.vcov @ c.T)[0, 0]), robust.df(c)[0]
    return _columns(tested, refits)


def _averaged(found: EntryFit, cluster: str, beta: Array, settings: Calibration) -> Columns:
    """The average over units with CR2, of every trial."""
    from dww_analysis.multilevel.inference.sampling import sampling_many

    average = over_units(found, cluster)
    Y, refits = _trials(found.fitted, average.fitted, beta, settings)
    c = average.weights_of(average.model.planned)
    inferences = sampling_many(average.fitted.solution, cluster, Y)
    tested = [((c @ r.beta)[0], np.sqrt((c @ r.vcov @ c.T)[0, 0]), r.df(c)[0]) for r in inferences]
    return _columns(np.array(tested), refits)


def _columns(tested: Array, refits: Any, part: slice = ALL) -> Columns:
    estimate, std_error, df = tested.T
    flags = {"converged": refits.converged[part], "at_boundary": refits.at_boundary[part]}
    return {"estimate": estimate, "std_error": std_error, "df": df, **flags}


@dataclass(frozen=True, eq=False)
class _Permuting:
    """The permutation test of all trials: what these share is made once, when the first lot of them is tested."""

    data: EntryData
    found: EntryFit
    beta: Array
    settings: Calibration

    @cached_property
    def by_lot(self) -> Allotted:
        return allotted(self.data, self.found)

    @cached_property
    def trials(self) -> tuple[Array, Any]:
        """Outcomes (n, checks) and their refits: of all trials, which costs little beside testing them."""
        # where rows in transition count under other starts, outcomes are invented for these too
        moves = self.data.study.transition_waves
        fitted, beta = (self.by_lot.null, None) if moves else (self.found.fitted, self.beta)
        return _trials(fitted, self.by_lot.null, beta, self.settings)

    def lot(self, first: int) -> Columns:
        """LOT trials, or as many as there are, from `first` on."""
        Y, refits = self.trials
        part = slice(first, first + LOT)
        some = range(Y.shape[1])[part]
        tested, p = np.full((len(some), 3), np.nan), np.full(len(some), np.nan)
        for i, (estimate, p_value) in enumerate(
            _permutations(self.by_lot, Y, refits, part, self.settings.seed)
        ):
            tested[i, 0], p[i] = estimate, p_value
        return {**_columns(tested, refits, part), "p_value": p}


def _permutations(
    by_lot: Allotted, Y: Array, refits: Any, part: slice, seed: int
) -> Iterator[tuple[float, float]]:
    """(estimate, p value) of every trial of a part, against the allocation as it was."""
    lot = by_lot.lot
    check_size(len(Y), len(lot.given), by_lot.effects)
    allocations, exact = lot.some(seed, DRAWN)
    layout, X, precision = layout_of(by_lot.null), by_lot.null.design.X, by_lot.null.design.weights
    units = (by_lot.units, len(lot.given))
    for y, theta, sigma in zip(Y.T[part], refits.theta[part], refits.sigma[part], strict=True):
        if not np.isfinite(theta).all():
            yield np.nan, np.nan
            continue
        V = covariances(layout, ((theta * sigma) ** 2, float(sigma**2)), precision)
        blocks = sums_of(X, y, V, units, by_lot.effects)
        own, _, scale = (float(x[0]) for x in estimates_under(blocks, lot.given[None, :], lot.given))
        a, _, scales = estimates_under(blocks, allocations, lot.given)
        yield own, share_as_large(abs(own / scale), np.abs(a / scales), exact)
