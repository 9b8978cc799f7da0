"""Correlations of scales: against their definitions, and intervals against Fisher's z by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from dww_analysis.scales.together import scale_correlations

NAMES = ("a", "b")
Z = 1.959963984540054


def long(x, y, teams, wave=0, sample="main"):
    """Scores of two scales, one row each."""
    base = pd.DataFrame(
        {"sample": sample, "wave": wave, "person": [f"p{i}" for i in range(len(x))], "current_team": teams}
    )
    return pd.concat([base.assign(scale="a", score=x), base.assign(scale="b", score=y)], ignore_index=True)


def invented(n_teams=10, size=6, seed=3):
    rng = np.random.default_rng(seed)
    teams = np.repeat([f"t{i}" for i in range(n_teams)], size)
    level = np.repeat(rng.normal(size=n_teams), size)
    x = level + rng.normal(size=len(teams))
    return x, 0.8 * level - 0.5 * x + rng.normal(size=len(teams)), teams


def row(found, level):
    return found[found["level"] == level].iloc[0]


def limits(r, n):
    """tanh(atanh(r) -+ z / sqrt(n - 3)) (Fisher 1921)."""
    return [math.tanh(math.atanh(r) + sign * Z / math.sqrt(n - 3)) for sign in (-1, 1)]


def test_the_three_levels_are_what_they_are_called():
    x, y, teams = invented()
    found = scale_correlations(long(x, y, teams), NAMES, 0.95, 8)
    frame = pd.DataFrame({"x": x, "y": y, "t": teams})
    means = frame.groupby("t")[["x", "y"]].mean()
    left = frame[["x", "y"]] - means.loc[teams].to_numpy()
    persons = np.corrcoef(x, y)[0, 1]
    within = (left["x"] @ left["y"]) / math.sqrt((left["x"] @ left["x"]) * (left["y"] @ left["y"]))
    between = np.corrcoef(means["x"], means["y"])[0, 1]
    for level, r, n in (("persons", persons, 60), ("within", within, 60 - 10 + 1), ("between", between, 10)):
        own = row(found, level)
        assert own["estimate"] == pytest.approx(r, abs=1e-9)
        assert [own["conf_low"], own["conf_high"]] == pytest.approx(limits(r, n), abs=1e-6)
    assert row(found, "within")["n_teams"] == row(found, "between")["n_teams"] == 10
    assert set(found["n_persons"]) == {60}


def test_who_lacks_a_score_does_not_count_and_teams_of_one_tell_nothing_within():
    x, y, teams = invented()
    x[0] = np.nan
    teams = np.array([*teams[:-1], "alone"])
    found = scale_correlations(long(x, y, teams), NAMES, 0.95, 8)
    assert row(found, "persons")["n_persons"] == 59
    assert row(found, "within")["n_persons"] == 58 and row(found, "within")["n_teams"] == 10
    assert row(found, "between")["n_teams"] == 11


def test_few_teams_have_no_correlation_of_teams_and_what_does_not_vary_has_none():
    x, y, teams = invented(n_teams=7)
    found = scale_correlations(long(x, y, teams), NAMES, 0.95, 8)
    assert set(found["level"]) == {"persons"}
    flat = scale_correlations(long(np.ones(60), np.arange(60.0), invented()[2]), NAMES, 0.95, 8)
    assert flat["estimate"].isna().all() and flat["conf_low"].isna().all()


def test_the_first_and_the_last_wave_of_each_sample():
    x, y, teams = invented()
    waves = pd.concat([long(x, y, teams, wave) for wave in (0, 1, 2)])
    other = long(x, y, teams, 1, "other")
    found = scale_correlations(pd.concat([waves, other]), NAMES, 0.95, 8)
    assert set(zip(found["sample"], found["wave"], strict=True)) == {("main", 0), ("main", 2), ("other", 1)}
