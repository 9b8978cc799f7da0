"""Likelihood-ratio comparison of two nested fits, with chi-square mixtures where a variance lies on the
boundary.

Under the smaller model a variance that it leaves out is zero, at the edge of its range, so the usual
chi-square is too conservative. The mixtures are those of Self & Liang (1987) and Stram & Lee (1994,
Biometrics 50:1171-1177).
"""

from __future__ import annotations

from collections import Counter
from math import comb

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from ..errors import MethodError
from ..model import Design, RandomTerm, Solution
from ..shapes import SHAPES

RANK_TOLERANCE = 1e-8


def compare(first: Solution, second: Solution) -> pd.DataFrame:
    """Two rows, the smaller model first: n_parameters, log_likelihood, aic, bic, statistic, df, p_value,
    p_mixture, mixture.

    `p_value` is from chi-square with the difference in parameters; `p_mixture` from the mixture written in
    `mixture` ("0.5 chi2(0) + 0.5 chi2(1)"), where the smaller model drops variances; without dropped
    variances it equals p_value. Refuses fits of other rows, responses, families or methods; REML fits with
    different fixed effects; models that are not nested. R: anova(small, large, refit = FALSE);
    lmerTest::ranova gives p_value.
    """
    small, large = sorted((first, second), key=lambda s: s.n_parameters)
    _check_same_data(small, large)
    _check_residual_structure(small, large)
    _check_nested(small, large)
    df = large.n_parameters - small.n_parameters
    statistic = max(0.0, 2 * (large.log_likelihood - small.log_likelihood))
    edges = 0 if large.design.zero is not None else len(large.extra.shapes) - len(small.extra.shapes)
    weights = mixture_weights(small.design, large.design, df, edges)
    tail = {
        k: 1.0 if k == 0 and statistic == 0 else (0.0 if k == 0 else float(chdtrc(k, statistic)))
        for k in weights
    }
    rows = [_row(s) for s in (small, large)]
    empty = {"statistic": np.nan, "df": np.nan, "p_value": np.nan, "p_mixture": np.nan, "mixture": ""}
    test = {
        "statistic": statistic,
        "df": float(df),
        "p_value": float(chdtrc(df, statistic)),
        "p_mixture": sum(weight * tail[k] for k, weight in weights.items()),
        "mixture": " + ".join(f"{weight:.4g} chi2({k})" for k, weight in sorted(weights.items())),
    }
    return pd.DataFrame([rows[0] | empty, rows[1] | test])


def _row(solution: Solution) -> dict[str, object]:
    k, value = solution.n_parameters, solution.log_likelihood
    return {
        "model": _name(solution),
        "method": solution.method,
        "n_parameters": k,
        "log_likelihood": value,
        "aic": 2 * k - 2 * value,
        "bic": float(np.log(solution.design.n)) * k - 2 * value,
        "converged": solution.converged,
        "boundary": ", ".join(solution.boundary),
    }


def _name(solution: Solution) -> str:
    """The formula, with what else tells the model: a family with a parameter of its own, the residual structure."""
    structures = (solution.extra.residual_variance, solution.extra.residual_correlation)
    shown = [f"residual by {text}" for text in structures if text is not None]
    family = [solution.family] if solution.family in SHAPES else []
    family += [f"extra zeros {solution.design.zero.formula}"] if solution.design.zero is not None else []
    return ", ".join([solution.design.formula, *family, *shown])


def _check_same_data(a: Solution, b: Solution) -> None:
    if (a.family, a.method) != (b.family, b.method) and not _is_poisson_of(a, b):
        raise MethodError(
            f"The fits are {a.family} by {a.method} and {b.family} by {b.method}; their likelihoods do not compare. "
            "Fit both with the same family and method."
        )
    if a.design.n != b.design.n:
        raise MethodError(
            f"The fits use {a.design.n} and {b.design.n} rows; a likelihood ratio needs the same rows. Drop the rows "
            "that are missing in either model before fitting both."
        )
    if a.extra.quadrature != b.extra.quadrature:
        raise MethodError(
            "The fits use different numbers of quadrature nodes; their log-likelihoods leave out different constants. "
            "Fit both with the same quadrature."
        )
    if a.family != b.family and a.extra.quadrature != 1:
        raise MethodError(
            "With quadrature the log-likelihood of a Poisson fit leaves out constants that other families keep. "
            "Fit both with quadrature=1."
        )
    if a.extra.link != b.extra.link:
        raise MethodError(
            f"The fits have links {a.extra.link} and {b.extra.link}, so neither is nested in the other. "
            "Compare them by "
            "AIC or BIC."
        )
    for name in ("y", "weights", "offset"):
        if not np.array_equal(getattr(a.design, name), getattr(b.design, name)):
            raise MethodError(
                f"The fits differ in their {name}; a likelihood ratio needs the same data in both. Fit "
                "both to one table."
            )


