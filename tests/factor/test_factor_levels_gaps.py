"""Two-level models with absent answers and by MLR: a dense likelihood with its numerical derivatives, and lavaan.

The witness stacks all answers of a team in one vector and takes its multivariate normal density, as nobody would who
has many teams.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from dww_analysis.factor import fit_cfa, omega_two_level, twolevel_search
from dww_analysis.factor.data import Answers
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.likelihood import Likelihood
from dww_analysis.factor.model import Model, compile_model
from dww_analysis.factor.syntax import parse_model
from dww_analysis.factor.table import Choices, build_table
from dww_analysis.factor.twolevel import TwoLevel
from dww_analysis.factor.twolevel_gaps import TwoLevelGaps
from dww_analysis.factor.twolevel_saturated import within_bounds
from dww_analysis.factor.twolevel_teams import (
    Teams,
    complete_teams,
    prepare_levels,
    team_cross_product,
    teams_of,
    with_gaps,
)

EXTRA = Path(__file__).parents[1] / "oracles_extra"
DEMO = pd.read_csv(Path(__file__).parents[1] / "oracles" / "10_cfa" / "demo_twolevel.csv")
LAVAAN = json.loads((EXTRA / "two_level_mlr.json").read_text(encoding="utf-8"))

VALUE = 1e-7  # of a log-likelihood of some hundreds
NUMERIC = 1e-5  # central differences of the dense likelihood
PRINTED = 6e-4  # three decimals, and lavaan's stop a little before the maximum

PLAIN = "level: 1\nfw =~ a + b + c + d\nlevel: 2\nfb =~ a + b + c + d"
RICH = "level: 1\nfw =~ a + b + c + d\nx ~~ fw\nx ~ 1\nlevel: 2\nfb =~ a + b + c + d + z1 + z2"


def invented(seed: int = 1, n_teams: int = 25, gaps: float = 0.25, most: int = 6) -> pd.DataFrame:
    """Four items, a fifth variable of persons and two of teams, a quarter of them absent; rows in any order."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(n_teams), rng.integers(1, most, n_teams))
    n = len(team)
    within, between = rng.normal(size=n), 0.7 * rng.normal(size=n_teams)
    rows = {
        name: 1
        + 0.8 * within
        + 0.6 * between[team]
        + 0.6 * rng.normal(size=n)
        + 0.3 * rng.normal(size=n_teams)[team]
        for name in "abcd"
    }
    rows["x"] = 0.5 * within + rng.normal(size=n)
    data = pd.DataFrame(rows)
    data = data.mask(rng.random(data.shape) < gaps)
    of_team = pd.DataFrame({"z1": between + 0.5 * rng.normal(size=n_teams), "z2": rng.normal(size=n_teams)})
    of_team = of_team.mask(rng.random(of_team.shape) < gaps / 2)
    return (
        data.join(of_team.loc[team].reset_index(drop=True)).assign(team=team).sample(frac=1, random_state=2)
    )


def component(text: str, data: pd.DataFrame) -> tuple[Model, Teams, Likelihood]:
    table = build_table(parse_model(text), Choices(mean_structure=True))
    teams = teams_of(prepare_levels(Answers(data, None, "team", "fiml"), table.roles), 0, table)
    model = compile_model(table)
    return model, teams, with_gaps(model, [teams])


def stacked(model: Model, teams: Teams, likelihood: Likelihood, theta: np.ndarray) -> list[tuple]:
    """Of each team its answers, their means and their covariance matrix, in full."""
    part = likelihood.components[0]
    assert isinstance(part, TwoLevelGaps)
    within, between = part.implied(model.values(theta))
    p, found = len(within.mu), []
    for j in range(teams.answers.n_teams):
        rows = teams.answers.level_1[teams.answers.team == j]
        D = np.vstack([part.placement[:p]] * len(rows) + [part.placement[p:]])
        V = D @ between.sigma @ D.T
        V[: rows.size, : rows.size] += np.kron(np.eye(len(rows)), within.sigma)
        mean = D @ between.mu
        mean[: rows.size] += np.tile(within.mu, len(rows))
        answers = np.append(rows.ravel(), teams.answers.level_2[j])
        seen = ~np.isnan(answers)
        found.append((answers[seen], mean[seen], V[np.ix_(seen, seen)]))
    return found


def density(answers: np.ndarray, mean: np.ndarray, V: np.ndarray) -> float:
    d = answers - mean
    return -0.5 * (len(d) * np.log(2 * np.pi) + np.linalg.slogdet(V)[1] + d @ np.linalg.solve(V, d))


