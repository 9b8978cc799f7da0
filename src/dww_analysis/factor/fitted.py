"""The search for one model on summarised answers, and what is known at its maximum: information, scores, covariance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor import estimate, robust
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.likelihood import Likelihood, SingleLevel, SingleLevelState, single_level
from dww_analysis.factor.model import Model
from dww_analysis.factor.signs import orientation
from dww_analysis.factor.starts import RULES, start
from dww_analysis.factor.summary import Summary

Array = NDArray[Any]
NOT_IDENTIFIED = 1e-9  # smallest eigenvalue of the information in correlation form
NAN = float("nan")


@dataclass(frozen=True)
class Fitted:
    """A model at its maximum, with the data it was fitted to."""

    model: Model
    summary: Summary
    likelihood: Likelihood
    search: estimate.Search
    robust: bool
    fiml: bool

    @cached_property
    def values(self) -> Array:
        """(rows of the parameter table,) each parameter at the maximum, fixed ones too."""
        return self.model.values(self.search.theta)

    @cached_property
    def states(self) -> list[SingleLevelState]:
        return self.likelihood.states(self.search.theta)  # type: ignore[return-value]

    @cached_property
    def implied_moments(self) -> tuple[tuple[Array, Array], ...]:
        """(mu (p,), Sigma (p, p)) of each group at the maximum."""
        return tuple((s.mu, s.at.sigma) for s in self.states)

    @cached_property
    def expected_information(self) -> Array:
        """(n_theta, n_theta) at the maximum, of all groups."""
        return self.likelihood.information(self.states, expected=True)  # type: ignore[arg-type]

    @cached_property
    def information(self) -> Array:
        """The information behind the standard errors: observed for gaps or robust errors, expected otherwise."""
        if self.robust or self.fiml:
            if self.search.observed_information is not None:
                return self.search.observed_information
            return self.likelihood.information(self.states, expected=False)  # type: ignore[arg-type]
        return self.expected_information

    @cached_property
    def information_inverse(self) -> Array:
        """(n_theta, n_theta); NaN where the information is singular."""
        return inverse(self.information)

    @cached_property
    def meat(self) -> Array:
        """(n_theta, n_theta) sum over groups of the cross-products of scores in theta; of clusters' sums where
        persons are in clusters."""
        total = np.zeros((self.model.n_theta,) * 2)
        for component, state in zip(self.likelihood.components, self.states, strict=True):
            total += self._group_meat(component, state)  # type: ignore[arg-type]
        return total

    def _group_meat(self, component: SingleLevel, state: SingleLevelState) -> Array:
        by_row = component.scores(state)
        scores = np.zeros((len(by_row), self.model.n_theta))
        np.add.at(scores.T, self.model.theta_of_row[component.rows], by_row.T)
        return robust.cross_product(scores, component.moments.cluster)

    def saturated_trace(self, kept: Array | None) -> float:
        """The saturated half of the scaling correction (Yuan & Bentler 2000, Mplus variant). kept: indices of the
        moments that the model speaks of, None for all."""
        return robust.trace_of_saturated(self.summary.saturated_with_information, kept)

    @cached_property
    def covariance(self) -> Array:
        """(n_theta, n_theta) of the estimates: the sandwich where `robust`, else the inverse of the information."""
        bread = self.information_inverse
        return robust.sandwich(bread, self.meat) if self.robust else bread

    def jacobians(self) -> tuple[Array, ...]:
        """(theta, m) derivatives of each group's (mu, vech Sigma), or vech Sigma without a mean structure."""
        found = []
        for component, state in zip(self.likelihood.components, self.states, strict=True):
            d_mu, d_sigma = component.jacobian(state)  # type: ignore[attr-defined]
            by_row = np.hstack([d_mu, d_sigma]) if self.model.mean_structure else d_sigma
            delta = np.zeros((self.model.n_theta, by_row.shape[1]))
            np.add.at(delta, self.model.theta_of_row[component.rows], by_row)
            found.append(delta)
        return tuple(found)

    def implied_frames(self) -> tuple[pd.DataFrame, ...]:
        """Implied covariance of each group, (p, p) with the items' names on rows and columns."""
        return tuple(
            pd.DataFrame(sigma, index=list(b.observed), columns=list(b.observed))
            for (_, sigma), b in zip(self.implied_moments, self.model.blocks, strict=True)
        )

    def sample_frames(self) -> tuple[pd.DataFrame, ...]:
        """Saturated estimate of the covariance of each group, (p, p) with the items' names on rows and columns."""
        return tuple(
            pd.DataFrame(h1.cov, index=list(b.observed), columns=list(b.observed))
            for h1, b in zip(self.summary.saturated, self.model.blocks, strict=True)
        )


@dataclass(frozen=True)
class SatorraBentler(Fitted):
    """The same maximum with errors and scaling by Satorra & Bentler (1994): expected information, and the covariance of
    second moments as the answers show it. For complete, independent answers.
    """

    @cached_property
    def information(self) -> Array:
        return self.expected_information

    @cached_property
    def _weighted(self) -> tuple[tuple[Array, Array], ...]:
        """Deviations of each person's moments from their mean, and the structured weight, by group."""
        means = self.model.mean_structure
        return tuple(
            (robust.moment_deviations(m, means), robust.structured_information(m, mu, sigma, means))
            for m, (mu, sigma) in zip(self.summary.moments, self.implied_moments, strict=True)
        )

    @cached_property
    def meat(self) -> Array:
        total = np.zeros((self.model.n_theta,) * 2)
        for (z, W), delta in zip(self._weighted, self.jacobians(), strict=True):
            scores = z @ W @ delta.T
            total += scores.T @ scores
        return total

    def saturated_trace(self, kept: Array | None) -> float:
        return sum(robust.weighted_trace(z, W, kept) for z, W in self._weighted)


