"""Test-retest over waves: how well persons keep their place, and how much single scores move.

Between waves people may truly change, so a low value is not by itself an unreliable scale; the time between the waves
belongs beside the number.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from dww_analysis.errors import ScaleError
from dww_analysis.scales.items_matrix import check_level
from dww_analysis.scales.rows import one_column


@dataclass(frozen=True)
class Retest:
    """Agreement of two measurements of the same persons."""

    r: float  # Pearson correlation
    r_low: float
    r_high: float
    icc: float  # ICC(A,1): absolute agreement of a single score (McGraw & Wong 1996)
    icc_consistency: float  # ICC(C,1)
    mean_change: float  # second minus first
    sd_change: float
    sem: float  # standard error of measurement, sd_change / sqrt(2)
    smallest_detectable_change: float  # 1.96 sqrt(2) sem, of one person
    n_persons: int
    conf_level: float


def test_retest(first: pd.Series, second: pd.Series, conf_level: float = 0.95) -> Retest:
    """Test-retest of scores of the same persons, matched by index when both are indexed by person, else by position.

    ICC(A,1) and ICC(C,1) from the two-way analysis of variance (McGraw & Wong 1996); the interval of r is Fisher's.
    Refuses fewer than four persons with both scores, and a wave in which all scores are equal.
    """
    check_level(conf_level)
    pair = _pairs(first, second)
    n = len(pair)
    if n < 4 or np.ptp(pair[:, 0]) == 0 or np.ptp(pair[:, 1]) == 0:
        raise ScaleError.of(
            found=f"{n} persons with both scores" if n < 4 else "a wave in which all scores are equal",
            where="test-retest",
            expected="at least four persons whose scores differ in both waves",
            action="check the link between the waves",
        )
    from scipy.special import ndtri

    r = float(np.clip(np.corrcoef(pair.T)[0, 1], -1, 1))
    half = float(ndtri(0.5 + conf_level / 2)) / np.sqrt(n - 3)
    with np.errstate(divide="ignore"):
        z = np.arctanh(r)
    rows, columns = _mean_squares(pair)
    change = pair[:, 1] - pair[:, 0]
    error = float(change.var(ddof=1) / 2)
    return Retest(
        r=r,
        r_low=float(np.tanh(z - half)),
        r_high=float(np.tanh(z + half)),
        icc=float((rows - error) / (rows + error + 2 * (columns - error) / n)),
        icc_consistency=float((rows - error) / (rows + error)),
        mean_change=float(change.mean()),
        sd_change=float(change.std(ddof=1)),
        sem=float(np.sqrt(error)),
        smallest_detectable_change=float(ndtri(0.975) * np.sqrt(2 * error)),
        n_persons=n,
        conf_level=conf_level,
    )


def retest_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Test-retest of every pair of waves of a scores table that anybody answered both, per sample and scale; without
    rows where nobody is recognised from one wave to another.

    Columns: sample, scale, wave_1, wave_2, n_persons, r, r_low, r_high, icc, sem, smallest_detectable_change, note.
    """
    rows = []
    for (sample, scale), part in scores.groupby(["sample", "scale"], sort=False, observed=True):
        wide = part.pivot(index="person", columns="wave", values="score")
        for one, two in combinations(sorted(wide.columns), 2):
            row = _row(wide, one, two)
            named = {"sample": sample, "scale": scale, "wave_1": one, "wave_2": two}
            rows += [named | row] if row["n_persons"] else []
    columns = ["sample", "scale", "wave_1", "wave_2", "n_persons", "r", "r_low", "r_high", "icc", "sem"]
    return pd.DataFrame(rows, columns=[*columns, "smallest_detectable_change", "note"])


def _row(wide: pd.DataFrame, one: int, two: int) -> dict[str, object]:
    n = int((wide[one].notna() & wide[two].notna()).sum())
    try:
        found = test_retest(wide[one], wide[two])
    except ScaleError as refusal:
        return {"n_persons": n, "note": refusal.problems[0].found}
    names = ("n_persons", "r", "r_low", "r_high", "icc", "sem", "smallest_detectable_change")
    return {**{name: getattr(found, name) for name in names}, "note": ""}


def _pairs(first: pd.Series, second: pd.Series) -> np.ndarray:
    a, b = one_column(first, "test-retest"), one_column(second, "test-retest")
    if len(a) == len(b) and a.index.equals(b.index):
        pair = np.column_stack([a, b])
    else:
        _check_once_each(a.index, b.index)
        pair = pd.concat([a, b], axis=1, join="inner").to_numpy()
    return pair[~np.isnan(pair).any(axis=1)]


def _check_once_each(*indexes: pd.Index) -> None:
    if not all(index.is_unique for index in indexes):
        raise ScaleError.of(
            found="persons who stand more than once in a wave",
            where="test-retest",
            expected="one score a person in each wave, indexed by person",
            action="keep one row a person, and use the person as the index",
        )


def _mean_squares(pair: np.ndarray) -> tuple[float, float]:
    """Mean squares between persons and between waves."""
    n, k = pair.shape
    rows = k * pair.mean(axis=1).var(ddof=1)
    columns = n * pair.mean(axis=0).var(ddof=1)
    return float(rows), float(columns)