def dense(*what) -> np.ndarray:
    return np.array([density(*team) for team in stacked(*what)])


def slopes(function, theta: np.ndarray, step: float = 1e-5) -> np.ndarray:
    return np.array(
        [(function(theta + h) - function(theta - h)) / (2 * step) for h in step * np.eye(len(theta))]
    )


def somewhere(model: Model) -> np.ndarray:
    """A point away from the maximum, with small covariances."""
    theta = np.random.default_rng(3).uniform(0.4, 1.2, model.n_theta)
    rows = [model.rows[k] for k in model.first_rows]
    return np.where([r.op == "~~" and r.lhs != r.rhs for r in rows], 0.2, theta)


def test_likelihood_scores_and_information_are_those_of_the_stacked_answers():
    model, teams, likelihood = component(RICH, invented())
    theta, what = somewhere(model), (model, teams, likelihood)
    states = likelihood.states(theta)
    value, gradient = likelihood.gradient(states)
    assert value == likelihood.value(theta) == pytest.approx(dense(*what, theta).sum(), abs=VALUE)
    assert value == pytest.approx(
        sum(multivariate_normal.logpdf(*t) for t in stacked(*what, theta)), abs=VALUE
    )
    scores = slopes(lambda t: dense(*what, t), theta)
    np.testing.assert_allclose(gradient, scores.sum(axis=1), atol=NUMERIC)
    np.testing.assert_allclose(team_cross_product(model, theta, [teams]), scores @ scores.T, atol=1e-3)
    hessian = slopes(lambda t: likelihood.gradient(likelihood.states(t))[1], theta)
    np.testing.assert_allclose(likelihood.information(states, False), -hessian, atol=1e-4)


@pytest.mark.slow
def test_expected_information_is_that_of_the_stacked_answers():
    what = component(RICH, invented(n_teams=12))
    model, teams, likelihood = what
    theta, expected = somewhere(model), 0.0
    mean_slopes = [
        slopes(lambda t, j=j: stacked(*what, t)[j][1], theta) for j in range(teams.answers.n_teams)
    ]
    for j, (_, _, V) in enumerate(stacked(*what, theta)):
        d_V = np.linalg.solve(V, slopes(lambda t, j=j: stacked(*what, t)[j][2], theta))
        means = mean_slopes[j] @ np.linalg.solve(V, mean_slopes[j].T)
        expected += means + 0.5 * np.einsum("aij,bji->ab", d_V, d_V)
    np.testing.assert_allclose(likelihood.information(likelihood.states(theta), True), expected, atol=NUMERIC)


def test_a_covariance_between_teams_that_is_not_positive_definite_counts_while_answers_have_a_density():
    model, teams, likelihood = component(PLAIN, invented(2)[["a", "b", "c", "d", "team"]])
    theta = somewhere(model)
    variances = [k for k, row in enumerate(model.first_rows) if model.rows[row].name == "a~~a"]
    for variance, exists in ((-0.05, True), (-5.0, False)):
        theta[variances[1]] = variance
        found = likelihood.value(theta)
        if exists:
            assert found == pytest.approx(dense(model, teams, likelihood, theta).sum(), abs=VALUE)
        assert np.isfinite(found) == exists


def test_without_gaps_it_is_the_likelihood_of_complete_teams():
    table = build_table(parse_model(PLAIN), Choices(mean_structure=True))
    data = invented(4, gaps=0.0)[["a", "b", "c", "d", "team"]]
    teams = teams_of(prepare_levels(Answers(data, None, "team", "listwise"), table.roles), 0, table)
    model = compile_model(table)
    theta = somewhere(model)
    one, other = with_gaps(model, [teams]), Likelihood(model, (TwoLevel(*model.blocks, teams.moments),))
    for expected in (True, False):
        np.testing.assert_allclose(
            one.information(one.states(theta), expected),
            other.information(other.states(theta), expected),
            rtol=1e-9,
            atol=1e-9,
        )
    np.testing.assert_allclose(
        one.gradient(one.states(theta))[1], other.gradient(other.states(theta))[1], atol=1e-9
    )
    assert one.value(theta) == pytest.approx(other.value(theta), abs=VALUE)


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """The first 40 clusters of lavaan's two-level example, a fifth of the answers absent."""
    data = DEMO[DEMO["cluster"] <= 40].rename(
        columns={"y1": "a", "y2": "b", "y3": "c", "y4": "d", "cluster": "team"}
    )
    data = data[["a", "b", "c", "d", "team"]].reset_index(drop=True)
    gone = np.random.default_rng(5).random((len(data), 4)) < 0.2
    return data.assign(**data[list("abcd")].mask(gone))


