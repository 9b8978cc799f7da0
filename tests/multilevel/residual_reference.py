"""Brute force for residual structures: dense covariance, criterion and Kenward-Roger from their definitions."""

from __future__ import annotations

import numpy as np

from dww_analysis.multilevel.inference.kenward_roger import denominator_df
from dww_analysis.multilevel.residual.solve import StructuredProblem


def dense_covariance(problem: StructuredProblem, omega: np.ndarray) -> np.ndarray:
    """V of all rows from its definition, row by row."""
    design, s = problem.design, problem.structure
    G, variances, rho = problem.rows.split(omega)
    V = np.zeros((design.n, design.n))
    for term, g in zip(design.random, G, strict=True):
        V += (term.Z @ g @ term.Z.T) * (term.codes[:, None] == term.codes[None, :])
    sd = np.sqrt(variances[s.codes] / design.weights)
    for i in range(design.n):
        for j in range(design.n):
            if i == j:
                V[i, j] += sd[i] ** 2
            elif s.person is not None and s.person[i] == s.person[j]:
                V[i, j] += sd[i] * sd[j] * rho ** abs(s.wave[i] - s.wave[j])
    return V


def dense_criterion(problem: StructuredProblem, omega: np.ndarray) -> float:
    X, n = problem.design.X, problem.design.n
    V = dense_covariance(problem, omega)
    VX, Vy = np.linalg.solve(V, X), np.linalg.solve(V, problem.y)
    beta = np.linalg.solve(X.T @ VX, X.T @ Vy)
    r = problem.y - X @ beta
    value = np.linalg.slogdet(V)[1] + r @ np.linalg.solve(V, r)
    if problem.method == "ML":
        return float(value + n * np.log(2 * np.pi))
    return float(value + np.linalg.slogdet(X.T @ VX)[1] + (n - X.shape[1]) * np.log(2 * np.pi))


def dense_kenward_roger(
    problem: StructuredProblem, omega: np.ndarray, L: np.ndarray, beta: np.ndarray
) -> tuple:
    """Kenward and Roger (1997) with numeric first and second derivatives of the dense V."""
    X, R = problem.design.X, len(omega)
    h = 1e-4 * np.maximum(np.abs(omega), 0.1)
    step = np.diag(h)

    def V(w):
        return dense_covariance(problem, w)

    inverse = np.linalg.inv(V(omega))
    first = [(V(omega + e) - V(omega - e)) / (2 * e.max()) for e in step]
    P = np.array([-X.T @ inverse @ d @ inverse @ X for d in first])
    phi = np.linalg.inv(X.T @ inverse @ X)
    information, inner = np.empty((R, R)), np.zeros_like(phi)
    Q = {}
    for r in range(R):
        for s in range(R):
            Q[r, s] = X.T @ inverse @ first[r] @ inverse @ first[s] @ inverse @ X
            information[r, s] = 0.5 * (
                np.trace(inverse @ first[r] @ inverse @ first[s])
                - 2 * np.trace(phi @ Q[r, s])
                + np.trace(phi @ P[r] @ phi @ P[s])
            )
    W = np.linalg.inv(information)
    for r in range(R):
        for s in range(R):
            a, b = step[r], step[s]
            second = (V(omega + a + b) - V(omega + a - b) - V(omega - a + b) + V(omega - a - b)) / (
                4 * h[r] * h[s]
            )
            inner += W[r, s] * (Q[r, s] - P[r] @ phi @ P[s] - X.T @ inverse @ second @ inverse @ X / 4)
    adjusted = phi + 2 * phi @ inner @ phi
    theta = L.T @ np.linalg.inv(L @ phi @ L.T) @ L
    t = [theta @ phi @ p @ phi for p in P]
    A1 = sum(W[r, s] * np.trace(t[r]) * np.trace(t[s]) for r in range(R) for s in range(R))
    A2 = sum(W[r, s] * np.trace(t[r] @ t[s]) for r in range(R) for s in range(R))
    df, scaling = denominator_df(len(L), A1, A2)
    effect = L @ beta
    return adjusted, df, scaling * effect @ np.linalg.solve(L @ adjusted @ L.T, effect) / len(L)
