"""Diagonally weighted least squares for ordered items, with robust errors and a scaled and shifted statistic (WLSMV).

Minimises sum_g (n_g - 1) (s - sigma)' W (s - sigma), the plain statistic, with W the inverse diagonal of the asymptotic
covariance of the statistics s (Muthen, du Toit & Spisic 1997): thresholds and polychoric correlations, means, variances
and covariances where items are continuous. The test statistic is adjusted in mean and variance by a scale and a shift
(Asparouhov & Muthen 2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from dww_analysis.factor import estimate
from dww_analysis.factor.distributions import chi_square_tail
from dww_analysis.factor.fitted import check_identified, inverse
from dww_analysis.factor.model import Model
from dww_analysis.factor.ordinal import OrdinalGroup, ordinal_group
from dww_analysis.factor.ordinal_summary import OrdinalSummary
from dww_analysis.factor.starts import start

Array = NDArray[Any]
TOLERANCE = 1e-12  # expected fall of the criterion, times n, of one more step


@dataclass(frozen=True)
class WlsFit:
    """A model at the minimum of the criterion."""

    model: Model
    summary: OrdinalSummary
    groups: tuple[OrdinalGroup, ...]
    search: estimate.Search  # `log_likelihood` holds minus half the statistic

    @cached_property
    def values(self) -> Array:
        """One for each row of the parameter table, fixed ones too."""
        return self.model.values(self.search.theta)

    @cached_property
    def jacobians(self) -> tuple[Array, ...]:
        """Of each group, shape (statistics, n_theta): how implied statistics move with theta."""
        return tuple(_jacobian(self.model, g, self.values) for g in self.groups)

    @cached_property
    def chi_square(self) -> float:
        """sum_g (n_g - 1) (s - sigma)' W (s - sigma), the multiplier that lavaan uses outside maximum likelihood."""
        residuals = _residuals(self.model, self.groups, self.search.theta)
        parts = zip(self.summary.moments, self.summary.weights, residuals, strict=True)
        return float(sum((m.n - 1) * (r @ (w * r)) for m, w, r in parts))

    @cached_property
    def information(self) -> Array:
        """sum_g n_g / n Delta' W Delta, shape (n_theta, n_theta)."""
        parts = zip(self.summary.shares, self.jacobians, self.summary.weights, strict=True)
        return np.asarray(sum(share * D.T @ (w[:, None] * D) for share, D, w in parts))

    @cached_property
    def information_inverse(self) -> Array:
        return inverse(self.information)

    @cached_property
    def covariance(self) -> Array:
        """The sandwich of the estimates, shape (n_theta, n_theta)."""
        meat = np.zeros_like(self.information)
        parts = zip(
            self.summary.shares, self.jacobians, self.summary.weights, self.summary.moments, strict=True
        )
        for share, D, w, m in parts:
            WD = w[:, None] * D
            meat += share * WD.T @ m.gamma @ WD
        return (
            self.information_inverse
            @ meat
            @ self.information_inverse
            / (self.summary.n_obs - len(self.groups))
        )

    @cached_property
    def u_gamma(self) -> Array:
        """U Gamma, whose traces scale and shift the statistic; rows and columns are the statistics of all groups."""
        V = np.diag(
            np.concatenate([s * w for s, w in zip(self.summary.shares, self.summary.weights, strict=True)])
        )
        D = np.vstack(self.jacobians)
        gamma = block_diag(
            *[m.gamma / s for s, m in zip(self.summary.shares, self.summary.moments, strict=True)]
        )
        VD = V @ D
        return (V - VD @ self.information_inverse @ VD.T) @ gamma


def _jacobian(model: Model, group: OrdinalGroup, values: Array) -> Array:
    at, _ = group.implied(values)
    by_row = group.jacobian(values, at, len(model.rows))
    out = np.zeros((len(by_row), model.n_theta))
    free = model.theta_of_row >= 0
    np.add.at(out.T, model.theta_of_row[free], by_row.T[free])
    return out


def search_wls(model: Model, summary: OrdinalSummary, warm: Array | None = None) -> WlsFit:
    """Gauss-Newton with damping from polychoric start values, or from warm (n_theta,). FactorError for parameters
    that the answers cannot tell apart; a search that does not converge says so in its record."""
    groups = tuple(ordinal_group(model, b, m) for b, m in zip(model.blocks, summary.moments, strict=True))
    theta = _start(model, summary, groups) if warm is None else warm
    found = _minimise(model, summary, groups, theta)
    if warm is not None and not found.converged:
        found = _minimise(model, summary, groups, _start(model, summary, groups))
    fit = WlsFit(model, summary, groups, found)
    if found.converged:
        check_identified(fit.information, model)
    return fit


def _start(model: Model, summary: OrdinalSummary, groups: tuple[OrdinalGroup, ...]) -> Array:
    theta = start(model, [m.covariance for m in summary.moments], [m.means for m in summary.moments])
    for group in groups:
        for row, value in zip(group.threshold_rows, group.moments.location, strict=True):
            if row >= 0 and model.theta_of_row[row] >= 0:
                theta[model.theta_of_row[row]] = value
        for row in group.scale_rows:
            if row >= 0 and model.theta_of_row[row] >= 0:
                theta[model.theta_of_row[row]] = 1.0
    return theta