def test_estimates_errors_and_chi_square_are_those_of_the_dense_likelihood(answers):
    fit = fit_cfa(PLAIN, answers, cluster="team", missing="fiml")
    model, *what = component(PLAIN, answers)
    assert fit.log_likelihood == pytest.approx(dense(model, *what, fit.theta).sum(), abs=1e-6)
    gradient = slopes(lambda t: dense(model, *what, t), fit.theta).sum(axis=1)
    np.testing.assert_allclose(gradient, 0, atol=1e-4)
    likelihood = what[-1]
    hessian = slopes(lambda t: likelihood.gradient(likelihood.states(t))[1], fit.theta)
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(-hessian), rtol=1e-3, atol=1e-5)
    free = "level: 1\n{0}\nlevel: 2\n{0}".format(
        "\n".join(f"{u} ~~ {v}" for k, u in enumerate("abcd") for v in "abcd"[k:])
    )
    saturated = fit_cfa(free, answers, cluster="team", missing="fiml")
    assert saturated.df == 0
    moments, *above = component(free, answers)
    top = dense(moments, *above, saturated.theta)
    np.testing.assert_allclose(
        slopes(lambda t: dense(moments, *above, t), saturated.theta).sum(axis=1), 0, atol=1e-4
    )
    assert fit.chi_square == pytest.approx(2 * (top.sum() - fit.log_likelihood), abs=1e-5)
    assert (fit.df, fit.missing, fit.estimator) == (4, "fiml", "ML")
    assert fit.n_obs == int(answers[list("abcd")].notna().any(axis=1).sum())


def test_mlr_is_the_sandwich_of_the_dense_scores_of_teams(answers):
    """No J / (J - 1), as in lavaan and Mplus at two levels."""
    fit = fit_cfa(PLAIN, answers, cluster="team", missing="fiml", estimator="MLR")
    plain = fit_cfa(PLAIN, answers, cluster="team", missing="fiml")
    model, *what = component(PLAIN, answers)
    scores = slopes(lambda t: dense(model, *what, t), fit.theta)
    meat, bread = scores @ scores.T, plain.covariance
    np.testing.assert_allclose(fit.covariance, bread @ meat @ bread, rtol=1e-4, atol=1e-7)
    np.testing.assert_array_equal(fit.theta, plain.theta)
    assert fit.scaling_h0 == pytest.approx(np.trace(bread @ meat) / model.n_theta, rel=1e-5)
    moments = 14 + 10
    assert fit.scaling_h1 * moments - fit.scaling_h0 * model.n_theta == pytest.approx(
        fit.df * fit.scaling_factor
    )
    assert fit.chi_square == pytest.approx(plain.chi_square / fit.scaling_factor)
    assert (fit.estimator, fit.chi_square_unscaled) == ("MLR", plain.chi_square)
    assert fit.robust is not None and fit.cfi == fit.robust.cfi
    two = "level: 1\na ~~ b\nlevel: 2\na ~~ b"
    few = fit_cfa(two, answers[answers["team"] <= 7], cluster="team", missing="fiml", estimator="MLR")
    sentence = "7 clusters for 8 free parameters: robust errors lean on few teams"
    assert sentence in few.warnings and not any("lean on few" in said for said in fit.warnings)


@pytest.mark.oracle
@pytest.mark.parametrize("name", LAVAAN["models"])
def test_mlr_at_two_levels_as_lavaan_prints_it(name):
    expected = LAVAAN["models"][name]
    fit = fit_cfa(expected["text"], pd.read_csv(EXTRA / LAVAAN["file"]), cluster="clus", estimator="MLR")
    assert (fit.n_parameters, fit.df, fit.n_obs, fit.n_clusters) == (
        expected["npar"],
        expected["df"],
        1000,
        110,
    )
    assert fit.log_likelihood == pytest.approx(expected["logl"], abs=PRINTED)
    assert fit.aic == pytest.approx(expected["aic"], abs=2 * PRINTED)
    assert fit.scaling_h0 == pytest.approx(expected["scaling_h0"], abs=PRINTED)
    assert fit.scaling_h1 == pytest.approx(LAVAAN["saturated"]["scaling_h1"], abs=2e-3)
    ours = fit.parameters.assign(name=fit.parameters["lhs"] + fit.parameters["op"] + fit.parameters["rhs"])
    ours = ours.set_index(["level", "name"])
    for level, word in ((1, "within"), (2, "between")):
        for parameter, numbers in expected[word].items():
            mine = ours.loc[(level, parameter)]
            assert [mine.estimate, mine.std_error] == pytest.approx(numbers, abs=PRINTED), parameter
    if name == "within_only":
        assert fit.cfi == pytest.approx(LAVAAN["saturated"]["robust_cfi"], abs=1e-3)
        assert fit.rmsea == pytest.approx(LAVAAN["saturated"]["robust_rmsea"], abs=1e-3)