def inverse(information: Array) -> Array:
    """Inverse of an information matrix (k, k), scaled to a unit diagonal first; all NaN where it is singular."""
    diagonal = np.abs(np.diag(information))
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = information * np.outer(scale, scale)
    try:
        return np.linalg.inv(scaled) * np.outer(scale, scale)
    except np.linalg.LinAlgError:
        return np.full_like(information, NAN)


def search(
    model: Model,
    summary: Summary,
    mlr: bool,
    fiml: bool,
    warm: Array | None = None,
    kind: type[Fitted] = Fitted,
) -> Fitted:
    """The maximum; with gaps the search starts from the fit to the saturated moments.

    warm: a theta (n_theta,) to start from, None for the rules of `starts`. kind: which class holds the result.
    FactorError for more parameters than moments, and for parameters that the answers cannot tell apart.
    """
    model = with_covariates(model, summary)
    if degrees_of_freedom(model, summary) < 0:
        raise FactorError.of(
            found=f"{model.n_theta} free parameters",
            where="factor model",
            expected="no more parameters than moments of the items",
            action="fix parameters or add items",
        )
    covs, means = [h1.cov for h1 in summary.saturated], [h1.mean for h1 in summary.saturated]
    easy = single_level(model, summary.without_gaps())
    starts: list[Callable[[], Array]] = [partial(start, model, covs, means, rule) for rule in RULES]
    found = _first_success(easy, starts if warm is None else [lambda: warm, *starts])
    likelihood = single_level(model, summary.moments)
    if not summary.complete:
        near = found.theta
        found = _first_success(likelihood, [lambda: near, *starts] if found.converged else starts)
    found = turned(found, orientation(model, found.theta))
    fitted = kind(model, summary, likelihood, found, mlr, fiml)
    if found.converged:
        # gaps do not change what the model can tell apart, and complete moments are quicker to ask
        check_identified(easy.information(easy.states(found.theta), expected=True), model)
    return fitted


def turned(found: estimate.Search, sign: Array) -> estimate.Search:
    """The same maximum with factors turned round; nothing else changes. sign (n_theta,): -1 for the parameters that
    change sign."""
    seen = found.observed_information
    information = None if seen is None else seen * np.outer(sign, sign)
    return replace(found, theta=found.theta * sign, observed_information=information)


def _first_success(likelihood: Likelihood, starts: Sequence[Callable[[], Array]]) -> estimate.Search:
    """The search from the first start from which it converges; the best of them when none does."""
    tried: list[estimate.Search] = []
    for begin in starts:
        theta = begin()
        if not np.isfinite(likelihood.value(theta)):
            continue
        found = estimate.maximise(likelihood, theta)
        if found.converged:
            return found
        tried.append(found)
    if not tried:
        raise FactorError.of(
            found="start values that imply impossible covariances",
            where="factor model",
            expected="values that fit together",
            action="check the fixed and start values in the model text",
        )
    return max(tried, key=lambda search: search.log_likelihood)


def with_covariates(model: Model, summary: Summary) -> Model:
    """The model with means and covariances of covariates fixed to the saturated estimates of their group, in `fixed`
    (rows,)."""
    fixed = model.fixed.copy()
    at = {name: k for k, name in enumerate(summary.columns)}
    for k, row in enumerate(model.rows):
        if row.of_covariate:
            h1 = summary.saturated[row.group - 1]
            fixed[k] = h1.cov[at[row.lhs], at[row.rhs]] if row.op == "~~" else h1.mean[at[row.lhs]]
    return replace(model, fixed=fixed)


def degrees_of_freedom(model: Model, summary: Summary) -> int:
    """Moments that the model speaks of, in all groups, less n_theta; negative for a model that is not identified.
    Moments among covariates do not count."""
    kept = summary.modelled_moments(model.table.roles[1].covariates)
    return int(kept.sum()) * len(summary.moments) - model.n_theta


def scaling_factor(fitted: Fitted, df: int) -> float:
    """Mean of the eigenvalues that the statistic's distribution mixes: (saturated trace - tr(meat information^-1)) /
    df, for df of 1 or more. It may be negative in tiny samples."""
    kept = fitted.summary.modelled_moments(fitted.model.table.roles[1].covariates)
    every = None if kept.all() else np.flatnonzero(kept)
    h1 = fitted.saturated_trace(every)
    h0 = float(np.sum(fitted.meat * fitted.information_inverse))
    return (h1 - h0) / df


def check_identified(information: Array, model: Model) -> None:
    """Refuse a model in which some parameters can move without any change in the implied moments."""
    diagonal = np.diag(information)
    flat = np.flatnonzero(diagonal <= 0)
    if len(flat) == 0:
        scale = 1 / np.sqrt(diagonal)
        values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
        if len(values) == 0 or values[0] > NOT_IDENTIFIED:
            return
        flat = np.flatnonzero(np.abs(vectors[:, 0]) > 0.2)
    raise FactorError.of(
        found=f"parameters that the data cannot tell apart: {', '.join(model.name(int(k)) for k in flat[:6])}",
        where="factor model",
        expected="an identified model: three items a factor, or constraints that replace them",
        action="fix or equate some of these parameters",
    )
