"""Which module answers for which kind of model: Gaussian, Gaussian with a residual structure, generalised.

Every function here picks by the kind of model and hands over; a module is imported when it is first needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import DesignError, MethodError
from .formula.checks import as_numbers, check_count
from .formula.reading import some
from .inference.distributions import check_conf_level
from .inference.plain import BetweenWithin, Marked, Normal
from .model import Array, Design, Inference, Solution

if TYPE_CHECKING:
    from .options import Options

METHODS = ("kenward-roger", "satterthwaite", "between-within", "normal", "residual")


def _call(module: str, function: str) -> Any:
    return getattr(import_module(f".{module}", __package__), function)


def kind_of(options: Options) -> str:
    """ "gaussian", "structured" (residual variances or correlations), "generalised" or "ols"."""
    if options.method == "OLS":
        return "ols"
    if options.family != "gaussian":
        return "generalised"
    return "structured" if options.structured else "gaussian"


def solve(design: Design, options: Options, start: Array | None = None, max_memory: float = 4e9) -> Solution:
    """The solution of a design."""
    kind = kind_of(options)
    if kind == "ols":
        solution = _call("ols", "solve_ols")(design)
    elif kind == "generalised":
        solution = _call("generalised.solve", "solve_generalised")(
            design, options.family, options.quadrature, start=start
        )
    elif kind == "structured":
        solution = _call("residual.solve", "solve_structured")(
            design,
            options.method,
            residual_variance=options.residual_variance,
            residual_correlation=options.residual_correlation,
            max_memory=max_memory,
        )
    else:
        solution = _call("gaussian.solve", "solve_gaussian")(design, options.method, start=start)
    found: Solution = solution
    return found


# ---- inference -------------------------------------------------------------------------------------------------
def inference_name(solution: Solution, options: Options, df: str | None) -> str:
    """The method that applies; None chooses, and a named method that does not apply is refused.

    Default: Kenward-Roger for REML with a covariance that is linear in its parameters; Satterthwaite for other
    Gaussian fits (ML, autoregressive residuals); normal for other families.
    """
    if df is not None and df not in METHODS:
        raise MethodError(f"Unknown df method {df!r}; known are {', '.join(METHODS)}.")
    if (solution.method == "OLS") != (df == "residual") and df not in (None, "normal"):
        raise MethodError(f"{df} does not apply to a fit by {solution.method}.")
    if solution.method == "OLS":
        return df or "residual"
    if solution.family != "gaussian":
        if df in ("kenward-roger", "satterthwaite"):
            raise MethodError(
                f"{df} is defined for Gaussian outcomes; this fit has family {solution.family!r}. Use 'normal', or "
                "'between-within' for t tests with few groups."
            )
        return df or "normal"
    if df == "kenward-roger" and solution.method != "REML":
        raise MethodError(
            "Kenward-Roger rests on the REML likelihood and this is an ML fit. Fit with method='REML', or use "
            "'satterthwaite'."
        )
    if df is not None:
        return df
    linear = solution.method == "REML" and options.residual_correlation is None
    return "kenward-roger" if linear else "satterthwaite"


def build_inference(solution: Solution, options: Options, name: str, max_memory: float) -> Inference:
    """The inference object of a method that `inference_name` has let through."""
    found: Inference
    if name == "normal":
        found = Normal(solution)
    elif name == "residual":
        found = _call("ols", "Residual")(solution)
    elif name == "between-within":
        found = BetweenWithin(solution)
    elif kind_of(options) == "structured":
        found = mark_boundary(
            _call("residual.solve", "structured_inference")(solution, name, max_memory), solution
        )
    elif name == "kenward-roger":
        found = _call("gaussian.kenward_roger", "KenwardRoger")(solution, max_memory)
    else:
        found = mark_boundary(_call("gaussian.satterthwaite", "Satterthwaite")(solution), solution)
    return found


def mark_boundary(inference: Inference, solution: Solution) -> Inference:
    """Satterthwaite df rest on curvature that a component on the boundary does not have: the method's name says so."""
    if solution.boundary and inference.method == "satterthwaite":
        return Marked(inference, "satterthwaite (boundary)")
    return inference


# ---- random effects and new responses ----------------------------------------------------------------------------
def conditional_modes(solution: Solution, options: Options) -> tuple[list[Array], list[Array]]:
    """Per random term the modes (levels, q) and the conditional covariances (levels, q, q)."""
    if not solution.design.random:
        return [], []
    module, function = {
        "gaussian": ("gaussian.blup", "random_effects"),
        "generalised": ("generalised.modes", "generalised_random_effects"),
        "structured": ("residual.modes", "structured_random_effects"),
    }[kind_of(options)]
    effects = _call(module, function)(solution)
    return [np.asarray(mode) for mode, _ in effects], [np.asarray(cov) for _, cov in effects]


