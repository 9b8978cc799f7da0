"""One way to test, tried on invented trials: what came of each, and what of all of them together.

Every trial counts: a fit that failed rejects nothing and covers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from dww_analysis.domain.analyses import AS_PLANNED
from dww_analysis.domain.plan import Calibration
from dww_analysis.effects.component_ends import ESTIMATED
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.trial_bins import bin_table

Array = NDArray[Any]
PILOT = 64  # first trials, which decide whether to go on
MOST_FAILED = 0.5  # share of them that may fail
NOT_OFFERED = "not offered"
COLUMNS = (
    *("entry", "effect", "is_sesoi", "truth", "method", "components", "trials"),
    *("rejected", "rejected_mcse", "coverage", "coverage_mcse"),
    *("bias", "bias_mcse", "mean_std_error", "empirical_sd", "share_boundary", "share_not_converged"),
    *("share_failed", "remark"),
)
Effect = tuple[
    float, bool
]  # a true effect in units of the outcome, and whether it is the smallest of interest


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
        None  # standard error before any adjustment for small samples, where it is known
    )
    remark: str = ""

    def joined(self, other: Tried) -> Tried:
        """These trials and then those."""
        own = {n: value for n, value in vars(self).items() if isinstance(value, np.ndarray)}
        columns: dict[str, Any] = {n: np.concatenate([v, getattr(other, n)]) for n, v in own.items()}
        return replace(self, **columns)

    def p_under(self, effect: float) -> Array:
        """(n,) p values when the true effect is `effect`; a way that has no standard error knows those at 0 alone."""
        if self.p_value is not None:
            return self.p_value
        return p_values(self.estimate + effect, self.std_error, self.df)

    def covers(self, alpha: float) -> Array:
        """(n,) whether the interval of 1 - alpha holds the true effect."""
        if self.covered is not None:
            return self.covered
        found: Array = p_values(self.estimate, self.std_error, self.df) >= alpha
        return found

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


def summaries(
    data: EntryData, method: str, components: str, tried: Tried, effects: Sequence[Effect]
) -> list[dict[str, Any]]:
    """A row of the table for each effect, all of one set of trials without an effect."""
    alpha = 1 - data.plan.conf_level
    return [head_of(data, method, (e, s), e, components) | summary(tried, e, alpha) for e, s in effects]


def head_of(
    data: EntryData, method: str, effect: Effect, truth: float, components: str = ESTIMATED
) -> dict[str, Any]:
    """What names a row of the table. truth: the effect in the unit of the estimate."""
    size, is_sesoi = effect
    named = {"method": method, "components": components}
    return {"entry": data.entry.id, "effect": size, "is_sesoi": is_sesoi, "truth": truth, **named}


def effects_of(data: EntryData, settings: Calibration) -> list[Effect]:
    """(true effect, whether it is the smallest of interest) of the plan; without `sesoi` that one is left out."""
    given = [(data.entry.sesoi if e == "sesoi" else float(e), e == "sesoi") for e in settings.effects]
    return [(e, s) for e, s in given if e is not None]


def failing(pilot: Tried) -> bool:
    """Whether most of the first trials failed or did not converge: more of them would say nothing."""
    fine = pilot.converged & np.isfinite(pilot.p_under(0.0))
    return bool((~fine).mean() > MOST_FAILED)


def summary(tried: Tried, effect: float, alpha: float) -> dict[str, Any]:
    """What one way does when the true effect is `effect`: shares of all trials, with Monte Carlo standard errors."""
    n, estimate, std_error = len(tried.estimate), tried.estimate, tried.std_error
    p = tried.p_under(effect)
    covered, known = tried.covers(alpha), np.isfinite(estimate)
    spread = float(np.std(estimate[known], ddof=1)) if known.sum() > 1 else np.nan
    rejected, coverage = float((p < alpha).mean()), float(covered.mean())
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
        "share_failed": float((~np.isfinite(p)).mean()),
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
    row = {**head_of(data, AS_PLANNED, (0.0, False), 0.0), "trials": 0, "remark": NOT_OFFERED}
    return Trials(trial_table([row]), bin_table([]))


def trial_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows with their columns in order."""
    return pd.DataFrame([dict(r) for r in rows], columns=list(COLUMNS))
