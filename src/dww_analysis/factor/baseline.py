"""The baseline model of CFI and TLI: items that do not covary, with free variances and means.

Its maximum is known without a search: each item's own mean and variance among those who answered it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor import normal, robust
from dww_analysis.factor.fit_indices import Statistic
from dww_analysis.factor.model import Model
from dww_analysis.factor.moments import Moments
from dww_analysis.factor.ram import vech_index
from dww_analysis.factor.summary import Summary

Array = NDArray[Any]


@dataclass(frozen=True)
class Baseline:
    chi_square: float
    df: int
    scaling_factor: float = 1.0
    correction: robust.MissingDataCorrection | None = None  # for answers with gaps
    log_likelihood_covariates: float = 0.0  # to be taken off joint log-likelihoods

    @property
    def statistic(self) -> Statistic:
        """What a model's own statistic is laid beside."""
        return Statistic(self.chi_square, self.df, self.scaling_factor)


_CACHE_KEY = "_baselines"


def baseline(summary: Summary, model: Model, mlr: bool, mlm: bool = False) -> Baseline:
    """Fit of the baseline, computed once for all models on the same answers with the same covariates. mlr, mlm: which
    scaling factor it gets, 1 with neither. Columns that are covariates keep their covariances."""
    covariates = model.table.roles[1].covariates
    cache = summary.__dict__.setdefault(_CACHE_KEY, {})
    key = (covariates, mlr, mlm)
    if key not in cache:
        cache[key] = _baseline(summary, covariates, mlr, mlm)
    return cache[key]


def _baseline(summary: Summary, covariates: tuple[str, ...], mlr: bool, mlm: bool) -> Baseline:
    given = np.array([name in covariates for name in summary.columns])
    moments = [
        _independent(m, h1.cov, given) for m, h1 in zip(summary.moments, summary.saturated, strict=True)
    ]
    logl = sum(normal.log_likelihood(m, mu, s) for m, (mu, s) in zip(summary.moments, moments, strict=True))
    chi = 2 * (sum(h1.log_likelihood for h1 in summary.saturated) - logl)
    p, q = len(given), int(given.sum())
    df = len(moments) * (p * (p - 1) - q * (q - 1)) // 2
    of_covariates = sum(_marginal(m, given) for m in summary.moments) if q else 0.0
    if mlm and df > 0:
        return Baseline(chi, df, _satorra_bentler(summary, moments, given) / df, None, of_covariates)
    if not mlr and summary.complete:
        return Baseline(chi, df, 1.0, robust.MissingDataCorrection(chi, 1.0), of_covariates)
    parts = _Parts(summary, moments, given)
    scaling = parts.scaling(covariates, df) if mlr and df > 0 else 1.0
    correction = robust.MissingDataCorrection(chi, scaling)
    if summary.means and df > 0:
        correction = parts.correction(covariates, df, mlr)
    return Baseline(chi, df, scaling, correction, of_covariates)


def _satorra_bentler(summary: Summary, moments: list[tuple[Array, Array]], given: NDArray[np.bool_]) -> float:
    """tr(U Gamma) of the baseline: with uncorrelated items only the covariances, which it leaves out, are weighed."""
    rows, cols = vech_index(len(given))
    left_out = np.flatnonzero((rows != cols) & ~(given[rows] & given[cols]))
    return sum(
        robust.weighted_trace(
            robust.moment_deviations(m, False), robust.structured_information(m, mu, sigma, False), left_out
        )
        for m, (mu, sigma) in zip(summary.moments, moments, strict=True)
    )


def _independent(m: Moments, cov: Array, given: NDArray[np.bool_]) -> tuple[Array, Array]:
    counts = m.n @ m.observed
    mu = m.n @ m.mean / counts
    spread = np.diagonal(m.cov, axis1=1, axis2=2) + np.where(m.observed, m.mean - mu, 0.0) ** 2
    sigma = np.where(given[:, None] & given[None, :], cov, 0.0)
    sigma[np.diag_indices_from(sigma)] = m.n @ spread / counts
    return mu, sigma


def _marginal(m: Moments, given: NDArray[np.bool_]) -> float:
    """Log-likelihood of the covariates alone; they are never missing."""
    rows = m.rows
    assert rows is not None
    x = rows[:, given]
    cov = np.cov(x.T, bias=True).reshape(x.shape[1], x.shape[1])
    return -0.5 * len(x) * float(x.shape[1] * (normal.LOG_2PI + 1) + np.linalg.slogdet(cov)[1])


@dataclass(frozen=True)
class _Parts:
    """Information and scores of the baseline, whose parameters are entries of the moments themselves."""

    summary: Summary
    moments: list[tuple[Array, Array]]
    given: NDArray[np.bool_]

    @property
    def free(self) -> NDArray[np.intp]:
        """Positions of the free parameters in (mu, vech Sigma)."""
        p = len(self.given)
        rows, cols = vech_index(p)
        variances = (rows == cols) & ~self.given[rows]
        return np.flatnonzero(np.concatenate([~self.given, variances]) if self.summary.means else variances)

    def _information(self, k: int) -> Array:
        m, (mu, sigma) = self.summary.moments[k], self.moments[k]
        return robust.moment_information(m, mu, sigma, self.summary.means)[np.ix_(self.free, self.free)]

    def scaling(self, covariates: tuple[str, ...], df: int) -> float:
        kept = self.summary.modelled_moments(covariates)
        every = None if kept.all() else np.flatnonzero(kept)
        trace = robust.trace_of_saturated(self.summary.saturated_with_information, every)
        for k, (m, (mu, sigma)) in enumerate(zip(self.summary.moments, self.moments, strict=True)):
            meat = robust.moment_cross_product(m, mu, sigma, self.summary.means)[np.ix_(self.free, self.free)]
            trace -= float(np.trace(np.linalg.solve(self._information(k), meat)))
        return trace / df

    def correction(self, covariates: tuple[str, ...], df: int, mlr: bool) -> robust.MissingDataCorrection:
        """Each group has its own means and variances."""
        size, p = len(self.free), len(self.given)
        jacobians = []
        for k in range(len(self.moments)):
            delta = np.zeros((len(self.moments) * size, p + p * (p + 1) // 2))
            delta[np.arange(k * size, (k + 1) * size), self.free] = 1.0
            jacobians.append(delta)
        h1 = self.summary.saturated_with_information
        return robust.missing_data_correction(
            self.summary.moments,
            h1,
            tuple(self.moments),
            tuple(jacobians),
            df,
            mlr,
            self.summary.modelled_moments(covariates),
        )