def test_complete_answers_give_the_same_whatever_is_said_of_missing_ones():
    data = DEMO[DEMO["cluster"] <= 60]
    text = "level: 1\nfw =~ y1 + y2 + y3\nfw ~ x1\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ w1"
    one, other = (fit_cfa(text, data, cluster="cluster", missing=word) for word in ("listwise", "fiml"))
    pd.testing.assert_frame_equal(one.parameters, other.parameters)
    assert (one.chi_square, one.cfi, one.srmr) == (other.chi_square, other.cfi, other.srmr)


def test_rows_may_stand_in_any_order_and_silent_persons_do_not_count(answers):
    fit = fit_cfa(PLAIN, answers, cluster="team", missing="fiml", estimator="MLR")
    silent = pd.DataFrame({"team": [1, 2, 2]})
    mixed = pd.concat([answers, silent]).sample(frac=1, random_state=1)
    other = fit_cfa(PLAIN, mixed, cluster="team", missing="fiml", estimator="MLR")
    np.testing.assert_allclose(fit.theta, other.theta, atol=1e-6)
    np.testing.assert_allclose(fit.covariance, other.covariance, rtol=1e-5, atol=1e-9)
    assert fit.n_obs == other.n_obs and any(
        "3 of" in sentence or "rows are left out" in sentence for sentence in other.warnings
    )


def test_a_covariate_of_teams_is_known_to_all_members_once_one_row_has_it():
    data = DEMO[DEMO["cluster"] <= 60].copy()
    data["y1"] = data["y1"].where(np.random.default_rng(1).random(len(data)) > 0.1)
    text = "level: 1\nfw =~ y1 + y2 + y3\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ w1"
    first = ~data["cluster"].duplicated()
    one = fit_cfa(text, data, cluster="cluster", missing="fiml")
    other = fit_cfa(text, data.assign(w1=data["w1"].where(first)), cluster="cluster", missing="fiml")
    np.testing.assert_allclose(one.theta, other.theta)
    assert one.n_obs == other.n_obs == len(data)


def test_teams_of_two_groups_under_one_name_do_not_tell_each_other_their_covariates():
    data = DEMO[DEMO["cluster"] <= 120].copy()
    data["arm"] = np.where(data["cluster"] <= 60, "one", "two")
    first = ~data["cluster"].duplicated()
    data["w1"] = data["w1"].where(first)
    text = "level: 1\nfw =~ y1 + y2 + y3\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ w1"
    numbered = data.assign(cluster=(data["cluster"] - 1) % 60)
    one, other = (fit_cfa(text, d, group="arm", cluster="cluster", missing="fiml") for d in (data, numbered))
    np.testing.assert_allclose(one.theta, other.theta)
    data.loc[data["cluster"] == 7, "w1"] = numbered.loc[data["cluster"] == 7, "w1"] = np.nan
    one, other = (fit_cfa(text, d, group="arm", cluster="cluster", missing="fiml") for d in (data, numbered))
    assert one.n_obs == other.n_obs < len(data)


def test_groups_without_equalities_are_fitted_as_if_alone(answers):
    data = answers.assign(arm=np.where(answers["team"] <= 20, "one", "two"))
    both = fit_cfa(PLAIN, data, group="arm", cluster="team", missing="fiml", estimator="MLR")
    apart = [
        fit_cfa(PLAIN, part, cluster="team", missing="fiml", estimator="MLR")
        for _, part in data.groupby("arm", sort=False)
    ]
    assert both.log_likelihood == pytest.approx(sum(f.log_likelihood for f in apart), abs=1e-6)
    assert both.chi_square_unscaled == pytest.approx(sum(f.chi_square_unscaled for f in apart), abs=1e-5)
    errors = np.concatenate([np.sqrt(np.diag(f.covariance)) for f in apart])
    np.testing.assert_allclose(np.sqrt(np.diag(both.covariance)), errors, rtol=1e-4)


