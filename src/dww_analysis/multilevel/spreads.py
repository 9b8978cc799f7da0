"""Standard deviations and correlations of random terms, named as lme4 names them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .gaussian.derivatives import entries
from .model import Array, RandomTerm


def spread_names(random: Sequence[RandomTerm]) -> tuple[str, ...]:
    """Names such as sd_(Intercept)|team and cor_time.(Intercept)|team, in the order of theta."""
    out = []
    for term in random:
        for i, j in entries(len(term.names)):
            name = f"sd_{term.names[i]}" if i == j else f"cor_{term.names[i]}.{term.names[j]}"
            out.append(f"{name}|{term.group}")
    return tuple(out)


def spreads(random: Sequence[RandomTerm], theta: Array, sigma: float = 1.0) -> list[float]:
    """The numbers under these names, from theta (k,) relative to sigma; NaN where a correlation has no variance."""
    out: list[float] = []
    at = 0
    for term in random:
        q = len(term.names)
        factor = np.zeros((q, q))
        for i, j in entries(q):
            factor[i, j] = theta[at]
            at += 1
        sd = sigma * np.sqrt((factor**2).sum(axis=1))
        cov = sigma**2 * factor @ factor.T
        with np.errstate(invalid="ignore", divide="ignore"):
            out += [sd[i] if i == j else cov[i, j] / (sd[i] * sd[j]) for i, j in entries(q)]
    return out
