"""A value of each factor for each person, from the answers given.

Regression scores (Thurstone 1935) are the expected factor given the answers; Bartlett (1937) scores weigh the
answers by their residual covariance. Persons with gaps are scored from what they answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor.errors import FactorError

if TYPE_CHECKING:
    from dww_analysis.factor.fitted import Fitted

Array = NDArray[Any]


def factor_scores(fitted: Fitted, method: Literal["regression", "bartlett"]) -> pd.DataFrame:
    """(N, factors) in the order of the data frame's rows that were analysed."""
    if method not in ("regression", "bartlett"):
        raise FactorError.of(
            found=f"method={method!r}",
            where="factor scores",
            expected="'regression' or 'bartlett'",
            action="correct it",
        )
    frames = []
    parts = zip(
        fitted.model.blocks, fitted.states, fitted.summary.moments, fitted.summary.prepared.index, strict=True
    )
    for block, state, moments, index in parts:
        p = len(block.observed)
        C, M = state.at.C, state.at.M
        rows = moments.rows
        assert rows is not None and moments.pattern is not None
        residual = C[:p, :p] - C[:p, p:] @ np.linalg.pinv(C[p:, p:]) @ C[p:, :p]
        loadings = C[:p, p:] @ np.linalg.pinv(C[p:, p:])
        out = np.empty((len(rows), len(block.factors)))
        for k, seen in enumerate(moments.observed):
            here = moments.pattern == k
            if method == "regression":
                weights = C[p:, :p][:, seen] @ np.linalg.inv(state.at.sigma[np.ix_(seen, seen)])
            else:
                weights = _bartlett(loadings[seen], residual[np.ix_(seen, seen)])
            out[here] = M[p:] + (rows[here][:, seen] - state.mu[seen]) @ weights.T
        frames.append(pd.DataFrame(out, index=index, columns=list(block.factors)))
    together = pd.concat(frames)
    return together if len(frames) == 1 else together.sort_index(kind="stable")


def _bartlett(loadings: Array, residual: Array) -> Array:
    try:
        weighted = np.linalg.solve(residual, loadings)
        return np.linalg.solve(loadings.T @ weighted, weighted.T)
    except np.linalg.LinAlgError as error:
        raise FactorError.of(
            found="residual variances of zero, or persons who answered no item of a factor",
            where="Bartlett factor scores",
            expected="a positive residual variance for each item",
            action="use method='regression'",
        ) from error
