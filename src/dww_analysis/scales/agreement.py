"""Agreement within teams: rwg, rwg(j), Lindell's r*wg(j) and AD_M, each against what random answers would give.

Agreement asks whether the members of one team say the same; it needs no other team. Whether teams differ is
another question, answered by ICC(1) and ICC(2) in `aggregation`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.errors import ScaleError
from dww_analysis.scales.items_matrix import as_numbers
from dww_analysis.scales.rows import beside

Array = NDArray[np.float64]
# Shares of answers 1..5 under a slight leniency (James, Demaree & Wolf 1984, table 2): variance 1.34.
SLIGHT_SKEW_5 = (0.05, 0.15, 0.20, 0.35, 0.25)


def null_variance(options: int, null: str = "uniform") -> float:
    """Variance of answers given at random on `options` categories.

    null: "uniform", (A^2 - 1) / 12, or "slight skew" (James, Demaree & Wolf 1984), known for five options.
    """
    if options != int(options) or options < 2:
        raise ScaleError.of(
            found=f"{options} answer options",
            where="agreement",
            expected="two or more",
            action="pass options=5 or so",
        )
    if null == "uniform":
        return (options**2 - 1) / 12
    if null != "slight skew":
        raise ScaleError.of(
            found=f"null {null!r}", where="agreement", expected="uniform or slight skew", action="choose one"
        )
    if options != 5:
        raise ScaleError.of(
            found=f"a slightly skewed null for {options} options",
            where="agreement",
            expected="five options",
            action="pass the variance of your null distribution as null=1.34 or so",
        )
    shares, answers = np.array(SLIGHT_SKEW_5), np.arange(1, 6)
    mean = float(shares @ answers)
    return float(shares @ answers**2 - mean**2)


def rwg(
    items: pd.DataFrame | pd.Series,
    group: pd.Series,
    options: int | None = None,
    null: str | float = "uniform",
) -> pd.DataFrame:
    """Agreement on a single item in each group, 1 - s^2 / sigma^2_null (James, Demaree & Wolf 1984).

    items: one column (or several, each an item or score by itself; a column `item` is then added).
    group: the group of each row. options: number of answer options; taken from the answers, with a warning, if absent.
    null: "uniform", "slight skew", or the variance of another null distribution.
    Returns group, n (members who answered), value, out_of_range: more variance than the null gives 0 and True. A
    group of one member or none has NaN. Reproduces multilevel::rwg.
    """
    frame, labels = _answers(items, group, "rwg")
    sigma2 = _sigma2(frame, options, null)
    parts = []
    for column in frame.columns:
        variances, sizes = _variances(frame[[column]], labels)
        part = _table(sizes, 1 - variances[column] / sigma2)
        parts.append(part if frame.shape[1] == 1 else part.assign(item=str(column)))
    return pd.concat(parts, ignore_index=True)


def rwg_j(
    items: pd.DataFrame, group: pd.Series, options: int | None = None, null: str | float = "uniform"
) -> pd.DataFrame:
    """Agreement on a scale of J items in each group (James, Demaree & Wolf 1984, equation 2).

    With r = 1 - mean item variance / sigma^2_null:  J r / (J r + 1 - r).
    Arguments and columns as in `rwg`; members with a missing item are left out of their group.
    More variance than the null gives 0 and out_of_range True. Reproduces multilevel::rwg.j.
    """
    (found,) = rwg_j_under(items, group, options, (null,))
    return found


def rwg_j_under(
    items: pd.DataFrame, group: pd.Series, options: int | None, nulls: Sequence[str | float]
) -> list[pd.DataFrame]:
    """What `rwg_j` gives under each of several nulls; the variances of the answers are found once."""
    frame, labels = _answers(items, group, "rwg(j)")
    variances, sizes = _variances(frame, labels)
    mean = variances.mean(axis=1, skipna=False)
    return [_raised(1 - mean / _sigma2(frame, options, null), sizes, frame.shape[1]) for null in nulls]


def _raised(r: pd.Series, sizes: pd.Series, J: int) -> pd.DataFrame:
    """Agreement on J items from that on one, as Spearman and Brown's formula raises a reliability."""
    inside = r.clip(lower=0)
    return _table(sizes, J * inside / (J * inside + 1 - inside), beyond=r < 0)