@pytest.mark.slow
def test_what_holds_for_two_groups_is_said_once():
    data = invented(1, n_teams=60, gaps=0.0)
    fit = fit_cfa(PLAIN, data.assign(arm=np.where(data["team"] < 30, "one", "two")), "arm", "team")
    assert all(np.linalg.eigvalsh(between.to_numpy())[0] < 0 for _, between in fit.levels)
    assert sum("between teams is not positive definite" in said for said in fit.warnings) == 1


def test_answers_missing_at_random_do_not_bias_the_loadings():
    """d is skipped where a is low; those who answered everything are another population."""
    rng = np.random.default_rng(8)
    team = np.repeat(np.arange(200), 10)
    within, between = rng.normal(size=2000), rng.normal(size=200)[team]
    data = pd.DataFrame(
        {
            c: 0.8 * within + 0.5 * between + 0.6 * rng.normal(size=2000) + 0.2 * rng.normal(size=200)[team]
            for c in "abcd"
        }
    )
    data["d"] = data["d"].where(data["a"] > 0)
    means = [
        fit_cfa(PLAIN, data.assign(team=team), cluster="team", missing=word)
        .parameters.set_index(["lhs", "op", "level"])
        .loc[("d", "~1", 2), "estimate"]
        for word in ("fiml", "listwise")
    ]
    assert abs(means[0]) < 0.1 < 0.4 < abs(means[1])


def _one_answer_a_team(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(a=data["a"].where(~data.sort_values("a")["team"].duplicated()))


def _never_together(data: pd.DataFrame) -> pd.DataFrame:
    even = np.arange(len(data)) % 2 == 0
    return data.assign(a=data["a"].where(even), b=data["b"].where(~even))


def _known_apart(data: pd.DataFrame) -> pd.DataFrame:
    even = data["team"] % 2 == 0
    return data.assign(z1=data["z1"].where(even), z2=data["z2"].where(~even))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_one_answer_a_team, "no team in which two persons answered a"),
        (_never_together, "a and b answered together by 0|b and a answered together by 0"),
        (lambda data: data.assign(z1=data["z1"].where(data["team"] == 3)), "z1"),
        (_known_apart, "answers to z1 together with z2 in 0 teams"),
        (lambda data: data.assign(z1=np.arange(len(data))), "values that differ within teams"),
        (lambda data: data.drop(columns="team"), "no column team"),
        (lambda data: data.assign(team=np.nan), "no row left"),
        (lambda data: data.assign(z1=1.0), "no variance in z1"),
        (lambda data: data[data["team"] < 5], "5 teams for 6 variables between teams"),
    ],
)
def test_what_gaps_leave_unknown_is_refused(change, reason):
    with pytest.raises(FactorError, match=reason):
        fit_cfa(RICH, change(invented(6, n_teams=40)), cluster="team", missing="fiml")


def test_other_estimators_are_refused(answers):
    with pytest.raises(FactorError, match="estimator ML or MLR"):
        fit_cfa(PLAIN, answers, cluster="team", estimator="WLSMV")


def test_equal_parameters_need_groups(answers):
    with pytest.raises(FactorError, match="equal without groups"):
        fit_cfa(PLAIN, answers, cluster="team", equal="loadings")


def test_omega_keeps_who_skipped_an_item(answers):
    """Half of the rows have a gap; all of them say something of the other items."""
    items = answers[list("abcd")]
    omega = omega_two_level(items, answers["team"])
    fit = fit_cfa(PLAIN, answers, cluster="team", missing="fiml")
    assert omega.n_obs == fit.n_obs > 1.5 * items.notna().all(axis=1).sum()
    assert omega.log_likelihood == pytest.approx(fit.log_likelihood)


def test_a_factor_between_teams_without_estimate_costs_few_steps(monkeypatch):
    """Teams that hardly differ: the search for a factor between them has nothing to find and is not let run."""
    taken = []
    found = twolevel_search.estimate.scoring

    def counted(likelihood, theta, max_steps):
        search = found(likelihood, theta, max_steps)
        taken.append(search.n_steps)
        return search

    monkeypatch.setattr(twolevel_search.estimate, "scoring", counted)
    data = pd.read_csv(EXTRA / "factor_teams.csv")
    omega = omega_two_level(data.drop(columns="cl"), data["cl"])
    assert any("cannot be estimated" in sentence for sentence in omega.warnings)
    assert sum(taken) < 200


