"""Overlap weights in a plan: the units' table, its rows among the other analyses, and what is not weighed."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, plan_of, scale, trial_scores, trial_study

from dww_analysis.domain.study import Allocation
from dww_analysis.domain.tables.effects import WEIGHTING
from dww_analysis.effects import fit_entry, sensitivity_of
from dww_analysis.effects.answered import answered
from dww_analysis.effects.checks import checks_of
from dww_analysis.effects.overlap import WEIGHED, overlap
from dww_analysis.effects.weighting import unit_table, weighed, weighting_of
from dww_analysis.privacy.gate import let_out

STUDY = dataclasses.replace(trial_study(), allocation=Allocation("team", "allocation", randomised=False))


def scores(teams: int = 24, seed: int = 5) -> pd.DataFrame:
    """A trial without a lot in which larger teams more often chose to take part."""
    rng = np.random.default_rng(seed)
    rows = []
    for t in range(teams):
        size = int(rng.integers(5, 14))
        treated = rng.uniform() < 1 / (1 + np.exp(-(size - 9) / 3))
        level = rng.normal() * 0.3
        for p in range(size):
            own = rng.normal() * 0.5
            for wave in (0, 1):
                gain = 0.3 * wave * (treated + 0.05 * size)
                y = 3 + level + own + gain + rng.normal() * 0.4
                rows.append((f"t{t}", f"p{t}_{p}", wave, "intervention" if treated else "control", y))
    frame = pd.DataFrame(rows, columns=["team", "person", "wave", "arm", "score"])
    return frame.assign(
        sample="main", organisation="o1", start=np.nan, scale="y", hours=frame["person"].str.len()
    )


def given(names: tuple[str, ...], study=STUDY, table: pd.DataFrame | None = None):
    table = scores() if table is None else table
    plan = dataclasses.replace(plan_of(entry()), propensity=names)
    answers = table[["sample", "person", "wave", "hours"]]
    data = data_of(entry(), table, study=study, plan=plan, answers=answers)
    return data, fit_entry(data)


def test_units_have_the_change_of_their_means_and_their_sizes():
    table = scores()
    data, found = given(("team_size", "organisation_size", "mean_baseline", "hours"), table=table)
    units = unit_table(data, found, 0, 1).set_index("unit")
    one = table[table["team"] == "t3"]
    means = one.groupby("wave")["score"].mean()
    assert units.at["t3", "change"] == pytest.approx(means[1] - means[0])
    assert units.at["t3", "team_size"] == one["person"].nunique()
    assert units.at["t3", "mean_baseline"] == pytest.approx(means[0])
    assert units.at["t3", "hours"] == pytest.approx(one.loc[one["wave"] == 0, "hours"].mean())
    assert (units["organisation_size"] == table["person"].nunique()).all()
    assert units.at["t3", "treated"] == (one["arm"].iloc[0] == "intervention")


def test_a_unit_counts_the_fewest_persons_behind_its_numbers():
    """Of three persons at the second wave, or two whose hours are known."""
    table = scores()
    others = set(table.loc[table["team"] == "t3", "person"].unique()[3:])
    table = table[~(table["person"].isin(others) & (table["wave"] == 1))]
    unknown = table["person"].isin(table.loc[table["team"] == "t5", "person"].unique()[2:])
    table.loc[unknown, "hours"] = np.nan
    data, found = given(("mean_baseline", "hours"), table=table)
    units = unit_table(data, found, 0, 1).set_index("unit")["n_smallest"]
    assert units["t3"] == 3 and units["t5"] == 2
    assert units["t4"] == table.loc[table["team"] == "t4", "person"].nunique()


@pytest.mark.parametrize("minimum", [5, 6])
def test_chances_of_units_of_a_few_persons_are_hidden(minimum):
    """From the lowest and highest chance and the effective number of three units their own chances follow."""
    data, found = given(("team_size",), table=scores(40))
    table = weighting_of(data, found, weighed(data, found))
    smallest = data.scores.groupby("team")["person"].nunique().min()
    assert smallest == 5 and set(table.loc[table["part"] == "group", "n_smallest"]) == {smallest}
    estimate = {"id": "x", "entry": data.entry.id, "n_persons": 300, "n_smallest": 140}
    shown = let_out({"weighting": table, "estimates": pd.DataFrame([{**estimate, "estimate": 0.2}])}, minimum)
    groups = shown["weighting"][table["part"] == "group"]
    told = groups[["effective_units", "support_low", "support_high"]].notna()
    assert told.all(axis=None) == (minimum == 5) and told.any(axis=None) == (minimum == 5)
    assert groups["n_units"].sum() == 40
    others = shown["weighting"][table["part"] != "group"]
    assert not others["suppressed"].any()


def test_weighted_answers_stand_among_the_other_analyses():
    data, found = given(("team_size", "mean_baseline"), table=scores(40))
    flags = data.scores[["sample", "person", "wave"]].assign(careless=False)
    rows = sensitivity_of(data, found, flags, units=weighed(data, found)).set_index("analysis")
    wanted = overlap(unit_table(data, found, 0, 1), data.plan.propensity).answers.set_index("answer")
    for name in WEIGHED:
        assert rows.at[name, "estimate"] == pytest.approx(wanted.at[name, "estimate"])
        assert rows.at[name, "df_method"] == "CR2" and rows.at[name, "df"] < 40
        assert checks_of(data.study, weighed(data, found))[name](data, found)["boundary"] == ""
    table = weighting_of(data, found, weighed(data, found))
    assert list(table.columns) == list(WEIGHTING.names)
    balance = table[table["part"] == "covariate"].set_index("name")
    assert abs(balance.at["team_size", "smd_before"]) > 0.3 and abs(balance["smd_after"]).max() < 1e-9
    groups = table[table["part"] == "group"].set_index("name")
    assert groups["n_units"].sum() == 40 and (groups["effective_units"] <= groups["n_units"]).all()
    assert (table.loc[table["part"] == "answer", "e_value"] >= 1).all()


def test_units_that_are_not_weighed_are_counted_by_arm():
    table = scores(40)
    arms = table.groupby("team")["arm"].first()
    gone = [*arms.index[arms == "control"][:2], arms.index[arms == "intervention"][0]]
    table = table[~(table["team"].isin(gone) & (table["wave"] == 0))]
    data, found = given(("team_size", "mean_baseline"), table=table)
    groups = weighting_of(data, found, weighed(data, found)).query("part == 'group'").set_index("name")
    assert groups["units_left_out"].to_dict() == {"intervention": 1, "control": 2}
    assert groups["n_units"].sum() == 37


def test_nothing_is_weighed_after_a_lot_or_without_names():
    for names, study in (((), STUDY), (("team_size",), trial_study())):
        data, found = given(
            names, study, trial_scores(True).assign(hours=1.0) if study is not STUDY else None
        )
        assert weighting_of(data, found, weighed(data, found)).empty
        flags = data.scores[["sample", "person", "wave"]].assign(careless=False)
        assert not set(WEIGHED) & set(
            sensitivity_of(data, found, flags, units=weighed(data, found))["analysis"]
        )


def test_what_cannot_be_weighed_says_why():
    table = scores(12)
    data, found = given(("team_size", "mean_baseline"), table=table)
    flags = data.scores[["sample", "person", "wave"]].assign(careless=False)
    rows = sensitivity_of(data, found, flags, units=weighed(data, found)).set_index("analysis")
    assert rows.at[WEIGHED[0], "remark"] == "failed" and "2 covariates" in rows.at[WEIGHED[0], "note"]
    assert weighting_of(data, found, weighed(data, found)).empty


@pytest.mark.parametrize("teams", [40, 12])
def test_units_are_weighed_once_for_all_tables(monkeypatch, teams):
    calls = []

    def counted(*given):
        calls.append(given)
        return overlap(*given)

    monkeypatch.setattr("dww_analysis.effects.weighting.overlap", counted)
    data, _ = given(("team_size", "mean_baseline"), table=scores(teams))
    answer = answered(data, data.scores[["sample", "person", "wave"]].assign(careless=False))
    assert set(WEIGHED) <= set(answer.sensitivity["analysis"]) and answer.weighting.empty == (teams == 12)
    assert len(calls) == 1


def test_yes_or_no_is_not_weighed_as_log_odds():
    table = scores(40).assign(score=lambda d: (d["score"] > 3.4).astype(float))
    plan = dataclasses.replace(plan_of(entry()), propensity=("team_size",))
    yes_no = dataclasses.replace(scale(low=0.0, high=1.0), measure="yes_no")
    data = data_of(entry(), table, study=STUDY, plan=plan, scale=yes_no)
    answer = answered(data, table[["sample", "person", "wave"]].assign(careless=False))
    assert "e" in set(answer.result.estimates["id"]) and answer.weighting.empty
    assert not set(WEIGHED) & set(answer.sensitivity["analysis"])
