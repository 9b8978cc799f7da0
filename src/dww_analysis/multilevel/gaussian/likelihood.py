"""The profiled -2 log-likelihood of a Gaussian model as a function of theta, with gradient and Hessian.

Fixed effects and the residual variance are profiled out (Bates, Maechler, Bolker & Walker 2015, eqs. 34 and
41): d(theta) = log|V| + log|X'V^-1X| + (n - p) (1 + log(2 pi r2 / (n - p))) for REML; without the second term
and with n for ML. r2 is the generalised residual sum of squares. All derivatives come from those of log|V|
and of G = [X y]'V^-1[X y].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..model import Array, Design
from .chain import Chain
from .crossed import Crossed
from .derivatives import Jets, entries, entry_curvature, pivot_places
from .fast import loop_for
from .scaling import Response, Scaling, scale_design, scale_response
from .structure import plan_elimination

FEW_EFFECTS = 12  # fixed effects up to which plain loops are faster than libraries of matrix algebra
# moves of theta below this leave second derivatives, and with them standard errors and df, as they are to eight digits
NO_DRIFT = 1e-8


@dataclass(frozen=True, eq=False)
class Profile:
    """What one evaluation yields, in scaled columns: beta, X'V^-1X, its inverse, residual sum of squares."""

    direction: Array  # (p + 1,) combination of the columns of X and y that is the residual: (-beta, 1)
    information: Array
    inverse: Array
    rss: float
    log_det_v: float
    log_det_x: float

    @property
    def beta(self) -> Array:
        return -self.direction[:-1]


def profile_out(log_det: float, G: Array, loop: Callable[..., Any] | None = None) -> Profile:
    """Generalised least squares from the cross-products of X and y."""
    A, c = G[:-1, :-1], G[:-1, -1]
    if loop is not None:
        b, inverse, rss, log_det_x = loop(G)
        return Profile(b, A, inverse, rss, float(log_det), log_det_x)
    b = np.ones(len(G))
    if len(A) == 0:
        return Profile(b, A, A, float(G[-1, -1]), float(log_det), 0.0)
    try:
        factor = np.linalg.cholesky(A)
    except (
        np.linalg.LinAlgError
    ):  # so far out that X'V^-1X is lost in rounding: no number, so no step goes there
        return Profile(np.full_like(b, np.nan), A, np.full_like(A, np.nan), np.nan, np.nan, np.nan)
    root = np.linalg.inv(factor)
    inverse = root.T @ root
    b[:-1] = -inverse @ c
    log_det_x = 2 * float(np.log(factor.diagonal()).sum())
    return Profile(b, A, inverse, float(b @ G @ b), float(log_det), log_det_x)


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
        values, response = scale_response(design, scaling, design.y)
        plan = plan_elimination(design)
        kernel = (Crossed if plan.wide else Chain).build(design, scaling, plan, values)
        return Criterion(design, scaling, response, kernel, method)

    def with_response(self, y: Array) -> Criterion:
        """The same design with another response (n,); nothing that depends on X and Z alone is recomputed."""
        values, response = scale_response(self.design, self.scaling, y)
        design = replace(self.design, y=y)
        return Criterion(design, self.scaling, response, self.kernel.with_response(values), self.method)

    def with_method(self, method: str) -> Criterion:
        return replace(self, method=method)

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.kernel.sizes

    @property
    def reml(self) -> bool:
        return self.method == "REML"

    @cached_property
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

    @property
    def pivots(self) -> NDArray[np.intp]:
        """Places in theta of the diagonals of the factors."""
        return pivot_places(self.sizes)

    def value(self, theta: Array) -> float:
        """-2 log-likelihood (restricted for REML)."""
        log_det, G, _ = self.kernel.forward([f @ f.T for f in self.factors(theta)])
        return self._criterion(profile_out(log_det, G))

    def _criterion(self, fit: Profile) -> float:
        out = fit.log_det_v + self.divisor * (math.log(fit.rss) if fit.rss > 0 else math.nan) + self.constant
        return out + (fit.log_det_x if self.reml else 0.0)

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
        loop = self.loop("chain_loop")
        program = None if loop is None else self.kernel.program
        if loop is None or program is None:
            return self.expansion(theta, self.kernel.jets([f @ f.T for f in self.factors(theta)]))
        found = loop(program, np.ascontiguousarray(theta), self.curvature, self.divisor, self.reml)
        jets, (direction, inverse, rss, log_det_x), derivatives = Jets(*found[0]), found[1], found[2]
        fit = Profile(direction, jets.G[:-1, :-1], inverse, rss, jets.ld, log_det_x)
        return Expansion(self, theta, jets, fit, found=Derivatives(*derivatives))

    def expansion(self, theta: Array, jets: Jets, drift: float = 0.0) -> Expansion:
        fit = profile_out(jets.ld, jets.G, self.loop("profile_loop"))
        return Expansion(self, theta, jets, fit, drift)

    def loop(self, name: str) -> Callable[..., Any] | None:
        """Compiled algebra for a model with few columns of X whose data are large enough to have loaded it."""
        return loop_for(name, self.design.n) if self.design.X.shape[1] <= FEW_EFFECTS else None

    @cached_property
    def theta_scales(self) -> Array | None:
        """(k,) factors that turn theta of the scaled columns into theta of the original ones.

        None where a term has an orthogonal basis, so that no factor does it.
        """
        out: list[float] = []
        for q, scales in zip(self.sizes, self.scaling.z_scales, strict=True):
            if scales is None:
                return None
            out += [1.0 / scales[i] for i, _ in entries(q)]
        return np.array(out)

    def original_theta(self, theta: Array) -> Array:
        """(k,) theta of the original columns from that of the scaled ones."""
        if self.theta_scales is not None:
            return theta * self.theta_scales
        return self._rebased(theta, self.scaling.z_bases)

    def scaled_theta(self, theta: Array) -> Array:
        """(k,) theta of the scaled columns from that of the original ones."""
        if self.theta_scales is not None:
            return theta / self.theta_scales
        backs: list[Array] = [np.asarray(np.linalg.inv(basis)) for basis in self.scaling.z_bases]
        return self._rebased(theta, backs)

    def _rebased(self, theta: Array, bases: Sequence[Array]) -> Array:
        """Theta of effects that are `bases` times the effects of this theta, with non-negative pivots."""
        out: list[float] = []
        for factor, basis in zip(self.factors(theta), bases, strict=True):
            R: Array = np.asarray(np.linalg.qr((basis @ factor).T, mode="r"))
            lower = (R * np.where(R.diagonal() < 0, -1.0, 1.0)[:, None]).T
            out += [lower[i, j] for i, j in entries(len(lower))]
        return np.array(out)


