"""The difference and ratio of units' shares on many invented trials at once: the numbers of `shares`, as arrays.

Rows, units and strata are those of the study in every trial; what differs are the answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from dww_analysis.domain.outcomes import RISK_RATIO, Summary
from dww_analysis.effects.calibration import p_values
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.permutation import share_as_large
from dww_analysis.effects.planned import estimates_under
from dww_analysis.effects.separated import exact_difference
from dww_analysis.effects.shares import (
    FEW,
    ROUNDING,
    TREATED,
    UnitShares,
    arm_weights,
    lot_of_shares,
    others_of,
    share_blocks,
    unit_difference,
)
from dww_analysis.effects.trial_checks import DRAWN

Array = NDArray[Any]
STEPS, SETTLED, LEAST = 25, 1e-8, 1e-10  # of the regression on covariates


@dataclass(frozen=True, eq=False)
class Compared:
    """(T,) numbers of T trials; NaN where a trial has no such comparison."""

    estimate: Array
    std_error: Array
    df: Array
    p_value: Array
    covered: Array  # bool, by the truth that was asked for


@dataclass(frozen=True, eq=False)
class _Answers:
    """Answers at one wave. at: (n,) their places in the rows that trials are drawn for; unit: (n,) place of the unit,
    -1 where it is left out; X: (n, q) covariates with an intercept, None without any."""

    at: Array
    unit: Array
    X: Array | None


@dataclass(frozen=True, eq=False)
class ShareTest:
    """The comparison of an entry's shares, ready for other answers."""

    data: EntryData
    shares: UnitShares
    waves: tuple[_Answers, ...]
    fitted: Any  # least squares of the shares as they were
    treated: Array  # (J,) bool

    @classmethod
    def of(cls, data: EntryData, found: EntryFit, shares: UnitShares) -> ShareTest | None:
        """The test of shares whose answers are all among the rows of the fit; None where some are not, or the shares as
        they were have no least squares."""
        if any(not rows.index.isin(found.used.index).all() for rows in shares.waves):
            return None
        waves = tuple(_answers(data, found, shares, rows) for rows in shares.waves)
        treated = shares.units[TREATED].to_numpy() == 1
        return cls(data, shares, waves, unit_difference(data, shares.units).fitted, treated)

    @property
    def df(self) -> float:
        """Units minus parameters."""
        return float(len(self.treated) - self.fitted.design.X.shape[1])

    def difference(self, Y: Array, truth: float) -> Compared:
        """The difference of shares on each of the trials Y (rows, T), with its t test or an exact one."""
        alpha, exact = 1 - self.data.plan.conf_level, self.shares.contrast.from_wave is None
        return difference_of(self._fit(Y), self.treated, truth, alpha, exact=exact)

    def ratio(self, Y: Array, truth: float, truth_of_difference: float) -> Compared:
        """The logarithm of the ratio of shares; the test of the difference where a trial has no ratio."""
        fit, difference = self._fit(Y), self.difference(Y, truth_of_difference)
        with np.errstate(divide="ignore", invalid="ignore"):
            means = np.stack([np.einsum("tp,tp->t", w, fit.beta) for w in fit.arms])
            scaled = fit.arms[0] / means[0][:, None] - fit.arms[1] / means[1][:, None]
            estimate = np.log(means[0]) - np.log(means[1])
            std_error = np.sqrt(np.einsum("tp,tpq,tq->t", scaled, fit.vcov, scaled))
        none = self.few(Y) | (means.min(axis=0) <= ROUNDING) | ~np.isfinite(std_error + fit.std_error)
        estimate, std_error = (np.where(none, np.nan, x) for x in (estimate, std_error))
        p, covered = _tested(estimate, std_error, fit.df, truth, 1 - self.data.plan.conf_level)
        p, covered = np.where(none, difference.p_value, p), np.where(none, difference.covered, covered)
        return Compared(estimate, std_error, fit.df, p, covered)

    def compared(self, Y: Array, summary: Summary, truth: float, truth_of_difference: float) -> Compared:
        """The planned one of the two."""
        if summary == RISK_RATIO:
            return self.ratio(Y, truth, truth_of_difference)
        return self.difference(Y, truth)

    def permuted(self, Y: Array, seed: int) -> tuple[Array, Array]:
        """(T,) the difference of each trial, and its p among the allocations that there could have been (a fixed draw
        of these where they are many)."""
        lot = lot_of_shares(self.data, self.shares)
        allocations, exact = lot.some(seed, DRAWN)
        others = others_of(self.shares.units)
        S, before = self.shares_of(Y)
        X, at = others.X.copy(), list(others.x_names).index("before") if before is not None else 0
        found = np.full((Y.shape[1], 2), np.nan)
        for t in range(Y.shape[1]):
            if before is not None:
                X[:, at] = before[:, t]
            blocks = share_blocks(X, S[:, t])
            own, _, error = (float(x[0]) for x in estimates_under(blocks, lot.given[None, :], lot.given))
            a, _, errors = estimates_under(blocks, allocations, lot.given)
            with np.errstate(divide="ignore", invalid="ignore"):
                found[t] = own, share_as_large(abs(own / error), np.abs(a / errors), exact)
        return found[:, 0], found[:, 1]

    def few(self, Y: Array) -> Array:
        """(T,) whether fewer persons of an arm say yes, or no, than carry log odds or may be shown."""
        least, counts = max(FEW, self.data.study.min_cell_size), []
        compared = self.waves if self.shares.contrast.from_wave is not None else self.waves[:1]
        for wave in compared:
            kept = wave.unit >= 0
            for arm in (True, False):
                own = Y[wave.at[kept][self.treated[wave.unit[kept]] == arm]]
                counts += [own.sum(axis=0), (1 - own).sum(axis=0)]
        return np.asarray(np.min(counts, axis=0) < least)

    def shares_of(self, Y: Array) -> tuple[Array, Array | None]:
        """(J, T) the share of each unit, and its share before where that is adjusted for."""
        found = [_unit_means(wave, Y, len(self.treated)) for wave in self.waves]
        if self.shares.contrast.from_wave is not None:
            return found[0] - found[1], None
        if len(self.waves) == 1:
            return found[0], None
        before = self.waves[1]
        return found[0], _unit_means(_Answers(before.at, before.unit, None), Y, len(self.treated))

    def _fit(self, Y: Array) -> UnitFits:
        S, before = self.shares_of(Y)
        design = self.fitted.design
        X = np.repeat(design.X[None], Y.shape[1], axis=0)
        if before is not None and "before" in design.x_names:
            X[:, :, design.x_names.index("before")] = before.T
        weights = [arm_weights(self.shares.units, self.fitted, arm)[0] for arm in (1.0, 0.0)]
        arms = [np.repeat(w[None], Y.shape[1], axis=0) for w in weights]
        if before is not None and "before" in design.x_names:
            for w in arms:
                w[:, design.x_names.index("before")] = before.mean(axis=0)
        return least_squares(X, S.T, design.x_names.index(TREATED), arms)


