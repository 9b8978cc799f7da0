"""Predictions for new rows: from the fixed effects alone, or with the random effects of the levels the fit knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import DesignError, NotEstimableError
from ..formula.design import ModelSpec, new_group_codes
from ..formula.rows import row_numbers
from ..model import Array, RandomTerm, Solution
from ..shapes import expect_extra_zeros, zero_probability
from .distributions import t_quantile
from .means import Tested, turn_means_back
from .new_levels import MEAN, joint_df, spread_of_new, widen
from .scales import category_probabilities, check_scale, response_scale


def predict_table(
    tested: Tested, new_data: pd.DataFrame | None, scale: str, offset: Any, of: str = MEAN
) -> pd.DataFrame:
    """One row a new row, with its label: estimate, std_error, df, conf_low, conf_high of the mean of its predictors, at
    random effects of zero, or of what is new (`new_levels`). Without new data, the rows of the fit."""
    solution, design = tested.solution, tested.solution.design
    if new_data is None:
        rows, known, index = design.X, design.offset, design.frame.index
    else:
        rows, known, index = *_fixed_part(design.spec, new_data, offset), new_data.index
    columns = tested.linear(rows, known)
    more = spread_of_new(solution, new_data, of, len(rows))
    if more:
        columns["df"] = joint_df(columns["std_error"], columns["df"], more)
        widen(columns, more, t_quantile(columns["df"], tested.conf_level))
    if check_scale(scale):
        expect_extra_zeros(columns, rows, solution, *zero_part(solution, new_data))
        turn_means_back(columns, tested.scale())
    table = {name: columns[name] for name in ("estimate", "std_error", "df", "conf_low", "conf_high")}
    return pd.DataFrame({**table, "df_method": tested.inference.method}, index=index)


def predict_rows(
    solution: Solution, modes: list[Array] | None, new_data: pd.DataFrame, scale: str, offset: Any
) -> Array:
    """(rows,) predictions; `modes` None leaves every random effect at zero. Refuses what is not a data frame."""
    rows, known = _fixed_part(solution.design.spec, new_data, offset)
    eta = rows @ solution.beta + known
    design = solution.design
    zeros: tuple[Array | None, Any] = zero_part(solution, new_data) if check_scale(scale) else (None, 0.0)
    if modes is not None and len(eta):
        eta = eta + _random_part(design.spec, design.random, modes, new_data)
        if zeros[0] is not None and design.zero is not None:
            of_zeros = [mode for mode, _ in solution.extra.zero_modes]
            more = _random_part(design.zero.spec, design.zero.random, of_zeros, new_data)
            zeros = (zeros[0], zeros[1] + more)
    return to_scale(eta, solution, scale, *zeros)


def zero_part(solution: Solution, new_data: pd.DataFrame | None) -> tuple[Array | None, Array | float]:
    """(rows, s) the predictors of extra zeros and their offset, of new rows or of those of the fit; nothing where there
    are none."""
    zero = solution.design.zero
    if zero is None:
        return None, 0.0
    return (zero.X, zero.offset) if new_data is None else _fixed_part(zero.spec, new_data, None)


def _fixed_part(spec: ModelSpec, new_data: pd.DataFrame, offset: Any) -> tuple[Array, Array]:
    """(rows, p) the fixed columns of new rows, and (rows,) their offset."""
    if not isinstance(new_data, pd.DataFrame):
        raise DesignError(
            f"The new rows must be a pandas data frame, not {type(new_data).__name__}; one row is data.iloc[[0]]."
        )
    if len(new_data) == 0:
        return np.zeros((0, len(spec.assign))), np.zeros(0)
    env = spec.environment(new_data, spec.fixed_columns())
    known = spec.formula_offset(env) + _new_offset(spec, new_data, offset)
    return _estimable_rows(spec, spec.fixed_matrix(env)), known


def _estimable_rows(spec: ModelSpec, X: Array) -> Array:
    """(rows, p) the kept columns; refuses rows that the data of the fit do not inform."""
    unknown = int((~spec.rank.estimable(X)).sum())
    if unknown:
        raise NotEstimableError(
            f"{unknown} of {len(X)} new rows have no prediction: {spec.why_dropped()}. Leave these rows out."
        )
    return spec.location_of(X)


def to_scale(
    eta: Array,
    solution: Solution,
    scale: str,
    zero_columns: Array | None = None,
    zero_offset: Array | float = 0.0,
) -> Array:
    """The linear predictor, or for scale "response" the outcome in its own units: (rows, K) probabilities of the
    categories of an ordered outcome; expected counts, extra zeros included (of the rows of the fit, or of rows with
    these predictors of extra zeros)."""
    if not check_scale(scale):
        return eta
    design = solution.design
    if design.categories:
        return category_probabilities(eta, solution.beta[: design.n_thresholds])
    return response_scale(design, solution.extra.link).inverse(eta) * (
        1.0 - zero_probability(solution, zero_columns, zero_offset)
    )


def _new_offset(spec: ModelSpec, new_data: pd.DataFrame, offset: Any) -> Array | float:
    """(rows,) the offset of the new rows: as given, else from the column the fit took it from."""
    given = spec.offset_column if offset is None else offset
    if given is not None:
        values = row_numbers("offset", given, new_data)
        if not np.isfinite(values).all():
            raise DesignError(
                f"The offset is missing or infinite in {int((~np.isfinite(values)).sum())} of {len(new_data)} rows; "
                "complete it, or leave these rows out."
            )
        return values
    if spec.offset_given:
        raise DesignError(
            "The model has an offset that was given as numbers; give one for the new rows: offset=..."
        )
    return 0.0


def _random_part(
    spec: ModelSpec, random: tuple[RandomTerm, ...], modes: list[Array], new_data: pd.DataFrame
) -> Array:
    """(rows,) contributions of known levels; levels the fit has not seen contribute zero, the mean of their kind."""
    total = np.zeros(len(new_data))
    for bar, term, mode in zip(spec.plan.random, random, modes, strict=True):
        nodes = (*bar.left.variables, *bar.group)
        env = spec.environment(new_data, spec.columns_of(nodes))
        codes = new_group_codes(spec, bar, term, env)
        Z = spec.random_matrix(bar, env)
        known = codes >= 0
        total[known] += np.einsum("ij,ij->i", Z[known], mode[codes[known]])
    return total
