"""Everything data cannot carry, refused with what was found, where, what was expected and what to do.

Only arrays and names come in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import DesignError, MethodError
from ..model import Array, Design, label_text
from .rank import COLLINEAR, Rank, find_rank
from .reading import AS_NUMBERS, Factor, Value, drop_unused, holds_decimals, some, to_factor

COUNTS = ("poisson", "nbinom2", "zip")  # families of counts


def check_data(data: pd.DataFrame) -> None:
    """A data frame with rows."""
    if not isinstance(data, pd.DataFrame):
        raise DesignError(
            f"The data must be a pandas data frame, not {type(data).__name__}; make one with pd.DataFrame(...)."
        )
    if len(data) == 0:
        raise DesignError(
            "The data frame has no rows; a model needs observations. Look at the step that made it."
        )


def as_numbers(values: Any, what: str) -> Array:
    """Numbers of any shape as floats, missing ones as NaN; refuses other content. `what` begins the message."""
    try:
        if isinstance(values, (pd.Series, pd.DataFrame)):
            return values.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DesignError(
            f"{what} must hold numbers only, in rows of the same length; convert texts first."
        ) from None


def check_count(n: Any, what: str, least: int) -> int:
    """A whole number from `least`."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < least:
        raise MethodError(f"{what} is a whole number from {least}, not {n!r}.")
    return int(n)


def check_finite(columns: dict[str, Value]) -> None:
    """No infinite value in any column of the model."""
    for name, value in columns.items():
        if not isinstance(value, Factor) and value.dtype != np.bool_ and not np.isfinite(value).all():
            bad = int((~np.isfinite(value)).sum())
            raise DesignError(
                f"Column {name!r} is infinite in {bad} rows; correct the values or make them missing."
            )


def check_weights(weights: Array | None, n: int) -> Array:
    """(n,) positive weights, by default ones (that take no memory)."""
    if weights is None:
        return np.broadcast_to(1.0, n)
    if (weights <= 0).any():
        bad = int((weights <= 0).sum())
        raise DesignError(
            f"The weights are zero or negative in {bad} of {n} rows; leave rows without weight out of the data."
        )
    return weights


def check_counts(values: list[Value], labels: list[str]) -> tuple[Array, Array]:
    """Proportion and trials, both (n,), from successes and failures. DesignError for what are no counts, for rows
    without trials, and for proportions that do not vary. labels: what each is called in the message."""
    for value, label in zip(values, labels, strict=True):
        if isinstance(value, Factor) or (value < 0).any() or (np.abs(value - np.round(value)) > 1e-8).any():
            raise DesignError(
                f"{label} must hold counts (whole numbers from 0) to be one side of cbind(); correct "
                "it, or give a 0/1 outcome."
            )
    trials = values[0] + values[1]
    if (trials == 0).any():
        raise DesignError(
            f"{int((trials == 0).sum())} rows have no trials (both counts are 0); leave them out."
        )
    y = values[0] / trials
    _check_varies(y, f"cbind({labels[0]}, {labels[1]})")
    return y, trials.astype(np.float64)


def check_response(value: Value, label: str, family: str, weights: Array) -> Array:
    """(n,) the outcome as numbers the family can have."""
    if isinstance(value, Factor):
        if family != "binomial" or len(value.levels) > 2:
            raise DesignError(
                f"Outcome {label} is categorical (levels {', '.join(value.levels[:6])}); "
                + f"family {family!r} needs numbers"
                + (" or two levels" if family == "binomial" else "")
                + f"; {AS_NUMBERS if holds_decimals(value) else 'recode the outcome'}."
            )
        value = value.codes.astype(np.float64)
    y = np.asarray(value, dtype=np.float64)
    if y.ndim != 1:
        raise DesignError(f"Outcome {label} has {y.shape[1]} columns; a model has one. Fit them one by one.")
    if family == "binomial":
        _check_binomial(y, label, weights)
    if family in COUNTS and ((y < 0).any() or (np.abs(y - np.round(y)) > 1e-8).any()):
        raise DesignError(
            f"Outcome {label} must hold counts (whole numbers from 0) for family {family!r}; "
            "round or correct the values, or use another family."
        )
    _check_varies(y, f"Outcome {label}")
    return y


