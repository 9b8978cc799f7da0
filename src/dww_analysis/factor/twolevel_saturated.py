"""Free covariance matrices of a two-level model kept to those that can exist.

With few or small teams the likelihood of free covariances may rise without end outside the positive semi-definite
matrices. Then Sigma = L L' has a maximum all the same, often with a singular matrix between teams. It is found by the
gradient alone (L-BFGS), in units of each variable's standard deviation; a level with factors keeps its own parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor.estimate import IMPOSSIBLE, Search
from dww_analysis.factor.likelihood import Likelihood
from dww_analysis.factor.model import Block, Model

Array = NDArray[Any]
Index = NDArray[np.intp]
MAX_STEPS = 1000
NEARLY_ZERO = 1e-4  # smallest eigenvalue of a correlation matrix that a start has


@dataclass(frozen=True)
class _Root:
    """The root of one block's covariance matrix and its means, as part of a longer vector."""

    entry: Index  # (p, p) of theta
    mean_of: Index  # variables with a free mean
    mean: Index  # their entries of theta
    sd: Array  # (p,)

    @classmethod
    def of(cls, model: Model, block: Block, theta: Array) -> _Root:
        p = len(block.observed)
        at = {name: k for k, name in enumerate(block.observed)}
        entry, mean_of, mean = np.zeros((p, p), dtype=np.intp), [], []
        for k in block.rows:
            row, where = model.rows[k], model.theta_of_row[k]
            if row.op == "~~":
                entry[at[row.lhs], at[row.rhs]] = entry[at[row.rhs], at[row.lhs]] = where
            elif where >= 0:
                mean_of.append(at[row.lhs])
                mean.append(where)
        sd = np.sqrt(np.maximum(np.diag(theta[entry]), NEARLY_ZERO * np.diag(theta[entry]).max()))
        return cls(entry, np.array(mean_of, dtype=np.intp), np.array(mean, dtype=np.intp), sd)

    @property
    def lower(self) -> tuple[Index, Index]:
        return np.tril_indices(len(self.sd))

    @property
    def size(self) -> int:
        return len(self.lower[0]) + len(self.mean)

    def begin(self, theta: Array) -> Array:
        """The part that gives theta's moments, moved inside where they cannot exist."""
        R = theta[self.entry] / np.outer(self.sd, self.sd)
        values, vectors = np.linalg.eigh(R)
        L = np.linalg.cholesky((vectors * np.maximum(values, NEARLY_ZERO)) @ vectors.T)
        return np.concatenate([L[self.lower], theta[self.mean] / self.sd[self.mean_of]])

    def _root(self, part: Array) -> Array:
        L = np.zeros((len(self.sd),) * 2)
        L[self.lower] = part[: len(self.lower[0])]
        return L * self.sd[:, None]

    def fill(self, part: Array, theta: Array) -> None:
        L = self._root(part)
        theta[self.entry] = L @ L.T
        theta[self.mean] = part[len(self.lower[0]) :] * self.sd[self.mean_of]

    def slopes(self, part: Array, gradient: Array) -> Array:
        G = gradient[self.entry] * (
            1 + np.eye(len(self.sd))
        )  # d f = sum over i >= j of gradient_ij d Sigma_ij
        of_root = (G @ self._root(part)) * self.sd[:, None]
        return np.concatenate([of_root[self.lower], gradient[self.mean] * self.sd[self.mean_of]])


@dataclass(frozen=True)
class _Plain:
    """Parameters as they are, in units of the standard errors that the start implies."""

    entry: Index  # of theta
    unit: Array

    @property
    def size(self) -> int:
        return len(self.entry)

    def begin(self, theta: Array) -> Array:
        return np.asarray(theta[self.entry] / self.unit)

    def fill(self, part: Array, theta: Array) -> None:
        theta[self.entry] = part * self.unit

    def slopes(self, part: Array, gradient: Array) -> Array:
        return np.asarray(gradient[self.entry] * self.unit)


def has_free_covariances(model: Model, block: Block) -> bool:
    """Whether a level of the model is a covariance matrix of which every entry is a free row, shared with nothing
    else."""
    rows = [model.rows[k] for k in block.rows if model.rows[k].op == "~~"]
    p = len(block.observed)
    free = all(row.free and not row.label for row in rows)
    return not block.factors and free and len(rows) == p * (p + 1) // 2


def _parts(model: Model, likelihood: Likelihood, theta: Array) -> list[_Root | _Plain]:
    free = [block for block in model.blocks if has_free_covariances(model, block)]
    held = {int(k) for block in free for k in model.theta_of_row[block.rows]}
    others = np.array([k for k in range(model.n_theta) if k not in held], dtype=np.intp)
    diagonal = np.diag(likelihood.information(likelihood.states(theta), True))[others]
    unit = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    return [*(_Root.of(model, block, theta) for block in free), _Plain(others, unit)]


def within_bounds(model: Model, likelihood: Likelihood, theta: Array) -> Search:
    """The maximum with every free covariance matrix positive semi-definite, from a start theta (n_theta,).
    `converged` is False where L-BFGS-B says so, or no such matrix has a likelihood."""
    from scipy.optimize import minimize

    roots = _parts(model, likelihood, theta)
    ends = np.cumsum([root.size for root in roots])[:-1]

    def theta_of(x: Array) -> Array:
        out = np.zeros(model.n_theta)
        for root, part in zip(roots, np.split(x, ends), strict=True):
            root.fill(part, out)
        return out

    def minus(x: Array) -> tuple[float, Array]:
        try:
            value, gradient = likelihood.gradient(likelihood.states(theta_of(x)))
        except np.linalg.LinAlgError:
            return IMPOSSIBLE, np.zeros_like(x)
        parts = zip(roots, np.split(x, ends), strict=True)
        return -value, -np.concatenate([root.slopes(part, gradient) for root, part in parts])

    begin = np.concatenate([root.begin(theta) for root in roots])
    options = {"maxiter": MAX_STEPS, "maxfun": 3 * MAX_STEPS, "ftol": 1e-12, "gtol": 1e-4, "maxcor": 30}
    found = minimize(minus, begin, jac=True, method="L-BFGS-B", options=options)
    largest = float(np.abs(found.jac).max())
    converged = bool(found.success and -found.fun > -IMPOSSIBLE)
    return Search(theta_of(found.x), -float(found.fun), converged, int(found.nit), largest, largest)
