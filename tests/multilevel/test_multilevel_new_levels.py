"""Limits for a new team, a new person and a new measurement: closed forms, statsmodels, by hand and by simulation."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from dww_analysis import fit, fit_ols
from dww_analysis.multilevel.errors import MethodError

EXACT = 1e-6


def trial(seed: int = 1, teams: int = 16, sd: tuple[float, float, float] = (0.5, 0.7, 0.6)) -> pd.DataFrame:
    """Persons in teams in two arms, three waves: SDs of teams, persons and measurements."""
    rng = np.random.default_rng(seed)
    person = np.arange(teams * 6)
    team = person // 6
    shift = sd[0] * rng.normal(size=teams)[team] + sd[1] * rng.normal(size=len(person))
    data = pd.DataFrame(
        {
            "person": np.repeat(person, 3),
            "team": np.repeat(team, 3),
            "time": np.tile([0.0, 1, 2], len(person)),
        }
    )
    data["arm"] = np.where(data["team"] % 2, "new", "usual")
    data["y"] = 3 + 0.3 * data["time"] + np.repeat(shift, 3) + sd[2] * rng.normal(size=len(data))
    return data


NEW = pd.DataFrame({"arm": ["new", "usual"], "time": [0.0, 4.0], "team": [98, 99], "person": [998, 999]})


def test_least_squares_has_the_interval_of_statsmodels():
    data = trial()
    m = fit_ols("y ~ time", data)
    theirs = sm.OLS(data["y"], sm.add_constant(data["time"])).fit()
    frame = theirs.get_prediction(sm.add_constant(NEW["time"], has_constant="add")).summary_frame()
    found = m.predict(NEW, population=True, se=True, of="measurement")
    np.testing.assert_allclose(found["conf_low"], frame["obs_ci_lower"], rtol=EXACT)
    np.testing.assert_allclose(found["conf_high"], frame["obs_ci_upper"], rtol=EXACT)


@pytest.mark.parametrize(("formula", "arms"), [("y ~ 1 + (1 | team)", 1), ("y ~ arm + (1 | team)", 2)])
def test_a_new_team_of_a_balanced_layout_by_hand(formula, arms):
    """Variance MSB / (k n) of the mean of an arm of k teams and (MSB - MSE) / n of a team, both on k - 1 df an arm."""
    rng = np.random.default_rng(3)
    k, n = 18 // arms, 5
    data = pd.DataFrame({"team": np.repeat(np.arange(k * arms), n), "y": rng.normal(size=k * arms * n)})
    data["y"] += rng.normal(size=k * arms)[data["team"]]
    data["arm"] = np.where(data["team"] % arms, "usual", "new")
    means = data.groupby(["arm", "team"])["y"].mean()
    df = arms * (k - 1)
    between = n * means.groupby("arm").var(ddof=0).sum() * k / df
    within = data.groupby("team")["y"].var().mean()
    spread = np.sqrt(between / (k * n) + (between - within) / n)
    half = stats.t.ppf(0.975, df) * spread
    row = fit(formula, data).predict(NEW[["arm", "team"]], population=True, se=True, of="team").iloc[0]
    mean = means["new"].mean()
    np.testing.assert_allclose(
        row[["estimate", "std_error", "df", "conf_low", "conf_high"]].astype(float),
        [mean, spread, df, mean - half, mean + half],
        rtol=1e-5,
    )


def test_variances_of_the_groups_that_a_new_one_lies_in_are_added():
    m = fit("y ~ arm + time + (1 + time | team) + (1 | person)", trial())
    mean, team, person, row = (
        m.predict(NEW, population=True, se=True, of=of)["std_error"] ** 2
        for of in ("mean", "team", "person", "measurement")
    )
    z = np.column_stack([np.ones(2), NEW["time"]])
    of_team = np.einsum("ij,jk,ik->i", z, m.solution.covariance(0), z)
    of_person = m.solution.covariance(1)[0, 0]
    np.testing.assert_allclose(team - mean, of_team)
    np.testing.assert_allclose(person - team, of_person)
    np.testing.assert_allclose(row - person, m.sigma**2)
    same = m.predict(population=True, se=True, of="team")  # the rows of the fit
    assert len(same) == m.n_obs
    plain = m.predict(NEW, population=True, se=True)
    pd.testing.assert_frame_equal(plain, m.predict(NEW, population=True, se=True, of="mean"))


def test_limits_of_a_logarithm_are_turned_back():
    data = trial().assign(y=lambda d: np.exp(d["y"]))
    m = fit("log(y) ~ time + (1 | team)", data)
    link = m.predict(NEW, population=True, se=True, of="measurement")
    back = m.predict(NEW, population=True, se=True, of="measurement", type="response")
    np.testing.assert_allclose(back[["conf_low", "conf_high"]], np.exp(link[["conf_low", "conf_high"]]))


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"of": "tem"}, "mean, team, measurement"),
        ({"of": "team", "se": False}, "add se=True"),
    ],
)
def test_words_that_cannot_be_are_refused(choices, reason):
    m = fit("y ~ time + (1 | team)", trial())
    with pytest.raises(MethodError, match=reason):
        m.predict(NEW, **{"population": True, "se": True} | choices)


def test_outcomes_and_residuals_that_have_no_such_limits_are_refused():
    data = trial().assign(yes=lambda d: (d["y"] > 3.3).astype(int))
    with pytest.raises(MethodError, match="Gaussian"):
        fit("yes ~ time + (1 | team)", data, family="binomial").predict(
            NEW, population=True, se=True, of="team"
        )
    m = fit("y ~ time + (1 | team)", data, residual_variance="arm")
    with pytest.raises(MethodError, match="residual variance of its own"):
        m.predict(NEW, population=True, se=True, of="measurement")
    assert m.predict(NEW, population=True, se=True, of="team")["std_error"].gt(0).all()


def test_types_of_tests_by_their_roman_numbers():
    m = fit("y ~ arm * time + (1 | team)", trial())
    pd.testing.assert_frame_equal(m.anova(type="II"), m.anova(type=2))
    pd.testing.assert_frame_equal(m.anova(type="III"), m.anova())
    with pytest.raises(MethodError, match="'I'"):
        m.anova(type="I")


@pytest.mark.slow
def test_limits_hold_what_they_say():
    """Over trials of twelve teams, some of which find no variance between teams."""
    inside = {"team": [], "measurement": []}
    rng = np.random.default_rng(9)
    for seed in range(600):
        m = fit("y ~ arm + time + (1 | team) + (1 | person)", trial(seed, teams=12))
        truth = {"team": 3 + 0.5 * rng.normal()}
        truth["measurement"] = truth["team"] + 0.7 * rng.normal() + 0.6 * rng.normal()
        for of, value in truth.items():
            row = m.predict(NEW, population=True, se=True, of=of).iloc[0]
            inside[of].append(row["conf_low"] < value < row["conf_high"])
    assert 0.92 < np.mean(inside["team"]) < 0.98  # known to 1 in 100
    assert 0.93 < np.mean(inside["measurement"]) < 0.99
