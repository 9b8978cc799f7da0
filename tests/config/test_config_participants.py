"""Students have a sample of their own, and stay out of effects unless an entry names it."""

import pytest
import yaml

from dww_analysis.cli.teach import write_twin
from dww_analysis.errors import ConfigError
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project


def files(root, **edits):
    """The configuration of the twin study, with changes {file: edit}."""
    write_twin(root)
    for name, edit in edits.items():
        path = root / "config" / "twin" / f"{name}.yaml"
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        edit(values)
        path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return Project(Paths(root, "twin")).files


def test_an_entry_about_students_names_their_sample(tmp_path):
    def named(plan):
        plan["entries"][0]["sample"] = "students"

    assert files(tmp_path / "a", plan=named).plan.entries[0].sample == "students"

    def all_students(sources):
        for source in sources["sources"]:
            if source.get("wave") is not None:
                source |= {"participant": "student", "sample": "main"}

    with pytest.raises(ConfigError, match="is about students and does not say so"):
        files(tmp_path / "b", sources=all_students)


def test_students_and_professionals_are_no_one_sample(tmp_path):
    def together(sources):
        next(s for s in sources["sources"] if s["id"] == "students")["sample"] = "main"

    with pytest.raises(ConfigError, match="students and others in the sample `main`"):
        files(tmp_path, sources=together)


def test_only_answers_have_participants(tmp_path):
    def of_a_list(sources):
        sources["sources"][0]["participant"] = "student"

    with pytest.raises(ConfigError, match="`participant` in a source of kind allocation"):
        files(tmp_path, sources=of_a_list)
