"""Log-likelihood, gradient and information of a whole model in theta, summed over groups.

A component knows one group: how its table rows imply moments and how its data score them. The sum over components is
collapsed from rows to theta, which is where equality across groups, waves or levels takes effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from dww_analysis.factor import normal, ram
from dww_analysis.factor.model import Block, Model
from dww_analysis.factor.moments import Moments

Array = NDArray[Any]
Index = NDArray[np.intp]


class Component(Protocol):
    """One group's share of the likelihood. `rows` are the table rows that its derivatives refer to."""

    @property
    def rows(self) -> Index:
        """Which rows of the parameter table the component's own parameters are, (r,)."""

    def value(self, values: Array) -> float:
        """Log-likelihood. values: one for each row of the parameter table, as for `state`."""

    def state(self, values: Array) -> Any:
        """What gradient and information at these values share; LinAlgError where the implied covariance is not
        positive definite."""

    def gradient(self, state: Any) -> tuple[float, Array]:
        """(log-likelihood, its slopes (r,) in the order of `rows`)."""

    def information(self, state: Any, expected: bool) -> Array:
        """(r, r) in the order of `rows`, expected or observed."""


@dataclass(frozen=True)
class SingleLevelState:
    at: ram.Implied
    mu: Array
    normal: normal.NormalState


@dataclass(frozen=True)
class SingleLevel:
    """A group of independent persons. Without a mean structure the implied means are the observed ones."""

    block: Block
    moments: Moments
    mean_structure: bool
    every_row: bool = False  # derivatives for fixed rows too, as modification indices need

    @property
    def rows(self) -> Index:
        return self.block.rows if self.every_row else self.block.free_rows

    @property
    def paths(self) -> ram.Paths:
        return self.block.paths if self.every_row else self.block.free_paths

    def _moments(self, values: Array) -> tuple[ram.Implied, Array]:
        at = ram.implied(self.block.paths, values[self.block.rows])
        return at, at.mu if self.mean_structure else self.moments.mean[0]

    def value(self, values: Array) -> float:
        at, mu = self._moments(values)
        return normal.log_likelihood(self.moments, mu, at.sigma)

    def state(self, values: Array) -> SingleLevelState:
        at, mu = self._moments(values)
        return SingleLevelState(at, mu, normal.evaluate(self.moments, mu, at.sigma))

    def gradient(self, state: SingleLevelState) -> tuple[float, Array]:
        g = state.normal.g if self.mean_structure else np.zeros_like(state.normal.g)
        return state.normal.logl, ram.pull_back(self.paths, state.at, g, state.normal.G)

    def jacobian(self, state: SingleLevelState) -> tuple[Array, Array]:
        """d mu (r, p) and d vech Sigma (r, p (p + 1) / 2), in the order of `rows`."""
        return ram.jacobian(self.paths, state.at)

    def information(self, state: SingleLevelState, expected: bool) -> Array:
        if len(self.moments.n) == 1:
            info = one_pattern_information(
                self.moments.n[0],
                state.normal,
                *ram.slopes(self.paths, state.at),
                expected,
                self.mean_structure,
            )
            return info if expected else info - self._bend(state)
        curve = normal.curvature(self.moments, state.normal, expected)
        d_mu, d_sigma = self.jacobian(state)
        info = in_parameters(curve, d_mu if self.mean_structure else None, d_sigma)
        return info if expected else info - self._bend(state)

    def _bend(self, state: SingleLevelState) -> Array:
        """The gradient in the moments times their second derivatives."""
        g = state.normal.g if self.mean_structure else np.zeros_like(state.normal.g)
        return ram.second(self.paths, state.at, g, state.normal.G)

    def scores(self, state: SingleLevelState) -> Array:
        """(N, r) derivative of each person's log-likelihood in this component's rows."""
        d_mu, d_sigma = self.jacobian(state)
        parts = [
            in_sigma @ d_sigma.T + in_mu @ d_mu.T if self.mean_structure else in_sigma @ d_sigma.T
            for _, in_mu, in_sigma in normal.casewise_scores(self.moments, state.mu, state.at.sigma)
        ]
        return np.vstack(parts)


