"""The planned test of yes/no and of counts at the study's own design, tried on invented trials.

Drawn are answers themselves: of the generalised mixed model, over the rows as they are, with new random effects. Each
trial is analysed as planned. Shares of units are compared for all trials at once; a mixed model is fitted again trial
by trial, of which no more are made than fit into half a minute or so (`affordable`). An effect changes how much
answers vary, so that every true effect has trials of its own, of the same seed. Where the model of a trial carries no
test (hardly any yes, or no fit) the difference of shares answers for it, as it would in the study.

Leaves out: models in which no answer depends on another, studies that have no mixed model because hardly anyone says
yes, or no (there is nothing to draw from), who left the employer; of models that are fitted trial by trial variances at
the ends of their intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.domain.analyses import BETWEEN_WITHIN, ESTIMATED, NORMAL, STOPPED, UNITS
from dww_analysis.domain.estimate import rejects
from dww_analysis.domain.outcomes import KINDS, RISK_DIFFERENCE, RISK_RATIO, Summary
from dww_analysis.domain.plan import PERMUTATION, Calibration
from dww_analysis.effects import calibration
from dww_analysis.effects.analysis import Analysis, analyse
from dww_analysis.effects.calibration import (
    Trials,
    Tried,
    effects_of,
    failing,
    nothing_tried,
    p_values,
    summary,
    trial_table,
    trials_work,
)
from dww_analysis.effects.component_ends import spread_ends
from dww_analysis.effects.counted import counted
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.share_trials import ShareTest
from dww_analysis.effects.trial_bins import bin_table, binned
from dww_analysis.effects.trial_parts import Columns, columns_of, joined
from dww_analysis.effects.true_effects import Effect, Origin
from dww_analysis.parts import Part, Work, whole

Array = NDArray[Any]
FIRST = 20  # trials that decide whether to go on
AT_ONCE = 500  # trials held at one time, of shares of units
PORTION = 50  # trials of a mixed model that are one part of the work
STEPS_OF_TRIALS = (100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000)
ROOM = 30_000.0  # milliseconds that all trials of an entry may take, about
EACH = (
    0.15  # of one refit, for each parameter and squared number of random terms; twice that with LARGE answers
)
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

    def tried(self, Y: Array, beta: Array, truth: float, difference: float) -> dict[str, Tried]:
        """The trials Y (rows, T), drawn with beta, by each method. truth: of the planned estimate; difference: of
        shares or counts."""
        if self.method == UNITS:
            return {UNITS: _of_shares(self, Y, truth, difference)}
        return _of_model(self, Y, beta, truth, difference)


@dataclass(frozen=True, eq=False)
class Tries:
    """n trials with a planned contrast of coefficients of `size`, in portions that do not wait for each other. Where
    most of the first ones fail there are no more.

    name: of the true effect, in the names of the portions; before: the trials of another one, after which there are
    none where those failed.
    """

    test: PlannedTest
    name: str
    size: float
    n: int
    seed: int
    before: Tries | None

    @cached_property
    def beta(self) -> Array:
        origin = self.test.origin
        return origin.beta + self.size * origin.shift

    @cached_property
    def truth(self) -> float:
        """The effect in the unit of the planned estimate."""
        return self.test.origin.truth(self.size, self.test.summary)

    @cached_property
    def difference(self) -> float:
        """The effect as a difference of shares; 0 where these are not compared."""
        return 0.0 if self.test.shares is None else self.test.origin.truth(self.size, RISK_DIFFERENCE)

    @cached_property
    def first(self) -> dict[str, Tried]:
        return self._some(0, min(FIRST, self.n))

    @cached_property
    def stopped(self) -> bool:
        gone = self.before is not None and self.before.stopped
        return gone or failing(self.first[self.test.method])

    @property
    def parts(self) -> dict[str, Part]:
        """The portions after the first trials, by name."""
        each = AT_ONCE if self.test.method == UNITS else PORTION
        return {f"{self.name} {at}": partial(self.portion, at, each) for at in _starts(self.n, each)}

    def portion(self, at: int, each: int) -> dict[str, Columns]:
        """Columns of `each` trials from `at` on, or as many as there are, by method; {} where no more are made."""
        if self.stopped:
            return {}
        return {method: columns_of(t) for method, t in self._some(at, min(each, self.n - at)).items()}

    def of(self, done: Mapping[str, Any]) -> dict[str, Tried]:
        """All trials by each method; done: what came of every part."""
        if self.stopped:
            method = self.test.method
            return {method: replace(self.first[method], remark=STOPPED)}
        return {method: self._all(method, done) for method in self.first}

    def _all(self, method: str, done: Mapping[str, Any]) -> Tried:
        columns = [columns_of(self.first[method]), *(done[name][method] for name in self.parts)]
        every: dict[str, Any] = joined(columns)
        return replace(self.first[method], **every)

    def _some(self, at: int, n: int) -> dict[str, Tried]:
        from dww_analysis.multilevel.generalised.trials import invented

        origin = self.test.origin
        solution = origin.found.fitted.solution
        Y = invented(solution, n, self.seed, first=at, beta=self.beta, theta=origin.theta)
        return self.test.tried(Y, self.beta, self.truth, self.difference)


def _starts(n: int, each: int) -> range:
    """Where portions of n trials begin, after the first ones."""
    return range(FIRST, n, each)


def planned_trials(data: EntryData, settings: Calibration) -> Trials:
    """The trials of a planned entry, whatever its outcome; REFUSALS where it cannot be estimated."""
    return whole(planned_work(data, settings))


def planned_work(data: EntryData, settings: Calibration) -> Work[Trials]:
    """The work of `planned_trials`; its parts are portions of the trials."""
    of_numbers = KINDS[data.scale.measure].family == "gaussian"
    return (yield from (trials_work if of_numbers else outcome_work)(data, settings))


def outcome_work(data: EntryData, settings: Calibration) -> Work[Trials]:
    """The work on yes/no and counts: as `calibration.trials_work`, refused as that is; one row of no trials where
    nothing can be drawn."""
    analysis = analyse(data)
    test = _planned_test(data, analysis)
    if test is None:
        return nothing_tried(data)
    n = settings.trials if test.method == UNITS else affordable(test.origin.found, len(settings.effects))
    tried = _tries(test, min(settings.trials, n), settings)
    done = yield {name: part for tries in tried.values() for name, part in tries.parts.items()}
    rows, bins = _rows(test, tried, done)
    if test.method == UNITS and not any(row["remark"] for row in rows):
        rows += [*_permuted(test, settings), *_at_ends(test, settings)]
    return Trials(trial_table(rows), bin_table(binned(bins, {"entry": data.entry.id})))


def parts_at_most(settings: Calibration, measure: str) -> int:
    """How many parts the work on an entry of such an outcome can have."""
    if KINDS[measure].family == "gaussian":
        return calibration.parts_at_most(settings)
    return len(settings.effects) * len([*_starts(settings.trials, PORTION)])


def _tries(test: PlannedTest, n: int, settings: Calibration) -> dict[Effect, Tries]:
    """The n trials of every true effect that can be placed."""
    lower = test.data.scale.favourable() == "lower is better"
    tried: dict[Effect, Tries] = {}
    for effect in effects_of(test.data, settings):
        size, before = test.origin.size_of(effect, lower), next(reversed(tried.values()), None)
        if size is not None:
            tried[effect] = Tries(test, f"effect {len(tried)}, from", size, n, settings.seed, before)
    return tried


def _rows(
    test: PlannedTest, tried: Mapping[Effect, Tries], done: Mapping[str, Any], components: str = ESTIMATED
) -> tuple[list[dict[str, Any]], dict[Effect, tuple[Array, Array]]]:
    """Rows of the table of the trials of every true effect; and of the planned test, by effect, the estimates with
    what it called an effect. done: what came of every part."""
    data, rows, bins = test.data, [], {}
    alpha = 1 - data.plan.conf_level
    for effect, tries in tried.items():
        found, truth = tries.of(done), tries.truth
        for method, each in found.items():
            rows.append(_head(data, method, effect, truth, components) | summary(each, truth, alpha))
        planned = found[test.method]
        bins[effect] = planned.estimate + truth, rejects(planned.p_under(truth), alpha)
        if planned.remark == STOPPED:
            break
    return rows, bins


def _at_ends(test: PlannedTest, settings: Calibration) -> list[dict[str, Any]]:
    """The planned test of a primary outcome with each variance between units at the ends of its interval."""
    if test.data.entry.family != test.data.plan.primary:
        return []
    rows = []
    for components, theta in spread_ends(test.data, test.origin.found):
        other = replace(test, origin=replace(test.origin, theta=theta))
        tried = _tries(other, settings.trials, settings)
        done = {name: part() for tries in tried.values() for name, part in tries.parts.items()}
        rows += _rows(other, tried, done, components)[0]
    return rows


def _head(
    data: EntryData, method: str, effect: Effect, truth: float, components: str = ESTIMATED
) -> dict[str, Any]:
    """What names a row of the table. truth: the effect in the unit of the estimate."""
    size, is_sesoi = effect
    named = {"method": method, "components": components}
    return {"entry": data.entry.id, "effect": size, "is_sesoi": is_sesoi, "truth": truth, **named}


def affordable(found: EntryFit, effects: int) -> int:
    """How many trials of each effect fit into half a minute or so on one core: fewer of more answers and parameters.
    A round number, at least 100, that hangs on the size of the fit alone, so that the same study gets the same."""
    random, fixed = len(found.fitted.design.random), len(found.fitted.design.x_names)
    each = EACH * random**2 * (10 + random + fixed) * (1 + found.fitted.n_obs / LARGE)
    most = ROOM / (each * max(effects, 1))
    return max([n for n in STEPS_OF_TRIALS if n <= most], default=STEPS_OF_TRIALS[0])


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
    return [_head(data, PERMUTATION, (0.0, False), 0.0) | found]


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
