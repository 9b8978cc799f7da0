"""The planned test of yes/no and of counts at the study's own design, tried on invented trials.

Drawn are answers themselves: of the generalised mixed model, over the rows as they are, with new random effects. Each
trial is analysed as planned. Shares of units are compared for all trials at once; a mixed model is fitted again trial
by trial, of which no more are made than fit into half a minute or so (`tries`). An effect changes how much
answers vary, so that every true effect has trials of its own, of the same seed. Where the model of a trial carries no
test (hardly any yes, or no fit) the difference of shares answers for it, as it would in the study.

Leaves out: models in which no answer depends on another, studies that have no mixed model because hardly anyone says
yes, or no (there is nothing to draw from).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.domain.analyses import BETWEEN_WITHIN, NORMAL, UNITS
from dww_analysis.domain.outcomes import KINDS, RISK_DIFFERENCE, RISK_RATIO, Summary
from dww_analysis.domain.plan import PERMUTATION, Calibration
from dww_analysis.effects import calibration
from dww_analysis.effects.analysis import Analysis, analyse
from dww_analysis.effects.calibration import (
    Trials,
    Tried,
    nothing_tried,
    p_values,
    summary,
    trial_table,
    trials_work,
)
from dww_analysis.effects.component_ends import spread_ends
from dww_analysis.effects.counted import counted
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.leaving import KIND as LEAVING
from dww_analysis.effects.leaving_trials import leaving_test
from dww_analysis.effects.share_trials import ShareTest
from dww_analysis.effects.trial_bins import bin_table, binned
from dww_analysis.effects.tries import PORTION, fitting, head_of, parts_of_tries, tries_work
from dww_analysis.effects.true_effects import Effect, Origin
from dww_analysis.parts import Work, whole

Array = NDArray[Any]
AT_ONCE = 500  # trials held at one time, of shares of units
# milliseconds of a refit, for each parameter and squared number of random terms; twice that with LARGE answers
EACH = 0.15
LARGE = 1500


@dataclass(frozen=True, eq=False)
class PlannedTest:
    """How trials are analysed: as the study is. method: name of the planned test in the table; shares: None where
    units' shares are not compared; df: of the planned contrast of the model."""

    data: EntryData
    origin: Origin
    summary: Summary | None  # the planned one; None: the model's own
    method: str
    shares: ShareTest | None
    df: float

    @property
    def each(self) -> int:
        return AT_ONCE if self.method == UNITS else PORTION

    def size_of(self, effect: Effect) -> float | None:
        return self.origin.size_of(effect, self.data.scale.favourable() == "lower is better")

    def truth(self, size: float, method: str) -> float:
        """The effect in the unit of the planned estimate."""
        return self.origin.truth(size, self.summary)

    def some(self, size: float, seed: int, first: int, n: int) -> dict[str, Tried]:
        from dww_analysis.multilevel.generalised.trials import invented

        origin = self.origin
        beta = origin.beta + size * origin.shift
        solution = origin.found.fitted.solution
        Y = invented(solution, n, seed, first=first, beta=beta, theta=origin.theta)
        difference = 0.0 if self.shares is None else origin.truth(size, RISK_DIFFERENCE)
        return self.tried(Y, beta, self.truth(size, self.method), difference)

    def tried(self, Y: Array, beta: Array, truth: float, difference: float) -> dict[str, Tried]:
        """The trials Y (rows, T), drawn with beta, by each method. truth: of the planned estimate; difference: of
        shares or counts."""
        if self.method == UNITS:
            return {UNITS: _of_shares(self, Y, truth, difference)}
        return _of_model(self, Y, beta, truth, difference)

    def affordable(self, sets: int) -> int | None:
        """Of shares of units as many as are asked for; else fewer of more answers and parameters. It hangs on the size
        of the fit alone, so that the same study gets the same."""
        if self.method == UNITS:
            return None
        design = self.origin.found.fitted.design
        random, fixed = len(design.random), len(design.x_names)
        return fitting(EACH * random**2 * (10 + random + fixed) * (1 + len(design.y) / LARGE), sets)

    def at_ends(self) -> Iterator[tuple[str, PlannedTest | None]]:
        for components, theta in spread_ends(self.data, self.origin.found):
            other = None if theta is None else replace(self, origin=replace(self.origin, theta=theta))
            yield components, other


def planned_trials(data: EntryData, settings: Calibration) -> Trials:
    """The trials of a planned entry, whatever its outcome; REFUSALS where it cannot be estimated."""
    return whole(planned_work(data, settings))


def planned_work(data: EntryData, settings: Calibration) -> Work[Trials]:
    """The work of `planned_trials`; its parts are portions of the trials."""
    of_numbers = KINDS[data.scale.measure].family == "gaussian"
    return (yield from (trials_work if of_numbers else outcome_work)(data, settings))


def outcome_work(data: EntryData, settings: Calibration) -> Work[Trials]:
    """The work on yes/no, counts and leaving: as `calibration.trials_work`, refused as that is; one row of no trials
    where nothing can be drawn."""
    test = leaving_test(data) if data.scale.measure == LEAVING.id else _planned_test(data, analyse(data))
    if test is None:
        return nothing_tried(data)
    rows, bins = yield from tries_work(test, settings)
    if isinstance(test, PlannedTest) and test.method == UNITS and not any(row["remark"] for row in rows):
        rows += _permuted(test, settings)
    return Trials(trial_table(rows), bin_table(binned(bins, {"entry": data.entry.id})))