def check_ordered(value: Value, label: str) -> tuple[Array, tuple[str, ...]]:
    """(n,) positions and the categories, lowest first, of an ordered outcome: a categorical with its levels in order,
    or whole numbers. Refuses texts, whose order means nothing, and fewer than three categories."""
    if isinstance(value, Factor) and value.of_text:
        raise DesignError(
            f"Outcome {label} is text, and family 'ordinal' needs to know the order; make it a pd.Categorical with its "
            "categories from low to high."
        )
    if not isinstance(value, Factor) and (np.abs(value - np.round(value)) > 1e-8).any():
        raise DesignError(
            f"Outcome {label} has values that are no whole numbers; family 'ordinal' is for categories. "
            "Number them, or "
            "use family 'gaussian'."
        )
    factor = drop_unused(to_factor(value))
    if len(factor.levels) < 3:
        raise DesignError(
            f"Outcome {label} has {len(factor.levels)} categories in the complete rows; family 'ordinal' needs three "
            "or more. Use family 'binomial' for two."
        )
    return factor.codes.astype(np.float64), factor.levels


def check_new_response(design: Design, y: Any, family: str) -> Array:
    """(n,) another response for the rows of a design, as numbers the family can have."""
    y = as_numbers(y, "The new response")
    if y.shape != (design.n,):
        raise DesignError(
            f"The new response has shape {y.shape}; expected one number for each of the {design.n} rows of the "
            "model (incomplete rows left out). Take these rows: y.loc[fit.frame.index]."
        )
    if not np.isfinite(y).all():
        raise DesignError(
            f"The new response is missing or infinite in {int((~np.isfinite(y)).sum())} rows; fit it as new data."
        )
    if design.categories:
        return _check_positions(y, design)
    return check_response(y, design.response, family, design.weights)


def _check_positions(y: Array, design: Design) -> Array:
    if not np.isin(y, np.arange(len(design.categories))).all():
        raise DesignError(
            f"The new response of an ordinal model holds positions of its {len(design.categories)} categories, from 0; "
            "recode it, or fit it as new data."
        )
    return y


def check_new_responses(design: Design, Y: Any) -> Array:
    """(n, r) other responses, one a column."""
    Y = as_numbers(Y, "The new responses")
    if Y.ndim != 2 or len(Y) != design.n:
        raise DesignError(
            f"The new responses have shape {Y.shape}; expected a matrix with one column a response and the "
            f"{design.n} rows of the model (incomplete rows left out). Take these rows: Y.loc[fit.frame.index]."
        )
    bad = np.flatnonzero(~np.isfinite(Y).all(axis=0))
    if len(bad):
        raise DesignError(
            f"The new responses are missing or infinite in {len(bad)} of {Y.shape[1]} columns (positions from 0: "
            f"{some(bad)}). Leave these columns out, or fit them as new data."
        )
    return Y


def _check_binomial(y: Array, label: str, weights: Array) -> None:
    if (y < 0).any() or (y > 1).any():
        raise DesignError(
            f"Outcome {label} must lie in 0..1 for family 'binomial'; it runs from {y.min():g} to {y.max():g}. "
            "Recode it to 0 and 1, or give cbind(successes, failures)."
        )
    successes = y * weights
    if (np.abs(successes - np.round(successes)) > 1e-6).any():
        raise DesignError(
            f"Outcome {label} is a proportion whose numbers of successes are not whole; give the trials as weights "
            "or write cbind(successes, failures)."
        )


def _check_varies(y: Array, label: str) -> None:
    low, high = float(y.min()), float(y.max())
    if high - low <= 1e-12 * max(1.0, abs(low), abs(high)):
        raise DesignError(
            f"{label} has the same value ({y[0]:g}) in all {len(y)} rows; there is no variation to explain. "
            "Look at how the outcome was made, or leave it out."
        )


# ---- fixed part ------------------------------------------------------------------------------------------------
def check_fixed_shape(n: int, p: int) -> None:
    """At least one fixed column, and more rows than columns."""
    if p == 0:
        raise DesignError("The model has no fixed effect; write at least an intercept: y ~ 1 + (1 | team).")
    if n <= p:
        raise DesignError(
            f"{p} fixed effects need more than {p} complete rows; there are {n}. Leave predictors out, merge levels, "
            "or bring more rows."
        )


