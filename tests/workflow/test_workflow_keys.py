"""Pseudonyms of two keys never lie in one result: the key is part of every plan that it decides."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from self_code_study import STUDY, make_study
from workflow_runs import copy_study

from dww_analysis.errors import ConfigError, DisclosureError, PracticeError
from dww_analysis.privacy import new_key
from dww_analysis.stages.exposure import PERSONS
from dww_analysis.stages.job import plan_of, run_job
from dww_analysis.stages.project import Project, open_project
from dww_analysis.stages.register import jobs, stage

NO_ANSWERS = {"answers": pd.DataFrame(columns=list(PERSONS))}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """A home folder without keys."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DWW_KEY_FILE", raising=False)
    return tmp_path / "home"


def private(root: Path, study: str) -> Project:
    """The study as if its persons were real."""
    file = root / "config" / study / "study.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("data: invented", "data: private"), encoding="utf-8"
    )
    project = open_project(root, study)
    assert project.files.study.data == "private"
    return project


@pytest.fixture(params=["example", STUDY])
def project(request, tmp_path) -> Project:
    if request.param == STUDY:
        make_study(tmp_path)
    else:
        copy_study(request.param, tmp_path)
    return private(tmp_path, request.param)


def moved(before: dict, after: dict) -> set[str]:
    """Stages with a plan that moved; of a plan nothing moves but what it says of the delivery."""
    assert all(replace(before[job], raw="") == replace(after[job], raw="") for job in before)
    return {job[0] for job in before if before[job] != after[job]}


def plans(project: Project) -> dict:
    return {(id, name): plan_of(project, stage(id), name) for id, name in jobs(project)}


def asks_for_a_key(project: Project, id: str, name: str) -> bool:
    try:
        stage(id).run(project, name, NO_ANSWERS)
    except DisclosureError:
        return True
    except (PracticeError, KeyError):  # of a step that finds nothing to read here
        return False
    return False


@pytest.mark.long
def test_another_key_is_another_plan_for_whatever_asks_for_a_key(project, home):
    reading = [(id, name) for id, name in jobs(project) if id != "report" and stage(id).raw(project, name)]
    asking = {id for id, name in reading if asks_for_a_key(project, id, name)}
    without = plans(project)
    file = new_key(home / ".config" / "dww" / f"{project.paths.study}.key")
    first = plans(project)
    file.unlink()
    new_key(file)
    assert asking and moved(without, first) == moved(first, plans(project)) == asking


def test_an_allocation_list_of_persons_rests_on_the_key_and_one_of_teams_does_not(tmp_path):
    copy_study("example", tmp_path)
    teams = private(tmp_path, "example")
    study = teams.files.study
    persons = open_project(tmp_path, "example")
    of_persons = replace(study, allocation=replace(study.allocation, unit="person"))
    persons.__dict__["files"] = replace(teams.files, study=of_persons)
    assert stage("allocate").key(teams) == "" != stage("allocate").key(persons)


def test_a_job_that_was_planned_with_another_key_is_refused(tmp_path, home):
    copy_study("example", tmp_path)
    project = private(tmp_path, "example")
    file = new_key(home / ".config" / "dww" / "example.key")
    planned = plan_of(project, stage("ingest"), "wave0")
    run_job(project.paths, "ingest", "wave0", planned)
    file.unlink()
    new_key(file)
    with pytest.raises(ConfigError, match="key of the pseudonyms"):
        run_job(project.paths, "ingest", "wave0", planned)
