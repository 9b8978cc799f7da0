"""Learning at work in the main job: diary, app log and personnel records of the example reach the tables."""

import pandas as pd
import pytest
from workflow_runs import ROOT

pytestmark = pytest.mark.workflow
MINIMUM = 8


@pytest.fixture(scope="module")
def tables(finished_example):
    folder = finished_example[0] / "reports" / "example" / "tables"
    names = ("diary_compliance", "diary_learning", "app_use", "hr_flow", "exposure_flow")
    return {
        name: pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""]) for name in names
    }


def test_rows_of_every_source_are_accounted_for(tables):
    for _, rows in tables["exposure_flow"].dropna(subset=["source"]).groupby("source"):
        count = rows.groupby("step")["rows"].sum(min_count=1)
        if rows["suppressed"].any():
            assert pd.isna(count["kept"])
        else:
            assert count["read"] == count["dropped"] + count["kept"]
    dropped = tables["exposure_flow"].query("step == 'dropped'").set_index(["source", "reason"])["rows"]
    assert dropped[("diary", "answered before it was sent")] == 4
    assert dropped[("app", "voided")] == 6
    assert dropped[("hr", "ends before it starts")] == 3


def test_support_shows_in_learning_moments_of_the_last_wave_only(tables):
    moments = tables["diary_learning"].query("learning == 'all'").set_index(["wave", "arm"])["per_ten_beeps"]
    assert moments[(2, "intervention")] > 1.1 * moments[(2, "control")]
    assert moments[(0, "intervention")] < 1.1 * moments[(0, "control")]


def test_small_groups_are_hidden(tables):
    use = tables["app_use"].set_index(["wave", "arm"])
    assert use.loc[(2, "control"), "suppressed"] and pd.isna(use.loc[(2, "control"), "n_users"])
    assert use.loc[(2, "intervention"), "n_users"] > 30
    staff = tables["hr_flow"]
    shown = staff[~staff["suppressed"]]
    assert (shown["count"] >= MINIMUM).all() and staff["suppressed"].any()
    whole = staff[staff["wave"].isna()]
    assert {"other_care", "outside_care", "not_employee"} <= set(whole["code"])


def test_nothing_is_laid_out_by_team_or_person(tables):
    for table in tables.values():
        assert not {"team", "organisation", "person"} & set(table.columns)


def test_persons_are_those_of_the_measurements(finished_example):
    derived = finished_example[0] / "data" / "derived" / "example"
    known = set(pd.read_parquet(derived / "measurements.parquet")["person"])
    for source in ("diary", "app", "hr"):
        features = pd.read_parquet(derived / "exposure" / f"{source}.features.parquet")
        assert not features.duplicated(["sample", "person", "wave"]).any()
        assert features["person"].isin(known).mean() > 0.85
        assert features["arm"].notna().mean() > 0.95


def test_a_study_without_such_sources_has_no_such_steps():
    from dww_analysis.stages.project import open_project
    from dww_analysis.stages.workflow import Workflow

    flow = Workflow(open_project(ROOT, "workplace"))
    assert flow.names("exposure") == flow.names("exposures") == []
