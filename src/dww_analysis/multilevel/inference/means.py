"""Tables of estimated marginal means and of contrasts between them.

Everything is a linear function L beta of one fit; estimate, standard error, interval and p value of a row share one
covariance and one df, those of the `Inference` handed in. Adjusted p values stand beside, never in place of, p values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import MethodError
from ..formula.grid import Axis, Cells, marginal_cells
from ..model import Array, Design, Inference
from .distributions import adjust_p, adjustment_name, t_quantile, two_sided_p

ROUNDING = 1e-12  # of the terms a variance is the sum of


@dataclass(frozen=True)
class Link:
    """Inverse link, its derivative, and what a difference on the link scale becomes as a ratio."""

    inverse: Callable[[Array], Array]
    derivative: Callable[[Array], Array]
    ratio: str


def _expit(eta: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * eta))


LINKS = {
    "binomial": Link(_expit, lambda eta: _expit(eta) * _expit(-eta), "odds ratio"),
    "poisson": Link(np.exp, np.exp, "ratio"),
}


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


def _names(specs: str | Sequence[str] | None) -> list[str]:
    if specs is None:
        return []
    return [specs] if isinstance(specs, str) else list(specs)


def means_table(
    design: Design, beta: Array, inference: Inference, specs: str | Sequence[str], by: str | Sequence[str] | None,
    at: Mapping[str, Any] | None, conf_level: float, family: str, scale: str,
) -> pd.DataFrame:  # fmt: skip
    """One row per combination of `specs` (fastest) and `by`."""
    cells = marginal_cells(design, _names(specs) + _names(by), at)
    columns = linear_table(cells.L, beta, inference, conf_level, cells.offset)
    if _response_scale(scale, family):
        link = LINKS[family]
        columns["std_error"] = columns["std_error"] * link.derivative(columns["estimate"])
        for name in ("estimate", "conf_low", "conf_high"):
            columns[name] = link.inverse(columns[name])
    return pd.DataFrame({**cells.frame(), **columns, "df_method": inference.method, "scale": scale})


def _response_scale(scale: str, family: str) -> bool:
    if scale not in ("link", "response"):
        raise MethodError(f"type is 'link' or 'response', not {scale!r}.")
    return scale == "response" and family in LINKS


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
        raise MethodError("A contrast needs at least two means to compare.")
    return PAIRS[method](k)


def contrasts_table(
    design: Design, beta: Array, inference: Inference, specs: str | Sequence[str], by: str | Sequence[str] | None,
    at: Mapping[str, Any] | None, adjust: str | None, method: str | Sequence[str], interaction: bool,
    conf_level: float, family: str, scale: str,
) -> pd.DataFrame:  # fmt: skip
    """One row per contrast within each combination of `by`; p values adjusted over all rows of the table."""
    named = _names(specs)
    cells = marginal_cells(design, named + _names(by), at)
    labels, W, first = _weights(cells, len(named), method, interaction)
    columns = linear_table(W @ cells.L, beta, inference, conf_level, W @ cells.offset)
    adjustment = adjustment_name(adjust)
    columns["p_adjusted"] = adjust_p(columns["p_value"], adjustment)
    shown: Any = scale
    if _response_scale(scale, family):
        shown = LINKS[family].ratio
        labels = {key: [text.replace(" - ", " / ") for text in texts] for key, texts in labels.items()}
        columns["estimate"] = np.exp(columns["estimate"])
        columns["std_error"] = columns["std_error"] * columns["estimate"]
        columns["conf_low"], columns["conf_high"] = np.exp(columns["conf_low"]), np.exp(columns["conf_high"])
    around = pd.DataFrame(cells.frame()).iloc[first, len(named) :].reset_index(drop=True)
    table = pd.DataFrame({**labels, **columns, "adjust_method": adjustment, "df_method": inference.method})
    return pd.concat(
        [table.iloc[:, : len(labels)], around, table.iloc[:, len(labels) :].assign(scale=shown)], axis=1
    )


def _weights(
    cells: Cells, n_named: int, method: str | Sequence[str], interaction: bool
) -> tuple[dict[str, list[str]], Array, list[int]]:
    """Labels, weights (contrasts, cells) and, per contrast, one cell of its block."""
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
        labels = {"contrast": [f"{texts[i]} - {texts[j]}" for i, j in pairs]}
    n_blocks = len(cells.L) // block
    W: Array = np.asarray(np.kron(np.eye(n_blocks), small), dtype=np.float64)
    first = [b * block for b in range(n_blocks) for _ in range(len(small))]
    return {key: texts * n_blocks for key, texts in labels.items()}, W, first


def _cell_label(axes: Sequence[Axis], place: Sequence[int]) -> str:
    return " ".join(axis.labels()[k] for axis, k in zip(axes, place, strict=True))


def _difference(k: int, i: int, j: int) -> Array:
    row = np.zeros(k)
    row[i], row[j] = 1.0, -1.0
    return row


def _product_contrasts(
    axes: Sequence[Axis], method: str | Sequence[str]
) -> tuple[dict[str, list[str]], Array]:
    """Contrasts of contrasts: every contrast of the first variable crossed with every one of the next."""
    methods = [method] * len(axes) if isinstance(method, str) else list(method)
    if len(methods) != len(axes):
        raise MethodError(f"{len(axes)} variables need {len(axes)} contrast methods, not {len(methods)}.")
    small = np.ones((1, 1))
    labels: dict[str, list[str]] = {}
    for axis, one in zip(axes, methods, strict=True):
        texts, k = axis.labels(), len(axis.values)
        pairs = pair_list(one, k)
        rows = np.array([_difference(k, i, j) for i, j in pairs])
        small = np.kron(rows, small)  # later variables vary slower
        labels = {key: column * len(pairs) for key, column in labels.items()}
        before = len(small) // len(pairs)
        labels[f"{axis.name}_contrast"] = [
            f"{texts[i]} - {texts[j]}" for i, j in pairs for _ in range(before)
        ]
    return labels, small
