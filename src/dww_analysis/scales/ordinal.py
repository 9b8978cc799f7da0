"""Reliability of items with few ordered answers: ordinal alpha, and omega of the sum that people are really given.

Ordinal alpha describes the normal variables thought to lie behind the answers, not the score in use; categorical omega
(Green & Yang 2009) brings the factor model back to the scale of the answers and is the one to report.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.errors import ScaleError
from dww_analysis.scales.engine import refusals
from dww_analysis.scales.items_matrix import against_the_rest, item_matrix
from dww_analysis.scales.reliability import alpha_of, logit_interval, normal_quantile

Array = NDArray[np.float64]
EDGE = 0.998  # polychoric correlations beyond it are at the end of the search
WIDE_GAP = 0.02  # between the two denominators, worth a warning
MOST_CATEGORIES = 12  # more are hardly ordered categories
CATEGORICAL_METHOD = "DWLS one factor on polychoric correlations, delta method on the logit"


@dataclass(frozen=True)
class OrdinalAlpha:
    """Alpha of the polychoric correlations (Zumbo, Gadermann & Zeisser 2007)."""

    alpha: float
    conf_low: float
    conf_high: float
    std_error: float  # delta method on the covariance of the polychoric correlations
    conf_level: float
    correlations: pd.DataFrame
    n_persons: int
    n_items: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class CategoricalOmega:
    """Reliability of the sum of ordered answers by a factor behind them (Green & Yang 2009, equation 21)."""

    omega: float
    conf_low: float
    conf_high: float
    std_error: float
    model_total: float  # the same numerator over the variance of the sum that the model implies
    conf_level: float
    method: str
    std_loadings: Array  # of the variables behind the answers, one per item
    alpha_ordinal: float  # alpha of the same polychoric correlations
    n_persons: int
    n_items: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Moments:
    """Thresholds (k, most categories - 1; infinite where an item has fewer) and polychoric correlations (k, k)."""

    tau: Array
    R: Array


def ordinal_alpha(items: pd.DataFrame, conf_level: float = 0.95) -> OrdinalAlpha:
    """Alpha computed from polychoric correlations, over complete cases.

    items: persons x items, reversed where needed; at most 12 different answers an item.
    Refuses what `cronbach_alpha` refuses, and items with more different answers.
    Reproduces alpha of lavaan::lavCor(ordered = TRUE) as in psych.
    """
    found, names, warnings = _moments(items, "ordinal alpha")
    R, k = found.correlation, len(found.correlation)
    slope = 2 * k**2 / ((k - 1) * R.sum() ** 2)  # the same for every correlation
    pairs = found.gamma[found.first_covariance :, found.first_covariance :]
    std_error = float(slope * np.sqrt(pairs.sum() / found.n))
    alpha, z = alpha_of(R), normal_quantile(conf_level)
    return OrdinalAlpha(
        alpha=alpha,
        conf_low=alpha - z * std_error,
        conf_high=alpha + z * std_error,
        std_error=std_error,
        conf_level=conf_level,
        correlations=pd.DataFrame(R, index=names, columns=names),
        n_persons=found.n,
        n_items=k,
        warnings=warnings,
    )


def omega_categorical(items: pd.DataFrame, conf_level: float = 0.95) -> CategoricalOmega:
    """Reliability of the sum of ordered items from one factor, over complete cases.

    The factor is fitted to the polychoric correlations by diagonally weighted least squares; true and observed
    variance of the sum follow from bivariate normal probabilities at the thresholds (Green & Yang 2009). The standard
    error is the delta method on the covariance of thresholds and correlations, the interval symmetric on the logit.
    items: persons x items (at least three), reversed where needed, at most 12 different answers an item.
    Reproduces semTools::compRelSEM of a WLSMV one-factor model with ordered items.
    """
    what = "categorical omega"
    found, names, warnings = _moments(items, what)
    if len(names) < 3:
        raise ScaleError.of(
            found=f"{len(names)} items",
            where=what,
            expected="at least three items",
            action="use spearman_brown for two",
        )
    moments = _padded(found.location, found.item, found.correlation)
    weights = 1 / np.diag(found.gamma)[found.first_covariance :]
    loadings, converged = _dwls(moments.R, weights)
    if not converged:
        warnings = (*warnings, "the one-factor model did not converge; its estimates mean nothing")
    if (np.abs(loadings) >= 1).any():
        warnings = (*warnings, "Heywood case: a standardised loading of one or more")
        converged = False
    omega = _green_yang(moments, loadings, moments.R) if converged else np.nan
    model_total = _green_yang(moments, loadings, np.outer(loadings, loadings)) if converged else np.nan
    if abs(omega - model_total) > WIDE_GAP:
        warnings = (*warnings, "one factor fits badly: observed and implied variance of the sum differ")
    if converged and not 0 <= omega <= 1:
        warnings = (*warnings, "omega is not given: it would not lie between 0 and 1")
        omega, converged = np.nan, False
    std_error = _delta(found, moments, weights, loadings) if converged else np.nan
    low, high = logit_interval(omega, std_error, conf_level)
    return CategoricalOmega(
        omega=omega,
        conf_low=low,
        conf_high=high,
        std_error=std_error,
        model_total=model_total,
        conf_level=conf_level,
        method=CATEGORICAL_METHOD,
        std_loadings=loadings,
        alpha_ordinal=alpha_of(moments.R),
        n_persons=found.n,
        n_items=len(loadings),
        warnings=warnings,
    )


@refusals()
def _moments(items: pd.DataFrame, what: str):  # type: ignore[no-untyped-def]
    """Thresholds, polychoric correlations and their covariance; item names; what to know about them."""
    from dww_analysis.factor.ordinal_moments import ordinal_moments

    X, names = item_matrix(items, what, missing="complete", persons=None)
    categories = [np.unique(x) for x in X.T]
    many = [n for n, c in zip(names, categories, strict=True) if len(c) > MOST_CATEGORIES]
    if many:
        raise ScaleError.of(
            found=f"more than {MOST_CATEGORIES} different answers in {', '.join(many)}",
            where=what,
            expected="ordered answers",
            action="use the version for numbers, or join answers",
        )
    codes = np.column_stack([np.searchsorted(c, x) for c, x in zip(categories, X.T, strict=True)])
    found = ordinal_moments(codes, [len(c) for c in categories])
    copies = np.abs(found.correlation - np.eye(len(names))).max()
    if copies > EDGE:
        raise ScaleError.of(
            found="two items whose answers determine each other",
            where=what,
            expected="items that are no copies or mirror images",
            action="drop one of them, or join rare answers",
        )
    warnings = list(against_the_rest(found.correlation, names))
    if np.linalg.eigvalsh(found.correlation)[0] <= 0:
        warnings.append("the polychoric correlations are not positive definite")
    return found, names, tuple(warnings)


def _padded(threshold: Array, item: NDArray[np.intp], R: Array) -> Moments:
    k = len(R)
    width = max(int((item == j).sum()) for j in range(k))
    tau = np.full((k, width), np.inf)
    for j in range(k):
        own = threshold[item == j]
        tau[j, : len(own)] = own
    return Moments(tau, R)


def _green_yang(moments: Moments, loadings: Array, R: Array) -> float:
    """Variance of the sum of answers that the factor explains, over the variance that correlations R give."""
    implied = np.outer(loadings, loadings)
    true = _covariances(moments.tau, implied)
    observed = _covariances(moments.tau, R)
    np.fill_diagonal(observed, _variances(moments.tau))
    return float(true.sum() / observed.sum())


def _covariances(tau: Array, R: Array) -> Array:
    """(k, k) covariances of the category numbers of items whose normal variables correlate as R, on the diagonal too.

    Sum over thresholds of P(X <= a, Y <= b) - P(X <= a) P(Y <= b), the integral of the density over the angle.
    """
    from dww_analysis.factor.polychoric import NODES, WEIGHTS

    first, second = np.triu_indices(len(R))
    arc = np.arcsin(np.clip(R[first, second], -1, 1))[:, None, None]
    h, q = tau[first][:, :, None], tau[second][:, None, :]
    finite = np.isfinite(h) & np.isfinite(q)
    a, b = np.where(finite, h, 0.0), np.where(finite, q, 0.0)
    total = np.zeros(len(first))
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        sine = np.sin(arc * (node + 1) / 2)
        density = np.exp(-(a * a + b * b - 2 * a * b * sine) / (2 * (1 - sine**2)))
        total += weight * np.where(finite, density * arc, 0.0).sum(axis=(1, 2))
    C = np.zeros_like(R)
    C[first, second] = C[second, first] = total / (4 * np.pi)
    return C


def _variances(tau: Array) -> Array:
    """Variance of each item's category number from its thresholds."""
    from scipy.special import ndtr

    below = np.sort(ndtr(tau), axis=1)
    mean = (1 - below).sum(axis=1)
    steps = 2 * np.arange(tau.shape[1]) + 1  # c^2 as a sum of odd numbers
    return ((1 - below) * steps).sum(axis=1) - mean**2