def simulate(solution: Solution, options: Options, n: int, rng: np.random.Generator) -> Array:
    """(n_obs, n) responses from the fitted model."""
    check_count(n, "The number of responses to simulate", 0)
    module, function = {
        "gaussian": ("gaussian.simulate", "simulate"),
        "generalised": ("generalised.modes", "simulate_generalised"),
        "structured": ("residual.modes", "simulate"),
        "ols": ("gaussian.simulate", "simulate"),
    }[kind_of(options)]
    drawn: Array = _call(module, function)(solution, n, rng)
    return drawn


def refit(solution: Solution, options: Options, y: Any) -> Solution:
    """The solution for another response over the same rows."""
    from dataclasses import replace

    from .formula.checks import check_response

    design = solution.design
    y = as_numbers(y, "The new response")
    if y.shape != (design.n,):
        raise DesignError(
            f"The new response has shape {y.shape}; expected one number for each of the {design.n} rows of the "
            "model (incomplete rows left out)."
        )
    if not np.isfinite(y).all():
        raise DesignError(f"The new response is missing or infinite in {int((~np.isfinite(y)).sum())} rows.")
    checked = check_response(y, design.response, options.family, design.weights)
    if kind_of(options) in ("structured", "ols"):
        return solve(replace(design, y=checked), options)
    module, function = (
        ("gaussian.refit", "refit")
        if options.family == "gaussian"
        else ("generalised.modes", "refit_generalised")
    )
    again: Solution = _call(module, function)(solution, checked)
    return again


def refit_many(solution: Solution, options: Options, Y: Any, df: str, max_memory: float) -> Any:
    """Arrays of results for every column of Y (n_obs, r); refuses columns with missing or infinite values."""
    Y = as_numbers(Y, "The new responses")
    if Y.ndim != 2 or len(Y) != solution.design.n:
        raise DesignError(
            f"The new responses have shape {Y.shape}; expected a matrix with one column a response and the "
            f"{solution.design.n} rows of the model (incomplete rows left out)."
        )
    bad = np.flatnonzero(~np.isfinite(Y).all(axis=0))
    if len(bad):
        raise DesignError(
            f"The new responses are missing or infinite in {len(bad)} of {Y.shape[1]} columns (positions from 0: "
            f"{some(bad)}). Leave these columns out, or fit them as new data."
        )
    if kind_of(options) != "gaussian":
        return _call("inference.resampling", "refit_each")(solution, options, Y, df, max_memory)
    return _call("gaussian.refit", "refit_many")(solution, Y, df)


def null_intercept(solution: Solution, options: Options) -> tuple[float, float]:
    """Intercept and total random variance of the model without predictors, with random intercepts only."""
    from dataclasses import replace

    design = solution.design
    ones = np.ones((design.n, 1))
    random = {t.group: replace(t, names=("(Intercept)",), Z=ones) for t in design.random}
    null = replace(design, X=ones, x_names=("(Intercept)",), random=tuple(random.values()))
    found = solve(null, options)
    return float(found.beta[0]), sum(float(found.covariance(r)[0, 0]) for r in range(len(null.random)))


def profile(solution: Solution, options: Options, conf_level: float, terms: list[str] | None = None) -> Any:
    """Profile-likelihood limits of all parameters or of `terms`."""
    if kind_of(options) == "structured":
        raise MethodError("Profile intervals are not available with a residual structure; use bootstrap(n).")
    if kind_of(options) == "ols":
        raise MethodError("Least squares has no profile of its own; its t intervals are exact.")
    check_conf_level(conf_level)
    if kind_of(options) == "generalised":
        return _call("generalised.profile", "profile_generalised")(
            solution, conf_level=conf_level, terms=terms
        )
    return _call("gaussian.profile", "profile")(solution, conf_level=conf_level, terms=terms)


def bootstrap(solution: Solution, options: Options, n: int, rng: np.random.Generator) -> Any:
    """Draws of a parametric bootstrap."""
    check_count(n, "The number of bootstrap draws", 1)
    if kind_of(options) != "gaussian":
        return _call("inference.resampling", "bootstrap_each")(solution, options, n, rng)
    return _call("inference.bootstrap", "bootstrap")(solution, n, rng)


def compare(first: Solution, second: Solution) -> Any:
    """Likelihood-ratio comparison."""
    return _call("inference.compare", "compare")(first, second)
