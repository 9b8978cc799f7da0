"""Files that are read in another way than was sealed: the sealed estimate is what the sealed rules themselves give."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from study_files import write_study

from dww_analysis.cli.seal import seal_study
from dww_analysis.stages import places
from dww_analysis.stages.job import run_job
from dww_analysis.stages.project import open_project
from dww_analysis.stages.register import jobs

STUDY = "read_again"
TO_ESTIMATES = ("allocate", "ingest", "combine", "exposure", "score", "careless", "estimate")
TO_IMPACT = ("allocate", "ingest", "combine", "exposure", "impact")
TEAMS, PER_TEAM = 12, 12
SAME = 1e-9  # the same model of the same answers, found twice


def delivered():
    """What is there: answers of two waves, of which the second holds repeated submissions, test rows and a code 9 whose
    meaning is a choice; the list of teams; contracts."""
    rng = np.random.default_rng(11)
    people = pd.DataFrame({
        "Code": [f"P{i:03d}" for i in range(TEAMS * PER_TEAM)],
        "Team": np.repeat([f"T{t:02d}" for t in range(TEAMS)], PER_TEAM),
    })  # fmt: skip
    treated = np.repeat(np.arange(TEAMS) % 2, PER_TEAM)
    own, files = rng.normal(0, 0.7, len(people)), {}
    for wave in (0, 1):
        level = 3 + own + 0.4 * wave * treated
        items = {f"Q{i}": (level + rng.normal(0, 0.7, len(people))).clip(1, 5).round() for i in (1, 2, 3)}
        items["Q3"] = np.where(rng.random(len(people)) < 0.2, 9, items["Q3"])
        files[f"w{wave}.csv"] = people.assign(**items, Status="af")
    again = files["w1.csv"].sample(30, random_state=1).assign(Q1=5, Q2=5)
    tests = files["w1.csv"].iloc[:20].assign(Q1=1, Status="proef", Code=[f"X{i}" for i in range(20)])
    files["w1.csv"] = pd.concat([files["w1.csv"], again, tests])
    files["teams.csv"] = pd.DataFrame({
        "Team": [f"T{t:02d}" for t in range(TEAMS)],
        "Groep": [("een", "twee")[t % 2] for t in range(TEAMS)],
    })  # fmt: skip
    left = rng.random(len(people)) < 0.3 + 0.15 * treated
    files["dienst.csv"] = people.assign(
        Van="2024-03-01",
        Tot=np.where(left, [f"2025-{m:02d}-20" for m in rng.integers(2, 9, len(people))], ""),
        Waarheen=np.where(left, "care", ""),
    )
    return files


def configuration():
    items = {f"item_{i}": f"Q{i}" for i in (1, 2, 3)}
    columns = {"person": "Code", "team": "Team", **items}
    key = {"id": "own", "version": "1", "name": "Own", "reference": "Invented.", "items": ["a", "b", "c"]}
    arms = [{"id": "control", "label": "control"}, {"id": "learning", "label": "learning"}]
    waves = [
        {"number": w, "label": f"round {w}", "date": d} for w, d in enumerate(("2025-01-15", "2025-06-15"))
    ]
    rules = {"missing_codes": {"9": "not applicable"}, "duplicates": "keep_first"}
    tests = {"drop_rows": [{"column": "Status", "values": ["proef"], "reason": "test row"}]}
    sources = [
        {"id": "w0", "file": "w0.csv", "wave": 0, "columns": columns, **rules},
        {"id": "w1", "file": "w1.csv", "wave": 1, "columns": columns, **rules, **tests},
        {
            "id": "teams",
            "file": "teams.csv",
            "kind": "allocation",
            "columns": {"team": "Team", "arm": "Groep"},
            "recode": {"arm": {"een": "control", "twee": "learning"}},
        },
        {
            "id": "hr",
            "file": "dienst.csv",
            "kind": "hr",
            "columns": {
                "person": "Code",
                "team": "Team",
                "start": "Van",
                "end": "Tot",
                "destination": "Waarheen",
            },
            "recode": {"destination": {"care": "other_care"}},
            "hr": {"observed_to": "2025-09-30", "blank_destination": "unknown"},
        },
    ]
    text = {"question": "Does it grow?", "why": "It is why.", "family": "primary"}
    entries = [
        {"id": "own", "outcome": "own", **text},
        {"id": "stayed", "outcome": "left", **text},
        {"id": "employed", "outcome": "own", "estimand": {"population": "employed_at_wave"}, **text},
    ]
    return {
        "study": {
            "study": STUDY,
            "title": "Read again",
            "data": "invented",
            "delivered": "2025-09-30",
            "design": "parallel_cluster",
            "waves": waves,
            "arms": arms,
            "allocation": {"unit": "team", "source": "teams", "randomised": True},
        },
        "sources": {"sources": sources},
        "scales": {
            "own_keys": [{**key, "range": [1, 5]}],
            "scales": [{"id": "own", "label": "own", "key": "own", "items": ["item_1", "item_2", "item_3"]}],
        },
        "plan": {
            "primary": "primary",
            "families": {"primary": {"adjust": "holm", "label": "primary"}},
            "entries": entries,
        },
        "reports": {"languages": ["en"]},
    }


def changed(files):
    """Every rule of reading another one: each moves the estimate by itself."""
    files = deepcopy(files)
    w0, w1, teams, hr = files["sources"]["sources"]
    w1["duplicates"] = "keep_last_complete"
    w1["drop_rows"][0] = {"column": "Status", "values": ["nooit"], "reason": "x", "may_be_absent": True}
    for source in (w0, w1):
        source["recode"] = {"item_3": {"9": "1"}}
        source["missing_codes"] = {"8": {"reason": "skipped", "may_be_absent": True}}
    w1["columns"] = {**w1["columns"], "item_1": "Q2", "item_2": "Q1"}
    w1["recode"] = {**w1["recode"], "item_1": {"5": "4"}}
    teams["recode"] = {"arm": {"een": "learning", "twee": "control"}}
    hr["drop_rows"] = [{"column": "Team", "values": ["T00", "T01"], "reason": "no records"}]
    return files


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """The rows of impact.csv by entry, the planned estimates of the sealed configuration, and the project."""
    root = write_study(tmp_path_factory.mktemp("again"), STUDY, configuration(), delivered())
    seal_study(open_project(root, STUDY), "2025-01-01")
    before = estimates(root)
    write_study(root, STUDY, changed(configuration()), {})
    made(root, TO_IMPACT)
    impact = pd.read_csv(places.IMPACT.at(open_project(root, STUDY).paths)).set_index("entry")
    return impact, before, root


def made(root, stages):
    project = open_project(root, STUDY)
    for stage, name in jobs(project):
        if stage in stages:
            run_job(project.paths, stage, name)
    return project


def estimates(root):
    project = made(root, TO_ESTIMATES)
    tables = [pd.read_csv(places.ENTRY_ESTIMATES.at(project.paths, e.id)) for e in project.files.plan.entries]
    rows = pd.concat(tables)
    return rows[rows["primary"] & ~rows["standardised"]].set_index("entry")


@pytest.mark.slow
@pytest.mark.parametrize("entry", ["own", "stayed", "employed"])
def test_files_are_read_again_by_the_sealed_rules(sealed, entry):
    impact, before, _ = sealed
    names = {"estimate": "estimate", "conf_low": "conf_low", "conf_high": "conf_high", "p_value": "p"}
    for column, name in names.items():
        assert impact.at[entry, f"{name}_sealed"] == pytest.approx(before.at[entry, column], rel=SAME, abs=0)
    assert impact.at[entry, "n_persons_sealed"] == before.at[entry, "n_persons"]
    assert impact["remark_sealed"].isna().all()


@pytest.mark.slow
def test_who_counts_as_another_answer_is_counted(sealed):
    impact, before, root = sealed
    now = estimates(root)
    assert (abs(now["estimate"] - before["estimate"]) > 1e-3).all()
    assert impact.at["own", "n_changed"] > 30
    assert impact.at["stayed", "n_changed"] > 20


@pytest.mark.slow
def test_the_job_rests_on_the_delivered_files_and_their_rules(sealed):
    root = sealed[2]
    project = open_project(root, STUDY)
    record = places.record_of("impact").at(project.paths, "study").read_text(encoding="utf-8")
    for file in ("w0.csv", "w1.csv", "teams.csv", "dienst.csv"):
        assert f"data/raw/{STUDY}/{file}" in record


def test_files_that_the_sealed_rules_cannot_read_are_named(tmp_path):
    """A code that no sealed rule knew stops the reading; no number is made of it."""

    def without(files):
        for source in files["sources"]["sources"][:2]:
            del source["missing_codes"]
        files["plan"]["entries"] = files["plan"]["entries"][:1]

    root = write_study(tmp_path, STUDY, configuration(), delivered(), without)
    seal_study(open_project(root, STUDY), "2025-01-01")
    write_study(root, STUDY, configuration(), {})
    made(root, TO_IMPACT)
    project = open_project(root, STUDY)
    row = pd.read_csv(places.IMPACT.at(project.paths)).iloc[0]
    assert row["remark_sealed"] == "unread" and np.isnan(row["estimate_sealed"])
    assert row["kept"] == "sources.w0.missing_codes.9; sources.w1.missing_codes.9"
