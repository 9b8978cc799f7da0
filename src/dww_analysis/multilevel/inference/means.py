"""Tables of estimated marginal means and of contrasts between them.

Everything is a linear function L beta of one fit; estimate, standard error, interval and p value of a row share one
covariance and one df, those of the `Inference` handed in. Adjusted p values stand beside, never in place of, p values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import MethodError, NotEstimableError
from ..formula.design import ModelSpec
from ..formula.grid import Axis, Cells, marginal_cells
from ..model import Array, Design, Inference
from .distributions import adjust_p, adjustment_name, t_quantile, two_sided_p
from .scales import ResponseScale, check_scale, refuse_differences, response_scale

Pair = tuple[str, str]  # the labels of two means that are compared
NOT_ESTIMABLE = "not estimable"  # stands in df_method
ROUNDING = 1e-12  # of the terms a variance is the sum of


def linear_table(
    L: Array, beta: Array, inference: Inference, conf_level: float, offset: Array | float = 0.0
) -> dict[str, Any]:
    """Columns estimate, std_error, df, statistic, p_value, conf_low, conf_high for the rows of L.

    A small-sample covariance can be indefinite; where it gives a negative variance, all but the estimate is missing.
    """
    estimate = L @ beta + offset
    variance = np.einsum("ij,jk,ik->i", L, inference.vcov, L)
    rounding = ROUNDING * np.einsum("ij,jk,ik->i", np.abs(L), np.abs(inference.vcov), np.abs(L))
    std_error = np.sqrt(np.where(variance < -rounding, np.nan, np.maximum(variance, 0.0)))
    df = np.asarray(inference.df(L), dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / std_error
    half = t_quantile(df, conf_level) * std_error
    return {
        "estimate": estimate,
        "std_error": std_error,
        "df": df,
        "statistic": statistic,
        "p_value": two_sided_p(statistic, df),
        "conf_low": estimate - half,
        "conf_high": estimate + half,
    }


def estimable_table(
    design: Design, L: Array, beta: Array, inference: Inference, conf_level: float, offset: Array
) -> dict[str, Any]:
    """The columns of `linear_table` and df_method, for rows over all columns of the formula.

    A row that rests on a left-out column has no value whatever the data: its numbers are missing and its df_method is
    "not estimable". Refused where no row is estimable.
    """
    spec: ModelSpec = design.spec
    known = spec.rank.estimable(L)
    if not known.any():
        raise NotEstimableError(
            f"None of these is estimable: {spec.why_dropped()}. Name fewer variables, say with `at` at which levels to "
            "compare, or fit a model without the interaction."
        )
    found = linear_table(spec.coefficients_of(L[known]), beta, inference, conf_level, offset[known])
    columns = {name: np.full(len(L), np.nan) for name in found}
    for name, values in found.items():
        columns[name][known] = values
    return {**columns, "df_method": np.where(known, inference.method, NOT_ESTIMABLE)}


def _names(specs: str | Sequence[str] | None) -> list[str]:
    if specs is None:
        return []
    return [specs] if isinstance(specs, str) else list(specs)


def means_table(
    design: Design, beta: Array, inference: Inference, specs: str | Sequence[str], by: str | Sequence[str] | None,
    at: Mapping[str, Any] | None, conf_level: float, link: str, scale: str,
) -> pd.DataFrame:  # fmt: skip
    """One row per combination of `specs` (fastest) and `by`."""
    cells = marginal_cells(design, _names(specs) + _names(by), at)
    columns = estimable_table(design, cells.L, beta, inference, conf_level, cells.offset)
    if check_scale(scale):
        _turn_means_back(columns, response_scale(design, link))
    return pd.DataFrame({**cells.frame(), **columns, "scale": scale, "held_at": _held_text(cells)})


def _held_text(cells: Cells) -> str:
    """Where the numbers stand that the table does not name, as "age = 38.2, woman = 0.61"."""
    return ", ".join(f"{name} = {value}" for name, value in cells.held.items())


def _turn_means_back(columns: dict[str, Any], scale: ResponseScale) -> None:
    """Means and limits on the outcome's scale; the standard error by the delta method, tests as they were."""
    link = columns["estimate"]
    columns["std_error"] = columns["std_error"] * np.abs(scale.derivative(link))
    columns["conf_low"], columns["conf_high"] = scale.limits(link, columns["conf_low"], columns["conf_high"])
    columns["estimate"] = scale.inverse(link)


def _turn_differences_back(columns: dict[str, Any], scale: ResponseScale) -> tuple[str, str]:
    """Differences as differences or ratios on the outcome's scale; the sign between two means, and the scale's name."""
    names = ("estimate", "conf_low", "conf_high")
    if scale.difference is not None:
        moved = [columns[name] * scale.difference for name in names]
        columns["std_error"] = columns["std_error"] * abs(scale.difference)
        sign, shown = " - ", "response"
    elif scale.ratio is not None:
        moved = [np.exp(columns[name] * scale.log_unit) for name in names]
        columns["std_error"] = columns["std_error"] * abs(scale.log_unit) * moved[0]
        sign, shown = " / ", scale.ratio
    else:
        refuse_differences(scale)
    columns["estimate"] = moved[0]
    columns["conf_low"], columns["conf_high"] = np.minimum(*moved[1:]), np.maximum(*moved[1:])
    return sign, shown


