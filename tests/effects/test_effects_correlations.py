"""Correlations of answers of one unit: R's numbers on a stepped wedge, and what is not offered."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from effects_studies import WEDGE, data_of, entry, trial_scores, trial_study

from dww_analysis import effects
from dww_analysis.domain.study import Allocation
from dww_analysis.domain.tables.effects import CORRELATIONS
from dww_analysis.effects.answered import answered
from dww_analysis.effects.components import components_of
from dww_analysis.effects.correlations import correlations
from dww_analysis.multilevel import fit
from dww_analysis.multilevel.gaussian.simulate import simulate


@pytest.fixture(scope="module")
def wedge():
    rows = pd.read_csv(WEDGE / "16_stepped_wedge_cohort.csv", dtype={"team": str, "person": str})
    rows["wave"] = rows["period"].astype(str)
    return fit("y ~ wave + treated + (1 | team) + (1 | team:wave) + (1 | person)", rows)


def test_correlations_are_those_of_the_witness(wedge):
    found = correlations(wedge, "e", "team", 0.95, seed=1, draws=200).set_index("quantity")
    witness = json.loads((WEDGE / "oracle.json").read_text())["correlations"]
    names = {
        "within_wave": "wp_icc",
        "between_waves": "bp_icc",
        "autocorrelation": "cac",
        "individual": "iac",
    }
    for ours, theirs in names.items():
        assert found.at[ours, "estimate"] == pytest.approx(witness[theirs], rel=1e-4)
        assert found.at[ours, "conf_low"] <= found.at[ours, "estimate"] <= found.at[ours, "conf_high"]
    assert set(found["unit"]) == {"team", "person"}


def test_the_same_seed_gives_the_same_interval(wedge):
    one, other, third = (correlations(wedge, "e", "team", 0.95, seed=s, draws=50) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, other)
    assert not one["conf_low"].equals(third["conf_low"])


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Balanced one-way layouts of 30 teams of 8 with an ICC of .2."""
    rng = np.random.default_rng(8)
    hits = 0
    for seed in range(40):
        y = rng.normal(size=(30, 1)) * np.sqrt(0.2) + rng.normal(size=(30, 8)) * np.sqrt(0.8)
        data = pd.DataFrame({"team": np.repeat(np.arange(30).astype(str), 8), "y": y.ravel()})
        row = correlations(fit("y ~ 1 + (1 | team)", data), "e", "team", 0.95, seed, draws=100).iloc[0]
        assert row["quantity"] == "within_wave"
        hits += row["conf_low"] <= 0.2 <= row["conf_high"]
    assert hits >= 33


def one_way(units: int, size: int, variance: float) -> pd.DataFrame:
    """A balanced layout whose mean squares are those expected at variances `variance` and 1."""
    rng = np.random.default_rng(3)
    between, within = rng.normal(size=units), rng.normal(size=(units, size))
    between -= between.mean()
    within -= within.mean(axis=1, keepdims=True)
    between *= np.sqrt((variance + 1 / size) / between.var(ddof=1))
    within *= np.sqrt(units * (size - 1) / (within**2).sum())
    y = (between[:, None] + within).ravel()
    return pd.DataFrame({"team": np.repeat(np.arange(units).astype(str), size), "y": y})


def test_large_fits_have_the_standard_error_of_a_balanced_layout_by_hand(monkeypatch):
    """Donner (1986), Int Stat Rev 54, 67-82: 2 (1 - r)^2 (1 + (m - 1) r)^2 / (m (m - 1) (k - 1)); and of variances
    those of mean squares, 2 MS^2 / df."""
    k, m, variance = 600, 6, 0.25
    fitted = fit("y ~ 1 + (1 | team)", one_way(k, m, variance))
    monkeypatch.setattr(effects.correlations, "LARGE_FIT", 2000)
    monkeypatch.setattr(effects.components, "LARGE_FIT", 2000)
    monkeypatch.setattr(type(fitted), "bootstrap_draws", None)  # no refits
    monkeypatch.setattr(type(fitted), "profile", None)
    row = correlations(fitted, "e", "team", 0.95, seed=1, draws=5000).iloc[0]
    r = variance / (variance + 1)
    error = np.sqrt(2 * (1 - r) ** 2 * (1 + (m - 1) * r) ** 2 / (m * (m - 1) * (k - 1)))
    assert row["estimate"] == pytest.approx(r, rel=1e-5)
    assert (row["conf_high"] - row["conf_low"]) / (2 * 1.959964) == pytest.approx(error, rel=0.03)

    limits = components_of(entry(), fitted, 0.95).set_index("group")
    errors = {
        "team": np.sqrt(2 * (m * variance + 1) ** 2 / (k - 1) + 2 / (k * (m - 1))) / m,
        "Residual": np.sqrt(2 / (k * (m - 1))),
    }
    for group, at in (("team", variance), ("Residual", 1.0)):
        reach = np.log(limits.at[group, "conf_high"] / limits.at[group, "conf_low"]) / (2 * 1.959964)
        assert reach == pytest.approx(errors[group] / at, rel=1e-5)
        assert limits.at[group, "conf_low"] * limits.at[group, "conf_high"] == pytest.approx(at**2, rel=1e-5)