def _is_poisson_of(small: Solution, large: Solution) -> bool:
    """Whether the smaller fit is Poisson and the larger one of a family that holds it."""
    return small.family == "poisson" and large.family in SHAPES


def _check_residual_structure(small: Solution, large: Solution) -> None:
    for name in ("residual_variance", "residual_correlation"):
        mine, other = getattr(small.extra, name), getattr(large.extra, name)
        if mine is not None and mine != other:
            raise MethodError(
                f"The smaller model has {name}={mine!r}, the larger one {other!r}; a likelihood ratio needs residual "
                "structures that are nested. Compare the fits by AIC or BIC."
            )


def _check_nested(small: Solution, large: Solution) -> None:
    if small.n_parameters == large.n_parameters:
        raise MethodError(
            f"Both models have {small.n_parameters} parameters; a likelihood ratio needs one nested in the other. "
            "Compare them by AIC or BIC."
        )
    _check_zero_parts(small, large)
    X, W = small.design.X, large.design.X
    inside = _spans(W, X)
    if small.method == "REML" and not (inside and X.shape[1] == W.shape[1]):
        raise MethodError(
            "REML likelihoods compare only between models with the same fixed effects, and these differ. "
            "Fit both with method='ML'."
        )
    missing = _terms_left_out(small.design, large.design)
    if not inside or missing:
        what = f"random effects {', '.join(missing)}" if missing else "fixed effects"
        raise MethodError(
            f"The model with fewer parameters is not nested in the other: its {what} are not part of the larger model. "
            "Compare them by AIC or BIC."
        )


def _check_zero_parts(small: Solution, large: Solution) -> None:
    """What extra zeros depend on in the smaller model is part of what they depend on in the larger one."""
    if large.design.zero is None and small.design.zero is None:
        return
    if small.family == "poisson":
        raise MethodError(
            "Poisson counts are at the edge of every coefficient of extra zeros, and no chi-square tells how far from "
            "it the larger model is. Compare the fit without predictors of extra zeros with Poisson, and then both."
        )
    (X, known), (W, other) = (_zero_columns(s.design) for s in (small, large))
    if not _spans(W, X) or not np.array_equal(known, other):
        raise MethodError(
            "What extra zeros depend on in the smaller model is not part of what they depend on in the larger one. "
            "Compare the fits by AIC or BIC."
        )


def _zero_columns(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Predictors of extra zeros and their offset; ones where all rows have one probability."""
    nothing = np.zeros(design.n)
    return (np.ones((design.n, 1)), nothing) if design.zero is None else (design.zero.X, design.zero.offset)


def _spans(W: np.ndarray, X: np.ndarray) -> bool:
    """Whether every column of X is a combination of the columns of W."""
    if X.shape[1] == 0:
        return True
    rest = X - W @ np.linalg.lstsq(W, X, rcond=None)[0]
    return bool(np.all(np.linalg.norm(rest, axis=0) <= RANK_TOLERANCE * np.linalg.norm(X, axis=0)))


def _terms_left_out(small: Design, large: Design) -> list[str]:
    """Random effects of the smaller model that the larger one lacks."""
    has = {effect for t in _terms(large) for effect in _effects(t)}
    return [
        f"({name} | {t.group})"
        for t in _terms(small)
        for name, effect in zip(t.names, _effects(t), strict=True)
        if effect not in has
    ]


def _terms(design: Design) -> tuple[RandomTerm, ...]:
    """All random terms, those of extra zeros too: the names of their effects tell them apart."""
    return design.random if design.zero is None else (*design.random, *design.zero.random)


def _effects(term: RandomTerm) -> list[tuple[frozenset[str], str]]:
    """The random effects of a term."""
    return [(term.factors, name) for name in term.names]


def mixture_weights(small: Design, large: Design, df: int, edges: int = 0) -> dict[int, float]:
    """Weights of chi-square distributions by df for the variances that the smaller model drops.

    Each dropped random effect whose variance is at zero contributes one boundary; with it go its covariances.
    One effect: half chi2(df - 1), half chi2(df). Several at once (independent terms): binomial weights, an
    approximation. `edges` counts other parameters at the edge of their range in the smaller model.
    """
    before = Counter(effect for t in _terms(small) for effect in _effects(t))
    dropped = Counter(effect for t in _terms(large) for effect in _effects(t)) - before
    boundaries = sum(dropped.values()) + edges
    if boundaries == 0:
        return {df: 1.0}
    return {df - j: comb(boundaries, j) / 2**boundaries for j in range(boundaries, -1, -1)}