# ---- contrasts -------------------------------------------------------------------------------------------------
def _pairwise(k: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(k) for j in range(i + 1, k)]


PAIRS: dict[str, Callable[[int], list[tuple[int, int]]]] = {
    "pairwise": _pairwise,  # first - second, as emmeans
    "revpairwise": lambda k: [(j, i) for j in range(k) for i in range(j)],
    "trt.vs.ctrl": lambda k: [(i, 0) for i in range(1, k)],
    "consecutive": lambda k: [(i + 1, i) for i in range(k - 1)],
}


def pair_list(method: str, k: int) -> list[tuple[int, int]]:
    """The pairs (minuend, subtrahend) of a contrast method for k means."""
    if method not in PAIRS:
        raise MethodError(f"Unknown contrast method {method!r}; known are {', '.join(PAIRS)}.")
    if k < 2:
        raise MethodError(
            "A contrast needs at least two means to compare; name a variable with several values."
        )
    return PAIRS[method](k)


def contrasts_table(
    design: Design, beta: Array, inference: Inference, specs: str | Sequence[str], by: str | Sequence[str] | None,
    at: Mapping[str, Any] | None, adjust: str | None, method: str | Sequence[str], interaction: bool,
    conf_level: float, link: str, scale: str,
) -> pd.DataFrame:  # fmt: skip
    """One row per contrast within each combination of `by`; p values adjusted over all rows of the table."""
    named = _names(specs)
    cells = marginal_cells(design, named + _names(by), at)
    pairs, W, first = _weights(cells, len(named), method, interaction)
    columns = estimable_table(design, W @ cells.L, beta, inference, conf_level, W @ cells.offset)
    df_method = columns.pop("df_method")
    adjustment = adjustment_name(adjust)
    columns["p_adjusted"] = adjust_p(columns["p_value"], adjustment)
    sign, shown = " - ", scale
    if check_scale(scale):
        sign, shown = _turn_differences_back(columns, response_scale(design, link))
    labels = {key: [f"{a}{sign}{b}" for a, b in texts] for key, texts in pairs.items()}
    end = {"scale": shown, "held_at": _held_text(cells)}
    around = pd.DataFrame(cells.frame()).iloc[first, len(named) :].reset_index(drop=True)
    table = pd.DataFrame({**labels, **columns, "adjust_method": adjustment, "df_method": df_method})
    return pd.concat(
        [table.iloc[:, : len(labels)], around, table.iloc[:, len(labels) :].assign(**end)], axis=1
    )


def _weights(
    cells: Cells, n_named: int, method: str | Sequence[str], interaction: bool
) -> tuple[dict[str, list[Pair]], Array, list[int]]:
    """Labels of both sides, weights (contrasts, cells) and, per contrast, one cell of its block."""
    sizes = [len(axis.values) for axis in cells.axes[:n_named]]
    block = int(np.prod(sizes))
    if interaction:
        labels, small = _product_contrasts(cells.axes[:n_named], method)
    else:
        if not isinstance(method, str):
            raise MethodError("Several contrast methods need interaction=True.")
        texts = [_cell_label(cells.axes[:n_named], cells.places[i][:n_named]) for i in range(block)]
        pairs = pair_list(method, block)
        small = np.array([_difference(block, i, j) for i, j in pairs])
        labels = {"contrast": [(_bracketed(texts[i]), _bracketed(texts[j])) for i, j in pairs]}
    n_blocks = len(cells.L) // block
    W: Array = np.asarray(np.kron(np.eye(n_blocks), small), dtype=np.float64)
    first = [b * block for b in range(n_blocks) for _ in range(len(small))]
    return {key: texts * n_blocks for key, texts in labels.items()}, W, first


def _cell_label(axes: Sequence[Axis], place: Sequence[int]) -> str:
    return " ".join(axis.labels()[k] for axis, k in zip(axes, place, strict=True))


def _bracketed(label: str) -> str:
    """A label in which a sign of a contrast stands is put in brackets, as emmeans does: (18 - 34) - (35 - 44)."""
    return f"({label})" if any(sign in label for sign in "-+/*") else label


def _difference(k: int, i: int, j: int) -> Array:
    row = np.zeros(k)
    row[i], row[j] = 1.0, -1.0
    return row


def _product_contrasts(
    axes: Sequence[Axis], method: str | Sequence[str]
) -> tuple[dict[str, list[Pair]], Array]:
    """Contrasts of contrasts: every contrast of the first variable crossed with every one of the next."""
    methods = [method] * len(axes) if isinstance(method, str) else list(method)
    if len(methods) != len(axes):
        raise MethodError(f"{len(axes)} variables need {len(axes)} contrast methods, not {len(methods)}.")
    small = np.ones((1, 1))
    labels: dict[str, list[Pair]] = {}
    for axis, one in zip(axes, methods, strict=True):
        texts, k = axis.labels(), len(axis.values)
        pairs = pair_list(one, k)
        rows = np.array([_difference(k, i, j) for i, j in pairs])
        small = np.kron(rows, small)  # later variables vary slower
        labels = {key: column * len(pairs) for key, column in labels.items()}
        before = len(small) // len(pairs)
        labels[f"{axis.name}_contrast"] = [
            (_bracketed(texts[i]), _bracketed(texts[j])) for i, j in pairs for _ in range(before)
        ]
    return labels, small
