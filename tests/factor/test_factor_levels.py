"""Two-level factor models and omega within and between teams: lavaan's results and a dense likelihood."""

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from dww_analysis.factor import fit_cfa, omega_two_level, twolevel_fit, twolevel_search
from dww_analysis.factor.errors import FactorError

FOLDER = Path(__file__).parents[1] / "oracles" / "10_cfa"
ORACLE = json.loads((FOLDER / "oracle.json").read_text(encoding="utf-8"))["twolevel"]
DEMO = pd.read_csv(FOLDER / "demo_twolevel.csv")
SYNTAX = ORACLE["syntax"]
MODELS = {"demo_regression": "MT", "six_item": "MC", "six_item_cross_level_equal": "MI"}

CHI_SQUARE = 1e-3  # absolute
INDEX = 1e-4  # absolute
ESTIMATE = 1e-4
STD_ERROR = 1e-3
FLAT = 2e-4  # absolute: lavaan stops where the gradient of the log-likelihood is still 0.01
SATURATED = 1e-4  # lavaan's saturated moments come from an EM that stops early


@pytest.mark.oracle
@pytest.mark.parametrize("name", MODELS)
def test_two_level_models(name):
    fit, expected = fit_cfa(SYNTAX[MODELS[name]], DEMO, cluster="cluster"), ORACLE[name]
    numbers = expected["fit"]
    assert (fit.n_parameters, fit.df, fit.n_obs, fit.n_clusters) == (
        numbers["npar"],
        numbers["df"],
        2500,
        200,
    )
    for ours, theirs in [
        (fit.chi_square, "chisq"),
        (fit.log_likelihood, "logl"),
        (fit.log_likelihood_saturated, "unrestricted_logl"),
        (fit.aic, "aic"),
        (fit.bic, "bic"),
        (fit.baseline_chi_square, "baseline_chisq"),
    ]:
        assert ours == pytest.approx(numbers[theirs], abs=CHI_SQUARE), theirs
    for theirs in ("cfi", "tli", "rmsea", "srmr"):
        assert getattr(fit, theirs) == pytest.approx(numbers[theirs], abs=INDEX), theirs
    assert fit.rmsea_high == pytest.approx(numbers["rmsea_ci_upper"], abs=INDEX)
    ours = fit.parameters.set_index(["lhs", "op", "rhs", "level"])
    for row in expected["parameters"]:
        mine = ours.loc[(row["lhs"], row["op"], row["rhs"], row["level"])]
        assert mine.estimate == pytest.approx(row["est"], rel=ESTIMATE, abs=FLAT), row
        assert mine.std_error == pytest.approx(row["se"], rel=STD_ERROR), row
        if row["std.all"] is not None:
            assert mine.standardised == pytest.approx(row["std.all"], rel=ESTIMATE, abs=FLAT), row


@pytest.mark.oracle
def test_omega_of_three_items():
    """lavaan, first three items of its two-level example: omega, delta-method errors, log-likelihood."""
    omega = omega_two_level(DEMO[["y1", "y2", "y3"]], DEMO["cluster"])
    assert omega.within == pytest.approx(0.6762328, rel=1e-5)
    assert omega.within_se == pytest.approx(0.01174825, rel=STD_ERROR)
    assert omega.between == pytest.approx(0.9352351, rel=1e-5)
    assert omega.between_se == pytest.approx(0.01150256, rel=STD_ERROR)
    assert omega.log_likelihood == pytest.approx(-12513.7, abs=0.05)
    np.testing.assert_allclose(omega.icc, [0.321, 0.256, 0.223], atol=1e-3)
    assert omega.within_low < omega.within < omega.within_high < 1
    assert list(omega.icc.index) == ["y1", "y2", "y3"]


@pytest.mark.oracle
def test_omega_and_alpha_of_six_items():
    items = DEMO[[f"y{k}" for k in range(1, 7)]]
    omega = omega_two_level(items, DEMO["cluster"])
    equal = omega_two_level(items, DEMO["cluster"], equal_loadings=True)
    assert omega.within == pytest.approx(ORACLE["omega_within"], rel=ESTIMATE)
    assert omega.between == pytest.approx(ORACLE["omega_between"], rel=ESTIMATE)
    assert omega.alpha_within == pytest.approx(ORACLE["alpha_within"], rel=SATURATED)
    assert omega.alpha_between == pytest.approx(ORACLE["alpha_between"], rel=SATURATED)
    assert equal.within == pytest.approx(ORACLE["omega_within_equal"], rel=ESTIMATE)
    assert equal.between == pytest.approx(ORACLE["omega_between_equal"], rel=ESTIMATE)
    for name, value in ORACLE["icc"].items():
        assert omega.icc[name] == pytest.approx(value, rel=1e-3)


