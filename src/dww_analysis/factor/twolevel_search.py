"""The search for a two-level model, and what is known at its maximum: information, scores of teams.

With absent answers the search begins where the same model ends for answers of which the gaps are filled by team means.
A second start looks for a better solution. Where free covariances between teams have no maximum, they are kept to
matrices that can exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor import estimate
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.fitted import NAN, inverse
from dww_analysis.factor.likelihood import Likelihood
from dww_analysis.factor.model import Model, compile_model
from dww_analysis.factor.ram import Implied
from dww_analysis.factor.starts import RULES, start
from dww_analysis.factor.table import Table
from dww_analysis.factor.twolevel import TwoLevel
from dww_analysis.factor.twolevel_saturated import has_free_covariances, within_bounds
from dww_analysis.factor.twolevel_teams import Teams, complete_teams, team_cross_product, with_gaps

Array = NDArray[Any]
SAME = 0.01  # log-likelihoods nearer than this belong to one solution
LOOK_AROUND = 30  # steps of the second search, which only has to show whether a better solution exists


@dataclass(frozen=True)
class TwoLevelFit:
    """A two-level model at its maximum."""

    model: Model
    teams: list[Teams]
    likelihood: Likelihood
    search: estimate.Search
    best_seen: float  # highest log-likelihood over all starts
    bounded: bool = False  # kept to covariance matrices that can exist

    @cached_property
    def values(self) -> Array:
        return self.model.values(self.search.theta)

    @cached_property
    def states(self) -> list[Any]:
        return self.likelihood.states(self.search.theta)

    @property
    def implied(self) -> list[Implied]:
        """Moments of each block, in the model's order."""
        return [part for state in self.states for part in (state.at_within, state.at_between)]

    @property
    def indefinite(self) -> bool:
        """Whether a covariance matrix between teams is not positive semi-definite."""
        return any(bool(np.linalg.eigvalsh(state.at_between.sigma)[0] < -1e-8) for state in self.states)

    @property
    def highest(self) -> float:
        """The log-likelihood at the maximum; missing where the search did not reach it."""
        return self.search.log_likelihood if self.search.converged else NAN

    @cached_property
    def information(self) -> Array:
        """Observed information in theta, shape (n_theta, n_theta)."""
        if self.search.observed_information is not None:
            return self.search.observed_information
        return self.likelihood.information(self.states, expected=False)

    @cached_property
    def information_inverse(self) -> Array:
        """Shape (n_theta, n_theta); NaN where the information is singular."""
        return inverse(self.information)

    @cached_property
    def meat(self) -> Array:
        """Sum over teams of the cross-products of their scores in theta, shape (n_theta, n_theta)."""
        return team_cross_product(self.model, self.search.theta, self.teams)

    @property
    def trace(self) -> float:
        """tr(B A^-1)."""
        return float(np.sum(self.meat * self.information_inverse))


def maximum(table: Table, teams: list[Teams], patience: int | None = None) -> TwoLevelFit:
    """The model of a table at the highest point that a search finds. `patience`: the steps each search gets."""
    model = _with_covariates(compile_model(table), teams)
    easy = complete_teams(model, teams)
    starts = crude_starts(model, easy, teams)
    searches = _searches(easy, starts, patience)
    if all(team.complete for team in teams):
        return _best(model, teams, easy, searches)
    hard = with_gaps(model, teams)
    searches = _searches(hard, _apart([s for s in searches if s.converged]), patience)
    if not searches or not (patience or any(search.converged for search in searches)):
        searches += _searches(hard, starts, patience)
    return _best(model, teams, hard, searches)


def bounded(fit: TwoLevelFit) -> TwoLevelFit:
    """The same; where free covariances between teams have no maximum, that over the matrices that can exist, marked
    `bounded`. A fit that converged, or that no start helps, as it is."""
    model, teams = fit.model, fit.teams
    if fit.search.converged or not all(has_free_covariances(model, b) for b in model.blocks if b.level == 2):
        return fit
    for theta in crude_starts(model, complete_teams(model, teams), teams):
        if np.isfinite(fit.likelihood.value(theta)):
            found = within_bounds(model, fit.likelihood, theta)
            if found.converged:
                return replace(fit, search=found, best_seen=found.log_likelihood, bounded=True)
    return fit


