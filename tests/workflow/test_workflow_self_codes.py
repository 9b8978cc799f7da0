"""Persons who made their own codes, raw files to report: links against the truth, tables, sensitivity, privacy."""

import io
import os
import zipfile

import pandas as pd
import pytest
import yaml
from self_code_study import STUDY, make_study
from workflow_runs import ROOT, dww

pytestmark = pytest.mark.workflow
WRONG_BEYOND_EXPECTATION = (
    3  # more false links than the placebo rate expects: probability below 1 in 500 at 0.5
)


@pytest.fixture(scope="module")
def finished(finished_own_codes):
    return finished_own_codes


@pytest.fixture(scope="module")
def links(finished):
    """Every record of the later wave: who it is, what happened to its code, and whom it was linked with."""
    root, truth = finished
    rows = pd.read_parquet(root / "data/interim" / STUDY / "linkage.parquet")
    known = pd.concat([t.assign(source=name, row=range(len(t))) for name, t in truth.items()])
    rows = rows.merge(known[["source", "row", "who", "fate"]], on=["source", "row"], validate="one_to_one")
    first = rows.loc[rows["wave"] == 0, ["person", "who"]].rename(columns={"who": "linked_with"})
    return rows[rows["wave"] == 1].merge(first, on="person", how="left")


def table(finished, name):
    return pd.read_csv(
        finished[0] / "data" / "derived" / STUDY / "tables" / f"{name}.csv",
        keep_default_na=False,
        na_values=[""],
    )


def test_progress_names_stages_and_counts(said_of_own_codes):
    steps = [line for line in said_of_own_codes.stderr.splitlines() if line.startswith("[")]
    assert len(steps) > 10
    assert any("score " in s for s in steps) and any("draw " in s for s in steps)


def test_equal_codes_are_linked_and_to_nobody_else(links):
    same = links[links["fate"].isin(["same", "moved"])]
    assert len(same) > 150
    assert (same["linked_with"] == same["who"]).mean() > 0.98
    assert set(same.loc[same["fate"] == "moved", "outcome"]) == {"exact, other team"}


def test_most_codes_with_one_error_are_linked_right(links):
    mistyped = links[links["fate"] == "one error"]
    assert (mistyped["linked_with"] == mistyped["who"]).mean() > 0.85


def test_no_more_false_links_than_the_placebo_rate_expects(finished, links):
    linked = links[links["linked_with"].notna()]
    wrong = int((linked["linked_with"] != linked["who"]).sum())
    (placebo,) = table(finished, "linkage_placebo").to_dict("records")
    assert placebo["links"] == len(linked)
    assert wrong <= placebo["expected_false"] + WRONG_BEYOND_EXPECTATION


def test_newcomers_and_forgotten_codes_stay_unlinked(links):
    others = links[links["fate"].isin(["new", "three errors"])]
    assert others["linked_with"].isna().mean() > 0.95


def test_codes_that_occur_twice_in_a_team_are_kept_and_never_linked(finished, links):
    twice = links[links["fate"].isin(["duplicate", "duplicate at first"])]
    assert len(twice) >= 10
    assert twice["linked_with"].isna().all()
    answers = pd.read_parquet(finished[0] / "data/derived" / STUDY / "measurements.parquet")
    assert len(answers) == sum(len(t) for t in finished[1].values())
    assert not answers.duplicated(["person", "wave"]).any()


def test_movers_keep_the_team_and_arm_of_their_first_answer(finished, links):
    answers = pd.read_parquet(finished[0] / "data/derived" / STUDY / "measurements.parquet")
    movers = answers[answers["person"].isin(links.loc[links["fate"] == "moved", "person"])]
    assert (movers.groupby("person")[["team", "arm"]].nunique() == 1).all().all()
    assert (movers.groupby("person")["current_team"].nunique() == 2).all()


