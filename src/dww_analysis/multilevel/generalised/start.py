"""Before the search: the fit without random effects, and data for which no finite estimate exists.

Separation is decided exactly, by linear programming (Konis 2007), but only where the ordinary fit gives reason to
suspect it: a strictly concave likelihood that reaches its top has one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from ..errors import DesignError
from ..model import Array, Design, RandomTerm
from .families import Family

GLM_TOLERANCE = 1e-10  # squared Newton decrement
SUSPICIOUS_ETA = {"binomial": 12.0, "poisson": -14.0}  # linear predictors that hint at an infinite estimate


def start_beta(design: Design, family: Family) -> Array:
    """Estimate without random effects (p,); refuses separated data, naming the columns."""
    beta, eta, converged = _fit_glm(design, family)
    if not converged or _suspicious(eta, family):
        columns = separated_columns(design, family)
        if columns:
            raise DesignError(_separation_message(design, family, columns))
    return beta


def _fit_glm(design: Design, family: Family) -> tuple[Array, Array, bool]:
    """Newton steps by orthogonal decomposition: (beta, eta, whether the top was reached)."""
    X, y, w, offset = design.X, design.y, design.weights, design.offset
    root_weight = np.sqrt(w)
    eta = family.link_function(_away_from_edge(y, w, family)) - offset
    beta: Array = np.asarray(
        np.linalg.lstsq(X * root_weight[:, None], eta * root_weight, rcond=None)[0], float
    )
    for _ in range(50):
        eta = X @ beta + offset
        slope, curvature = family.slope_and_weight(eta, y, w)
        s = np.sqrt(np.maximum(curvature, 1e-300))
        Q, R = np.linalg.qr(X * s[:, None])
        score = Q.T @ (slope / s)
        size = np.abs(np.diag(R)) / np.maximum(np.sqrt((R**2).sum(0)), 1e-300)
        if not size.min() > 1e-11:  # nothing is left to learn along some column: the estimate runs away
            return beta, eta, False
        if float(score @ score) < GLM_TOLERANCE:
            return beta, eta, True
        step: Array = np.asarray(np.linalg.solve(R, score), float)
        beta = _halve(design, family, beta, step, family.kernel(eta, y, w))
    return beta, X @ beta + offset, False


def _halve(design: Design, family: Family, beta: Array, step: Array, value: float) -> Array:
    for _ in range(30):
        with np.errstate(over="ignore", invalid="ignore"):
            new = family.kernel(design.X @ (beta + step) + design.offset, design.y, design.weights)
        if new >= value - 1e-12 * abs(value):
            break
        step = step / 2.0
    return beta + step


def _away_from_edge(y: Array, w: Array, family: Family) -> Array:
    """Starting means as in R's glm: pulled off 0 and 1."""
    if family.name == "binomial":
        return (w * y + 0.5) / (w + 1.0)
    return y + 0.1


def _suspicious(eta: Array, family: Family) -> bool:
    if family.name == "binomial":
        return bool(np.abs(eta).max() > SUSPICIOUS_ETA["binomial"])
    return bool((eta < SUSPICIOUS_ETA["poisson"]).any())


def separated_columns(design: Design, family: Family) -> tuple[str, ...]:
    """Columns of X along which the likelihood rises for ever; empty when the estimate is finite.

    Finds d with s_i x_i'd >= 0 for rows at an extreme of the response (s = +1 or -1) and x_i'd = 0 for the others,
    with at least one strict inequality (Albert and Anderson 1984; Konis 2007, section 4).
    """
    sign, free = _extreme_rows(design, family)
    scale = np.maximum(np.abs(design.X).max(0), 1e-300)
    X = design.X / scale
    one_sided = np.unique(X[~free] * sign[~free, None], axis=0)
    equal = np.unique(X[free], axis=0)
    if len(one_sided) == 0:
        return ()
    result = linprog(
        -one_sided.sum(0) / len(one_sided),
        A_ub=-one_sided,
        b_ub=np.zeros(len(one_sided)),
        A_eq=equal if len(equal) else None,
        b_eq=np.zeros(len(equal)) if len(equal) else None,
        bounds=[(-1.0, 1.0)] * X.shape[1],
        method="highs",
    )
    if result.status != 0 or float((one_sided @ result.x).max()) < 1e-7:
        return ()
    return tuple(n for n, d in zip(design.x_names, result.x, strict=True) if abs(d) > 1e-7)


def _extreme_rows(design: Design, family: Family) -> tuple[Array, NDArray[np.bool_]]:
    """Sign of the direction in which each row's likelihood rises for ever, and whether it has an inner top."""
    used = design.weights > 0
    if family.name == "binomial":
        sign: Array = np.where(design.y >= 1.0, 1.0, -1.0)
        free = (design.y > 0.0) & (design.y < 1.0)
    else:
        sign = -np.ones(design.n)
        free = design.y > 0.0
    return sign, free & used


def _separation_message(design: Design, family: Family, columns: tuple[str, ...]) -> str:
    what = "0 and 1 are" if family.name == "binomial" else "zero counts are"
    return (
        f"response {design.response!r}: {what} separated exactly by {', '.join(columns)}, so the maximum-likelihood "
        "estimate is infinite; an estimate would mean nothing. Expected both outcomes in every combination that the "
        "fixed effects distinguish. Drop or merge the levels concerned, or use a penalised or exact method"
    )


def refuse_constant_levels(design: Design, family: Family) -> None:
    """Refuse a random intercept whose variance is infinite: no level of its group holds both outcomes."""
    if family.name != "binomial":
        return
    for term in design.random:
        if "(Intercept)" in term.names and _all_constant(design, term):
            raise DesignError(
                f"response {design.response!r} is the same in all trials of every level of {term.group!r}, so the "
                "variance of its random intercept has no finite estimate. Expected levels with both outcomes; "
                "leave the term out or aggregate the rows to that level"
            )


def _all_constant(design: Design, term: RandomTerm) -> bool:
    yes = np.bincount(term.codes, design.y * design.weights, term.n_levels)
    total = np.bincount(term.codes, design.weights, term.n_levels)
    return bool(((yes < 0.5) | (yes > total - 0.5)).all())