def crude_starts(model: Model, likelihood: Likelihood, teams: list[Teams]) -> list[Array]:
    """Thetas (n_theta,) to start from, one for each rule of `starts`. likelihood: of complete teams."""
    covs, means = [], []
    for component, team in zip(likelihood.components, teams, strict=True):
        w, b, mean = _crude(component, team)  # type: ignore[arg-type]
        covs += [w, b]
        means += [np.zeros(len(w)), mean]
    found = []
    for rule in RULES if model.blocks[0].factors else ("marker",):
        theta = start(model, covs, means, rule)
        _set_within_means(theta, model, teams)
        found.append(theta)
    return found


def _searches(likelihood: Likelihood, starts: Sequence[Array], patience: int | None) -> list[estimate.Search]:
    """From each start where the likelihood exists. Once a maximum is found a second start only looks around."""
    searches: list[estimate.Search] = []
    for k, theta in enumerate(starts):
        found_one = any(search.converged for search in searches)
        if found_one and k > 1:
            break
        if not np.isfinite(likelihood.value(theta)):
            continue
        if found_one or patience:
            steps = LOOK_AROUND if found_one else patience or estimate.MAX_STEPS
            searches.append(estimate.scoring(likelihood, theta, steps))
        else:
            searches.append(estimate.maximise(likelihood, theta))
    return searches


def _apart(searches: Sequence[estimate.Search]) -> list[Array]:
    """The first solution, and the second where it is another one."""
    return [
        search.theta
        for k, search in enumerate(searches)
        if k == 0 or abs(search.log_likelihood - searches[0].log_likelihood) > SAME
    ]


def _best(
    model: Model, teams: list[Teams], likelihood: Likelihood, searches: list[estimate.Search]
) -> TwoLevelFit:
    if not searches:
        raise FactorError.of(
            found="start values that imply impossible covariances",
            where="two-level model",
            expected="others",
            action="use start()",
        )
    found = next((s for s in searches if s.converged), searches[0])
    best = max(s.log_likelihood for s in searches)
    return TwoLevelFit(model, teams, likelihood, found, best)


def _set_within_means(theta: Array, model: Model, teams: list[Teams]) -> None:
    for k, row in enumerate(model.rows):
        if row.op == "~1" and row.level == 1 and model.theta_of_row[k] >= 0 and row.lhs in teams[0].values:
            theta[model.theta_of_row[k]] = np.nanmean(teams[row.group - 1].values[row.lhs])


def _crude(component: TwoLevel, team: Teams) -> tuple[Array, Array, Array]:
    """Covariances within and between and means between, good enough to start from."""
    assert team.moments.within is not None
    y, b = component.block_within.observed, component.block_between.observed
    within = team.moments.within.cov[0]
    pooled = np.zeros((len(component.placement),) * 2)
    mean = np.zeros(len(component.placement))
    weight = sum(m.n[0] for m in team.moments.between)
    for size, m in zip(team.moments.sizes, team.moments.between, strict=True):
        scale = np.ones(len(mean))
        scale[: len(y)] = 1 / np.sqrt(size)
        mean += m.n[0] * scale * m.mean[0] / weight
    for size, m in zip(team.moments.sizes, team.moments.between, strict=True):
        scale = np.ones(len(mean))
        scale[: len(y)] = 1 / np.sqrt(size)
        d = scale * m.mean[0] - mean
        part = np.outer(scale, scale) * m.cov[0] + np.outer(d, d)
        part[: len(y), : len(y)] -= within / size
        pooled += m.n[0] * part / weight
    between = component.placement.T @ pooled @ component.placement
    at = [y.index(name) if name in y else None for name in b]
    floor = np.array([0.05 * within[k, k] if k is not None else 1e-8 for k in at])
    sd = np.sqrt(np.maximum(np.diag(between), floor))
    between = between * 0.5
    between[np.diag_indices_from(between)] = sd**2
    return within, between, component.placement.T @ mean


def _with_covariates(model: Model, teams: list[Teams]) -> Model:
    fixed = model.fixed.copy()
    for k, row in enumerate(model.rows):
        if not row.of_covariate:
            continue
        source = teams[row.group - 1].values if row.level == 1 else teams[row.group - 1].team_values
        x, y = source[row.lhs], source[row.rhs or row.lhs]
        fixed[k] = x.mean() if row.op == "~1" else float(np.mean((x - x.mean()) * (y - y.mean())))
    return replace(model, fixed=fixed)
