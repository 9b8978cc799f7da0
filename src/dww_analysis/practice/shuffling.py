"""Themes on which roles differ more than chance gives: role labels are shuffled over ballots."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb, prod

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.errors import PracticeError
from dww_analysis.practice.ballots import by_role

DRAWS = 10_000
NEARLY = 1e-9  # spreads this close to the one seen count as equal to it


def contested(scores: pd.DataFrame, roles: pd.Series, draws: int = DRAWS, seed: int = 1) -> pd.DataFrame:
    """By theme: p_value, p_holm (over themes) and method (exact, or the number of draws).

    scores: ballots x themes; roles: role of each ballot, two at least. Compared is the spread of role means,
    sum of n_r (mean_r - mean)^2. Scores of 0 and 1 are counted exactly while the possible outcomes are at most 10 000;
    with two roles that is Fisher's test where the roles have as many ballots. Otherwise p = (as spread + 1) / (draws
    + 1). One set of draws serves all themes.
    """
    parts = by_role(scores, roles)
    if len(parts) < 2:
        raise PracticeError.of(
            found=f"{len(parts)} role",
            where="contested themes",
            expected="two roles at least",
            action="leave it out",
        )
    sizes = np.array([len(p) for p in parts.values()])
    X = pd.concat(list(parts.values()))
    p = np.array([_exact(X[theme].to_numpy(float), sizes) for theme in X.columns])
    left = np.isnan(p)
    if left.any():
        p[left] = _drawn(X.to_numpy(float)[:, left], sizes, draws, seed)
    method = np.where(left, f"{draws} draws", "exact")
    return pd.DataFrame({"p_value": p, "p_holm": _holm(p), "method": method}, index=X.columns)


def _holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Holm's p values, as R's `p.adjust(p, "holm")`.

    statsmodels has them as well, but collects garbage at every call: a second for six sessions.
    """
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty_like(p)
    result[order] = np.minimum(stepped, 1)
    return result


def _spread(sums: NDArray[np.float64], sizes: NDArray[np.int_]) -> NDArray[np.float64]:
    """Spread of role means, up to a constant: sum over roles (last axis) of total^2 / n."""
    return np.asarray((sums**2 / sizes).sum(axis=-1))


def _exact(x: NDArray[np.float64], sizes: NDArray[np.int_]) -> float:
    """p value over all ways in which the ballots that chose the theme fall over roles.

    NaN when they are too many, or when scores are not 0 and 1.
    """
    total = int(x.sum())
    if not np.isin(x, (0, 1)).all() or _ways(total, sizes) > DRAWS:
        return float("nan")
    counts = np.array(list(_tables(total, tuple(sizes))))
    seen = np.add.reduceat(x, np.concatenate([[0], np.cumsum(sizes)[:-1]]))
    weight = np.array([prod(comb(int(n), int(k)) for n, k in zip(sizes, row, strict=True)) for row in counts])
    as_spread = _spread(counts.astype(float), sizes) >= _spread(seen, sizes) - NEARLY
    return float(weight[as_spread].sum() / comb(int(sizes.sum()), total))


def _ways(total: int, sizes: NDArray[np.int_]) -> int:
    """How many tables of counts by role add up to the total."""
    ways = np.ones(1, dtype=object)
    for n in sizes:
        ways = np.convolve(ways, np.ones(int(n) + 1, dtype=object))
    return int(ways[total])


def _tables(total: int, sizes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if len(sizes) == 1:
        yield (total,)
        return
    rest = sum(sizes[1:])
    for k in range(max(0, total - rest), min(sizes[0], total) + 1):
        for others in _tables(total - k, sizes[1:]):
            yield (k, *others)


def _drawn(X: NDArray[np.float64], sizes: NDArray[np.int_], draws: int, seed: int) -> NDArray[np.float64]:
    """p values of all themes from one set of shuffles."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    seen = _spread(np.add.reduceat(X, starts, axis=0).T, sizes)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    shuffled = np.random.default_rng(seed).permuted(np.tile(labels, (draws, 1)), axis=1)
    spread = np.zeros((draws, X.shape[1]))
    for role, n in enumerate(sizes):
        spread += ((shuffled == role) @ X) ** 2 / n
    as_spread = (spread >= seen - NEARLY).sum(axis=0)
    return np.asarray((as_spread + 1) / (draws + 1))
