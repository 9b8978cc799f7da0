"""Random small designs of many structures, and all about them computed the plain way, with the dense V (n, n)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dww_analysis.multilevel.model import Design, RandomTerm

INTERCEPT = ("(Intercept)",)
STRUCTURES = {
    "nested": ["org", "team+t", "person"],
    "continuous slope in persons": ["org", "person+u", "team"],
    "waves slope in persons": ["person+t", "team"],
    "team by wave beside person": ["team", "team_wave", "person"],
    "persons who change team": ["org", "mover+t", "team_wave"],
    "crossed": ["wave", "team+t"],
    "uncorrelated": ["team", "team:t", "person"],
    "one factor": ["team+t"],
    "three effects": ["org", "team+t+u"],
}


def term(group: str, names: tuple[str, ...], Z: np.ndarray, labels: np.ndarray) -> RandomTerm:
    levels, codes = np.unique(labels, return_inverse=True)
    return RandomTerm(group, names, Z, codes.astype(np.intp), tuple(str(v) for v in levels))


def make_design(structure: str, *, n: int = 160, seed: int = 1, weighted: bool = False) -> Design:
    """Unbalanced rows in 3 organisations, 12 teams, 72 persons, 3 waves."""
    rng = np.random.default_rng(seed)
    org = rng.integers(0, 3, n)
    team = org * 4 + rng.integers(0, 4, n)
    person = team * 6 + rng.integers(0, 6, n)
    wave = rng.integers(0, 3, n)
    mover = rng.integers(0, 40, n)
    t, u = wave.astype(float), wave + 0.3 * rng.normal(size=n)
    labels = {
        "org": org, "team": team, "person": person, "wave": wave, "mover": mover, "team_wave": team * 10 + wave,
    }  # fmt: skip
    columns = {"t": t, "u": u}
    one, arm = np.ones(n), (team % 2).astype(float)
    X = np.column_stack([one, arm, t, arm * t])
    y = X @ [1.0, 0.2, 0.1, 0.3] + rng.normal(size=n)
    y += rng.normal(size=12)[team] + 0.5 * rng.normal(size=3)[org] + 0.7 * rng.normal(size=72)[person]
    y += (0.6 * rng.normal(size=12)[team] + 0.8 * rng.normal(size=72)[person]) * u + rng.normal(size=3)[wave]
    y += 0.8 * rng.normal(size=130)[team * 10 + wave] + (0.8 + 0.5 * u) * rng.normal(size=40)[mover]
    random = []
    for text in STRUCTURES[structure]:
        if ":" in text:
            group, name = text.split(":")
            random.append(term(group, (name,), columns[name][:, None], labels[group]))
        else:
            group, *names = text.split("+")
            Z = np.column_stack([one, *(columns[name] for name in names)])
            random.append(term(group, (*INTERCEPT, *names), Z, labels[group]))
    weights = rng.uniform(0.5, 2.0, n) if weighted else one
    offset = 0.1 * rng.normal(size=n) if weighted else 0 * one
    return Design(
        structure,
        "y",
        y,
        X,
        ("(Intercept)", "arm", "t", "arm:t"),
        tuple(random),
        weights,
        offset,
        pd.DataFrame(),
        0,
    )


def parameter_matrices(design: Design) -> list[np.ndarray]:
    """dV / dphi (n, n) of every covariance entry, the residual variance last."""
    out = []
    for r in design.random:
        same = r.codes[:, None] == r.codes[None]
        q = len(r.names)
        for j in range(q):
            for i in range(j, q):
                E = np.zeros((q, q))
                E[i, j] = E[j, i] = 1.0
                out.append(r.Z @ E @ r.Z.T * same)
    return [*out, np.diag(1 / design.weights)]


def factors(design: Design, theta: np.ndarray) -> list[np.ndarray]:
    out, at = [], 0
    for r in design.random:
        q = len(r.names)
        L = np.zeros((q, q))
        for j in range(q):
            for i in range(j, q):
                L[i, j] = theta[at]
                at += 1
        out.append(L)
    return out


def relative_v(design: Design, theta: np.ndarray) -> np.ndarray:
    V = np.diag(1 / design.weights)
    for r, L in zip(design.random, factors(design, theta), strict=True):
        V = V + r.Z @ L @ L.T @ r.Z.T * (r.codes[:, None] == r.codes[None])
    return V


@dataclass
class Dense:
    """Generalised least squares with the dense V."""

    criterion: float
    beta: np.ndarray
    vcov: np.ndarray
    sigma: float
    V: np.ndarray  # absolute


def dense_fit(design: Design, theta: np.ndarray, method: str = "REML") -> Dense:
    """-2 log-likelihood with beta and sigma profiled out, from its definition."""
    V, X, y = relative_v(design, theta), design.X, design.y - design.offset
    inverse = np.linalg.inv(V)
    A = X.T @ inverse @ X
    beta = np.linalg.solve(A, X.T @ inverse @ y)
    rest = y - X @ beta
    m = design.n - (X.shape[1] if method == "REML" else 0)
    rss = rest @ inverse @ rest
    value = np.linalg.slogdet(V)[1] + m * (1 + np.log(2 * np.pi * rss / m))
    if method == "REML":
        value += np.linalg.slogdet(A)[1]
    variance = rss / m
    return Dense(value, beta, variance * np.linalg.inv(A), np.sqrt(variance), variance * V)


@dataclass
class DenseKenwardRoger:
    """Kenward & Roger (1997) from n x n matrices."""

    vcov: np.ndarray
    phi: np.ndarray
    P: list[np.ndarray]
    W: np.ndarray

    def df(self, L: np.ndarray) -> tuple[float, float]:
        """(df, scaling) for the rows of L."""
        q = len(L)
        Theta = L.T @ np.linalg.inv(L @ self.phi @ L.T) @ L
        k = range(len(self.P))
        a = [Theta @ self.phi @ self.P[r] @ self.phi for r in k]
        A1 = sum(self.W[r, s] * np.trace(a[r]) * np.trace(a[s]) for r in k for s in k)
        A2 = sum(self.W[r, s] * np.trace(a[r] @ a[s]) for r in k for s in k)
        B = (A1 + 6 * A2) / (2 * q)
        g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
        d = 3 * q + 2 * (1 - g)
        mean = 1 / (1 - A2 / q)
        top = 1 + g / d * B
        var = 2 / q * top / ((1 - (q - g) / d * B) ** 2 * (1 - (q + 2 - g) / d * B))
        rho = var / (2 * mean**2)
        m = 4 + (q + 2) / (q * rho - 1)
        return m, m / (mean * (m - 2))


def dense_kenward_roger(design: Design, theta: np.ndarray) -> DenseKenwardRoger:
    fit = dense_fit(design, theta)
    X, inverse = design.X, np.linalg.inv(fit.V)
    parts = parameter_matrices(design)
    k = range(len(parts))
    H = [inverse @ part for part in parts]
    P = [-X.T @ h @ inverse @ X for h in H]
    Q = [[X.T @ H[r] @ H[s] @ inverse @ X for s in k] for r in k]
    phi = fit.vcov
    information = np.array(
        [
            [
                0.5 * np.trace(H[r] @ H[s])
                - np.trace(phi @ Q[r][s])
                + 0.5 * np.trace(phi @ P[r] @ phi @ P[s])
                for s in k
            ]
            for r in k
        ]
    )
    W = np.linalg.inv(information)
    middle = sum(W[r, s] * (Q[r][s] - P[r] @ phi @ P[s]) for r in k for s in k)
    return DenseKenwardRoger(phi + 2 * phi @ middle @ phi, phi, P, W)
