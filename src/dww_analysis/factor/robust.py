"""Standard errors and test statistics that do not lean on normality or independence of persons.

Sandwich covariance E^-1 B E^-1 (Huber 1967; White 1982) with scores summed by cluster where there are clusters, and the
scaling of the likelihood-ratio statistic by Yuan & Bentler (2000) in the variant of Mplus (Asparouhov & Muthen 2005).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor import normal
from dww_analysis.factor.moments import Moments, from_statistics
from dww_analysis.factor.ram import vech_index

Array = NDArray[Any]


@dataclass(frozen=True)
class Saturated:
    """What is known of one group with no model imposed; information and scores are per person."""

    mean: Array  # (p,)
    cov: Array  # (p, p)
    log_likelihood: float
    n: float
    A: Array | None = None  # (m, m) observed information in the modelled moments
    B: Array | None = None  # (m, m) mean cross-product of scores
    complete: Array | None = None  # (m, m) information that complete answers with these moments would have

    def of_moments(self, kept: NDArray[np.bool_]) -> Saturated:
        """Information and scores in these moments alone, the others known. kept: shape (m,)."""
        if kept.all():
            return self
        assert self.A is not None and self.B is not None and self.complete is not None
        among = np.ix_(kept, kept)
        return replace(self, A=self.A[among], B=self.B[among], complete=self.complete[among])

    @cached_property
    def information_ratio(self) -> float:
        """tr(A^-1 complete): m without gaps, more with them."""
        assert self.A is not None and self.complete is not None
        return float(np.trace(np.linalg.solve(self.A, self.complete)))

    @cached_property
    def scaled_meat(self) -> Array:
        """A^-1 B, shape (m, m)."""
        assert self.A is not None and self.B is not None
        return np.linalg.solve(self.A, self.B)

    @cached_property
    def gamma(self) -> Array:
        """A^-1 B A^-1, the covariance of the estimated moments times n, shape (m, m)."""
        assert self.A is not None
        return np.linalg.solve(self.A, self.scaled_meat.T)


def cross_product(scores: Array, cluster: NDArray[np.intp] | None) -> Array:
    """Sum of outer products of scores (n, k), shape (k, k); with clusters (n,), numbered from 0, of their sums, times
    J / (J - 1)."""
    return cross_product_of_parts([(slice(None), scores)], cluster)


def cross_product_of_parts(parts: Iterable[tuple[slice, Array]], cluster: NDArray[np.intp] | None) -> Array:
    """The same of scores that come some rows at a time, with the rows they are of."""
    if cluster is None:
        return np.asarray(sum(scores.T @ scores for _, scores in parts))
    sums: Array = np.zeros(())
    for rows, scores in parts:
        if not sums.ndim:
            sums = np.zeros((int(cluster.max()) + 1, scores.shape[1]))
        np.add.at(sums, cluster[rows], scores)
    j = len(sums)
    return sums.T @ sums * (j / (j - 1))


def moment_information(moments: Moments, mu: Array, sigma: Array, means: bool) -> Array:
    """Observed information per person in (mu, vech Sigma), shape (m, m), or in vech Sigma alone without means."""
    state = normal.evaluate(moments, mu, sigma)
    curve = normal.curvature(moments, state, expected=False)
    full = np.block([[curve.mean, curve.cross], [curve.cross.T, curve.cov]]) if means else curve.cov
    return full / moments.total


def moment_cross_product(moments: Moments, mu: Array, sigma: Array, means: bool) -> Array:
    """Mean over persons of the outer products of their scores in (mu, vech Sigma), shape (m, m); of clusters' sums
    where there are clusters. In vech Sigma alone without means."""
    parts = (
        (rows, np.hstack([in_mu, in_sigma]) if means else in_sigma)
        for rows, in_mu, in_sigma in normal.casewise_scores(moments, mu, sigma)
    )
    return cross_product_of_parts(parts, moments.cluster) / moments.total


def moment_deviations(moments: Moments, means: bool) -> Array:
    """(N, m) each person's first and second moments about the mean, less their average. For complete answers."""
    assert moments.rows is not None and moments.complete
    d = moments.rows - moments.mean[0]
    rows, cols = vech_index(d.shape[1])
    second = d[:, rows] * d[:, cols] - moments.cov[0][rows, cols]
    return np.hstack([d, second]) if means else second


