"""What the planned test does at the study's own design: tried on invented trials, before its p value is believed.

Trials are drawn from the fitted components over the rows as they are (sizes of units, drop-out, waves) and analysed as
planned; beside it with the normal distribution and without variance between waves of a unit, to show what these would
do. For primary outcomes, and where such a test decides, also by the checks of the plan; primary ones as planned from
components at the ends of their intervals, where the model's own test decides.
Every trial counts: a fit that failed rejects nothing and covers nothing. A true effect moves every estimate by that
effect and leaves standard errors as they are (the criterion sees residuals only), so that one set of trials serves all
effects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from dww_analysis.domain.analyses import AS_PLANNED, ESTIMATED, NORMAL, STOPPED, WITHOUT_UNIT_BY_WAVE
from dww_analysis.domain.estimate import rejects
from dww_analysis.domain.formulas import Level, RandomTerm, Terms
from dww_analysis.domain.outcomes import KINDS
from dww_analysis.domain.plan import CR2, KENWARD_ROGER, Calibration, TestName
from dww_analysis.effects.component_ends import component_ends
from dww_analysis.effects.deciding import decided
from dww_analysis.effects.estimate import fit_entry
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.models import Model
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.trial_bins import bin_rows, bin_table
from dww_analysis.effects.trial_checks import LOT, checked_parts
from dww_analysis.effects.trial_parts import Way, columns_of
from dww_analysis.parts import Part, Work, whole

Array = NDArray[Any]
PILOT = 64  # first trials, which decide whether to go on
MOST_FAILED = 0.5  # share of them that may fail
NOT_OFFERED = "not offered"
COLUMNS = (
    *(
        "entry",
        "effect",
        "is_sesoi",
        "truth",
        "method",
        "components",
        "trials",
        "rejected",
        "rejected_mcse",
        "coverage",
        "coverage_mcse",
    ),
    *("bias", "bias_mcse", "mean_std_error", "empirical_sd", "share_boundary", "share_not_converged"),
    *("share_failed", "remark"),
)


@dataclass(frozen=True, eq=False)
class Tried:
    """One way to test on n trials without effect: (n,) columns; NaN where a fit failed or the way gives no number.
    Of trials that were drawn with an effect `estimate` is what it is off, and p_value and covered are given."""

    estimate: Array
    std_error: Array
    df: Array
    converged: Array  # bool
    at_boundary: Array  # bool
    p_value: Array | None = None  # of ways that test without a standard error, and of trials with an effect
    covered: Array | None = None  # bool; None where standard error and df tell
    unadjusted: Array | None = (
        None  # standard error before the adjustment for small samples, where it is known
    )
    remark: str = ""

    def p_under(self, effect: float) -> Array:
        """(n,) p values when the true effect is `effect`; a way that has no standard error knows those at 0 alone."""
        if self.p_value is not None:
            return self.p_value
        return p_values(self.estimate + effect, self.std_error, self.df)

    def normal(self) -> Tried:
        """The same fits tested with the normal distribution and unadjusted standard errors."""
        assert self.unadjusted is not None
        return replace(self, std_error=self.unadjusted, df=np.full(len(self.estimate), np.inf))


@dataclass(frozen=True, eq=False)
class Trials:
    """What came of an entry's invented trials. table: as `calibrate` gives it; bins: the estimates of the test that
    decides, counted (`trial_bins.COLUMNS`), without rows where nothing was tried."""

    table: pd.DataFrame
    bins: pd.DataFrame


def calibrate(data: EntryData, settings: Calibration) -> pd.DataFrame:
    """How each way to test the entry's planned contrast does, one row per true effect and way (COLUMNS).

    rejected: share of trials with p below alpha (type I error at effect 0, else power); coverage, bias: of interval
    and estimate; share_boundary: of trials with a variance at zero; all shares of all trials, between 0 and 1.
    REFUSALS where the entry cannot be estimated. Outcomes that are no numbers (`outcome_trials` tries them), and models
    in which no answer depends on another, give one row of no trials (NOT_OFFERED).
    """
    return trials_of(data, settings).table


def trials_of(data: EntryData, settings: Calibration) -> Trials:
    """The table of `calibrate`, and the same trials in bins of their estimates; refused as that is."""
    return whole(trials_work(data, settings))


def trials_work(data: EntryData, settings: Calibration) -> Work[Trials]:
    """The work of `trials_of`; its parts are portions of the trials of each way to test."""
    if KINDS[data.scale.measure].family != "gaussian":
        return nothing_tried(data)
    found = fit_entry(data)
    if not found.fitted.design.random:
        return nothing_tried(data)
    source = Source.of(found, settings)
    test = decided(data, found).test
    rows: list[dict[str, Any]] = []
    bins: list[dict[str, Any]] = []
    ends = _ends(data, found, test)
    ways = [*_ways(data, found, source, test, ends)]
    done = yield {name: part for way in ways for name, part in way.parts.items()}
    for way in ways:
        tried, method = _tried(way, done), way.method
        shifted = method in (AS_PLANNED, NORMAL, WITHOUT_UNIT_BY_WAVE) or method == CR2 == test
        effects = effects_of(data, settings) if shifted else [(0.0, False)]
        rows += _summaries(data, method, way.components, tried, effects)
        decides = method == (AS_PLANNED if test == KENWARD_ROGER else test)
        bins += _bins(data, tried, effects) if decides and way.components == ESTIMATED else []
    rows += [no_end(data, name) for name, theta in ends if theta is None]
    return Trials(trial_table(rows), bin_table(bins))


def _tried(way: Way, done: Mapping[str, Any]) -> Tried:
    """The trials of a way. Parts of the planned one serve the normal distribution too."""
    columns: dict[str, Any] = way.columns(done)
    tried = Tried(**columns)
    if not way.parts and failing(tried):
        return replace(tried, remark=STOPPED)
    return tried.normal() if way.method == NORMAL else tried


def parts_at_most(settings: Calibration) -> int:
    """How many parts the work on one entry can have: portions of the planned way, of that without unit by wave and at
    both ends of the variances of four groups (organisations and teams, and both at waves); and the checks."""
    from dww_analysis.multilevel.trials import portions

    each = len([*portions(0, settings.trials)])
    return 10 * each + 1 + ceil(settings.checks / LOT)


def _bins(data: EntryData, tried: Tried, effects: Sequence[tuple[float, bool]]) -> list[dict[str, Any]]:
    alpha = 1 - data.plan.conf_level
    called = {(effect, s): rejects(tried.p_under(effect), alpha) for effect, s in effects}
    return bin_rows(tried.estimate, called, {"entry": data.entry.id})


def _summaries(
    data: EntryData, method: str, components: str, tried: Tried, effects: Sequence[tuple[float, bool]]
) -> list[dict[str, Any]]:
    head, alpha = (
        {"entry": data.entry.id, "method": method, "components": components},
        1 - data.plan.conf_level,
    )
    return [{**head, "effect": e, "is_sesoi": s, "truth": e, **summary(tried, e, alpha)} for e, s in effects]


def _ends(data: EntryData, found: EntryFit, test: TestName) -> list[tuple[str, Array | None]]:
    """The variances of a primary outcome at the ends of their intervals, None where one is not known; [] where another
    test than the model's own decides."""
    if data.entry.family != data.plan.primary or test != KENWARD_ROGER:
        return []
    return [*component_ends(data, found)]


