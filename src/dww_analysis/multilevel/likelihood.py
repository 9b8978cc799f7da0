"""The profiled -2 log-likelihood of a Gaussian model as a function of theta, with gradient and Hessian.

Fixed effects and the residual variance are profiled out (Bates, Maechler, Bolker & Walker 2015, eqs. 34 and
41): d(theta) = log|V| + log|X'V^-1X| + (n - p) (1 + log(2 pi r2 / (n - p))) for REML; without the second term
and with n for ML. r2 is the generalised residual sum of squares. All derivatives come from those of log|V|
and of G = [X y]'V^-1[X y].
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .chain import Chain
from .crossed import Crossed
from .derivatives import Jets, entries, entry_curvature
from .model import Array, Design
from .scaling import Response, Scaling, scale_design, scale_response
from .structure import plan_elimination

NO_DRIFT = 3e-6  # moves of theta below this leave second derivatives as they are


@dataclass(frozen=True, eq=False)
class Profile:
    """What one evaluation yields, in scaled columns: beta, X'V^-1X, its inverse, residual sum of squares."""

    beta: Array
    information: Array
    inverse: Array
    rss: float
    log_det_v: float
    log_det_x: float

    @property
    def direction(self) -> Array:
        """(p + 1,) combination of the columns of X and y that is the residual (up to sign)."""
        return np.append(-self.beta, 1.0)


def profile_out(log_det: float, G: Array) -> Profile:
    """Generalised least squares from the cross-products of X and y."""
    A, c = G[:-1, :-1], G[:-1, -1]
    if len(A) == 0:
        return Profile(np.zeros(0), A, A, float(G[-1, -1]), float(log_det), 0.0)
    try:
        factor = np.linalg.cholesky(A)
    except (
        np.linalg.LinAlgError
    ):  # so far out that X'V^-1X is lost in rounding: no number, so no step goes there
        return Profile(np.full_like(c, np.nan), A, np.full_like(A, np.nan), np.nan, np.nan, np.nan)
    root = np.linalg.inv(factor)
    inverse = root.T @ root
    b = np.append(-inverse @ c, 1.0)
    log_det_x = 2 * float(np.log(np.diag(factor)).sum())
    return Profile(-b[:-1], A, inverse, float(b @ G @ b), float(log_det), log_det_x)


@dataclass(frozen=True, eq=False)
class Criterion:
    """The search's function: theta of the scaled columns in, criterion and derivatives out."""

    design: Design
    scaling: Scaling
    response: Response
    kernel: Any  # Chain or Crossed
    method: str

    @staticmethod
    def of(design: Design, method: str) -> Criterion:
        """Reduce a design to its statistics."""
        scaling = scale_design(design)
        response = scale_response(design, scaling, design.y)
        plan = plan_elimination(design)
        kernel = (Crossed if plan.wide else Chain).build(design, scaling, plan, response.values)
        return Criterion(design, scaling, response, kernel, method)

    def with_response(self, y: Array) -> Criterion:
        """The same design with another response (n,); nothing that depends on X and Z alone is recomputed."""
        response = scale_response(self.design, self.scaling, y)
        design = replace(self.design, y=y)
        return Criterion(
            design, self.scaling, response, self.kernel.with_response(response.values), self.method
        )

    def with_method(self, method: str) -> Criterion:
        return replace(self, method=method)

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.kernel.sizes

    @property
    def reml(self) -> bool:
        return self.method == "REML"

    @property
    def divisor(self) -> int:
        """n - p for REML, n for ML."""
        return self.design.n - (self.design.X.shape[1] if self.reml else 0)

    @cached_property
    def constant(self) -> float:
        """What the criterion of the original columns adds to that of the scaled ones."""
        m = self.divisor
        out = m * (1 + np.log(2 * np.pi / m)) - self.scaling.log_weights + 2 * m * np.log(self.response.scale)
        return float(out - (2 * self.scaling.T_log_det if self.reml else 0.0))

    @property
    def curvature(self) -> Array:
        """(k, k, k) second derivatives of the covariance entries in theta; entries are quadratic in theta."""
        return entry_curvature(self.sizes)

    def factors(self, theta: Array) -> list[Array]:
        """(q, q) lower-triangular factor of every term."""
        out, at = [], 0
        for q in self.sizes:
            factor = np.zeros((q, q))
            for k, (i, j) in enumerate(entries(q)):
                factor[i, j] = theta[at + k]
            at += q * (q + 1) // 2
            out.append(factor)
        return out

    def value(self, theta: Array) -> float:
        """-2 log-likelihood (restricted for REML)."""
        log_det, G, _ = self.kernel.forward([f @ f.T for f in self.factors(theta)])
        return self._criterion(profile_out(log_det, G))

    def _criterion(self, fit: Profile) -> float:
        out = fit.log_det_v + self.divisor * np.log(fit.rss) + self.constant
        return float(out + (fit.log_det_x if self.reml else 0.0))

    def gradient(self, theta: Array) -> tuple[float, Array]:
        """(criterion, (k,) gradient in theta)."""
        value, slopes = self.slopes(theta)
        out = []
        for factor, slope in zip(self.factors(theta), slopes, strict=True):
            pulled = 2 * slope @ factor
            out += [pulled[i, j] for i, j in entries(len(factor))]
        return value, np.array(out)

    def slopes(self, theta: Array) -> tuple[float, list[Array]]:
        """(criterion, per term the derivative (q, q) with respect to its relative covariance)."""
        seen: list[Profile] = []

        def adjoint(log_det: float, G: Array) -> Array:
            fit = profile_out(log_det, G)
            seen.append(fit)
            b = fit.direction
            bar = self.divisor / fit.rss * np.outer(b, b)
            if self.reml:
                bar[:-1, :-1] += fit.inverse
            return bar

        _, _, bars = self.kernel.gradient([f @ f.T for f in self.factors(theta)], adjoint)
        return self._criterion(seen[0]), [(bar + bar.T) / 2 for bar in bars]

    def profile(self, theta: Array) -> Profile:
        """Fixed effects and residual sum of squares at theta, in scaled columns."""
        log_det, G, _ = self.kernel.forward([f @ f.T for f in self.factors(theta)])
        return profile_out(log_det, G)

    def expand(self, theta: Array) -> Expansion:
        """Second-order expansion of log|V| and G in the entries of the covariance matrices at theta."""
        jets = self.kernel.jets([f @ f.T for f in self.factors(theta)])
        return Expansion(self, theta, jets, profile_out(jets.ld, jets.G))

    def theta_scales(self) -> Array:
        """(k,) factors that turn theta of the scaled columns into theta of the original ones."""
        out: list[float] = []
        for q, scales in zip(self.sizes, self.scaling.z_scales, strict=True):
            out += [1.0 / scales[i] for i, _ in entries(q)]
        return np.array(out)