def check_full_rank(X: Array, names: tuple[str, ...], kind: str = "fixed effects") -> None:
    """Full column rank; otherwise says which column is a combination of which. `kind` of effects, for the message."""
    n, p = X.shape
    empty = [name for name, column in zip(names, X.T, strict=True) if not column.any()]
    if empty:
        raise DesignError(
            f"No row of the data informs {', '.join(empty)}: the column is zero throughout. Leave the term "
            "out or merge levels (a combination of levels does not occur)."
        )
    if n <= p:
        raise DesignError(
            f"{p} {kind} need more than {p} complete rows; there are {n}. Leave some of them out."
        )
    rank = find_rank(X)
    found = [_combination(rank, d, names) for d in range(len(rank.dropped))]
    if found:
        raise DesignError(
            f"The {kind} cannot be told apart in these data: " + "; ".join(found) + ". Leave one of them out."
        )


def _combination(rank: Rank, d: int, names: tuple[str, ...]) -> str:
    others = [names[k] for k in rank.kept if rank.combinations[k, d] != 0]
    return f"{names[rank.dropped[d]]} is a linear combination of {', '.join(others)}"


# ---- random part -----------------------------------------------------------------------------------------------
def check_random(design: Design, family: str) -> None:
    """Groups with at least two levels, fewer random effects than rows, and no term twice."""
    seen: dict[tuple[str, str], int] = {}
    for number, term in enumerate(design.random):
        _check_levels(design, term, family)
        for name in term.names:
            if (term.group, name) in seen and seen[term.group, name] != number:
                raise DesignError(
                    f"The random effect of {name} within {term.group} stands in two terms, so its variance cannot be "
                    "split between them; write it once."
                )
            seen[term.group, name] = number
        _check_term_rank(term)
        if family == "gaussian":
            _check_left_to_vary(design.X, term)
    _check_same_partition(design)


def _check_levels(design: Design, term: Any, family: str) -> None:
    n, levels, q = design.n, term.n_levels, len(term.names)
    if levels < 2:
        raise DesignError(
            f"Group {term.group} has one level only ({', '.join(label_text(v) for v in term.levels) or 'none'}); the "
            "variance between groups needs at least two. Leave the term out."
        )
    if family != "gaussian":
        return
    if levels >= n:
        raise DesignError(
            f"Group {term.group} has {levels} levels for {n} rows: with one row a level its variance cannot be told "
            "from the residual. Leave the term out."
        )
    if q * levels >= n:
        raise DesignError(
            f"The random term ({', '.join(term.names)} | {term.group}) has {q * levels} random effects for {n} rows; "
            "there must be fewer than rows. Leave a random slope out."
        )


def _check_term_rank(term: Any) -> None:
    if len(term.names) == 1 and not term.Z.any():
        raise DesignError(
            f"The random effect of {term.names[0]} within {term.group} is zero in every row; leave it out."
        )
    if len(term.names) > 1:
        try:
            check_full_rank(term.Z, term.names, "random effects")
        except DesignError as error:
            raise DesignError(f"Random term within {term.group}: {error}") from None


def _check_left_to_vary(X: Array, term: Any) -> None:
    """Refuses a random effect whose levels the fixed effects tell apart: REML then says nothing of its variance."""
    if term.n_levels > X.shape[1]:
        return
    basis = np.linalg.qr(X / np.sqrt((X**2).sum(axis=0)))[0]
    for k, name in enumerate(term.names):
        spread = np.zeros((len(X), term.n_levels))
        spread[np.arange(len(X)), term.codes] = term.Z[:, k]
        left = spread - basis @ (basis.T @ spread)
        if ((left**2).sum(axis=0) <= COLLINEAR**2 * (spread**2).sum(axis=0)).all():
            raise DesignError(
                f"The fixed effects already hold the effect of {name} for each of the {term.n_levels} levels of "
                f"{term.group}, so nothing is left to estimate its variance from; leave one of the two out."
            )


def _check_same_partition(design: Design) -> None:
    """Two groups that divide the rows alike cannot have separate variances."""
    for i, a in enumerate(design.random):
        for b in design.random[:i]:
            if a.group == b.group or a.n_levels != b.n_levels or len(set(a.names) & set(b.names)) == 0:
                continue
            pairs = a.codes.astype(np.int64) * b.n_levels + b.codes
            if len(pd.unique(pairs)) == a.n_levels:
                shared = ", ".join(n for n in a.names if n in b.names)
                raise DesignError(
                    f"{b.group} and {a.group} divide the rows in the same way ({a.n_levels} levels each), so "
                    f"the variance of {shared} cannot be split between them; keep one of the two."
                )
