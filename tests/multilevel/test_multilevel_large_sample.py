"""Variances of large fits without refits, held to mean squares: of balanced data these hold all of restricted
likelihood. They are independent, and each is its expectation times a chi-square divided by its degrees of freedom
(Searle, Casella & McCulloch 1992, chapter 4: balanced data), so that variances and covariances of the estimates can be
written down."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.gaussian.simulate import simulate
from dww_analysis.multilevel.inference.large_sample import NEAR_ZERO
from dww_analysis.multilevel.inference.mivque import bounded_estimates, drawn_spreads

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


def test_a_draw_is_one_quadratic_estimate_of_dense_matrices():
    """Weighted answers and crossed groups, a variance of zero among them: y'P V_r P y = sum_s tr(P V_r P V_s) phi_s."""
    rng, n = np.random.default_rng(3), 120
    data = pd.DataFrame({name: rng.integers(0, k, n) for name, k in (("g", 14), ("h", 9), ("none", 6))})
    data = data.assign(x=rng.normal(size=n), w=rng.uniform(0.5, 3, n))
    y = (rng.normal(size=14)[data["g"]] + rng.normal(size=9)[data["h"]]) + rng.normal(size=n)
    solution = fit("y ~ x + (1 | g) + (1 | h) + (1 | none)", data.assign(y=y), weights=data["w"]).solution
    names, sds, draws = drawn_spreads(solution, 40, np.random.default_rng(7))
    Y = simulate(solution, 40, np.random.default_rng(7))
    X, weights = solution.design.X, np.asarray(solution.design.weights)
    V = [np.equal.outer(t.codes, t.codes).astype(float) for t in solution.design.random] + [
        np.diag(1 / weights)
    ]
    assert sds[names.index("sd_(Intercept)|none")] < 0.1
    inverse = np.linalg.inv(sum(s**2 * v for s, v in zip(sds, V, strict=True)))
    P = inverse - inverse @ X @ np.linalg.inv(X.T @ inverse @ X) @ X.T @ inverse
    M = np.array([[np.trace(P @ a @ P @ b) for b in V] for a in V])
    q = np.array([[y @ P @ v @ P @ y for v in V] for y in Y.T])
    plain = np.linalg.solve(M, q.T).T
    inside = (plain > 0).all(axis=1)
    assert 5 < inside.sum() < 35
    assert draws[inside] ** 2 == pytest.approx(plain[inside], rel=1e-4)  # the optimum is searched
    at_zero = draws[~inside] ** 2
    slope = (
        at_zero @ M - q[~inside]
    )  # Kuhn and Tucker: zero where a variance is not, and none falls from zero
    size = np.abs(q[~inside])
    assert (np.where(at_zero > 0, np.abs(slope), np.maximum(-slope, 0.0)) / size).max() < 1e-4


def test_bounded_estimates_are_the_least_of_all_that_have_some_at_zero():
    """Brute force over which variances are zero, where some of the true ones are."""
    rng, worse = np.random.default_rng(0), []
    for _ in range(60):
        A = rng.uniform(0, 1, (6, 3))
        M = A.T @ A * 50
        plain = np.array([0.0, rng.uniform(), 1.0]) + rng.multivariate_normal(
            np.zeros(3), np.linalg.inv(M) * 2
        )

        def away(phi, M=M, plain=plain):
            return (phi - plain) @ M @ (phi - plain)

        def at_zero(free, M=M, plain=plain):
            phi = np.zeros(3)
            phi[free] = np.linalg.solve(M[np.ix_(free, free)], (M @ plain)[free])
            return phi

        some = [at_zero(np.flatnonzero(np.array(free))) for free in product([False, True], repeat=3)]
        least = min(away(phi) for phi in some if (phi >= 0).all())
        worse.append(away(bounded_estimates(M, (M @ plain)[None])[0]) - least)
    assert worse == pytest.approx(np.zeros(60), abs=1e-9)


@pytest.mark.parametrize(
    ("formula", "method"),
    [("y ~ 1 + (1 | team)", "ML"), ("y ~ x + (1 + time | team)", "REML")],
)
def test_what_has_no_such_distribution_has_no_rows(formula, method):
    _, _, data = rows((30, 4, 3), seed=2)
    found = fit(formula, data.assign(time=np.tile([0, 1, 2], 120)), method=method)
    assert found.large_sample_draws(5, 1) is None and found.large_sample_limits().empty
