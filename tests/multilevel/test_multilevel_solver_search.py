"""The search on trials whose variances are nearly or exactly zero, its proof of an optimum, invariances of a fit."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from solver_designs import INTERCEPT, dense_fit, make_design, term

from dww_analysis.multilevel import DesignError, MethodError, fit
from dww_analysis.multilevel.gaussian import search
from dww_analysis.multilevel.gaussian.likelihood import Criterion
from dww_analysis.multilevel.gaussian.solve import solve_gaussian
from dww_analysis.multilevel.model import Design

BEST = 1e-6  # of the criterion, against the best of many starts
SEARCH = 1e-5  # relative, of standard errors: two searches end within this of each other
OTHER_ENGINE = 1e-4  # of the criterion: how close another engine's optimum must not come from below


def small_trial(seed: int) -> pd.DataFrame:
    """16 teams in 4 organisations, 8 persons a team, 4 waves; organisation and team variances near zero."""
    rng = np.random.default_rng(seed)
    team, person, wave = (
        np.repeat(np.arange(16), 32),
        np.repeat(np.arange(128), 4),
        np.tile(np.arange(4), 128),
    )
    sd_org, sd_team = [(0.02, 0.05), (0.1, 0.1), (0.0, 0.0), (0.2, 0.05)][seed % 4]
    arm = team % 2
    y = 3 + 0.1 * wave + 0.2 * arm * wave + sd_org * rng.normal(size=4)[team // 4]
    y += sd_team * rng.normal(size=16)[team] + 0.05 * (seed % 3) * rng.normal(size=16)[team] * wave
    y += 0.6 * rng.normal(size=128)[person] + 0.6 * rng.normal(size=512)
    data = pd.DataFrame({"y": y, "org": team // 4, "team": team, "person": person, "time": wave, "arm": arm})
    return data[rng.random(512) > 0.1 * (seed % 2)].reset_index(drop=True)


def trial_design(data: pd.DataFrame) -> Design:
    one, t, arm = np.ones(len(data)), data["time"].to_numpy(float), data["arm"].to_numpy(float)
    random = (
        term("org", INTERCEPT, one[:, None], data["org"].to_numpy()),
        term("team", (*INTERCEPT, "time"), np.column_stack([one, t]), data["team"].to_numpy()),
        term("person", INTERCEPT, one[:, None], data["person"].to_numpy()),
    )
    X = np.column_stack([one, arm, t, arm * t])
    names = ("(Intercept)", "arm", "time", "arm:time")
    return Design("trial", "y", data["y"].to_numpy(), X, names, random, one, 0 * one, data, 0)


def best_of_many(criterion: Criterion, seed: int, n: int) -> float:
    """Lowest criterion that the search reaches from random starts."""
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(n):
        a, b, c, d = np.exp(rng.normal(-1, 1.2, 4))
        values.append(search.search(criterion, np.array([a, b, 0.0, c, d]), thorough=False).search.criterion)
    return min(values)


def check_trial(seed: int, n_starts: int) -> None:
    design = trial_design(small_trial(seed))
    solution = solve_gaussian(design)
    criterion = Criterion.of(design, "REML")
    assert -2 * solution.log_likelihood <= best_of_many(criterion, seed, n_starts) + BEST
    assert solution.converged
    assert dense_fit(design, solution.theta).criterion == pytest.approx(
        -2 * solution.log_likelihood, abs=1e-7
    )


@pytest.mark.parametrize("seed", range(8))
def test_near_singular_trials_end_at_the_best_optimum(seed):
    check_trial(seed, 3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_near_singular_trials(seed):
    check_trial(seed, 10)


@pytest.mark.slow
def test_no_other_engine_finds_a_better_optimum():
    mixedlm = pytest.importorskip("mixedlm")
    formula = "y ~ arm * time + (1 | org) + (1 + time | team) + (1 | person)"
    for seed in range(40):
        data = small_trial(seed)
        ours = fit(formula, data)
        theirs = mixedlm.lmer(formula, data.astype({"org": str, "team": str, "person": str}))
        assert ours.log_likelihood >= theirs.logLik().value - OTHER_ENGINE / 2


@pytest.mark.slow
def test_statsmodels_agrees_on_one_factor():
    statsmodels = pytest.importorskip("statsmodels.formula.api")
    for seed in range(10):
        data = small_trial(seed)
        ours = fit("y ~ arm * time + (1 | person)", data)
        theirs = statsmodels.mixedlm("y ~ arm * time", data, groups="person").fit(reml=True)
        assert ours.log_likelihood == pytest.approx(theirs.llf, abs=1e-4)
        np.testing.assert_allclose(ours.fixed_effects, theirs.fe_params, rtol=1e-3, atol=1e-5)


def test_zero_components_are_exact_and_named():
    design = trial_design(small_trial(2))
    solution = solve_gaussian(design)
    assert "org (Intercept)" in solution.boundary
    assert solution.theta[0] == 0.0
    assert all(np.sign(solution.theta[[0, 1, 3, 4]]) >= 0)


def test_correlation_at_its_limit_is_named():
    rng = np.random.default_rng(4)
    design = trial_design(small_trial(0))
    b = rng.normal(size=16)[design.random[1].codes]
    steep = replace(design, y=design.y + b * (1 + 2 * design.X[:, 2]))
    assert "team cor((Intercept), time)" in solve_gaussian(steep).boundary


def test_a_search_cut_short_is_not_called_converged(monkeypatch):
    design = trial_design(small_trial(1))
    criterion = Criterion.of(design, "REML")
    monkeypatch.setattr(search, "MAX_STEPS", 1)
    found = search.search(criterion, thorough=False)
    assert not found.converged and found.search.notes


@pytest.mark.parametrize("beyond", [5.0, 0.0])
def test_places_where_nothing_is_left_for_the_residuals_end_no_search(beyond, monkeypatch):
    """There the criterion is no number, by rounding: once an error of the algebra, from a start that is far away."""
    design = trial_design(small_trial(2))
    expected, expand = solve_gaussian(design, "REML"), Criterion.expand

    def cut(self, theta):
        found = expand(self, theta)
        lost = np.abs(theta).max() > beyond
        return replace(found, fit=replace(found.fit, rss=-1e-18), found=None) if lost else found

    monkeypatch.setattr(Criterion, "expand", cut)
    if beyond:
        again = solve_gaussian(design, "REML")
        assert again.search.criterion == pytest.approx(expected.search.criterion, abs=1e-9)
        assert "no residual variance is left" in {run["message"] for run in again.search.starts}
    else:
        with pytest.raises(DesignError, match="y without rest"):
            solve_gaussian(design, "REML")


def test_components_that_cannot_be_told_apart_are_not_called_converged():
    design = make_design("one factor")
    same = replace(design.random[0], group="twin")
    twice = replace(design, random=(design.random[0], same))
    solution = solve_gaussian(twice)
    assert not solution.converged and "not identified" in " ".join(solution.search.notes)
    assert solution.log_likelihood == pytest.approx(solve_gaussian(design).log_likelihood, abs=1e-6)


def test_record_of_the_search():
    record = solve_gaussian(trial_design(small_trial(0))).search
    assert record.starts[0]["start"] == "unit" and len(record.starts) > 1  # near a boundary: further starts
    assert record.criterion == pytest.approx(min(s["criterion"] for s in record.starts), abs=1e-6)
    assert record.max_gradient < 1e-3 and record.smallest_curvature > 0


def test_order_of_rows_and_labels_do_not_matter():
    data = small_trial(3)
    formula = "y ~ arm * time + (1 | org) + (time | team) + (1 | person)"
    first = fit(formula, data)
    rng = np.random.default_rng(0)
    moved = data.sample(frac=1, random_state=1)
    for name in ("org", "team", "person"):
        labels = rng.permutation(1000)[: data[name].nunique()]
        moved[name] = [f"x{labels[v]}" for v in moved[name]]
    second = fit(formula, moved)
    assert second.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-8)
    a, b = first.coefficients(), second.coefficients()
    np.testing.assert_allclose(a.loc[:, "estimate":"conf_high"], b.loc[:, "estimate":"conf_high"], rtol=1e-5)


def test_units_of_outcome_and_predictor_only_change_units():
    data = small_trial(3)
    formula = "y ~ arm * time + (1 | org) + (time | team) + (1 | person)"
    first = fit(formula, data)
    second = fit(formula, data.assign(y=1e6 + 50 * data["y"], time=data["time"] / 1000))
    factor = np.array([50, 50, 50e3, 50e3])
    a, b = first.coefficients(), second.coefficients()
    np.testing.assert_allclose(b["estimate"].iloc[1:], (a["estimate"] * factor).iloc[1:], rtol=1e-5)
    np.testing.assert_allclose(b["std_error"], a["std_error"] * factor, rtol=1e-5)
    np.testing.assert_allclose(b["df"], a["df"], rtol=1e-4)


def test_far_away_calendar_years_are_no_problem():
    data = small_trial(3)
    formula = "y ~ arm * time + (1 | org) + (1 | team) + (1 | person)"
    near, far = fit(formula, data), fit(formula, data.assign(time=data["time"] + 2020.0))
    assert far.log_likelihood == pytest.approx(near.log_likelihood, abs=1e-6)
    a, b = near.coefficients().set_index("term"), far.coefficients().set_index("term")
    slopes = ["time", "arm:time"]
    np.testing.assert_allclose(b.loc[slopes, "std_error"], a.loc[slopes, "std_error"], rtol=SEARCH)


def test_where_time_is_zero_does_not_matter_to_slopes():
    """The Kenward-Roger adjustment multiplies four nearly dependent matrices; it once was 40 % off at time + 100."""
    rng = np.random.default_rng(0)
    data = small_trial(3)
    b = rng.normal(size=(16, 2))[data["team"]] @ [[0.5, 0], [0, 0.4]]
    data["y"] += b[:, 0] + b[:, 1] * data["time"]
    formula = "y ~ arm * time + (time | team) + (1 | person)"
    near, far = fit(formula, data), fit(formula, data.assign(time=data["time"] + 100.0))
    assert far.log_likelihood == pytest.approx(near.log_likelihood, abs=1e-6)
    a, b = near.coefficients().set_index("term"), far.coefficients().set_index("term")
    for column in ("estimate", "std_error", "df"):
        np.testing.assert_allclose(b.loc["arm:time", column], a.loc["arm:time", column], rtol=SEARCH)


def test_refusals():
    design = make_design("nested")
    with pytest.raises(MethodError, match="REML"):
        solve_gaussian(design, "MINQUE")
    with pytest.raises(DesignError, match="random"):
        solve_gaussian(replace(design, random=()))
    with pytest.raises(DesignError, match="vary"):
        solve_gaussian(replace(design, y=design.X @ [1.0, 2.0, 3.0, 4.0]))