def _one_factor(seed: int) -> pd.DataFrame:
    """Four items of one factor within and one between 60 teams of eight."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(60), 8)
    within, between = rng.normal(size=len(team)), rng.normal(size=60)[team]
    own = lambda: 0.7 * rng.normal(size=len(team)) + 0.3 * rng.normal(size=60)[team]  # noqa: E731
    return pd.DataFrame({f"y{k}": 0.7 * within + 0.6 * between + own() for k in range(1, 5)} | {"team": team})


def test_a_solution_that_another_start_beats_is_said_aloud():
    fit = fit_cfa(SYNTAX["MC"], DEMO, cluster="cluster")
    assert any("higher" in sentence for sentence in fit.warnings)


def test_likelihood_agrees_with_dense_covariances():
    """The pooled statistics against one multivariate normal a team, with all its answers in one long vector."""
    data = DEMO[DEMO["cluster"] <= 30]
    text = "level: 1\nfw =~ y1 + y2 + y3\nlevel: 2\nfb =~ y1 + y2 + y3 + w1"
    fit = fit_cfa(text, data, cluster="cluster")
    table = fit.parameters.set_index(["lhs", "op", "rhs", "level"])["estimate"]
    names, both = ["y1", "y2", "y3"], ["y1", "y2", "y3", "w1"]
    load = lambda f, items, level: np.array([table[f, "=~", x, level] for x in items])  # noqa: E731
    lw, lb = load("fw", names, 1), load("fb", both, 2)
    within = np.outer(lw, lw) * table["fw", "~~", "fw", 1] + np.diag([table[x, "~~", x, 1] for x in names])
    between = np.outer(lb, lb) * table["fb", "~~", "fb", 2] + np.diag([table[x, "~~", x, 2] for x in both])
    mean = np.array([table[x, "~1", "", 2] for x in both])
    total = 0.0
    for _, team in data.groupby("cluster"):
        s = len(team)
        spread = np.tile(np.eye(4)[:3], (s, 1))
        design = np.vstack([spread, np.eye(4)[3:]])
        V = design @ between @ design.T
        V[: 3 * s, : 3 * s] += np.kron(np.eye(s), within)
        x = np.append(team[names].to_numpy().ravel(), team["w1"].iloc[0])
        total += multivariate_normal.logpdf(x, design @ mean, V)
    assert fit.log_likelihood == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cluster": 1}, "one team"),
        ({"cluster": range(2500)}, "one member"),
        ({"y1": DEMO["cluster"]}, "no variance within teams"),
        ({"y1": DEMO["y2"]}, "not positive definite"),
    ],
)
def test_omega_is_refused_with_a_reason(change, reason):
    data = DEMO.assign(**change)
    with pytest.raises(FactorError, match=reason):
        omega_two_level(data[["y1", "y2", "y3"]], data["cluster"])


def test_teams_that_do_not_differ_give_no_between_omega():
    rng = np.random.default_rng(1)
    omega = omega_two_level(DEMO[["y1", "y2", "y3"]], rng.integers(0, 100, len(DEMO)))
    assert np.isnan(omega.between) and np.isfinite(omega.within)
    assert any("between teams is not given" in sentence for sentence in omega.warnings)


def test_two_items_are_sent_elsewhere():
    with pytest.raises(FactorError, match="Spearman-Brown"):
        omega_two_level(DEMO[["y1", "y2"]], DEMO["cluster"])


def test_omega_within_survives_a_between_factor_without_an_estimate():
    """50 teams that hardly differ; lavaan's within omega is 0.8479, its between omega -0.58, which means nothing."""
    data = pd.read_csv(FOLDER.parents[1] / "oracles_extra" / "factor_teams.csv")
    omega = omega_two_level(data.drop(columns="cl"), data["cl"])
    assert omega.within == pytest.approx(0.8479, abs=1e-3)
    assert np.isnan(omega.between)
    assert any("cannot be estimated" in sentence for sentence in omega.warnings)


