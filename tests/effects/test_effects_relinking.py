"""Estimates with persons linked by another rule: who is who, in which team, and the model without persons."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, trial_scores, trial_study

from dww_analysis.domain.study import Linking
from dww_analysis.effects import estimate_entry, fit_entry, sensitivity_of
from dww_analysis.effects.models import Model
from dww_analysis.effects.relinking import ANALYSES, relinked, without_persons

ONE = entry()


def scores() -> pd.DataFrame:
    """The trial; p2 answered from team t3 at the last wave."""
    table = trial_scores(True).assign(current_team=lambda d: d["team"])
    moved = (table["person"] == "p2") & (table["wave"] == 2)
    table["current_team"] = np.where(moved, "t3", table["team"])
    return table


def links(table: pd.DataFrame) -> pd.DataFrame:
    """By equal codes p1 is another person from the second wave on; unlinked everybody is."""
    other = np.where((table["person"] == "p1") & (table["wave"] > 0), "p1 again", table["person"])
    none = table["person"] + "@" + table["wave"].astype(str)
    names = {"person_fuzzy": table["person"], "person_exact": other, "person_none": none}
    return table[["sample", "person", "wave"]].assign(**names)


def data(**changes):
    table = scores()
    return data_of(ONE, table, **{"links": links(table), **changes})


def analyses(given) -> pd.DataFrame:
    no_flags = given.scores[["sample", "person", "wave"]].assign(careless=False)
    return sensitivity_of(given, fit_entry(given), no_flags).set_index("analysis")


def primary(given, change=None) -> pd.Series:
    from dww_analysis.effects import read_estimates

    return read_estimates(given, fit_entry(given, change)).estimates.set_index("id").loc["e"]


def test_three_rows_of_which_one_is_the_estimate():
    rows = analyses(data())
    assert set(ANALYSES.values()) <= set(rows.index)
    assert rows.loc["linked by equal and nearly equal codes", "estimate"] == primary(data())["estimate"]
    assert rows.loc["linked by equal codes", "n_persons"] == 41
    assert rows.loc["not linked", "n_persons"] == 120
    assert rows.loc["not linked", "remark"] == "unlinked"
    assert rows.loc[list(ANALYSES.values()), "n_apart"].tolist() == [1, 0, 40]


def test_the_row_of_the_declared_rule_is_the_estimate_itself():
    study = dataclasses.replace(trial_study(), linking=Linking(rule="exact"))
    rows = analyses(data(study=study))
    assert rows.loc["linked by equal codes", "estimate"] == primary(data())["estimate"]


def test_by_equal_codes_is_the_model_with_those_persons():
    table = scores()
    split = (table["person"] == "p1") & (table["wave"] > 0)
    by_hand = table.assign(person=np.where(split, "p1 again", table["person"]))
    row = analyses(data()).loc["linked by equal codes"]
    assert row["estimate"] == pytest.approx(primary(data_of(ONE, by_hand))["estimate"])


def test_unlinked_answers_count_in_the_team_they_came_from():
    other = relinked(data(), "none").scores.set_index(["person", "wave"])
    assert other.loc[("p2@2", 2), ["team", "arm"]].tolist() == ["t3", "control"]
    assert other.loc[("p2@0", 0), ["team", "arm"]].tolist() == ["t1", "control"]
    same = relinked(data(), "fuzzy").scores.set_index(["person", "wave"])
    assert same.loc[("p2", 2), "team"] == "t1"


def test_unlinked_is_the_mixed_model_of_teams_alone():
    table = scores()
    by_hand = table.assign(person=[f"q{i}" for i in range(len(table))], team=table["current_team"])
    expected = primary(data_of(ONE, by_hand), without_persons)
    row = analyses(data()).loc["not linked"]
    assert row["estimate"] == pytest.approx(expected["estimate"])
    assert row["std_error"] == pytest.approx(expected["std_error"])


def test_no_rows_where_persons_are_known_by_a_key():
    rows = analyses(data(links=None))
    assert not set(ANALYSES.values()) & set(rows.index)
    elsewhere = links(scores()).assign(sample="other")
    assert not set(ANALYSES.values()) & set(analyses(data(links=elsewhere)).index)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("score ~ wave + (1 | team) + (1 | person)", "score ~ wave + (1 | team)"),
        ("score ~ wave + (1 | organisation/team/person)", "score ~ wave + (1 | organisation/team)"),
        ("score ~ wave + (1 | team:person) + (1 | team)", "score ~ wave + (1 | team)"),
        ("score ~ wave_number + (wave_number | person)", "score ~ wave_number + (1 | team)"),
        ("score ~ wave * arm + (0 + wave_number | team)", "score ~ wave * arm + (0 + wave_number | team)"),
        ("score ~ 1 + (1|person)", "score ~ 1 + (1 | team)"),
    ],
)
def test_terms_for_persons_are_left_out(formula, expected):
    assert without_persons(Model(formula, {}, ())).formula == expected


def test_estimate_entry_still_is_the_planned_model():
    assert (
        estimate_entry(data()).estimates.set_index("id").loc["e", "estimate"] == primary(data())["estimate"]
    )