def no_end(data: EntryData, components: str) -> dict[str, Any]:
    """The row of a variance whose interval has no such end: no trials."""
    head = {"entry": data.entry.id, "effect": 0.0, "is_sesoi": False, "truth": 0.0, "method": AS_PLANNED}
    return {**head, "components": components, "trials": 0, "remark": NOT_OFFERED}


def effects_of(data: EntryData, settings: Calibration) -> list[tuple[float, bool]]:
    """(true effect, whether it is the smallest of interest) of the plan, each effect once; without `sesoi` that one is
    left out."""
    given = [data.entry.sesoi if e == "sesoi" else float(e) for e in settings.effects]
    smallest = data.entry.sesoi if "sesoi" in settings.effects else None
    return [(e, e == smallest) for e in dict.fromkeys(given) if e is not None]


@dataclass(frozen=True, eq=False)
class Source:
    """From what trials are drawn: the fit, its coefficients without any effect, and the planned contrast of them."""

    found: EntryFit
    beta: Array  # (p,)
    L: Array  # (1, p)
    settings: Calibration

    @classmethod
    def of(cls, found: EntryFit, settings: Calibration) -> Source:
        """The source of trials without an effect: the fit, its coefficients with those of all targets at 0, and the
        (1, p) weights of the planned contrast."""
        names = list(found.fitted.design.x_names)
        effects = {name for target in found.model.targets for name in target.weights}
        beta = np.where([n in effects for n in names], 0.0, found.fitted.solution.beta)
        L = np.array([[found.model.planned.weights.get(n, 0.0) for n in names]])
        return cls(found, beta, L, settings)

    def run(
        self,
        n: int,
        first: int = 0,
        analysis: Any = None,
        theta: Array | None = None,
    ) -> Tried:
        """Trials `first`, ... analysed by the model itself or by another fit to the same rows; `theta`:
        drawn with other relative factors than the fitted ones."""
        from dww_analysis.multilevel.trials import run_trials

        given = {"first": first, "analysis": analysis, "beta": self.beta, "theta": theta}
        found = run_trials(self.found.fitted, n, self.settings.seed, self.L, **given).refits
        columns = (found.estimate, found.std_error, found.df, found.unadjusted)
        estimate, std_error, df, plain = (c[:, 0] for c in columns if c is not None)
        return Tried(estimate, std_error, df, found.converged, found.at_boundary, unadjusted=plain)

    def parts(self, name: str, n: int, first: int = 0, **given: Any) -> dict[str, Part]:
        """Portions of n trials from `first` on, by a name of their own; given: of `run`."""
        from dww_analysis.multilevel.trials import portions

        def part(first: int, size: int) -> Part:
            return lambda: columns_of(self.run(size, first, **given))

        return {f"{name} {at}": part(at, size) for at, size in portions(first, n)}


