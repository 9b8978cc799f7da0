"""The register of engines, and the door to them: what a caller hands over is checked here, then the engine is asked.

An engine is imported when it is first needed, so that a Gaussian fit does not pay for the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from .engine import Engine, Profiler
from .errors import MethodError
from .formula.checks import check_count, check_new_response, check_new_responses
from .inference.distributions import check_conf_level
from .model import Array, Design, Inference, Solution
from .options import DEFAULT_MEMORY, Options

DF_METHODS = ("kenward-roger", "satterthwaite", "between-within", "normal", "residual")


def _gaussian() -> Engine:
    from .gaussian.engine import GaussianEngine

    return GaussianEngine()


def _structured() -> Engine:
    from .residual.engine import StructuredEngine

    return StructuredEngine()


def _generalised() -> Engine:
    from .generalised.engine import GeneralisedEngine

    return GeneralisedEngine()


def _ordinal() -> Engine:
    from .generalised.engine import OrdinalEngine

    return OrdinalEngine()


def _least_squares() -> Engine:
    from .ols import LeastSquaresEngine

    return LeastSquaresEngine()


# by `Options.kind`
ENGINES: dict[str, Callable[[], Engine]] = {
    "gaussian": _gaussian,
    "structured": _structured,
    "generalised": _generalised,
    "ordinal": _ordinal,
    "least squares": _least_squares,
}


def engine_of(options: Options) -> Engine:
    """The engine that answers for a model with these options."""
    return _engine(options.kind)


@cache
def _engine(kind: str) -> Engine:
    return ENGINES[kind]()


def solve(
    design: Design, options: Options, start: Array | None = None, max_memory: float = DEFAULT_MEMORY
) -> Solution:
    """The solution of a design. start: theta to begin at, None for the engine's own; max_memory: bytes that a
    dense block may take, beyond which a design is refused."""
    return engine_of(options).solve(design, options, start, max_memory)


def solve_again(design: Design, options: Options, theta: Array, max_memory: float) -> Solution:
    """The solution of the same model over other rows, from the estimates at hand where the engine can begin there."""
    engine = engine_of(options)
    return engine.solve(design, options, theta if engine.starts_at_theta else None, max_memory)


def inference_name(solution: Solution, options: Options, df: str | None) -> str:
    """The df method that applies; None chooses, and a named method that does not apply is refused."""
    if df is not None and df not in DF_METHODS:
        raise MethodError(f"Unknown df method {df!r}; known are {', '.join(DF_METHODS)}.")
    return engine_of(options).df_method(solution, df)


def build_inference(solution: Solution, options: Options, name: str, max_memory: float) -> Inference:
    """The inference object of a method that `inference_name` has let through."""
    return engine_of(options).inferences[name](solution, max_memory)


def conditional_modes(solution: Solution, options: Options) -> tuple[list[Array], list[Array]]:
    """Per random term the modes, shape (levels, q), and the conditional covariances, shape (levels, q, q); two empty
    lists for a model without random terms."""
    if not solution.design.random:
        return [], []
    effects = engine_of(options).random_effects(solution)
    return [np.asarray(mode) for mode, _ in effects], [np.asarray(cov) for _, cov in effects]


def simulate(solution: Solution, options: Options, n: int, rng: np.random.Generator) -> Array:
    """(n_obs, n) responses from the fitted model."""
    check_count(n, "The number of responses to simulate", 0)
    return engine_of(options).simulate(solution, n, rng)


def refit(solution: Solution, options: Options, y: Any) -> Solution:
    """The solution for another response over the same rows."""
    checked = check_new_response(solution.design, y, options.family)
    return engine_of(options).refit(solution, options, checked)


def refit_many(solution: Solution, options: Options, Y: Any, df: str, max_memory: float) -> Any:
    """Arrays of results for every column of Y (n_obs, r); refuses columns with missing or infinite values."""
    checked = check_new_responses(solution.design, Y)
    return engine_of(options).refit_many(solution, options, checked, df, max_memory)


def null_intercept(solution: Solution, options: Options) -> tuple[float, float]:
    """Intercept and total random variance of the model without predictors, with random intercepts only."""
    design = solution.design
    ones = np.ones((design.n, 1))
    random = {t.group: replace(t, names=("(Intercept)",), Z=ones) for t in design.random}
    null = replace(design, X=ones, x_names=("(Intercept)",), random=tuple(random.values()))
    found = solve(null, options)
    return float(found.beta[0]), sum(float(found.covariance(r)[0, 0]) for r in range(len(null.random)))


def profiler(solution: Solution, options: Options, conf_level: float) -> Profiler:
    """Profile likelihoods of the parameters. MethodError for a conf_level outside (0, 1), and for engines that have
    none."""
    check_conf_level(conf_level)
    return engine_of(options).profiler(solution, conf_level)


def bootstrap(solution: Solution, options: Options, n: int, rng: np.random.Generator) -> Any:
    """n draws of a parametric bootstrap (`Bootstrap`); refused below 1. Draws that could not be fitted are NaN rows."""
    check_count(n, "The number of bootstrap draws", 1)
    return engine_of(options).bootstrap(solution, options, n, rng)
