"""`propensity` in plan.yaml: names of units' covariates, in a design whose groups were not formed by lot."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from dww_analysis.config.deviations import deviation_rows
from dww_analysis.config.resolved import resolve_entry
from dww_analysis.config.seal import seal_of
from dww_analysis.config.unsealed import unsealed
from dww_analysis.errors import ConfigError
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import stage
from dww_analysis.stages.slices import slice_hash

ROOT = Path(__file__).parents[2]


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "config" / "example"
    shutil.copytree(ROOT / "config" / "example", folder)

    def change(names, randomised=False, valid_range=None):
        for file, part, value in (("plan", "propensity", {"unit": names}), ("study", "allocation", None)):
            path = folder / f"{file}.yaml"
            values = yaml.safe_load(path.read_text(encoding="utf-8"))
            values[part] = value if value is not None else {**values[part], "randomised": randomised}
            for variable in values.get("background", []):
                if variable["name"] == "hours" and valid_range is not None:
                    variable["valid_range"] = valid_range
            path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
        return Project(Paths(tmp_path, "example")).files

    change.project = lambda: Project(Paths(tmp_path, "example"))
    return change


def test_names_reach_the_plan_and_what_is_sealed(study):
    files = study(["team_size", "mean_baseline"])
    assert files.plan.propensity == ("team_size", "mean_baseline")
    assert resolve_entry(files, files.plan.entries[0]).facts["propensity"] == ["team_size", "mean_baseline"]


def test_unknown_names_and_names_twice_are_refused(study):
    with pytest.raises(ConfigError, match="team_sise"):
        study(["team_sise"])
    with pytest.raises(ConfigError, match="team_size"):
        study(["team_size", "team_size"])


def test_groups_by_lot_are_not_weighed(study):
    with pytest.raises(ConfigError, match="no two groups that were formed without a lot"):
        study(["team_size"], randomised=True)


def before_after(tmp_path, **allocation):
    folder = tmp_path / "config" / "example"
    shutil.copytree(ROOT / "config" / "example", folder)
    path = folder / "study.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values |= {"design": "before_after", "allocation": {**values["allocation"], **allocation}}
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return Project(Paths(tmp_path, "example")).files


def test_before_and_after_in_two_groups_is_arms_side_by_side_without_a_lot(tmp_path):
    study = before_after(tmp_path, randomised=False).study
    assert (study.design, study.by_lot, len(study.groups)) == ("parallel_cluster", False, 2)


def test_before_and_after_is_not_by_lot(tmp_path):
    with pytest.raises(ConfigError, match="before_after with `randomised: false`"):
        before_after(tmp_path, randomised=True)


def test_a_list_of_arms_has_no_transition(tmp_path):
    with pytest.raises(ConfigError, match="a list of arms without starts"):
        before_after(tmp_path, randomised=False, transition_waves=1)


def sealed(files):
    return seal_of(files, "2025-01-10", "1", [])


def test_covariates_of_units_added_after_sealing_leave_the_planned_estimate_as_it_is(study):
    """Weighing stands beside the model: its deviation takes no sealed estimate away."""
    files = study(["team_size"])
    found = unsealed(study(["team_size", "hours"]), sealed(files), "burnout")
    assert found.kept == ()


def test_what_units_are_weighed_by_is_sealed(study):
    files = study(["hours"])
    background = tuple(
        replace(b, valid_range=(10.0, 40.0)) if b.name == "hours" else b for b in files.study.background
    )
    other = replace(files, study=replace(files.study, background=background))
    rows = deviation_rows(other, sealed(files))
    assert {r["what"] for r in rows} == {"background.hours.valid_range"}
    assert unsealed(other, sealed(files), "burnout").kept == ()


def test_weights_touch_the_estimates_and_no_trials_or_imputations(study):
    """Other covariates of units run the stage estimate again, and nothing beside it."""

    def slices(*names, valid_range=(0, 40)):
        study(list(names), valid_range=list(valid_range))
        return [
            slice_hash(*stage(id).config(study.project(), "burnout"))
            for id in ("estimate", "calibrate", "impute")
        ]

    before = slices("hours")
    for other in (slices("team_size"), slices("hours", "team_size"), slices("hours", valid_range=(10, 40))):
        assert other[0] != before[0] and other[1:] == before[1:]