def _small(seed: int) -> pd.DataFrame:
    """200 persons in 30 teams that hardly differ, six items of five answers, a fifth absent."""
    rng = np.random.default_rng(seed)
    team = np.sort(rng.integers(0, 30, 200))
    common = 0.7 * rng.normal(size=200) + 0.7 * np.sqrt(0.05) * rng.normal(size=30)[team]
    own = 0.7 * rng.normal(size=(200, 6)) + 0.4 * np.sqrt(0.05) * rng.normal(size=(30, 6))[team]
    items = pd.DataFrame(np.clip(np.round(1.2 * (common[:, None] + own) + 3), 1, 5), columns=list("abcdef"))
    return items.mask(rng.random(items.shape) < 0.2).assign(team=team)


FREE = "level: 1\n{0}\nlevel: 2\n{0}".format(
    "\n".join(f"{u} ~~ {v}" for k, u in enumerate("abcd") for v in "abcd"[k:])
)


def test_bounds_change_nothing_where_the_saturated_model_has_a_maximum_inside():
    data = DEMO[DEMO["cluster"] <= 100].rename(
        columns={"y1": "a", "y2": "b", "y3": "c", "y4": "d", "cluster": "team"}
    )
    data = data.mask(np.random.default_rng(2).random(data.shape) < 0.1).assign(team=data["team"])
    fit = fit_cfa(FREE, data, cluster="team", missing="fiml")
    model, _, likelihood = component(FREE, data)
    between = np.linalg.eigvalsh(fit.levels[0][1].to_numpy())
    assert between[0] > 0
    found = within_bounds(model, likelihood, fit.theta * np.where(fit.theta < 0, 0.5, 1.1))
    assert found.converged
    assert found.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(found.theta, fit.theta, atol=1e-3)


@pytest.mark.slow
def test_free_covariances_without_a_maximum_are_kept_to_those_that_can_exist():
    """One factor within has reliability 6 / 7 here; free, neither model beside it has a maximum."""
    data = _small(3)
    omega = omega_two_level(data.drop(columns="team"), data["team"])
    said = " ".join(omega.warnings)
    assert "the saturated model is kept to covariances between teams that can exist" in said
    assert "at that edge no standard error is given" in said
    assert omega.within == pytest.approx(6 / 7, abs=0.03) and np.isnan([omega.within_se, omega.between]).all()
    assert omega.icc.between(0, 1).all() and 0.8 < omega.alpha_within < 0.9
    assert np.linalg.eigvalsh(omega.fit.levels[0][1].to_numpy())[0] > -1e-9
    assert omega.fit.chi_square > 0 and omega.fit.srmr > 0


def test_a_bounded_solution_is_a_maximum_among_matrices_that_can_exist():
    """No step towards a positive semi-definite matrix gains: G Sigma = 0, and G has no positive root."""
    data = _small(3)[[*"abcd", "team"]]
    model, teams, likelihood = component(FREE, data)
    begin = twolevel_search.crude_starts(model, complete_teams(model, [teams]), [teams])[0]
    found = within_bounds(model, likelihood, begin)
    part, states = likelihood.components[0], likelihood.states(found.theta)
    _, G_w, _, G_b = part.moment_gradient(states[0])
    sigma_w, sigma_b = states[0].at_within.sigma, states[0].at_between.sigma
    assert found.converged and np.linalg.eigvalsh(sigma_b)[0] < 1e-6
    np.testing.assert_allclose(G_w, 0, atol=1e-2)
    np.testing.assert_allclose(G_b @ sigma_b, 0, atol=1e-2)
    assert np.linalg.eigvalsh(G_b)[-1] < 1e-2 and np.linalg.eigvalsh(G_b)[0] < -1
    assert np.linalg.eigvalsh(sigma_w)[0] > 0


@pytest.mark.slow
def test_a_model_outside_the_bounds_of_the_saturated_one_has_no_chi_square():
    data = _small(2)
    text = "level: 1\nfw =~ {0}\nlevel: 2\nfb =~ {0}".format(" + ".join("abcdef"))
    fit = fit_cfa(text, data, cluster="team", missing="fiml", estimator="MLR")
    assert fit.converged and np.isnan([fit.chi_square, fit.cfi, fit.rmsea]).all()
    assert any("lies outside those bounds: no chi-square" in said for said in fit.warnings)
    lines = fit.summary().split("Loadings", maxsplit=1)[0] + repr(fit)
    assert "Log-likelihood" in lines and "nan" not in lines
    assert np.isfinite(fit.parameters["std_error"]).all() and fit.icc.between(0, 1).all()