def _dwls(R: Array, weights: Array) -> tuple[Array, bool]:
    """Loadings that minimise the weighted squares of R - l l' below the diagonal, by Gauss-Newton with damping."""
    k = len(R)
    later, earlier = _pairs(k)
    values, vectors = np.linalg.eigh(R)
    loadings = vectors[:, -1] * np.sqrt(max(values[-1], 0.1)) * 0.9
    loadings *= np.sign(loadings.sum()) or 1.0
    target, damping = R[later, earlier], 0.0
    rows = np.arange(len(later))

    def loss(lam: Array) -> float:
        return float((weights * (target - lam[later] * lam[earlier]) ** 2).sum())

    value = loss(loadings)
    for _ in range(500):
        J = np.zeros((len(later), k))
        J[rows, later], J[rows, earlier] = loadings[earlier], loadings[later]
        residual = target - loadings[later] * loadings[earlier]
        inner = J.T @ (weights[:, None] * J)
        step = np.linalg.lstsq(
            inner + damping * np.diag(np.diag(inner)), J.T @ (weights * residual), rcond=None
        )[0]
        new = loss(loadings + step)
        if new > value + 1e-14 * abs(value):
            damping = max(damping * 10, 1e-3)
            if damping > 1e10:
                return loadings, False
            continue
        loadings, value, damping = loadings + step, new, damping / 10 if damping > 1e-6 else 0.0
        if np.abs(step).max() < 1e-11:
            return loadings, True
    return loadings, bool(np.abs(step).max() < 1e-6)


