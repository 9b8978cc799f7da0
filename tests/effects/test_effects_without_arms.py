"""Waves without arms, and one common start: changes against means and least squares by hand, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, plan_of, scale, trial_study

from dww_analysis.domain.contrasts import Contrast, contrast_of
from dww_analysis.domain.study import Allocation, Wave
from dww_analysis.effects.analysis import estimate_entry
from dww_analysis.effects.answered import answered
from dww_analysis.errors import FitError

DATES = ("2024-01-15", "2024-05-15", "2024-09-15", "2025-01-15", "2025-05-15", "2025-09-15")
LEVELS = (3.0, 3.3, 3.1, 3.9, 3.8, 4.3)  # of six waves, the start between the third and the fourth


def study(n, start=None, dated=False, **changes):
    waves = tuple(Wave(i, {"en": f"round {i}"}, DATES[i] if dated else None) for i in range(n))
    return replace(
        trial_study(), design="waves_only", arms=(), allocation=None, waves=waves, start=start, **changes
    )


def answers(levels, teams=12, persons=6, organisations=1, seed=1):
    """Everybody answers every wave: means of waves are what they are."""
    rng, rows = np.random.default_rng(seed), []
    for t in range(teams):
        team, by_wave = rng.normal(0, 0.4), rng.normal(0, 0.15, len(levels))
        for p in range(persons):
            person = rng.normal(0, 0.5)
            for w, level in enumerate(levels):
                score = level + team + by_wave[w] + person + rng.normal(0, 0.4)
                rows.append(("main", f"{t}-{p}", w, f"o{t % organisations}", f"t{t}", None, "y", score))
    names = ["sample", "person", "wave", "organisation", "team", "arm", "scale", "score"]
    return pd.DataFrame(rows, columns=names)


def result(scores, of, one=None, **changes):
    return estimate_entry(data_of(one or entry(), scores, study=of, **changes))


def rows_of(found):
    table = found.estimates
    return table[~table["standardised"].astype(bool)].set_index("id")


def test_two_waves_are_compared_by_their_means_and_by_team():
    """Balanced: the difference of means, and the paired t test of the teams' means (Hussey & Hughes 2007, eq. 8)."""
    scores = answers(LEVELS[:3])
    found = result(scores, study(3))
    row = rows_of(found).loc["e"]
    wide = scores.groupby(["team", "wave"])["score"].mean().unstack()
    change = wide[2] - wide[0]
    assert row["estimate"] == pytest.approx(change.mean(), abs=1e-9)
    assert found.record["boundary"] == []
    assert row["noun"] == "change" and contrast_of(row) == Contrast(wave=2, from_wave=0)
    assert row["n_smallest"] == 72
    assert "change_between_waves" in found.record["methods"]
    assert "(1 | team:wave)" in found.record["formula"]
    means = {m["wave"]: m["estimate"] for m in found.record["means"]}
    assert means == pytest.approx(scores.groupby("wave")["score"].mean().to_dict())


def test_the_planned_wave_and_the_last_one_before_the_start():
    scores = answers(LEVELS[:4])
    found = result(scores, study(4, start="2"), entry(wave=2))
    means = scores.groupby("wave")["score"].mean()
    table = rows_of(found)
    assert table.index.tolist() == ["e", "e.wave3"]
    assert table.loc["e", "estimate"] == pytest.approx(means[2] - means[1], abs=1e-9)
    assert table.loc["e.wave3", "estimate"] == pytest.approx(means[3] - means[1], abs=1e-9)
    assert any("trends need 3 on each side" in w for w in found.record["warnings"])


@pytest.mark.parametrize("dated", [False, True])
def test_two_trends_are_least_squares_of_the_means_of_waves(dated):
    """Balanced, with waves off their trend: the estimate, its standard error and df are those of six means."""
    scores = answers(LEVELS)
    found = result(scores, study(6, start="2024-11-15" if dated else "3", dated=dated))
    assert "wave" not in str(found.record["boundary"])
    days = (pd.to_datetime(pd.Series(DATES)) - pd.Timestamp("2024-11-15")).dt.days.to_numpy() / 365.25
    time = days if dated else np.arange(6) - 3.0
    after = (np.arange(6) >= 3).astype(float)
    X = np.column_stack([np.ones(6), time, after, time * after])
    y = scores.groupby("wave")["score"].mean().to_numpy()
    beta, residual, *_ = np.linalg.lstsq(X, y, rcond=None)
    table = rows_of(found)
    for identity, weights in (
        ("e", [0, 0, 1, time[5]]),
        ("e.wave3", [0, 0, 1, time[3]]),
        ("e.trend", [0, 0, 0, 1]),
    ):
        c = np.array(weights, dtype=float)
        error = np.sqrt(residual[0] / 2 * (c @ np.linalg.solve(X.T @ X, c)))
        assert table.loc[identity, "estimate"] == pytest.approx(c @ beta, abs=1e-7)
        assert table.loc[identity, "std_error"] == pytest.approx(error, rel=1e-4)
        assert table.loc[identity, "df"] == pytest.approx(2, abs=1e-3)
    assert set(table["noun"]) == {"change"}
    assert contrast_of(table.loc["e"]) == Contrast(reference="trend", wave=5)
    assert contrast_of(table.loc["e.trend"]) == Contrast(reference="trend", per="year" if dated else "wave")
    means = {m["wave"]: m["estimate"] for m in found.record["means"]}
    assert means == pytest.approx(dict(enumerate(X @ beta)), abs=1e-6)


