"""Tables of estimated marginal means and of contrasts between them.

Everything is a linear function L beta of one fit; estimate, standard error, interval and p value of a row share one
covariance and one df, those of the `Inference` handed in. Adjusted p values stand beside, never in place of, p values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import MethodError, NotEstimableError
from ..formula.design import ModelSpec
from ..formula.grid import Axis, Cells, marginal_cells
from ..formula.reading import label_of
from ..model import Array, Inference, Solution
from .comparisons import Comparison, custom_comparisons, find_comparisons
from .distributions import SIMULTANEOUS, adjust_p, adjustment_name, t_quantile, two_sided_p
from .scales import ResponseScale, check_scale, refuse_differences, response_scale
from .simultaneous import multivariate_t_p, tukey_p

NOT_ESTIMABLE = "not estimable"  # stands in df_method
ROUNDING = 1e-12  # of the terms a variance is the sum of


@dataclass(frozen=True, eq=False)
class Tested:
    """A solution with the test that a table of it rests on."""

    solution: Solution
    inference: Inference
    conf_level: float

    @property
    def spec(self) -> ModelSpec:
        """How the columns of the fixed part were made, and which of them are left out."""
        found: ModelSpec = self.solution.design.spec
        return found

    def linear(self, L: Array, offset: Array | float = 0.0) -> dict[str, Any]:
        """`linear_table` of the rows of L."""
        return linear_table(L, self.solution.beta, self.inference, self.conf_level, offset)

    def scale(self) -> ResponseScale:
        """From the link back to the outcome; refused where the outcome cannot be turned back."""
        return response_scale(self.solution.design, self.solution.extra.link)


@dataclass(frozen=True)
class Grid:
    """Which means: every combination of `specs` (fastest) and `by`, numbers where `at` says."""

    specs: str | Sequence[str]
    by: str | Sequence[str] | None = None
    at: Mapping[str, Any] | None = None

    @property
    def named(self) -> list[str]:
        """The names of `specs`."""
        return as_names(self.specs)

    def cells(self, tested: Tested, weights: str = "equal") -> Cells:
        """The means as rows over all columns of the formula."""
        return marginal_cells(tested.solution.design, self.named + as_names(self.by), self.at, weights)


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


def estimable_table(tested: Tested, L: Array, offset: Array) -> dict[str, Any]:
    """The columns of `linear_table` and df_method, for rows over all columns of the formula.

    A row that rests on a left-out column has no value whatever the data: its numbers are missing and its df_method is
    "not estimable". Refused where no row is estimable.
    """
    spec = tested.spec
    known = spec.rank.estimable(L)
    if not known.any():
        raise NotEstimableError(
            f"None of these is estimable: {spec.why_dropped()}. Name fewer variables, say with `at` at which levels to "
            "compare, or fit a model without the interaction."
        )
    found = tested.linear(spec.coefficients_of(L[known]), offset[known])
    columns = {name: np.full(len(L), np.nan) for name in found}
    for name, values in found.items():
        columns[name][known] = values
    return {**columns, "df_method": np.where(known, tested.inference.method, NOT_ESTIMABLE)}


def as_names(specs: str | Sequence[str] | None) -> list[str]:
    """The names of one text or several, [] for None."""
    if specs is None:
        return []
    return [specs] if isinstance(specs, str) else list(specs)


def means_table(tested: Tested, grid: Grid, weights: str, scale: str) -> pd.DataFrame:
    """One row per combination of `specs` (fastest) and `by`."""
    cells = grid.cells(tested, weights)
    columns = estimable_table(tested, cells.L, cells.offset)
    if check_scale(scale):
        turn_means_back(columns, tested.scale())
    return pd.DataFrame({**cells.frame(), **columns, "scale": scale, "held_at": held_text(cells)})


def held_text(cells: Cells) -> str:
    """Where the numbers stand that the table does not name, as "age = 38.2, woman = 0.61"."""
    return ", ".join(f"{name} = {value}" for name, value in cells.held.items())


def turn_means_back(columns: dict[str, Any], scale: ResponseScale) -> None:
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
@dataclass(frozen=True)
class Wanted:
    """Which contrasts of the means, and how their p values are adjusted."""

    method: str | Sequence[str] = "pairwise"
    interaction: bool = False
    weights: Mapping[str, Any] | None = None  # of method "custom": one weight for each mean, by label
    reference: Any = None  # the level that "trt.vs.ctrl" compares with; None is the first
    adjust: str | None = "holm"


def contrasts_table(tested: Tested, grid: Grid, wanted: Wanted, scale: str) -> pd.DataFrame:
    """One row per contrast within each combination of `by`, with adjusted p values beside the others."""
    adjustment, n_named = adjustment_name(wanted.adjust), len(grid.named)
    cells = grid.cells(tested)
    compared, small = _compared(cells, n_named, wanted)
    n_blocks = len(cells.L) // small.shape[1]
    W: Array = np.asarray(np.kron(np.eye(n_blocks), small), dtype=np.float64)
    columns = estimable_table(tested, W @ cells.L, W @ cells.offset)
    df_method = columns.pop("df_method")
    columns["p_adjusted"] = _adjusted(columns, tested, W @ cells.L, adjustment, wanted, small)
    sign, shown = " - ", scale
    if check_scale(scale):
        _refuse_sums(small)
        sign, shown = _turn_differences_back(columns, tested.scale())
    labels = {key: [one.text(sign) for one in found] * n_blocks for key, found in compared.items()}
    first = np.repeat(np.arange(n_blocks) * small.shape[1], len(small))
    around = pd.DataFrame(cells.frame()).iloc[first, n_named:].reset_index(drop=True)
    table = pd.DataFrame({**columns, "adjust_method": adjustment, "df_method": df_method})
    end = {"scale": shown, "held_at": held_text(cells)}
    return pd.concat([pd.DataFrame(labels), around, table.assign(**end)], axis=1)


def _compared(cells: Cells, n_named: int, wanted: Wanted) -> tuple[dict[str, list[Comparison]], Array]:
    """By column of labels the contrasts within one combination of `by`, and their weights (contrasts, means)."""
    axes = cells.axes[:n_named]
    if wanted.weights is not None and wanted.method != "custom":
        raise MethodError(
            f"weights are for method='custom', not {wanted.method!r}; leave one of the two out."
        )
    if wanted.reference is not None and (wanted.method != "trt.vs.ctrl" or wanted.interaction):
        raise MethodError("reference is for method='trt.vs.ctrl'; name that method, or leave reference out.")
    if wanted.interaction:
        return _product_contrasts(axes, wanted.method)
    if not isinstance(wanted.method, str):
        raise MethodError("Several contrast methods need interaction=True.")
    n_means = int(np.prod([len(axis.values) for axis in axes]))
    texts = [_cell_label(axes, cells.places[i][:n_named]) for i in range(n_means)]
    if wanted.method == "custom":
        found = custom_comparisons(wanted.weights, texts)
    else:
        found = find_comparisons(wanted.method, texts, _reference(axes, texts, wanted.reference))
    return {"contrast": found}, np.array([one.weights for one in found])


def _reference(axes: Sequence[Axis], texts: list[str], reference: Any) -> int:
    """The place of the mean that others are compared with: by its label, or by the level itself."""
    if reference is None:
        return 0
    known = {text: i for i, text in enumerate(texts)}
    if len(axes) == 1:
        known |= {label_of(value): i for i, value in enumerate(axes[0].values)}
    if label_of(reference) not in known:
        raise NotEstimableError(
            f"{label_of(reference)!r} is none of the means; there are {', '.join(texts)}."
        )
    return known[label_of(reference)]


def _adjusted(
    columns: Mapping[str, Any], tested: Tested, L: Array, adjustment: str, wanted: Wanted, small: Array
) -> Array:
    """(rows,) adjusted p values; missing ones stay missing and do not count."""
    if adjustment not in SIMULTANEOUS:
        return adjust_p(columns["p_value"], adjustment)
    out = np.full(len(L), np.nan)
    known = np.isfinite(columns["statistic"])
    t, df = columns["statistic"][known], columns["df"][known]
    if adjustment == "tukey":
        if wanted.interaction or wanted.method not in ("pairwise", "revpairwise"):
            raise MethodError(
                "adjust='tukey' is for all pairs of means (method='pairwise'); use 'mvt' or 'holm' for others."
            )
        out[known] = tukey_p(t, df, small.shape[1])
    elif known.any():
        rows = tested.spec.coefficients_of(L[known])
        out[known] = multivariate_t_p(t, df, rows @ tested.inference.vcov @ rows.T)
    return out


def _refuse_sums(weights: Array) -> None:
    """Only differences have a ratio or a difference on the outcome's scale."""
    if (np.abs(weights.sum(axis=1)) > ROUNDING * np.abs(weights).sum(axis=1)).any():
        raise MethodError(
            "The weights of a contrast do not add up to zero, so it is no difference and has no type='response'; use "
            "type='link', or weights that add up to zero."
        )


def _cell_label(axes: Sequence[Axis], place: Sequence[int]) -> str:
    return " ".join(axis.labels()[k] for axis, k in zip(axes, place, strict=True))


def _product_contrasts(
    axes: Sequence[Axis], method: str | Sequence[str]
) -> tuple[dict[str, list[Comparison]], Array]:
    """Contrasts of contrasts: every contrast of the first variable crossed with every one of the next."""
    methods = [method] * len(axes) if isinstance(method, str) else list(method)
    if len(methods) != len(axes):
        raise MethodError(f"{len(axes)} variables need {len(axes)} contrast methods, not {len(methods)}.")
    small = np.ones((1, 1))
    labels: dict[str, list[Comparison]] = {}
    for axis, one in zip(axes, methods, strict=True):
        found = find_comparisons(one, axis.labels())
        small = np.kron(np.array([c.weights for c in found]), small)  # later variables vary slower
        labels = {key: column * len(found) for key, column in labels.items()}
        before = len(small) // len(found)
        labels[f"{axis.name}_contrast"] = [c for c in found for _ in range(before)]
    return labels, small