def _residuals(model: Model, groups: tuple[OrdinalGroup, ...], theta: Array) -> list[Array]:
    values = model.values(theta)
    return [g.moments.observed - g.implied(values)[1] for g in groups]


def _minimise(
    model: Model, summary: OrdinalSummary, groups: tuple[OrdinalGroup, ...], theta: Array
) -> estimate.Search:
    weights = [(m.n - 1) * w for m, w in zip(summary.moments, summary.weights, strict=True)]

    def criterion(residuals: list[Array]) -> float:
        return float(sum(r @ (w * r) for r, w in zip(residuals, weights, strict=True)))

    residuals, ridge, gain, calm = _residuals(model, groups, theta), 0.0, np.inf, 0
    value = criterion(residuals)
    gradient = np.zeros(model.n_theta)
    for step in range(estimate.MAX_STEPS):
        jacobians = [_jacobian(model, g, model.values(theta)) for g in groups]
        gradient = np.asarray(
            sum(D.T @ (w * r) for D, w, r in zip(jacobians, weights, residuals, strict=True))
        )
        info = np.asarray(sum(D.T @ (w[:, None] * D) for D, w in zip(jacobians, weights, strict=True)))
        move = _step(info, gradient, ridge)
        gain = float(gradient @ move)
        calm = calm + 1 if gain < TOLERANCE * max(1.0, value) else 0
        if calm and ridge == 0:
            return estimate.Search(theta, -value / 2, True, step, float(np.abs(gradient).max()), gain)
        proposal = theta + move
        new = _residuals(model, groups, proposal)
        reached = criterion(new)
        if np.isfinite(reached) and reached <= value + 1e-10 * max(1.0, value):
            theta, residuals, value = proposal, new, reached
            ridge = 0.0 if ridge < 1e-3 else ridge / 10
        else:
            ridge = max(10 * ridge, 1e-3)
            if ridge > 1e9:
                break
    return estimate.Search(theta, -value / 2, False, estimate.MAX_STEPS, float(np.abs(gradient).max()), gain)


def _step(info: Array, gradient: Array, ridge: float) -> Array:
    """The damped Gauss-Newton step, whatever the units of the parameters."""
    diagonal = np.diag(info)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = info * np.outer(scale, scale) + ridge * np.eye(len(info))
    return np.asarray(np.linalg.lstsq(scaled, scale * gradient, rcond=1e-12)[0] * scale)


def degrees_of_freedom(fit: WlsFit) -> int:
    """Statistics of all groups less n_theta; 0 for a saturated model."""
    return sum(len(m.observed) for m in fit.summary.moments) - fit.model.n_theta


def scaled_shifted(chi: float, df: int, u_gamma: Array) -> tuple[float, float, float]:
    """Statistic with the mean and variance of chi-square on df, its scale (1 / a) and its shift b. u_gamma: shape
    (statistics, statistics). Without degrees of freedom (chi, 1, 0)."""
    if df == 0:
        return chi, 1.0, 0.0
    a = float(np.sqrt(df / np.sum(u_gamma * u_gamma.T)))
    shift = df - a * float(np.trace(u_gamma))
    return a * chi + shift, 1 / a, shift


def difference_wls(less: WlsFit, more: WlsFit) -> tuple[float, float]:
    """Scaled and shifted difference of two nested models and its p-value (Satorra 2000; Asparouhov & Muthen 2010).

    The constraints are those that lead from the tangent space of the wider model to that of the narrower one. Both are
    of the same answers; items may stand in another order.
    """
    df = degrees_of_freedom(more) - degrees_of_freedom(less)
    places = places_of(less.summary, more.summary)
    wide = np.vstack(less.jacobians)
    narrow = np.vstack([D[place] for D, place in zip(more.jacobians, places, strict=True)])
    H = np.linalg.lstsq(wide, narrow, rcond=None)[0]
    basis, singular, _ = np.linalg.svd(H, full_matrices=True)
    A = basis[:, int((singular > 1e-9 * singular[0]).sum()) :].T
    P = less.information_inverse
    core = P @ A.T @ np.linalg.pinv(A @ P @ A.T, hermitian=True) @ A @ P
    W = np.concatenate(less.summary.weights)
    gamma = block_diag(*[s * m.gamma for s, m in zip(less.summary.shares, less.summary.moments, strict=True)])
    WD = W[:, None] * wide
    u_gamma = WD @ core @ WD.T @ gamma
    statistic, _, _ = scaled_shifted(more.chi_square - less.chi_square, df, u_gamma)
    return statistic, chi_square_tail(max(statistic, 0.0), df)


def places_of(one: OrdinalSummary, other: OrdinalSummary) -> list[list[int]]:
    """For each group, where the statistics of `one`, in their order, stand among those of `other`."""
    found = []
    for mine, theirs in zip(one.moments, other.moments, strict=True):
        at = {name: k for k, name in enumerate(theirs.names(other.prepared.columns))}
        found.append([at[name] for name in mine.names(one.prepared.columns)])
    return found