def test_limits_of_large_fits_are_near_those_of_the_profile():
    """The standard error of the team variance's logarithm is .097, near the largest that is taken for normal."""
    fitted = fit("y ~ 1 + (1 | team)", one_way(600, 6, 0.25))
    large, exact = (
        table.set_index("term").loc[["sd_(Intercept)|team", "sigma"], ["conf_low", "conf_high"]]
        for table in (fitted.large_sample_limits(), fitted.profile())
    )
    off = (large - exact).div(exact["conf_high"] - exact["conf_low"], axis=0)
    assert off.abs().to_numpy().max() < 0.05


@pytest.mark.parametrize(("units", "variance"), [(40, 0.25), (25, 0.01)])
def test_draws_of_large_fits_are_those_of_mean_squares(units, variance):
    """A balanced layout by brute force, also where a variance is often zero: mean squares of the same responses."""
    m, n = 5, 4000
    fitted = fit("y ~ 1 + (1 | team)", one_way(units, m, variance))
    names, own, draws = fitted.large_sample_draws(n, 4)
    assert names == ("sd_(Intercept)|team", "sigma")
    assert own.tolist() == pytest.approx([np.sqrt(variance), 1.0], rel=1e-5)
    y = simulate(fitted.solution, n, np.random.default_rng(4)).reshape(units, m, n)
    between = m * y.mean(axis=1).var(axis=0, ddof=1)
    inside = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum(axis=(0, 1))
    within, df = inside / (units * (m - 1)), units * (m - 1)
    pooled = (inside + (units - 1) * between) / (units * m - 1)
    assert df == 4 * units
    free = between > within
    np.testing.assert_allclose(draws[free, 0] ** 2, ((between - within) / m)[free], atol=1e-9)
    np.testing.assert_allclose(draws[free, 1] ** 2, within[free], rtol=1e-9)
    assert (draws[~free, 0] == 0).all() and (~free).mean() > (0.3 if variance == 0.01 else -1)
    np.testing.assert_allclose(draws[~free, 1] ** 2, pooled[~free], rtol=0.05)


@pytest.mark.long
def test_draws_of_large_fits_are_near_those_of_refits():
    """The same responses, refitted: units of different size, persons at several waves, a covariate, weights."""
    rng = np.random.default_rng(8)
    teams = np.repeat(np.arange(60), rng.integers(4, 14, 60))
    table = pd.DataFrame({"team": teams, "person": np.arange(len(teams))}).loc[
        np.repeat(np.arange(len(teams)), 3)
    ]
    table["wave"] = np.tile(np.arange(3), len(teams))
    table = table[rng.random(len(table)) < 0.8].assign(x=lambda t: rng.normal(size=len(t)))
    effect = rng.normal(size=(60, 4)) * [0.4, 0.25, 0.25, 0.25]
    own = (
        effect[table["team"], 0]
        + effect[table["team"], 1 + table["wave"]]
        + rng.normal(size=len(teams))[table["person"]]
    )
    table["y"] = own + rng.normal(size=len(table))
    table["w"] = rng.choice([0.5, 1.0, 2.0], len(table))
    model = fit(
        "y ~ x + wave + (1 | team) + (1 | team:wave) + (1 | person)",
        table.astype({"team": str, "person": str, "wave": str}),
        weights="w",
    )
    names, own, draws = model.large_sample_draws(200, 3)
    refits = model.bootstrap_draws(200, 3)
    assert names == refits.terms[: len(names)]
    np.testing.assert_allclose(own, refits.estimate[: len(names)], rtol=1e-9)
    theirs = refits.draws[:, : len(names)] ** 2
    error = (draws**2 - theirs).std(axis=0) / theirs.std(axis=0)
    assert (error < 0.25).all()
    np.testing.assert_allclose(
        (draws**2).mean(axis=0), theirs.mean(axis=0), atol=0.1 * theirs.std(axis=0).min()
    )
    np.testing.assert_allclose((draws**2).std(axis=0), theirs.std(axis=0), rtol=0.1)