@dataclass(frozen=True, eq=False)
class Expansion:
    """log|V| and G = [X y]'V^-1[X y] with derivatives in the entries of the relative covariance matrices."""

    criterion: Criterion
    theta: Array
    jets: Jets
    fit: Profile
    drift: float = 0.0  # how far theta was moved since the second derivatives were computed

    def sharp(self) -> Expansion:
        """This expansion with second derivatives computed at its own theta."""
        return self if self.drift < NO_DRIFT else self.criterion.expand(self.theta)

    @property
    def k(self) -> int:
        return len(self.theta)

    @property
    def log_det(self) -> tuple[Array, Array]:
        """Gradient and Hessian of log|V|."""
        return self.jets.ld1, self.jets.ld2

    @cached_property
    def log_det_x(self) -> tuple[Array, Array]:
        """Gradient and Hessian of log|X'V^-1X|."""
        inverse = self.fit.inverse
        scaled = inverse @ self.jets.G1[:, :-1, :-1]
        second = np.einsum("ij,rsij->rs", inverse, self.jets.G2[:, :, :-1, :-1])
        return np.einsum("rii->r", scaled), second - np.einsum("rij,sji->rs", scaled, scaled)

    @cached_property
    def rss(self) -> tuple[Array, Array]:
        """Gradient and Hessian of the residual sum of squares, with beta profiled out."""
        b = self.fit.direction
        moved = self.jets.G1 @ b
        inner = moved[:, :-1]
        return moved @ b, self.jets.G2 @ b @ b - 2 * inner @ self.fit.inverse @ inner.T

    @property
    def jacobian(self) -> Array:
        """(k entries of the covariances, k entries of theta)."""
        out: Array = self.criterion.curvature @ self.theta
        return out

    def to_theta(self, first: Array, second: Array) -> tuple[Array, Array]:
        """Chain rule: gradient and Hessian in theta from those in the covariance entries."""
        J = self.jacobian
        return J.T @ first, J.T @ second @ J + np.tensordot(first, self.criterion.curvature, 1)

    def slopes(self) -> list[Array]:
        """Per term the derivative (q, q) of the criterion with respect to its relative covariance."""
        first, at, out = self.entry_derivatives[0], 0, []
        for q in self.criterion.sizes:
            slope = np.zeros((q, q))
            for i, j in entries(q):
                slope[i, j] = slope[j, i] = first[at] * (1.0 if i == j else 0.5)
                at += 1
            out.append(slope)
        return out

    def moved(self, move: Array) -> Expansion:
        """The expansion at theta + `move` by Taylor's formula, for moves so small that third derivatives vanish."""
        here, there = self.criterion.factors(self.theta), self.criterion.factors(self.theta + move)
        change = np.concatenate(
            [
                [(b @ b.T - a @ a.T)[i, j] for i, j in entries(len(a))]
                for a, b in zip(here, there, strict=True)
            ]
        )
        jets = self.jets.moved(change)
        drift = self.drift + float(np.abs(move).max())
        return Expansion(self.criterion, self.theta + move, jets, profile_out(jets.ld, jets.G), drift)

    @cached_property
    def entry_derivatives(self) -> tuple[Array, Array]:
        """Gradient and Hessian of the profiled criterion in the entries of the covariance matrices."""
        m, rss = self.criterion.divisor, self.fit.rss
        first = self.log_det[0] + m * self.rss[0] / rss
        second = self.log_det[1] + m * (self.rss[1] / rss - np.outer(self.rss[0], self.rss[0]) / rss**2)
        if self.criterion.reml:
            return first + self.log_det_x[0], second + self.log_det_x[1]
        return first, second

    def criterion_derivatives(self) -> tuple[Array, Array]:
        """Gradient and Hessian in theta of the profiled criterion."""
        return self.to_theta(*self.entry_derivatives)

    def value(self) -> float:
        return self.criterion._criterion(self.fit)