@pytest.mark.long
def test_few_organisations_are_strata_and_many_change_each_in_their_own_way():
    few = result(answers(LEVELS[:2], organisations=4), study(2))
    assert "organisation_fixed" in few.record["methods"]
    one = entry()
    many = result(
        answers(LEVELS[:2], organisations=4),
        study(2),
        one,
        plan=replace(plan_of(one), organisations_fixed_below=3),
    )
    assert "(1 | organisation:wave)" in many.record["formula"]


def test_yes_or_no_over_waves_has_its_shares_beside_it():
    scores = answers(LEVELS[:3], teams=14)
    scores["score"] = (scores["score"] > 3.2).astype(float)
    table = rows_of(result(scores, study(3), scale=replace(scale(low=0.0, high=1.0), measure="yes_no")))
    assert table.loc["e", "summary"] == "odds_ratio"
    shares = scores.groupby("wave")["score"].mean()
    assert table.loc["e.risk_difference", "estimate"] == pytest.approx(shares[2] - shares[0], abs=0.02)
    assert {"change"} == set(table["noun"])


@pytest.mark.long
def test_cr2_by_team_stands_beside_a_change_and_not_beside_trends():
    scores = answers(LEVELS[:2])
    beside = answered(
        data_of(entry(family="secondary"), scores, study=study(2)), _careful(scores)
    ).sensitivity
    assert beside["analysis"].tolist() == ["CR2 by team"]
    trends = answers(LEVELS)
    assert answered(
        data_of(entry(family="secondary"), trends, study=study(6, "3")), _careful(trends)
    ).sensitivity.empty


def _careful(scores):
    return scores[["sample", "person", "wave"]].assign(careless=False)


def test_a_side_without_answers_of_enough_persons_is_refused():
    scores = answers(LEVELS[:3])
    with pytest.raises(FitError, match="no answers at a later wave"):
        result(scores[scores["wave"] == 0], study(3))
    with pytest.raises(FitError, match="no answers at wave 1"):
        result(scores[scores["wave"] != 1], study(3), entry(wave=1))
    few = scores[(scores["wave"] > 0) | scores["person"].isin(["0-0", "0-1"])]
    with pytest.raises(FitError, match="answers of fewer than 8 persons at a wave before the change"):
        result(few, study(3))


def starting(levels, start):
    scores = answers(levels)
    arm = np.where(scores["wave"] >= start, "intervention", "control")
    return scores.assign(start=float(start), arm=arm)


@pytest.mark.long
@pytest.mark.parametrize(("levels", "start"), [(LEVELS[:4], 2), (LEVELS, 3)])
def test_one_common_start_is_told_from_its_wave_by_the_waves_before_it(levels, start):
    """Before and after in one group: an association, the mean over the waves after the start."""
    scores, n = starting(levels, start), len(levels)
    waves = tuple(Wave(i, {"en": f"round {i}"}) for i in range(n))
    of = replace(
        trial_study(),
        design="before_after",
        waves=waves,
        allocation=Allocation("team", "list", randomised=False),
    )
    data = data_of(entry(family="secondary"), scores, study=of)
    found = answered(data, _careful(scores))
    table = rows_of(found.result)
    means = scores.groupby("wave")["score"].mean().to_numpy()
    expected = means[start:] - means[start - 1]
    if n == 6:
        slope, level = np.polyfit(np.arange(3), means[:3], 1)
        after = np.polyval(np.polyfit(np.arange(3, 6), means[3:], 1), np.arange(3, 6))
        expected = after - (level + slope * np.arange(3, 6))
    assert table.loc["e", "estimate"] == pytest.approx(expected.mean(), abs=1e-7)
    assert table.loc["e", "exposure"] == "mean"
    assert table.loc["e.exposure_2", "estimate"] == pytest.approx(expected[1], abs=1e-7)
    assert set(table["noun"]) == {"association"}
    assert not found.sensitivity["remark"].eq("failed").any()
    assert not found.sensitivity["analysis"].str.contains("constant|exposure").any()


def test_what_is_compared_is_said_without_arms():
    from dww_analysis.language import Words
    from dww_analysis.language.labels import Labels

    labels = Labels(study(6, "3"), [], Words("en"))
    of_trend = Contrast(reference="trend", wave=5)
    assert labels.contrast(of_trend) == "round 5 − trend from before the start"
    slope = Contrast(reference="trend", per="year")
    assert labels.contrast(slope) == "trend after − trend before the start, per year"
    assert labels.contrast(Contrast(wave=2, from_wave=0)) == "round 2 − round 0"
    assert labels.arms_of([of_trend]) is None