def difference_of(
    fit: UnitFits, treated: Array, truth: float, alpha: float, *, exact: bool = True
) -> Compared:
    """The difference of the units' shares on each trial, with its t test. exact: where all units of each arm are at a
    share of 0, or of 1, an exact test; treated: (J,) bool."""
    p, covered = _tested(fit.estimate, fit.std_error, fit.df, truth, alpha)
    estimate = _separated(fit, treated, truth, alpha, p, covered) if exact else fit.estimate
    return Compared(estimate, fit.std_error, fit.df, p, covered)


def _separated(fit: UnitFits, treated: Array, truth: float, alpha: float, p: Array, covered: Array) -> Array:
    """Estimates, with the exact test where all units of each arm are at a share of 0, or of 1; p and covered are
    changed in place."""
    sides = [fit.S[:, own] for own in (treated, ~treated)]
    level = [side[:, 0] for side in sides]
    same = np.all(
        [(s == v[:, None]).all(axis=1) & np.isin(v, (0.0, 1.0)) for s, v in zip(sides, level, strict=True)],
        axis=0,
    )
    estimate = fit.estimate.copy()
    for i in np.flatnonzero(same):
        arms = [(float(v[i]), s.shape[1]) for v, s in zip(level, sides, strict=True)]
        found = exact_difference(arms[0], arms[1], alpha)
        estimate[i], p[i] = found["estimate"], found["p_value"]
        covered[i] = found["conf_low"] <= truth <= found["conf_high"]
    return estimate