def rwg_j_lindell(
    items: pd.DataFrame, group: pd.Series, options: int | None = None, null: str | float = "uniform"
) -> pd.DataFrame:
    """Lindell's r*wg(j), 1 - mean item variance / sigma^2_null, which more items do not raise (Lindell et al. 1999).

    Arguments and columns as in `rwg_j`, but a negative value stays (disagreement), with out_of_range True.
    """
    frame, labels = _answers(items, group, "r*wg(j)")
    r, sizes = _mean_agreement(frame, labels, options, null)
    return _table(sizes, r, beyond=r < 0, truncate=False)


def ad_m(items: pd.DataFrame | pd.Series, group: pd.Series) -> pd.DataFrame:
    """Average deviation from the group's item means, averaged over items (Burke, Finkelstein & Dusig 1999).

    In answer units; at most A / 6 for A options is taken as agreement (Burke & Dunlap 2002).
    Returns group, n, value, out_of_range (always False). A group of one or none has NaN. Reproduces multilevel::ad.m.
    """
    frame, labels = _answers(items, group, "AD_M")
    complete = frame.notna().all(axis=1)
    inside, own = frame[complete], labels[complete]
    deviation = (inside - inside.groupby(own, observed=True).transform("mean")).abs().mean(axis=1)
    sizes = _sizes(own, labels)
    values = deviation.groupby(own, observed=True).mean().reindex(sizes.index).where(sizes > 1)
    return _table(sizes, values, beyond=values < 0)


def _answers(items: pd.DataFrame | pd.Series, group: pd.Series, what: str) -> tuple[pd.DataFrame, pd.Series]:
    """Answers and group of the rows that have a group, on a common index."""
    frame = as_numbers(items, what)
    labels = beside(frame, group, what, "rows of answers")
    if frame.shape[1] == 0:
        raise ScaleError.of(
            found="no items", where=what, expected="at least one item", action="pass the item columns"
        )
    frame = frame.set_axis(labels.index)
    known = labels.notna()
    if not known.any():
        raise ScaleError.of(
            found="no row with a group",
            where=what,
            expected="the group of each row",
            action="check the team column",
        )
    return frame[known], labels[known]


def _sigma2(frame: pd.DataFrame, options: int | None, null: str | float) -> float:
    if not isinstance(null, str):
        if not null > 0:
            raise ScaleError.of(
                found=f"null variance {null}",
                where="agreement",
                expected="a positive variance",
                action="correct it",
            )
        return float(null)
    return null_variance(_observed_options(frame) if options is None else options, null)


def _observed_options(frame: pd.DataFrame) -> int:
    values = frame.to_numpy()
    if np.isnan(values).all():
        raise ScaleError.of(
            found="no answers at all", where="agreement", expected="answers", action="check the item columns"
        )
    found = int(np.ceil(np.nanmax(values)) - np.floor(np.nanmin(values))) + 1
    warnings.warn(
        f"the number of answer options ({found}) was taken from the answers; pass options= if some were never chosen",
        stacklevel=4,
    )
    return found


def _mean_agreement(
    frame: pd.DataFrame, labels: pd.Series, options: int | None, null: str | float
) -> tuple[pd.Series, pd.Series]:
    variances, sizes = _variances(frame, labels)
    return 1 - variances.mean(axis=1, skipna=False) / _sigma2(frame, options, null), sizes


def _variances(frame: pd.DataFrame, labels: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    complete = frame.notna().all(axis=1)
    sizes = _sizes(labels[complete], labels)
    return frame[complete].groupby(labels[complete], observed=True).var().reindex(sizes.index), sizes


def _sizes(own: pd.Series, labels: pd.Series) -> pd.Series:
    """Members behind the value of each group, 0 for a group in which nobody answered."""
    every = pd.Index(np.sort(labels.unique()), name="group")
    return own.value_counts().reindex(every, fill_value=0)


def _table(
    sizes: pd.Series, values: pd.Series, beyond: pd.Series | None = None, truncate: bool = True
) -> pd.DataFrame:
    outside = (values < 0) if beyond is None else beyond
    shown = values.where(~outside, 0.0) if truncate else values
    return pd.DataFrame(
        {
            "group": sizes.index.to_numpy(),
            "n": sizes.to_numpy(),
            "value": shown.to_numpy(dtype=float),
            "out_of_range": outside.fillna(False).to_numpy(dtype=bool),
        }
    )