def test_factors_within_teams_that_correlate_above_one_are_said():
    """Two factors within teams where there is one."""
    text = "level: 1\nA =~ y1 + y2\nB =~ y3 + y4\nlevel: 2\nf =~ y1 + y2 + y3 + y4"
    fit = fit_cfa(text, _one_factor(5), cluster="team")
    rows = fit.parameters.set_index(["lhs", "op", "rhs"])
    assert fit.converged and rows.loc[("A", "~~", "B"), "standardised"] > 1
    sentence = "the covariance matrix of the factors is not positive definite (group 1, within teams)"
    assert sentence in fit.warnings


def _failing(monkeypatch, which: int) -> None:
    """The search for one of saturated (1), baseline (2) and own model (3) says that it did not converge."""
    found, calls = twolevel_fit.maximum, count(1)

    def fails(table, teams, patience=None):
        fit = found(table, teams, patience)
        if next(calls) != which:
            return fit
        short = replace(fit.search, converged=False, log_likelihood=fit.search.log_likelihood - 400)
        return replace(fit, search=short)

    monkeypatch.setattr(twolevel_fit, "maximum", fails)
    monkeypatch.setattr(twolevel_search, "within_bounds", lambda *_: SimpleNamespace(converged=False))


ONE = "level: 1\nfw =~ y1 + y2 + y3 + y4\nlevel: 2\nfb =~ y1 + y2 + y3 + y4"
OF_THE_FIT = ("chi_square", "p_value", "rmsea", "rmsea_low", "rmsea_high", "srmr")


def test_without_a_saturated_model_there_is_no_chi_square_and_no_index(monkeypatch):
    whole = fit_cfa(ONE, _one_factor(1), cluster="team")
    _failing(monkeypatch, 1)
    fit = fit_cfa(ONE, _one_factor(1), cluster="team")
    names = (*OF_THE_FIT, "cfi", "tli", "baseline_chi_square", "log_likelihood_saturated")
    assert all(np.isnan(getattr(fit, name)) for name in names) and fit.icc.isna().all()
    assert any("saturated model did not converge" in sentence for sentence in fit.warnings)
    assert fit.converged and fit.log_likelihood == whole.log_likelihood
    pd.testing.assert_frame_equal(fit.parameters, whole.parameters)


def test_without_a_baseline_there_is_no_cfi_and_no_tli(monkeypatch):
    whole = fit_cfa(ONE, _one_factor(1), cluster="team")
    _failing(monkeypatch, 2)
    fit = fit_cfa(ONE, _one_factor(1), cluster="team")
    assert np.isnan([fit.cfi, fit.tli, fit.baseline_chi_square]).all()
    assert "the baseline model did not converge: no CFI and TLI are given" in fit.warnings
    assert [getattr(fit, name) for name in OF_THE_FIT] == [getattr(whole, name) for name in OF_THE_FIT]
    assert fit.icc.equals(whole.icc)


def test_a_baseline_that_two_teams_leave_without_a_statistic_gives_no_scaled_cfi():
    """Its scaling factor is negative here: -22.5."""
    rng = np.random.default_rng(1)
    team, factor = np.repeat([0, 1], 30), rng.normal(size=60)
    data = pd.DataFrame(
        {c: 0.5 * factor + rng.normal(size=60) + 2 * rng.normal(size=2)[team] for c in "abcd"}
    )
    scaled = fit_cfa("f =~ a + b + c + d", data.assign(team=team), cluster="team").scaled
    assert scaled is not None and np.isfinite([scaled.chi_square, scaled.rmsea]).all()
    assert np.isnan([scaled.cfi, scaled.tli]).all()


def test_saturated_model_is_that_with_all_covariances_written_out():
    """lavaan 0.6-14 has -666.284 and a chi-square of 0 for the first twenty teams, below the model's own likelihood.
    Its `lavaan(...)` with all variances and covariances of both levels in the text has what stands here."""
    teams = pd.read_csv(Path(__file__).parents[1] / "oracles_extra" / "two_level_mlr.csv")
    first = teams[teams["clus"].isin(teams["clus"].unique()[:20])]
    fit = fit_cfa("level: 1\nfw =~ y1+y2+y3+y4\nlevel: 2\nfb =~ y1+y2+y3+y4", first, cluster="clus")
    assert fit.log_likelihood == pytest.approx(-665.54601479, abs=1e-5)
    assert fit.log_likelihood_saturated == pytest.approx(-661.54331764, abs=1e-5)
    assert fit.chi_square == pytest.approx(8.00539430, abs=1e-5)