class Derivatives(NamedTuple):
    """First (k,) and second (k, k) derivatives, in the covariance entries but for the last two."""

    rss1: Array
    rss2: Array
    log_det_x1: Array
    log_det_x2: Array
    first: Array  # of the profiled criterion
    slope: Array  # of the profiled criterion in theta
    hessian: Array


def profiled_derivatives(
    ld1: Array, ld2: Array, G1: Array, G2: Array, b: Array, inverse: Array, rss: float,
    curvature: Array, theta: Array, divisor: int, reml: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """What `Derivatives` holds, from the derivatives of log|V| and of G = [X y]'V^-1[X y].

    `b` is the direction of the residual, `inverse` that of X'V^-1X, `curvature` as in `entry_curvature`.
    """
    k, d = len(ld1), len(b)
    weights = np.zeros((d, d, 2))  # b'G b and tr(inverse G) at once
    weights[:, :, 0] = b[:, None] * b
    weights[:-1, :-1, 1] = inverse
    flat = weights.reshape(d * d, 2)
    first, second = G1.reshape(k, -1) @ flat, G2.reshape(k, k, -1) @ flat
    inner = (G1 @ b)[:, :-1]
    scaled = inverse @ G1[:, :-1, :-1]
    crossed = scaled.reshape(k, -1) @ np.swapaxes(scaled, 1, 2).reshape(k, -1).T
    rss1, rss2 = first[:, 0], second[:, :, 0] - 2 * inner @ inverse @ inner.T
    log_det_x1, log_det_x2 = first[:, 1], second[:, :, 1] - crossed
    relative = rss1 / rss
    total1 = ld1 + divisor * relative
    total2 = ld2 + divisor * (rss2 / rss - relative[:, None] * relative)
    if reml:
        total1, total2 = total1 + log_det_x1, total2 + log_det_x2
    slope, hessian = chain_rule(curvature, curvature @ theta, total1, total2)
    return rss1, rss2, log_det_x1, log_det_x2, total1, slope, hessian


def chain_rule(curvature: Array, jacobian: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """Gradient and Hessian in theta from those in the covariance entries."""
    k = len(first)
    bent = (first @ curvature.reshape(k, k * k)).reshape(k, k)
    return jacobian.T @ first, jacobian.T @ second @ jacobian + bent


@dataclass(frozen=True, eq=False)
class Expansion:
    """log|V| and G = [X y]'V^-1[X y] with derivatives in the entries of the relative covariance matrices."""

    criterion: Criterion
    theta: Array
    jets: Jets
    fit: Profile
    drift: float = 0.0  # how far theta was moved since the second derivatives were computed
    found: Derivatives | None = None  # the derivatives where they came with the rest

    def sharp(self) -> Expansion:
        """This expansion with second derivatives computed at its own theta."""
        return self if self.drift < NO_DRIFT else self.criterion.expand(self.theta)

    @property
    def k(self) -> int:
        return len(self.theta)

    @cached_property
    def jacobian(self) -> Array:
        """(k entries of the covariances, k entries of theta)."""
        out: Array = self.criterion.curvature @ self.theta
        return out

    def to_theta(self, first: Array, second: Array) -> tuple[Array, Array]:
        """Gradient and Hessian in theta from those in the covariance entries."""
        return chain_rule(self.criterion.curvature, self.jacobian, first, second)

    def original_gradient(self) -> Array:
        """(k,) gradient in theta of the original columns."""
        criterion = self.criterion
        if criterion.theta_scales is not None:
            return self.derivatives.slope / criterion.theta_scales
        out: list[float] = []
        factors = criterion.factors(criterion.original_theta(self.theta))
        for factor, slope, basis in zip(factors, self.slopes(), criterion.scaling.z_bases, strict=True):
            back = np.linalg.inv(basis)  # scaled effects from original ones
            pulled = 2 * back.T @ slope @ back @ factor
            out += [pulled[i, j] for i, j in entries(len(factor))]
        return np.array(out)

    def slopes(self) -> list[Array]:
        """Per term the derivative (q, q) of the criterion with respect to its relative covariance."""
        first, at, out = self.derivatives.first, 0, []
        for q in self.criterion.sizes:
            slope = np.zeros((q, q))
            for i, j in entries(q):
                slope[i, j] = slope[j, i] = first[at] * (1.0 if i == j else 0.5)
                at += 1
            out.append(slope)
        return out

    @cached_property
    def covariance_entries(self) -> Array:
        """(k,) entries of the relative covariance matrices; they are quadratic in theta."""
        phi: Array = self.jacobian @ self.theta / 2
        return phi

    def moved(self, move: Array) -> Expansion:
        """The expansion at theta + `move` by Taylor's formula, for moves so small that third derivatives vanish."""
        theta = self.theta + move
        change = self.criterion.curvature @ theta @ theta / 2 - self.covariance_entries
        drift = self.drift + float(np.abs(move).max())
        return self.criterion.expansion(theta, self.jets.moved(change), drift)

    @cached_property
    def derivatives(self) -> Derivatives:
        """Derivatives of what the criterion is made of."""
        if self.found is not None:
            return self.found
        jets, fit, m = self.jets, self.fit, self.criterion.divisor
        loop = self.criterion.loop("derivative_loop")
        find = loop or profiled_derivatives
        theta, curvature, reml = self.theta, self.criterion.curvature, self.criterion.reml
        parts = (jets.ld1, jets.ld2, jets.G1, jets.G2, fit.direction, fit.inverse, fit.rss)
        return Derivatives(*find(*parts, curvature, theta, m, reml))

    @property
    def log_det(self) -> tuple[Array, Array]:
        """Gradient and Hessian of log|V| in the entries of the covariance matrices."""
        return self.jets.ld1, self.jets.ld2

    @property
    def log_det_x(self) -> tuple[Array, Array]:
        """Gradient and Hessian of log|X'V^-1X| in the entries."""
        return self.derivatives.log_det_x1, self.derivatives.log_det_x2

    @property
    def rss(self) -> tuple[Array, Array]:
        """Gradient and Hessian of the residual sum of squares, with beta profiled out, in the entries."""
        return self.derivatives.rss1, self.derivatives.rss2

    @property
    def criterion_derivatives(self) -> tuple[Array, Array]:
        """Gradient and Hessian in theta of the profiled criterion."""
        return self.derivatives.slope, self.derivatives.hessian

    @cached_property
    def _value(self) -> float:
        return self.criterion._criterion(self.fit)

    def value(self) -> float:
        return self._value