def structured_information(moments: Moments, mu: Array, sigma: Array, means: bool) -> Array:
    """Expected information per person in (mu, vech Sigma), shape (m, m), at the model's moments mu (p,) and sigma (p,
    p)."""
    state = normal.evaluate(moments, mu, sigma)
    curve = normal.curvature(moments, state, expected=True)
    full = np.block([[curve.mean, curve.cross], [curve.cross.T, curve.cov]]) if means else curve.cov
    return full / moments.total


def weighted_trace(z: Array, W: Array, kept: Array | None = None) -> float:
    """tr(W Gamma) with Gamma the mean of z z'. z: shape (n, m); W: (m, m); kept: which of the m count, None for all."""
    if kept is not None:
        z, W = z[:, kept], W[np.ix_(kept, kept)]
    return float(np.mean(((z @ W) * z).sum(axis=1)))


def sandwich(bread: Array, meat: Array) -> Array:
    """bread meat bread, all of shape (k, k)."""
    return bread @ meat @ bread


def trace_of_saturated(groups: tuple[Saturated, ...], kept: Array | None = None) -> float:
    """Sum over groups of tr(B A^-1), the saturated half of the scaling correction. kept: which moments count, None
    for all; the groups need A and B."""
    total = 0.0
    for g in groups:
        assert g.A is not None and g.B is not None
        if kept is None or kept.all():
            total += float(np.trace(g.scaled_meat))
        else:
            among = np.ix_(kept, kept)
            total += float(np.trace(np.linalg.solve(g.A[among], g.B[among])))
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
    df: int,
    robust: bool,
    kept: NDArray[np.bool_],
) -> MissingDataCorrection:
    """The chi-square that complete data would have given, and the scaling of its null distribution.

    implied: mean and covariance of each group under the model; jacobians: (theta, m) derivatives of (mu, vech Sigma).
    kept (m,): which moments the model speaks of; those among covariates are taken as they are.
    `robust` chooses the version that allows non-normal answers. With Wc and Wm the saturated information per person of
    complete and incomplete answers, E = Delta' Wm Delta and J the cross-product of scores, the trace is
    tr(Wc (Wm^-1 - Delta E^-1 Delta')) for normal answers and tr(Wc P Gamma P') with P = I - Delta E^-1 Delta' Wm and
    Gamma = Wm^-1 J Wm^-1 otherwise.
    """
    total = sum(m.total for m in groups)
    parts = [
        _GroupPart.of(m, h1.of_moments(kept), delta[:, kept], total)
        for m, h1, delta in zip(groups, saturated, jacobians, strict=True)
    ]
    chi_square = 0.0
    for moments, h1, (mu, sigma) in zip(groups, saturated, implied, strict=True):
        complete = from_statistics(moments.total, h1.mean, h1.cov)
        own = normal.log_likelihood(complete, h1.mean, h1.cov)
        chi_square += 2 * (own - normal.log_likelihood(complete, mu, sigma))
    inverse = np.linalg.inv(sum(p.share * p.delta @ p.Wm @ p.delta.T for p in parts))
    trace = _robust_trace(parts, inverse) if robust else _normal_trace(parts, inverse)
    return MissingDataCorrection(chi_square, trace / df if df > 0 else 1.0)


@dataclass(frozen=True)
class _GroupPart:
    share: float
    h1: Saturated
    Wc: Array
    Wm: Array
    delta: Array

    @classmethod
    def of(cls, moments: Moments, h1: Saturated, delta: Array, total: float) -> _GroupPart:
        assert h1.complete is not None and h1.A is not None
        return cls(moments.total / total, h1, h1.complete, h1.A, delta)


def _normal_trace(parts: list[_GroupPart], inverse: Array) -> float:
    trace = 0.0
    for p in parts:
        trace += p.h1.information_ratio
        trace -= p.share * float(np.sum((p.delta @ p.Wc @ p.delta.T) * inverse))
    return trace


def _robust_trace(parts: list[_GroupPart], inverse: Array) -> float:
    """tr(Wc P Gamma P') multiplied out: the first two terms stay within a group, in the third the groups meet."""
    trace, k = 0.0, len(inverse)
    bread, meat = np.zeros((k, k)), np.zeros((k, k))
    for p in parts:
        J = p.h1.B
        assert J is not None
        left = p.delta @ p.Wc
        trace += float(np.sum(p.Wc * p.h1.gamma))
        trace -= 2 * p.share * float(np.sum((left @ p.h1.scaled_meat @ p.delta.T) * inverse))
        bread += p.share * left @ p.delta.T
        meat += p.share * p.delta @ J @ p.delta.T
    return trace + float(np.trace(bread @ inverse @ meat @ inverse))