def one_pattern_information(
    n: float, state: normal.NormalState, u: Array, v: Array, d_mu: Array, expected: bool, means: bool
) -> Array:
    """Information in the parameters, (r, r), when all persons answered the same items.

    n: persons. u, v, d_mu (r, p): as `ram.slopes` gives them. means: whether there is a mean structure.

    With d Sigma_a = u v' + v u' and d Sigma_b = x y' + y x' a trace is a sum of products of two inner products,
    tr(L dSigma_a W dSigma_b) = u'Ly v'Wx + u'Lx v'Wy + v'Ly u'Wx + v'Lx u'Wy,
    so that nothing of the size of the moments is formed.
    """
    W = state.W[0]
    L = W / 2 if expected or state.U is None else state.U[0] - W / 2
    uW, vW, uL, vL = u @ W, v @ W, u @ L, v @ L
    info = (
        (uL @ v.T) * (vW @ u.T) + (uL @ u.T) * (vW @ v.T) + (vL @ v.T) * (uW @ u.T) + (vL @ u.T) * (uW @ v.T)
    )
    if means:
        info += d_mu @ W @ d_mu.T
        if not expected:
            w = state.w[0]
            cross = ((u @ w)[:, None] * vW + (v @ w)[:, None] * uW) @ d_mu.T
            info += cross + cross.T
    return n * (info + info.T) / 2


def in_parameters(curve: normal.Curvature, d_mu: Array | None, d_sigma: Array) -> Array:
    """Curvature in the moments turned into curvature (r, r) in the parameters; second derivatives of the moments are
    left out. d_mu (r, p), None without a mean structure; d_sigma (r, p (p + 1) / 2)."""
    sparse = scipy.sparse.csr_array(d_sigma)
    info = sparse @ (sparse @ curve.cov).T
    if d_mu is not None:
        cross = (sparse @ curve.cross.T @ d_mu.T) if curve.cross.any() else 0.0
        info = info + d_mu @ curve.mean @ d_mu.T + cross + np.transpose(cross)
    return (info + info.T) / 2


@dataclass(frozen=True)
class Likelihood:
    """The model's log-likelihood as a function of theta."""

    model: Model
    components: tuple[Component, ...]

    def value(self, theta: Array) -> float:
        """Log-likelihood of all groups at theta (n_theta,); minus infinity where an implied covariance is not
        positive definite."""
        values = self.model.values(theta)
        try:
            return sum(c.value(values) for c in self.components)
        except np.linalg.LinAlgError:
            return -np.inf

    def states(self, theta: Array) -> list[object]:
        """What each component knows at theta (n_theta,), for gradient and information; LinAlgError outside the
        parameter space."""
        values = self.model.values(theta)
        return [c.state(values) for c in self.components]

    def gradient(self, states: list[object]) -> tuple[float, Array]:
        """(log-likelihood, its slopes (n_theta,)), summed over components."""
        total, gradient = 0.0, np.zeros(self.model.n_theta)
        for component, state in zip(self.components, states, strict=True):
            value, part = component.gradient(state)
            total += value
            np.add.at(gradient, self.model.theta_of_row[component.rows], part)
        return total, gradient

    def information(self, states: list[object], expected: bool) -> Array:
        """(n_theta, n_theta), summed over components, expected or observed."""
        info = np.zeros((self.model.n_theta, self.model.n_theta))
        for component, state in zip(self.components, states, strict=True):
            where = self.model.theta_of_row[component.rows]
            np.add.at(info, (where[:, None], where[None, :]), component.information(state, expected))
        return info


def single_level(model: Model, groups: tuple[Moments, ...]) -> Likelihood:
    """The likelihood of one level: a component for each block of the model with the moments of its group, in one
    order. ValueError for another number of groups."""
    components = tuple(
        SingleLevel(block, moments, model.mean_structure)
        for block, moments in zip(model.blocks, groups, strict=True)
    )
    return Likelihood(model, components)
