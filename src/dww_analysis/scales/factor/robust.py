"""Standard errors and test statistics that do not lean on normality or independence of persons.

Sandwich covariance E^-1 B E^-1 (Huber 1967; White 1982) with scores summed by cluster where there are clusters, and the
scaling of the likelihood-ratio statistic by Yuan & Bentler (2000) in the variant of Mplus (Asparouhov & Muthen 2005).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dww_analysis.scales.factor import normal
from dww_analysis.scales.factor.moments import Moments, from_statistics

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Saturated:
    """What is known of one group with no model imposed; information and scores are per person."""

    mean: Array  # (p,)
    cov: Array  # (p, p)
    log_likelihood: float
    n: float
    A: Array | None = None  # (m, m) observed information in the modelled moments
    B: Array | None = None  # (m, m) mean cross-product of scores


def cross_product(scores: Array, cluster: NDArray[np.intp] | None) -> Array:
    """Sum of outer products of scores; with clusters of their sums, times J / (J - 1)."""
    if cluster is None:
        return scores.T @ scores
    sums = np.zeros((int(cluster.max()) + 1, scores.shape[1]))
    np.add.at(sums, cluster, scores)
    j = len(sums)
    return sums.T @ sums * (j / (j - 1))


def moment_information(moments: Moments, mu: Array, sigma: Array, means: bool) -> Array:
    """Observed information per person in (mu, vech Sigma), or in vech Sigma alone."""
    state = normal.evaluate(moments, mu, sigma)
    curve = normal.curvature(moments, state, expected=False)
    full = np.block([[curve.mean, curve.cross], [curve.cross.T, curve.cov]]) if means else curve.cov
    return full / moments.total


def moment_cross_product(moments: Moments, mu: Array, sigma: Array, means: bool) -> Array:
    in_mu, in_sigma = normal.casewise_scores(moments, mu, sigma)
    scores = np.hstack([in_mu, in_sigma]) if means else in_sigma
    return cross_product(scores, moments.cluster) / moments.total


def sandwich(bread: Array, meat: Array) -> Array:
    return bread @ meat @ bread


def trace_of_saturated(groups: tuple[Saturated, ...], kept: Array | None = None) -> float:
    """sum over groups of tr(B A^-1), the saturated half of the scaling correction."""
    total = 0.0
    for g in groups:
        assert g.A is not None and g.B is not None
        A, B = (g.A, g.B) if kept is None else (g.A[np.ix_(kept, kept)], g.B[np.ix_(kept, kept)])
        total += float(np.trace(np.linalg.solve(A, B)))
    return total


@dataclass(frozen=True)
class MissingDataCorrection:
    """Parts of the fit of Zhang & Savalei (2023) for answers with gaps, before forming indices."""

    chi_square: float  # of the model's estimates against the saturated moments
    scaling: float


def missing_data_correction(
    groups: tuple[Moments, ...],
    saturated: tuple[Saturated, ...],
    implied: tuple[tuple[Array, Array], ...],
    jacobians: tuple[Array, ...],
    information_inverse: Array,
    df: int,
    robust: bool,
) -> MissingDataCorrection:
    """The chi-square that complete data would have given, and the scaling of its null distribution.

    implied: mean and covariance of each group under the model; jacobians: (theta, m) derivatives of (mu, vech Sigma);
    information_inverse: of the model, per person. `robust` chooses the version that allows non-normal answers.
    """
    total = sum(m.total for m in groups)
    chi_square, trace = 0.0, 0.0
    for moments, h1, (mu, sigma), delta in zip(groups, saturated, implied, jacobians, strict=True):
        complete = from_statistics(moments.total, h1.mean, h1.cov)
        chi_square += 2 * (
            normal.log_likelihood(complete, h1.mean, h1.cov) - normal.log_likelihood(complete, mu, sigma)
        )
        share = moments.total / total
        Wc = moment_information(complete, h1.mean, h1.cov, True)
        Wm = h1.A if h1.A is not None else moment_information(moments, h1.mean, h1.cov, True)
        if not robust:
            trace += float(np.trace(np.linalg.solve(Wm, Wc)))
            trace -= share * float(np.sum((delta @ Wc @ delta.T) * information_inverse))
            continue
        trace += _robust_trace(Wc, Wm, h1, moments, delta, information_inverse, share)
    if robust:
        trace += _robust_cross_groups(groups, saturated, jacobians, information_inverse, total)
    return MissingDataCorrection(chi_square, trace / df if df > 0 else 1.0)


def _meat(h1: Saturated, moments: Moments) -> Array:
    return h1.B if h1.B is not None else moment_cross_product(moments, h1.mean, h1.cov, True)


def _robust_trace(
    Wc: Array, Wm: Array, h1: Saturated, moments: Moments, delta: Array, inverse: Array, share: float
) -> float:
    """tr(Wc Gamma) - 2 tr(Delta' Wc Gamma Wm Delta E^-1): the parts within one group."""
    gamma = np.linalg.solve(Wm, np.linalg.solve(Wm, _meat(h1, moments)).T)
    first = float(np.sum(Wc * gamma.T))
    middle = delta @ Wc @ gamma @ Wm @ delta.T
    return first - 2 * share * float(np.sum(middle * inverse.T))


def _robust_cross_groups(
    groups: tuple[Moments, ...],
    saturated: tuple[Saturated, ...],
    jacobians: tuple[Array, ...],
    inverse: Array,
    total: float,
) -> float:
    """tr(Delta' Wc Delta E^-1 Delta' J Delta E^-1), where the groups meet through shared parameters."""
    k = len(inverse)
    bread, meat = np.zeros((k, k)), np.zeros((k, k))
    for moments, h1, delta in zip(groups, saturated, jacobians, strict=True):
        complete = from_statistics(moments.total, h1.mean, h1.cov)
        share = moments.total / total
        bread += share * delta @ moment_information(complete, h1.mean, h1.cov, True) @ delta.T
        meat += share * delta @ _meat(h1, moments) @ delta.T
    return float(np.trace(bread @ inverse @ meat @ inverse))