@dataclass(frozen=True, eq=False)
class UnitFits:
    """Least squares of one share per unit, of T trials at once."""

    estimate: Array  # (T,) of the arm; NaN where the units of an arm do not differ
    std_error: Array
    df: Array
    beta: Array  # (T, p)
    vcov: Array  # (T, p, p)
    arms: list[Array]  # (T, p) weights of the mean share of each arm
    S: Array  # (T, J)


def least_squares(X: Array, S: Array, at: int, arms: list[Array]) -> UnitFits:
    """The fits of shares S (T, J) on X (T, J, p). at: the column of the arm; arms: as `UnitFits` has them."""
    trials, rows, p = X.shape
    gram = np.einsum("tjp,tjq->tpq", X, X)
    known = np.linalg.matrix_rank(gram, hermitian=True) == p
    gram[~known] = np.eye(p)
    inverse = np.linalg.inv(gram)
    beta = np.einsum("tpq,tjq,tj->tp", inverse, X, S)
    rest = S - np.einsum("tjp,tp->tj", X, beta)
    vcov = inverse * ((rest**2).sum(axis=1) / (rows - p))[:, None, None]
    std_error = np.sqrt(vcov[:, at, at])
    known &= std_error > ROUNDING
    estimate = np.where(known, beta[:, at], np.nan)
    df = np.full(trials, float(rows - p))
    return UnitFits(estimate, np.where(known, std_error, np.nan), df, beta, vcov, arms, S)


def _tested(estimate: Array, std_error: Array, df: Array, truth: float, alpha: float) -> tuple[Array, Array]:
    """p of no effect, and whether the interval holds the truth."""
    p, of_truth = (p_values(estimate - value, std_error, df) for value in (0.0, truth))
    return p, of_truth >= alpha


def _answers(data: EntryData, found: EntryFit, shares: UnitShares, rows: pd.DataFrame) -> _Answers:
    at = found.used.index.get_indexer(rows.index)
    unit = shares.units.index.astype(str).get_indexer(rows[data.study.unit].astype(str))
    if not data.entry.covariates:
        return _Answers(at, unit, None)
    from dww_analysis.multilevel import build_design

    formula = f"score ~ {' + '.join(data.entry.covariates)}"
    return _Answers(at, unit, build_design(formula, rows, family="binomial").X)


def _unit_means(wave: _Answers, Y: Array, units: int) -> Array:
    """(units, T) shares of yes, minus what the persons' covariates lead to expect, on the level of everybody."""
    y = Y[wave.at]
    kept = wave.unit >= 0
    own = np.zeros((units, len(y)))
    own[wave.unit[kept], np.flatnonzero(kept)] = 1.0
    size = own.sum(axis=1, keepdims=True)
    shares = (own @ y) / size  # counts first: where everybody says yes the share is 1 to the last digit
    if wave.X is None:
        return np.asarray(shares)
    of_units = (own @ _expected(wave.X, y)) / size
    return np.asarray(shares - of_units + of_units.mean(axis=0))


def _expected(X: Array, Y: Array) -> Array:
    """(n, T) fitted shares of a logistic regression of every column of Y (n, T) on X (n, q), by Newton steps."""
    beta = np.zeros((X.shape[1], Y.shape[1]))
    for _ in range(STEPS):
        mu = expit(X @ beta)
        H = np.einsum("ni,nt,nj->tij", X, mu * (1 - mu), X) + LEAST * np.eye(X.shape[1])
        step = np.linalg.solve(H, (X.T @ (Y - mu)).T[:, :, None])[:, :, 0].T
        beta = beta + np.clip(step, -5.0, 5.0)
        if np.abs(step).max() < SETTLED:
            break
    return np.asarray(expit(X @ beta))
