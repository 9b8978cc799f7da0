"""A sealed plan: what may change afterwards, and what shows as a deviation."""

import shutil
from pathlib import Path

import pytest
import yaml

from dww_analysis.cli.schema import write_schemas
from dww_analysis.cli.seal import seal_study
from dww_analysis.errors import PlanError
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path):
    shutil.copytree(ROOT / "config" / "example", tmp_path / "config" / "example")
    return Project(Paths(tmp_path, "example"))


def statuses(project):
    return {e.id: e.status for e in Project(project.paths).files.plan.entries}


def change_first_entry(project, **changes):
    path = project.paths.config / "plan.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["entries"][0].update(changes)
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return values["entries"][0]["id"]


def test_without_a_seal_nothing_is_registered(project):
    assert "planned, not sealed" in statuses(project).values()
    assert "registered" not in statuses(project).values()


def test_sealed_plan_is_registered_and_wording_may_change(project):
    seal_study(project, "2025-01-10")
    first = change_first_entry(project, question={"nl": "Anders gezegd?", "en": "Put differently?"})
    assert statuses(project)[first] == "registered"


def test_what_is_estimated_may_not_change_silently(project):
    seal_study(project, "2025-01-10")
    first = change_first_entry(project, wave=1)
    assert statuses(project)[first] == "deviation"


def test_seal_is_never_overwritten(project):
    seal_study(project, "2025-01-10")
    with pytest.raises(PlanError, match="sealed already"):
        seal_study(project, "2025-02-10")


def test_schemas_are_in_step(tmp_path):
    for path in write_schemas(tmp_path):
        committed = ROOT / "config" / "schemas" / path.name
        assert committed.read_bytes() == path.read_bytes(), "run `dww schema` and commit config/schemas/"
