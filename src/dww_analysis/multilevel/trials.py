"""Trials invented from a fit and analysed again: what a test does at exactly this design.

Outcomes are drawn from the fitted components over the rows as they are (sizes of teams, drop-out, waves), refitted side
by side, and every contrast is tested. Summaries (type I error, power, coverage) are for the caller: nothing is dropped,
and what did not converge is marked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .errors import DesignError
from .formula.checks import check_count
from .gaussian.blup import criterion_of
from .gaussian.profile import parameter_names, sd_and_correlations
from .gaussian.refit import RefitMany, checked_contrasts, checked_response, refit_many
from .gaussian.simulate import simulate
from .gaussian.solve import unscale
from .inference.distributions import check_conf_level, t_quantile
from .model import Array, Design, Solution
from .result import Fit

BATCH = 20  # trials that share one generator, so that a trial depends on the seed and its number alone
AT_ONCE = 500  # trials held at one time


@dataclass(frozen=True, eq=False, repr=False)
class Trials:
    """Results of n invented trials; columns are the m contrasts."""

    design: Design  # of the analysis
    refits: RefitMany
    truth: (
        Array | None
    )  # (m,) contrasts of the coefficients drawn from; None where the analysis has other columns
    conf_level: float

    @property
    def conf_low(self) -> Array:
        """(n, m)"""
        return self.refits.estimate - self._half_width()

    @property
    def conf_high(self) -> Array:
        """(n, m)"""
        return self.refits.estimate + self._half_width()

    def _half_width(self) -> Array:
        out: Array = t_quantile(self.refits.df, self.conf_level) * self.refits.std_error
        return out

    def components(self) -> pd.DataFrame:
        """A row a trial: standard deviations and correlations of the random effects, then sigma, named as in `profile`.

        A component at the boundary is exactly zero.
        """
        pairs = zip(self.refits.theta, self.refits.sigma, strict=True)
        values = [sd_and_correlations(self.design, theta, sigma) for theta, sigma in pairs]
        names = parameter_names(self.design)
        return pd.DataFrame(values, columns=list(names[: len(values[0])]))

    def contrast(self, i: int = 0) -> pd.DataFrame:
        """A row a trial for one contrast: estimate, std_error, df, p_value, limits, converged, at_boundary."""
        found = self.refits
        parts = {name: getattr(found, name)[:, i] for name in ("estimate", "std_error", "df", "p_value")}
        limits = {"conf_low": self.conf_low[:, i], "conf_high": self.conf_high[:, i]}
        return pd.DataFrame(
            {**parts, **limits, "converged": found.converged, "at_boundary": found.at_boundary}
        )

    def __repr__(self) -> str:
        return f"<Trials: {self.refits!r}>"


def invented_outcomes(
    fit: Fit,
    n: int,
    seed: int,
    *,
    first: int = 0,
    beta: ArrayLike | None = None,
    theta: ArrayLike | None = None,
    sigma: float | None = None,
) -> Array:
    """(n_obs, n) outcomes of trials `first`, `first` + 1, ... drawn from the fit.

    Other fixed effects (p,), relative factors (k,) or residual SD may take the place of the fitted ones. The same
    seed and number give the same trial, however many are drawn: a run can be watched, stopped and continued.
    """
    check_count(n, "The number of trials", 1)
    check_count(first, "The number of the first trial", 0)
    check_count(seed, "The seed", 0)
    return _draw(_changed(fit.solution, beta, theta, sigma), n, seed, first)


def _changed(
    solution: Solution, beta: ArrayLike | None, theta: ArrayLike | None, sigma: float | None
) -> Solution:
    """The solution with other parameters; refuses other lengths and values that are no parameters."""
    criterion_of(solution)  # refuses the fits of other engines
    out = solution
    for name, given in (("beta", beta), ("theta", theta)):
        if given is None:
            continue
        values, fitted = np.asarray(given, dtype=float), getattr(solution, name)
        if values.shape != fitted.shape or not np.isfinite(values).all():
            raise DesignError(f"{name} needs {len(fitted)} finite numbers; found shape {values.shape}.")
        changed: dict[str, Any] = {name: values}
        out = replace(out, **changed)
    if sigma is not None and not (np.isfinite(sigma) and sigma > 0):
        raise DesignError(f"sigma is a standard deviation above zero; found {sigma}.")
    return out if sigma is None else replace(out, sigma=float(sigma))


def _draw(solution: Solution, n: int, seed: int, first: int) -> Array:
    batches = range(first // BATCH, (first + n - 1) // BATCH + 1)
    drawn = [simulate(solution, BATCH, np.random.default_rng([seed, batch])) for batch in batches]
    skipped = first - batches.start * BATCH
    return np.hstack(drawn)[:, skipped : skipped + n]


def solution_at(solution: Solution, y: ArrayLike, theta: ArrayLike) -> Solution:
    """The solution for another response (n,) at a theta (k,) that is known to be its optimum, without a search.

    For what `run_trials` does not test itself, such as a robust covariance: `theta` is a row of `refits.theta`.
    """
    response = checked_response(solution, np.asarray(y, dtype=float))
    criterion, values = criterion_of(solution).with_response(response), np.asarray(theta, dtype=float)
    beta, vcov, sigma = unscale(criterion, criterion.profile(criterion.scaled_theta(values)))
    return replace(
        solution, design=replace(solution.design, y=response), theta=values, beta=beta, vcov=vcov, sigma=sigma
    )


def run_trials(
    fit: Fit,
    n: int,
    seed: int,
    contrasts: ArrayLike | None = None,
    *,
    first: int = 0,
    analysis: Fit | None = None,
    df: str | None = None,
    conf_level: float = 0.95,
    beta: ArrayLike | None = None,
    theta: ArrayLike | None = None,
    sigma: float | None = None,
) -> Trials:
    """Draw n trials from `fit`, refit each and test every row of `contrasts` (m, p), or every fixed effect.

    `analysis` is a fit of another model to the same rows, which then is what is refitted and what the contrasts
    are over. `df` as in `coefficients`; other parameters as in `invented_outcomes`. Trials are held AT_ONCE at a time.
    """
    check_count(n, "The number of trials", 1)
    check_count(first, "The number of the first trial", 0)
    check_count(seed, "The seed", 0)
    check_conf_level(conf_level)
    source, model = _changed(fit.solution, beta, theta, sigma), (analysis or fit).solution
    if not np.array_equal(model.design.y, source.design.y):
        raise DesignError(
            f"The fit that analyses the trials ({model.design.n} rows) has other rows, or another order, than "
            f"the fit they are drawn from ({source.design.n}); fit both to the same data and outcome."
        )
    L = None if contrasts is None else np.atleast_2d(np.asarray(contrasts, dtype=float))
    near = source.theta if analysis is None else None
    found = _joined(
        refit_many(model, _draw(source, size, seed, at), df, L, near) for at, size in portions(first, n)
    )
    same = model.design.x_names == source.design.x_names
    truth = checked_contrasts(model, L)[1] @ source.beta if same else None
    return Trials(model.design, found, truth, conf_level)


def portions(first: int, n: int) -> Iterator[tuple[int, int]]:
    """(first trial, how many) of each portion of n trials from `first` on that is held at one time: trials of portions
    that were run one by one are to the last digit those of all together."""
    for at in range(first, first + n, AT_ONCE):
        yield at, min(AT_ONCE, first + n - at)


def _joined(portions: Iterator[RefitMany]) -> RefitMany:
    parts = list(portions)
    arrays = [name for name, value in vars(parts[0]).items() if isinstance(value, np.ndarray)]
    joined: dict[str, Any] = {name: np.concatenate([getattr(p, name) for p in parts]) for name in arrays}
    return replace(parts[0], **joined)
