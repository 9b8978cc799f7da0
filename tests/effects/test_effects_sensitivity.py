"""Other choices of whose answers count: what each leaves out, and that it is the same model on those rows."""

import numpy as np
import pandas as pd
import pytest
from effects_studies import entry, plan_of, scale, trial_scores, trial_study

from dww_analysis.effects import estimate_entry, sensitivity_of

ONE = entry()
SHARED = (ONE, plan_of(ONE), trial_study(), scale())


def scores(**changes) -> pd.DataFrame:
    return trial_scores(True).assign(**{"current_team": lambda d: d["team"], **changes})


def careless(table: pd.DataFrame, persons: set[str]) -> pd.DataFrame:
    return table[["sample", "person", "wave"]].assign(careless=table["person"].isin(persons))


def analyses(table: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    return sensitivity_of(*SHARED, table, {}, table, flags).set_index("analysis")


def primary(table: pd.DataFrame) -> float:
    found = estimate_entry(*SHARED, table, {}, table).estimates.set_index("id")
    return found.loc["e.wave2", "estimate"]


def test_nothing_to_vary_gives_no_rows():
    table = scores()
    assert analyses(table, careless(table, set())).empty


def test_without_careless_is_the_model_on_the_other_rows():
    table = scores()
    row = analyses(table, careless(table, {"p1", "p17"})).loc["without careless answers"]
    assert row["rows_left_out"] == 6
    assert row["estimate"] == pytest.approx(primary(table[~table["person"].isin({"p1", "p17"})]))


def test_baseline_members_leave_newcomers_out():
    table = scores()
    table = table[~((table["person"].isin({"p3", "p12"})) & (table["wave"] == 0))]
    row = analyses(table, careless(table, set())).loc["baseline members only"]
    assert row["rows_left_out"] == 4
    assert row["estimate"] == pytest.approx(primary(table[~table["person"].isin({"p3", "p12"})]))


def test_movers_keep_their_arm_in_the_team_they_answered_from():
    table = scores()
    moved = (table["person"] == "p2") & (table["wave"] == 2)
    table["current_team"] = np.where(moved, "t3", table["team"])
    row = analyses(table, careless(table, set())).loc["team at the time of answering"]
    assert row["rows_left_out"] == 0
    assert row["estimate"] == pytest.approx(primary(table.assign(team=table["current_team"])))
    assert row["estimate"] != pytest.approx(primary(table), rel=1e-6)


def test_variant_with_too_few_persons_says_why():
    table = scores()
    most = {f"p{i}" for i in range(1, 38)}
    row = analyses(table, careless(table, most)).loc["without careless answers"]
    assert np.isnan(row["estimate"])
    assert "persons" in row["note"]
