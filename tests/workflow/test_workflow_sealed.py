"""A plan that was sealed before its answers, changed afterwards, from raw files to the report."""

import pandas as pd
import pytest
from sealed_study import REASON, STUDY, changed, config, write_answers, write_config
from workflow_runs import dww

from dww_analysis.stages import places
from dww_analysis.stages.job import run_job
from dww_analysis.stages.project import open_project
from dww_analysis.stages.register import jobs

pytestmark = [pytest.mark.workflow, pytest.mark.slow]
SAME = 1e-9  # the same model of the same answers, found twice; room for sums in another order
TO_ESTIMATES = ("allocate", "ingest", "combine", "score", "careless", "estimate", "families")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The root of the finished study, and the planned estimates that the sealed configuration itself gives."""
    root = tmp_path_factory.mktemp("sealed")
    write_config(root, config())
    assert dww(root, "seal", STUDY, "--date", "2026-01-10").returncode == 0
    write_answers(root)
    project = open_project(root, STUDY)
    for stage, name in jobs(project):
        if stage in TO_ESTIMATES:
            run_job(project.paths, stage, name)
    estimates = pd.read_csv(places.ESTIMATES.at(project.paths))
    write_config(root, changed(config()))
    run = dww(root, "run", STUDY, "--cores", "2")
    assert run.returncode == 0, run.stdout + run.stderr
    return root, estimates[estimates["primary"] & ~estimates["standardised"]].set_index("entry")


def table(finished, name):
    """A table with all digits; the published one is rounded."""
    path = finished[0] / "data" / "derived" / STUDY / "tables" / f"{name}.csv"
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


@pytest.mark.parametrize("entry", ["learning", "agency", "early"])
def test_what_the_sealed_plan_would_have_given_is_what_it_gave(finished, entry):
    rows = table(finished, "deviations").set_index("entry").loc[[entry]]
    before = finished[1].loc[entry]
    names = {"estimate": "estimate", "conf_low": "conf_low", "conf_high": "conf_high", "p_value": "p"}
    for column, name in names.items():
        assert rows[f"{name}_sealed"].to_numpy() == pytest.approx(before[column], rel=SAME, abs=0)
    assert (rows["n_persons_sealed"] == before["n_persons"]).all()


def test_the_present_answer_stands_beside_it(finished):
    rows = table(finished, "deviations")
    estimates = table(finished, "estimates").set_index("id")
    for entry in ("learning", "agency"):
        own = rows[rows["entry"] == entry]
        assert own["estimate_now"].to_numpy() == pytest.approx(estimates.at[entry, "estimate"])
        assert (abs(own["estimate_sealed"] - own["estimate_now"]) > 1e-4).all()
    assert rows.loc[rows["entry"] == "early", "estimate_now"].isna().all()
    assert set(rows.loc[rows["entry"] == "agency", "why"]) == {REASON}


def test_who_answered_again_goes_with_arm_and_earlier_answers(finished):
    rows = table(finished, "participation")
    ratio = rows[rows["entry"] == "learning"].set_index("variable")["odds_ratio"]
    assert ratio["arm"] > 1 and ratio["score_before"] > 1
    assert {"wave", "function"} <= set(rows["variable"])
    assert (rows["n_smallest"] >= 8).all()


def test_the_page_says_all_of_it(finished):
    page = (finished[0] / "reports" / STUDY / "index.html").read_text(encoding="utf-8")
    for said in (
        "as the sealed plan says and as now",
        "Who answered again",
        "Imputed answers",
        "drawn 5 times",
    ):
        assert said in page
    assert "volgens het verzegelde plan" in page and "Wie opnieuw antwoordde" in page
    assert len(table(finished, "tipping")) == 4 * 2  # two arms, down and up, of both outcomes
