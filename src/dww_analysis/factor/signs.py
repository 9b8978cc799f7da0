"""Which way a factor counts: a factor without a marker could as well be turned round, so it follows its items.

Turning a factor changes the sign of its loadings, covariances, paths and mean, and nothing that the data see. Factors
are taken from the items upwards, so that a factor of factors follows factors that already follow their items.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor.model import Model
from dww_analysis.factor.table import Row

Array = NDArray[Any]


def orientation(model: Model, theta: Array) -> Array:
    """(n_theta,) of +1 and -1: the signs that turn each factor towards the sum of its loadings.

    A factor stays as it is where a fixed number other than zero (a marker, a stated value) says which way it counts.
    """
    values = model.values(theta)
    sign: dict[str, float] = {}
    for factor in _upwards(model):
        total = sum(
            values[k] * sign.get(row.rhs, 1.0)
            for k, row in enumerate(model.rows)
            if row.op == "=~" and row.lhs == factor and row.group == 1
        )
        sign[factor] = -1.0 if total < 0 and not _held(model, factor, values) else 1.0
    result = np.ones(model.n_theta)
    for k, row in enumerate(model.rows):
        if model.theta_of_row[k] >= 0:
            result[model.theta_of_row[k]] = _sign_of(row, sign)
    return result


def _upwards(model: Model) -> list[str]:
    """Factors, each after those that load on it."""
    factors = list(dict.fromkeys(f for who in model.table.roles.values() for f in who.factors))
    below = {
        f: {r.rhs for r in model.rows if r.op == "=~" and r.lhs == f and r.rhs in factors} for f in factors
    }
    ordered: list[str] = []
    while len(ordered) < len(factors):
        ready = [f for f in factors if f not in ordered and below[f] <= set(ordered)]
        ordered += ready or [f for f in factors if f not in ordered]
    return ordered


def _sign_of(row: Row, sign: Mapping[str, float]) -> float:
    if row.op == "~1":
        return sign.get(row.lhs, 1.0)
    if row.op in ("=~", "~", "~~"):
        return sign.get(row.lhs, 1.0) * sign.get(row.rhs, 1.0)
    return 1.0


def _held(model: Model, factor: str, values: Array) -> bool:
    return any(
        model.theta_of_row[k] < 0 and values[k] != 0 and _sign_of(row, {factor: -1.0}) < 0
        for k, row in enumerate(model.rows)
    )
