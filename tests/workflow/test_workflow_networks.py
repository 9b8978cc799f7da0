"""A study of learning networks only, from files to quantities and pages; bad deliveries; what leaves in an archive."""

import re

import pandas as pd
import pytest
import yaml
from network_study import HELD, NORTH, STUDY, TABLES, make_networks
from workflow_runs import dww, files_below

from dww_analysis.cli.archive_members import without_members
from dww_analysis.cli.check import check_study
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.practice import STAGE
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import jobs
from dww_analysis.stages.stage import Tables


def project_of(root):
    return Project(Paths(root, STUDY))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_networks(tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="module")
def found(root):
    return STAGE.run(project_of(root), "sessions", Tables({})).parts["quantities"].set_index("id")


def test_a_study_of_networks_is_checked_and_has_two_steps(root):
    checked = check_study(project_of(root))
    assert checked.problems == ()
    assert set(jobs(project_of(root))) == {("practice", "sessions"), ("report", "study")}


def test_what_is_counted_of_the_files(found):
    value = found["value"]
    assert len(HELD) == value["region_north.sessions_held.all"] == 11
    assert (
        value["region_north.longest_gap_weeks.all"] == 11 and value["region_north.sessions_planned.all"] == 14
    )
    assert value["region_north.last_came.policy"] == 6
    assert value["region_north.ties_answered.all"] == pytest.approx(11 / 14)
    rated = TABLES["ratings.csv"]()
    assert value["region_north.rating_mean.3.all"] == pytest.approx(
        rated[rated["round"] == 3]["rating"].mean()
    )
    assert found.loc["quick_start.rating_mean.1.all", "suppressed"], "seven in confidence"
    assert found.loc[found["suppressed"], ["value", "n", "conf_low"]].isna().all(axis=None)


def test_the_order_of_rows_changes_nothing(found, tmp_path):
    mixed = {name: table().sample(frac=1, random_state=4) for name, table in TABLES.items()}
    again = STAGE.run(project_of(make_networks(tmp_path, tables=mixed)), "sessions", Tables({})).parts[
        "quantities"
    ]
    pd.testing.assert_frame_equal(again.set_index("id"), found)


def with_row(file, **cells):
    table = TABLES[file]()
    return {file: pd.concat([table, table.tail(1).assign(**cells)], ignore_index=True)}


BAD = {
    "a rating of 11": (with_row("ratings.csv", round=4, rating=11), ["a number from 0 to 10", "line 44"]),
    "a tie with a stranger": (with_row("ties.csv", to="marieke", relation="advice"), ["no member", "column to"]),
    "a name in a step": (with_row("ratings.csv", round=4, step="bel Wietske Hoekstra"), ["possible name", "step"]),
    "a network that is not there": (with_row("came.xlsx", network="quick_strt"), ["did you mean 'quick_start'"]),
    "a point that is not there": (with_row("checklist.csv", item="intake_tme"), ["did you mean 'intake_time'"]),
    "more than the network has": (
        {"came.xlsx": pd.concat([TABLES["came.xlsx"](), pd.DataFrame({
            "network": "quick_start", "session": 1, "date": "2025-03-03", "person": ["gast"], "minutes": 90})])},
        ["more people at a session than the network has"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_deliveries_that_cannot_be_are_refused_with_their_place(tmp_path, what):
    tables, said = BAD[what]
    problems = check_study(project_of(make_networks(tmp_path, tables=tables))).problems
    text = "\n".join(map(str, problems))
    assert problems and all(part in text for part in said), text
    assert not any(name in text for name in ("Wietske", "Hoekstra", "marieke", "MARIEKE"))


def test_all_files_say_their_problems_at_once(tmp_path):
    tables = {
        **BAD["a rating of 11"][0],
        **BAD["a tie with a stranger"][0],
        **BAD["a network that is not there"][0],
    }
    assert len(check_study(project_of(make_networks(tmp_path, tables=tables))).problems) == 3


def test_a_network_without_sessions_is_a_line_and_no_problem(tmp_path):
    table = TABLES["came.xlsx"]()
    checked = check_study(
        project_of(make_networks(tmp_path, tables={"came.xlsx": table[table["network"] == "region_north"]}))
    )
    assert checked.problems == () and "network quick_start: no session was counted" in checked.lines


def test_labels_decide_no_number_and_members_do(root, tmp_path):
    before = STAGE.config(project_of(root), "sessions")

    def edited(change):
        def edit(files):
            values = yaml.safe_load(yaml.safe_dump(files["practice"]))
            change(values["networks"][0])
            files["practice"] = values

        return STAGE.config(project_of(make_networks(tmp_path, edit)), "sessions")

    assert edited(lambda n: n.update(label="anders", ambition="anders")) == before
    assert edited(lambda n: n["members"].pop()) != before


@pytest.fixture(scope="module")
def run(root):
    done = dww(root, "run", STUDY, "--cores", "1")
    assert done.returncode == 0, done.stderr
    return root


@pytest.mark.workflow
def test_a_run_publishes_quantities_and_pages_without_persons(run, found):
    reports = run / "reports" / STUDY
    published = pd.read_csv(reports / "tables" / "quantities.csv", keep_default_na=False)
    assert published["id"].tolist() == found.index.tolist()
    page = (reports / "index.html").read_text(encoding="utf-8")
    names = set(files_below(reports))
    linked = set(re.findall(r'href="(networks/[^"]+)"', page))
    assert len(linked) == 8 and linked <= names
    assert "Samen beslissen in Noord: 14 deelnemers" in page and "Er zijn nog geen bijeenkomsten" not in page
    texts = [
        path.read_text(encoding="utf-8")
        for name, path in files_below(reports).items()
        if name.endswith(("html", "csv"))
    ]
    assert not any(f"{m['person']}" in text.lower() for m in NORTH for text in texts)


@pytest.mark.workflow
@pytest.mark.slow
def test_members_do_not_leave_a_private_study_in_an_archive(tmp_path):
    def edit(files):
        files["study"]["data"] = "private"

    root = make_networks(tmp_path, edit)
    assert dww(root, "run", STUDY, "--cores", "1").returncode == 0
    done = dww(root, "archive", STUDY)
    assert done.returncode == 0, done.stderr
    folder = root / "data" / "derived" / STUDY / "archive"
    text = (folder / "configuration" / "practice.yaml").read_text(encoding="utf-8")
    assert "region_north" in text and "npar0" not in text and "left out of this copy" in text
    assert any(name.startswith("report/networks/") for name in files_below(folder))


def test_a_practice_without_members_is_archived_as_it_is():
    text = "# ours\nroles: [{id: a, label: b}]\n"
    assert without_members(text) == text