def _delta(found, moments: Moments, weights: Array, loadings: Array) -> float:  # type: ignore[no-untyped-def]
    """Standard error of omega from the covariance of thresholds and correlations, with analytic derivatives."""
    tau, R, k = moments.tau, moments.R, len(moments.R)
    implied = np.outer(loadings, loadings)
    true = _covariances(tau, implied).sum()
    observed = _covariances(tau, R)
    np.fill_diagonal(observed, _variances(tau))
    total = observed.sum()
    by_tau_true, by_tau_total = 2 * _threshold_slopes(tau, implied), 2 * _threshold_slopes(tau, R)
    off = ~np.eye(k, dtype=bool)
    true_slope = by_tau_true.sum(axis=2)
    total_slope = (by_tau_total * off[:, None, :]).sum(axis=2) + _variance_slopes(tau)
    by_tau = true_slope / total - true * total_slope / total**2
    later, earlier = _pairs(k)
    by_loading = 2 * _density_sums(tau, implied) @ loadings / total
    by_rho = by_loading @ _loading_slopes(R, weights, loadings)
    by_rho -= true * 2 * _density_sums(tau, R)[later, earlier] / total**2
    gradient = np.concatenate([by_tau[np.isfinite(tau)], by_rho])
    return float(np.sqrt(max(gradient @ found.gamma @ gradient, 0.0) / found.n))


def _threshold_slopes(tau: Array, R: Array) -> Array:
    """(k, thresholds, k): change of the covariance of items i and j with threshold a of item i, as j's partner."""
    from scipy.special import ndtr

    own, other = tau[:, :, None, None], tau[None, None, :, :]
    rho = np.clip(R, -1 + 1e-12, 1 - 1e-12)[:, None, :, None]
    known = np.isfinite(own)
    at = np.where(known, own, 0.0)
    shift = ndtr((other - rho * at) / np.sqrt(1 - rho**2)) - ndtr(other)
    density = np.where(known, np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi), 0.0)
    return (density * shift).sum(axis=3)


def _variance_slopes(tau: Array) -> Array:
    """Change of each item's variance with each of its thresholds."""
    from scipy.special import ndtr

    known = np.isfinite(tau)
    density = np.where(known, np.exp(-(np.where(known, tau, 0.0) ** 2) / 2) / np.sqrt(2 * np.pi), 0.0)
    mean = (1 - ndtr(tau)).sum(axis=1, keepdims=True)
    return density * (2 * mean - (2 * np.arange(tau.shape[1]) + 1))


def _density_sums(tau: Array, R: Array) -> Array:
    """(k, k): change of the covariance of two items with their correlation, the density summed over thresholds."""
    h, q = tau[:, :, None, None], tau[None, None, :, :]
    finite = np.isfinite(h) & np.isfinite(q)
    a, b = np.where(finite, h, 0.0), np.where(finite, q, 0.0)
    rho = np.clip(R, -1 + 1e-12, 1 - 1e-12)[:, None, :, None]
    density = np.exp(-(a * a + b * b - 2 * rho * a * b) / (2 * (1 - rho**2))) / (
        2 * np.pi * np.sqrt(1 - rho**2)
    )
    return np.where(finite, density, 0.0).sum(axis=(1, 3))


def _loading_slopes(R: Array, weights: Array, loadings: Array) -> Array:
    """(k, pairs): change of the fitted loadings with each correlation, by the implicit function theorem."""
    k = len(R)
    later, earlier = _pairs(k)
    rows = np.arange(len(later))
    J = np.zeros((len(later), k))
    J[rows, later], J[rows, earlier] = loadings[earlier], loadings[later]
    weighted = weights * (R[later, earlier] - loadings[later] * loadings[earlier])
    H = J.T @ (weights[:, None] * J)
    H[later, earlier] -= weighted
    H[earlier, later] -= weighted
    return np.asarray(np.linalg.solve(H, J.T * weights), dtype=float)


def _pairs(k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Later and earlier item of each correlation, in the order of `ordinal_moments`."""
    earlier, later = np.triu_indices(k, 1)
    return later, earlier
