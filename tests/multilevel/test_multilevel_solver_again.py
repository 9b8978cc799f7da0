"""New responses over the same design: refits, simulation, bootstrap; profile intervals and likelihood ratios."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from oracle_models import models_with, oracle_fit, read_oracle
from scipy.stats import chi2
from solver_designs import make_design

from dww_analysis.multilevel import DesignError, MethodError, fit
from dww_analysis.multilevel.gaussian.kenward_roger import KenwardRoger
from dww_analysis.multilevel.gaussian.profile import parameter_names, profiler
from dww_analysis.multilevel.gaussian.refit import refit, refit_many
from dww_analysis.multilevel.gaussian.simulate import simulate
from dww_analysis.multilevel.gaussian.solve import solve_gaussian
from dww_analysis.multilevel.inference import bootstrap as module
from dww_analysis.multilevel.inference.bootstrap import bootstrap

PROFILE = 1e-3  # relative; lme4 interpolates its profiles
SAME = 1e-6  # relative; two searches of one criterion
FLOOR = 1e-8
SLOW_PROFILE = ("07_cluster_trial", "main_three_level")
QUICK_PROFILES = [m for m in models_with("ci_profile") if m != SLOW_PROFILE]


@pytest.fixture(scope="module")
def solution():
    return solve_gaussian(make_design("nested", weighted=True))


def test_refit_is_a_fit_of_the_new_response(solution):
    y = simulate(solution, 1, np.random.default_rng(1))[:, 0]
    again, fresh = refit(solution, y), solve_gaussian(replace(solution.design, y=y))
    assert again.log_likelihood == pytest.approx(fresh.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(again.beta, fresh.beta, rtol=SAME, atol=FLOOR)
    np.testing.assert_allclose(KenwardRoger(again).vcov, KenwardRoger(fresh).vcov, rtol=1e-4, atol=FLOOR)
    np.testing.assert_array_equal(again.design.y, y)


def test_refit_many_is_refit_column_by_column(solution):
    Y = simulate(solution, 12, np.random.default_rng(2))
    found = refit_many(solution, Y)
    assert found.df_method == "kenward-roger"
    for i in range(12):
        one = solve_gaussian(replace(solution.design, y=Y[:, i]))
        inference = KenwardRoger(one)
        np.testing.assert_allclose(found.estimate[i], one.beta, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(found.std_error[i], np.sqrt(np.diag(inference.vcov)), rtol=1e-4)
        np.testing.assert_allclose(found.df[i], inference.df(np.eye(4)), rtol=1e-3)
        assert found.log_likelihood[i] == pytest.approx(one.log_likelihood, abs=1e-6)
        assert found.at_boundary[i] == bool(one.boundary)
    assert found.converged.all() and found.p_value.shape == (12, 4)


@pytest.mark.parametrize("df", ["satterthwaite", "normal", "between-within"])
def test_refit_many_with_other_df(solution, df):
    found = refit_many(solution, simulate(solution, 2, np.random.default_rng(2)), df)
    assert found.df_method == df and np.isfinite(found.p_value).all()


def test_responses_that_do_not_fit_are_refused(solution):
    with pytest.raises(DesignError, match="rows"):
        refit(solution, np.ones(3))
    with pytest.raises(DesignError, match="missing"):
        refit(solution, np.full(solution.design.n, np.nan))
    with pytest.raises(DesignError, match="matrix"):
        refit_many(solution, np.ones(solution.design.n))


def test_simulated_responses_have_the_model_covariance(solution):
    draws = simulate(solution, 20_000, np.random.default_rng(3))
    design = solution.design
    np.testing.assert_allclose(
        draws.mean(axis=1),
        design.X @ solution.beta + design.offset,
        atol=5 * draws.std(axis=1).max() / np.sqrt(20_000),
    )
    rows = np.arange(6)
    V = np.diag(solution.sigma**2 / design.weights[rows])
    for r, term in enumerate(design.random):
        Z = term.Z[rows]
        V += Z @ solution.covariance(r) @ Z.T * (term.codes[rows, None] == term.codes[None, rows])
    np.testing.assert_allclose(np.cov(draws[rows]), V, atol=6 * V.max() / np.sqrt(20_000))


@pytest.mark.slow
def test_bootstrap_spreads_as_the_standard_errors_say(solution):
    boot = bootstrap(solution, 200, np.random.default_rng(4))
    table = boot.intervals().set_index("term")
    assert boot.terms == parameter_names(solution.design) and boot.converged.mean() > 0.98
    se = np.sqrt(np.diag(solution.vcov))
    np.testing.assert_allclose(table.loc[list(solution.design.x_names), "std_error"], se, rtol=0.25)
    with pytest.raises(MethodError):
        bootstrap(solution, 0, np.random.default_rng(1))


def test_a_bootstrap_holds_some_responses_at_a_time(solution, monkeypatch):
    """Seven draws, three at a time: each is the refit of the response that the generator gives next."""
    monkeypatch.setattr(module, "AT_ONCE", 3 * solution.design.n)
    held = []
    monkeypatch.setattr(module, "simulate", lambda *given: held.append(simulate(*given)) or held[-1])
    found = bootstrap(solution, 7, np.random.default_rng(4))
    assert [y.shape[1] for y in held] == [3, 3, 1] and found.draws.shape == (7, len(found.terms))
    p = len(solution.beta)
    for draw, y in zip(found.draws, np.hstack(held).T, strict=True):
        np.testing.assert_allclose(draw[-p:], refit(solution, y).beta, rtol=1e-5, atol=1e-6)


@pytest.mark.oracle
@pytest.mark.parametrize(("case", "name"), QUICK_PROFILES)
def test_profile_limits_are_those_of_lme4(case, name):
    table = profiler(oracle_fit(case, name).solution).table().set_index("term")
    for row in read_oracle(case)["models"][name]["ci_profile"]["rows"]:
        for column, stored in (("conf_low", row["lower"]), ("conf_high", row["upper"])):
            assert table.loc[row["term"], column] == pytest.approx(stored, rel=PROFILE, abs=FLOOR), row[
                "term"
            ]


@pytest.mark.slow
@pytest.mark.oracle
def test_profile_limits_of_the_three_level_trial():
    test_profile_limits_are_those_of_lme4(*SLOW_PROFILE)


def test_profile_of_one_parameter_and_unknown_ones(solution):
    table = profiler(solution, conf_level=0.8).table(["arm"])
    assert list(table["term"]) == ["arm"]
    row = table.iloc[0]
    assert row["conf_low"] < row["estimate"] < row["conf_high"]
    with pytest.raises(MethodError, match="Unknown"):
        profiler(solution).table(["armm"])


@pytest.mark.oracle
def test_likelihood_ratio_of_ml_fits():
    stored = read_oracle("01_sleepstudy")["comparison"]["lrt_ml"]
    large = oracle_fit("01_sleepstudy", "random_slope", "ML")
    small = oracle_fit("01_sleepstudy", "random_intercept", "ML")
    row = large.compare(small).iloc[1]
    assert row["statistic"] == pytest.approx(stored["chisq"], abs=2e-5)
    assert row["df"] == stored["df"] and row["p_value"] == pytest.approx(stored["p"], rel=1e-4)


@pytest.mark.oracle
def test_dropped_slope_has_a_mixture():
    """Stram & Lee (1994), case 2: half chi2(1), half chi2(2) for a slope with its covariance."""
    stored = read_oracle("01_sleepstudy")["models"]["random_slope"]["ranova"]["rows"][1]
    row = (
        oracle_fit("01_sleepstudy", "random_slope")
        .compare(oracle_fit("01_sleepstudy", "random_intercept"))
        .iloc[1]
    )
    assert row["statistic"] == pytest.approx(stored["lrt"], abs=2e-5)
    assert row["p_value"] == pytest.approx(stored["p"], rel=1e-4)
    mixed = 0.5 * chi2.sf(row["statistic"], 1) + 0.5 * chi2.sf(row["statistic"], 2)
    assert row["p_mixture"] == pytest.approx(mixed, rel=1e-9)


def trial_frame() -> pd.DataFrame:
    design = make_design("nested")
    groups = {r.group: r.codes for r in design.random}
    return pd.DataFrame({"y": design.y, "arm": design.X[:, 1], "t": design.X[:, 2], **groups})


def test_one_dropped_variance_halves_the_p_value():
    data = trial_frame()
    row = (
        fit("y ~ arm + (1 | team) + (1 | person)", data).compare(fit("y ~ arm + (1 | person)", data)).iloc[1]
    )
    assert row["mixture"] == "0.5 chi2(0) + 0.5 chi2(1)"
    assert row["p_mixture"] == pytest.approx(row["p_value"] / 2)


def test_comparisons_that_say_nothing_are_refused():
    data = trial_frame()
    base = fit("y ~ arm + (1 | team)", data)
    with pytest.raises(MethodError, match="fixed effects"):
        base.compare(fit("y ~ arm + t + (1 | team)", data))
    with pytest.raises(MethodError, match="rows"):
        base.compare(fit("y ~ arm + (1 | team) + (1 | person)", data.iloc[5:]))
    with pytest.raises(MethodError, match="nested"):
        base.compare(fit("y ~ arm + (1 | person) + (1 | org)", data))
    with pytest.raises(MethodError, match="method"):
        base.compare(fit("y ~ arm + (1 | team) + (1 | person)", data, method="ML"))
    with pytest.raises(MethodError, match=r"\by\b"):
        base.compare(fit("y ~ arm + (1 | team) + (1 | person)", data.assign(y=data["y"] + 1)))
    with pytest.raises(MethodError, match="not part"):
        fit("y ~ arm + (1 | team)", data, method="ML").compare(
            fit("y ~ t + (1 | team) + (1 | person)", data, method="ML")
        )
