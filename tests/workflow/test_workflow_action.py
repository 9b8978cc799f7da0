"""A programme with coded fragments and a practice profile, from files to pages: its truth, its gate, its messages."""

import json

import pandas as pd
import pytest
from action_study import ELEMENTS, FUNCTIONS, STUDY, TRUE_EFFECT, fragments, make_study, people, told
from workflow_runs import dww, files_below

from dww_analysis.cli.check import check_study
from dww_analysis.config.resolved import resolve_entry
from dww_analysis.stages.coverage import covered
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project


def project_of(root):
    return Project(Paths(root, STUDY))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("acting"))


@pytest.fixture(scope="module")
def run(root):
    done = dww(root, "run", STUDY, "--cores", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def problems(tmp_path, edit=None, told_rows=None):
    return "\n".join(map(str, check_study(project_of(make_study(tmp_path, edit, told_rows))).problems))


def test_coverage_is_what_coders_agreed_on(root):
    project = project_of(root)
    table = covered(project, project.source("told"))
    assert len(table) == len(people()) and set(table["wave"]) == {1}
    assert table["coverage"].sum() == sum(map(len, told().values())), "both coders saw the same element"
    assert table["coverage"].max() <= len(ELEMENTS)
    assert not table["person"].str.contains("zk").any()


def test_what_decides_coverage_is_sealed(root, tmp_path):
    def resolved(edit=None):
        files = project_of(make_study(tmp_path, edit)).files
        return resolve_entry(files, files.plan.entries[0])

    def recoded(files):
        files["sources"]["sources"][3]["recode"] = {"element": {"overdragen": "passing_on"}}

    first = resolved()
    assert first.facts["fragments"]["elements"] == list(ELEMENTS)
    assert resolved(recoded).hash != first.hash
    assert resolved(lambda f: f["practice"]["elements"].pop()).hash != first.hash
    assert resolved(lambda f: f["practice"]["elements"][0].update(label="another word")).hash == first.hash
    assert resolved(lambda f: f["practice"].pop("functions")).hash == first.hash


def test_fragments_of_a_wave_need_answers_of_the_same_people(tmp_path):
    def other_wave(files):
        files["sources"]["sources"][3]["wave"] = 7

    def anonymous(files):
        del files["sources"]["sources"][2]

    assert "wave `7` does not exist" in problems(tmp_path / "a", other_wave)
    assert "no answers of that wave by codes of persons" in problems(tmp_path / "b", anonymous)
    strangers = fragments().assign(person=lambda t: t["person"] + "x")
    assert "none of whom answered the questionnaire" in problems(tmp_path / "c", told_rows=strangers)


def test_everything_wrong_is_said_at_once_without_a_person(tmp_path):
    rows = fragments().head(6).assign(element=["samen", *fragments()["element"][1:6]])
    rows.loc[3, "situation"] = None
    text = problems(tmp_path / "a", told_rows=rows)
    assert "'samen'" in text and "no situation" in text and "told.csv, column situation, line 5" in text
    assert not any(code in text for code in people()["code"])
    named = fragments().assign(way="dat deed Wietske Hoekstra ook")
    text = problems(tmp_path / "b", told_rows=named)
    assert "look like" in text and "Hoekstra" not in text


def test_functions_without_a_log_are_refused(tmp_path):
    text = problems(tmp_path / "a", lambda f: f["sources"]["sources"].pop())
    assert "no source of kind events" in text
    both = {**FUNCTIONS[0], "answered_by": ["asked"]}
    text = problems(tmp_path / "b", lambda f: f["practice"].update(functions=[both]))
    assert "other verbs in `answered_by`" in text


@pytest.mark.slow
@pytest.mark.workflow
def test_a_run_publishes_the_map_the_profile_and_the_outcome(run):
    reports = run / "reports" / STUDY
    found = pd.read_csv(reports / "tables" / "quantities.csv").set_index("id")
    rows = fragments().groupby("fragment").agg(
        person=("person", "first"), element=("element", "first"), situation=("situation", "first"),
        way=("way", "first"), ways=("way", "nunique"),
    )  # fmt: skip
    persons = rows.groupby(["element", "situation"])["person"].nunique()
    ways = rows[rows["ways"] == 1].groupby(["element", "situation"])["way"].nunique()
    map_rows = found[found["quantity"] == "persons_with_example"]
    assert len(map_rows) == 18 and map_rows["suppressed"].sum() >= 2
    for row in map_rows[~map_rows["suppressed"]].itertuples():
        cell = tuple(row.subject.split(":"))
        assert row.value == persons.get(cell, 0) and (row.value == 0 or row.value >= 8)
        assert found.loc[f"{STUDY}.ways.{row.subject}.all", "value"] == ways.get(cell, 0)
    assert found.loc[f"{STUDY}.persons_with_example.passing_on:goodbye.all", "value"] == 0
    assert found.loc[f"{STUDY}.reached.ask_feedback.all", "value"] == pytest.approx(40 / 60, abs=1e-4)
    assert found.loc[f"{STUDY}.answered.ask_feedback.all", "value"] == 30 / 40
    assert found.loc[f"{STUDY}.answer_hours.ask_feedback.all", "value"] == 36
    assert found.loc[f"{STUDY}.used_again.ask_feedback.all", "value"] == 20 / 40
    assert found.loc[f"{STUDY}.reached.goal.all", "suppressed"], "five people set a goal"
    effect = pd.read_csv(reports / "tables" / "estimates.csv").set_index("id").loc["coverage"]
    assert effect["conf_low"] < TRUE_EFFECT < effect["conf_high"] and effect["n_persons"] == len(people())
    pages = {
        f"{page}.{lang}.html" for page in ("action_knowledge", "practice_profile") for lang in ("nl", "en")
    }
    assert pages <= set(files_below(reports))
    index = (reports / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{page}"' in index for page in pages)
    for page, words in (
        ("action_knowledge.nl.html", ["Witte vlekken", "Overdragen (situatie: afscheid)", "niet getoond"]),
        ("action_knowledge.en.html", ["White spots", "Handing over (situation: goodbye)", "role=\"img\""]),
        ("practice_profile.nl.html", ["30 van de 40 kregen", "36 uur", "niet uitgeprobeerd"]),
        ("practice_profile.en.html", ["40 of 60 people", "not drawn by lot"]),
    ):  # fmt: skip
        text = (reports / page).read_text(encoding="utf-8")
        assert all(w.lower() in text.lower() for w in words), (page, words)


@pytest.mark.slow
@pytest.mark.workflow
def test_no_person_is_in_what_the_run_wrote(run):
    codes = [code.lower() for code in people()["code"]]
    for name, file in files_below(run / "reports" / STUDY).items():
        text = file.read_bytes().lower()
        assert not any(code.encode() in text for code in codes[::7]), name
    quantities = pd.read_csv(run / "reports" / STUDY / "tables" / "quantities.csv")
    hidden = quantities[quantities["suppressed"]]
    assert len(hidden) and hidden[["value", "conf_low", "conf_high", "n"]].isna().all(axis=None)
    record = json.loads((run / "data/derived" / STUDY / "provenance/coverage.told.json").read_text())
    assert record["stage"] == "coverage"
