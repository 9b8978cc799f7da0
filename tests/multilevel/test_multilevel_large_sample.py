"""Variances of large fits without refits, held to mean squares: of balanced data these hold all of restricted
likelihood. They are independent, and each is its expectation times a chi-square divided by its degrees of freedom
(Searle, Casella & McCulloch 1992, chapter 4: balanced data), so that variances and covariances of the estimates can be
written down."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.inference.large_sample import NEAR_ZERO

CLOSED = 1e-5  # relative: a maximum that is searched against one that is written down
NAMES = ["sd_(Intercept)|person", "sd_(Intercept)|team", "sigma"]


@dataclass(frozen=True)
class Squares:
    """Mean squares of teams, persons in teams and answers of persons, with their degrees of freedom."""

    answers: np.ndarray  # (teams, persons, answers)
    between: int = 0  # predictors that differ between teams

    @property
    def df(self):
        teams, persons, n = self.answers.shape
        return np.array([teams - 1 - self.between, teams * (persons - 1), teams * persons * (n - 1)])

    def means(self, predictor=None):
        """Of teams, around the line through their means where there is a predictor of teams."""
        persons, teams = self.answers.mean(axis=2), self.answers.mean(axis=(1, 2))
        line = teams.mean() if predictor is None else np.polyval(np.polyfit(predictor, teams, 1), predictor)
        n = self.answers.shape[2]
        sums = [
            n * self.answers.shape[1] * ((teams - line) ** 2).sum(),
            n * ((persons - teams[:, None]) ** 2).sum(),
            ((self.answers - persons[:, :, None]) ** 2).sum(),
        ]
        return np.array(sums) / self.df

    def variances(self, squares):
        """Variances of persons, teams and answers, and their covariance (3, 3): linear in the mean squares, each of
        which has the variance 2 MS^2 / df."""
        _, persons, n = self.answers.shape
        A = np.array([[0, 1 / n, -1 / n], [1 / (n * persons), -1 / (n * persons), 0], [0, 0, 1]])
        return A @ squares, A @ np.diag(2 * squares**2 / self.df) @ A.T


def rows(shape, seed, sds=(0.8, 1.0, 1.2)):
    """Balanced answers, and a predictor that each team has one value of."""
    rng = np.random.default_rng(seed)
    teams, persons, _ = shape
    x = rng.normal(size=teams)
    of_team, of_person = rng.normal(0, sds[0], (teams, 1, 1)), rng.normal(0, sds[1], (teams, persons, 1))
    y = 0.5 * x[:, None, None] + of_team + of_person + rng.normal(0, sds[2], shape)
    team, person, _ = np.indices(shape)
    long = pd.DataFrame({"y": y.ravel(), "team": team.ravel(), "person": (team * persons + person).ravel()})
    return y, x, long.assign(x=x[long["team"]])


@pytest.mark.parametrize("predictor", [False, True])
@pytest.mark.parametrize("shape", [(500, 5, 4), (60, 12, 6)])
def test_limits_are_those_of_mean_squares(shape, predictor):
    answers, x, data = rows(shape, seed=4)
    by_hand = Squares(answers, int(predictor))
    variances, covariance = by_hand.variances(by_hand.means(x if predictor else None))
    spread = np.sqrt(np.diag(covariance)) / variances  # of logarithms, to first order
    found = fit(f"y ~ {'x' if predictor else '1'} + (1 | team) + (1 | person)", data).large_sample_limits(0.9)
    near = spread < NEAR_ZERO
    found = found.set_index("term").loc[[name for name, n in zip(NAMES, near, strict=True) if n]]
    reach = norm.ppf(0.95) * spread[near]
    assert found["estimate"].to_numpy() == pytest.approx(np.sqrt(variances[near]), rel=CLOSED)
    for column, side in (("conf_low", -1), ("conf_high", 1)):
        expected = np.sqrt(variances[near] * np.exp(side * reach))
        assert found[column].to_numpy() == pytest.approx(expected, rel=CLOSED)
    assert near.sum() >= 2


def test_draws_have_the_covariance_of_mean_squares():
    """Estimates hang together: a person's variance that is high leaves less to the team."""
    answers, _, data = rows((80, 4, 3), seed=9, sds=(1.5, 1.0, 0.8))
    by_hand, n = Squares(answers), 2000
    variances, covariance = by_hand.variances(by_hand.means())
    names, estimates, draws = fit("y ~ 1 + (1 | team) + (1 | person)", data).large_sample_draws(n, 1)
    order = [names.index(name) for name in NAMES]
    assert estimates[order] == pytest.approx(np.sqrt(variances), rel=CLOSED)
    drawn, sd = draws[:, order] ** 2, np.sqrt(np.diag(covariance))
    assert (drawn.mean(axis=0) - variances) / sd == pytest.approx(np.zeros(3), abs=5 / np.sqrt(n))
    found, expected = (c / np.outer(sd, sd) for c in (np.cov(drawn.T), covariance))
    assert found == pytest.approx(expected, abs=5 * np.sqrt(2 / n))
    assert covariance[0, 1] < 0 and covariance[0, 2] < 0


@pytest.mark.parametrize(
    ("formula", "method"),
    [("y ~ 1 + (1 | team)", "ML"), ("y ~ x + (1 + time | team)", "REML")],
)
def test_what_has_no_such_distribution_has_no_rows(formula, method):
    _, _, data = rows((30, 4, 3), seed=2)
    found = fit(formula, data.assign(time=np.tile([0, 1, 2], 120)), method=method)
    assert found.large_sample_draws(5, 1) is None and found.large_sample_limits().empty
