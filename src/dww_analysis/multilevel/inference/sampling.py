"""CR2 for least squares whose weights say how much a row counts, not how precise it is.

Weights of an estimand (1 / size of the unit, overlap weights) leave the rows equally precise: the working covariance is
the identity, whatever the weights (Pustejovsky & Tipton 2018, J Bus Econ Stat 36:672-683, section 2; the default for
lm in R's clubSandwich). With weights as precisions the two covariances are one, and `robust` has the shorter sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import MethodError
from ..model import Array, Design, JointTest, Solution
from .distributions import f_tail
from .hypotheses import check_rank
from .plain import wald_f
from .robust import check_cluster, inverse_root


@dataclass(frozen=True, eq=False)
class SamplingInference:
    """Sandwich covariance with Satterthwaite df under equal, independent errors.

    With H = X M X' W, the contribution of cluster i to the contrast c is g_i' y, where
    g_i = (I - H)_i' A_i W_i X_i M c; df = (sum g_i'g_i)^2 / sum over i, j of (g_i'g_j)^2.
    """

    beta: Array  # (p,)
    vcov: Array  # (p, p)
    M: Array  # (p, p) inverse of X' W X
    squares: Array  # (p, p) X' W W X
    S: Array  # (clusters, p, p) U_i' U_i, where U_i = A_i W_i X_i
    B: Array  # (clusters, p, p) X_i' U_i
    P: Array  # (clusters, p, p) X_i' W_i U_i
    method: str = "CR2"

    def df(self, L: Array) -> Array:
        """(m,) Satterthwaite df of each row of L (m, p)."""
        return np.array([self._df(self.M @ row) for row in np.asarray(L, dtype="float64")])

    def _df(self, c: Array) -> float:
        through, out = self.P @ c, self.B @ c  # (clusters, p)
        crossed = through @ self.M @ out.T
        gram = out @ self.M @ self.squares @ self.M @ out.T - crossed - crossed.T
        gram[np.diag_indices(len(gram))] += np.einsum("p,ipq,q->i", c, self.S, c)
        return float(np.trace(gram) ** 2 / (gram**2).sum())

    def joint(self, L: Array) -> JointTest:
        """One row, as its t test squared; more are refused."""
        if len(L) > 1:
            raise MethodError(
                f"A test of {len(L)} contrasts together is not offered with weights that say how much a row counts; "
                "test them one by one."
            )
        check_rank(L)
        F, df = wald_f(L, self.beta, self.vcov), float(self.df(L)[0])
        return JointTest(F, 1, df, f_tail(F, 1, df))


@dataclass(frozen=True, eq=False)
class _Halves:
    """What hangs on the design alone: M, X' W W X, and of each cluster its rows and U_i = A_i W_i X_i."""

    M: Array
    squares: Array
    clusters: tuple[tuple[NDArray[np.intp], Array], ...]

    def inference(self, design: Design, beta: Array, residuals: Array) -> SamplingInference:
        """That of the fit with these coefficients (p,) and residuals (n,)."""
        scores, S, B, P = (np.array(part) for part in zip(*self._products(design, residuals), strict=True))
        vcov = np.asarray(self.M @ (scores.T @ scores) @ self.M, dtype="float64")
        return SamplingInference(beta, vcov, self.M, self.squares, S, B, P)

    def _products(self, design: Design, residuals: Array) -> Iterator[tuple[Array, Array, Array, Array]]:
        for rows, U in self.clusters:
            x = design.X[rows]
            yield U.T @ residuals[rows], U.T @ U, x.T @ U, (x * design.weights[rows, None]).T @ U


def sampling_inference(solution: Solution, cluster: str) -> SamplingInference:
    """CR2 of a least squares fit, its weights taken as how much each row counts; clusters by a column.

    Refuses what `robust_inference` refuses of clusters, and fits with random terms.
    """
    design = solution.design
    residuals = design.y - design.offset - design.X @ solution.beta
    return _halves(solution, cluster).inference(design, solution.beta, residuals)


def sampling_many(solution: Solution, cluster: str, Y: ArrayLike) -> Iterator[SamplingInference]:
    """The inference of every response, a column of Y (n, r), of one design: what `sampling_inference` gives of its fit,
    and refuses."""
    design, halves = solution.design, _halves(solution, cluster)
    response = np.asarray(Y, dtype="float64").T - design.offset
    betas = response @ (design.X * design.weights[:, None]) @ halves.M
    for y, beta in zip(response, betas, strict=True):
        yield halves.inference(design, beta, y - design.X @ beta)


def _halves(solution: Solution, cluster: str) -> _Halves:
    design = solution.design
    if design.random or solution.family != "gaussian":
        raise MethodError("Weights that say how much a row counts need least squares: use fit_ols().")
    label = design.spec.group_factor(cluster)
    check_cluster(design, label.codes, len(label.levels), cluster)
    weights, X = design.weights, design.X
    M = np.asarray(np.linalg.inv((X * weights[:, None]).T @ X), dtype="float64")
    squares = (X * weights[:, None] ** 2).T @ X
    order = np.argsort(label.codes, kind="stable")
    found = []
    for rows in np.split(order, np.flatnonzero(np.diff(label.codes[order])) + 1):
        x, wx = X[rows], X[rows] * weights[rows, None]
        through = x @ M @ wx.T
        spread = np.eye(len(rows)) - through - through.T + x @ M @ squares @ M @ x.T
        found.append((rows, inverse_root(spread) @ wx))
    return _Halves(M, squares, tuple(found))