def test_linkage_table_has_exact_totals_and_hides_small_teams(finished, links):
    rows = table(finished, "linkage")
    totals = rows[rows["team"].isna()].set_index("outcome")
    assert totals["count"].to_dict() == links["outcome"].value_counts().to_dict()
    assert not totals["suppressed"].any()
    teams = rows[rows["team"].notna()]
    assert (teams.loc[~teams["suppressed"], "count"] >= 8).all()
    assert teams.loc[teams["suppressed"], ["count", "share"]].isna().all().all()


def test_linked_are_compared_with_unlinked(finished, links):
    rows = table(finished, "linkage_compare")
    score = rows[(rows["variable"] == "engagement") & (rows["wave"] == 1)].iloc[0]
    truth = finished[1]["later"]
    linked = links["linked_with"].notna().to_numpy()
    order = links.sort_values("row")["linked_with"].notna().to_numpy()
    assert score["n_linked"] == linked.sum()
    assert score["mean_linked"] == pytest.approx(truth.loc[order, "score"].mean())
    assert score["mean_unlinked"] == pytest.approx(truth.loc[~order, "score"].mean())
    shares = rows[(rows["variable"] == "band") & (rows["wave"] == 0)]
    assert shares["mean_linked"].sum() == pytest.approx(1)


def test_primary_result_under_every_rule_of_linking(finished):
    rows = table(finished, "sensitivity").set_index("analysis")
    estimate = table(finished, "estimates").set_index("id").loc["engagement_effect"]
    as_planned = rows.loc["linked by equal and nearly equal codes"]
    assert as_planned["estimate"] == pytest.approx(estimate["estimate"])
    exact, none = rows.loc["linked by equal codes"], rows.loc["not linked"]
    assert as_planned["n_persons"] < exact["n_persons"] < none["n_persons"]
    assert none["n_persons"] == none["n_obs"] == as_planned["n_obs"]
    assert as_planned["std_error"] < exact["std_error"] < none["std_error"]
    intervals = rows[["conf_low", "conf_high"]].dropna()
    assert len(intervals) >= 5
    assert intervals["conf_low"].lt(0.4).all() and intervals["conf_high"].gt(0.4).all()  # 0.4 was built in


def test_no_code_reaches_a_file(finished):
    root, truth = finished
    codes = {c for t in truth.values() for c in t["code"]}
    secrets = codes | {c.lower() for c in codes}
    outputs = [p for p in root.rglob("*") if p.is_file() and "raw" not in p.relative_to(root).parts]
    assert len(outputs) > 50
    for path in outputs:
        text = unpacked(path)
        assert not [s for s in secrets if s in text], path.name


def unpacked(path):
    raw = path.read_bytes()
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv()
    if zipfile.is_zipfile(io.BytesIO(raw)):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            return "".join(packed.read(n).decode("utf-8", errors="replace") for n in packed.namelist())
    return raw.decode("utf-8", errors="replace") if path.suffix != ".png" else ""


def test_privacy_check_after_the_run_finds_nothing(finished):
    result = dww(finished[0], "check", "--privacy", STUDY)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_second_run_does_nothing(finished):
    assert "nothing to do" in dww(finished[0], "run", STUDY).stdout


@pytest.mark.parametrize("study", ["example", "workplace"])
def test_studies_with_keys_have_no_job_and_no_table_for_linking(study, monkeypatch):
    from dww_analysis.stages import places
    from dww_analysis.stages.register import jobs, stage
    from dww_analysis.stages.workflow import Workflow

    monkeypatch.chdir(ROOT)
    flow = Workflow.open(study)
    assert flow.names("link") == flow.names("linkage") == []
    links = places.LINKS.at(flow.project.paths)
    assert all(links not in stage(id).files_read(flow.project, name) for id, name in jobs(flow.project))


def test_a_code_that_is_wrongly_declared_is_refused_before_anything_is_written(tmp_path):
    make_study(tmp_path)
    path = tmp_path / "config" / STUDY / "study.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["linking"]["facts"] = ["shoe_size"]
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    result = dww(tmp_path, "check", STUDY)
    assert result.returncode == 2
    assert "shoe_size" in result.stderr and "band" in result.stderr
    assert not os.path.exists(tmp_path / "data" / "interim")