def parts_at_most(settings: Calibration, measure: str, primary: bool) -> int:
    """How many parts the work on an entry of such an outcome can have. primary: whether it is in that family."""
    of_numbers = KINDS[measure].family == "gaussian"
    return calibration.parts_at_most(settings) if of_numbers else parts_of_tries(settings, primary)


def _planned_test(data: EntryData, analysis: Analysis) -> PlannedTest | None:
    found = analysis.found
    if found is None or not found.fitted.design.random:
        return None
    shares = None if analysis.shares is None else ShareTest.of(data, found, analysis.shares)
    way = analysis.way
    if way is not None and way.of_units:
        assert analysis.shares is not None  # always true, see Analysis
        origin = Origin.of(data, found, analysis.shares.units.index)
        return None if shares is None else PlannedTest(data, origin, way.summary, UNITS, shares, shares.df)
    inference = counted(found)
    if inference is None:
        return None
    summary_of = None if way is None else way.summary
    df = float(inference.df(found.weights_of(found.model.planned))[0])
    return PlannedTest(data, Origin.of(data, found), summary_of, BETWEEN_WITHIN, shares, df)


def _permuted(test: PlannedTest, settings: Calibration) -> list[dict[str, Any]]:
    """Permutation of the units' shares on `checks` trials without effect, of primary outcomes and what was by lot."""
    from dww_analysis.multilevel.generalised.trials import invented

    data, origin, n = test.data, test.origin, settings.checks
    by_lot = data.study.by_lot and data.entry.family == data.plan.primary
    if test.shares is None or test.method != UNITS or test.summary != RISK_DIFFERENCE or not by_lot or not n:
        return []
    Y = invented(origin.found.fitted.solution, n, settings.seed, beta=origin.beta)
    estimate, p = test.shares.permuted(Y, settings.seed)
    nothing, no = np.full(n, np.nan), np.zeros(n, dtype=bool)
    tried = Tried(estimate, nothing, nothing, np.isfinite(p), no, p_value=p)
    found = summary(tried, 0.0, 1 - data.plan.conf_level)
    return [head_of(data, PERMUTATION, (0.0, False), 0.0) | found]


def _of_shares(test: PlannedTest, Y: Array, truth: float, difference: float) -> Tried:
    """By the units' shares. At a boundary: never, for least squares has no variance to find between units."""
    assert test.shares is not None and test.summary is not None  # always true of this method
    found = test.shares.compared(Y, test.summary, truth, difference)
    return Tried(
        found.estimate - truth,
        found.std_error,
        found.df,
        converged=np.isfinite(found.p_value),
        at_boundary=np.zeros(Y.shape[1], dtype=bool),
        p_value=found.p_value,
        covered=found.covered,
    )


def _of_model(test: PlannedTest, Y: Array, beta: Array, truth: float, difference: float) -> dict[str, Tried]:
    """By the mixed model, and the same fits by the normal distribution; by the difference of shares where the model of
    a trial carries no test."""
    from dww_analysis.multilevel.generalised.trials import analysed

    solution = test.origin.found.fitted.solution
    few = np.zeros(Y.shape[1], dtype=bool) if test.shares is None else test.shares.few(Y)
    fits = analysed(solution, Y[:, ~few], beta)
    estimate, std_error = np.full(Y.shape[1], np.nan), np.full(Y.shape[1], np.nan)
    estimate[~few], std_error[~few] = _planned(test, fits)
    converged, at_boundary = np.ones(Y.shape[1], dtype=bool), np.zeros(Y.shape[1], dtype=bool)
    converged[~few], at_boundary[~few] = fits.converged, fits.at_boundary
    none = ~np.isfinite(std_error)
    shares = test.shares.difference(Y[:, none], difference) if test.shares is not None else None
    if shares is not None:
        converged[none] = np.isfinite(shares.p_value)

    def by(df: float) -> Tried:
        every, alpha = np.full(Y.shape[1], df), 1 - test.data.plan.conf_level
        p = p_values(estimate, std_error, every)
        covered = p_values(estimate - truth, std_error, every) >= alpha
        if shares is not None:
            p[none], covered[none] = shares.p_value, shares.covered
        off = estimate - truth
        return Tried(off, std_error, every, converged, at_boundary, p_value=p, covered=covered)

    return {BETWEEN_WITHIN: by(test.df), NORMAL: by(np.inf)}


def _planned(test: PlannedTest, fits: Any) -> tuple[Array, Array]:
    """(T,) the planned estimate of each fit, in its own unit, and its standard error."""
    k = fits.theta.shape[1]
    if test.summary not in (RISK_DIFFERENCE, RISK_RATIO):
        w = test.origin.found.weights_of(test.origin.found.model.planned)[0]
        variance = np.einsum("p,tpq,q->t", w, fits.covariance[:, k:, k:], w)
        return fits.beta @ w, np.sqrt(variance)
    found = [_standardised(test, *fit) for fit in zip(fits.theta, fits.beta, fits.covariance, strict=True)]
    estimate, std_error = np.array(found, dtype=float).reshape(-1, 2).T
    return estimate, std_error


def _standardised(test: PlannedTest, theta: Array, beta: Array, covariance: Array) -> tuple[float, float]:
    """Difference, or log ratio, of the averages of one fit, with its standard error by the delta method."""
    if not np.isfinite(beta).all():
        return np.nan, np.nan
    origin = test.origin
    values, slopes = origin.averages(theta, beta)
    signs = origin.signs
    if test.summary == RISK_RATIO:
        values, slopes = np.log(values), slopes / values[:, None]
    slope = signs @ slopes
    return float(signs @ values), float(np.sqrt(slope @ covariance @ slope))