def test_fits_without_such_draws_are_drawn_less_often(monkeypatch):
    rows = one_way(60, 5, 0.01)
    fitted = fit("y ~ 1 + (1 | team)", rows, method="ML")
    assert fitted.large_sample_draws(10, 1) is None
    assert fitted.large_sample_limits().empty
    asked = []
    draws = type(fitted).bootstrap_draws
    monkeypatch.setattr(
        type(fitted), "bootstrap_draws", lambda self, n, seed: asked.append(n) or draws(self, 5, seed)
    )
    for largest in (300, 100, 10):
        monkeypatch.setattr(effects.correlations, "LARGE_FIT", largest)
        correlations(fitted, "e", "team", 0.95, seed=1)
    assert asked == [1000, 333, 200]


def test_variances_near_zero_keep_their_profile(monkeypatch):
    fitted = fit("y ~ 1 + (1 | team)", one_way(60, 5, 0.01))
    assert fitted.large_sample_limits()["term"].tolist() == ["sigma"]
    own = fitted.profile().set_index("term").loc["sd_(Intercept)|team"]
    monkeypatch.setattr(effects.components, "LARGE_FIT", 100)
    limits = components_of(entry(), fitted, 0.95).set_index("group").loc["team"]
    assert limits[["conf_low", "conf_high"]].tolist() == pytest.approx(
        (own[["conf_low", "conf_high"]] ** 2).tolist()
    )
    zero = fit("y ~ 1 + (1 | team)", one_way(60, 5, -0.1))  # estimated at zero
    assert zero.boundary and (zero.large_sample_draws(10, 1)[2] >= 0).all()
    assert zero.large_sample_limits()["term"].tolist() == ["sigma"]


def test_only_of_planned_outcomes_that_are_numbers():
    table = trial_scores(True)
    flags = table[["sample", "person", "wave"]].assign(careless=False)
    found = answered(data_of(entry(), table), flags).correlations
    assert (
        list(found.columns) == list(CORRELATIONS.names)
        and len(found)
        and found["estimate"].between(0, 1).all()
    )
    other = answered(data_of(entry(family="other"), table), flags).correlations
    assert other["estimate"].tolist() == found["estimate"].tolist()
    assert (other["conf_low"] - found["conf_low"]).abs().max() < 0.06, "fewer draws of the same bootstrap"
    assert answered(data_of(entry(status="exploratory"), table), flags).correlations.empty
    assert answered(data_of(entry(wave=0), table), flags).correlations.empty  # cannot be estimated


def test_persons_who_were_allocated_themselves_share_no_unit():
    """Two persons are two units, so that nothing says how alike persons of one unit are: no correlation, and not 0."""
    study = dataclasses.replace(trial_study(), allocation=Allocation("person", "allocation", randomised=True))
    table = trial_scores(False)
    flags = table[["sample", "person", "wave"]].assign(careless=False)
    found = answered(data_of(entry(), table, study=study), flags).correlations
    assert found[["quantity", "unit"]].to_numpy().tolist() == [["individual", "person"]]


@pytest.mark.parametrize(
    "formula",
    ["(1 | team) + (1 | wave:team)", "(1 | team/wave)"],
)
def test_units_at_waves_are_the_same_units_however_they_are_written(formula):
    """`team/wave` is a group of its own for teams at waves, named wave:team: what lies between teams at a wave was
    left out of how two persons of a team resemble each other at one."""
    rng = np.random.default_rng(2)
    team, person, wave = (a.ravel() for a in np.indices((12, 6, 3)))
    y = rng.normal(size=12)[team] + rng.normal(size=(12, 3))[team, wave] + rng.normal(size=len(team))
    table = pd.DataFrame({"y": y, "team": team, "person": team * 6 + person, "wave": wave.astype(str)})
    usual, own = (
        correlations(fit(f"y ~ wave + {random} + (1 | person)", table), "e", "team", 0.95, 1, draws=4)
        for random in ("(1 | team) + (1 | team:wave)", formula)
    )
    assert own["quantity"].tolist() == ["within_wave", "between_waves", "autocorrelation", "individual"]
    assert own["estimate"].to_numpy() == pytest.approx(usual["estimate"].to_numpy(), rel=1e-5)


def test_teams_within_organisations_are_teams():
    rng = np.random.default_rng(3)
    organisation, team, person = (a.ravel() for a in np.indices((8, 4, 6)))
    y = rng.normal(size=8)[organisation] + rng.normal(size=(8, 4))[organisation, team]
    table = pd.DataFrame({"y": y + rng.normal(size=len(y)), "organisation": organisation, "person": person})
    table["team"] = organisation * 4 + team
    usual, own = (
        correlations(fit(f"y ~ 1 + {random}", table), "e", "team", 0.95, 1, draws=4)
        for random in ("(1 | organisation) + (1 | team)", "(1 | organisation/team)")
    )
    assert own["quantity"].tolist() == ["within_wave"]
    assert own["estimate"].to_numpy() == pytest.approx(usual["estimate"].to_numpy(), rel=1e-5)