def _ways(
    data: EntryData, found: EntryFit, source: Source, test: TestName, ends: Sequence[tuple[str, Array | None]]
) -> Iterator[Way]:
    """Every way with portions of its trials; where most of the first ones fail nothing else is tried."""
    settings = source.settings
    pilot = source.run(min(settings.trials, PILOT))
    first, rest = columns_of(pilot), settings.trials - len(pilot.estimate)
    if failing(pilot):
        yield Way(AS_PLANNED, ESTIMATED, {}, first)
        return
    planned = source.parts(AS_PLANNED, rest, len(pilot.estimate))
    yield Way(AS_PLANNED, ESTIMATED, planned, first)
    yield Way(NORMAL, ESTIMATED, planned, first)
    other = _without_unit_by_wave(data, found)
    if other is not None:
        parts = source.parts(WITHOUT_UNIT_BY_WAVE, settings.trials, analysis=other)
        yield Way(WITHOUT_UNIT_BY_WAVE, ESTIMATED, parts)
    checked = data.entry.family == data.plan.primary or test != KENWARD_ROGER
    if checked and settings.checks:
        for method, parts in checked_parts(data, found, source.beta, settings).items():
            yield Way(method, ESTIMATED, parts)
    for components, theta in ends:
        if theta is not None:
            yield Way(AS_PLANNED, components, source.parts(components, settings.trials, theta=theta))


def failing(pilot: Tried) -> bool:
    """Whether most of the first trials failed or did not converge: more of them would say nothing."""
    fine = pilot.converged & np.isfinite(pilot.p_under(0.0))
    return bool((~fine).mean() > MOST_FAILED)


def of_all_waves(formula: str) -> str:
    """The formula without random terms of units at waves, however these are written: `team:wave`, `wave:team`,
    `team/wave`."""
    written = Terms.read(formula)
    kept = [term for one in written.random for term in _lasting(one)]
    return formula if tuple(kept) == written.random else str(written.with_random(kept))


def _lasting(term: RandomTerm) -> Iterator[RandomTerm]:
    """The term without what is a unit at a wave."""
    at_wave = [_at_wave(level) for level in term.levels] if term.is_intercept else []
    if not any(at_wave):
        yield term
    elif not at_wave[0]:
        yield term.within(at_wave.index(True))


def _at_wave(level: Level) -> bool:
    return "wave" in level and len(level) > 1


def _without_unit_by_wave(data: EntryData, found: EntryFit) -> Any:
    """The same model without variance between waves of a unit; None where it has none or cannot be fitted without."""
    formula = of_all_waves(found.model.formula)
    if formula == found.model.formula or not Terms.read(formula).random:
        return None

    def leave_out(model: Model) -> Model:
        return replace(model, formula=formula)

    try:
        return fit_entry(data, leave_out).fitted
    except REFUSALS:
        return None


def summary(tried: Tried, effect: float, alpha: float) -> dict[str, Any]:
    """What one way does when the true effect is `effect`: shares of all trials, with Monte Carlo standard errors."""
    n, estimate, std_error = len(tried.estimate), tried.estimate, tried.std_error
    p = tried.p_under(effect)
    covered = p_values(estimate, std_error, tried.df) >= alpha if tried.covered is None else tried.covered
    known, fine = np.isfinite(estimate), np.isfinite(p)
    spread = float(np.std(estimate[known], ddof=1)) if known.sum() > 1 else np.nan
    rejected, coverage = float(rejects(p, alpha).mean()), float(covered.mean())
    tested = bool(np.isfinite(std_error).any())
    return {
        "trials": n,
        "rejected": rejected,
        "rejected_mcse": share_error(rejected, n),
        "coverage": coverage if tested else np.nan,
        "coverage_mcse": share_error(coverage, n) if tested else np.nan,
        "bias": float(estimate[known].mean()) if known.any() else np.nan,
        "bias_mcse": spread / np.sqrt(max(int(known.sum()), 1)),
        "mean_std_error": float(np.nanmean(std_error)) if tested else np.nan,
        "empirical_sd": spread,
        "share_boundary": float(tried.at_boundary.mean()),
        "share_not_converged": float((~tried.converged).mean()),
        "share_failed": float((~fine).mean()),
        "remark": tried.remark,
    }


def p_values(estimate: Array, std_error: Array, df: Array) -> Array:
    """(n,) two-sided p values; NaN where a number is missing. Infinite df stand for the normal distribution."""
    found: Array = 2 * stats.t.sf(np.abs(estimate / std_error), df)
    return found


def share_error(share: float, n: int) -> float:
    """Monte Carlo standard error of a share of n trials."""
    return float(np.sqrt(share * (1 - share) / n))


def nothing_tried(data: EntryData) -> Trials:
    """One row of no trials."""
    return Trials(trial_table([no_end(data, ESTIMATED)]), bin_table([]))


def trial_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows with their columns in order."""
    return pd.DataFrame([dict(r) for r in rows], columns=list(COLUMNS))
