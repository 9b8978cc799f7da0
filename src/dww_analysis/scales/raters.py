"""Agreement of judges who all rate the same targets: the six intraclass correlations of Shrout and Fleiss (1979).

For observations and checklists by several raters; agreement of members within teams is in `agreement`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dww_analysis.errors import ScaleError
from dww_analysis.scales.items_matrix import as_numbers


@dataclass(frozen=True)
class ShroutFleiss:
    """The six coefficients of Shrout & Fleiss (1979) and the mean squares behind them."""

    icc_1_1: float
    icc_2_1: float
    icc_3_1: float
    icc_1_k: float
    icc_2_k: float
    icc_3_k: float
    bms: float  # between targets
    wms: float  # within targets
    jms: float  # between judges
    ems: float  # residual


def icc_shrout_fleiss(ratings: pd.DataFrame) -> ShroutFleiss:
    """ICC(1,1) to ICC(3,k) of targets (rows) by judges (columns), complete (Shrout & Fleiss 1979).

    Refuses a missing rating, fewer than two targets or judges, and ratings that are all the same.
    """
    what = "Shrout-Fleiss ICC"
    X = as_numbers(ratings, what).to_numpy()
    if X.ndim != 2 or min(X.shape) < 2 or np.isnan(X).any():
        raise ScaleError.of(
            found=f"ratings of shape {X.shape} with {int(np.isnan(X).sum())} gaps",
            where=what,
            expected="a complete table of two or more targets by two or more judges",
            action="leave out targets that were not rated by all",
        )
    n, k = X.shape
    grand, rows, columns = X.mean(), X.mean(axis=1), X.mean(axis=0)
    bms = k * ((rows - grand) ** 2).sum() / (n - 1)
    jms = n * ((columns - grand) ** 2).sum() / (k - 1)
    wms = ((X - rows[:, None]) ** 2).sum() / (n * (k - 1))
    ems = ((X - rows[:, None] - columns[None, :] + grand) ** 2).sum() / ((n - 1) * (k - 1))
    if bms <= 0:
        raise ScaleError.of(
            found="targets that do not differ",
            where=what,
            expected="targets that differ",
            action="check the ratings",
        )
    return ShroutFleiss(
        icc_1_1=float((bms - wms) / (bms + (k - 1) * wms)),
        icc_2_1=float((bms - ems) / (bms + (k - 1) * ems + k * (jms - ems) / n)),
        icc_3_1=float((bms - ems) / (bms + (k - 1) * ems)),
        icc_1_k=float((bms - wms) / bms),
        icc_2_k=float((bms - ems) / (bms + (jms - ems) / n)),
        icc_3_k=float((bms - ems) / bms),
        bms=float(bms),
        wms=float(wms),
        jms=float(jms),
        ems=float(ems),
    )
