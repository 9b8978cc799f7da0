"""`units` in reports.yaml: optional, checked with everything else, and without it nothing is different."""

import shutil
from pathlib import Path

import pytest
import yaml

from dww_analysis.domain.sheets import UnitSettings
from dww_analysis.errors import ConfigError
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import jobs, stage

ROOT = Path(__file__).parents[2]


@pytest.fixture
def example(tmp_path):
    shutil.copytree(ROOT / "config" / "example", tmp_path / "config" / "example")
    path = tmp_path / "config" / "example" / "reports.yaml"

    def with_units(units):
        values = yaml.safe_load(path.read_text(encoding="utf-8")) | {"units": units}
        if units is None:
            del values["units"]
        path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        if not units or units.get("release") == "never":
            _without_what_sheets_print(path.with_name("sources.yaml"))
        return Project(Paths(tmp_path, "example"))

    return with_units


def _without_what_sheets_print(path):
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["sources"] = [s for s in values["sources"] if s.get("kind") not in ("actions", "counts")]
    path.write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), encoding="utf-8")


def test_without_units_there_is_no_such_step_and_nothing_is_made(example):
    project = example(None)
    assert project.files.reports.units is None
    assert "sheets" not in {id for id, _ in jobs(project)}
    assert set(stage("sheets").places(project)) == {"record"}


def test_never_is_a_decision_that_makes_nothing(example):
    assert "sheets" not in {id for id, _ in jobs(example({"release": "never"}))}


def test_units_as_they_are_written(example):
    given = {
        "release": "after_last_wave",
        "reference": "organisation",
        "combine": {"Noord-Oost": ["T17", "T18"]},
        "minimum_share": 0.5,
    }
    project = example(given)
    combine = {"Noord-Oost": ("T17", "T18")}
    assert project.files.reports.units == UnitSettings("after_last_wave", "organisation", combine, 0.5)
    assert ("sheets", "units") in set(jobs(project))
    assert example({}).files.reports.units == UnitSettings()


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ({"carry_words": ["T17"]}, "unit that was made of others `T17` does not exist"),
        ({"carry_words": ["N", "N"], "combine": {"N": ["T17", "T18"]}}, "every name once, not `N` twice"),
        ({"release": "after_each_wave"}, "a `reason` with `release: after_each_wave`"),
        ({"reason": "they asked for it"}, "no `reason` without `release: after_each_wave`"),
        ({"combine": {"N": ["T1", "T2"], "Z": ["T2", "T3"]}}, "not `T2` twice"),
        ({"combine": {"N": ["T1"]}}, "a list of at least 2"),
        ({"minimum_share": 1.5}, "a number of at most 1"),
        ({"releases": "never"}, "did you mean `release`?"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(example, units, message):
    with pytest.raises(ConfigError, match=r"reports\.yaml, line") as caught:
        _ = example(units).files
    assert message in str(caught.value)


def without_columns(tmp_path, *names):
    path = tmp_path / "config" / "example" / "sources.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    for source in (s for s in values["sources"] if s.get("kind", "answers") in ("answers", "allocation")):
        for name in names:
            source["columns"].pop(name, None)
        if "team" in names:
            source.pop("team_aliases", None)
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def test_a_study_without_teams_and_organisations_has_no_units(example, tmp_path):
    without_columns(tmp_path, "team", "organisation")
    with pytest.raises(ConfigError, match="`units` asks for sheets, and no answers of sample `main`"):
        _ = example({}).files


def test_teams_are_compared_within_organisations_that_are_there(example, tmp_path):
    without_columns(tmp_path, "organisation")
    with pytest.raises(ConfigError) as caught:
        _ = example({"reference": "organisation"}).files
    assert "`reference: organisation`, and no source of sample `main` has a column `organisation`" in str(
        caught.value
    )


def with_members(tmp_path, **changes):
    path = tmp_path / "config" / "example" / "sources.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    columns = {"team": "Team", "wave": "Meting", "members": "Aantal"}
    values["sources"].append(
        {"id": "sizes", "file": "m.csv", "kind": "members", "columns": columns} | changes
    )
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def test_a_list_of_members_is_a_source_like_any_other(example, tmp_path):
    with_members(tmp_path)
    project = example({})
    assert project.source("sizes").columns["members"] == "Aantal"
    with pytest.raises(ConfigError, match=r"reports\.yaml asks for no sheets"):
        _ = example({"release": "never"}).files


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": {"team": "Team", "members": "Aantal"}}, "columns.wave for this kind of source"),
        ({"wave": 1}, "`wave` in a source of kind members"),
        (
            {"columns": {"team": "T", "wave": "W", "members": "M", "age": "A"}},
            "column of a source of kind members",
        ),
        ({"sample": "others"}, "sample `others` does not exist"),
    ],
)
def test_a_list_of_members_that_cannot_be_read_is_refused(example, tmp_path, changes, message):
    with_members(tmp_path, **changes)
    with pytest.raises(ConfigError) as caught:
        _ = example({}).files
    assert message in str(caught.value)


def test_what_units_hear_is_in_no_slice_of_other_numbers(example):
    from dww_analysis.stages.slices import slice_hash

    def slices(project):
        return {job: slice_hash(*stage(job[0]).config(project, job[1])) for job in jobs(project)}

    without, asked = slices(example(None)), slices(example({"minimum_share": 0.5}))
    changed = {job for job, found in without.items() if asked[job] != found}
    assert {id for id, _ in changed} == {
        "report",
        "article",
        "workbook",
    }  # which say from which settings they are
